"""Events on one side do not show on another side before release: in no page, list, refusal or message.
Pages are compared byte for byte, except for parts that differ at every request."""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from difflib import unified_diff
from pathlib import Path
from uuid import UUID

import pytest
import time_machine
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.db import transaction
from django.test import override_settings
from django.urls import reverse
from django.utils import timezone

from meetings.actions.calling_off import release, say_safe
from meetings.demo import story as play
from meetings.demo.story import Played, day_at
from meetings.models import CallOff
from referrals.actions import concerns, consent, grants, notes, reaching, readiness
from referrals.actions.reaching import RouteFacts
from referrals.enums import (
    NOBODY,
    Answer,
    ApproachResult,
    Capacity,
    CapacityResult,
    ConcernKind,
    GrantKind,
    Hours,
    Purpose,
    RouteKind,
)
from referrals.models import ContactRoute
from restorative.accounts.lock import SEEN_AT, SIGNED_IN_AT
from restorative.accounts.models import Organisation
from restorative.common.heartbeat import beat
from restorative.notify.models import Message, State
from restorative.notify.outbox import sweep
from tests.routes import routes
from tests.world import NOW, World, at_ten, make_people, sign_in, undone

pytestmark = [pytest.mark.proof, pytest.mark.django_db]

# Form tokens, script nonce, request id.
DIFFERS = re.compile(
    r"""(?x) name="(?:csrfmiddlewaretoken|submission)"\s+value="[^"]*"
    | value="[^"]*"\s+name="(?:csrfmiddlewaretoken|submission)"
    | nonce="[^"]*" | 'nonce-[^']*' | \b[0-9a-f]{32}\b"""
)


@pytest.fixture(scope="module")
def booked(django_db_setup: None, django_db_blocker) -> Iterator[World]:
    """Booked for tomorrow at 2pm without blockers; Sam's first message waits for the evening."""
    with django_db_blocker.unblock(), at_ten(), transaction.atomic():
        staff = make_people(NOW)
        play.publish_sheet(NOW - timedelta(days=90))
        played = play.log(staff, play.Pair("Sam", "Jo"), NOW - timedelta(days=12))
        talk = play.talk_for(played, played.own)
        play.make_ready(
            played, NOW - timedelta(days=6), own=replace(talk, route=replace(talk.route, hours=Hours.EVENING))
        )
        play.book_meeting(played, day_at(1, 14, now=NOW), NOW - timedelta(hours=1))
        other = play.log(staff, play.Pair("Ann", "Bob"), NOW - timedelta(days=3))
        with time_machine.travel(NOW - timedelta(hours=2), tick=False):
            beat("sweep")  # our own heartbeat, so that another test's does not show
        played.referral.refresh_from_db()
        yield BookedWorld(played, other, {key: sign_in(user) for key, user in staff.people.items()})
        transaction.set_rollback(True)


class Arguments(dict):
    """Random ids for things that do not exist in this world."""

    def __missing__(self, key: str) -> UUID:
        return UUID(int=1)


class BookedWorld(World):
    """The parts of a world that addresses need."""

    def __init__(self, played: Played, other: Played, sessions: dict[str, str]) -> None:
        self.played, self.staff, self.sessions, self.second = played, played.staff, sessions, other

    def arguments(self, whose: str = "own") -> Arguments:
        return Arguments(
            reference=self.referral.reference,
            party=self.own.pk if whose == "own" else self.other.pk,
            meeting=self.meeting.pk,
            facilitation=self.referral.involvements.unscoped("test").in_meetings().get().pk,
        )


# --- What happens on Jo's side ----------------------------------------------------------------------------------


def withdraws(world: World) -> None:
    consent.withdraw(party=world.other, by=world.staff["kit"])


def withdraws_by_link(world: World) -> None:
    consent.withdraw(party=world.other, by=None)


def is_not_sure(world: World) -> None:
    consent.record_consent(
        party=world.other, purpose=Purpose.TAKE_PART, answer=Answer.NOT_SURE, by=world.staff["kit"]
    )


def says_no(world: World) -> None:
    consent.record_consent(
        party=world.other, purpose=Purpose.TAKE_PART, answer=Answer.NO, by=world.staff["kit"]
    )


def is_stopped(world: World) -> None:
    concerns.raise_concern(
        party=world.other, kind=ConcernKind.THREATS, detail="Their words.", by=world.staff["kit"]
    )


def is_in_doubt(world: World) -> None:
    consent.record_consent(
        party=world.other,
        purpose=Purpose.TAKE_PART,
        answer=Answer.YES,
        asked=consent.Asked(capacity=Capacity.DOUBT),
        by=world.staff["kit"],
    )


def cannot_decide(world: World) -> None:
    readiness.assess_capacity(
        party=world.other, help_given="-", result=CapacityResult.NOT_ABLE, by=world.staff["kit"]
    )


def withdraws_and_is_stopped(world: World) -> None:
    withdraws(world)
    is_stopped(world)


def much_is_noted(world: World) -> None:
    """New numbers, one of them also Sam's; answers, a note, a grant for Jo and a bar."""
    jo, kit, staff = world.other, world.staff["kit"], world.staff
    sams = ContactRoute.objects.unscoped("test").filter(party=world.own).first().value
    for kind, value in ((RouteKind.EMAIL, "new@example.org"), (RouteKind.TEXT, sams)):
        facts = RouteFacts(kind, value, allowed=True, read_by_others=False, screen_private=True)
        reaching.record_route(party=jo, facts=facts, by=kit)
    carers = Organisation.objects.get(key="carers-leeds").pk
    answers = [(Purpose.SHARE, carers), (Purpose.CARRY, world.own.pk), (Purpose.SIGHT, NOBODY)]
    for purpose, recipient in answers:
        consent.record_consent(party=jo, purpose=purpose, recipient=recipient, answer=Answer.YES, by=kit)
    notes.add_note(referral=world.referral, party=jo, text="Rang.", by=kit)
    concerns.raise_concern(party=jo, kind=ConcernKind.LAPSE, detail="Once.", by=kit)
    reaching.record_approach(party=jo, how=RouteKind.PHONE, result=ApproachResult.ANSWERED, by=kit)
    readiness.assess_capacity(party=jo, help_given="-", result=CapacityResult.ABLE, by=kit)
    wanted = grants.Wanted(GrantKind.EMERGENCY, staff["una"], jo, "Jo rang.")
    grants.ask_for_access(referral=world.referral, wanted=wanted, by=staff["una"])
    grants.bar(referral=world.referral, user=staff["ben"], reason="A neighbour.", by=staff["mo"])


RARER = (withdraws_by_link, says_no, is_in_doubt, cannot_decide, withdraws_and_is_stopped)
HAPPENS = [
    withdraws,
    is_not_sure,
    is_stopped,
    *(pytest.param(happens, marks=pytest.mark.slow) for happens in RARER),
]


def let_hear(world: World) -> None:
    """Kit says that it is safe, and Fay releases the call-off."""
    for call_off in CallOff.objects.unscoped("test").select_related("meeting__referral", "party"):
        say_safe(call_off=call_off, by=world.staff["kit"])
    release(call_off=CallOff.objects.unscoped("test").latest("created_at"), by=world.staff["fay"])


# --- What the other side is shown -------------------------------------------------------------------------------


# Pages that show the state of a meeting and of the other people.
TELLING = (
    "show",
    "party",
    "today",
    "run_sheet",
    "call_off",
    "decide",
    "close",
    "book",
    "facilitators",
    "release",
)


def pages(world: World, who: str, *, all_of_them: bool = False) -> dict[str, str]:
    """Each address as one person sees it, and the answers to forms that the rules refuse."""
    hrefs = []
    for route in routes():
        if all_of_them or route.name.split(":")[-1] in TELLING:
            arguments = {key: world.arguments("own")[key] for key in route.needs}
            hrefs.append(reverse(route.name, kwargs=arguments))
    lists, search = reverse("casework:list"), reverse("casework:search")
    hrefs += [f"{lists}?whose=team&stage={stage}" for stage in ("booked", "preparing")]
    hrefs += [lists, f"{search}?q=Sam", f"{search}?q=Jo"]
    shown = {href: answered(world.client(who).get(href)) for href in dict.fromkeys(hrefs)}
    for href, data in presses(world):
        with undone():
            shown[f"POST {href} {data}"] = answered(world.client(who).post(href, data))
    return shown


def presses(world: World) -> list[tuple[str, dict[str, str]]]:
    reference, meeting = world.referral.reference, world.meeting.pk
    plan = {
        "kind": "conversation",
        "on": "17 March 2027",
        "starts_at": "14:00",
        "ends_at": "15:00",
        "venue": "video",
        "video": "https://example.org/room",
    }
    return [
        (reverse("meetings:book", args=[reference]), plan),
        (reverse("meetings:book", args=[reference]), plan | {"book": "1"}),
        (reverse("meetings:start", args=[reference, meeting]), {}),
        (reverse("meetings:release", args=[reference, meeting]), {}),
        (reverse("meetings:call_off", args=[reference, meeting]), {}),
        (reverse("referrals:close", args=[reference]), {"reason": "not_safe"}),
        (reverse("referrals:decide", args=[reference]), {"decision": "yes", "reason": "Calm."}),
        (reverse("referrals:decide", args=[reference]), {"decision": "no", "reason": "Calm."}),
        (reverse("referrals:person_leave", args=[reference, world.own.pk]), {}),
        (
            reverse("meetings:book", args=[world.second.referral.reference]),
            plan | {"on": "11 March 2027", "venue": str(world.meeting.venue_id), "video": ""},
        ),
    ]


def answered(answer) -> str:
    headers = {name: value for name, value in answer.headers.items() if name != "X-Request-ID"}
    return DIFFERS.sub("", f"{answer.status_code} {headers}\n{answer.content.decode()}")


@pytest.fixture(scope="module")
def before(booked, django_db_blocker) -> dict[str, dict[str, str]]:
    """What each person was shown and sent before the event."""
    with django_db_blocker.unblock():
        return {who: pages(booked, who) for who in ("asha", "lou", "ivy")}


def changed(before: dict[str, str], after: dict[str, str]) -> list[str]:
    """The addresses whose answers differ, each with the different lines."""
    return [
        "\n".join([href, *unified_diff(before[href].split("\n"), after[href].split("\n"), lineterm="", n=1)])
        for href in before
        if before[href] != after[href]
    ]


@pytest.mark.parametrize("happens", HAPPENS, ids=lambda function: function.__name__)
def test_the_other_side_sees_the_same_pages_as_before(booked, before, happens):
    happens(booked)
    assert changed(before["asha"], pages(booked, "asha")) == []


def test_every_address_looks_the_same_to_the_other_side(booked):
    before = pages(booked, "asha", all_of_them=True)
    for happens in (much_is_noted, withdraws):
        with undone():
            happens(booked)
            assert changed(before, pages(booked, "asha", all_of_them=True)) == []


def test_no_title_in_the_browsers_history_names_a_participant(booked):
    """The history stays on a shared laptop. A facilitator or a colleague may be named."""
    found = [
        re.search(r"<title>(.*?)</title>", page, re.S)
        for page in pages(booked, "asha", all_of_them=True).values()
    ]
    titles = {" ".join(title[1].split()) for title in found if title}
    assert len(titles) > 30
    assert f"This person wants to stop, {booked.referral.reference}" in titles
    assert [title for title in titles if re.search(r"\b(Sam|Jo|Ann|Bob|Example)\b", title)] == []


@pytest.mark.parametrize("who", ["lou", "ivy"])
def test_other_users_who_see_the_shell_notice_nothing(booked, before, who):
    withdraws(booked)
    assert changed(before[who], pages(booked, who)) == []


def test_the_other_side_notices_nothing_on_the_day(booked):
    """Tomorrow at noon, after Sam's day-of check: only what would be open anyway is open."""
    with time_machine.travel(NOW + timedelta(days=1, hours=2), tick=False):
        sign_in_again(booked, "asha")
        readiness.check_on_the_day(party=booked.own, answers=play.DAY_FINE, by=booked.staff["asha"])
        before = pages(booked, "asha")
        withdraws(booked)
        assert changed(before, pages(booked, "asha")) == []


@pytest.mark.parametrize("who", ["kit", "fay", "mo"])
def test_users_who_open_that_side_see_it(booked, who):
    show = reverse("meetings:show", args=[booked.referral.reference, booked.meeting.pk])
    before = answered(booked.client(who).get(show))
    withdraws(booked)
    assert answered(booked.client(who).get(show)) != before


@pytest.mark.parametrize("happens", [withdraws, is_stopped], ids=lambda function: function.__name__)
def test_once_released_the_other_side_sees_it(booked, happens):
    show = reverse("casework:show", args=[booked.referral.reference])
    meeting = reverse("meetings:show", args=[booked.referral.reference, booked.meeting.pk])
    before = [answered(booked.client("asha").get(href)) for href in (show, meeting)]
    happens(booked)
    let_hear(booked)
    after = [answered(booked.client("asha").get(href)) for href in (show, meeting)]
    assert before[0] != after[0]
    assert before[1] != after[1]
    assert "Called off" in after[1]


def test_once_released_the_cause_does_not_show(booked):
    """The page is the same for every cause and every party."""
    show = reverse("meetings:show", args=[booked.referral.reference, booked.meeting.pk])
    shown = set()
    for happens in (withdraws, is_not_sure, is_stopped, cannot_decide):
        with undone():
            happens(booked)
            let_hear(booked)
            shown.add(answered(booked.client("asha").get(show)))
    assert len(shown) == 1


# --- Messages ---------------------------------------------------------------------------------------------------


def files(folder: Path) -> list[dict]:
    return [json.loads(path.read_text()) for path in folder.glob("*.json")]


# Now, this evening, tomorrow morning, and until two hours before the meeting.
HOURS = (0, 1, 8, 9, 22, 23, 24, 25)


def sent_to(world: World, folder: Path, happens: Callable | None) -> dict[str, list]:
    """Messages from now until two hours before the meeting: to Asha, Lou and Sam."""
    with undone(), override_settings(OUTBOX_DIR=folder):
        if happens:
            happens(world)
        for hours in HOURS:
            sweep(at=NOW + timedelta(hours=hours))
        found = files(folder)
    workers = {world.staff[key].email for key in ("asha", "lou")}
    return {
        "workers": sorted((f["to"], f["subject"], f["body"]) for f in found if f["to"] in workers),
        "sam": sorted((f["to"], f["body"]) for f in found if f["channel"] == "text"),
    }


@pytest.fixture(scope="module")
def plain(booked, django_db_blocker, tmp_path_factory) -> dict[str, list]:
    """Messages when nothing happens."""
    with django_db_blocker.unblock():
        return sent_to(booked, tmp_path_factory.mktemp("plain"), None)


def test_there_are_messages_to_send(plain):
    assert plain["workers"]
    assert plain["sam"]


@pytest.mark.parametrize("happens", HAPPENS, ids=lambda function: function.__name__)
def test_the_other_sides_worker_gets_the_same_messages(booked, plain, tmp_path, happens):
    after = sent_to(booked, tmp_path, happens)
    assert after["workers"] == plain["workers"]
    assert set(after["sam"]) <= set(plain["sam"])


def test_no_reminder_of_a_meeting_that_is_off_is_sent(booked, tmp_path):
    """Sam, who does not know yet, gets none either."""
    assert sent_to(booked, tmp_path, withdraws)["sam"] == []


def test_a_message_cancelled_with_the_meeting_is_shown_as_before(booked):
    """Sam's first message waits for the evening. It was held before, and is shown as held afterwards."""
    sweep(at=NOW)
    assert Message.objects.filter(recipient_id=booked.own.pk, state=State.HELD).exists()
    before = pages(booked, "asha")
    withdraws(booked)
    assert changed(before, pages(booked, "asha")) == []


def sign_in_again(world: World, who: str) -> None:
    """Sign in again, because the session ended overnight."""
    soon = timezone.now() + timedelta(hours=1)
    Session.objects.filter(pk=world.sessions[who]).update(expire_date=soon)
    session = SessionStore(session_key=world.sessions[who])
    session[SIGNED_IN_AT] = timezone.now().isoformat()
    session.pop(SEEN_AT, None)
    session.save()
    assert world.client(who).get(reverse("home")).status_code == 200


def lapses(world: World) -> None:
    """A concern that puts the meeting on hold without calling it off."""
    concerns.raise_concern(party=world.other, kind=ConcernKind.LAPSE, detail="-", by=world.staff["kit"])


def after_the_evening(world: World, happens: Callable | None) -> dict[str, str]:
    """Asha's pages after the times of Sam's first message and of its reminder."""
    with undone():
        if happens:
            happens(world)
        for hours in (8, 9, 22, 23):
            with time_machine.travel(NOW + timedelta(hours=hours), tick=False):
                sweep(at=NOW + timedelta(hours=hours))
                beat("sweep")
        gone = Message.objects.filter(recipient_id=world.own.pk, state=State.SENT).exists()
        assert gone == (happens is None)
        with time_machine.travel(NOW + timedelta(hours=23), tick=False):
            sign_in_again(world, "asha")
            return pages(world, "asha", all_of_them=True)


def test_sams_messages_reveal_nothing_about_jo(booked, tmp_path):
    """The message was not sent. To Asha it is shown as planned, as it would be if it had been sent."""
    with override_settings(OUTBOX_DIR=tmp_path):
        usual = after_the_evening(booked, None)
        for happens in (withdraws, lapses):
            assert changed(usual, after_the_evening(booked, happens)) == [], happens.__name__
