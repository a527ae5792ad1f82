"""Handoffs: what they rest on, who answers, what moves when, and what moves it back."""

from datetime import timedelta

import pytest
from django.utils import timezone

from meetings.demo.staff import Staff
from meetings.demo.story import Played
from referrals.actions.handoff import (
    NotShared,
    accept,
    ask_question,
    decline,
    mark_seen,
    send_handoff,
    take_back,
)
from referrals.actions.packet import digest_of
from referrals.enums import (
    Answer,
    DeclineCode,
    HandoffKind,
    HandoffState,
    Purpose,
)
from referrals.models import HandoffMessage
from referrals.tests.handing import (
    accepted,
    agree,
    asking,
    carers,
    confirm,
    fresh,
    help_asked,
    knows,
    lead_asked,
    opens,
    reads,
    sees,
    started,
)
from restorative.common import clock
from restorative.common.decisions import NotPossible, Refused
from tests.stories import tell

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("morning")]


@pytest.fixture
def made(staff: Staff) -> Played:
    return tell("ready", staff, timezone.now())


# --- What it rests on ------------------------------------------------------------------------------------------


def test_help_needs_that_persons_consent_and_a_fresh_contact_route(made, staff):
    def refusal() -> list[str]:
        with pytest.raises(NotShared) as refused:
            send_handoff(referral=made.referral, asking=asking(made, made.other), by=staff["kit"])
        return refused.value.sentences

    name = made.other.known_as
    missing = f"{name} has not said yes to sharing with Carers Leeds."
    stale = f"How to reach {name} safely was not confirmed in the last 7 days."
    made_at = timezone.now() - timedelta(days=8)
    confirm(made.other, staff["kit"], at=made_at)
    assert refusal() == [missing, stale]
    agree(made.other, staff["kit"], carers(made), Answer.NOT_SURE)
    confirm(made.other, staff["kit"])
    assert refusal() == [missing]
    agree(made.other, staff["kit"], carers(made))
    sent = send_handoff(referral=made.referral, asking=asking(made, made.other), by=staff["kit"])
    assert sent.state == HandoffState.SENT
    assert len(sent.consents) == 1


def test_leading_needs_all_consents_and_names_only_parties_the_sender_opens(made, staff):
    with pytest.raises(NotShared) as refused:
        send_handoff(referral=made.referral, asking=asking(made, None), by=staff["asha"])
    assert refused.value.sentences == [
        f"{made.own.known_as} has not said yes to sharing with Carers Leeds.",
        "Something is not settled yet with another person.",
    ]
    agree(made.own, staff["asha"], carers(made))
    with pytest.raises(NotShared) as refused:
        send_handoff(referral=made.referral, asking=asking(made, None), by=staff["asha"])
    assert refused.value.sentences == ["Something is not settled yet with another person."]
    agree(made.other, staff["kit"], carers(made))
    assert send_handoff(referral=made.referral, asking=asking(made, None), by=staff["asha"]).party is None


def test_a_yes_by_link_counts_once_it_was_heard_alone(made, staff):
    from referrals.actions.consent import record_link_answer

    confirm(made.other, staff["kit"])
    record_link_answer(party=made.other, purpose=Purpose.SHARE, recipient=carers(made).pk, answer=Answer.YES)
    with pytest.raises(NotShared):
        send_handoff(referral=made.referral, asking=asking(made, made.other), by=staff["kit"])


def test_consent_is_checked_again_on_acceptance(made, staff):
    """A yes counts for six months."""
    sent = help_asked(made)
    late = timezone.now() + timedelta(days=190)
    with pytest.raises(NotPossible) as refused:
        accepted(made, sent, at=late, starts_on=clock.today(late))
    assert refused.value.sentences == [
        "What may be shared has changed, so this cannot be accepted now. Ask Forward Leeds."
    ]
    assert fresh(sent).state == HandoffState.SENT


def test_only_the_lead_asks_to_lead_and_only_their_keyworker_asks_for_help(made, staff):
    for who, party in (
        ("kit", None),
        ("fay", None),
        ("fay", made.other),
        ("asha", made.other),
        ("carol", None),
    ):
        with pytest.raises(Refused):
            send_handoff(referral=made.referral, asking=asking(made, party), by=staff[who])


def test_no_second_request_while_one_is_open(made, staff):
    sent = help_asked(made)
    with pytest.raises(NotPossible):
        send_handoff(referral=made.referral, asking=asking(made, made.other), by=staff["kit"])
    take_back(handoff=sent, version=sent.version, by=staff["kit"])
    send_handoff(referral=made.referral, asking=asking(made, made.other), by=staff["kit"])


def test_the_same_request_for_both_sides_reveals_neither_to_the_other(made, staff):
    help_asked(made)
    agree(made.own, staff["asha"], carers(made))
    confirm(made.own, staff["asha"])
    send_handoff(referral=made.referral, asking=asking(made, made.own), by=staff["asha"])


def test_it_is_sent_only_as_previewed(made, staff):
    sent = help_asked(made)
    assert sent.digest == digest_of(fresh(sent).packet)
    take_back(handoff=sent, version=sent.version, by=staff["kit"])
    with pytest.raises(NotPossible):
        send_handoff(
            referral=made.referral, asking=asking(made, made.other), digest=sent.digest[::-1], by=staff["kit"]
        )


def test_a_packet_holds_only_what_the_sender_typed_and_picked(made, staff):
    words = str(fresh(help_asked(made, with_contact=False)).packet)
    assert made.other.known_as in words
    assert made.own.known_as not in words
    assert "07700" not in words
    assert "calmer at home" not in words  # what they said in preparation was not typed in


def test_a_lead_packet_does_not_name_parties_the_sender_does_not_open(made, staff):
    words = str(fresh(lead_asked(made)).packet)
    assert made.own.known_as in words
    assert made.other.known_as not in words


# --- Who reads it ----------------------------------------------------------------------------------------------


def test_before_accepting_they_see_the_packet_only(made, staff):
    sent = help_asked(made)
    for who in ("carol", "mina"):
        assert reads(staff[who], sent), who
        assert not sees(staff[who], made), who
        assert not opens(staff[who], made.other), who
    for who in ("asha", "ben", "wes", "zed", "gwen"):
        assert not knows(staff[who], sent), who
    assert reads(staff["kit"], sent)
    assert reads(staff["mo"], sent)


@pytest.mark.parametrize("end", ["declined", "withdrawn"])
def test_a_declined_or_withdrawn_request_is_not_readable(made, staff, end):
    sent = help_asked(made)
    if end == "declined":
        decline(handoff=sent, code=DeclineCode.NO_CAPACITY, version=sent.version, by=staff["carol"])
    else:
        take_back(handoff=sent, version=sent.version, by=staff["kit"])
    for who in ("carol", "mina"):
        assert knows(staff[who], sent)
        assert not reads(staff[who], sent)
    assert reads(staff["kit"], sent)


def test_a_worker_of_the_other_side_never_reads_it(made, staff):
    """Carol helps Jo; another worker of Carers Leeds must handle a request from Sam's side."""
    started(made, help_asked(made))
    agree(made.own, staff["asha"], carers(made))
    confirm(made.own, staff["asha"])
    sent = send_handoff(referral=made.referral, asking=asking(made, made.own), by=staff["asha"])
    assert not knows(staff["carol"], sent)
    assert reads(staff["mina"], sent)
    with pytest.raises(NotPossible) as refused:
        accepted(made, sent, "mina", worker=staff["carol"])
    assert refused.value.field == "worker"


def test_once_accepted_the_worker_who_takes_it_and_their_manager_read_it(made, staff):
    from restorative.accounts.models import User

    colleague = User.objects.create_user(
        email="dee@demo.example",
        password=None,
        first_name="Dee",
        organisation=carers(made),
        role="keyworker",
    )
    sent = help_asked(made)
    assert reads(colleague, sent)
    accepted(made, sent)
    assert not reads(colleague, sent)
    assert knows(colleague, sent)
    assert reads(staff["carol"], sent)
    assert reads(staff["mina"], sent)


# --- One answer ------------------------------------------------------------------------------------------------


def test_opening_it_is_recorded_once(made, staff):
    sent = help_asked(made)
    mark_seen(handoff=sent, by=staff["kit"])
    assert fresh(sent).state == HandoffState.SENT
    mark_seen(handoff=sent, by=staff["carol"])
    mark_seen(handoff=sent, by=staff["mina"])
    assert (fresh(sent).state, fresh(sent).seen_by) == (HandoffState.SEEN, staff["carol"])


def test_two_people_cannot_both_decide(made, staff):
    sent = help_asked(made)
    decline(handoff=sent, code=DeclineCode.DUPLICATE, version=0, by=staff["mina"])
    with pytest.raises(NotPossible) as refused:
        accepted(made, sent, version=0)
    assert "This was declined by Mina" in refused.value.sentences[0]
    assert fresh(sent).state == HandoffState.DECLINED


def test_a_withdrawn_request_cannot_be_accepted_from_a_stale_page(made, staff):
    sent = help_asked(made)
    take_back(handoff=sent, version=0, by=staff["kit"])
    with pytest.raises(NotPossible) as refused:
        accepted(made, sent, version=0)
    assert "This was withdrawn," in refused.value.sentences[0]


def test_a_question_makes_a_page_stale_and_its_answer_is_delivered(made, staff, morning):
    sent = help_asked(made)
    ask_question(handoff=sent, words="Is there a child?", version=0, by=staff["carol"])
    assert fresh(sent).state == HandoffState.QUESTION
    with pytest.raises(NotPossible):
        accepted(made, sent, version=0)
    morning.shift(timedelta(minutes=1))
    ask_question(handoff=sent, words="No.", version=fresh(sent).version, by=staff["kit"])
    assert fresh(sent).state == HandoffState.SEEN
    words = [row.words for row in HandoffMessage.objects.visible_to(staff["carol"])]
    assert words == ["Is there a child?", "No."]
    decline(handoff=sent, code=DeclineCode.NOT_SAFE, version=fresh(sent).version, by=staff["carol"])
    assert not HandoffMessage.objects.visible_to(staff["carol"]).exists()
    assert HandoffMessage.objects.visible_to(staff["kit"]).count() == 2


@pytest.mark.parametrize("who", ["asha", "kit", "mo", "ben", "zed", "adam", "gwen"])
def test_only_the_receiver_answers(made, staff, who):
    sent = help_asked(made)
    with pytest.raises(Refused):
        decline(handoff=sent, code=DeclineCode.DUPLICATE, version=0, by=staff[who])
    with pytest.raises(Refused):
        accept(
            handoff=sent,
            worker=staff["carol"],
            kind=HandoffKind.HELP,
            starts_on=clock.today(),
            version=0,
            by=staff[who],
        )


@pytest.mark.parametrize("who", ["carol", "asha", "ben"])
def test_only_the_senders_side_withdraws_it(made, staff, who):
    sent = help_asked(made)
    with pytest.raises(Refused):
        take_back(handoff=sent, version=0, by=staff[who])


def test_a_request_to_lead_may_be_accepted_as_help_for_one_person(made, staff):
    sent = lead_asked(made)
    for wrong in (None, made.other.pk):  # no party, and a party whom the packet does not name
        with pytest.raises(NotPossible):
            accepted(made, sent, kind=HandoffKind.HELP, party=wrong)
    taken = accepted(made, sent, kind=HandoffKind.HELP, party=made.own.pk)
    assert (taken.kind, taken.decided_kind, taken.party_id) == ("lead", "help", made.own.pk)
    assert opens(staff["carol"], made.own)
    assert not opens(staff["carol"], made.other)


def test_a_request_for_help_cannot_be_accepted_as_leading(made, staff):
    with pytest.raises(NotPossible):
        accepted(made, help_asked(made), kind=HandoffKind.LEAD)
