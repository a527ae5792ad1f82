"""The facts of referrals, read once; every derived date and state is one property.
Rules, duties, projections and presenters receive facts; none of them queries."""

from referrals.facts.party import PartyFacts, RunsOut
from referrals.facts.reader import Statement, facts_of, read_facts
from referrals.facts.referral import Facts
from referrals.facts.rows import Worker
from referrals.facts.table import Row

__all__ = ["Facts", "PartyFacts", "Row", "RunsOut", "Statement", "Worker", "facts_of", "read_facts"]
