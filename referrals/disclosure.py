"""What a worker may know while a step waits for release: the other compartments as they were before that step; and
the words that one party lets a worker say to another. Computed from facts; nothing of it is stored."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from referrals.blockers.codes import SHELL_CODES
from referrals.blockers.find import find_blockers, open_compartments
from referrals.blockers.shown import ShownBlocker, shown_to
from referrals.enums import Answer, Gate, Purpose, Stage
from referrals.facts import Facts, PartyFacts
from referrals.facts.rows import ConsentRow, StageChangeRow
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


# --- Words from another compartment -----------------------------------------------------------------------------


def approved_words(facts: Facts, party: UUID, opened: Collection[UUID]) -> tuple[UUID, ...]:
    """The answers that approve the exact words to reach a party whom a user opens: those before a step that is hidden
    from the user; otherwise those of parties who are present, unless given under an open stop. A stop that this user
    knows of hides all of them."""
    before = before_step(facts, opened)
    if before is not None and party in before.words:
        return before.words[party]
    if party not in opened or _stop_known(facts, opened):
        return ()
    given = ((other, other.consent_to(Purpose.WORDS, party)) for other in facts.present)
    return tuple(row.id for other, row in given if row and not other.given_under_open_stop(row))


def may_carry(facts: Facts, user: User, opened: Collection[UUID]) -> list[ConsentRow]:
    """The answers by which parties let a facilitator say their exact words to a party whom the facilitator opens.

    Of the other parties a facilitator who supports one of them knows only these words; a facilitator of another
    organisation needs the giver's consent to share with it. A stop hides the words, and nothing is carried for a party
    who no longer takes part. A user who knows of that gets no words; a user who may not know of it sees what they saw
    before, so that the page does not reveal it. Words that were withdrawn are hidden from all users.
    """
    runs = any(row.user_id == user.pk for row in facts.running)
    if not runs or _stop_known(facts, opened):
        return []
    since = facts.hidden_since(opened)
    found = []
    for giver in facts.present:
        known = giver.id in opened
        own = giver.row.organisation_id == user.organisation_id
        if not (own or giver.consent_to(Purpose.SHARE, user.organisation_id)):
            continue
        if not (known and giver.stopped_taking_part):
            given = (_lets_carry(giver, to, None if known else since) for to in opened)
            found += [row for row in given if row]
    return found


def _stop_known(facts: Facts, opened: Collection[UUID]) -> bool:
    return any(party.open_stops for party in facts.parties.values() if party.id in opened)


def _lets_carry(giver: PartyFacts, to: UUID, since: datetime | None) -> ConsentRow | None:
    """A party's yes to carrying their words to another; with `since`, as it was just before that moment, unless the
    words were withdrawn since, on their own and not by returning to taking part."""
    if since is None:
        return giver.consent_to(Purpose.CARRY, to)
    rows = [row for row in giver.rows(ConsentRow) if (row.purpose, row.recipient) == (Purpose.CARRY, to)]
    then = max((row for row in rows if row.created_at < since), key=lambda row: row.seq, default=None)
    returned = {
        row.created_at
        for row in giver.rows(ConsentRow)
        if row.purpose == Purpose.TAKE_PART and row.answer == Answer.YES
    }
    later = (row for row in rows if row.created_at >= since and row.answer != Answer.YES)
    if then is None or any(row.created_at not in returned for row in later):
        return None
    return then if then.answer == Answer.YES and giver.counts(then) else None
