"""Calling off and releasing: who is told what, and when; and that users who may not know see no change."""

from collections.abc import Callable
from difflib import unified_diff

import pytest
from django.utils import timezone

from meetings.actions.calling_off import call_off, release, say_safe
from meetings.actions.scheduling import start
from meetings.demo import story as play
from meetings.demo.staff import Staff
from meetings.enums import MeetingStatus
from meetings.models import CallOff, Meeting
from meetings.tests.pages import address, client_of, errors_of, plan, planner, send, text_of
from referrals.actions.concerns import raise_concern
from referrals.actions.consent import withdraw
from referrals.actions.facilitation import appoint
from referrals.actions.lifecycle import close, decide
from referrals.actions.parties import leave
from referrals.blockers import SEALED_SENTENCE
from referrals.enums import ConcernKind, Part, Reason, Suitable
from restorative.audit.models import AuditEntry
from restorative.common.decisions import NotPossible, Refused
from restorative.notify.models import Message
from tests.stories import tell

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("morning")]


def booked(staff: Staff, days: int = 3) -> play.Played:
    made = tell("ready", staff, timezone.now())
    play.book_meeting(made, play.day_at(days, 14), timezone.now())
    return made


def other_withdraws(made: play.Played) -> None:
    withdraw(party=made.other, by=made.staff["kit"])


def other_is_threatened(made: play.Played) -> None:
    raise_concern(party=made.other, kind=ConcernKind.THREATS, by=made.staff["kit"])


def own_withdraws(made: play.Played) -> None:
    withdraw(party=made.own, by=made.staff["asha"])


def shown_to(who: str, made: play.Played) -> dict[str, list[str]]:
    """Every page about the referral and its meeting, as shown to one user."""
    reference = made.referral.reference
    pages = [address(made, page) for page in ("", "run-sheet/", "today/", "call-off/", "release/", "record/")]
    pages += [
        f"/r/{reference}/{page}" for page in ("", "close/", "decide/", "facilitators/", "meetings/new/")
    ]
    pages += ["/", "/referrals/", "/referrals/?stage=booked", "/referrals/?stage=preparing"]
    client = client_of(made.staff[who])
    found = {}
    for page in pages:
        response = client.get(page)
        found[page] = [str(response.status_code), *text_of(response).splitlines()]
    return found


@pytest.mark.proof
@pytest.mark.sqlite  # on the second database test_secrecy.py compares every page
@pytest.mark.parametrize("days", [0, 3])
@pytest.mark.parametrize(
    ("who", "happens"),
    [
        ("asha", other_withdraws),
        ("asha", other_is_threatened),
        ("kit", own_withdraws),
        ("wes", own_withdraws),
    ],
)
def test_users_who_may_not_know_see_every_page_unchanged(
    who: str, happens: Callable[[play.Played], None], days: int, staff: Staff
) -> None:
    made = booked(staff, days)
    # Wes facilitates, but no one has consented to sharing with his organisation: he opens no compartment.
    appoint(referral=made.referral, user=staff["wes"], part=Part.FACILITATOR, by=staff["asha"])
    before = shown_to(who, made)

    happens(made)

    after = shown_to(who, made)
    changed = [
        line for page in before for line in unified_diff(before[page], after[page], page, lineterm="", n=0)
    ]
    assert changed == []
    status = Meeting.objects.unscoped("test").values_list("status", flat=True).get()
    assert status == MeetingStatus.CALLED_OFF


def test_it_still_looks_unchanged_after_the_day_before_was_due(staff: Staff, morning) -> None:
    """Sam's reminder is never shown as sent; its worker sees its planned time, as if it had been sent."""
    made = booked(staff)
    other_withdraws(made)
    morning.shift(60 * 60 * 26)

    page = client_of(staff["asha"]).get(address(made))

    assert page.context["state"]["text"] == "Booked"
    told = next(person for person in page.context["told"] if person["name"] == made.own.known_as)
    assert all(": about " in box["when"] or ": planned for " in box["when"] for box in told["boxes"])
    assert any(": planned for " in box["when"] for box in told["boxes"])


def test_users_who_open_the_compartment_are_told_to_release(staff: Staff) -> None:
    made = booked(staff)
    other_withdraws(made)

    page = client_of(staff["kit"]).get(address(made))

    assert page.context["state"]["text"] == "Called off"
    assert page.context["next_step"]["action_href"] == address(made, "release/")


def test_refusals_are_those_of_a_booked_meeting(staff: Staff) -> None:
    made = booked(staff)

    def refusals() -> list[list[str]]:
        said = []
        for attempt in (
            lambda: close(referral=made.referral, reason=Reason.WITHDREW, by=staff["asha"]),
            lambda: leave(party=made.own, by=staff["asha"]),
        ):
            with pytest.raises(NotPossible) as refusal:
                attempt()
            said.append(refusal.value.sentences)
        planned = send(client_of(staff["asha"]), planner(made), **plan(play.day_at(4, 14)))
        return [*said, errors_of(planned)[""]]

    before = refusals()
    other_withdraws(made)

    assert refusals() == before


def test_the_room_and_the_time_stay_taken_until_release(staff: Staff) -> None:
    made = booked(staff)
    waiting = tell("ready", staff, timezone.now(), pair=play.Pair("Una", "Vic"))
    other_withdraws(made)

    page = send(client_of(staff["asha"]), planner(waiting), **plan(play.day_at(3, 14)))

    assert set(errors_of(page)) == {"venue"}


def test_starting_is_refused_with_the_sentence_of_an_ordinary_sealed_blocker(staff: Staff) -> None:
    made = booked(staff, 0)
    appoint(referral=made.referral, user=staff["wes"], part=Part.FACILITATOR, by=staff["asha"])
    client = client_of(staff["wes"])
    play.check_the_day(made, timezone.now())
    other_withdraws(made)

    page = send(client, address(made, "start/"))

    assert page.status_code == 422
    assert errors_of(page)[""] == [SEALED_SENTENCE.format(them="another person")]


def test_users_who_know_are_told_plainly_that_it_cannot_start(staff: Staff) -> None:
    made = booked(staff, 0)
    other_withdraws(made)

    with pytest.raises(NotPossible, match="not booked any more"):
        start(meeting=made.meeting, by=staff["fay"])


def test_a_worker_who_does_not_know_calls_it_off_as_usual(staff: Staff) -> None:
    made = booked(staff)
    other_withdraws(made)
    client = client_of(staff["asha"])

    response = send(client, address(made, "call-off/"))

    assert response.status_code == 303
    assert client.get(address(made)).context["state"]["text"] == "Called off"
    to = Message.objects.filter(kind="meeting_not_happening").values_list("recipient_id", flat=True)
    assert list(to) == [made.own.pk]  # Jo, who withdrew, gets no message
    assert client_of(staff["kit"]).get(address(made, "release/")).status_code == 404


def test_not_suitable_calls_it_off_for_them_too(staff: Staff) -> None:
    made = booked(staff)
    other_withdraws(made)

    decide(referral=made.referral, party=None, decision=Suitable.NO, reason="Not now.", by=staff["asha"])

    assert client_of(staff["asha"]).get(address(made)).context["state"]["text"] == "Called off"


def test_a_second_withdrawal_is_known_only_to_its_own_side(staff: Staff) -> None:
    made = booked(staff)
    other_withdraws(made)
    own_withdraws(made)

    shown = {who: client_of(staff[who]).get(address(made)) for who in ("asha", "kit", "fay")}

    assert {who: page.context["state"]["text"] for who, page in shown.items()} == {
        "asha": "Called off",
        "kit": "Called off",
        "fay": "Called off",
    }
    asha_sees = CallOff.objects.visible_to(staff["asha"]).values_list("party", flat=True)
    assert list(asha_sees) == [made.own.pk]


def test_the_page_shows_who_is_sent_what(staff: Staff) -> None:
    made = booked(staff)

    told = client_of(staff["asha"]).get(address(made, "call-off/")).context["told"]

    by_name = {person["name"]: person for person in told}
    own = by_name[made.own.known_as]["boxes"]
    assert [(box["when"], box["body"]) for box in own] == [
        (
            "That it is not happening: at once",
            f"Hi {made.own.known_as}, Fri 5 March, 2pm is not happening. I will ring you. Asha",
        )
    ]
    assert by_name[made.other.known_as]["boxes"] == []


def test_afterwards_the_page_shows_what_waits_to_be_sent(staff: Staff) -> None:
    made = booked(staff)
    call_off(meeting=made.meeting, by=staff["asha"])

    for who, own, other in (("asha", made.own, made.other), ("kit", made.other, made.own)):
        sent = client_of(staff[who]).get(address(made)).context["told"]
        whens = {person["name"]: [box["when"] for box in person["boxes"]] for person in sent}
        assert whens == {own.known_as: ["That it is not happening: at once"], other.known_as: []}


def test_submitting_twice_calls_off_once(staff: Staff) -> None:
    made = booked(staff)
    client = client_of(staff["asha"])
    token = "0d4cf2cc-8ac2-4f44-8da4-dc47d2cd0a5e"

    went = {send(client, address(made, "call-off/"), submission=token)["Location"] for _ in range(3)}

    assert went == {address(made)}
    assert CallOff.objects.unscoped("test").count() == 1


def test_a_started_meeting_is_recorded_not_called_off(staff: Staff) -> None:
    made = tell("record_overdue", staff, timezone.now())

    other_withdraws(made)
    with pytest.raises(NotPossible, match="Record it"):
        call_off(meeting=made.meeting, by=staff["fay"])

    assert Meeting.objects.unscoped("test").get().status == MeetingStatus.STARTED


# --- Release --------------------------------------------------------------------------------------------------


def test_nothing_is_released_before_a_worker_says_it_is_safe(staff: Staff) -> None:
    made = booked(staff)
    other_withdraws(made)
    waiting = CallOff.objects.unscoped("test").get()

    with pytest.raises(NotPossible, match="First say whether it is safe"):
        release(call_off=waiting, by=staff["fay"])
    page = client_of(staff["fay"]).get(address(made, "release/"))

    assert page.context["asks"]
    assert f"Is it safe for {made.other.known_as} if the others hear today?" in page.content.decode()


@pytest.mark.parametrize("answer", ["no", "not_sure"])
def test_any_answer_but_yes_tells_no_one(answer: str, staff: Staff) -> None:
    made = booked(staff)
    other_withdraws(made)

    send(client_of(staff["kit"]), address(made, "release/"), safe_today=answer)

    assert CallOff.objects.unscoped("test").get().said_safe_at is None
    assert client_of(staff["fay"]).get(address(made, "release/")).context["asks"]


def test_first_the_safety_question_then_the_words_then_the_release(staff: Staff) -> None:
    made = booked(staff)
    other_withdraws(made)
    send(client_of(staff["kit"]), address(made, "release/"), safe_today="yes")

    fay = client_of(staff["fay"])
    told = fay.get(address(made, "release/")).context["told"]
    send(fay, address(made, "release/"))

    assert [person["name"] for person in told] == [made.own.known_as]
    assert told[0]["boxes"][0]["body"].endswith("Fri 5 March, 2pm is not happening. I will ring you. Asha")
    assert client_of(staff["asha"]).get(address(made)).context["state"]["text"] == "Called off"
    assert Message.objects.get(kind="meeting_not_happening").recipient_id == made.own.pk


def test_a_yes_from_yesterday_does_not_count_today(staff: Staff, morning) -> None:
    made = booked(staff)
    other_withdraws(made)
    waiting = CallOff.objects.unscoped("test").get()
    say_safe(call_off=waiting, by=staff["kit"])
    morning.move_to("2027-03-03 00:30")
    fay = client_of(staff["fay"])

    page = fay.get(address(made, "release/"))
    pressed = send(fay, address(made, "release/"))
    with pytest.raises(NotPossible, match="First say whether it is safe"):
        release(call_off=waiting, by=staff["fay"])
    send(fay, address(made, "release/"), safe_today="yes")
    release(call_off=waiting, by=staff["fay"])

    assert (page.context["asks"], pressed.status_code) == (True, 422)
    assert CallOff.objects.unscoped("test").get().released_by == staff["fay"]


@pytest.mark.parametrize("answer", ["no", "not_sure"])
def test_a_later_no_revokes_the_yes(answer: str, staff: Staff) -> None:
    made = booked(staff)
    other_withdraws(made)
    waiting = CallOff.objects.unscoped("test").get()
    say_safe(call_off=waiting, by=staff["kit"])
    kit = client_of(staff["kit"])
    again = kit.get(address(made, "release/")).context["said"][0]["action_href"]

    asked = kit.get(again)
    send(kit, again, safe_today=answer)

    assert asked.context["asks"]
    row = CallOff.objects.unscoped("test").get()
    assert (row.said_safe_at, row.said_safe_by) == (None, None)
    assert AuditEntry.objects.filter(verb="release_said_not_safe", actor_id=staff["kit"].pk).count() == 1
    with pytest.raises(NotPossible, match="First say whether it is safe"):
        release(call_off=waiting, by=staff["fay"])


def test_an_answer_after_the_release_changes_nothing(staff: Staff) -> None:
    made = booked(staff)
    other_withdraws(made)
    waiting = CallOff.objects.unscoped("test").get()
    say_safe(call_off=waiting, by=staff["kit"])
    release(call_off=waiting, by=staff["fay"])

    with pytest.raises(NotPossible, match="already been told"):
        say_safe(call_off=waiting, by=staff["kit"], safe=False)

    assert CallOff.objects.unscoped("test").get().said_safe_by == staff["kit"]


def test_after_a_stop_the_page_shows_that_they_are_told_too(staff: Staff) -> None:
    made = booked(staff)
    other_is_threatened(made)
    say_safe(call_off=CallOff.objects.unscoped("test").get(), by=staff["kit"])

    told = client_of(staff["fay"]).get(address(made, "release/")).context["told"]

    assert {person["name"] for person in told} == {made.own.known_as, made.other.known_as}


def test_kit_says_it_is_safe_and_may_not_release(staff: Staff) -> None:
    made = booked(staff)
    other_withdraws(made)
    waiting = CallOff.objects.unscoped("test").get()
    say_safe(call_off=waiting, by=staff["kit"])

    with pytest.raises(Refused):
        release(call_off=waiting, by=staff["kit"])

    assert send(client_of(staff["kit"]), address(made, "release/")).status_code == 403


def test_the_release_page_is_404_for_users_who_may_not_know(staff: Staff) -> None:
    made = booked(staff)
    asked = [client_of(staff["asha"]).get(address(made, "release/")).status_code]
    other_withdraws(made)
    asked.append(client_of(staff["asha"]).get(address(made, "release/")).status_code)

    assert asked == [404, 404]
