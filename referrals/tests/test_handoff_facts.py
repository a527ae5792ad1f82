"""Handoffs when the facts they rest on change before or after they begin."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from meetings.demo.staff import Staff
from meetings.demo.story import Played
from referrals.actions import handed_over
from referrals.actions.change import changing
from referrals.actions.consent import withdraw
from referrals.actions.death import record_death
from referrals.actions.handoff import send_handoff
from referrals.actions.lifecycle import close
from referrals.actions.parties import PersonFacts, add_party
from referrals.enums import HandoffKind, HandoffState, Place, Purpose, Reason
from referrals.facts import facts_of
from referrals.models import Handoff, Party, Referral
from referrals.reminders.reach import nothing_is_sent
from referrals.tests.handing import accepted, agree, asking, carers, fresh, help_asked, lead_asked, started
from restorative.audit.models import AuditEntry
from restorative.common import clock
from restorative.common.decisions import NotPossible
from restorative.notify.models import Message, State
from tests.stories import tell
from tests.written import reproject_all

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("morning")]


@pytest.fixture
def made(staff: Staff) -> Played:
    return tell("ready", staff, timezone.now())


def party_now(party: Party) -> Party:
    return Party.objects.unscoped("test").select_related("person").get(pk=party.pk)


def referral_now(made: Played) -> Referral:
    return Referral.objects.unscoped("test").get(pk=made.referral.pk)


def begin(taken: Handoff, by) -> None:
    handed_over.first_contact(handoff=taken, version=fresh(taken).version, by=by)


# --- Somebody dies -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["given back", "completed"])
def test_a_death_recorded_by_the_helper_moves_back_with_the_person(made, staff, how):
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
    assert nothing_is_sent(facts_of(made.referral.pk, clock.now()))


def test_no_first_contact_with_a_person_who_has_died(made, staff):
    taken = accepted(made, help_asked(made))
    record_death(party=party_now(made.other), died_on=clock.today(), by=staff["kit"])
    with pytest.raises(NotPossible) as refused:
        begin(taken, staff["carol"])
    name = made.other.known_as
    ring = f"Please ring {staff['kit'].organisation.name} before you do anything else."
    assert refused.value.sentences == [f"{name} has died, so this cannot start. {ring}"]
    assert fresh(taken).moved_at is None
    assert party_now(made.other).keyworker == staff["kit"]


def test_a_refusal_does_not_reveal_a_death_to_the_new_lead(just_logged, staff):
    made = just_logged
    taken = accepted(made, lead_asked(made))
    record_death(party=party_now(made.other), died_on=clock.today(), by=staff["asha"])
    with pytest.raises(NotPossible) as refused:
        begin(taken, staff["carol"])
    assert "died" not in refused.value.sentences[0]
    assert made.other.known_as not in refused.value.sentences[0]
    assert referral_now(made).lead == staff["asha"]


def test_a_first_action_with_another_person_does_not_begin_it_either(just_logged, staff):
    made = just_logged
    taken = accepted(made, lead_asked(made))
    record_death(party=party_now(made.other), died_on=clock.today(), by=staff["asha"])
    with changing(made.referral, by=staff["carol"]) as change:
        handed_over.met_by(change)
    assert fresh(taken).moved_at is None
    assert party_now(made.other).person.organisation == staff["asha"].organisation


def test_a_known_death_is_copied_to_new_person_records(made, staff):
    """In whichever direction the support moves, the other organisation's person record has it too."""
    record_death(party=party_now(made.other), died_on=clock.today(), by=staff["kit"])
    other, house = party_now(made.other), staff["carol"].organisation
    with changing(made.referral, by=staff["kit"]) as change:
        handed_over._give(change, other.pk, house, staff["carol"])
    anew = party_now(made.other).person
    assert (anew.organisation, anew.died_on) == (house, clock.today())


# --- A share that is withdrawn -------------------------------------------------------------------------------------


def somebody_joins(made: Played) -> Party:
    """Asha adds a sister, for whom the lead stands in, and who agrees to share with Carers Leeds."""
    asha = made.staff["asha"]
    facts = PersonFacts(given="Nadia", place=Place.SIBLING)
    added = add_party(referral=referral_now(made), facts=facts, by=asha)
    agree(added, asha, carers(made))
    return party_now(added)


@pytest.mark.parametrize("joins", ["before it is accepted", "before it begins"])
def test_a_person_who_joined_and_moved_brings_it_back_with_their_share(made, staff, joins):
    sent = lead_asked(made)
    if joins == "before it begins":
        accepted(made, sent)
    added = somebody_joins(made)
    if joins == "before it is accepted":
        accepted(made, sent)
    begin(sent, staff["carol"])
    assert party_now(added).organisation == carers(made)
    withdraw(party=party_now(added), purpose=Purpose.SHARE, recipient=carers(made).pk, by=staff["carol"])
    assert fresh(sent).state == HandoffState.RETURNED
    assert party_now(added).organisation == staff["asha"].organisation
    assert referral_now(made).lead == staff["asha"]


def test_an_accepted_request_ends_with_the_share_of_a_person_who_joined(made, staff):
    sent = lead_asked(made)
    added = somebody_joins(made)
    accepted(made, sent)
    withdraw(party=added, purpose=Purpose.SHARE, recipient=carers(made).pk, by=staff["asha"])
    assert fresh(sent).state == HandoffState.WITHDRAWN


def test_a_person_named_in_the_packet_still_ends_it_if_only_another_is_helped(made, staff):
    sent = lead_asked(made)
    taken = accepted(made, sent, kind=HandoffKind.HELP, party=made.own.pk)
    assert str(made.own.pk) in {each["id"] for each in taken.packet["people"]}
    withdraw(party=made.other, purpose=Purpose.SHARE, recipient=carers(made).pk, by=staff["kit"])
    assert fresh(sent).state == HandoffState.WITHDRAWN


# --- How to reach them safely --------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [help_asked, lead_asked])
def test_a_contact_route_may_get_older_while_the_receiver_decides(made, staff, kind):
    sent = kind(made)
    with time_machine.travel(timezone.now() + timedelta(days=8)):
        taken = accepted(made, sent)
    with time_machine.travel(timezone.now() + timedelta(days=16)):
        begin(taken, staff["carol"])
    assert fresh(sent).moved_at


# --- Who leads -----------------------------------------------------------------------------------------------------


def both_asked(made: Played) -> tuple[Handoff, Handoff]:
    """Asha asks Carers Leeds and 5 WAYS to lead; all parties agreed to both."""
    asha, ways = made.staff["asha"], made.staff["wes"].organisation
    first = lead_asked(made)
    for party in made.parties:
        agree(party, asha if party == made.own else made.staff["kit"], ways)
    second = send_handoff(referral=made.referral, asking=asking(made, None, to_org=ways), by=asha)
    return first, second


@pytest.mark.parametrize("second_accepted", [False, True])
def test_of_two_organisations_asked_to_lead_the_first_to_begin_does(made, staff, second_accepted):
    first, second = both_asked(made)
    accepted(made, first)
    if second_accepted:
        accepted(made, second, "wes")
    begin(first, staff["carol"])
    assert fresh(second).state == HandoffState.WITHDRAWN
    ended = AuditEntry.objects.filter(verb="handoff_withdrawn")
    assert [each.thing_ids for each in ended] == [[str(second.pk)]]
    with pytest.raises(NotPossible) as refused:
        begin(second, staff["wes"]) if second_accepted else accepted(made, second, "wes")
    assert "Carol" not in "".join(refused.value.sentences)
    assert referral_now(made).lead == staff["carol"]
    assert not Referral.objects.visible_to(staff["wes"]).filter(pk=made.referral.pk).exists()


@pytest.mark.parametrize("already", [False, True])
def test_the_lead_cannot_be_taken_from_an_organisation_that_lost_it(made, staff, already):
    """In every way in which the request can still be open."""
    first, second = both_asked(made)
    if already:
        accepted(made, second, "wes")
    started(made, first)
    state = HandoffState.ACCEPTED if already else HandoffState.SENT
    Handoff.objects.unscoped("as it was").filter(pk=second.pk).update(
        state=state, ended_at=None, ended_by=None
    )
    reproject_all()
    with pytest.raises(NotPossible, match="does not lead"):
        begin(second, staff["wes"]) if already else accepted(made, second, "wes")
    assert referral_now(made).lead == staff["carol"]


def test_a_moved_lead_leaves_requests_for_help(made, staff):
    helping = help_asked(made)
    started(made, lead_asked(made), "mina")
    assert fresh(helping).state == HandoffState.SENT


def test_a_first_action_does_not_take_the_lead_either(made, staff):
    first, second = both_asked(made)
    accepted(made, second, "wes")
    started(made, first)
    Handoff.objects.unscoped("as it was").filter(pk=second.pk).update(
        state=HandoffState.ACCEPTED, ended_at=None, ended_by=None
    )
    reproject_all()
    with changing(made.referral, by=staff["wes"]) as change:
        handed_over.met_by(change)
    assert referral_now(made).lead == staff["carol"]


def test_requests_of_a_lead_end_when_the_lead_returns(made, staff):
    """Carers Leeds leads and asks 5 WAYS; then returns the lead."""
    ways = staff["wes"].organisation
    first = started(made, lead_asked(made), "mina")
    second = Handoff.objects.create(
        referral=made.referral,
        kind=HandoffKind.LEAD,
        from_org=carers(made),
        to_org=ways,
        told="-",
        reply_by=clock.today(),
        sent_at=clock.now(),
        sent_by=staff["mina"],
        created_at=clock.now(),
    )
    reproject_all()
    handed_over.give_back(handoff=first, why="-", version=first.version, by=staff["mina"])
    assert fresh(second).state == HandoffState.WITHDRAWN


# --- A referral that closes ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [help_asked, lead_asked])
def test_an_accepted_request_that_has_not_begun_ends_on_closing(made, staff, kind):
    taken = accepted(made, kind(made))
    assert Referral.objects.visible_to(staff["carol"]).filter(pk=made.referral.pk).exists()
    close(referral=made.referral, reason=Reason.OTHER_HELP, by=staff["asha"])
    assert fresh(taken).state == HandoffState.WITHDRAWN
    assert not Referral.objects.visible_to(staff["carol"]).filter(pk=made.referral.pk).exists()
    assert not Party.objects.opened_by(staff["carol"]).filter(referral=made.referral).exists()
    assert not Handoff.objects.opened_by(staff["carol"]).filter(pk=taken.pk).exists()
    told = Message.objects.filter(kind="handoff_ended", recipient_id=staff["carol"].pk)
    assert told.exclude(state=State.CANCELLED).exists()


def test_help_that_had_begun_goes_on_when_the_referral_closes(made, staff):
    taken = started(made, help_asked(made))
    close(referral=made.referral, reason=Reason.OTHER_HELP, by=staff["asha"])
    assert fresh(taken).state == HandoffState.ACCEPTED
