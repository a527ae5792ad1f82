"""One referral from logged to closed, in a real browser with a real Celery worker."""

import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Browser

from meetings.demo.staff import make_staff
from meetings.demo.story import open_rooms, publish_sheet
from meetings.models import Meeting
from referrals.enums import DAY_QUESTIONS, READINESS_QUESTIONS, SAFETY_QUESTIONS, HandoffState, Purpose
from referrals.models import Handoff, Party, Referral, SignOff
from restorative.accounts.models import Organisation, Team
from restorative.accounts.seed import seed
from restorative.audit.sealer import seal
from restorative.audit.verifier import verify
from tests.person import Person
from tests.services import Running, until

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

# A Tuesday morning and the Friday of the meeting: no quiet hours, no bank holiday.
LONDON = ZoneInfo("Europe/London")
TUESDAY = datetime(2027, 3, 2, 10, 0, tzinfo=LONDON)
FRIDAY = datetime(2027, 3, 5, 13, 0, tzinfo=LONDON)
AFTER = datetime(2027, 3, 8, 10, 0, tzinfo=LONDON)

WAYS = {
    "desktop": {"viewport": {"width": 1366, "height": 1000}},
    "phone": {"viewport": {"width": 320, "height": 700}, "has_touch": True},
    "keyboard": {"viewport": {"width": 1366, "height": 1000}},
    "without script": {"viewport": {"width": 1366, "height": 1000}, "java_script_enabled": False},
}


# Ways of using the same pages do not depend on the database.
SAME_ANYWHERE = ("phone", "keyboard", "without script")
WALKED = [pytest.param(way, marks=pytest.mark.sqlite if way in SAME_ANYWHERE else ()) for way in WAYS]


@pytest.fixture(params=WALKED)
def person(request: pytest.FixtureRequest, browser: Browser, live_server, settings, tmp_path: Path) -> Person:
    """A browser, used in one of the ways people work."""
    settings.OUTBOX_DIR = tmp_path / "outbox"
    way = WAYS[request.param]
    context = browser.new_context(locale="en-GB", timezone_id="Europe/London", **way)
    keyboard = request.param == "keyboard"
    yield Person(
        context.new_page(),
        live_server.url,
        # Axe needs JavaScript; keyboard use has the same pages as the desktop.
        checks_access=way.get("java_script_enabled", True) and not keyboard,
        keyboard_only=keyboard,
    )
    context.close()


def log(person: Person) -> str:
    """Asha logs Sam and Jo. Returns the reference."""
    person.open("/referrals/new/")
    person.type(own_given="Sam", other_1_given="Jo", route_value="07700 900101")
    person.pick(
        own_place="in_treatment", kind="conversation", worry="no", route_kind="text", source="keyworker"
    )
    person.choose(other_1_place="partner")
    person.write(hoped_for="To say sorry and be heard.")
    person.press("Check your answers")
    assert person.reads("Sam, person in treatment")
    person.press("Log referral")
    assert person.heading() == "Referral logged"
    return Referral.objects.unscoped("test").get().reference


def talk(person: Person, name: str, *, number: str) -> None:
    """Fill in the whole talk page, with good answers."""
    assert person.heading() == f"Talk with {name}, alone"
    person.pick(alone="yes", **dict.fromkeys(SAFETY_QUESTIONS, "no"))
    if person.page.locator('select[name="kind"]').input_value() != "text":
        person.choose(kind="text")
        person.type(value=number)
    person.pick(read_by_others="no")
    for purpose in Purpose.values:
        for ask in person.page.locator(
            f'input[name="{purpose}"][value="yes"], input[name^="{purpose}_"][value="yes"]'
        ).all():
            person.pick(**{ask.get_attribute("name"): "yes"})
    person.write(hopes="Calmer days.", fears="Shouting.", limits="Not money.")
    person.pick(**dict.fromkeys(READINESS_QUESTIONS, "yes"))
    person.press("Save")
    assert not person.path.endswith("/talk/"), person.problems()


def agree(person: Person, page: str, own: Party) -> None:
    """Record the agreement: one action, and each person's yes to it."""
    person.open(page)
    assert person.reads("Next: write down what came of it")
    person.press("Write it down")
    person.pick(came_to="actions")
    person.write(words="They eat together on Sundays.", a0_what="Cook on Sunday.")
    person.choose(a0_owner=str(own.pk))
    person.type(a0_due_on="7 March 2027")
    for box in person.page.locator('input[name^="says_"][value="yes"]').all():
        person.pick(**{box.get_attribute("name"): "yes"})
    person.press("Save what was agreed")
    assert person.reads("They eat together on Sundays."), person.problems()


def messages(folder: Path) -> list[dict]:
    return [json.loads(path.read_text()) for path in sorted(folder.glob("*.json"))]


def test_a_referral_goes_from_logged_to_closed(
    person: Person, start_worker: Callable[..., Running], tmp_path: Path, record_property
) -> None:
    with time_machine.travel(TUESDAY, tick=True) as clock:
        seed(Organisation, Team)
        staff = make_staff(timezone.now())
        publish_sheet(timezone.now())
        open_rooms(staff, timezone.now())

        # Logged, and talked with both
        person.sign_in("asha")
        with person.costs() as whole:
            with person.costs() as cost:
                reference = log(person)
            record_property("log", vars(cost))
            assert cost.within(screens=3, clicks=14, keys=150), cost
            person.press("Talk with Sam")
            with person.costs() as cost:
                talk(person, "Sam", number="07700 900101")
            record_property("talk", vars(cost))
            assert cost.within(screens=1, clicks=24, keys=60), cost
            page = f"/r/{reference}/"
            person.open(page)
            assert person.reads("Next: talk with Jo")
            person.press("Talk with Jo")
            talk(person, "Jo", number="07700 900102")

            # Decided, a facilitator, the records check
            person.open(f"{page}decide/")
            person.pick(decision="yes")
            person.write(reason="Both want this and it is calm.")
            own = Party.objects.unscoped("test").get(known_as="Sam")
            whose = person.page.locator('input[name="party"]')
            if whose.count():
                person.pick(party=str(own.pk))
            person.press("Decide")
            person.open(f"{page}facilitators/")
            person.choose(user=str(staff["fay"].pk))
            person.pick(part="facilitator")
            person.press("Appoint")
            person.sign_in("sal")
            person.open("/records-checks/")
            person.press("Look, then say that it is done")
            assert person.reads("Names in this referral")
            person.pick(rang="on")
            person.press("Done")
            assert person.reads("Nothing waits.")

            # Booked
            person.sign_in("asha")
            person.open(page)
            assert person.reads("Next: book the meeting")
            person.press("Plan the meeting")
            person.type(on="5 March 2027", starts_at="2pm")
            venue = person.page.locator('select[name="venue"] option:has-text("Armley")').get_attribute(
                "value"
            )
            person.choose(venue=venue)
            book(person)
            person.open(page)
            assert person.reads("Next: meet on Fri 5 March, 2pm")
        record_property("log to booked", vars(whole))
        assert whole.clicks <= 76, whole
        assert whole.keys <= 300, whole

        # A message, by a real worker
        clock.shift(20 * 60)
        start_worker(beat=True, now=timezone.now())
        until(lambda: any((tmp_path / "outbox").glob("*.json")), seconds=40, what="a message in the outbox")
        sent = [row["body"] for row in messages(tmp_path / "outbox") if row["channel"] == "text"]
        assert any("we will meet Fri 5 March" in body for body in sent)
        assert not any("Sam" in body and "Jo" in body for body in sent)

        # The day
        clock.move_to(FRIDAY)
        meeting = Meeting.objects.unscoped("test").get()
        person.sign_in("fay")
        today = reverse("meetings:today", args=[reference, meeting.pk])
        for name in ("Sam", "Jo"):
            person.open(today)
            person.press(f"Ask {name}")
            person.pick(**dict.fromkeys(DAY_QUESTIONS, "yes"))
            person.press("Save")
        person.open(today)
        person.press("Start the meeting")
        person.open(reverse("meetings:record", args=[reference, meeting.pk]))
        for party in Party.objects.unscoped("test").all():
            person.pick(**{f"came_{party.pk}": "came"})
        person.write(happened="They spoke of the summer.", closing="Both were glad they came.")
        person.pick(helped="yes")
        person.press("Save the record")
        agree(person, page, own)

        # A debrief with each person on their own, and the result of the action
        clock.move_to(AFTER)
        person.sign_in("asha")
        for _ in range(2):
            person.open(page)
            person.press("Open the debrief")
            person.pick(result="talked", alone="yes", better="yes", feels_safe="yes", worries="no")
            person.press("Save")
            assert "/follow-ups/" not in person.path, person.problems()
        person.open(reverse("meetings:agreement", args=[reference]))
        person.press("Say how it went")
        person.pick(status="done")
        person.press("Save")

        # Closed by a manager, without the later calls
        person.sign_in("mo")
        person.open(f"{page}close/")
        assert person.reads("Met, agreement kept")
        person.write(why_open_items="They have moved to York and will ring if they want us.")
        person.press("Close the referral")
        person.open(page)
        assert person.reads("This referral is closed")

        assert person.seen == []
        seal()
        assert not verify().findings


def test_three_workers_complete_a_handoff_between_organisations(
    person: Person, start_worker: Callable[..., Running], tmp_path: Path, record_property
) -> None:
    """Asha leads; Mo decides on a concern; Carol is asked to help Jo, accepts, rings and reports back."""
    with time_machine.travel(TUESDAY, tick=True):
        seed(Organisation, Team)
        make_staff(timezone.now())
        publish_sheet(timezone.now())
        carers = Organisation.objects.get(key="carers-leeds")

        person.sign_in("asha")
        reference = log(person)
        person.press("Talk with Sam")
        talk(person, "Sam", number="07700 900101")
        sam, jo = (Party.objects.unscoped("test").get(known_as=name) for name in ("Sam", "Jo"))
        page = f"/r/{reference}/"
        person.open(f"{page}people/{sam.pk}/safety/concern/")
        person.pick(kind="lapse")
        person.write(detail="Drank at the weekend, in their own words.")
        person.press("Record")

        # Mo, a second person, decides
        person.sign_in("mo")
        person.open("/")
        person.press("Decide")
        person.pick(decision="go")
        person.write(reason="Steady again, and Sam told us.")
        person.press("Save")
        assert SignOff.objects.unscoped("test").get().decision == "go"

        # Asha asks Carers Leeds to help Jo; at first Jo's consent to share is missing
        person.sign_in("asha")
        person.open(page)
        person.press("Talk with Jo")
        talk(person, "Jo", number="07700 900102")
        person.open(f"{page}handoff/new/")
        person.pick(to_org=str(carers.pk), ask=f"help-{jo.pk}")
        person.write(
            situation="Jo lives with somebody in treatment.",
            asked="Someone of their own to talk to.",
            told="That somebody may ring.",
        )
        person.press("See what they will see")
        assert person.reads("What is missing before this can be sent")
        person.open(f"{page}people/{jo.pk}/consent/new/?share=carers-leeds")
        person.pick(alone="yes", **{f"share_{carers.pk.hex}": "yes"})
        person.press("Save answers")
        person.open(f"{page}handoff/new/")
        assert person.page.locator('[name="situation"]').input_value(), "what was typed is back"
        person.press("See what they will see")
        packet = person.page.locator(".rp-packet").inner_text()
        person.press("Send to Carers Leeds")

        # A real Celery worker sends messages without names
        start_worker(beat=True, now=timezone.now())
        outbox = tmp_path / "outbox"
        until(lambda: any(outbox.glob("*.json")), seconds=40, what="a message in the outbox")
        assert not any(name in row["body"] for row in messages(outbox) for name in ("Sam", "Jo", "Carers"))

        # Carol sees nothing of the referral before she accepts, in three clicks
        person.sign_in("carol")
        person.open("/handoffs/")
        with person.costs() as cost:
            person.press("Forward Leeds asks you to help one person")
            assert person.page.locator(".rp-packet").inner_text() == packet
            person.press("Accept")
        record_property("accept", vars(cost))
        assert cost.within(screens=2, clicks=3, keys=0), cost
        handoff = Handoff.objects.unscoped("test").get()
        assert handoff.state == HandoffState.ACCEPTED
        person.open(f"/handoffs/{handoff.pk}/")
        person.press("First contact made")
        person.press("First contact made")
        person.open(page)
        assert person.reads("Jo")
        assert not person.reads("Sam")
        person.open(f"/handoffs/{handoff.pk}/")
        person.press("Complete")
        person.write(done="Three talks.", went="Jo is calmer.", next_step="A group on Mondays.")
        person.press("Complete")

        # Asha reads the outcome
        person.sign_in("asha")
        person.open(f"/handoffs/{handoff.pk}/")
        assert person.reads("Jo is calmer.")

        assert person.seen == []
        seal()
        assert not verify().findings


def book(person: Person) -> None:
    """Check the preview of messages, then book."""
    person.press("See what is sent")
    assert person.reads("we will meet")
    person.press("Book the meeting")
