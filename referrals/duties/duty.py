"""What a duty is, and the table of kinds: each with its words and pages. To add one, write a rule in this package (or
in an app above) and an entry for its kind."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import IntegerChoices

from referrals.enums import Part, Stage
from referrals.facts import Facts
from referrals.principals import user
from restorative.common import clock

# A duty with a day is shown so long before.
AHEAD = timedelta(days=7)
# A reminder that is later than this is not sent.
OF_USE = timedelta(days=30)


@dataclass(frozen=True)
class NewDuty:
    """One thing that a worker, or one of a group, has to do. Computed from facts, never changed.

    `thing` is the row it rests on, and `version` counts its turns: a reminder goes once for each. With a party, only
    workers who open that compartment may know of it; with `safety`, also those who open concerns and safety answers.
    It is shown from `starts_at`, and ends by itself at `ends_at`. `told` are reminded when it is due, while that is of
    use; `late` are told at `late_at` if it is still there.
    """

    kind: str
    principal: str
    thing: UUID
    starts_at: datetime
    due_at: datetime | None
    version: int = 1
    party: UUID | None = None
    safety: bool = False
    ends_at: datetime | None = None
    told: tuple[UUID, ...] = ()
    late_at: datetime | None = None
    late: tuple[UUID, ...] = ()
    useful_until: datetime | None = None
    # Only for a worker who has no part in the referral, and not for that one.
    second_person: bool = False
    not_for: UUID | None = None


def worker_duty(
    kind: str, worker: UUID, thing: UUID, starts_at: datetime, due_at: datetime | None, **more: Any
) -> NewDuty:
    """A duty of one worker, who is reminded of it if its kind has a reminder."""
    return NewDuty(kind, user(worker), thing, starts_at, due_at, **{"told": (worker,), **more})


class Section(IntegerChoices):
    """The lists that duties are read in. OWN is for each worker; the others are named as on the page."""

    NONE = 0  # only reminded of
    OWN = 1
    WAITING = 2
    NEAR = 3
    SAID_NO = 4
    RING = 5
    ASKED = 6
    ON_HOLD = 7
    AWAY = 8
    SIGN_OFFS = 9
    SHARES = 10
    STOPS = 11
    RECORDS_CHECKS = 12
    SUPERVISION = 13


@dataclass(frozen=True)
class Reminder:
    """A message about a duty: its kind in the outbox, and its words after the reference. No names."""

    kind: str
    words: str


@dataclass(frozen=True)
class DutyKind:
    """Everything about one kind of duty that is not a date.

    `what` and `action` are how it is listed, with `{name}` for the party; `page` is where it is done, with these `args`
    of it ("reference", "party", "thing") and then `query`. `hint` words the day, or says who it waits for (see
    presenters/duty_rows.py). `waits_first` is how it is said until it is due. With `now` it is for today even if it is
    due later, with `first` before everything else. `yields`: it is not listed while a meeting is near or a call-off
    waits for release, which come first. `reminder_page` is where a reminder leads, if not to the referral.
    """

    key: str
    due: Reminder | None = None
    late: Reminder | None = None
    # Reminded when it begins to be shown: what runs out is due on its last day, and said a week before.
    from_start: bool = False
    reminder_page: str = ""
    section: Section = Section.NONE
    what: str = ""
    action: str = "Open"
    page: str = "casework:show"
    args: tuple[str, ...] = ("reference",)
    query: str = ""
    hint: str = ""
    waits_first: str = ""
    now: bool = False
    first: bool = False
    yields: bool = False


PARTY, THING = ("reference", "party"), ("reference", "thing")


def own(
    key: str, what: str, action: str, page: str, args: tuple[str, ...] = ("reference",), **more: Any
) -> DutyKind:
    """A kind that is listed for the worker whose duty it is."""
    return DutyKind(key, section=Section.OWN, what=what, action=action, page=page, args=args, **more)


def shown_ahead(due: datetime) -> datetime:
    """From when something with a day is shown: the start of the day a week before."""
    return clock.moment(clock.today(due) - AHEAD, 0)


Rule = Callable[[Facts], Iterator[NewDuty]]

KINDS: dict[str, DutyKind] = {}
_rules: list[Rule] = []
_even_closed: list[Rule] = []


def register(rules: Iterable[Rule], kinds: Iterable[DutyKind], *, even_closed: Iterable[Rule] = ()) -> None:
    """Make rules and their kinds known. An app above calls this from its AppConfig.ready()."""
    _rules.extend(rule for rule in rules if rule not in _rules)
    _even_closed.extend(rule for rule in even_closed if rule not in _even_closed)
    KINDS.update({kind.key: kind for kind in kinds})


def duties_of(facts: Facts) -> list[NewDuty]:
    """All duties of one referral. The facts must be read with closures=True."""
    key = ("duties", facts.at)
    if key in facts.memo:
        return facts.memo[key]
    rules = [*([] if facts.stage == Stage.CLOSED else _rules), *_even_closed]
    days = _days_of_stand_ins(facts)
    found = (_clipped(duty, days) for rule in rules for duty in rule(facts))
    facts.memo[key] = [duty for duty in found if duty.ends_at is None or duty.ends_at > duty.starts_at]
    return facts.memo[key]


Days = dict[str, tuple[datetime, datetime]]


def _days_of_stand_ins(facts: Facts) -> Days:
    """The day of each stand-in who has no other part here: they have nothing to do before or after."""
    found: Days = {}
    parts = [row for row in facts.involvements if row.until is None or row.part == Part.STAND_IN]
    for row in parts:
        if row.until is not None and not any(
            each.until is None and each.user_id == row.user_id for each in parts
        ):
            found[user(row.user_id)] = (row.since, row.until)
    return found


def _clipped(duty: NewDuty, days: Days) -> NewDuty:
    day = days.get(duty.principal)
    if day is None:
        return duty
    starts, ends = max(duty.starts_at, day[0]), min(duty.ends_at or day[1], day[1])
    return replace(duty, starts_at=starts, ends_at=ends)
