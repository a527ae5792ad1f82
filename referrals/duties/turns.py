"""The next step of each worker towards a meeting: the first blocker that is theirs to settle, a blocker that they wait
for others to settle, or to plan the meeting if there is none."""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from referrals.blockers import (
    BY_KEY,
    CODES,
    SEALED_SENTENCE,
    WORDS_SENTENCE,
    Blocker,
    BlockerCode,
    ShownBlocker,
    find_blockers,
    shown_to,
)
from referrals.blockers.turns import NOT_A_YES, Reader, Turn, answer_of, turns
from referrals.disclosure import before_step
from referrals.duties.duty import PARTY, DutyKind, NewDuty, Section, own, worker_duty
from referrals.duties.knowing import opened_by, workers_on
from referrals.duties.people import BEFORE, asked_and_waiting, first_contact_due
from referrals.enums import MEETING_PARTS, NOBODY, Answer, Gate, Purpose, Stage
from referrals.facts import Facts, PartyFacts
from referrals.facts.party import end_of
from referrals.facts.referral import RUNS_MEETINGS
from restorative.accounts.enums import Role

# What counts until a moment counts at that moment too.
AFTER = timedelta(microseconds=1)
COUNTED = (Purpose.TAKE_PART, Purpose.WORDS, Purpose.SECOND_WORKER)


@dataclass(frozen=True)
class SeenParty:
    """A party as one reader may see them: what shown_to asks of it."""

    pk: UUID
    known_as: str
    opened: bool
    opened_safety: bool
    asked_first: bool
    answered_at: datetime | None


def seen(party: PartyFacts, opened: Collection[UUID], safety: Collection[UUID] = ()) -> SeenParty:
    """A party as a reader of these compartments sees them; of those in `safety` they open only concerns and answers."""
    is_open = party.id in opened
    opens_safety = is_open or party.id in safety
    return SeenParty(
        party.id, party.name, is_open, opens_safety, is_open and party.asked_first, party.row.answered_at
    )


# --- When anything changes by itself ------------------------------------------------------------------------------


def moments(facts: Facts) -> list[datetime]:
    """From now on, the times at which what stands in the way changes with nothing done."""
    found = [each.until + AFTER for party in facts.present for each in party.runs_out()]
    for party in facts.present:
        for purpose in COUNTED:
            for recipient in party.recipients(purpose):
                answer = party.newest_answer(purpose, recipient)
                if answer is not None:
                    found += [answer.counts_from, end_of(answer.expires_on)]
    stand_ins = [row for row in facts.involvements if row.part in MEETING_PARTS and row.until is not None]
    found += [when for row in stand_ins for when in (row.since, row.until) if when is not None]
    return sorted({when for when in found if when > facts.at})


# --- Each worker's next step ----------------------------------------------------------------------------------------


def next_steps(facts: Facts) -> Iterator[NewDuty]:
    """The next step of each worker of a referral, now and from each moment at which it changes by itself."""
    if facts.stage not in BEFORE:
        return
    for worker in workers_on(facts):
        yield from over_time(facts, partial(_next, worker=worker))


def _over_time(facts: Facts) -> list[tuple[Facts, list[Blocker]]]:
    """What stands in the way of booking, now and from each moment at which it changes by itself."""
    key = ("over_time", facts.at)
    if key not in facts.memo:
        every = [facts, *(facts.moved_to(when) for when in moments(facts))]
        facts.memo[key] = [(then, find_blockers(then, Gate.BOOK)) for then in every]
    return facts.memo[key]


def over_time(facts: Facts, make: Callable[[Facts, list[Blocker]], NewDuty | None]) -> Iterator[NewDuty]:
    """Successive duties that depend on what stands in the way: each for as long as it stays the same."""
    (_, current), *later = [(then.at, make(then, blockers)) for then, blockers in _over_time(facts)]
    starts = current.starts_at if current else facts.at
    for at, duty in later:
        if duty == current:
            continue
        if current is not None:
            yield replace(current, starts_at=starts, ends_at=_earlier(current.ends_at, at))
        starts, current = at, duty
    if current is not None:
        yield replace(current, starts_at=starts)


def _earlier(ends: datetime | None, at: datetime) -> datetime:
    return at if ends is None else min(ends, at)


def _next(facts: Facts, blockers: list[Blocker], worker: UUID) -> NewDuty | None:
    """What a worker does next, as far as they may know what stands in the way."""
    opened = opened_by(facts, worker)
    rows = shown_rows(facts, blockers, opened)
    found = turns(rows, facts, Reader(worker, frozenset(opened), _runs(facts, worker)))
    asked = {party.id for party in facts.present if party.worker_id == worker and asked_and_waiting(party)}
    rest = [turn for turn in found if turn.party not in asked]
    ours = next((turn for turn in rest if turn.is_theirs), None)
    if ours is not None:
        return _way(f"way_{_code(ours, facts)}", facts, worker, ours)
    if asked or facts.stage_shown(opened) == Stage.BOOKED:
        return None
    if rest:
        # What may be named says more than the one sentence for everything sealed.
        first = next((turn for turn in rest if turn.code), rest[0])
        return _way(f"waits_{_code(first, facts)}", facts, worker, first)
    return _way("plan", facts, worker, None) if _runs(facts, worker) and not rows else None


def shown_rows(
    facts: Facts, blockers: list[Blocker], opened: set[UUID], safety: Collection[UUID] = ()
) -> list[ShownBlocker]:
    """What a reader of these compartments may see of what stands in the way."""
    parties = [seen(party, opened, safety) for party in facts.present]
    return shown_to(blockers, parties, before=before_step(facts, opened))


def _code(turn: Turn, facts: Facts) -> str:
    """A turn as part of a kind of duty: its code, or its form where that says it differently."""
    if turn.form == "said" and turn.party:
        return f"said_{answer_of(facts.parties[turn.party])}"
    if turn.form == "named":
        return turn.code
    return f"{turn.code}_all" if turn.form == "referral" else turn.form


def _way(kind: str, facts: Facts, worker: UUID, turn: Turn | None) -> NewDuty:
    party = facts.parties[turn.party] if turn and turn.party else None
    due = first_contact_due(party) if kind == "way_talk" and party else None
    key = (turn.worker if turn else None) or NOBODY
    # Since when it has been so does not matter: long enough.
    return worker_duty(kind, worker, key, facts.referral.logged_at, due, party=party.id if party else None)


def _runs(facts: Facts, worker: UUID) -> bool:
    """Whether they may plan and book: the lead, a facilitator, a manager of the organisation that leads."""
    known = facts.worker(worker)
    manages = known is not None and known.role == Role.MANAGER
    runs = any(row.user_id == worker and row.part in RUNS_MEETINGS for row in facts.running)
    of_lead = manages and known.organisation_id == facts.referral.lead_organisation_id  # type: ignore[union-attr]
    return worker == facts.referral.lead_id or runs or of_lead


# --- How each is said ---------------------------------------------------------------------------------------------

BACK = "?from=referral"
SAID = {
    Answer.WITHDRAWN: "{name} has stopped taking part.",
    Answer.NO: "{name} said no to taking part.",
    Answer.NOT_SURE: "{name} is not sure about taking part.",
}
TALKED = "{name} has not been talked with, alone: safety, what they agree to, is it the right time."


def _own(key: str, what: str, action: str, page: str, args: tuple[str, ...], query: str = BACK) -> DutyKind:
    hint = "by" if key == "talk" else ""
    return own(f"way_{key}", what, action, page, args, query=query, hint=hint, yields=True)


def _waits(key: str, what: str, hint: str = "") -> DutyKind:
    return DutyKind(f"waits_{key}", section=Section.WAITING, what=what, hint=hint, yields=True)


WITH = {"wording_not_approved": "The one who asked first"}


def _of_code(code: BlockerCode) -> Iterator[DutyKind]:
    """A blocker as something to do, as something that waits for others, and as what holds a meeting."""
    if code.party:
        args = ("reference",) if code.page in WITHOUT_PARTY else PARTY
        yield _own(code.key, code.heading, code.link, code.page, args)
        yield _waits(code.key, code.sentence, code.whose or WITH.get(code.key, ""))
        yield DutyKind(f"hold_{code.key}", section=Section.ON_HOLD, what=code.sentence)
    if code.referral or code.known_to_all:
        query = BACK + code.preset
        yield _own(f"{code.key}_all", code.heading, code.link, code.page, ("reference",), query)
        yield _waits(f"{code.key}_all", code.sentence, code.whose)
        yield DutyKind(f"hold_{code.key}_all", section=Section.ON_HOLD, what=code.sentence)


WITHOUT_PARTY = ("referrals:facilitators", "referrals:records_ask")
_WORDS, _CONSENT = BY_KEY["wording_not_approved"], BY_KEY["consent_missing"]
KINDS = (
    *(kind for code in CODES if Gate.BOOK in code.gates for kind in _of_code(code)),
    _own("talk", "talk with {name}, alone", "Talk", "referrals:talk", PARTY),
    _own("check_in", "check in with {name}", "Check in with {name}", "referrals:check_in", PARTY),
    _own("approves", _WORDS.heading, _WORDS.link, _WORDS.page, PARTY),
    _own("said_not_sure", _CONSENT.heading, "Talk with {name}", "referrals:talk", PARTY),
    _waits("talk", TALKED),
    _waits("check_in", "{name} was asked about some things too long ago."),
    _waits("approves", WORDS_SENTENCE),
    *(_waits(f"said_{answer}", SAID[answer]) for answer in NOT_A_YES),
    _waits("talk_later", "{name} is talked with once the words used to reach them are agreed."),
    _waits("died", "{name} has died."),
    _waits("asked_for", BY_KEY["records_check"].sentence, "A safeguarding lead"),
    _waits("sealed", SEALED_SENTENCE),
    own("plan", "Nothing stands in the way: plan the meeting", "Plan", "meetings:book", yields=True),
)
RULES = (next_steps,)
