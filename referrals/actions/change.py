"""Change: a referral under its lock, and how an action reads and writes there.
Every action starts with `changing` or `changing_party`. The stages of a referral are in lifecycle.py."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID

from django.db import transaction
from django.db.models import Case, F, Model, QuerySet, Value, When
from django.dispatch import Signal

from referrals import access, blockers, events, stages
from referrals.enums import Gate, Stage
from referrals.facts import Facts, facts_of
from referrals.facts.party import PartyFacts
from referrals.models import Party, Person, Referral
from referrals.projections import project
from restorative.accounts.models import User
from restorative.accounts.working_days import working_day_after
from restorative.audit.ledger import record
from restorative.common import clock
from restorative.common.decisions import NotPossible
from restorative.notify import outbox

Row = TypeVar("Row", bound=Model)
Found = TypeVar("Found")

# No action waits longer for the lock; the database gives up earlier.
LONGEST_WAIT = timedelta(minutes=1)
CLOSED = "This referral is closed. Reopen it first."


@dataclass(eq=False)
class _Held:
    """A locked referral, and what was read of it since the last write."""

    referral: Referral
    at: datetime
    read_at: datetime
    facts: Facts | None = None
    parties: dict[UUID, Party] = field(default_factory=dict)
    # Stored access changes only at the end of a change, so each check is made once.
    opened: set[tuple[UUID, UUID]] = field(default_factory=set)
    read_once: dict[str, Any] = field(default_factory=dict)


_held: ContextVar[dict[UUID, _Held]] = ContextVar("referrals_being_changed")


@dataclass(frozen=True, eq=False)
class Change:
    """One action's change of a referral. All its writes go through here, so that `facts` are always current.

    `at` is later than the time of every earlier change. `read_at` was read from the clock before waiting for the
    lock: what was recorded during the wait was not known to `by`.
    """

    by: User | None
    at: datetime
    _held: _Held

    @property
    def referral(self) -> Referral:
        return self._held.referral

    @property
    def read_at(self) -> datetime:
        return self._held.read_at

    # --- Reading ---

    @property
    def facts(self) -> Facts:
        """The facts under the lock, including what this change has written."""
        if self._held.facts is None or self._held.facts.at != self.at:
            self._held.facts = facts_of(self.referral.pk, self.at, closures=True)
        return self._held.facts

    def facts_of(self, party: Party) -> PartyFacts:
        return self.facts.parties[party.pk]

    def party(self, party: Party, *, even_closed: bool = False) -> Party:
        """The party, read under the lock. Raises NotPossible if they left or died, or if the referral is closed;
        with `even_closed`, also in a closed referral: for withdrawing and concerns."""
        fresh = self._held.parties.get(party.pk)
        if fresh is None:
            rows = Party.objects.unscoped("action under the lock").select_related("person", "keyworker")
            fresh = self._held.parties[party.pk] = rows.get(pk=party.pk, referral=self.referral)
            fresh.referral = self.referral
        if fresh.left_at:
            raise NotPossible(f"{fresh.known_as} is no longer part of this referral.")
        if fresh.person.died_on:
            raise NotPossible(has_died(fresh))
        if not even_closed:
            require_open(self.referral)
        return fresh

    def once(self, name: str, read: Callable[[], Found]) -> Found:
        """What `read` returns the first time: for what this change reads more than once and does not alter."""
        if name not in self._held.read_once:
            self._held.read_once[name] = read()
        return self._held.read_once[name]

    def working_day_after(self, days: int, organisation: UUID) -> date:
        """The day so many working days of an organisation from now."""
        return working_day_after(clock.today(self.at), days, organisation)

    # --- Writing ---

    def stamp(self, name: str) -> dict[str, Any]:
        """`<name>_at` and `<name>_by`, which come in pairs: the time and the user of this change."""
        return {f"{name}_at": self.at, f"{name}_by": self.by}

    def add(self, model: type[Row], **fields: Any) -> Row:
        """Create a row, with the time and the user of this change."""
        self.wrote(model)
        return model._default_manager.create(**fields, **self.stamp("created"))

    def add_all(self, model: type[Row], rows: Iterable[dict[str, Any]]) -> list[Row]:
        """Create several rows in one statement."""
        made = [model(**fields, **self.stamp("created")) for fields in rows]
        self.wrote(model)
        return model._default_manager.bulk_create(made)

    def update(self, rows: QuerySet, **fields: Any) -> int:
        """Update rows. Returns how many."""
        self.wrote(rows.model)
        return rows.update(**fields)

    def set(self, row: Model, **fields: Any) -> None:
        """Update one row and this object of it."""
        self.update(type(row)._base_manager.filter(pk=row.pk), **fields)
        for name, value in fields.items():
            setattr(row, name, value)

    def remove(self, rows: QuerySet) -> None:
        """Delete rows: only for records whose time is over."""
        self.wrote(rows.model)
        rows.delete()

    def settle(self, row: Model, name: str, otherwise: str, **fields: Any) -> None:
        """Set `<name>_at` and `<name>_by` of a row, and other fields, once. If they are set already, raises
        NotPossible with the sentence `otherwise`."""
        open_rows = type(row)._base_manager.filter(pk=row.pk, **{f"{name}_at__isnull": True})
        if not self.update(open_rows, **self.stamp(name), **fields):
            raise NotPossible(otherwise)

    def wrote(self, model: type[Model]) -> None:
        """Have the facts read again and, after a change of them, the parties."""
        self._held.facts = None
        if model in (Party, Person):
            self._held.parties.clear()

    def record(
        self,
        verb: str,
        *things: Model | None,
        fields: Iterable[str] = (),
        why: str = "",
        party: Party | UUID | None = None,
    ) -> None:
        """Write the ledger entry. Its party is that of the first thing, unless `party` is given."""
        record(
            verb,
            by=self.by,
            things=[thing for thing in things if thing is not None],
            referral_id=self.referral.pk,
            party_id=party.pk if isinstance(party, Party) else party or _party_of(things[0]),
            fields=fields,
            why_code=why,
            at=self.at,
        )

    def take_step(self, name: str, *, party: Party | None = None, review_on: date | None = None) -> None:
        """Take one step of the stages table, with a history row and a ledger entry."""
        step = stages.take_step(
            name,
            self.referral,
            by=self.by,
            at=self.at,
            party=party,
            review_on=review_on,
            facts=self._held.facts,
        )
        self.wrote(Referral)
        self.record(f"referral_{name}", self.referral, party=party, fields=["stage"], why=step.to_stage)

    def begin_preparing(self) -> None:
        """On the first action with a party, move a logged referral to preparing, and record first contact for a
        handoff that the worker accepted."""
        if self.referral.stage == Stage.LOGGED:
            self.take_step("prepare")
        self.send(events.contacted)

    def send(self, event: Signal, *, party: Party | None = None, **more: Any) -> None:
        """Send an event to its receivers, inside this change."""
        event.send(Referral, change=self, party=party, **more)


def _party_of(thing: Model | None) -> UUID | None:
    return thing.pk if isinstance(thing, Party) else getattr(thing, "party_id", None)


@contextmanager
def changing(referral: Referral | UUID, *, by: User | None, at: datetime | None = None) -> Iterator[Change]:
    """Lock one referral while its facts are read and changed.

    The first statement of the transaction bumps the version: on PostgreSQL that locks the row, on SQLite the
    transaction already locks the database. Rows read after it do not change until commit. At the end, stored access
    and the outbox are updated from the facts, in the same transaction. A nested action joins the outer one, and has
    its time unless it is given another.

    `at` is read from the clock before waiting for the lock, and an action that got the lock first may have read a
    later time. The time of the change is therefore after that action's time.
    """
    key = referral.pk if isinstance(referral, Referral) else referral
    everything = _held.get({})
    if key in everything:
        yield Change(by, at or everything[key].at, everything[key])
        return
    read_at = at or clock.now()
    with transaction.atomic():
        held = _lock(key, read_at)
        token = _held.set({**everything, key: held})
        try:
            yield Change(by, held.at, held)
        finally:
            _held.reset(token)
        facts = _stamp_first_ready(facts_of(key, held.at, closures=True))
        project(facts)
        outbox.reconcile(key, at=held.at, facts=facts)


@contextmanager
def changing_party(
    party: Party, *, by: User, at: datetime | None = None, even_closed: bool = False
) -> Iterator[tuple[Change, Party]]:
    """Change a referral through a party whose compartment `by` opens; yields that party as read under the lock.

    Raises Refused if `by` does not open it, and NotPossible as Change.party does.
    """
    outer = _held.get({}).get(party.referral_id)
    if outer is None or (by.pk, party.pk) not in outer.opened:
        access.may_open(by, party).require()
    with changing(party.referral_id, by=by, at=at) as change:
        change._held.opened.add((by.pk, party.pk))
        yield change, change.party(party, even_closed=even_closed)


def require_open(referral: Referral) -> None:
    """Raise NotPossible for a referral that is closed."""
    if referral.stage == Stage.CLOSED:
        raise NotPossible(CLOSED)


def has_died(party: Party) -> str:
    """The message that refuses an action with a person who has died."""
    return f"{party.known_as} has died. Nothing more is recorded with them."


def _lock(key: UUID, read_at: datetime) -> _Held:
    rows = Referral.objects.unscoped("version lock").filter(pk=key)
    if not rows.update(version=F("version") + 1, last_activity_at=_later_than_the_last(read_at)):
        raise NotPossible("This referral does not exist any more.")
    fresh = rows.select_related("lead", "lead_organisation").get()
    return _Held(fresh, at=fresh.last_activity_at, read_at=read_at)


def _later_than_the_last(at: datetime) -> Case:
    """`at`, or just after the last change if that is later."""
    overtaken = When(
        last_activity_at__gt=at,
        last_activity_at__lt=at + LONGEST_WAIT,
        then=F("last_activity_at") + timedelta(microseconds=1),
    )
    return Case(overtaken, default=Value(at))


def _stamp_first_ready(facts: Facts) -> Facts:
    """Record the first time that nothing stood in the way, for reports only. Returns the facts with it."""
    referral = facts.referral
    if referral.first_ready_at or facts.stage != Stage.PREPARING or blockers.find_blockers(facts, Gate.BOOK):
        return facts
    Referral.objects.unscoped("first ready").filter(pk=referral.id).update(first_ready_at=facts.at)
    return replace(facts, referral=replace(referral, first_ready_at=facts.at))
