"""A form that exceeds the limits comes back with the typed text and says what was too long."""

from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone

from meetings.demo.staff import Staff
from meetings.demo.story import Played
from referrals.models import Preparation
from restorative.common.models import Draft
from tests.stories import tell

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("morning")]

MEGABYTE = 1024 * 1024
FORM = "application/x-www-form-urlencoded"


@pytest.fixture
def made(staff: Staff) -> Played:
    return tell("ready", staff, timezone.now())


@pytest.fixture
def asha(staff: Staff) -> Client:
    client = Client()
    client.force_login(staff["asha"])
    return client


def preparation(made: Played) -> str:
    return f"/r/{made.referral.reference}/people/{made.own.pk}/preparation/"


def held(made: Played) -> int:
    return Preparation.objects.unscoped("test").filter(party=made.own).count()


def body(**typed: str) -> str:
    return "&".join(f"{name}={value}" for name, value in {"submission": str(uuid4()), **typed}.items())


@pytest.mark.parametrize("size", [13, 18])
def test_a_text_that_is_too_long_comes_back_with_the_reason(asha, made, settings, size):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = size * 10_000
    long = "caf%C3%A9+" * (size * 2_000)
    before = held(made)
    answer = asha.post(preparation(made), body(format="in_person", hopes=long), content_type=FORM)

    assert answer.status_code == 422
    assert "too long to be saved" in answer.context["form"].non_field_errors()[0]
    assert answer.context["form"]["hopes"].value().startswith("café café")
    assert held(made) == before
    assert Draft.objects.get().typed["hopes"].startswith("café")


def test_an_oversized_text_comes_back_as_far_as_it_was_read(asha, made):
    answer = asha.post(
        preparation(made), body(format="in_person", hopes="x" * (17 * MEGABYTE)), content_type=FORM
    )
    assert answer.status_code == 422
    assert 15 * MEGABYTE < len(answer.context["form"]["hopes"].value()) < 16 * MEGABYTE


def test_too_many_answers_come_back_too(asha, made):
    more = {f"made_up_{number}": "x" for number in range(1200)}
    answer = asha.post(preparation(made), body(hopes="To talk.", **more), content_type=FORM)

    assert answer.status_code == 422
    assert "more than 1,000 answers" in answer.context["form"].non_field_errors()[0]
    assert answer.context["form"]["hopes"].value() == "To talk."


def test_the_draft_script_is_told(asha, made):
    more = {f"made_up_{number}": "x" for number in range(1200)}
    where, headers = preparation(made), {"X-Draft": "1"}
    assert (
        asha.post(where, body(hopes="To talk.", **more), content_type=FORM, headers=headers).status_code
        == 413
    )
    assert asha.post(where, {"hopes": "To talk.", **more}, headers=headers).status_code == 413
    assert Draft.objects.get().typed == {"hopes": "To talk."}


def test_a_view_without_a_form_answers_413(client):
    more = {f"made_up_{number}": "x" for number in range(1200)}
    answer = client.post("/sign-in/", body(login="asha@demo.example", **more), content_type=FORM)

    assert answer.status_code == 413
    assert "That was too long" in answer.content.decode()
    assert "asha@" not in answer.content.decode()


def test_the_csrf_token_is_still_required(made, staff):
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(staff["asha"])
    more = {f"made_up_{number}": "x" for number in range(1200)}
    answer = strict.post(preparation(made), body(hopes="To talk.", **more), content_type=FORM)

    assert answer.status_code == 403
    assert not Draft.objects.exists()


def test_logging_and_planning_stop_on_an_incomplete_form(asha, made):
    more = {f"made_up_{number}": "x" for number in range(1200)}
    for where in ("/referrals/new/", f"/r/{made.referral.reference}/meetings/new/"):
        answer = asha.post(where, body(**more), content_type=FORM)
        assert answer.status_code == 422
        assert "more than 1,000 answers" in answer.context["form"].non_field_errors()[0]
