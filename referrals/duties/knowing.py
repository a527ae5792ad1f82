"""Which compartments a worker opens, and who hears of what is late: from facts, for rules about duties."""

from collections.abc import Iterator
from uuid import UUID

from referrals import principals
from referrals.access_rules import AccessRow, access_of
from referrals.enums import MEETING_PARTS, AccessLevel
from referrals.facts import Facts, PartyFacts, Worker
from referrals.facts.rows import BarRow
from restorative.accounts.enums import CASEWORK, Role


def opened_by(facts: Facts, user: UUID, *, safety: bool = False) -> set[UUID]:
    """The parties whose compartments a worker opens at the moment of the facts. With `safety`, also
    parties whose concerns and safety answers they open."""
    key = ("opened", user, safety, facts.at)
    if key not in facts.memo:
        levels = (AccessLevel.OPEN, AccessLevel.SAFETY) if safety else (AccessLevel.OPEN,)
        facts.memo[key] = {row.party_id for row in _access(facts, user, *levels) if row.party_id is not None}
    return facts.memo[key]


def sees(facts: Facts, user: UUID) -> bool:
    """Whether a worker sees the referral at the moment of the facts."""
    return any(_access(facts, user, AccessLevel.SHELL))


def _access(facts: Facts, user: UUID, *levels: AccessLevel) -> Iterator[AccessRow]:
    """Access of these levels that counts for a worker, as querysets_rules.access_rows has it from what is stored."""
    worker = facts.worker(user)
    if worker is None or not worker.is_active or worker.role not in CASEWORK or user in barred(facts):
        return
    mine, own = _principals(facts, worker), principals.user(user)
    excluded = {
        row.party_id
        for row in access_of(facts)
        if row.level == AccessLevel.EXCLUDED and row.principal == own and worker.safeguarding_lead
    }
    for row in access_of(facts):
        if (
            row.level in levels
            and row.principal in mine
            and row.organisation_id in (None, worker.organisation_id)
            and (row.span.starts_at is None or row.span.starts_at <= facts.at)
            and (row.span.ends_at is None or row.span.ends_at > facts.at)
            and not (row.level != AccessLevel.OPEN and row.party_id in excluded)
        ):
            yield row


def _principals(facts: Facts, worker: Worker) -> set[str]:
    """A worker's principals, as principals_of has them, with the team mates that the facts name."""
    found = {principals.user(worker.id), principals.grant(worker.id)}
    if worker.team_id is not None:
        found |= {
            principals.mates(each.id) for each in facts.staff.values() if each.team_id == worker.team_id
        }
    if worker.role == Role.MANAGER:
        found.add(principals.managers(worker.organisation_id))
    if worker.safeguarding_lead:
        found.add(principals.leads(worker.organisation_id))
    return found


def barred(facts: Facts) -> frozenset[UUID]:
    """Workers who get no messages about this referral, for a conflict of interest."""
    return frozenset(row.user_id for row in facts.rows(BarRow) if row.lifted_at is None)


def managers_there(facts: Facts, organisation: UUID) -> list[UUID]:
    """The managers of an organisation who may be told something of this referral."""
    return [worker.id for worker in _there(facts, organisation) if worker.role == Role.MANAGER]


def leads_there(facts: Facts, organisation: UUID) -> list[UUID]:
    """The safeguarding leads of an organisation who may be told something of this referral."""
    return [worker.id for worker in _there(facts, organisation) if worker.safeguarding_lead]


def second_persons(facts: Facts, organisation: UUID) -> list[Worker]:
    """Managers and safeguarding leads of an organisation who have no part in this referral and are not barred."""
    return [
        worker
        for worker in _there(facts, organisation)
        if (worker.role == Role.MANAGER or worker.safeguarding_lead) and not facts.works_on(worker.id)
    ]


def _there(facts: Facts, organisation: UUID) -> list[Worker]:
    """Staff of an organisation that the facts name, who do casework and are not barred."""
    out = barred(facts)
    return [
        worker
        for worker in facts.staff.values()
        if worker.organisation_id == organisation
        and worker.is_active
        and worker.role in CASEWORK
        and worker.id not in out
    ]


def managers_of(facts: Facts, user: UUID, organisation: UUID) -> tuple[UUID, ...]:
    """Who is told that a worker's duty is late: the manager of their team, or every manager of the organisation if that
    one is barred. Never the worker."""
    manager = facts.manager_of(user)
    found = managers_there(facts, organisation) if manager in barred(facts) else [manager] if manager else []
    return tuple(key for key in found if key != user)


def managers_of_worker(facts: Facts, party: PartyFacts) -> tuple[UUID, ...]:
    """The same for the worker who supports a party."""
    own = party.row.keyworker_id is not None
    organisation = party.row.organisation_id if own else facts.referral.lead_organisation_id
    return managers_of(facts, party.worker_id, organisation)


def workers_on(facts: Facts) -> list[UUID]:
    """The lead, the keyworkers, and those who run the meetings at the moment of the facts."""
    supporting = [party.row.keyworker_id for party in facts.present if party.row.keyworker_id]
    running = [
        row.user_id for row in facts.involvements if row.part in MEETING_PARTS and row.runs_at(facts.at)
    ]
    found = dict.fromkeys([facts.referral.lead_id, *supporting, *running])
    return list(found)
