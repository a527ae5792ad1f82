"""A user's own drafts: listed, continued, discarded and restored; never another user's."""

import json
from datetime import timedelta
from io import StringIO
from uuid import uuid4

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from meetings.demo.staff import Staff
from meetings.demo.story import Played
from referrals.actions.parties import set_keyworker
from referrals.tests.talking import client_of, path, play
from restorative.accounts.models import User
from restorative.common import drafts
from restorative.common.models import Draft

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("morning")]

DRAFTS = "/referrals/drafts/"
TYPED = "I hope that we can talk again."
LIST_QUERIES = 7


@pytest.fixture
def made(staff: Staff) -> Played:
    return play("ready", staff)


def begin(client: Client, where: str, words: str = TYPED) -> None:
    client.post(where, {"hopes": words}, headers={"X-Draft": "1"})


def page(client: Client) -> str:
    return " ".join(client.get(DRAFTS).content.decode().split())


def test_a_draft_is_listed_and_goes_on_where_it_was(made, staff):
    client, where = client_of(staff["asha"]), path(made, made.own, "preparation")
    assert "Nothing is waiting" in page(client)
    begin(client, where)
    shown = page(client)

    assert f"Preparation with {made.own.known_as}" in shown
    assert f"{made.own.known_as} and {made.other.known_as} · {made.referral.reference}" in shown
    assert f'href="{where}"' in shown
    assert "1 not sent yet" in shown
    assert client.get(where).context["form"]["hopes"].value() == TYPED
    assert "1 draft not sent yet" in client.get("/referrals/").content.decode()


def test_another_user_cannot_see_or_discard_it(made, staff):
    client = client_of(staff["asha"])
    begin(client, path(made, made.own, "preparation"))
    draft = Draft.objects.get()

    for who in ("kit", "fay", "mo", "carol", "adam"):
        other = client_of(staff[who])
        assert TYPED not in page(other)
        other.post(DRAFTS, {"throw": str(draft.pk)})
    assert drafts.count(staff["asha"]) == 1


def test_a_discarded_draft_can_be_restored_while_it_is_kept(made, staff):
    client, where = client_of(staff["asha"]), path(made, made.own, "preparation")
    begin(client, where)
    key = str(Draft.objects.get().pk)
    assert client.post(DRAFTS, {"throw": key}).url == DRAFTS

    assert client.get(where).context["form"]["hopes"].value() in (None, "")
    assert "Put back" in page(client)
    assert drafts.count(staff["asha"]) == 0
    client.post(DRAFTS, {"back": key})
    assert client.get(where).context["form"]["hopes"].value() == TYPED


def test_a_new_draft_replaces_a_discarded_one(made, staff):
    client, where = client_of(staff["asha"]), path(made, made.own, "preparation")
    begin(client, where)
    client.post(DRAFTS, {"throw": str(Draft.objects.get().pk)})
    begin(client, where, "Other words.")
    assert [(row.thrown_at, row.typed["hopes"]) for row in Draft.objects.all()] == [(None, "Other words.")]


def test_a_draft_of_a_closed_page_shows_the_text_and_no_name(made, staff):
    client, where = client_of(staff["kit"]), path(made, made.other, "preparation")
    begin(client, where)
    set_keyworker(party=made.other, keyworker=staff["ben"], by=staff["kit"])
    shown = page(client)

    assert "A page you can no longer open" in shown
    assert TYPED in shown
    assert made.other.known_as not in shown
    assert made.referral.reference not in shown
    assert where not in shown


def test_a_url_that_never_existed_looks_like_a_closed_one(made, staff):
    client = client_of(staff["ben"])
    for where in (path(made, made.own, "preparation"), f"/r/RP-7K3M-9Q/people/{uuid4()}/preparation/"):
        client.post(where, {"hopes": TYPED})
    rows = client.get(DRAFTS).context["kept"]

    assert len(rows) == 2
    assert {(row["title"], row["about"], row["href"]) for row in rows} == {
        ("A page you can no longer open", "", "")
    }


def test_invalid_requests_change_nothing(made, staff):
    client = client_of(staff["asha"])
    begin(client, path(made, made.own, "preparation"))
    for sent in ({}, {"throw": "a\x00b"}, {"throw": "1"}, {"back": str(uuid4())}):
        assert client.post(DRAFTS, sent).status_code == 303
    assert drafts.count(staff["asha"]) == 1


@pytest.mark.parametrize("count", [1, 30])
def test_the_list_takes_the_same_queries_for_one_and_thirty(
    count: int, made, staff, django_assert_num_queries
):
    at = timezone.now()
    for number in range(count):
        place = (
            f"referrals:preparation:{made.referral.reference}:{made.own.pk}"
            if number == 0
            else f"a:b:{number}"
        )
        drafts.keep(staff["asha"], place, title="", typed={"hopes": TYPED}, at=at - timedelta(days=number))
    client = client_of(staff["asha"])
    with django_assert_num_queries(LIST_QUERIES):
        assert len(client.get(DRAFTS).context["kept"]) == count


def test_the_demo_says_where_its_draft_is(staff, monkeypatch):
    played = play("draft", staff)
    out = StringIO()
    monkeypatch.setattr("meetings.management.commands.demo._real_data", lambda: False)
    call_command("demo", "--json", stdout=out)
    where = json.loads(out.getvalue())["addresses"]["draft"]

    assert where == reverse("referrals:talk", args=[played.referral.reference, played.own.pk])
    asha = client_of(User.objects.get(email="asha@demo.example"))
    assert "sorry about the summer" in asha.get(where).context["form"]["hopes"].value()
