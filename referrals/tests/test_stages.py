"""The stages: every state × every step, and who may take each, against literal tables."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.db import transaction

from meetings.actions.calling_off import call_off
from meetings.actions.planning import Plan
from meetings.actions.recording import record_meeting
from meetings.actions.scheduling import book, start
from meetings.demo import story as play
from meetings.demo.story import Played
from meetings.enums import Came, MeetingKind, Offered
from referrals.actions.facilitation import appoint
from referrals.actions.lifecycle import close, decide
from referrals.actions.readiness import prepare
from referrals.enums import Part, Reason, Stage, Suitable
from referrals.models import Referral, StageChange
from referrals.stages import STEPS, take_step
from restorative.common import clock
from restorative.common.decisions import NotPossible, Refused
from tests.stories import tell
from tests.world import NOW, at_ten, make_people, undone

pytestmark = pytest.mark.django_db

L, P, B, F, C, N = (
    Stage.LOGGED,
    Stage.PREPARING,
    Stage.BOOKED,
    Stage.FOLLOW_UP,
    Stage.CLOSED,
    Stage.PAUSED,
)
# Where each step leads from each state; all others are refused.
LEADS: dict[str, dict[Stage, Stage]] = {
    "prepare": {L: P},
    "book": {P: B},
    "call_off": {B: P},
    "move": {B: B},
    "met": {B: F},
    "meet_again": {F: P},
    "already_met": {L: F, P: F, N: F},
    "pause": {L: N, P: N, B: N, F: N},
    "resume": {N: P},  # here paused from preparing; the others below
    "close": {L: C, P: C, F: C, N: C},
    "reopen": {C: P},
}


@pytest.fixture(scope="module")
def made(django_db_setup: None, django_db_blocker) -> Iterator[dict[str, Played]]:
    """One referral for each state from which a step is taken."""
    with django_db_blocker.unblock(), at_ten(), transaction.atomic():
        staff = make_people(NOW)
        play.publish_sheet(NOW - timedelta(days=90))
        found = {
            name: tell(name, staff, NOW) for name in ("logged", "ready", "booked_tomorrow", "record_overdue")
        }
        appoint(referral=found["logged"].referral, user=staff["fay"], by=staff["asha"], at=NOW)
        for name, played in found.items():
            appoint(
                referral=played.referral,
                user=staff["wes2"],
                part=Part.SECOND_WORKER,
                by=staff["asha"],
                at=NOW,
            )
            found[name].referral.refresh_from_db()
        yield found
        transaction.set_rollback(True)


def in_stage(played: Played, stage: Stage, *, paused_from: str = P) -> Referral:
    """The referral, put into a state directly."""
    paused, closed = stage == N, stage == C
    Referral.objects.unscoped("test").filter(pk=played.referral.pk).update(
        stage=stage,
        paused_from=paused_from if paused else "",
        review_on=clock.today(NOW) if paused else None,
        closed_at=NOW if closed else None,
        closed_by=played.staff["asha"] if closed else None,
    )
    return Referral.objects.unscoped("test").get(pk=played.referral.pk)


@pytest.mark.parametrize("stage", Stage)
@pytest.mark.parametrize("step", STEPS)
def test_each_step_leads_where_the_table_says_or_nowhere(made, step, stage):
    referral = in_stage(made["ready"], stage)
    by = made["ready"].staff["asha"]
    wanted = LEADS[step].get(stage)
    try:
        take_step(step, referral, by=by, at=NOW, review_on=clock.today(NOW))
    except NotPossible:
        assert wanted is None
    else:
        assert Referral.objects.unscoped("test").get(pk=referral.pk).stage == wanted


def test_every_step_is_in_the_table():
    assert STEPS.keys() == LEADS.keys()


@pytest.mark.parametrize(("came_from", "back_to"), [(L, L), (P, P), (B, P), (F, F)])
def test_a_paused_referral_resumes_at_its_earlier_stage_but_never_as_booked(made, came_from, back_to):
    referral = in_stage(made["ready"], N, paused_from=came_from)
    take_step("resume", referral, by=made["ready"].staff["asha"], at=NOW)
    assert (referral.stage, referral.paused_from, referral.review_on) == (back_to, "", None)


def test_a_step_leaves_a_row_of_history(made):
    referral = in_stage(made["ready"], P)
    take_step("close", referral, by=made["ready"].staff["mo"], at=NOW)
    row = StageChange.objects.unscoped("test").filter(referral=referral).latest("pk")
    assert (row.step, row.from_stage, row.to_stage, row.created_by) == (
        "close",
        P,
        C,
        made["ready"].staff["mo"],
    )


def test_booking_is_refused_while_there_are_blockers(made):
    with pytest.raises(NotPossible, match="stands in the way"):
        take_step("book", in_stage(made["logged"], P), by=None, at=NOW)


def test_nothing_is_closed_while_a_meeting_is_pending(made):
    with pytest.raises(NotPossible, match="still booked"):
        take_step("close", in_stage(made["booked_tomorrow"], P), by=None, at=NOW)


@pytest.mark.parametrize(("days", "possible"), [(30, True), (31, False)])
def test_a_closed_referral_is_reopened_within_30_days(made, days, possible):
    referral = in_stage(made["ready"], C)
    at = NOW + timedelta(days=days)
    if possible:
        take_step("reopen", referral, by=made["ready"].staff["asha"], at=at)
        assert referral.stage == P
    else:
        with pytest.raises(NotPossible, match="30 days"):
            take_step("reopen", referral, by=made["ready"].staff["asha"], at=at)


# --- Who may --------------------------------------------------------------------------------------------------


def do_prepare(made: Played, by) -> None:
    prepare(party=made.own, answers={"hopes": "Calm."}, by=by)


def do_book(made: Played, by) -> None:
    starts = NOW + timedelta(days=1)
    book(
        referral=made.referral,
        plan=Plan(
            kind=MeetingKind.CONVERSATION,
            starts_at=starts,
            ends_at=starts + timedelta(hours=1),
            video="https://example.org/room",
        ),
        by=by,
    )


def do_call_off(made: Played, by) -> None:
    call_off(meeting=made.meeting, by=by)


def do_start(made: Played, by) -> None:
    """Starting is not a stage, and the day refuses it here: what counts is who gets that far."""
    start(meeting=made.meeting, by=by)


def do_record(made: Played, by) -> None:
    record_meeting(
        meeting=made.meeting,
        came=dict.fromkeys(made.parties, Came.CAME),
        answers={},
        helped=Offered.YES,
        by=by,
    )


def do_pause(made: Played, by) -> None:
    later = clock.today(NOW) + timedelta(days=30)
    decide(referral=made.referral, party=None, decision=Suitable.NOT_NOW, reason="-", review_on=later, by=by)


def do_close(made: Played, by) -> None:
    close(referral=made.referral, reason=Reason.NOT_THE_TIME, by=by)


WHO = {
    "asha": "leads it, supports Sam",
    "fay": "facilitates",
    "wes2": "second worker",
    "kit": "supports the other",
    "lou": "same team",
    "mo": "manages the team",
    "sal": "manages another team of the organisation",
    "ivy": "safeguarding lead, manages nobody",
    "mina": "manages elsewhere",
    "zed": "a stranger",
    "gwen": "governance",
    "adam": "administrator",
}
RUNNING = {"asha", "fay", "mo", "sal"}
MAY: dict[str, tuple[str, object, set[str]]] = {
    "prepare": ("logged", do_prepare, {"asha", "fay", "mo", "sal"}),  # users who open that compartment
    "book": ("ready", do_book, RUNNING),
    "call_off": ("booked_tomorrow", do_call_off, RUNNING),
    "start": ("booked_tomorrow", do_start, {"fay", "wes2"}),
    "met": ("record_overdue", do_record, {"asha", "fay", "wes2"}),
    "pause": ("ready", do_pause, RUNNING),
    "close": ("ready", do_close, RUNNING),
}


@pytest.mark.parametrize("who", WHO)
@pytest.mark.parametrize("step", MAY)
def test_each_step_is_taken_by_the_users_of_the_table(made, step, who):
    situation, do, allowed = MAY[step]
    played = made[situation]
    try:
        do(played, played.staff[who])
        refused = False
    except Refused:
        refused = True
    except NotPossible:
        assert step == "start"
        refused = False
    assert refused == (who not in allowed)


@pytest.mark.parametrize("step", MAY)
def test_a_refused_step_changes_nothing(made, step):
    situation, do, _ = MAY[step]
    played = made[situation]
    before = Referral.objects.unscoped("test").values().get(pk=played.referral.pk)
    with undone(), pytest.raises(Refused):
        do(played, played.staff["zed"])
    assert Referral.objects.unscoped("test").values().get(pk=played.referral.pk) == before
