"""The events of a referral's history, as far as one user may know them: one query, and one more for handoffs.
Narrative is not among them; presenters/history.py reads it for the events that a page shows, and puts them in words."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from dataclasses import fields as dataclass_fields
from datetime import datetime
from typing import Any
from uuid import UUID

from django.apps import apps
from django.db.models import CharField, F, IntegerField, QuerySet, Value
from django.db.models.functions import JSONArray

from meetings.enums import MeetingStatus
from meetings.models import Agreement
from referrals.enums import MEETING_PARTS, ApproachResult, HandoffState, Purpose
from referrals.facts import Statement
from referrals.facts.reader import moment
from referrals.models import Handoff, ProtectiveShare
from referrals.querysets_rules import Within


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened. `code` and `more` are codes of its kind, `then` a second time."""

    what: str
    at: datetime
    key: str | int
    party: UUID | None = None
    name: str | None = None  # of the party
    by: UUID | None = None
    by_name: str | None = None
    code: str | None = None
    more: str | None = None
    then: datetime | None = None

    @property
    def order(self) -> tuple[datetime, str, str]:
        return self.at, self.what, str(self.key).zfill(36)


NONE = Value(None, CharField())


@dataclass(frozen=True)
class Source:
    """Where events of one kind are read: the model, the path to its referral, and a column for each field of Event."""

    model: str
    referral: str
    columns: tuple[Any, ...]

    def queryset(self, referrals: Sequence[UUID]) -> QuerySet:
        """In the form that a statement asks for."""
        here = apps.get_model(self.model)._base_manager.filter(**{f"{self.referral}__in": referrals})
        number = Value(0, IntegerField())
        return here.order_by().values_list(number, F(self.referral), JSONArray(*self.columns))


def _event(values: list[Any]) -> Event:
    what, at, key, party, name, by, by_name, code, more, then = values
    moments, ids = (
        (value and moment(value) for value in (at, then)),
        (value and UUID(value) for value in (party, by)),
    )
    (at, then), (party, by) = moments, ids
    return Event(what, at, key, party, name, by, by_name, code, more, then)


def _source(what: str, model: str, verb: str, *, path: str = "party__referral", **columns: Any) -> Source:
    """Rows of a model, as events of one kind. A verb names the time and the worker: `raised` is `raised_at` and
    `raised_by`."""
    found = {"what": Value(what, CharField()), "at": f"{verb}_at", "key": "pk", "party": "party_id"}
    found |= {"name": "party__known_as", "by": f"{verb}_by_id", "by_name": f"{verb}_by__first_name"}
    found |= {"code": NONE, "more": NONE, "then": NONE, **columns}
    fields = tuple(found[each.name] for each in dataclass_fields(Event))
    return Source(model if "." in model else f"referrals.{model}", path, fields)


def _shell(what: str, model: str, verb: str, *, path: str = "referral", **columns: Any) -> Source:
    """The same for rows of the shell, which have no party."""
    return _source(what, model, verb, path=path, party=NONE, name=NONE, **columns)


def _statement(*sources: Source) -> Statement:
    return Statement(lambda referrals: [source.queryset(referrals) for source in sources])


UNSAID: dict[str, Any] = {"by": NONE, "by_name": NONE}
PART: dict[str, Any] = {"code": "part", "more": "user__first_name"}
STEP = _source("step", "StageChange", "created", path="referral", name=NONE, code="step", then="released_at")
ANSWER = _source("answer", "Consent", "taken", code="purpose", more="answer")
CALL_OFF = _source(
    "call_off",
    "meetings.CallOff",
    "released",
    path="meeting__referral",
    at="created_at",
    more="meeting_id",
    then="released_at",
)
# The newest of these are on the referral page.
SHORT = _statement(STEP, ANSWER, CALL_OFF)
WHOLE = _statement(
    STEP,
    ANSWER,
    CALL_OFF,
    _source("decided", "Suitability", "decided", code="decision"),
    _source("closed", "Closure", "created", code="outcome", more="reason"),
    _shell("records", "RecordsCheck", "asked"),
    _shell("records_done", "RecordsCheck", "released", **UNSAID),
    _shell("part", "Involvement", "created", at="since", **PART),
    # A part can end over what a person told their worker, so that the history does not say who ended it.
    _shell("part_over", "Involvement", "created", at="until", **PART, **UNSAID),
    _source("approach", "Approach", "created", code="result"),
    _source("prepared", "Preparation", "held", code="format"),
    _source("ready", "ReadinessCheck", "completed", code="kind", more="judgement"),
    _source("rated", "Rating", "created", code="point"),
    _source("asked", "SafetyAnswers", "asked"),
    _source("concern", "Concern", "raised", code="kind"),
    _source("cleared", "Concern", "cleared", code="kind"),
    _source("signed", "SignOff", "decided", code="decision"),
    _source("shared", "ProtectiveShare", "shared", code="to"),
    _shell("meeting", "meetings.Meeting", "created", code="status", then="starts_at"),
    _shell("written", "meetings.Agreement", "created", path="meeting__referral"),
    _source("call", "meetings.FollowUp", "done", code="kind", more="result"),
    _source("note", "Note", "created", path="referral", code="kind", more="corrects_id"),
)


def newest_steps(here: Within, at: datetime, limit: int) -> list[Event]:
    """The newest steps, and answers to taking part, newest first."""
    found = _read(SHORT, here, at)
    shown = [event for event in found if event.what == "step" or event.code == Purpose.TAKE_PART]
    return sorted(shown, key=lambda event: event.order, reverse=True)[:limit]


def events(here: Within, at: datetime, *, handoffs: bool) -> list[Event]:
    """Everything, newest first. `handoffs`: whether there are any requests to other organisations."""
    found = [*_read(WHOLE, here, at), *(_handoffs(here) if handoffs else ())]
    # A booked meeting has its own event, with its time.
    shown = [event for event in found if not (event.what == "step" and event.code == "book")]
    shown.sort(key=lambda event: event.order, reverse=True)
    # What came at one moment stands in the order of its kinds.
    shown.sort(key=lambda event: event.what)
    return sorted(shown, key=lambda event: event.at, reverse=True)


def _read(statement: Statement, here: Within, at: datetime) -> list[Event]:
    if not here.referrals:
        return []
    read = [_event(columns) for _, _, columns in statement.rows([*here.referrals])]
    rows = [row for row in read if row.at is not None]
    call_offs = sorted((row for row in rows if row.what == "call_off"), key=lambda row: row.key, reverse=True)
    known = [row for row in call_offs if row.party is None or row.then or row.party in here.opened]
    released = {row.then: row for row in call_offs if row.then}
    told = {row.more for row in known}
    asked = _asked_for(rows, here)
    found = []
    for row in rows:
        if row.what == "step":
            row = _step(row, released, here)
        elif row.what == "meeting" and row.code == MeetingStatus.CALLED_OFF and row.key not in told:
            row = replace(row, code=MeetingStatus.BOOKED)
        if row is not None and _is_known(row, here, at, asked):
            found.append(row)
    return found


def _step(row: Event, released: dict[datetime | None, Event], here: Within) -> Event | None:
    """A step as this user knows of it: one from a compartment they do not open counts from its release, by the worker
    who released it."""
    if row.party is None or row.party in here.opened:
        return row
    if row.then is None:
        return None
    told = released.get(row.then)
    return replace(row, at=row.then, by=told and told.by, by_name=told and told.by_name)


def _is_known(row: Event, here: Within, at: datetime, asked: set[UUID]) -> bool:
    match row.what:
        case "call_off":
            return False
        case "step" | "records" | "records_done" | "meeting":
            return True
        case "part" | "part_over":
            return row.code in MEETING_PARTS and row.at <= at
        case "note" if row.party is None:
            return True
        case "approach" if row.code == ApproachResult.NOT_YET:
            return False
        case "written" | "shared":
            return UUID(str(row.key)) in asked
        case "asked" | "concern" | "cleared" | "signed":
            return row.party in here.opened_safety
    return row.party in here.opened


def _asked_for(rows: list[Event], here: Within) -> set[UUID]:
    """Ids of agreements and protective shares that the user may know of: these do not follow from a compartment."""
    kinds, found = {row.what for row in rows}, set()
    if "written" in kinds:
        found.update(Agreement.objects.known_of(here).values_list("pk", flat=True))
    if "shared" in kinds:
        shares = ProtectiveShare.objects.visible_to(here.user).filter(party__referral__in=here.referrals)
        found.update(shares.values_list("pk", flat=True))
    return found


def _handoffs(here: Within) -> Iterator[Event]:
    """Requests to other organisations, and what became of them; not who ended them."""
    rows = Handoff.objects.visible_to(here).filter(referral__in=here.referrals)
    for row in rows.select_related("to_org", "sent_by", "decided_by"):
        key, asked = str(row.pk), row.to_org.name
        by = row.sent_by
        yield Event("handoff", row.sent_at, key, by=by.pk, by_name=by.first_name, code=row.kind, more=asked)
        if row.decided_at:
            came = row.decided_kind or HandoffState.DECLINED
            by = row.decided_by
            name = by.first_name if by else None
            yield Event(
                "handoff_answered",
                row.decided_at,
                key,
                by=row.decided_by_id,
                by_name=name,
                code=came,
                more=asked,
            )
        if row.shown_ended_at:
            yield Event("handoff_over", row.shown_ended_at, key, code=row.state, more=asked)
