"""Each blocker links to the page that fixes it, and that page returns to where it was opened."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from meetings.demo.staff import Staff
from meetings.demo.story import Played
from referrals.actions import grants
from referrals.blockers import BY_KEY
from referrals.enums import GrantKind
from referrals.models import Involvement
from referrals.tests.talking import client_of, path, play, send
from restorative.accounts.models import User
from restorative.common import clock

# These pages read the same on each database.
pytestmark = [pytest.mark.django_db, pytest.mark.sqlite, pytest.mark.usefixtures("morning")]


def page_of(made: Played) -> str:
    return f"/r/{made.referral.reference}/"


def mends(client: Any, where: str) -> list[str]:
    """The URLs that fix blockers, as that page offers them."""
    shown = client.get(where)
    rows = shown.context["way"] if shown.status_code == 200 else []
    return [row.action_href for row in rows if row.action_href]


@pytest.mark.proof
@pytest.mark.parametrize("code", BY_KEY)
def test_every_page_that_fixes_a_blocker_returns_to_the_referral(code: str, staff: Staff) -> None:
    made, found = play(f"blocked_{code}", staff), 0
    for who in ("asha", "kit", "fay", "mo", "sal"):
        client = client_of(staff[who])
        for href in mends(client, page_of(made)):
            shown = client.get(href)
            assert (shown.status_code, shown.context["back_href"]) == (200, page_of(made)), (who, href)
            found += 1

    assert found or code == "records_check"  # that one waits for a safeguarding lead


def test_the_next_step_leads_back_too(staff: Staff) -> None:
    made = play("logged", staff)
    client = client_of(staff["asha"])
    step = client.get(page_of(made)).context["next_step"]

    assert client.get(step.action_href).context["back_href"] == page_of(made)


def test_what_is_missing_is_not_said_twice(staff: Staff) -> None:
    made = play("blocked_not_prepared", staff)
    page = client_of(staff["kit"]).get(page_of(made))

    assert page.context["next_step"].text not in [row.sentence for row in page.context["way"]]


def test_after_appointing_the_worker_is_back_at_the_referral(staff: Staff) -> None:
    made = play("blocked_no_facilitator", staff)
    client = client_of(staff["asha"])
    [where] = mends(client, page_of(made))
    response = send(client, where, {"user": str(staff["fay"].pk), "part": "facilitator"})

    assert response.url == page_of(made)
    assert Involvement.objects.unscoped("test").in_meetings().filter(user=staff["fay"]).exists()


def test_a_facilitator_who_is_not_independent_is_fixed_by_a_second_worker(staff: Staff) -> None:
    made = play("blocked_facilitator_not_independent", staff)
    client = client_of(staff["asha"])
    [where] = mends(client, page_of(made))
    form = client.get(where).context["form"]

    assert form["part"].value() == "second_worker"


def test_after_deciding_on_a_concern_the_worker_is_back_at_the_referral(staff: Staff) -> None:
    made = play("blocked_sign_off", staff)
    client = client_of(staff["mo"])
    [concern] = client.get(mends(client, page_of(made))[0]).context["open_concerns"]
    [decide] = [link["href"] for link in concern["actions"] if link["text"] == "Decide"]
    response = send(client, decide, {"decision": "go", "reason": "Back with their worker."})

    assert response.url == page_of(made)


def test_pages_opened_from_the_planner_return_there(staff: Staff) -> None:
    made = play("blocked_not_suitable_yet", staff)
    client, planner = client_of(staff["asha"]), f"{page_of(made)}meetings/new/"
    [where] = mends(client, planner)
    typed = {"decision": "yes", "reason": "It is the right time.", "party": "nobody"}

    assert send(client, where, typed).url == planner


def test_pages_opened_on_the_day_return_there(staff: Staff) -> None:
    made = play("blocked_day_of_check_missing", staff)
    client = client_of(staff["asha"])
    referral = client.get(page_of(made))
    today = f"{page_of(made)}meetings/{referral.context['meeting'].pk}/today/"

    for where in (page_of(made), today):
        backs = {client.get(href).context["back_href"] for href in mends(client, where)}
        assert backs == {where}


@pytest.mark.parametrize("place", ["//elsewhere.example", "today", "today-x", "referral-1", "\x00", ""])
def test_an_invalid_return_place_is_ignored(place: str, staff: Staff) -> None:
    made = play("logged", staff)
    shown = client_of(staff["asha"]).get(path(made, made.own, "preparation"), {"from": place})

    assert shown.context["back_href"] == path(made, made.own)


def test_a_reader_with_a_grant_is_offered_no_actions(staff: Staff) -> None:
    made = play("blocked_not_prepared", staff)
    gwen = reader(staff, made)
    shown = client_of(gwen).get(page_of(made)).context

    assert "You were let in to read" in shown["identity"]["facts"]
    assert [cell["href"] for row in shown["people"] for cell in row["cells"] if cell["href"]] == []
    safety = client_of(gwen).get(path(made, made.other, "safety")).content.decode()
    assert "Ask again" not in safety
    assert "Share something" not in safety


def reader(staff: Staff, made: Played) -> User:
    """Governance with a grant to read."""
    now = timezone.now()
    wanted = grants.Wanted(
        GrantKind.READING, staff["gwen"], made.other, "A complaint.", clock.today(now) + timedelta(days=3)
    )
    grant = grants.ask_for_access(referral=made.referral, wanted=wanted, by=staff["gwen"], at=now)
    grants.give(grant=grant, by=staff["mo"], at=now)
    return staff["gwen"]
