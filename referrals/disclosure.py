"""What a worker may know while a step waits for release: the other compartments as they were before that step.
Computed from the facts of that time; nothing of it is stored."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from referrals.blockers.codes import SHELL_CODES
from referrals.blockers.find import find_blockers, open_compartments
from referrals.blockers.shown import ShownBlocker, shown_to
from referrals.enums import Gate, Stage
from referrals.facts import Facts
from referrals.facts.rows import StageChangeRow
from referrals.models import Party
from referrals.querysets_rules import Within
from restorative.accounts.models import User


@dataclass(frozen=True)
class BeforeStep:
    """What a worker knew of the compartments they do not open, just before a step that is hidden from them.

    `open`: parties with a blocker then. `words`: for each party, the answers that had approved the words to reach
    them. `at`: when the step happened.
    """

    at: datetime
    open: frozenset[UUID]
    words: Mapping[UUID, tuple[UUID, ...]]


def before_step(facts: Facts, opened: Iterable[UUID]) -> BeforeStep | None:
    """What a user who opens these compartments is shown of the others; None if no step is hidden from them."""
    opened = frozenset(opened)
    step = facts.hidden_step(opened)
    if step is None:
        return None
    then = facts.before(step)
    gate = _gate_then(then)
    found = find_blockers(then, gate) if gate else []
    words = {
        party: tuple(row.id for row in then.words_agreed_for(party, but=opened)) for party in then.parties
    }
    return BeforeStep(
        step.created_at,
        frozenset(open_compartments(found, SHELL_CODES)),
        {party: rows for party, rows in words.items() if rows},
    )


def _gate_then(then: Facts) -> Gate | None:
    """The gate of that time: `start` while a meeting was booked; `book` if some users knew it was off."""
    if then.stage == Stage.BOOKED:
        return Gate.START
    waiting = any(row.waits_for_release for row in then.rows(StageChangeRow))
    return Gate.BOOK if then.stage == Stage.PREPARING and waiting else None


def opened_in(user: User, referral: UUID) -> frozenset[UUID]:
    """Ids of the parties of a referral whose compartments a user opens, including those who left."""
    return Within.of(user, pk=referral).opened


def shown_blockers(user: User, facts: Facts, gate: Gate) -> list[ShownBlocker]:
    """The blockers of one referral, as far as a user may know."""
    referral, found = facts.referral.id, find_blockers(facts, gate)
    if not found:
        return []
    here = Within.of(user, pk=referral)
    known = list(Party.objects.visible_to(here).present().with_opened(here))
    return shown_to(found, known, before=before_step(facts, here.opened))
