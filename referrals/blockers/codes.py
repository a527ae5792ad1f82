"""THE list of what can stand in the way: each code with its gates, its conditions and its sentences."""

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q

from referrals.blockers import on_parties, on_referrals
from referrals.enums import (
    Gate,
)
from restorative.common.prepared import Moment

Condition = Callable[[Gate, Moment], Q]
BOTH = (Gate.BOOK, Gate.START)


@dataclass(frozen=True)
class Code:
    """One thing that can stand in the way. `party` is a condition on parties, `referral` on referrals.

    `sooner` says that what is enough to book is not enough to start.
    """

    key: str
    gates: tuple[Gate, ...] = BOTH
    party: Condition | None = None
    party_sentence: str = ""
    referral: Condition | None = None
    referral_sentence: str = ""
    sooner: bool = False


@dataclass(frozen=True)
class Blocker:
    """A code that holds now, for one party or for the referral as a whole. For the program, not for a page."""

    code: str
    party_id: UUID | None = None


START = (Gate.START,)
CODES: tuple[Code, ...] = (
    Code(
        "stop", party=on_parties.stop, party_sentence="A safety concern with {name} stops this going ahead."
    ),
    Code(
        "consent_missing",
        party=on_parties.consent_missing,
        party_sentence="{name} has not said yes to taking part.",
    ),
    Code(
        "consent_not_heard",
        party=on_parties.consent_not_heard,
        party_sentence="{name}’s yes has not been heard by a worker, from them alone.",
    ),
    Code(
        "wording_not_approved",
        party=on_parties.wording_not_approved,
        party_sentence="Nobody has approved the words used to reach {name}.",
    ),
    Code(
        "capacity_in_doubt",
        party=on_parties.capacity_in_doubt,
        party_sentence="There is a doubt whether {name} can decide this.",
    ),
    Code(
        "safety_not_asked",
        party=on_parties.safety_not_asked,
        party_sentence="{name} has not been asked the safety questions, alone, recently enough.",
        sooner=True,
    ),
    Code(
        "sign_off", party=on_parties.sign_off, party_sentence="A concern with {name} waits to be signed off."
    ),
    Code(
        "readiness_missing",
        party=on_parties.readiness_missing,
        party_sentence="Not yet the right time for {name}, or not yet asked.",
    ),
    Code(
        "readiness_expired",
        party=on_parties.readiness_expired,
        party_sentence="{name} was asked whether it is the right time too long ago.",
        sooner=True,
    ),
    Code(
        "not_prepared",
        party=on_parties.not_prepared,
        party_sentence="No preparation has been held with {name}.",
    ),
    Code(
        "safe_contact_missing",
        party=on_parties.safe_contact_missing,
        party_sentence="No safe way to reach {name} has been confirmed recently enough.",
    ),
    Code(
        "too_few_parties",
        referral=on_referrals.too_few_parties,
        referral_sentence="There are fewer than two people taking part.",
    ),
    Code(
        "not_suitable_yet",
        referral=on_referrals.not_suitable_yet,
        referral_sentence="Nobody has decided that this is suitable now.",
    ),
    Code(
        "records_check",
        party=on_parties.records_check,
        party_sentence="The records check is not done yet.",
    ),
    Code(
        "no_facilitator",
        referral=on_referrals.no_facilitator,
        referral_sentence="No facilitator has been appointed.",
    ),
    Code(
        "facilitator_not_independent",
        party=on_parties.second_worker_not_accepted,
        party_sentence="The facilitator is of another side, and {name} has not said yes to a second worker.",
        referral=on_referrals.facilitator_not_independent,
        referral_sentence="The facilitator supports someone here, or manages who does. A second worker from "
        "another team is needed, whom the others accept.",
    ),
    Code(
        "one_facilitator",
        party=on_parties.one_facilitator_for_party,
        party_sentence="What is recorded about {name} means that two facilitators are needed.",
        referral=on_referrals.one_facilitator,
        referral_sentence="A family meeting needs two facilitators.",
    ),
    Code(
        "professional_not_agreed",
        gates=START,
        party=on_parties.professional_not_agreed,
        party_sentence="{name} has not agreed to an invited professional being there.",
    ),
    Code(
        "day_of_check_missing",
        gates=START,
        party=on_parties.day_of_check_missing,
        party_sentence="{name} has not been asked today: well enough, safe, still yes?",
    ),
)
BY_KEY = {code.key: code for code in CODES}
