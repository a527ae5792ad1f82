"""'My work': what each role finds there, that it reveals nothing hidden, and its number of queries."""

import re
from copy import copy
from datetime import timedelta
from uuid import uuid4

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from meetings.actions.calling_off import release, say_safe
from meetings.demo import story as play
from meetings.demo.staff import Staff
from meetings.demo.story import Pair, Played
from meetings.models import CallOff
from referrals.actions import concerns, consent, lifecycle, parties, reaching, records
from referrals.actions.reaching import RouteFacts
from referrals.disclosure import shown_blockers
from referrals.enums import (
    Answer,
    ApproachResult,
    ConcernKind,
    Days,
    Gate,
    Hours,
    Purpose,
    RouteKind,
    Suitable,
    Voicemail,
)
from referrals.facts import facts_of
from referrals.models import Approach, Referral
from restorative.audit.models import AuditEntry
from restorative.common import clock
from tests.stories import tell
from tests.written import reproject_all

# These pages read the same on each database; the matrix checks that they answer on the second.
pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]
# A Tuesday morning, far from bank holidays.
MORNING = "2027-03-02 10:30"
# The two savepoints are the ledger's transaction inside the test's own; in production there are none.
SAVEPOINTS = 2
MOST_QUERIES = 15 + SAVEPOINTS


@pytest.fixture(autouse=True)
def frozen():
    with time_machine.travel(MORNING, tick=False) as traveller:
        yield traveller


def client_of(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


def page_of(user) -> str:
    """The text of the page, one line per row, without the parts for screen readers."""
    html = client_of(user).get("/").content.decode()
    html = re.sub(
        r'<span class="govuk-visually-hidden">.*?</span>', "", html[html.index("<main") :], flags=re.S
    )
    html = re.sub(r"</(li|h1|h2|p|section)>", "\n", html)
    lines = re.sub(r"<[^>]+>", " ", html).replace("&#x27;", "'").splitlines()
    text = "\n".join(" ".join(line.split()) for line in lines if line.strip())
    return re.sub(r"\n(?=[^\n]* · )", " ", text)


def part(user, title: str) -> str:
    """One section of the page, or ''."""
    html = client_of(user).get("/").content.decode()
    found = re.search(rf"<section[^>]*>\s*<h2[^>]*>{re.escape(title)}</h2>(.*?)</section>", html, flags=re.S)
    hidden = re.sub(
        r'<span class="govuk-visually-hidden">.*?</span>', "", found[1] if found else "", flags=re.S
    )
    return " ".join(re.sub(r"<[^>]+>", " ", hidden).split())


def log(staff: Staff, own: str = "Sam", other: str = "Jo", **kwargs) -> Played:
    return play.log(staff, Pair(own, other), timezone.now(), **kwargs)


# --- Who finds what -------------------------------------------------------------------------------------------


def test_with_nothing_to_do_it_says_so(staff: Staff) -> None:
    text = page_of(staff["carol"])
    assert "Tuesday 2 March" in text
    assert "Nothing needs you today." in text
    assert "Waiting for others" not in text


def test_users_without_casework_keep_their_own_page(staff: Staff) -> None:
    assert "Referrals are open only to the people who work on them" in page_of(staff["adam"])


def test_a_new_referral_is_due_within_five_working_days_and_then_late(staff: Staff, frozen) -> None:
    log(staff)
    assert "Talk with Sam, alone" in part(staff["asha"], "Next 7 days")
    assert "by Tue 9 March" in part(staff["asha"], "Next 7 days")

    frozen.move_to("2027-03-10 10:30")
    assert "was due Tue 9 March" in part(staff["asha"], "Do today")


def test_an_unanswered_consent_is_waited_for_and_asked_again_after_seven_working_days(
    staff: Staff, frozen
) -> None:
    made = log(staff)
    play.save_talk(party=made.own, talk=play.talk_for(made, made.own), by=staff["asha"], at=timezone.now())
    play.give_keyworkers(made, timezone.now())
    frozen.shift(60)
    reaching.record_approach(
        party=made.other, how=RouteKind.PHONE, result=ApproachResult.WAITING, by=staff["kit"]
    )
    assert "Jo to answer" in part(staff["kit"], "Waiting for others")
    assert "Jo to answer" not in page_of(staff["asha"])

    frozen.move_to("2027-03-11 10:30")
    assert "Ask Jo again" in part(staff["kit"], "Do today")


def test_answers_that_expire_within_a_week_need_a_check_in(staff: Staff, frozen) -> None:
    made = tell("ready", staff, timezone.now())
    frozen.move_to("2027-03-18 10:30")
    name = made.own.known_as
    assert f"Check in with {name}: “is it the right time?” runs out" in part(staff["asha"], "Next 7 days")


def test_if_a_check_in_is_enough_the_row_says_so(staff: Staff) -> None:
    """As on the referral's own page."""
    made = tell("blocked_readiness_expired", staff, timezone.now())
    name = made.other.known_as
    assert f"Check in with {name}" in part(staff["kit"], "Do today")
    page = client_of(staff["kit"]).get(f"/r/{made.referral.reference}/").content.decode()
    assert f"Next: check in with {name}" in page


def test_a_referral_without_blockers_is_to_be_planned_by_the_worker_who_runs_it(staff: Staff) -> None:
    tell("ready", staff, timezone.now())
    assert "plan the meeting" in part(staff["asha"], "Do today")
    assert "plan the meeting" in part(staff["fay"], "Do today")
    assert "plan the meeting" not in page_of(staff["kit"])


def test_the_facilitator_has_the_run_sheet_and_the_record_to_write(staff: Staff) -> None:
    tell("booked_tomorrow", staff, timezone.now())
    tell("record_overdue", staff, timezone.now())
    near = part(staff["fay"], "Today and tomorrow: can each start?")
    assert "Tomorrow, 2pm" in near
    assert "Yes, so far." in near
    assert "Run sheet" in near
    assert "Write up the meeting" in part(staff["fay"], "Do today")
    assert "Run sheet" not in page_of(staff["kit"])
    assert "Write up the meeting" not in page_of(staff["kit"])


def test_today_each_worker_is_told_whom_to_ask(staff: Staff) -> None:
    made = tell("blocked_day_of_check_missing", staff, timezone.now() - timedelta(hours=1))
    near = part(staff["kit"], "Today and tomorrow: can each start?")
    assert f"{made.other.known_as} has not been asked today" in near
    assert "Day-of check" in near


def test_a_paused_referral_returns_on_its_review_date(staff: Staff, frozen) -> None:
    made = log(staff)
    lifecycle.decide(
        referral=made.referral,
        party=made.own,
        decision=Suitable.NOT_NOW,
        reason="After the move.",
        review_on=clock.today() + timedelta(days=10),
        by=staff["asha"],
    )
    assert "Look again" not in page_of(staff["asha"])
    frozen.move_to("2027-03-09 10:30")
    assert "Look again" in part(staff["asha"], "Next 7 days")
    frozen.move_to("2027-03-12 10:30")
    assert "Look again" in part(staff["asha"], "Do today")


def test_a_no_or_not_sure_shows_only_to_users_who_open_that_person(staff: Staff) -> None:
    made = tell("ready", staff, timezone.now())
    consent.record_consent(
        party=made.other, purpose=Purpose.TAKE_PART, answer=Answer.NOT_SURE, by=staff["kit"]
    )
    assert f"{made.other.known_as}, not sure" in part(staff["kit"], "Said no or not sure")
    assert f"{made.other.known_as}, not sure" in part(staff["fay"], "Said no or not sure")
    assert part(staff["asha"], "Said no or not sure") == ""


def test_calls_that_are_due_show_to_the_worker_who_makes_them(staff: Staff) -> None:
    made = tell("follow_up_due", staff, timezone.now())
    assert made.own.known_as in part(staff["asha"], "Do today")
    assert "Follow up" in part(staff["asha"], "Do today")
    assert f"with {made.other.known_as} apart" not in page_of(staff["asha"])


# --- Safe to ring ---------------------------------------------------------------------------------------------


def ring(made: Played, by, **facts) -> None:
    usual = {"kind": RouteKind.PHONE, "value": "+447700900123", "allowed": True, "read_by_others": False}
    reaching.record_route(party=made.own, facts=RouteFacts(**usual | facts), by=by)


def test_only_people_who_may_be_rung_now_are_listed_with_the_cover_words(staff: Staff, frozen) -> None:
    made = log(staff)
    assert part(staff["asha"], "Safe to ring now") == ""
    ring(made, staff["asha"], days=Days.WEDNESDAY)  # it is a Tuesday
    assert part(staff["asha"], "Safe to ring now") == ""
    ring(
        made,
        staff["asha"],
        days=Days.WEEKDAYS,
        hours=Hours.MORNING,
        read_by_others=True,
        cover="It’s Asha, about Thursday.",
        voicemail=Voicemail.FIRST_NAME,
    )
    assert part(staff["asha"], "Safe to ring now") == (
        "Sam , until midday Somebody else may answer. It’s Asha, about Thursday. Voicemail: first name and number only."
    )
    frozen.move_to("2027-03-02 12:00")
    assert part(staff["asha"], "Safe to ring now") == ""


def test_a_refused_route_is_not_offered(staff: Staff, frozen) -> None:
    made = log(staff)
    ring(made, staff["asha"], allowed=False, read_by_others=True)
    assert part(staff["asha"], "Safe to ring now") == ""

    frozen.shift(60)
    ring(made, staff["asha"])
    assert "Sam" in part(staff["asha"], "Safe to ring now")


def test_a_number_confirmed_too_long_ago_is_not_offered(staff: Staff, frozen) -> None:
    made = log(staff)
    ring(made, staff["asha"])
    frozen.move_to("2027-06-02 10:30")
    assert part(staff["asha"], "Safe to ring now") == ""


def test_people_of_another_keyworker_are_not_offered(staff: Staff) -> None:
    made = log(staff)
    ring(made, staff["asha"])
    for who in ("kit", "mo", "sal", "carol"):
        assert "Safe to ring now" not in page_of(staff[who])


# --- Before release ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("days", [0, 1, 3])
def test_before_release_a_withdrawal_shows_only_to_its_own_side(days: int, staff: Staff) -> None:
    made = tell("ready", staff, timezone.now())
    play.book_meeting(made, play.day_at(days, 14), timezone.now())
    before = page_of(staff["asha"])

    consent.withdraw(party=made.other, by=staff["kit"])

    assert page_of(staff["asha"]) == before
    for who in ("kit", "fay"):
        assert "The others have not heard" in part(staff[who], "Do today")
        assert f"{made.other.known_as}, no longer takes part" in part(staff[who], "Said no or not sure")

    [waiting] = CallOff.objects.unscoped("test").all()
    say_safe(call_off=waiting, by=staff["kit"], safe=True)
    release(call_off=waiting, by=staff["fay"])
    assert page_of(staff["asha"]) != before
    assert "The others have not heard" not in page_of(staff["kit"])


def test_a_manager_of_another_organisation_learns_nothing_of_a_compartment(staff: Staff) -> None:
    tell("blocked_sign_off", staff, timezone.now())
    tell("blocked_stop", staff, timezone.now())
    for who in ("mina", "zed", "carol", "wes"):
        assert "Nothing needs you today." in page_of(staff[who])


# --- Managers and safeguarding leads ----------------------------------------------------------------------------


def test_sign_offs_wait_by_age_for_users_who_may_decide(staff: Staff, frozen) -> None:
    first, second = log(staff, "Ann", "Bob"), log(staff, "Cy", "Di")
    concerns.raise_concern(party=first.own, kind=ConcernKind.LAPSE, by=staff["asha"])
    frozen.shift(timedelta(days=2))
    concerns.raise_concern(party=second.own, kind=ConcernKind.LAPSE, by=staff["asha"])

    found = part(staff["mo"], "Waits to be signed off")
    assert found.index("Ann") < found.index("Cy")
    assert "2 working days" in found
    assert "Ann" in part(staff["sal"], "Waits to be signed off")
    assert "Waits to be signed off" not in page_of(staff["asha"])
    assert "Waits to be signed off" not in page_of(staff["mina"])


def test_workers_are_not_shown_their_own_concerns_to_sign_off(staff: Staff) -> None:
    made = log(staff, lead="mo")
    concerns.raise_concern(party=made.own, kind=ConcernKind.LAPSE, by=staff["mo"])
    assert "Waits to be signed off" not in page_of(staff["mo"])
    assert "Sam" in part(staff["sal"], "Waits to be signed off")


def test_safeguarding_leads_find_open_stops_and_records_checks(staff: Staff) -> None:
    made = log(staff)
    concerns.raise_concern(party=made.own, kind=ConcernKind.THREATS, by=staff["asha"])
    records.ask_for_records_check(referral=made.referral, by=staff["asha"])
    assert "A concern with Sam stops this" in part(staff["sal"], "Open stops")
    assert "Release" in part(staff["sal"], "Records checks")
    assert part(staff["mo"], "Open stops") == part(staff["mo"], "Records checks") == ""


def test_managers_find_meetings_on_hold(staff: Staff) -> None:
    made = tell("ready", staff, timezone.now())
    play.book_meeting(made, play.day_at(4, 14), timezone.now())
    assert part(staff["mo"], "Meetings on hold") == ""
    concerns.raise_concern(party=made.other, kind=ConcernKind.LAPSE, by=staff["kit"])

    facts = facts_of(made.referral.pk, timezone.now())
    held = shown_blockers(staff["mo"], facts, Gate.BOOK)
    assert held[0].sentence in part(staff["mo"], "Meetings on hold")
    assert "Meetings on hold" not in page_of(staff["asha"])


def test_an_inactive_referral_is_for_supervision_and_the_other_side_does_not_count(
    staff: Staff, frozen
) -> None:
    made = log(staff)
    frozen.move_to("2027-03-30 10:30")
    assert part(staff["mo"], "Supervision") == ""
    frozen.move_to("2027-04-02 10:30")
    assert "Sam and Jo" in part(staff["mo"], "Supervision")
    assert "Supervision" not in page_of(staff["asha"])

    # Jo's side belongs to another organisation: its events are not known here.
    row = Referral.objects.unscoped("test").get(pk=made.referral.pk).parties.unscoped("test")
    row.filter(pk=made.other.pk).update(organisation=staff["carol"].organisation, keyworker=staff["carol"])
    reproject_all()
    made.other.refresh_from_db()
    ring(Played(made.referral, made.other, [], made.at, staff=staff), staff["carol"])
    assert "Sam" in part(staff["mo"], "Supervision")

    ring(made, staff["asha"])
    assert part(staff["mo"], "Supervision") == ""


def test_carers_leeds_finds_new_requests_with_the_time_left(staff: Staff) -> None:
    tell("handoff_waiting", staff, timezone.now())
    found = part(staff["carol"], "Requests from other organisations")
    assert "asks you" in found
    assert re.search(r"within \d+ hours?|Late", found)
    assert "Carers Leeds to answer" in part(staff["kit"], "Waiting for others")
    assert "Carers Leeds" not in page_of(staff["asha"])


# --- Queries, length and the ledger -----------------------------------------------------------------------------


def many(staff: Staff, count: int) -> None:
    """A bit of everything, this many times, led by a manager who is a safeguarding lead too."""
    for number in range(count):
        at = timezone.now() - timedelta(days=40 - number)
        made = play.log(staff, Pair(f"Own{number:02}", f"Other{number:02}"), at, lead="sal")
        ring(made, staff["sal"])
        other = play.log(staff, Pair(f"Ann{number:02}", f"Bob{number:02}"), at)
        concerns.raise_concern(party=other.own, kind=ConcernKind.LAPSE, by=staff["asha"])
        concerns.raise_concern(party=other.own, kind=ConcernKind.THREATS, by=staff["asha"])
        records.ask_for_records_check(referral=other.referral, by=staff["asha"])


@pytest.mark.parametrize("rows", [1, 30])
def test_it_takes_at_most_15_queries_for_any_content(
    rows: int, staff: Staff, django_assert_max_num_queries
) -> None:
    for name in ("booked_tomorrow", "record_overdue", "follow_up_due", "agreement_open", "handoff_waiting"):
        tell(name, staff, timezone.now())
    many(staff, rows)

    for who in ("asha", "fay", "mo", "sal", "carol", "mina"):
        client = client_of(staff[who])
        with django_assert_max_num_queries(MOST_QUERIES):
            response = client.get("/")
        assert response.status_code == 200


def test_two_hundred_rows_of_history_take_no_more(staff: Staff, django_assert_max_num_queries) -> None:
    made = tell("ready", staff, timezone.now())
    at = timezone.now() - timedelta(days=5)
    reaching.record_approach(party=made.own, result=ApproachResult.ANSWERED, by=staff["asha"], at=at)
    row = Approach.objects.unscoped("test").latest("created_at", "pk")
    rows = [copy(row) for _ in range(199)]
    for number, more in enumerate(rows, start=1):
        more.pk, more.created_at = uuid4(), at - timedelta(minutes=number)
    Approach.objects.bulk_create(rows)
    client = client_of(staff["asha"])

    with django_assert_max_num_queries(MOST_QUERIES):
        client.get("/")


def test_a_section_shows_ten_rows_and_a_link_to_the_rest(staff: Staff) -> None:
    for number in range(12):
        log(staff, f"Own{number:02}", f"Other{number:02}")
    html = client_of(staff["asha"]).get("/").content.decode()
    assert html.count('class="rp-work__row"') == 10
    assert "There are more." in html


def test_the_ledger_records_which_referrals_were_shown(staff: Staff) -> None:
    made = log(staff)
    page_of(staff["asha"])
    entry = AuditEntry.objects.filter(verb="list_viewed").latest("id")
    assert (entry.actor_id, entry.thing_ids) == (staff["asha"].pk, [str(made.referral.pk)])


def test_a_worker_whose_part_has_ended_finds_nothing_of_it(staff: Staff) -> None:
    made = log(staff)
    ring(made, staff["asha"])
    Referral.objects.unscoped("test").filter(pk=made.referral.pk).update(lead=staff["ben"])
    reproject_all()
    parties.set_keyworker(party=made.own, keyworker=staff["ben"], by=staff["asha"])
    assert "Sam" not in page_of(staff["asha"])
    assert "Sam" in page_of(staff["ben"])
