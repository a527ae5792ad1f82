"""A number or address shared by two people of a referral: nothing is sent to it, and only a facilitator is told."""

import json
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from django.utils import timezone

from meetings.demo import story as play
from meetings.demo.staff import Staff
from meetings.tests.pages import client_of
from referrals.actions.facilitation import appoint
from referrals.actions.reaching import RouteFacts, record_route
from referrals.enums import RouteKind
from referrals.facts import facts_of
from referrals.models import ContactRoute, Party, Referral
from referrals.presenters.reach import routes_of
from referrals.reminders.reach import (
    CANNOT_BE_USED,
    Ways,
    can_be_written_to,
    reach,
    ways_in,
)
from referrals.tests.test_records_unheard import UNLIKE
from restorative.notify.models import Message
from restorative.notify.outbox import sweep
from restorative.notify.registry import Hold
from tests.stories import tell

pytestmark = pytest.mark.django_db
CANNOT = "Cannot be used."

# The same number, as each person's worker typed it.
SAME = {
    "text": (RouteKind.TEXT, "+447700900555", RouteKind.TEXT, "+447700900555"),
    "text, written differently": (RouteKind.TEXT, "+447700900555", RouteKind.TEXT, "07700-900 555"),
    "text and phone": (RouteKind.TEXT, "+447700900555", RouteKind.PHONE, "+44 (0)7700 900555"),
    "phone": (RouteKind.PHONE, "0113 496 0555", RouteKind.PHONE, "+441134960555"),
    "email": (RouteKind.EMAIL, "jo.smith@example.org", RouteKind.EMAIL, "JoSmith+home@Example.org"),
    "post": (RouteKind.POST, "12 Made Up Street, Leeds LS12 1AB", RouteKind.POST, "12 made-up st. ls121ab"),
}


@pytest.fixture(autouse=True)
def frozen():
    """A Tuesday morning: no quiet hours, no bank holiday near."""
    with time_machine.travel("2027-03-02 10:30", tick=False) as traveller:
        yield traveller


def give(party: Party, kind: RouteKind, value: str, staff: Staff) -> ContactRoute:
    """A person's only contact route: private, allowed, confirmed."""
    ContactRoute.objects.unscoped("test").filter(party=party, replaced_at=None).update(
        replaced_at=timezone.now()
    )
    facts = RouteFacts(kind=kind, value=value, allowed=True, read_by_others=False, screen_private=True)
    by = staff["asha"] if party.is_own_place else staff["kit"]
    return record_route(party=party, facts=facts, by=by)


def ways_of(party: Party) -> Ways:
    return ways_in(facts_of(party.referral_id, timezone.now()))[party.pk]


def page(staff: Staff, who: str, party: Party, name: str = "") -> str:
    answer = client_of(staff[who]).get(f"/r/{party.referral.reference}/people/{party.pk}/{name}")
    return answer.content.decode()


def shared_routes(party: Party, staff: Staff) -> set:
    return {row.pk for row in routes_of(party, staff["fay"]) if row.is_shared}


@pytest.mark.parametrize("row", SAME.values(), ids=SAME)
def test_nothing_is_sent_and_only_the_facilitator_is_told(row: tuple, staff: Staff) -> None:
    kind, value, other_kind, other_value = row
    made = tell("ready", staff, timezone.now())
    own = give(made.own, kind, value, staff)
    assert CANNOT not in page(staff, "fay", made.own)

    other = give(made.other, other_kind, other_value, staff)

    assert shared_routes(made.own, staff) == {own.pk}
    assert shared_routes(made.other, staff) == {other.pk}
    for party in (made.own, made.other):
        assert not can_be_written_to(ways_of(party), timezone.now())
        assert CANNOT in page(staff, "fay", party)
        assert CANNOT in page(staff, "fay", party, "routes/")
    for who, party in (("asha", made.own), ("kit", made.other), ("mo", made.own), ("mo", made.other)):
        assert CANNOT not in page(staff, who, party)
        assert CANNOT not in page(staff, who, party, "routes/")


# Numbers are normalised before they are stored, so a second database adds nothing.
PAGES = [
    pytest.param(SAME[name], id=name, marks=() if name == "post" else pytest.mark.sqlite)
    for name in ("text, written differently", "text and phone", "post")
]


@pytest.mark.proof
@pytest.mark.parametrize("row", PAGES)
def test_pages_of_other_users_do_not_change(row: tuple, staff: Staff) -> None:
    """Kit records a number of Jo's. Whether Sam has it too makes no difference to what Asha and Mo see."""
    kind, value, other_kind, other_value = row
    made = tell("booked_tomorrow", staff, timezone.now())
    give(made.own, kind, value, staff)
    reference, meeting = made.referral.reference, made.meeting.pk

    def shown() -> list[str]:
        paths = ["/", "/referrals/", f"/r/{reference}/", f"/r/{reference}/history/"]
        paths += [f"/r/{reference}/people/{made.own.pk}/", f"/r/{reference}/people/{made.own.pk}/routes/"]
        paths += [f"/r/{reference}/meetings/{meeting}/", f"/r/{reference}/meetings/{meeting}/call-off/"]
        paths.append(f"/r/{reference}/meetings/new/")
        return [
            UNLIKE.sub("", f"{who} {path} {answer.status_code} {answer.content.decode()}")
            for who in ("asha", "mo")
            for path in paths
            for answer in [client_of(staff[who]).get(path)]
        ]

    different = {RouteKind.EMAIL: "somebody@example.com", RouteKind.POST: "99 Nowhere Lane"}
    give(made.other, other_kind, different.get(other_kind, "+447700900444"), staff)
    elsewhere = [each for each in shown() if str(made.other.pk) not in each]
    give(made.other, other_kind, other_value, staff)
    same = [each for each in shown() if str(made.other.pk) not in each]

    assert same == elsewhere


def test_a_facilitator_is_not_offered_a_shared_phone_as_safe_to_ring(staff: Staff) -> None:
    """The worker rings as the person said, with the cover words; the facilitator knows that it is shared."""
    made = tell("booked_tomorrow", staff, timezone.now())
    give(made.own, RouteKind.PHONE, "0113 496 0555", staff)
    give(made.other, RouteKind.PHONE, "+441134960555", staff)
    assert "Safe to ring now" in client_of(staff["asha"]).get("/").content.decode()
    appoint(referral=made.referral, user=staff["asha"], by=staff["fay"])
    assert "Safe to ring now" not in client_of(staff["asha"]).get("/").content.decode()


def sent_to(settings) -> set[str]:
    files = Path(settings.OUTBOX_DIR).glob("*.json")
    return {json.loads(path.read_text())["to"] for path in files}


def test_a_shared_number_gets_no_message_and_the_facilitator_rings(staff: Staff, settings) -> None:
    made = tell("ready", staff, timezone.now())
    for party, value in ((made.own, "+447700900555"), (made.other, "07700 900 555")):
        give(party, RouteKind.TEXT, value, staff)
    made.referral = Referral.objects.unscoped("test").get(pk=made.referral.pk)
    play.book_meeting(made, play.day_at(3, 14), timezone.now())

    for minutes in range(0, 8 * 60, 10):
        sweep(at=timezone.now() + timedelta(minutes=minutes))

    assert not any("7700" in to.replace(" ", "") for to in sent_to(settings))
    rung = Message.objects.filter(kind="worker_ring_instead")
    assert set(rung.values_list("recipient_id", flat=True)) == {staff["fay"].pk}


def test_another_of_their_own_ways_is_still_used(staff: Staff) -> None:
    made = tell("ready", staff, timezone.now())
    give(made.own, RouteKind.TEXT, "+447700900555", staff)
    email = RouteFacts(
        RouteKind.EMAIL, "own@example.org", allowed=True, read_by_others=False, screen_private=True
    )
    record_route(party=made.own, facts=email, by=staff["asha"])
    give(made.other, RouteKind.TEXT, "07700 900555", staff)

    route = reach(ways_of(made.own), timezone.now()).route
    assert ContactRoute.objects.unscoped("test").get(pk=route.id).value == "own@example.org"
    found = reach(ways_of(made.other), timezone.now())
    assert isinstance(found, Hold)
    assert found.why == CANNOT_BE_USED


def test_the_same_name_in_another_referral_may_be_the_same_person(staff: Staff) -> None:
    """A person logged twice keeps their own number; a stranger with the same number makes it unusable for both."""
    first = tell("ready", staff, timezone.now())
    again = play.log(staff, play.Pair(first.own.known_as, "Wilhelmina"), timezone.now())
    stranger = play.log(staff, play.Pair("Bartholo", "Wilhelmina"), timezone.now())
    give(first.own, RouteKind.TEXT, "+447700900555", staff)
    give(again.own, RouteKind.TEXT, "+447700900555", staff)
    assert can_be_written_to(ways_of(first.own), timezone.now())

    give(stranger.own, RouteKind.TEXT, "+447700900555", staff)
    assert not can_be_written_to(ways_of(first.own), timezone.now())


def test_an_appointment_or_a_go_between_is_not_an_address(staff: Staff) -> None:
    made = tell("ready", staff, timezone.now())
    for kind in (RouteKind.IN_PERSON, RouteKind.THROUGH):
        give(made.own, kind, "Tuesday at 10, the group", staff)
        give(made.other, kind, "Tuesday at 10, the group", staff)
        assert shared_routes(made.own, staff) == set()
