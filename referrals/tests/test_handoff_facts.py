"""What becomes of a request between organisations when the facts it rests on change before or after it begins."""

from datetime import timedelta

import pytest
from django.utils import timezone

from meetings.demo import situations
from meetings.demo.staff import Staff
from meetings.demo.story import Played
from referrals.actions import handed_over
from referrals.actions.death import record_death
from referrals.models import Handoff, Party, Referral
from referrals.reminders.reach import nobody_is_told
from referrals.tests.handing import accepted, fresh, help_asked, lead_asked, started
from restorative.common import clock
from restorative.common.decisions import NotPossible

pytestmark = pytest.mark.django_db


@pytest.fixture
def made(staff: Staff) -> Played:
    return situations.make("ready", staff, timezone.now())


@pytest.fixture
def just_logged(staff: Staff) -> Played:
    """Logged: Asha supports the person, and as the lead stands in for the other."""
    return situations.make("logged", staff, timezone.now())


def party_now(party: Party) -> Party:
    return Party.objects.unscoped("test").select_related("person").get(pk=party.pk)


def referral_now(made: Played) -> Referral:
    return Referral.objects.unscoped("test").get(pk=made.referral.pk)


def begin(taken: Handoff, by) -> None:
    handed_over.first_contact(handoff=taken, version=fresh(taken).version, by=by)


# --- Somebody dies -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["given back", "completed"])
def test_a_death_recorded_by_whoever_helps_comes_home_with_the_person(made, staff, how):
    taken = started(made, help_asked(made))
    day = clock.today() - timedelta(days=1)
    record_death(party=party_now(made.other), died_on=day, by=staff["carol"])
    version = fresh(taken).version
    if how == "given back":
        handed_over.give_back(handoff=taken, why="You know why.", version=version, by=staff["carol"])
    else:
        said = {"done": "a", "went": "b", "next_step": "c"}
        handed_over.complete(handoff=taken, **said, version=version, by=staff["carol"])
    home = party_now(made.other)
    assert home.organisation == staff["kit"].organisation == home.person.organisation
    assert (home.person.died_on, home.person.died_recorded_by) == (day, staff["carol"])
    assert nobody_is_told(made.referral.pk)


def test_no_first_contact_with_somebody_who_has_died(made, staff):
    taken = accepted(made, help_asked(made))
    record_death(party=party_now(made.other), died_on=clock.today(), by=staff["kit"])
    with pytest.raises(NotPossible) as refused:
        begin(taken, staff["carol"])
    name = made.other.known_as
    ring = f"Please ring {staff['kit'].organisation.name} before you do anything else."
    assert refused.value.sentences == [f"{name} has died, so this cannot start. {ring}"]
    assert fresh(taken).moved_at is None
    assert party_now(made.other).keyworker == staff["kit"]


def test_whoever_is_to_lead_is_not_told_by_a_refusal_that_somebody_died(just_logged, staff):
    made = just_logged
    taken = accepted(made, lead_asked(made))
    record_death(party=party_now(made.other), died_on=clock.today(), by=staff["asha"])
    with pytest.raises(NotPossible) as refused:
        begin(taken, staff["carol"])
    assert "died" not in refused.value.sentences[0]
    assert made.other.known_as not in refused.value.sentences[0]
    assert referral_now(made).lead == staff["asha"]


def test_what_is_done_first_with_another_does_not_begin_it_either(just_logged, staff):
    made = just_logged
    taken = accepted(made, lead_asked(made))
    record_death(party=party_now(made.other), died_on=clock.today(), by=staff["asha"])
    handed_over.met_by(referral_now(made), by=staff["carol"], at=clock.now())
    assert fresh(taken).moved_at is None
    assert party_now(made.other).person.organisation == staff["asha"].organisation


def test_what_was_known_of_a_death_is_known_anew(made, staff):
    """Whatever way the support moves, the row another organisation makes says it too."""
    record_death(party=party_now(made.other), died_on=clock.today(), by=staff["kit"])
    other, house = party_now(made.other), staff["carol"].organisation
    handed_over._give(other, house, staff["carol"], by=staff["kit"], at=clock.now())
    anew = party_now(made.other).person
    assert (anew.organisation, anew.died_on) == (house, clock.today())
