"""The duties of a referral by its id: from facts that the action holding it has read, or read now."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from uuid import UUID

from referrals.duties.duty import NewDuty, duties_of
from referrals.facts import Facts, read_facts

_held: ContextVar[Facts | None] = ContextVar("facts_that_are_held", default=None)


@contextmanager
def holding(facts: Facts) -> Iterator[None]:
    """Ask these facts for duties, and read none, while their referral is held."""
    token = _held.set(facts)
    try:
        yield
    finally:
        _held.reset(token)


def duties_in(referral: UUID, at: datetime) -> list[NewDuty]:
    """Everything there is to do in a referral at a moment; nothing where there is no such referral."""
    facts = _held.get()
    if facts is None or (facts.referral.id, facts.at) != (referral, at):
        facts = read_facts([referral], at, closures=True).get(referral)
    return duties_of(facts) if facts else []
