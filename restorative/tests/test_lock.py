"""A session locks after a time without use: what it still opens, what is kept, and for which user."""

from datetime import timedelta
from uuid import uuid4

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from meetings.demo.staff import PASSWORD, Staff, email_of
from meetings.demo.story import Played
from referrals.models import Preparation
from restorative.accounts.throttle import TRIES_FOR_ONE_ACCOUNT
from restorative.audit.models import AuditEntry
from restorative.common.models import Draft
from tests.stories import tell

pytestmark = pytest.mark.django_db

TYPED = "I hope that we can talk again."
AUTOSAVE = {"X-Draft": "1"}


@pytest.fixture
def clock():
    with time_machine.travel("2027-03-02 10:30", tick=False) as traveller:
        yield traveller


@pytest.fixture
def made(clock, staff: Staff) -> Played:
    return tell("ready", staff, timezone.now())


@pytest.fixture
def asha(clock, staff: Staff) -> Client:
    client = Client()
    client.force_login(staff["asha"])
    return client


def preparation(made: Played) -> str:
    return f"/r/{made.referral.reference}/people/{made.own.pk}/preparation/"


def unlock(client: Client, where: str, password: str = PASSWORD):
    return client.post(where, {"password": password})


def test_a_session_locks_after_15_minutes_without_a_request(clock, asha):
    for _ in range(5):
        clock.shift(timedelta(minutes=14, seconds=59))
        assert asha.get("/referrals/").status_code == 200
    clock.shift(timedelta(minutes=15))
    locked = asha.get("/referrals/?whose=team&q=Sam")

    assert (locked.status_code, locked.url) == (302, "/locked/?next=%2Freferrals%2F%3Fwhose%3Dteam")
    clock.shift(timedelta(seconds=1))
    assert asha.get("/").status_code == 302


def test_the_lock_page_shows_only_a_first_name(clock, asha, made):
    clock.shift(timedelta(minutes=15))
    page = asha.get(asha.get(preparation(made)).url)
    text = page.content.decode()

    assert page.status_code == 200
    assert "<title>Locked" in " ".join(text.split()).replace("<title> ", "<title>")
    assert "Asha" in text
    for hidden in ("Example", "Search", "Records checks", "Referrals", made.own.known_as, email_of("asha")):
        assert hidden not in text.replace(f"next={preparation(made)}", "")


def test_the_password_returns_to_the_page_and_ignores_foreign_addresses(clock, asha, made):
    clock.shift(timedelta(minutes=15))
    where = asha.get(preparation(made)).url
    key = asha.session.session_key

    assert unlock(asha, where, "wrong").status_code == 422
    assert asha.get("/referrals/").status_code == 302
    back = unlock(asha, where)
    assert (back.status_code, back.url) == (303, preparation(made))
    assert asha.session.session_key != key
    assert asha.get(preparation(made)).status_code == 200
    assert AuditEntry.objects.filter(verb="unlocked").count() == 1
    clock.shift(timedelta(minutes=15))
    asha.get("/")
    assert unlock(asha, "/locked/?next=//evil.example/").url == "/"


def test_unlock_attempts_are_limited_like_sign_in(clock, asha):
    clock.shift(timedelta(minutes=15))
    asha.get("/")
    for _ in range(TRIES_FOR_ONE_ACCOUNT):
        unlock(asha, "/locked/", "wrong")
    late = unlock(asha, "/locked/")

    assert late.status_code == 422
    assert "Too many tries" in late.content.decode()


def test_a_form_submitted_while_locked_is_a_draft_after_the_password(clock, asha, made):
    clock.shift(timedelta(minutes=20))
    sent = asha.post(preparation(made), {"hopes": TYPED, "submission": str(uuid4()), "format": "in_person"})
    assert sent.status_code == 303
    assert TYPED not in asha.get(sent.url).content.decode()
    shown = asha.get(unlock(asha, sent.url).url)

    assert shown.context["form"]["hopes"].value() == TYPED
    assert not Preparation.objects.unscoped("test").filter(held_at__gte=timezone.now()).exists()


def test_the_draft_script_saves_and_does_not_delay_the_lock(clock, asha, made):
    for minute in range(15):
        clock.shift(timedelta(minutes=1))
        answer = asha.post(preparation(made), {"hopes": f"{TYPED} {minute}"}, headers=AUTOSAVE)
    assert answer.status_code == 423
    assert asha.get(preparation(made)).status_code == 302
    assert Draft.objects.get().typed == {"hopes": f"{TYPED} 14"}


def test_another_user_at_the_same_laptop_never_gets_the_first_users_text(clock, asha, made, staff):
    clock.shift(timedelta(minutes=20))
    sent = asha.post(preparation(made), {"hopes": TYPED})
    # Fay, who may open the same page, tries her own password, then signs in as herself.
    assert unlock(asha, sent.url, "another password").status_code == 422
    assert asha.get("/sign-in/").url.startswith("/locked/")
    asha.post("/sign-out/")
    asha.post(f"/sign-in/?next={preparation(made)}", {"login": email_of("fay"), "password": PASSWORD})
    page = asha.get(preparation(made))

    assert page.status_code == 200
    assert TYPED not in page.content.decode()
    assert Draft.objects.get().owner == staff["asha"]
    asha.post("/sign-out/")
    asha.post("/sign-in/", {"login": email_of("asha"), "password": PASSWORD})
    assert asha.get(preparation(made)).context["form"]["hopes"].value() == TYPED


def test_a_new_sign_in_starts_unlocked_and_still_ends_after_twelve_hours(clock, asha):
    clock.shift(timedelta(minutes=20))
    asha.get("/")
    asha.post("/sign-out/")
    asha.post("/sign-in/", {"login": email_of("asha"), "password": PASSWORD})
    assert asha.get("/referrals/").status_code == 200
    clock.shift(timedelta(hours=12))
    assert asha.get("/").url.startswith("/sign-in/")


def test_health_and_signing_out_stay_open(clock, asha):
    clock.shift(timedelta(minutes=20))
    asha.get("/")
    assert asha.get("/healthz/").status_code == 503
    assert asha.get("/sign-out/").status_code == 200
    assert asha.get("/nowhere/").status_code == 404


def test_another_site_leaves_no_draft_in_a_locked_session(clock, asha, made):
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = asha.cookies
    clock.shift(timedelta(minutes=20))
    assert strict.post(preparation(made), {"hopes": TYPED}).status_code == 403
    assert not Draft.objects.exists()
