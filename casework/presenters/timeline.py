"""The rows of a referral's history, as one user may know them: one query over all kinds, newest first.
history.py puts them into words."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db.models import (
    BooleanField,
    Case,
    CharField,
    DateTimeField,
    Exists,
    F,
    OuterRef,
    QuerySet,
    UUIDField,
    Value,
    When,
)
from django.db.models.functions import Cast

from casework.presenters.history import known_steps
from meetings.models import Agreement, FollowUp, Meeting
from referrals.enums import ApproachResult
from referrals.models import (
    Approach,
    Closure,
    Concern,
    Consent,
    Handoff,
    Involvement,
    Note,
    Preparation,
    ProtectiveShare,
    Rating,
    ReadinessCheck,
    RecordsCheck,
    Referral,
    SafetyAnswers,
    SignOff,
    Suitability,
)
from restorative.common import clock
from restorative.common.fields import EncryptedTextField

if TYPE_CHECKING:
    from restorative.accounts.models import User

NO_ID = Cast(Value(None), UUIDField())
NO_TIME = Cast(Value(None), DateTimeField())
NO_CODE = Value("", CharField())
NO_WORDS = Value("", EncryptedTextField())
NO = Value(False, BooleanField())


@dataclass(frozen=True)
class Row:
    """One event. `more` is a second code, `then` a time in its text; the last two columns are for notes."""

    at: Any
    what: str
    key: str
    party: Any
    name: str
    by: Any
    by_name: str
    code: str
    more: str
    then: Any
    words: str
    corrects: Any
    corrected: bool


COLUMNS = [f"h_{name}" for name in Row.__dataclass_fields__]
# The kinds to filter by, in the order of the list.
GROUPS = {
    "steps": "Steps and decisions",
    "who": "Who works on it",
    "agreed": "What people agree to",
    "talks": "Talks and preparing",
    "safety": "Safety",
    "meetings": "Meetings",
    "notes": "Notes",
}


def _part(rows: QuerySet, what: str, at: str, by: str, /, **more: Any) -> QuerySet:
    """The columns of one kind of row; columns it does not have are empty."""
    columns = {
        "at": F(at),
        "what": Value(what, CharField()),
        "key": Cast("pk", CharField()),
        "party": Cast("party_id", UUIDField()),
        "name": F("party__known_as"),
        "by": Cast(f"{by}_id", UUIDField()),
        "by_name": F(f"{by}__first_name"),
        "code": NO_CODE,
        "more": NO_CODE,
        "then": NO_TIME,
        "words": NO_WORDS,
        "corrects": NO_ID,
        "corrected": NO,
        **more,
    }
    return rows.annotate(**{f"h_{name}": value for name, value in columns.items()}).order_by()


def _steps(referral: Referral, user: "User") -> QuerySet:
    # A booked meeting has its own row, with its time.
    steps = known_steps(referral, user).exclude(step="book")
    return _part(
        steps,
        "step",
        "known_at",
        "created_by",
        by=F("known_by"),
        by_name=F("known_name"),
        party=NO_ID,
        name=NO_CODE,
        code=F("step"),
    )


def _meetings(referral: Referral, user: "User") -> QuerySet:
    found = Meeting.objects.visible_to(user).filter(referral=referral)
    return _part(
        found,
        "meeting",
        "created_at",
        "created_by",
        party=NO_ID,
        name=NO_CODE,
        code=F("shown_status"),
        then=F("starts_at"),
    )


def _nobodys(rows: QuerySet, what: str, at: str, by: str, /, **more: Any) -> QuerySet:
    """The columns of rows without a party: nothing in them is sealed."""
    return _part(rows, what, at, by, **{"party": NO_ID, "name": NO_CODE, **more})


def _who(referral: Referral, user: "User") -> list[QuerySet]:
    """Facilitators who joined and left, requests to other organisations, and their answers."""
    parts = Involvement.objects.visible_to(user).filter(referral=referral, since__lte=clock.now())
    # Users who do not open the party do not see who made the change, because a part can end over what a person told
    # their worker.
    unsaid: dict[str, Any] = {"by": NO_ID, "by_name": NO_CODE}
    said = {"code": F("part"), "more": F("user__first_name")}
    asked = Handoff.objects.visible_to(user).filter(referral=referral)
    org = {"code": F("kind"), "more": F("to_org__name")}
    answered = asked.filter(decided_at__isnull=False)
    # A declined request has no accepted kind.
    came = Case(When(decided_kind="", then=Value("declined")), default=F("decided_kind"))
    return [
        _nobodys(parts, "part", "since", "created_by", **said),
        _nobodys(parts.filter(until__lte=clock.now()), "part_over", "until", "created_by", **said, **unsaid),
        _nobodys(asked, "handoff", "sent_at", "sent_by", **org),
        _nobodys(answered, "handoff_answered", "decided_at", "decided_by", **{**org, "code": came}),
        _nobodys(
            asked.filter(shown_ended_at__isnull=False),
            "handoff_over",
            "shown_ended_at",
            "ended_by",
            **{**org, "code": F("state"), **unsaid},
        ),
    ]


def _records(referral: Referral, user: "User") -> list[QuerySet]:
    """That a records check was requested and is done. The worker who released it is not shown."""
    checks = RecordsCheck.objects.visible_to(user).filter(referral=referral)
    return [
        _nobodys(checks, "records", "asked_at", "asked_by"),
        _nobodys(
            checks.filter(released_at__isnull=False),
            "records_done",
            "released_at",
            "released_by",
            by=NO_ID,
            by_name=NO_CODE,
        ),
    ]


def _after(referral: Referral, user: "User") -> list[QuerySet]:
    """Agreements, and calls with people this user opens."""
    agreed = Agreement.objects.known_of(user).filter(meeting__referral=referral)
    calls = FollowUp.objects.visible_to(user)
    done = calls.filter(meeting__referral=referral, done_at__isnull=False)
    return [
        _nobodys(agreed, "written", "created_at", "created_by"),
        _part(done, "call", "done_at", "done_by", code=F("kind"), more=F("result")),
    ]


def _notes(referral: Referral, user: "User") -> QuerySet:
    notes = Note.objects.visible_to(user).filter(referral=referral)
    return _part(
        notes,
        "note",
        "created_at",
        "created_by",
        code=F("kind"),
        more=F("audience"),
        words=F("text"),
        corrects=Cast("corrects_id", UUIDField()),
        corrected=Exists(Note.objects.visible_to(user).filter(corrects=OuterRef("pk"))),
    )


def parts(referral: Referral, user: "User") -> dict[str, list[QuerySet]]:
    """The rows of each group. Sealed rows only of people this user opens."""

    def own(model: Any) -> QuerySet:
        return model.objects.visible_to(user).filter(party__referral=referral)

    concerns = own(Concern)
    return {
        "steps": [
            _steps(referral, user),
            _part(
                own(Suitability), "decided", "decided_at", "decided_by", code=F("decision"), words=F("reason")
            ),
            _part(own(Closure), "closed", "created_at", "created_by", code=F("outcome"), more=F("reason")),
            *_records(referral, user),
        ],
        "who": _who(referral, user),
        "agreed": [
            _part(own(Consent), "answer", "taken_at", "taken_by", code=F("purpose"), more=F("answer"))
        ],
        "talks": [
            _part(
                own(Approach).exclude(result=ApproachResult.NOT_YET),
                "approach",
                "created_at",
                "created_by",
                code=F("result"),
            ),
            _part(own(Preparation), "prepared", "held_at", "held_by", code=F("format")),
            _part(
                own(ReadinessCheck),
                "ready",
                "completed_at",
                "completed_by",
                code=F("kind"),
                more=F("judgement"),
            ),
            _part(own(Rating), "rated", "created_at", "created_by", code=F("point")),
        ],
        "safety": [
            _part(own(SafetyAnswers), "asked", "asked_at", "asked_by"),
            _part(concerns, "concern", "raised_at", "raised_by", code=F("kind")),
            _part(
                concerns.filter(cleared_at__isnull=False),
                "cleared",
                "cleared_at",
                "cleared_by",
                code=F("kind"),
            ),
            _part(own(SignOff), "signed", "decided_at", "decided_by", code=F("decision")),
            _part(own(ProtectiveShare), "shared", "shared_at", "shared_by", code=F("to")),
        ],
        "meetings": [_meetings(referral, user), *_after(referral, user)],
        "notes": [_notes(referral, user)],
    }


def read(referral: Referral, user: "User", group: str = "", *, start: int = 0, most: int = 25) -> list[Row]:
    """Rows newest first, from `start`: up to `most`, and one more if there are more."""
    by_group = parts(referral, user)
    first, *rest = (
        by_group[group] if group in by_group else [row for rows in by_group.values() for row in rows]
    )
    # The column types of a union come from its first part, so the steps come first.
    found = first.values_list(*COLUMNS)
    if rest:
        found = found.union(*(each.values_list(*COLUMNS) for each in rest), all=True)
    found = found.order_by("-h_at", "h_what", "-h_key")
    return [Row(*values) for values in found[start : start + most + 1]]
