"""Follow-up calls with each person separately: the calls that fall due with a meeting, their answers, and failed
attempts. An answer that is not safe becomes a concern in the same transaction."""

from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from django.db.models import Exists, OuterRef

from meetings.enums import (
    FOLLOW_UP_QUESTIONS,
    Agreed,
    AttemptResult,
    FollowUpKind,
    FollowUpResult,
    MeetingStatus,
)
from meetings.models import Attempt, FollowUp, Meeting
from meetings.outcome import REACHED
from referrals import access
from referrals.actions.concerns import raise_concern
from referrals.actions.lifecycle import changing, made
from referrals.actions.parties import fresh_party
from referrals.actions.readiness import rate
from referrals.actions.tasks import finish_tasks, give_task
from referrals.enums import Answer, ConcernKind, RatingPoint, TaskKind
from referrals.models import Party
from restorative.accounts.working_days import closures_of, working_day_after
from restorative.audit.ledger import record
from restorative.common import clock
from restorative.common.decisions import NotPossible
from restorative.common.rules import rules

if TYPE_CHECKING:
    from restorative.accounts.models import User

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


def plan_follow_ups(*, meeting: Meeting, there: Sequence[Party], by: "User", at: datetime) -> list[FollowUp]:
    """Plan the calls for each participant who came to a meeting.

    Outstanding calls of an earlier meeting with the same people are replaced by these. A meeting recorded after a
    newer one adds no call that is in the past, and none for participants of the newer one. Called while the
    referral is locked.
    """
    calls = FollowUp.objects.unscoped("another meeting").filter(
        meeting__referral=meeting.referral_id, party__in=there
    )
    calls.filter(meeting__starts_at__lt=meeting.starts_at, done_at__isnull=True).update(
        done_at=at, done_by=by, result=FollowUpResult.LATER_MEETING
    )
    called = set(calls.filter(meeting__starts_at__gt=meeting.starts_at).values_list("party", flat=True))
    since = _first_wanted(meeting, at)
    closures = {key: closures_of(key) for key in {party.organisation_id for party in there}}
    day = clock.today(meeting.starts_at)
    rows = [
        FollowUp(meeting=meeting, party=party, kind=kind, due_on=due_on, **made(by, at))
        for party in there
        if not party.is_supporter and party.pk not in called
        for kind, due_on in due_dates(day, closures[party.organisation_id]).items()
        if due_on >= since
    ]
    return FollowUp.objects.bulk_create(rows)


def _first_wanted(meeting: Meeting, at: datetime) -> date:
    """The first day for which calls are wanted: from today if there is a newer meeting, else all of them."""
    newer = Meeting.objects.unscoped("another meeting").filter(
        referral=meeting.referral_id, status=MeetingStatus.TOOK_PLACE, starts_at__gt=meeting.starts_at
    )
    return clock.today(at) if newer.exists() else date.min


def _fresh(follow_up: FollowUp) -> FollowUp:
    row = (
        FollowUp.objects.unscoped("a call under the lock")
        .select_related("party", "meeting")
        .get(pk=follow_up.pk)
    )
    if row.done_at:
        raise NotPossible("This call is already done.")
    return row


def hold_follow_up(
    *,
    follow_up: FollowUp,
    answers: dict[str, str],
    by: "User",
    said: dict[str, str] | None = None,
    notes: str = "",
    ratings: dict[str, int | None] | None = None,
    at: datetime | None = None,
) -> FollowUp:
    """Save what a person said in a call, alone. `said` holds their words for each answer.

    Any answer but yes to feeling safe is recorded as a stop at once; a new worry creates a task that lasts until it
    is recorded. Raises Refused, or NotPossible naming the field.
    """
    at = at or clock.now()
    access.may_open(by, follow_up.party).require()
    said = {key: text for key, text in (said or {}).items() if text.strip()}
    for key in ("feels_safe", "worries"):
        if answers.get(key) not in Agreed.values:
            raise NotPossible("Answer yes, no or not sure.", field=key)
    with changing(follow_up.party.referral_id, at=at) as (_, at):
        row = _fresh(follow_up)
        party = fresh_party(row.party)
        row.answers = {"answers": {key: answers.get(key, "") for key in FOLLOW_UP_QUESTIONS}, "said": said}
        _finish(row, FollowUpResult.TALKED, notes=notes, by=by, at=at)
        point = RATED.get(FollowUpKind(row.kind))
        if point and ratings and any(value is not None for value in ratings.values()):
            rate(party=party, point=point, by=by, at=at, **ratings)
        if answers["feels_safe"] != Answer.YES:
            raise_concern(
                party=party, kind=ConcernKind.SAYS_NOT_SAFE, detail=said.get("feels_safe", ""), by=by, at=at
            )
        if answers["worries"] != Answer.NO:
            give_task(
                party=party,
                kind=TaskKind.WORRY,
                words=f"Record the worry {party.known_as} told you of on {clock.show_day(at)}, as a safety concern.",
                due_on=clock.today(at),
                by=by,
                at=at,
                to=by,
            )
        return row


def could_not_reach(
    *, follow_up: FollowUp, result: AttemptResult, by: "User", at: datetime | None = None
) -> Attempt:
    """Record a failed attempt. Another falls due in a few working days."""
    at = at or clock.now()
    access.may_open(by, follow_up.party).require()
    with changing(follow_up.party.referral_id, at=at) as (referral, at):
        row = _fresh(follow_up)
        party = fresh_party(row.party)
        attempt = Attempt.objects.create(
            follow_up=row, party=party, result=result, attempted_at=at, attempted_by=by, **made(by, at)
        )
        record(
            "follow_up_tried",
            by=by,
            thing=row,
            referral_id=referral.pk,
            party_id=party.pk,
            fields=["attempts"],
            why_code=result,
            at=at,
        )
        give_task(
            party=party,
            kind=TaskKind.TRY_AGAIN,
            words=f"Try {party.known_as} again, as they said it is safe to.",
            due_on=working_day_after(clock.today(at), rules().try_again_working_days, party.organisation_id),
            by=by,
            at=at,
            to=by,
        )
        return attempt


def leave_follow_up(
    *,
    follow_up: FollowUp,
    result: FollowUpResult,
    by: "User",
    reason: str = "",
    later_too: bool = False,
    at: datetime | None = None,
) -> FollowUp:
    """Close a call without a conversation: the person would rather not, or could not be reached three times; with a
    reason.

    `later_too` also closes the later calls. Raises Refused, or NotPossible naming the field.
    """
    at = at or clock.now()
    access.may_open(by, follow_up.party).require()
    if result not in LEFT:
        raise NotPossible("Choose how it ended.", field="result")
    with changing(follow_up.party.referral_id, at=at) as (_, at):
        row = _fresh(follow_up)
        fresh_party(row.party)
        if result == FollowUpResult.NOT_REACHED:
            if tries(row) < rules().attempts_before_leaving:
                raise NotPossible(
                    f"Try {rules().attempts_before_leaving} times before leaving it.", field="result"
                )
            if not reason.strip():
                raise NotPossible("Say why it is left.", field="reason")
        rows = [row]
        if later_too:
            later = FollowUp.objects.unscoped("calls to come").filter(
                meeting=row.meeting_id, party=row.party_id, done_at__isnull=True, due_on__gt=row.due_on
            )
            rows += list(later.select_related("party", "meeting"))
        for each in rows:
            _finish(each, result, notes=reason, by=by, at=at)
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


def _finish(row: FollowUp, result: FollowUpResult, *, notes: str, by: "User", at: datetime) -> None:
    row.result, row.notes, row.done_at, row.done_by = result, notes, at, by
    row.save(update_fields=["result", "answers", "notes", "done_at", "done_by"])
    finish_tasks(party=row.party, kind=TaskKind.TRY_AGAIN, by=by, at=at)
    record(
        "follow_up_done",
        by=by,
        thing=row,
        referral_id=row.meeting.referral_id,
        party_id=row.party_id,
        fields=["answers", "notes", "result"],
        why_code=result,
        at=at,
    )
