"""Every blocker, one entry each: its condition, its wording, and what fixes it.
To add a blocker, add an entry here. find_blockers in this package evaluates them."""

from collections.abc import Callable
from dataclasses import dataclass

from referrals.enums import TWO_FACILITATORS, Gate, Kind, Purpose
from referrals.facts import Facts, PartyFacts
from referrals.facts.rows import InvitedRow

BOTH = (Gate.BOOK, Gate.START)
START = (Gate.START,)


@dataclass(frozen=True)
class Wording:
    """The text of one blocker, and the page that fixes it. `{name}` is the party's.

    `about` is what to know first. `whose` names the responsible worker if it is not the party's own. `shown_as` is
    the code that the page uses if it differs for one party, and `preset` is the initial state of the page that
    fixes it.
    """

    sentence: str
    heading: str
    about: str
    page: str
    link: str
    whose: str = ""
    shown_as: str = ""
    preset: str = ""


@dataclass(frozen=True)
class BlockerCode:
    """One blocker, with everything about it.

    `party` is the condition for one party, `referral` for the whole. `in_talk`: one talk settles it with others of
    its kind. `renewed_as`: what has expired, in words, if a check-in renews it. `known_to_all`: every user who sees
    the referral may know of it. `safety`: shown to safeguarding leads who open only concerns and safety answers.
    """

    key: str
    gates: tuple[Gate, ...] = BOTH
    party: Callable[[PartyFacts, Gate], bool] | None = None
    party_wording: Wording | None = None
    referral: Callable[[Facts], bool] | None = None
    referral_wording: Wording | None = None
    in_talk: bool = False
    renewed_as: str = ""
    known_to_all: bool = False
    safety: bool = False

    @property
    def wording(self) -> Wording:
        """Its wording for the whole referral, or for a party if it is a condition of parties only."""
        found = self.referral_wording or self.party_wording
        assert found is not None  # noqa: S101 - every entry says how it is said
        return found


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
    """An invited professional that this participant has not agreed to."""
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


def _appoint(sentence: str, heading: str, about: str, preset: str = "") -> Wording:
    return Wording(sentence, heading, about, "referrals:facilitators", "Appoint", preset=preset)


CODES: tuple[BlockerCode, ...] = (
    BlockerCode(
        "stop",
        party=lambda party, gate: bool(party.open_stops),
        party_wording=Wording(
            "A safety concern with {name} stops this going ahead.",
            "look at the concern that stops this",
            "You, or another safeguarding lead, can clear it on new facts. Nobody else can.",
            "referrals:safety",
            "Look at it",
            whose="A safeguarding lead",
        ),
        safety=True,
    ),
    BlockerCode(
        "consent_missing",
        party=lambda party, gate: party.takes_part is None,
        party_wording=Wording(
            "{name} has not said yes to taking part.",
            "ask {name} whether they take part",
            "Each thing is asked apart. No is as good an answer as yes.",
            "referrals:consent",
            "Ask {name}",
        ),
        in_talk=True,
        renewed_as="taking part",
    ),
    BlockerCode(
        "consent_not_heard",
        party=lambda party, gate: party.yes_not_heard,
        party_wording=Wording(
            "{name}’s yes has not been heard by a worker, from them alone.",
            "hear it from {name}, alone",
            "A yes given by link counts once you have heard it from them.",
            "referrals:consent",
            "Hear it from {name}",
        ),
    ),
    BlockerCode(
        "wording_not_approved",
        party=lambda party, gate: party.is_participant and party.words_missing,
        party_wording=Wording(
            "Nobody has approved the words used to reach {name}.",
            "agree with {name} the words to reach the other person",
            "Nobody else is spoken to before {name} has said yes to the exact words.",
            "referrals:consent",
            "Ask {name}",
        ),
    ),
    BlockerCode(
        "capacity_in_doubt",
        party=lambda party, gate: party.capacity_in_doubt,
        party_wording=Wording(
            "There is a doubt whether {name} can decide this.",
            "see whether {name} can decide this",
            "What helps {name} to decide comes first. Nobody else can say yes for them.",
            "referrals:capacity",
            "Assess",
        ),
    ),
    BlockerCode(
        "safety_not_asked",
        party=safety_not_asked,
        party_wording=Wording(
            "{name} has not been asked the safety questions, alone, recently enough.",
            "ask {name} the safety questions, alone",
            "Six questions. What is answered stays on {name}’s side.",
            "referrals:safety_ask",
            "Ask {name}",
        ),
        in_talk=True,
        renewed_as="safety",
        safety=True,
    ),
    BlockerCode(
        "sign_off",
        party=lambda party, gate: bool(party.not_signed_off),
        party_wording=Wording(
            "A concern with {name} waits to be signed off.",
            "decide on a concern with {name}",
            "Go, go with steps first, or do not go; and why.",
            "referrals:safety",
            "Look at it",
            whose="A manager or safeguarding lead",
        ),
        safety=True,
    ),
    BlockerCode(
        "readiness_missing",
        party=lambda party, gate: party.is_participant and party.judged_ready is None,
        party_wording=Wording(
            "Not yet the right time for {name}, or not yet asked.",
            "ask {name} whether it is the right time",
            "“Not sure” is a good answer too: it means not yet.",
            "referrals:readiness",
            "Ask {name}",
        ),
        in_talk=True,
    ),
    BlockerCode(
        "readiness_expired",
        party=readiness_expired,
        party_wording=Wording(
            "{name} was asked whether it is the right time too long ago.",
            "ask {name} again whether it is the right time",
            "What was said before may have changed.",
            "referrals:readiness",
            "Ask again",
        ),
        renewed_as="the right time",
    ),
    BlockerCode(
        "not_prepared",
        party=lambda party, gate: not party.prepared,
        party_wording=Wording(
            "No preparation has been held with {name}.",
            "prepare with {name}",
            "What {name} hopes for, worries about, and would rather not talk about.",
            "referrals:preparation",
            "Prepare",
        ),
        in_talk=True,
    ),
    BlockerCode(
        "safe_contact_missing",
        party=safe_contact_missing,
        party_wording=Wording(
            "No safe way to reach {name} has been confirmed recently enough.",
            "ask {name} how to reach them safely",
            "Until then nothing is sent to {name}.",
            "referrals:routes",
            "Ask {name}",
        ),
        in_talk=True,
        renewed_as="how to reach them",
    ),
    BlockerCode(
        "too_few_parties",
        referral=lambda facts: len(facts.participants) < 2,
        referral_wording=Wording(
            "There are fewer than two people taking part.",
            "add a person",
            "Nobody is contacted by this.",
            "referrals:person_add",
            "Add a person",
        ),
    ),
    BlockerCode(
        "not_suitable_yet",
        referral=lambda facts: not facts.suitable,
        referral_wording=Wording(
            "Nobody has decided that this is suitable now.",
            "decide whether this is suitable",
            "Suitable now, not now, or not; and why.",
            "referrals:decide",
            "Decide",
        ),
    ),
    BlockerCode(
        "records_check",
        party=lambda party, gate: not party.records_checked,
        party_wording=Wording(
            "The records check is not done yet.",
            "ask for the records check",
            "A safeguarding lead does it. You hear only that it is done.",
            "referrals:records_ask",
            "Ask for it",
        ),
        known_to_all=True,
    ),
    BlockerCode(
        "no_facilitator",
        referral=lambda facts: not facts.facilitators,
        referral_wording=_appoint(
            "No facilitator has been appointed.",
            "appoint a facilitator",
            "They prepare and run the meeting. Choose somebody who supports nobody here.",
        ),
    ),
    BlockerCode(
        "facilitator_not_independent",
        party=second_worker_not_accepted,
        party_wording=Wording(
            "The facilitator is of another side, and {name} has not said yes to a second worker.",
            "ask {name} about the second worker",
            "If {name} would rather not, somebody else is found.",
            "referrals:consent",
            "Ask {name}",
            shown_as="second_worker",
        ),
        referral=facilitator_not_independent,
        referral_wording=_appoint(
            "The facilitator supports someone here, or manages who does. A second worker from another team is "
            "needed, whom the others accept.",
            "appoint a second worker from another team",
            "Beside the facilitator there is: a second worker, whom the others accept.",
            preset="&part=second_worker",
        ),
    ),
    BlockerCode(
        "one_facilitator",
        party=lambda party, gate: (
            party.has_open(*TWO_FACILITATORS) and party.facts.fewer_than_two_facilitators
        ),
        party_wording=_appoint(
            "What is recorded about {name} means that two facilitators are needed.",
            "appoint a second facilitator",
            "Two facilitators prepare and run it together.",
        ),
        referral=lambda facts: facts.referral.kind == Kind.FAMILY and facts.fewer_than_two_facilitators,
        referral_wording=_appoint(
            "A family meeting needs two facilitators.",
            "appoint a second facilitator",
            "Two facilitators prepare and run it together.",
        ),
    ),
    BlockerCode(
        "professional_not_agreed",
        gates=START,
        party=professional_not_agreed,
        party_wording=Wording(
            "{name} has not agreed to an invited professional being there.",
            "ask {name} about the professional being there",
            "If {name} would rather not, the professional stays out.",
            "referrals:consent",
            "Ask {name}",
        ),
    ),
    BlockerCode(
        "day_of_check_missing",
        gates=START,
        party=lambda party, gate: party.is_participant and not party.well_today,
        party_wording=Wording(
            "{name} has not been asked today: well enough, safe, still yes?",
            "ask {name} today: well enough, safe, still yes?",
            "Four answers, from them alone.",
            "meetings:day_check",
            "Ask {name}",
        ),
    ),
)
BY_KEY = {code.key: code for code in CODES}
SHELL_CODES = frozenset(code.key for code in CODES if code.known_to_all)
SAFETY_CODES = frozenset(code.key for code in CODES if code.safety)
TALK_CODES = frozenset(code.key for code in CODES if code.in_talk)
RENEWED_CODES = frozenset(code.key for code in CODES if code.renewed_as)


def wording_of(code: str, *, of_party: bool) -> Wording:
    """The wording of a blocker, for one party or for the whole referral."""
    found = BY_KEY[code]
    return (found.party_wording if of_party else found.referral_wording) or found.wording
