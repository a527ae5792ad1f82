"""After a handoff was accepted: help, leading, and what moves either back."""

import pytest
from django.utils import timezone

from meetings.demo.staff import Staff
from meetings.demo.story import Played
from referrals.actions import handed_over
from referrals.actions.consent import record_consent, withdraw
from referrals.actions.lifecycle import close
from referrals.actions.parties import set_keyworker
from referrals.actions.reaching import record_approach
from referrals.enums import (
    Answer,
    ApproachResult,
    HandoffState,
    Purpose,
    Reason,
)
from referrals.models import Handoff, Involvement, Party, Person
from referrals.tests.handing import (
    accepted,
    agree,
    carers,
    fresh,
    help_asked,
    lead_asked,
    opens,
    party_now,
    reads,
    referral_now,
    sees,
    started,
)
from restorative.common.decisions import NotPossible, Refused
from tests.stories import tell

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("morning")]


@pytest.fixture
def made(staff: Staff) -> Played:
    return tell("ready", staff, timezone.now())


# --- Help ------------------------------------------------------------------------------------------------------


def test_help_opens_that_person_and_leaves_the_sender_responsible(made, staff):
    accepted(made, help_asked(made))
    assert sees(staff["carol"], made)
    assert sees(staff["mina"], made)
    assert opens(staff["carol"], made.other)
    assert not opens(staff["carol"], made.own)
    assert opens(staff["kit"], made.other)
    assert party_now(made.other).keyworker == staff["kit"]


def test_with_first_contact_they_support_the_person(made, staff):
    known_before = party_now(made.other).person_id
    started(made, help_asked(made))
    party = party_now(made.other)
    assert (party.keyworker, party.organisation) == (staff["carol"], carers(made))
    assert opens(staff["carol"], made.other)
    assert not opens(staff["kit"], made.other)
    person = Person.objects.unscoped("test").get(pk=party.person_id)
    assert (person.organisation, person.given) == (carers(made), party.known_as)
    assert Person.objects.unscoped("test").filter(pk=known_before).exists()
    assert referral_now(made).lead == staff["asha"]
    assert [row.user for row in Involvement.objects.unscoped("test").filter(party=party, until=None)] == [
        staff["carol"]
    ]


def test_the_first_action_with_them_is_first_contact(made, staff):
    taken = accepted(made, help_asked(made))
    record_approach(party=made.other, result=ApproachResult.COULD_NOT_REACH, by=staff["kit"])
    assert fresh(taken).moved_at is None
    record_approach(party=made.other, result=ApproachResult.ANSWERED, by=staff["carol"])
    assert fresh(taken).moved_at is not None
    assert party_now(made.other).keyworker == staff["carol"]


def test_completing_help_reports_three_answers_and_moves_the_person_back(made, staff):
    taken = started(made, help_asked(made))
    with pytest.raises(Refused):
        handed_over.complete(
            handoff=taken, done="a", went="b", next_step="c", version=taken.version, by=staff["kit"]
        )
    handed_over.complete(
        handoff=taken,
        done="Six talks.",
        went="Calmer.",
        next_step="The group.",
        version=taken.version,
        by=staff["carol"],
    )
    back = Handoff.objects.opened_by(staff["kit"]).get(pk=taken.pk)
    assert (back.outcome_done, back.outcome_went, back.outcome_next) == (
        "Six talks.",
        "Calmer.",
        "The group.",
    )
    party = party_now(made.other)
    assert (party.keyworker, party.organisation) == (staff["kit"], staff["kit"].organisation)
    assert not sees(staff["carol"], made)
    assert not reads(staff["carol"], taken)


def test_nothing_is_completed_before_it_began(made, staff):
    taken = accepted(made, help_asked(made))
    with pytest.raises(NotPossible):
        handed_over.complete(
            handoff=taken, done="a", went="b", next_step="c", version=taken.version, by=staff["carol"]
        )


def test_a_return_before_first_contact_moves_nothing(made, staff):
    taken = accepted(made, help_asked(made))
    handed_over.give_back(handoff=taken, why="We cannot.", version=taken.version, by=staff["carol"])
    assert not sees(staff["carol"], made)
    assert party_now(made.other).keyworker == staff["kit"]
    # But they know that side now, and stay on it.
    assert Involvement.objects.unscoped("test").filter(party=made.other, user=staff["carol"]).exists()


# --- Leading ---------------------------------------------------------------------------------------------------


def test_the_lead_moves_at_first_contact_and_not_before(made, staff):
    taken = accepted(made, lead_asked(made))
    assert referral_now(made).lead == staff["asha"]
    assert sees(staff["carol"], made)
    assert not any(opens(staff["carol"], party) for party in made.parties)
    handed_over.first_contact(handoff=taken, version=taken.version, by=staff["carol"])
    after = referral_now(made)
    assert (after.lead, after.lead_organisation) == (staff["carol"], carers(made))
    # Each person stays with their own keyworker.
    assert opens(staff["asha"], made.own)
    assert opens(staff["kit"], made.other)
    assert not any(opens(staff["carol"], party) for party in made.parties)


def test_a_lead_who_stood_in_hands_over_parties_without_a_keyworker(just_logged, staff):
    made = just_logged
    assert opens(staff["asha"], made.other)
    started(made, lead_asked(made))
    party = party_now(made.other)
    assert (party.keyworker, party.organisation) == (staff["carol"], carers(made))
    assert opens(staff["carol"], made.other)
    assert not opens(staff["asha"], made.other)
    assert opens(staff["asha"], made.own)
    assert not opens(staff["carol"], made.own)


def test_after_the_lead_moved_the_sender_keeps_the_shell(made, staff):
    started(made, lead_asked(made))
    set_keyworker(party=made.own, keyworker=staff["ben"], by=staff["asha"])
    assert sees(staff["asha"], made)
    assert not opens(staff["asha"], made.own)
    assert sees(staff["mo"], made)


def test_a_returned_lead_brings_back_the_parties_that_moved_with_it(just_logged, staff):
    made = just_logged
    taken = started(made, lead_asked(made))
    handed_over.give_back(handoff=taken, why="Too far.", version=taken.version, by=staff["mina"])
    assert referral_now(made).lead == staff["asha"]
    party = party_now(made.other)
    assert party.organisation == staff["asha"].organisation
    # Asha supports the person: what the other told Carol is not for her. A manager supports them for now.
    assert party.keyworker == staff["mo"] or party.keyworker == staff["sal"]
    assert not opens(staff["asha"], made.other)
    assert not opens(staff["carol"], made.other)
    assert not sees(staff["carol"], made)


def test_completing_a_lead_reports_the_result_and_they_keep_leading(made, staff):
    taken = started(made, lead_asked(made))
    handed_over.complete(
        handoff=taken, done="a", went="b", next_step="c", version=taken.version, by=staff["carol"]
    )
    assert referral_now(made).lead == staff["carol"]
    assert Handoff.objects.opened_by(staff["asha"]).get(pk=taken.pk).outcome_went == "b"


# --- When its consent ends --------------------------------------------------------------------------------------


def stop_sharing(made: Played, party: Party, by) -> None:
    withdraw(party=party, purpose=Purpose.SHARE, recipient=carers(made).pk, by=by)


@pytest.mark.parametrize("kind", [help_asked, lead_asked])
def test_an_unanswered_request_is_withdrawn_with_the_share(made, staff, kind):
    sent = kind(made)
    stop_sharing(made, made.other, staff["kit"])
    assert fresh(sent).state == HandoffState.WITHDRAWN
    assert not reads(staff["carol"], sent)


def test_a_no_has_the_same_effect_as_withdrawing(made, staff):
    sent = help_asked(made)
    agree(made.other, staff["kit"], carers(made), Answer.NO)
    assert fresh(sent).state == HandoffState.WITHDRAWN


def test_no_longer_sharing_with_another_organisation_ends_nothing(made, staff):
    sent = help_asked(made)
    agree(made.other, staff["kit"], staff["wes"].organisation, Answer.NO)
    assert fresh(sent).state == HandoffState.SENT


def test_another_persons_share_does_not_end_it(made, staff):
    sent = help_asked(made)
    agree(made.own, staff["asha"], carers(made))
    stop_sharing(made, made.own, staff["asha"])
    assert fresh(sent).state == HandoffState.SENT


def test_help_that_had_begun_ends_with_the_share(made, staff):
    taken = started(made, help_asked(made))
    stop_sharing(made, party_now(made.other), staff["carol"])
    assert fresh(taken).state == HandoffState.RETURNED
    assert party_now(made.other).keyworker == staff["kit"]
    assert not sees(staff["carol"], made)


def test_help_that_has_not_begun_closes_at_once(made, staff):
    taken = accepted(made, help_asked(made))
    stop_sharing(made, made.other, staff["kit"])
    assert fresh(taken).state == HandoffState.WITHDRAWN
    assert not opens(staff["carol"], made.other)


@pytest.mark.parametrize("completed", [False, True])
def test_the_lead_returns_when_its_share_ends(made, staff, completed):
    taken = started(made, lead_asked(made))
    if completed:
        handed_over.complete(
            handoff=taken, done="a", went="b", next_step="c", version=taken.version, by=staff["carol"]
        )
    stop_sharing(made, made.other, staff["kit"])
    assert fresh(taken).state == HandoffState.RETURNED
    assert referral_now(made).lead == staff["asha"]
    assert referral_now(made).lead_organisation == staff["asha"].organisation


def test_returning_to_taking_part_starts_the_shares_again(made, staff):
    sent = help_asked(made)
    withdraw(party=made.other, by=staff["kit"])
    assert fresh(sent).state == HandoffState.SENT  # a consent to share outlasts the yes to taking part
    record_consent(
        party=made.other,
        purpose=Purpose.TAKE_PART,
        answer=Answer.YES,
        why_back="It is my own wish.",
        by=staff["kit"],
    )
    assert fresh(sent).state == HandoffState.WITHDRAWN


def test_closing_a_referral_withdraws_its_requests(made, staff):
    sent = help_asked(made)
    close(referral=made.referral, reason=Reason.OTHER_HELP, by=staff["asha"])
    assert fresh(sent).state == HandoffState.WITHDRAWN
