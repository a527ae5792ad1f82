"""Signing in and out, and the limit on attempts, which cannot lock another user out."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import time_machine
from django.conf import settings
from django.contrib.auth import get_user
from django.db import connection
from django.test import Client
from django.utils import timezone

from restorative.accounts import throttle
from restorative.accounts.adapter import NOT_RIGHT
from restorative.accounts.models import SignInCount
from restorative.accounts.tests.makers import PASSWORD, make_user
from restorative.audit.models import AuditEntry

pytestmark = pytest.mark.django_db


def sign_in(client: Client, email: str, password: str = PASSWORD, **extra: str):
    return client.post("/sign-in/", {"login": email, "password": password}, **extra)


def test_the_page_can_be_pasted_into_and_filled_by_a_password_manager(client):
    page = client.get("/sign-in/").content.decode()
    assert 'autocomplete="username"' in page
    assert 'autocomplete="current-password"' in page
    assert "onpaste" not in page


def test_email_in_any_case_and_password(client):
    user = make_user(email="asha@example.org")
    response = sign_in(client, "Asha@Example.ORG ")
    assert response.status_code == 302
    assert response.url == "/"
    assert get_user(client) == user
    assert AuditEntry.objects.filter(verb="signed_in", actor_id=user.pk).count() == 1


@pytest.mark.parametrize("email", ["asha@example.org", "nobody@example.org", "left@example.org"])
def test_one_neutral_sentence_for_every_failure(client, email):
    make_user(email="asha@example.org")
    make_user(email="left@example.org", is_active=False)
    password = PASSWORD if email.startswith("left") else "not the password"
    response = sign_in(client, email, password)
    assert response.status_code == 200
    assert NOT_RIGHT.replace("'", "&#x27;") in response.content.decode()
    assert not get_user(client).is_authenticated


def test_next_stays_on_this_site(client):
    make_user(email="asha@example.org")
    response = client.post(
        "/sign-in/", {"login": "asha@example.org", "password": PASSWORD, "next": "//evil.example/"}
    )
    assert response.url == "/"


@pytest.mark.parametrize(
    "bad", ["a\x00@example.org", "a@example.org,b@example.org", "=cmd", "x" * 5000, "\u200b"]
)
def test_odd_input_is_a_message_beside_the_field(client, bad):
    response = sign_in(client, bad)
    assert response.status_code == 200
    assert response.context["form"].errors["login"]


def test_odd_passwords_are_only_wrong(client):
    make_user(email="asha@example.org")
    for password in ("\x00", "x" * 5000, "\ud7ff", "{{7*7}}"):
        assert sign_in(client, "asha@example.org", password).status_code == 200


def test_signing_out_takes_a_button(client):
    user = make_user()
    client.force_login(user)
    assert client.get("/sign-out/").status_code == 200
    assert get_user(client).is_authenticated
    assert client.post("/sign-out/").url == "/sign-in/"
    assert not get_user(client).is_authenticated
    assert AuditEntry.objects.filter(verb="signed_out", actor_id=user.pk).count() == 1


@pytest.mark.parametrize(
    "path", ["signup/", "accounts/signup/", "accounts/login/", "password/reset/", "admin/"]
)
def test_other_pages_of_allauth_are_closed(client, path):
    assert client.get(f"/{path}").status_code == 404


def test_200_failed_attempts_do_not_lock_another_device_out(client):
    user = make_user(email="asha@example.org")
    other = make_user(email="kit@example.org")
    at_her_desk = Client(REMOTE_ADDR="198.51.100.7")
    assert sign_in(at_her_desk, user.email).status_code == 302
    at_her_desk.post("/sign-out/")

    for number in range(200):
        response = sign_in(client, user.email, f"guess {number}", REMOTE_ADDR="198.51.100.7")
    assert "Too many tries" in response.content.decode()

    assert sign_in(client, user.email, REMOTE_ADDR="198.51.100.7").status_code == 200, (
        "the right guess is late"
    )
    assert sign_in(at_her_desk, user.email).status_code == 302, "her own desk, in the same office"
    assert sign_in(Client(REMOTE_ADDR="203.0.113.9"), user.email).status_code == 302, "from anywhere else"
    assert sign_in(Client(REMOTE_ADDR="198.51.100.7"), other.email).status_code == 302, (
        "a colleague next to her"
    )


def test_the_wait_has_a_stated_end(client):
    make_user(email="asha@example.org")
    with time_machine.travel("2027-03-03T14:02:00+00:00", tick=False) as clock:
        for _ in range(throttle.TRIES_FOR_ONE_ACCOUNT):
            sign_in(client, "asha@example.org", "wrong")
        response = sign_in(client, "asha@example.org")
        assert "You can try again at 2.17pm." in response.content.decode()
        clock.shift(timedelta(minutes=15))
        assert sign_in(client, "asha@example.org").status_code == 302


def test_counters_contain_no_address_and_are_deleted(client):
    sign_in(client, "asha@example.org", "wrong")
    assert set(SignInCount.objects.values_list("failures", flat=True)) == {1}
    assert "asha" not in str(list(SignInCount.objects.values()))
    with time_machine.travel(timezone.now() + timedelta(days=2)):
        sign_in(client, "kit@example.org", "wrong", REMOTE_ADDR="203.0.113.9")
    assert SignInCount.objects.count() == 2


def test_a_forged_device_cookie_is_ignored(client):
    make_user(email="asha@example.org")
    client.cookies[settings.KNOWN_DEVICE_COOKIE_NAME] = "forged:1:2"
    for _ in range(throttle.TRIES_FOR_ONE_ACCOUNT + 1):
        response = sign_in(client, "asha@example.org", "wrong")
    assert "Too many tries" in response.content.decode()


def test_a_session_in_use_ends_after_twelve_hours(client):
    client.force_login(make_user())
    start = timezone.now()
    for hours in (3, 6, 9, 11.9):
        with time_machine.travel(start + timedelta(hours=hours)):
            client.get("/sign-out/")
            assert get_user(client).is_authenticated
    with time_machine.travel(start + timedelta(hours=12, seconds=1)):
        response = client.get("/sign-out/")
    assert response.status_code == 302
    assert not get_user(client).is_authenticated


def test_a_deactivated_user_is_signed_out_at_the_next_request(client):
    user = make_user()
    client.force_login(user)
    type(user).objects.filter(pk=user.pk).update(is_active=False)
    assert client.get("/").url.startswith("/sign-in/")


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_concurrent_attempts_are_all_counted():
    keys = [("key", 10)]

    def attempt(_: int) -> bool:
        try:
            return throttle.take_try(keys) is None
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        allowed = sum(pool.map(attempt, range(80)))
    assert allowed == 10


def test_a_work_account_is_offered_only_when_switched_on(client, settings):
    assert b"your work account" not in client.get("/sign-in/").content
    settings.OIDC_SERVER_URL = "https://id.example"
    settings.ROOT_URLCONF = "restorative.accounts.tests.urls_with_oidc"
    page = client.get("/sign-in/").content.decode()
    assert "Sign in with your work account" in page
    assert 'action="/work/"' in page
