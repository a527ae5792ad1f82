"""Every blocker, one entry each: its condition, its wording, and what fixes it.
To add a blocker, add an entry here. find_blockers in this package evaluates them."""

from collections.abc import Callable
from dataclasses import dataclass

from referrals.enums import TWO_FACILITATORS, Gate, Purpose
from referrals.facts import Facts, PartyFacts
from referrals.facts.rows import InvitedRow

BOTH = (Gate.BOOK, Gate.START)
START = (Gate.START,)


@dataclass(frozen=True)
class BlockerCode:
    """One blocker, with everything about it. One code has two entries if it is said differently for one party and for
    the whole referral.

    `party` is the condition for one party, `referral` for the whole; an entry has one of them. `{name}` in its text is
    the party's. `about` is what to know first; `page` fixes it, with `preset` as its initial state. `whose` names the
    responsible worker if it is not the party's own. `shown_as` is the code that the page uses, if it differs.
    `in_talk`: one talk settles it with others of its kind. `renewed_as`: what has expired, in words, if a check-in
    renews it. `known_to_all`: every user who sees the referral may know of it. `safety`: shown to safeguarding leads
    who open only concerns and safety answers.
    """

    key: str
    sentence: str
    heading: str
    about: str
    page: str
    link: str
    party: Callable[[PartyFacts, Gate], bool] | None = None
    referral: Callable[[Facts], bool] | None = None
    gates: tuple[Gate, ...] = BOTH
    whose: str = ""
    shown_as: str = ""
    preset: str = ""
    in_talk: bool = False
    renewed_as: str = ""
    known_to_all: bool = False
    safety: bool = False


# --- Rules that take more than one line -------------------------------------------------------------------------


def safety_not_asked(party: PartyFacts, gate: Gate) -> bool:
    """Not asked alone within 90 days (7 to start), or not since that party's newest concern."""
    until = party.safety_until(to_start=gate == Gate.START)
    return party.is_participant and (until is None or until < party.facts.at)


def readiness_expired(party: PartyFacts, gate: Gate) -> bool:
    """Judged ready, but too long ago: 28 days, 42 if a manager accepted it; 7 days to start."""
    until = party.ready_to_start_until if gate == Gate.START else party.ready_until
    return party.is_participant and until is not None and until < party.facts.at


def safe_contact_missing(party: PartyFacts, gate: Gate) -> bool:
    """No allowed contact route that was confirmed within 90 days; 30 if contact is at risk."""
    until = party.contact_until
    return party.is_participant and (until is None or until < party.facts.at)


def professional_not_agreed(party: PartyFacts, gate: Gate) -> bool:
    invited = [row for row in party.facts.rows(InvitedRow) if row.left_out_at is None]
    return party.is_participant and any(not party.consent_to(Purpose.PROFESSIONAL, row.id) for row in invited)


def second_worker_not_accepted(party: PartyFacts, gate: Gate) -> bool:
    """A facilitator is of another side, this party does not accept a second worker, and no second worker is accepted
    by all others."""
    facts = party.facts
    for row in facts.running if party.is_participant else ():
        seconds = facts.second_workers_beside(row.user_id)
        if (
            not party.on_side_of(row.user_id)
            and facts.is_of_a_side(row.user_id)
            and any(not party.consent_to(Purpose.SECOND_WORKER, second) for second in seconds)
            and not any(facts.accepted_by_all_others(second, row.user_id) for second in seconds)
        ):
            return True
    return False


def facilitator_not_independent(facts: Facts) -> bool:
    """A facilitator supports a party here, or manages a worker who does, without a second worker from elsewhere."""
    return any(
        facts.is_of_a_side(row.user_id) and not facts.second_workers_beside(row.user_id)
        for row in facts.running
    )


CODES: tuple[BlockerCode, ...] = (
    BlockerCode(
        "stop",
        party=lambda party, gate: bool(party.open_stops),
        sentence="A safety concern with {name} stops this going ahead.",
        heading="look at the concern that stops this",
        about="You, or another safeguarding lead, can clear it on new facts. Nobody else can.",
        page="referrals:safety",
        link="Look at it",
        whose="A safeguarding lead",
        safety=True,
    ),
    BlockerCode(
        "consent_missing",
        party=lambda party, gate: party.takes_part is None,
        sentence="{name} has not said yes to taking part.",
        heading="ask {name} whether they take part",
        about="Each thing is asked apart. No is as good an answer as yes.",
        page="referrals:consent",
        link="Ask {name}",
        in_talk=True,
        renewed_as="taking part",
    ),
    BlockerCode(
        "consent_not_heard",
        party=lambda party, gate: party.yes_not_heard,
        sentence="{name}’s yes has not been heard by a worker, from them alone.",
        heading="hear it from {name}, alone",
        about="A yes given by link counts once you have heard it from them.",
        page="referrals:consent",
        link="Hear it from {name}",
    ),
    BlockerCode(
        "wording_not_approved",
        party=lambda party, gate: party.is_participant and party.words_missing,
        sentence="Nobody has approved the words used to reach {name}.",
        heading="agree with {name} the words to reach the other person",
        about="Nobody else is spoken to before {name} has said yes to the exact words.",
        page="referrals:consent",
        link="Ask {name}",
    ),
    BlockerCode(
        "capacity_in_doubt",
        party=lambda party, gate: party.capacity_in_doubt,
        sentence="There is a doubt whether {name} can decide this.",
        heading="see whether {name} can decide this",
        about="What helps {name} to decide comes first. Nobody else can say yes for them.",
        page="referrals:capacity",
        link="Assess",
    ),
    BlockerCode(
        "safety_not_asked",
        party=safety_not_asked,
        sentence="{name} has not been asked the safety questions, alone, recently enough.",
        heading="ask {name} the safety questions, alone",
        about="Six questions. What is answered stays on {name}’s side.",
        page="referrals:safety_ask",
        link="Ask {name}",
        in_talk=True,
        renewed_as="safety",
        safety=True,
    ),
    BlockerCode(
        "sign_off",
        party=lambda party, gate: bool(party.not_signed_off),
        sentence="A concern with {name} waits to be signed off.",
        heading="decide on a concern with {name}",
        about="Go, go with steps first, or do not go; and why.",
        page="referrals:safety",
        link="Look at it",
        whose="A manager or safeguarding lead",
        safety=True,
    ),
    BlockerCode(
        "readiness_missing",
        party=lambda party, gate: party.is_participant and party.judged_ready is None,
        sentence="Not yet the right time for {name}, or not yet asked.",
        heading="ask {name} whether it is the right time",
        about="“Not sure” is a good answer too: it means not yet.",
        page="referrals:readiness",
        link="Ask {name}",
        in_talk=True,
    ),
    BlockerCode(
        "readiness_expired",
        party=readiness_expired,
        sentence="{name} was asked whether it is the right time too long ago.",
        heading="ask {name} again whether it is the right time",
        about="What was said before may have changed.",
        page="referrals:readiness",
        link="Ask again",
        renewed_as="the right time",
    ),
    BlockerCode(
        "not_prepared",
        party=lambda party, gate: not party.prepared,
        sentence="No preparation has been held with {name}.",
        heading="prepare with {name}",
        about="What {name} hopes for, worries about, and would rather not talk about.",
        page="referrals:preparation",
        link="Prepare",
        in_talk=True,
    ),
    BlockerCode(
        "safe_contact_missing",
        party=safe_contact_missing,
        sentence="No safe way to reach {name} has been confirmed recently enough.",
        heading="ask {name} how to reach them safely",
        about="Until then nothing is sent to {name}.",
        page="referrals:routes",
        link="Ask {name}",
        in_talk=True,
        renewed_as="how to reach them",
    ),
    BlockerCode(
        "too_few_parties",
        referral=lambda facts: len(facts.participants) < 2,
        sentence="There are fewer than two people taking part.",
        heading="add a person",
        about="Nobody is contacted by this.",
        page="referrals:person_add",
        link="Add a person",
    ),
    BlockerCode(
        "not_suitable_yet",
        referral=lambda facts: not facts.suitable,
        sentence="Nobody has decided that this is suitable now.",
        heading="decide whether this is suitable",
        about="Suitable now, not now, or not; and why.",
        page="referrals:decide",
        link="Decide",
    ),
    BlockerCode(
        "records_check",
        party=lambda party, gate: not party.records_checked,
        sentence="The records check is not done yet.",
        heading="ask for the records check",
        about="A safeguarding lead does it. You hear only that it is done.",
        page="referrals:records_ask",
        link="Ask for it",
        known_to_all=True,
    ),
    BlockerCode(
        "no_facilitator",
        referral=lambda facts: not facts.facilitators,
        sentence="No facilitator has been appointed.",
        heading="appoint a facilitator",
        about="They prepare and run the meeting. Choose a colleague who supports no one here.",
        page="referrals:facilitators",
        link="Appoint",
    ),
    BlockerCode(
        "facilitator_not_independent",
        referral=facilitator_not_independent,
        sentence="The facilitator supports someone here, or manages who does. A second worker from another team is "
        "needed, and the others must accept them.",
        heading="appoint a second worker from another team",
        about="A second worker beside the facilitator. The others must accept them.",
        page="referrals:facilitators",
        link="Appoint",
        preset="&part=second_worker",
    ),
    BlockerCode(
        "facilitator_not_independent",
        party=second_worker_not_accepted,
        sentence="The facilitator is of another side, and {name} has not said yes to a second worker.",
        heading="ask {name} about the second worker",
        about="If {name} would rather not, somebody else is found.",
        page="referrals:consent",
        link="Ask {name}",
        shown_as="second_worker",
    ),
    BlockerCode(
        "one_facilitator",
        # By how many take part, not by the kind that was chosen.
        referral=lambda facts: len(facts.participants) > 2 and facts.fewer_than_two_facilitators,
        sentence="With three or more people taking part, two facilitators are needed.",
        heading="appoint a second facilitator",
        about="Two facilitators prepare and run it together.",
        page="referrals:facilitators",
        link="Appoint",
    ),
    BlockerCode(
        "one_facilitator",
        party=lambda party, gate: (
            party.has_open(*TWO_FACILITATORS) and party.facts.fewer_than_two_facilitators
        ),
        sentence="What is recorded about {name} means that two facilitators are needed.",
        heading="appoint a second facilitator",
        about="Two facilitators prepare and run it together.",
        page="referrals:facilitators",
        link="Appoint",
    ),
    BlockerCode(
        "professional_not_agreed",
        gates=START,
        party=professional_not_agreed,
        sentence="{name} has not agreed to an invited professional being there.",
        heading="ask {name} about the professional being there",
        about="If {name} would rather not, the professional stays out.",
        page="referrals:consent",
        link="Ask {name}",
    ),
    BlockerCode(
        "day_of_check_missing",
        gates=START,
        party=lambda party, gate: party.is_participant and not party.well_today,
        sentence="{name} has not been asked today: well enough, safe, still yes?",
        heading="ask {name} today: well enough, safe, still yes?",
        about="Four answers, from them alone.",
        page="meetings:day_check",
        link="Ask {name}",
    ),
)
BY_KEY = {code.key: code for code in CODES}
SHELL_CODES = frozenset(code.key for code in CODES if code.known_to_all)
SAFETY_CODES = frozenset(code.key for code in CODES if code.safety)
TALK_CODES = frozenset(code.key for code in CODES if code.in_talk)
RENEWED_CODES = frozenset(code.key for code in CODES if code.renewed_as)


def wording_of(code: str, *, of_party: bool) -> BlockerCode:
    """The entry that says a blocker of one party, or of the whole referral."""
    return next((each for each in CODES if each.key == code and bool(each.party) == of_party), BY_KEY[code])
