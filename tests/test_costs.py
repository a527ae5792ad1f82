"""Screens, clicks and keys of short jobs, counted in a real browser; long jobs are in test_journey.py.
The budgets are part of the requirements."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Browser

from meetings.demo import situations
from meetings.demo.story import Played
from referrals.actions.talk import QUESTIONS
from referrals.enums import Purpose
from referrals.models import Consent, ReadinessCheck
from restorative.accounts.models import Organisation, Team
from restorative.accounts.seed import seed
from tests.person import Person
from tests.stories import staff_now

pytestmark = [pytest.mark.browser, pytest.mark.sqlite, pytest.mark.django_db(transaction=True)]

TUESDAY = datetime(2027, 3, 2, 10, 0, tzinfo=ZoneInfo("Europe/London"))


@pytest.fixture
def person(browser: Browser, live_server) -> Person:
    context = browser.new_context(
        locale="en-GB", timezone_id="Europe/London", viewport={"width": 1366, "height": 768}
    )
    yield Person(context.new_page(), live_server.url, checks_access=False)
    context.close()


@pytest.fixture
def made(person: Person) -> Played:
    """Sam and Jo without blockers; Asha, who supports Sam, is signed in."""
    with time_machine.travel(TUESDAY, tick=True):
        seed(Organisation, Team)
        made = situations.make("ready", staff_now(), timezone.now())
        person.sign_in("asha")
        yield made


def about(made: Played, name: str) -> str:
    return reverse(f"referrals:{name}", args=[made.referral.reference, made.own.pk])


def test_short_jobs_are_short(person, made):
    # A person is found from anywhere, by their name.
    with person.costs() as cost:
        person.type(q=made.own.known_as[:12])
        with person.page.expect_navigation():
            person.page.keyboard.press("Enter")
        person.look()
        person.press(made.own.known_as)
    assert made.referral.reference in person.path
    assert cost.within(screens=2, clicks=1, keys=12), cost

    # A check-in renews everything of one person.
    person.open(about(made, "check_in"))
    with person.costs() as cost:
        person.pick(**dict.fromkeys(QUESTIONS, "yes"))
        person.press(f"{made.own.known_as} is alone: save")
    assert ReadinessCheck.objects.unscoped("test").filter(party=made.own, kind="check_in").exists()
    assert cost.within(screens=1, clicks=6, keys=0), cost

    # Consent in person: each thing that waits for an answer.
    answers = Consent.objects.unscoped("test").filter(party=made.own)
    before = answers.count()
    person.open(about(made, "consent"))
    with person.costs() as cost:
        person.pick(alone="yes", helped="no", how="in_person")
        for purpose in Purpose.values:
            name = f'input[name="{purpose}"][value="yes"], input[name^="{purpose}_"][value="yes"]'
            for ask in person.page.locator(name).all():
                person.pick(**{ask.get_attribute("name"): "yes"})
        person.press("Save")
    assert answers.count() > before
    assert cost.within(screens=1, clicks=9, keys=20), cost
