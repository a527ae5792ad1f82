"""No typed text is lost: after a second submission with other values, a refusal, or the end of the session."""

from datetime import timedelta
from uuid import uuid4

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from meetings.demo.staff import PASSWORD, Staff, email_of
from meetings.demo.story import Played
from referrals.models import Preparation
from restorative.common.models import Draft, Submission
from restorative.common.views_forms import SAVED_BEFORE
from tests.stories import tell

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("morning")]

FIRST, SECOND = "I hope that we can talk again.", "I hope that <b>we</b> can eat together."
SENTENCE = "This referral is already closed."
WHOLE = {"format": "in_person", "hopes": FIRST}
AUTOSAVE = {"X-Draft": "1"}


def client_of(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


def play(name: str, staff: Staff) -> Played:
    return tell(name, staff, timezone.now())


def preparation(made: Played) -> str:
    return f"/r/{made.referral.reference}/people/{made.own.pk}/preparation/"


def prepared(made: Played) -> list[str]:
    rows = Preparation.objects.unscoped("test").filter(party=made.own)
    return [row.answers["hopes"] for row in rows if row.answers["hopes"] in (FIRST, SECOND)]


@pytest.fixture
def made(staff: Staff) -> Played:
    return play("ready", staff)


# Second submissions


def test_the_same_values_again_get_the_first_redirect(made, staff):
    client, typed = client_of(staff["asha"]), {"submission": str(uuid4()), **WHOLE}
    first, again = (client.post(preparation(made), typed) for _ in range(2))

    assert (first.status_code, again.status_code, again.url) == (303, 303, first.url)
    assert prepared(made) == [FIRST]
    assert client.post(preparation(made), typed, headers=AUTOSAVE).status_code == 204
    assert not Draft.objects.exists()


def test_other_values_with_the_same_token_are_kept_and_shown_as_a_new_form(made, staff):
    client, typed = client_of(staff["asha"]), {"submission": str(uuid4()), **WHOLE}
    client.post(preparation(made), typed)
    shown = client.post(preparation(made), typed | {"hopes": SECOND})

    form = shown.context["form"]
    assert (shown.status_code, form["hopes"].value()) == (422, SECOND)
    assert form.non_field_errors() == [SAVED_BEFORE]
    assert shown.content.decode().count(SAVED_BEFORE) == 1
    assert prepared(made) == [FIRST]
    assert client.get(preparation(made)).context["form"]["hopes"].value() == SECOND

    fresh = form["submission"].value()
    assert fresh != typed["submission"]
    assert client.post(preparation(made), WHOLE | {"submission": fresh, "hopes": SECOND}).status_code == 303
    assert sorted(prepared(made)) == sorted([FIRST, SECOND])
    assert not Draft.objects.exists()


def test_text_typed_after_going_back_is_saved_while_typing(made, staff):
    client, typed = client_of(staff["asha"]), {"submission": str(uuid4()), **WHOLE}
    client.post(preparation(made), typed)
    client.post(preparation(made), typed | {"hopes": SECOND}, headers=AUTOSAVE)

    assert client.get(preparation(made)).context["form"]["hopes"].value() == SECOND


def test_a_digest_does_not_reveal_the_values(made, staff):
    client = client_of(staff["asha"])
    for _ in range(2):
        client.post(preparation(made), {"submission": str(uuid4()), **WHOLE})

    digests = list(Submission.objects.values_list("digest", flat=True))
    assert [len(digest) for digest in digests] == [64, 64]
    assert digests[0] != digests[1]


# Refusals


def test_a_404_gives_back_the_typed_text_and_nothing_else(staff):
    made = play("logged", staff)
    client, typed = client_of(staff["fay"]), {"hopes": SECOND, "alone": "not_sure", "password": "x" * 20}
    hidden = client.post(preparation(made), typed)
    absent = client.post(f"/r/RP-7K3M-9Q/people/{uuid4()}/preparation/", typed)

    pages = [page.content.decode().replace(page["X-Request-ID"], "") for page in (hidden, absent)]
    assert (hidden.status_code, absent.status_code) == (404, 404)
    assert pages[0] == pages[1]
    assert "I hope that &lt;b&gt;we&lt;/b&gt; can eat together.</textarea>" in pages[0]
    assert pages[0].count("<textarea") == 1
    kept = Draft.objects.filter(owner=staff["fay"])
    assert [draft.typed for draft in kept] == [{"hopes": SECOND, "alone": "not_sure"}] * 2
    assert {draft.title for draft in kept} == {""}
    for page in (client.get(preparation(made)), client.post(preparation(made))):
        assert (page.status_code, b"What you typed" in page.content) == (404, False)


def test_a_403_explains_itself_and_gives_back_the_typed_text(staff):
    closed = play("closed", staff)
    client, address = client_of(staff["mo"]), f"/r/{closed.referral.reference}/close/"
    before, refused = client.get(address), client.post(address, {"why_open_items": FIRST})

    assert (before.status_code, refused.status_code) == (403, 403)
    assert SENTENCE in before.content.decode()
    assert SENTENCE in refused.content.decode()
    assert f"{FIRST}</textarea>" in refused.content.decode()
    assert b"What you typed" not in before.content
    assert Draft.objects.get().owner == staff["mo"]
    client.post(address, {"discard": "1"})
    assert not Draft.objects.exists()


# End of the session


@pytest.mark.parametrize("headers", [{}, AUTOSAVE])
def test_a_form_submitted_as_the_session_ended_is_a_draft_after_sign_in(headers, made, staff):
    client = client_of(staff["asha"])
    typed = {
        "hopes": FIRST,
        "submission": str(uuid4()),
        "password": "hidden",
        "csrfmiddlewaretoken": "hidden",
    }
    with time_machine.travel(timezone.now() + timedelta(hours=12), tick=False):
        late = client.post(preparation(made), typed, headers=headers)
        assert (late.status_code, late.url) == (302, f"/sign-in/?next={preparation(made)}")
        assert Draft.objects.get().typed == {"hopes": FIRST}
        client.post("/sign-in/", {"login": email_of("asha"), "password": PASSWORD})
        shown = client.get(preparation(made))

    assert shown.context["form"]["hopes"].value() == FIRST
    assert "Kept from" in shown.content.decode()
    assert prepared(made) == []


def test_another_site_leaves_no_draft_as_the_session_ends(made, staff):
    client = Client(enforce_csrf_checks=True)
    client.force_login(staff["asha"])
    with time_machine.travel(timezone.now() + timedelta(hours=12), tick=False):
        assert client.post(preparation(made), {"hopes": FIRST}).status_code == 403
        assert client.get(preparation(made)).status_code == 302

    assert not Draft.objects.exists()


def test_only_forms_are_kept_as_the_session_ends(staff):
    client = client_of(staff["asha"])
    with time_machine.travel(timezone.now() + timedelta(hours=12), tick=False):
        client.post("/sign-in/", {"login": email_of("asha"), "password": PASSWORD})
        client.post("/sign-out/")

    assert not Draft.objects.exists()
