"""Follow-up calls with each person separately: the calls that fall due with a meeting, their answers, and failed
attempts. An answer that is not safe becomes a concern in the same transaction."""

from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Exists, OuterRef

from meetings.enums import (
    FOLLOW_UP_QUESTIONS,
    Agreed,
    AttemptResult,
    FollowUpKind,
    FollowUpResult,
    MeetingStatus,
)
from meetings.facts import MeetingRow
from meetings.models import Attempt, FollowUp, Meeting
from meetings.outcome import REACHED
from referrals.actions.change import Change, changing_party
from referrals.actions.concerns import raise_concern
from referrals.actions.readiness import rate
from referrals.actions.tasks import finish_tasks, give_task
from referrals.enums import Answer, ConcernKind, RatingPoint, TaskKind
from referrals.models import Party
from restorative.accounts.models import User
from restorative.common import clock
from restorative.common.decisions import NotPossible, need
from restorative.common.rules import rules

RATED = {FollowUpKind.WEEKS_6: RatingPoint.SIX_WEEKS, FollowUpKind.WEEKS_12: RatingPoint.TWELVE_WEEKS}
# Results of a call without a conversation.
LEFT = (FollowUpResult.RATHER_NOT, FollowUpResult.NOT_REACHED)


def due_dates(day: date, closures: Collection[date]) -> dict[FollowUpKind, date]:
    """When each call falls due after a meeting on that day: always a working day."""
    numbers = rules()
    weeks = {
        FollowUpKind.WEEKS_2: numbers.follow_up_weeks_first,
        FollowUpKind.WEEKS_6: numbers.follow_up_weeks_second,
        FollowUpKind.WEEKS_12: numbers.follow_up_weeks_last,
    }
    calls = {
        kind: clock.add_working_days(day + timedelta(weeks=count, days=-1), 1, closures)
        for kind, count in weeks.items()
    }
    debrief = clock.add_working_days(day, numbers.debrief_working_days, closures)
    return {FollowUpKind.DEBRIEF: debrief, **calls}


def plan_follow_ups(change: Change, meeting: Meeting, there: Sequence[Party]) -> None:
    """Plan the calls for each participant who came to a meeting.

    Outstanding calls of an earlier meeting with the same people are replaced by these. A meeting recorded after a
    newer one adds no call that is in the past, and none for participants of the newer one.
    """
    calls = FollowUp.objects.unscoped("another meeting").filter(
        meeting__referral=change.referral, party__in=there
    )
    earlier = calls.filter(meeting__starts_at__lt=meeting.starts_at, done_at__isnull=True)
    result = FollowUpResult.LATER_MEETING
    change.update(earlier, **change.stamp("done"), result=result)
    called = set(calls.filter(meeting__starts_at__gt=meeting.starts_at).values_list("party", flat=True))
    newer = any(
        row.status == MeetingStatus.TOOK_PLACE and row.starts_at > meeting.starts_at
        for row in change.facts.rows(MeetingRow)
    )
    since = clock.today(change.at) if newer else date.min
    day = clock.today(meeting.starts_at)
    rung = [party for party in there if not party.is_supporter and party.pk not in called]
    houses = {party.pk: change.facts.house(party.organisation_id) for party in rung}
    change.add_all(
        FollowUp,
        (
            {"meeting": meeting, "party": party, "kind": kind, "due_on": due_on}
            for party in rung
            for kind, due_on in due_dates(day, houses[party.pk].closures).items()
            if due_on >= since
        ),
    )


def _fresh(follow_up: FollowUp) -> FollowUp:
    rows = FollowUp.objects.unscoped("a call under the lock").select_related("party")
    row = rows.get(pk=follow_up.pk)
    if row.done_at:
        raise NotPossible("This call is already done.")
    return row


def hold_follow_up(
    *,
    follow_up: FollowUp,
    answers: dict[str, str],
    by: User,
    said: dict[str, str] | None = None,
    notes: str = "",
    ratings: dict[str, int | None] | None = None,
    at: datetime | None = None,
) -> FollowUp:
    """Save what a person said in a call, alone. `said` holds their words for each answer.

    Any answer but yes to feeling safe is recorded as a stop at once; a new worry creates a task that lasts until it
    is recorded. Raises Refused, or NotPossible naming the field.
    """
    said = {key: text for key, text in (said or {}).items() if text.strip()}
    with changing_party(follow_up.party, by=by, at=at) as (change, party):
        for key in ("feels_safe", "worries"):
            if answers.get(key) not in Agreed.values:
                raise NotPossible("Answer yes, no or not sure.", field=key)
        row = _fresh(follow_up)
        heard = {"answers": {key: answers.get(key, "") for key in FOLLOW_UP_QUESTIONS}, "said": said}
        _finish(change, row, FollowUpResult.TALKED, notes=notes, answers=heard)
        point = RATED.get(FollowUpKind(row.kind))
        if point and ratings and any(value is not None for value in ratings.values()):
            rate(party=party, point=point, ratings=ratings, by=by)
        if answers["feels_safe"] != Answer.YES:
            detail = said.get("feels_safe", "")
            raise_concern(party=party, kind=ConcernKind.SAYS_NOT_SAFE, detail=detail, by=by)
        if answers["worries"] != Answer.NO:
            when = clock.show_day(change.at)
            words = f"Record the worry {party.known_as} told you of on {when}, as a safety concern."
            give_task(change, party, TaskKind.WORRY, words, due_on=clock.today(change.at), to=by)
        return row


def could_not_reach(
    *, follow_up: FollowUp, result: AttemptResult, by: User, at: datetime | None = None
) -> Attempt:
    """Record a failed attempt. Another falls due in a few working days."""
    with changing_party(follow_up.party, by=by, at=at) as (change, party):
        row = _fresh(follow_up)
        attempt = change.add(Attempt, follow_up=row, party=party, result=result, **change.stamp("attempted"))
        change.record("follow_up_tried", row, fields=["attempts"], why=result)
        words = f"Try {party.known_as} again, as they said it is safe to."
        due_on = change.working_day_after(rules().try_again_working_days, party.organisation_id)
        give_task(change, party, TaskKind.TRY_AGAIN, words, due_on=due_on, to=by)
        return attempt


def leave_follow_up(
    *,
    follow_up: FollowUp,
    result: FollowUpResult,
    by: User,
    reason: str = "",
    later_too: bool = False,
    at: datetime | None = None,
) -> FollowUp:
    """Close a call without a conversation: the person would rather not, or could not be reached three times; with a
    reason.

    `later_too` also closes the later calls. Raises Refused, or NotPossible naming the field.
    """
    with changing_party(follow_up.party, by=by, at=at) as (change, party):
        if result not in LEFT:
            raise NotPossible("Choose how it ended.", field="result")
        row = _fresh(follow_up)
        if result == FollowUpResult.NOT_REACHED:
            if tries(row) < rules().attempts_before_leaving:
                raise NotPossible(
                    f"Try {rules().attempts_before_leaving} times before leaving it.", field="result"
                )
            need(reason, "Say why it is left.", field="reason")
        rows = [row]
        if later_too:
            later = FollowUp.objects.unscoped("calls to come").filter(
                meeting=row.meeting_id, party=party, done_at__isnull=True, due_on__gt=row.due_on
            )
            rows += list(later.select_related("party"))
        for each in rows:
            _finish(change, each, result, notes=reason)
        return row


def tries(follow_up: FollowUp) -> int:
    """How many attempts have failed since the meeting, or since the last conversation."""
    reached = FollowUp.objects.unscoped("how often").filter(
        meeting=follow_up.meeting_id,
        party=follow_up.party_id,
        result__in=REACHED,
        done_at__gte=OuterRef("attempted_at"),
    )
    return (
        Attempt.objects.unscoped("how often")
        .filter(~Exists(reached), follow_up__meeting=follow_up.meeting_id, party=follow_up.party_id)
        .count()
    )


def _finish(change: Change, row: FollowUp, result: FollowUpResult, *, notes: str, **answers: Any) -> None:
    change.set(row, result=result, notes=notes, **change.stamp("done"), **answers)
    finish_tasks(change, row.party, TaskKind.TRY_AGAIN)
    change.record("follow_up_done", row, fields=["answers", "notes", "result"], why=result)
