"""On hold: computed from facts, shown to users who may know a cause by name; and facilitators who cannot come."""

from datetime import timedelta

import pytest
from django.utils import timezone

from meetings.actions.planning import Plan
from meetings.actions.scheduling import move, start
from meetings.actions.standing_in import can_come, name_stand_in, say_unavailable
from meetings.demo import story as play
from meetings.demo.staff import Staff
from meetings.enums import MeetingKind
from meetings.models import Meeting, Unavailable
from meetings.tests.pages import address, client_of, send, text_of
from referrals import access
from referrals.actions import concerns, consent
from referrals.actions.facilitation import appoint, stand_down
from referrals.actions.parties import set_keyworker
from referrals.enums import Answer, ConcernKind, Purpose, SignOffDecision
from referrals.models import Involvement, Party
from restorative.common.decisions import NotPossible, Refused
from restorative.notify.models import Message, State
from restorative.notify.outbox import sweep
from tests.stories import tell

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("morning")]


def booked(staff: Staff, days: int = 3) -> play.Played:
    made = tell("ready", staff, timezone.now())
    play.book_meeting(made, play.day_at(days, 14), timezone.now() - timedelta(hours=1))
    return made


def lapse(made: play.Played):
    """The other told Kit of a lapse, which waits for sign-off."""
    return concerns.raise_concern(party=made.other, kind=ConcernKind.LAPSE, by=made.staff["kit"])


def state_for(who: str, made: play.Played) -> str:
    return client_of(made.staff[who]).get(address(made)).context["state"]["text"]


# --- Who is shown it ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("who", "shown"), [("kit", "On hold"), ("fay", "On hold"), ("mo", "On hold"), ("asha", "Booked")]
)
def test_it_is_on_hold_for_users_who_may_name_a_cause(who: str, shown: str, staff: Staff) -> None:
    made = booked(staff)
    lapse(made)
    assert state_for(who, made) == shown
    banner = client_of(staff[who]).get(f"/r/{made.referral.reference}/").context["banner"]
    assert ("on hold" in banner["title"] if banner else "Booked") == (
        True if shown == "On hold" else "Booked"
    )


def test_it_is_not_stored_and_ends_with_its_cause(staff: Staff) -> None:
    made = booked(staff)
    concern = lapse(made)
    assert Meeting.objects.unscoped("test").get(pk=made.meeting.pk).status == "booked"
    concerns.sign_off(
        concern=concern, decision=SignOffDecision.GO, reason="Settled and supported.", by=staff["mo"]
    )
    consent_again(made)
    assert state_for("kit", made) == "Booked"


def consent_again(made: play.Played) -> None:
    """The safety questions are asked again after a concern."""
    from referrals.actions.readiness import ask_safety

    ask_safety(party=made.other, answers=dict(play.SAFE), asked_alone=True, by=made.staff["kit"])


def test_it_stays_on_hold_for_its_own_side_when_the_other_side_stops_in_secret(staff: Staff) -> None:
    """Asha may name Sam's cause; Jo's withdrawal changes nothing that she sees."""
    made = booked(staff)
    concerns.raise_concern(party=made.own, kind=ConcernKind.LAPSE, by=staff["asha"])
    pages = [address(made), f"/r/{made.referral.reference}/"]
    client = client_of(staff["asha"])
    before = [text_of(client.get(page)) for page in pages]
    consent.withdraw(party=made.other, by=staff["kit"])
    assert [text_of(client.get(page)) for page in pages] == before
    assert "On hold" in before[0]


def test_messages_wait_and_users_who_may_know_are_reminded_once(staff: Staff, morning) -> None:
    made = booked(staff)
    lapse(made)
    for _ in range(4):
        sweep()
        morning.shift(60 * 61)
    told = Message.objects.filter(kind="worker_meeting_on_hold", state=State.SENT)
    assert {row.recipient_id for row in told} == {staff["kit"].pk, staff["fay"].pk}
    assert not Message.objects.filter(kind="meeting_booked", state=State.SENT).exists()
    assert all(made.own.known_as not in row.body and "on hold" in row.body for row in told)


def test_its_messages_show_as_waiting_only_to_users_who_know_of_the_hold(staff: Staff) -> None:
    made = booked(staff)
    lapse(made)
    shown = {
        who: [
            text_of(client_of(staff[who]).get(page))
            for page in (address(made), f"/r/{made.referral.reference}/")
        ]
        for who in ("kit", "asha")
    }
    assert all("not while the meeting is on hold" in text for text in shown["kit"])
    assert not any("on hold" in text for text in shown["asha"])


# --- A facilitator who cannot be there ------------------------------------------------------------------------


def away(made: play.Played, by: str = "fay") -> Unavailable:
    staff = made.staff
    return say_unavailable(meeting=made.meeting, user=staff["fay"], by=staff[by])


@pytest.mark.parametrize("who", ["asha", "kit", "fay"])
def test_every_user_sees_that_a_facilitator_cannot_come(who: str, staff: Staff) -> None:
    made = booked(staff)
    away(made)
    page = client_of(staff[who]).get(address(made))
    assert page.context["state"]["text"] == "On hold"
    assert "Fay cannot be there." in text_of(page)


@pytest.mark.parametrize(("who", "may"), [("fay", True), ("asha", True), ("kit", False), ("mo", False)])
def test_the_facilitator_or_the_lead_records_it(who: str, may: bool, staff: Staff) -> None:
    made = booked(staff)
    if may:
        assert away(made, who).said_by == staff[who]
    else:
        with pytest.raises(Refused):
            away(made, who)


def test_the_facilitator_can_come_after_all(staff: Staff) -> None:
    made = booked(staff)
    row = away(made)
    can_come(unavailable=row, by=staff["fay"])
    assert state_for("asha", made) == "Booked"


def test_moving_settles_it(staff: Staff) -> None:
    made = booked(staff)
    row = away(made)
    starts = play.day_at(4, 14)
    move(
        meeting=made.meeting,
        plan=Plan(
            kind=MeetingKind.CONVERSATION,
            starts_at=starts,
            ends_at=starts + timedelta(hours=1),
            venue=made.meeting.venue,
        ),
        by=staff["fay"],
    )
    row = Unavailable.objects.unscoped("test").get(pk=row.pk)
    assert row.settled_by == staff["fay"]
    assert state_for("asha", made) == "Booked"


def accept(made: play.Played, user) -> None:
    for party, by in ((made.own, "asha"), (made.other, "kit")):
        consent.record_consent(
            party=party,
            purpose=Purpose.SECOND_WORKER,
            recipient=user.pk,
            answer=Answer.YES,
            by=made.staff[by],
        )


def test_a_stand_in_opens_only_parties_who_accepted_and_only_that_day(staff: Staff, morning) -> None:
    made = booked(staff)
    row = away(made)
    stranger = staff["ben"]
    name_stand_in(unavailable=row, user=stranger, by=staff["asha"])
    consent.record_consent(
        party=made.own,
        purpose=Purpose.SECOND_WORKER,
        recipient=stranger.pk,
        answer=Answer.YES,
        by=staff["asha"],
    )
    assert not access.may_see(stranger, made.referral)
    # Only users who open Jo's compartment see that Jo has not accepted.
    assert [state_for(who, made) for who in ("asha", "kit", "fay")] == ["Booked", "On hold", "On hold"]

    morning.move_to(made.meeting.starts_at - timedelta(hours=3))
    assert access.may_see(stranger, made.referral)
    opened = Party.objects.opened_by(stranger).filter(referral=made.referral)
    assert set(opened) == {made.own}

    morning.shift(24 * 60 * 60)
    assert not access.may_see(stranger, made.referral)


def test_the_hold_ends_when_all_have_accepted_and_returns_when_one_withdraws(
    staff: Staff,
) -> None:
    made = booked(staff)
    row = away(made)
    name_stand_in(unavailable=row, user=staff["ben"], by=staff["asha"])
    accept(made, staff["ben"])
    assert state_for("asha", made) == "Booked"
    consent.withdraw(
        party=made.other, purpose=Purpose.SECOND_WORKER, recipient=staff["ben"].pk, by=staff["kit"]
    )
    assert [state_for(who, made) for who in ("asha", "kit", "fay")] == ["Booked", "On hold", "On hold"]


def test_only_an_accepted_stand_in_starts_it(staff: Staff, morning) -> None:
    made = booked(staff, days=0)
    row = away(made)
    morning.move_to(made.meeting.starts_at - timedelta(hours=1))
    play.check_the_day(made, timezone.now())
    with pytest.raises(NotPossible, match="Fay cannot be there"):
        start(meeting=made.meeting, by=staff["fay"])
    name_stand_in(unavailable=row, user=staff["ben"], by=staff["asha"])
    accept(made, staff["ben"])
    asha, here = client_of(staff["asha"]), f"/r/{made.referral.reference}/facilitators/"
    rows = {row[0]: row[-1] for row in asha.get(here).context["rows"]}
    assert rows.pop("Ben Example") == "With the day"
    assert [asha.get(row["href"]).status_code for row in rows.values()] == [200]
    start(meeting=made.meeting, by=staff["ben"])
    assert Meeting.objects.unscoped("test").get(pk=made.meeting.pk).started_by == staff["ben"]


def test_a_stand_in_who_comes_to_support_a_party_is_of_that_side(staff: Staff, morning) -> None:
    made = booked(staff, days=0)
    row = away(made)
    name_stand_in(unavailable=row, user=staff["ben"], by=staff["asha"])
    accept(made, staff["ben"])
    morning.move_to(made.meeting.starts_at - timedelta(hours=1))
    play.check_the_day(made, timezone.now())
    set_keyworker(party=made.other, keyworker=staff["ben"], by=staff["kit"])
    with pytest.raises(NotPossible, match="supports someone here"):
        start(meeting=made.meeting, by=staff["ben"])


@pytest.mark.parametrize(
    ("who", "why"),
    [("kit", "cannot take this one"), ("mo", "cannot take this one"), ("fay", "already has a part")],
)
def test_a_stand_in_is_of_no_side(who: str, why: str, staff: Staff) -> None:
    made = booked(staff)
    row = away(made)
    with pytest.raises(NotPossible, match=why):
        name_stand_in(unavailable=row, user=staff[who], by=staff["asha"])


def test_each_person_is_asked_about_the_stand_in_before_the_day(staff: Staff) -> None:
    made = booked(staff)
    name_stand_in(unavailable=away(made), user=staff["ben"], by=staff["asha"])
    page = client_of(staff["kit"]).get(f"/r/{made.referral.reference}/people/{made.other.pk}/consent/new/")
    assert "Ben, standing in on the day" in text_of(page)


def test_without_any_facilitator_left_the_meeting_is_off(staff: Staff) -> None:
    made = booked(staff)
    away(made)
    part = Involvement.objects.unscoped("test").in_meetings().get(referral=made.referral, user=staff["fay"])
    stand_down(part=part, by=staff["asha"])
    assert Meeting.objects.unscoped("test").get(pk=made.meeting.pk).status == "called_off"


def test_an_absent_worker_without_a_part_does_not_hold_the_meeting(staff: Staff) -> None:
    made = booked(staff)
    appoint(referral=made.referral, user=staff["ben"], by=staff["asha"])
    away(made)
    part = Involvement.objects.unscoped("test").in_meetings().get(referral=made.referral, user=staff["fay"])
    stand_down(part=part, by=staff["asha"])
    assert state_for("asha", made) == "Booked"


def test_the_pages_record_an_absence_end_it_and_name_a_stand_in(staff: Staff) -> None:
    made = booked(staff)
    fay, asha = client_of(staff["fay"]), client_of(staff["asha"])
    assert send(fay, address(made, "cannot-come/"), user=str(staff["fay"].pk)).status_code == 303
    row = Unavailable.objects.unscoped("test").get()
    one = address(made, f"cannot-come/{row.pk}/")
    assert send(asha, f"{one}stand-in/", user=str(staff["ben"].pk)).status_code == 303
    assert "Ben (stands in for Fay)" in text_of(asha.get(address(made)))
    assert send(fay, one).status_code == 303
    assert state_for("asha", made) == "Booked"
    assert (
        Involvement.objects.unscoped("t")
        .in_meetings()
        .filter(user=staff["ben"])
        .named(timezone.now())
        .count()
        == 0
    )


def test_a_user_who_may_not_know_that_it_is_off_can_still_record_an_absence(staff: Staff) -> None:
    """Wes facilitates and opens no compartment: his absence is recorded, and the page answers as for a booked
    meeting."""
    made = booked(staff)
    appoint(referral=made.referral, user=staff["wes"], by=staff["asha"])
    consent.withdraw(party=made.own, by=staff["asha"])
    client = client_of(staff["wes"])
    assert send(client, address(made, "cannot-come/"), user=str(staff["wes"].pk)).status_code == 303
    assert client.get(address(made)).context["state"]["text"] == "On hold"
