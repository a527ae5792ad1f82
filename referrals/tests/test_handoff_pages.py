"""Handoff pages: the receiver gets exactly the preview; three clicks to accept; nothing readable after a no, and
prefetching does not count as opening."""

import re
from datetime import date, timedelta
from urllib.parse import urlencode

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from meetings.demo.staff import Staff
from meetings.demo.story import Played
from meetings.tests.pages import client_of, errors_of, send
from referrals.actions.handoff import ask_question, decline, take_back
from referrals.enums import DeclineCode, HandoffState
from referrals.models import Handoff
from referrals.tests.handing import accepted, agree, carers, confirm, fresh, help_asked, lead_asked, started
from restorative.common import clock, drafts
from restorative.common.models import Draft
from tests.stories import tell

# These pages read the same on each database; the matrix checks that they answer on the second.
pytestmark = [pytest.mark.django_db, pytest.mark.sqlite, pytest.mark.usefixtures("morning")]

PACKET = re.compile(rb'<section class="rp-block rp-packet".*?</section>', re.S)
MARK = "kanariinthepacket"


@pytest.fixture
def made(staff: Staff) -> Played:
    return tell("ready", staff, timezone.now())


def asked(made: Played, **changes: str) -> dict[str, str]:
    return {
        "to_org": str(carers(made).pk),
        "ask": f"help-{made.other.pk}",
        "situation": f"They want to talk & be heard. {MARK}",
        "background": "Two lines.\nThe second.",
        "needs": "",
        "asked": "A worker of their own.",
        "flags": "<b>Never</b> leave a message.",
        "with_contact": "on",
        "told": "That we would ask.",
        "reply_by": "",
        **changes,
    }


def page(handoff: Handoff, name: str = "") -> str:
    return f"/handoffs/{handoff.pk}/{name}"


def new(made: Played) -> str:
    return f"/r/{made.referral.reference}/handoff/new/"


def preview(made: Played, client: Client) -> tuple[bytes, dict[str, str]]:
    """The packet as previewed, and the form as Send would submit it."""
    answer = send(client, new(made), **asked(made))
    assert answer.status_code == 200, errors_of(answer)
    seen = re.search(rb'name="seen" value="(\w{64})"', answer.content)
    assert seen
    return PACKET.search(answer.content)[0], {**asked(made), "seen": seen[1].decode(), "send": "1"}


@pytest.fixture
def agreed(made: Played) -> Played:
    agree(made.other, made.staff["kit"], carers(made))
    confirm(made.other, made.staff["kit"])
    return made


def test_the_receiver_gets_exactly_what_was_previewed(agreed, staff):
    kit = client_of(staff["kit"])
    shown, ready = preview(agreed, kit)
    answer = send(kit, new(agreed), **ready)
    assert answer.status_code == 303
    sent = Handoff.objects.unscoped("test").get()
    for who in ("carol", "mina", "kit"):
        received = client_of(staff[who]).get(page(sent))
        assert PACKET.search(received.content)[0] == shown, who
    assert MARK.encode() in shown
    assert b"07700 900" in shown


def test_nothing_is_sent_without_a_preview(agreed, staff):
    kit = client_of(staff["kit"])
    _, ready = preview(agreed, kit)
    for changes in ({"seen": ""}, {"situation": "Something else."}):
        answer = send(kit, new(agreed), **(ready | changes))
        assert answer.status_code == 422
        assert "Look again" in errors_of(answer)[""][0]
    assert not Handoff.objects.unscoped("test").exists()


def test_missing_items_are_shown_with_a_link_to_fix_them(made, staff):
    kit = client_of(staff["kit"])
    answer = send(kit, new(made), **asked(made))
    assert answer.status_code == 422
    body = answer.content.decode()
    people = f"/r/{made.referral.reference}/people/{made.other.pk}"
    assert f"{people}/consent/new/?share=carers-leeds" in body
    form = kit.get(f"{people}/consent/new/?share=carers-leeds").content.decode()
    assert "Carers Leeds could help with this." in form
    assert "Carers Leeds" not in kit.get(f"{people}/consent/new/?share=%00'").content.decode()


def test_a_request_to_lead_names_no_one_the_sender_does_not_open(made, staff):
    answer = send(client_of(staff["asha"]), new(made), **asked(made, ask="lead"))
    body = answer.content.decode()
    assert "Something is not settled yet with another person." in body
    assert f"{made.other.known_as} has not" not in body


def test_help_is_asked_only_for_a_person_the_sender_supports(made, staff):
    answer = send(client_of(staff["asha"]), new(made), **asked(made))
    assert errors_of(answer)["ask"]
    answer = send(client_of(staff["kit"]), new(made), **asked(made, ask="lead"))
    assert errors_of(answer)["ask"]
    answer = send(client_of(staff["kit"]), new(made), **asked(made, to_org=str(staff["kit"].organisation_id)))
    assert errors_of(answer)["to_org"]


def test_a_request_is_accepted_in_three_clicks_from_the_list(made, staff):
    sent = help_asked(made)
    carol = client_of(staff["carol"])
    inbox = carol.get("/handoffs/").content.decode()
    assert f'href="{page(sent)}"' in inbox  # the first click
    shown = carol.get(page(sent))
    form = shown.context["form"]
    ready = {name: str(form[name].value()) for name in form.fields if form[name].value() is not None}
    answer = carol.post(page(sent), ready)  # the second
    assert answer.status_code == 303
    assert fresh(sent).receiver == staff["carol"]
    assert "Accepted, starting" in carol.get(answer.url).content.decode()
    assert "/r/" in carol.get(page(sent)).content.decode()


def test_opening_it_marks_it_seen_but_prefetching_does_not(made, staff):
    sent = help_asked(made)
    carol = client_of(staff["carol"])
    carol.head(page(sent))
    carol.get(page(sent), headers={"sec-purpose": "prefetch;prerender"})
    carol.get(page(sent), headers={"purpose": "prefetch"})
    client_of(staff["kit"]).get(page(sent))
    assert fresh(sent).state == HandoffState.SENT
    carol.get(page(sent))
    assert (fresh(sent).state, fresh(sent).seen_by) == (HandoffState.SEEN, staff["carol"])


@pytest.mark.parametrize("end", ["declined", "withdrawn"])
def test_after_a_no_or_a_withdrawal_they_see_who_and_when_but_no_content(made, staff, end):
    sent = help_asked(made, situation=MARK)
    if end == "declined":
        decline(handoff=sent, code=DeclineCode.CONFLICT, version=0, by=staff["mina"])
    else:
        take_back(handoff=sent, version=0, by=staff["kit"])
    for name in ("", "ask/", "decline/", "contact/", "return/", "complete/", "withdraw/"):
        for method in ("get", "post"):
            body = getattr(client_of(staff["carol"]), method)(page(sent, name)).content.decode()
            assert MARK not in body
            assert made.other.known_as not in body
    body = client_of(staff["carol"]).get(page(sent)).content.decode()
    assert ("Declined by Mina" if end == "declined" else "Withdrawn") in body
    inbox = client_of(staff["carol"]).get("/handoffs/").content.decode()
    assert MARK not in inbox


def test_a_stale_page_says_who_answered(made, staff):
    sent = help_asked(made)
    carol = client_of(staff["carol"])
    shown = carol.get(page(sent)).context["form"]
    decline(handoff=sent, code=DeclineCode.CONFLICT, version=1, by=staff["mina"])
    answer = send(
        carol, page(sent), worker=str(staff["carol"].pk), starts_on="today", version=shown["version"].value()
    )
    assert answer.status_code == 422
    assert "This was declined by Mina" in errors_of(answer)[""][0]


def overtaken(made: Played, staff: Staff) -> tuple[Client, Handoff, str]:
    """Carol has opened a request about which Mina then asks a question."""
    sent = help_asked(made)
    carol = client_of(staff["carol"])
    looked_at = str(carol.get(page(sent, "ask/")).context["form"]["version"].value())
    ask_question(handoff=sent, words="Is there a child?", version=int(looked_at), by=staff["mina"])
    return carol, sent, looked_at


@pytest.mark.parametrize("how", ["sent", "kept while typing", "kept as it was sent"])
def test_after_a_conflict_the_page_shows_the_current_state(made, staff, how):
    """The typed text is still there, and can be submitted."""
    carol, sent, looked_at = overtaken(made, staff)
    typed = {"words": "When may I ring?", "version": looked_at}
    if how == "sent":
        answer = send(carol, page(sent, "ask/"), **typed)
        assert answer.status_code == 422
        assert "Look at it again" in errors_of(answer)[""][0]
    elif how == "kept while typing":
        carol.post(page(sent, "ask/"), typed, headers={"X-Draft": "1"})
    else:
        place = f"referrals:handoff_ask:{sent.pk}"
        drafts.keep(staff["carol"], place, title="", typed=typed, at=timezone.now())
    again = carol.get(page(sent, "ask/")).context["form"]
    assert again["words"].value() == "When may I ring?"
    typed = {name: again[name].value() for name in ("words", "version")}
    assert send(carol, page(sent, "ask/"), **typed).status_code == 303


def test_the_version_alone_is_not_a_draft(made, staff):
    carol, sent, looked_at = overtaken(made, staff)
    carol.post(page(sent, "ask/"), {"words": "", "version": looked_at}, headers={"X-Draft": "1"})
    assert not Draft.objects.filter(owner=staff["carol"]).exists()


def test_after_a_conflict_the_next_submission_counts(made, staff):
    carol, sent, looked_at = overtaken(made, staff)
    answer = send(carol, page(sent, "decline/"), code="no_capacity", version=looked_at)
    assert "Look at it again" in errors_of(answer)[""][0]
    now = answer.context["form"]["version"].value()
    assert send(carol, page(sent, "decline/"), code="no_capacity", version=now).status_code == 303


def test_a_mistake_does_not_hide_that_it_has_changed(made, staff):
    carol, sent, looked_at = overtaken(made, staff)
    answer = send(carol, page(sent, "decline/"), version=looked_at)
    assert answer.context["form"]["version"].value() == looked_at
    answer = send(carol, page(sent, "decline/"), code="no_capacity", version=looked_at)
    assert "Look at it again" in errors_of(answer)[""][0]


@pytest.mark.parametrize("press", [{}, {"send": "1"}, {"change": "1"}])
def test_a_request_that_is_too_long_is_reported_and_kept(agreed, staff, settings, press):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 10_000
    typed = urlencode({**asked(agreed, situation="x" * 20_000), **press})
    kit = client_of(staff["kit"])
    answer = kit.post(new(agreed), typed, content_type="application/x-www-form-urlencoded")
    assert answer.status_code == 422
    assert "too long to be saved" in errors_of(answer)[""][0]
    assert Draft.objects.get(owner=staff["kit"]).typed["situation"].startswith("xxx")
    assert not Handoff.objects.unscoped("test").exists()


def test_the_receivers_list_contains_no_names(made, staff):
    help_asked(made)
    lead_asked(made)
    inbox = client_of(staff["mina"]).get("/handoffs/").content.decode()
    assert made.referral.reference in inbox
    assert made.other.known_as not in inbox
    assert made.own.known_as not in inbox
    asha = client_of(staff["asha"]).get("/handoffs/").content.decode()
    assert "is asked to lead" in asha
    assert "is asked to help" not in asha


def test_a_helper_sees_the_others_by_place(made, staff):
    started(made, help_asked(made))
    body = client_of(staff["carol"]).get(f"/r/{made.referral.reference}/").content.decode()
    assert made.other.known_as in body
    assert made.own.known_as not in body
    assert "The other person" in body or "the other person" in body


def test_from_accepting_to_first_contact_and_the_outcome_by_its_pages(made, staff):
    taken = accepted(made, lead_asked(made))
    carol = client_of(staff["carol"])
    assert "First contact made" in carol.get(page(taken)).content.decode()
    assert send(carol, page(taken, "contact/"), version=taken.version).status_code == 303
    taken = fresh(taken)
    said = {"done": "Six talks", "went": "Well enough", "next_step": "The group"}
    assert send(carol, page(taken, "complete/"), version=taken.version, **said).status_code == 303
    back = client_of(staff["asha"]).get(page(taken)).content.decode()
    assert all(words in back for words in said.values())


def test_giving_back_needs_words_and_lets_go(made, staff):
    taken = started(made, help_asked(made))
    carol = client_of(staff["carol"])
    assert send(carol, page(taken, "return/"), version=taken.version, why="").status_code == 422
    assert send(carol, page(taken, "return/"), version=taken.version, why="Too far.").status_code == 303
    assert carol.get(f"/r/{made.referral.reference}/").status_code == 404
    assert "Too far." in client_of(staff["kit"]).get(page(taken)).content.decode()


def test_a_worker_who_hears_that_sharing_ends_is_not_left_on_a_missing_page(made, staff):
    started(made, help_asked(made))
    carol = client_of(staff["carol"])
    path = f"/r/{made.referral.reference}/people/{made.other.pk}/withdraw/"
    answer = send(carol, path, what=f"share:{carers(made).pk}")
    assert answer.status_code == 303
    assert carol.get(answer.url).status_code in (200, 302)


def many(made: Played, count: int) -> None:
    """More requests of the same kind, all withdrawn except the last few."""
    row = help_asked(made)
    facts = {field.name: getattr(fresh(row), field.name) for field in row._meta.fields if field.name != "id"}
    rows = [
        Handoff(**{**facts, "state": HandoffState.WITHDRAWN, "ended_at": facts["sent_at"]})
        for _ in range(count)
    ]
    Handoff.objects.bulk_create(rows)


QUERIES = 10


@pytest.mark.parametrize("count", [1, 30])
def test_the_list_takes_the_same_queries_whatever_its_length(count, made, staff, django_assert_num_queries):
    many(made, count)
    carol = client_of(staff["carol"])
    carol.get("/handoffs/")
    with django_assert_num_queries(QUERIES):
        assert carol.get("/handoffs/").status_code == 200


def test_a_long_list_shows_its_first_and_leads_to_all_page_by_page(made, staff):
    many(made, 30)
    carol = client_of(staff["carol"])
    first = carol.get("/handoffs/").content.decode()
    assert len(set(re.findall(r'href="/handoffs/([^/]+)/"', first))) == 1 + 10
    assert 'href="?list=over">See all' in first
    pages = [carol.get(f"/handoffs/?list=over&page={number}").content.decode() for number in (1, 2)]
    rows = [set(re.findall(r'href="/handoffs/([^/]+)/"', page)) for page in pages]
    assert [len(found) for found in rows] == [25, 5]
    assert not rows[0] & rows[1]
    assert "New" not in re.findall(r"<h2[^>]*>([^<]*)", pages[0])


@pytest.mark.parametrize(
    "query", ["list=nonsense", "list=accepted", "list=over&page=99", "list=new&page=x", "page=2"]
)
def test_an_address_that_names_no_list_or_page_shows_what_there_is(query, made, staff):
    help_asked(made)
    answer = client_of(staff["carol"]).get(f"/handoffs/?{query}")
    assert answer.status_code == 200
    empty = "Nothing here." in answer.content.decode()
    assert empty == (query in ("list=accepted", "list=over&page=99"))


@pytest.mark.parametrize(
    ("at", "left"),
    [
        ("2027-03-02 10:30", "Open it within 23 hours"),  # Tuesday: 6½ today, 8, 8
        ("2027-03-04 16:30", "Open it within 1 hour"),
        ("2027-03-05 09:00", "Late: open it today"),
    ],
)
def test_hours_left_are_opening_hours(made, staff, at, left):
    sent = help_asked(made)
    tuesday = clock.moment(date(2027, 3, 2), 10, 30)
    Handoff.objects.unscoped("test").filter(pk=sent.pk).update(sent_at=tuesday)
    with time_machine.travel(at, tick=False):
        assert left in client_of(staff["carol"]).get("/handoffs/").content.decode()


def test_late_is_late(made, staff):
    sent = help_asked(made)
    Handoff.objects.unscoped("test").filter(pk=sent.pk).update(sent_at=timezone.now() - timedelta(days=12))
    assert "Late: open it today" in client_of(staff["mina"]).get("/handoffs/").content.decode()
