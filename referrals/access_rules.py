"""Who sees and opens what: one function for each rule of the table of compartments in docs/domain.md.
Pure Python over the facts of one referral, without queries or clock: rows carry their own end."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from referrals.enums import MEETING_PARTS, AccessLevel, Answer, HandoffKind, HandoffState, Part, Purpose
from referrals.facts import Facts, PartyFacts
from referrals.facts import rows as row_kinds
from referrals.principals import grant, leads, managers, mates, user
from restorative.common import clock


@dataclass(frozen=True)
class Span:
    """When access counts, and the information sheet of the answer that it rests on."""

    starts_at: datetime | None = None
    ends_at: datetime | None = None
    sheet_id: UUID | None = None

    def within(self, other: Span) -> Span:
        """The time in which both count."""
        starts = [start for start in (self.starts_at, other.starts_at) if start is not None]
        ends = [end for end in (self.ends_at, other.ends_at) if end is not None]
        return Span(
            max(starts, default=None),
            min(ends, default=None),
            self.sheet_id or other.sheet_id,
        )

    @property
    def empty(self) -> bool:
        return self.starts_at is not None and self.ends_at is not None and self.ends_at <= self.starts_at


@dataclass(frozen=True)
class AccessRow:
    """One row of the projection, without its referral."""

    principal: str
    level: str
    party_id: UUID | None = None
    organisation_id: UUID | None = None
    span: Span = Span()


def access_of(facts: Facts) -> set[AccessRow]:
    """Everything that anybody may see and open of one referral. Bars are not in it: they are asked separately."""
    if "access" not in facts.memo:
        facts.memo["access"] = {row for rule in RULES for row in rule(facts) if not row.span.empty}
    return facts.memo["access"]


def _sees(
    principal: str, *, party: UUID | None = None, organisation: UUID | None = None, span: Span = Span()
) -> AccessRow:
    return AccessRow(principal, AccessLevel.SHELL, party, organisation, span)


def _opens(
    principal: str, party: PartyFacts, organisation: UUID | None = None, span: Span = Span()
) -> AccessRow:
    return AccessRow(principal, AccessLevel.OPEN, party.id, organisation, span)


# --- Who works on it --------------------------------------------------------------------------------------------


def _lead(facts: Facts) -> Iterator[AccessRow]:
    """The lead sees the referral, and opens parties without a keyworker."""
    lead = user(facts.referral.lead_id)
    yield _sees(lead)
    for party in facts.parties.values():
        if party.row.keyworker_id is None:
            yield _opens(lead, party)


def _keyworkers(facts: Facts) -> Iterator[AccessRow]:
    """A keyworker opens their party. After the party has left, this no longer shows them the referral."""
    for party in facts.parties.values():
        if party.row.keyworker_id is not None:
            keyworker = user(party.row.keyworker_id)
            yield _opens(keyworker, party)
            if party.present:
                yield _sees(keyworker)


def _team_mates(facts: Facts) -> Iterator[AccessRow]:
    """Team mates of the lead and of the keyworkers see the referral, and open no compartment."""
    workers = {party.row.keyworker_id for party in facts.present} | {facts.referral.lead_id}
    for worker in workers:
        if worker is not None:
            yield _sees(mates(worker))


def _managers(facts: Facts) -> Iterator[AccessRow]:
    """Managers see the referrals that their organisation leads or supports a party in, and open its parties."""
    yield _sees(managers(facts.referral.lead_organisation_id))
    for party in facts.parties.values():
        theirs = managers(party.row.organisation_id)
        yield _opens(theirs, party)
        if party.present:
            yield _sees(theirs)


# --- Who runs the meetings ----------------------------------------------------------------------------------------


def _meeting_workers(facts: Facts) -> Iterator[AccessRow]:
    """Facilitators and second workers see the referral while they have that part, stand-ins on their day."""
    for row, held in _parts(facts, *MEETING_PARTS):
        yield _sees(user(row.user_id), span=held)


def _facilitators(facts: Facts) -> Iterator[AccessRow]:
    """A facilitator opens every party who shares with the facilitator's organisation; none if they support or ever
    supported a party here."""
    for row, held in _parts(facts, Part.FACILITATOR):
        if not facts.supports_anyone(row.user_id):
            yield from _shared_with(row.user_id, facts.parties.values(), held)


def _second_workers(facts: Facts) -> Iterator[AccessRow]:
    """A second worker opens parties who did not refuse them and whom no facilitator supports."""
    facilitators = {row.user_id for row, _ in _parts(facts, Part.FACILITATOR)}
    for row, held in _parts(facts, Part.SECOND_WORKER):
        if facts.supports_anyone(row.user_id):
            continue
        parties = [
            party
            for party in facts.parties.values()
            if party.worker_id not in facilitators and not _refused(party, row.user_id)
        ]
        yield from _shared_with(row.user_id, parties, held)


def _stand_ins(facts: Facts) -> Iterator[AccessRow]:
    """On their day, a stand-in opens the parties who accepted them."""
    for row, held in _parts(facts, Part.STAND_IN):
        if facts.supports_anyone(row.user_id):
            continue
        for party in facts.parties.values():
            accepted = _yes(party, Purpose.SECOND_WORKER, row.user_id)
            if accepted is not None:
                yield from _shared_with(row.user_id, [party], held.within(accepted))


def _parts(facts: Facts, *parts: Part) -> Iterator[tuple[row_kinds.InvolvementRow, Span]]:
    """Meeting parts that have not ended, and when they are active."""
    for row in facts.involvements:
        if row.part in parts and row.until is None:
            yield row, Span()
        elif row.part in parts and row.part == Part.STAND_IN:
            yield row, Span(row.since, row.until)


def _refused(party: PartyFacts, second: UUID) -> bool:
    newest = party.newest_answer(Purpose.SECOND_WORKER, second)
    return newest is not None and newest.answer != Answer.YES


def _yes(party: PartyFacts, purpose: Purpose, recipient: UUID) -> Span | None:
    """When a party's newest answer counts as a yes."""
    newest = party.newest_answer(purpose, recipient)
    if newest is None or newest.answer != Answer.YES or newest.heard_alone_at is None:
        return None
    over = clock.moment(newest.expires_on + timedelta(days=1), 0)
    changed = newest.sheet_changed_at
    return Span(newest.counts_from, min(over, changed) if changed else over, newest.sheet_id)


def _shared_with(worker: UUID, parties: Iterable[PartyFacts], held: Span) -> Iterator[AccessRow]:
    """Opens parties to a worker of their own organisation, and of another while they share with it."""
    for party in parties:
        yield _opens(user(worker), party, party.row.organisation_id, held)
        for organisation, shared in _shares(party):
            yield _opens(user(worker), party, organisation, held.within(shared))


def _shares(party: PartyFacts) -> Iterator[tuple[UUID, Span]]:
    """The other organisations that a party shares with, and when."""
    for organisation in party.recipients(Purpose.SHARE):
        shared = _yes(party, Purpose.SHARE, organisation)
        if shared is not None:
            yield organisation, shared


# --- Safety and records checks --------------------------------------------------------------------------------------


def _safeguarding_leads(facts: Facts) -> Iterator[AccessRow]:
    """While a concern is open, safeguarding leads of the party's organisation open concerns and safety answers,
    unless they are of another side. Those of the leading organisation see the referral while a records check
    waits."""
    for party in facts.parties.values():
        if not party.open_concerns:
            continue
        theirs = leads(party.row.organisation_id)
        yield AccessRow(theirs, AccessLevel.SAFETY, party.id)
        if party.present:
            yield _sees(theirs, party=party.id)
        for worker in sorted({row.user_id for row in facts.involvements}):
            if facts.of_another_side(worker, party):
                yield AccessRow(user(worker), AccessLevel.EXCLUDED, party.id)
    if any(row.released_at is None for row in facts.rows(row_kinds.RecordsCheckRow)):
        yield _sees(leads(facts.referral.lead_organisation_id))


# --- Handoffs and grants --------------------------------------------------------------------------------------------


def _receivers(facts: Facts) -> Iterator[AccessRow]:
    """The worker who takes a handoff, and their managers, see the referral from accepting on. With help, they open
    the person while the person shares with their organisation."""
    for row in facts.rows(row_kinds.HandoffRow):
        if row.state != HandoffState.ACCEPTED:
            continue
        yield _sees(managers(row.to_org_id))
        if row.receiver_id is None:
            continue
        yield _sees(user(row.receiver_id), organisation=row.to_org_id)
        if row.decided_kind == HandoffKind.HELP and row.party_id is not None and row.moved_at is None:
            party = facts.parties[row.party_id]
            if party.row.organisation_id == row.to_org_id:
                yield _opens(user(row.receiver_id), party, row.to_org_id)
            for organisation, shared in _shares(party):
                if organisation == row.to_org_id:
                    yield _opens(user(row.receiver_id), party, organisation, shared)


def _senders(facts: Facts) -> Iterator[AccessRow]:
    """After the lead moved, the sender, the earlier lead and their managers still see the referral."""
    for row in facts.rows(row_kinds.HandoffRow):
        if row.lead_moved:
            yield _sees(managers(row.from_org_id))
            for worker in {row.sent_by_id, row.lead_before_id}:
                if worker is not None:
                    yield _sees(user(worker), organisation=row.from_org_id)


def _granted(facts: Facts) -> Iterator[AccessRow]:
    """The holder of a grant sees the referral until it ends, and opens its party and that party's supporters, but
    no one if they are of another side. It counts while the organisation supports those it covers."""
    for row in facts.rows(row_kinds.GrantRow):
        if row.given_at is None or row.ended_at is not None:
            continue
        covered = facts.present if row.party_id is None else [facts.parties[row.party_id]]
        if not any(party.row.organisation_id == row.organisation_id for party in covered):
            continue
        span = Span(ends_at=row.until)
        yield _sees(grant(row.user_id), organisation=row.organisation_id, span=span)
        for party in facts.parties.values():
            theirs = row.party_id in (party.id, party.row.beside_id)
            if row.party_id and theirs and not facts.of_another_side(row.user_id, party):
                yield _opens(grant(row.user_id), party, row.organisation_id, span)


RULES: tuple[Callable[[Facts], Iterator[AccessRow]], ...] = (
    _lead,
    _keyworkers,
    _team_mates,
    _managers,
    _meeting_workers,
    _facilitators,
    _second_workers,
    _stand_ins,
    _safeguarding_leads,
    _receivers,
    _senders,
    _granted,
)
