"""Whose turn each blocker is, for one reader, and what settles it: one row where a talk or a check-in settles several.
How a row is said, and the page it leads to, is in presenters/blocker_rows.py."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from referrals.blockers.codes import RENEWED_CODES, TALK_CODES, wording_of
from referrals.enums import MEETING_PARTS, Answer
from referrals.facts import Facts, PartyFacts
from referrals.facts.rows import RecordsCheckRow

NOTHING = "Nothing for you to do"
YOURS, LATER, ON_THE_DAY = "Your turn", "Later", "On the day"
WORDS, DAY_CHECK = "wording_not_approved", "day_of_check_missing"


class Shown(Protocol):
    """A row of shown_to: a blocker as one reader may see it."""

    @property
    def code(self) -> str: ...
    @property
    def party_id(self) -> UUID | None: ...


@dataclass(frozen=True)
class Reader:
    """Who reads the rows, and what they may do. `today`: a meeting is today. `deciding`: concerns they decide on, by
    party and code."""

    user: UUID
    opened: frozenset[UUID]
    runs: bool
    today: bool = False
    deciding: frozenset[tuple[UUID, str]] = frozenset()


@dataclass(frozen=True)
class Turn:
    """One row of "What stands in the way". `form` says which sentence it is: a blocker as its own entry says it
    ("named"), the words that one person approves for another ("approves"), the whole referral's ("referral"), or one of
    those that stand for several.

    `whose` is "Your turn", a word for a group, or a phrase; `worker` the worker whose turn it is, where it is one.
    """

    form: str
    code: str
    party: UUID | None = None
    whose: str = ""
    worker: UUID | None = None

    @property
    def is_theirs(self) -> bool:
        """Whether the reader can do something about it now."""
        return self.whose == YOURS

    @property
    def order(self) -> int:
        """A stop or a no, then what the reader can do, then what is with others, then what comes later or is sealed."""
        if self.code == "stop" or (self.code and self.whose == NOTHING):
            return 0
        if self.whose == YOURS:
            return 1
        return 3 if self.whose in (LATER, ON_THE_DAY, NOTHING) else 2


def turns(rows: Sequence[Shown], facts: Facts, reader: Reader) -> list[Turn]:
    """Whose turn each of these rows is. Where most of a talk with a person is still to come, that is one row and not
    five; where a check-in renews all that has run out, that is one row too."""
    found = (_turn(row, rows, facts, reader) for row in rows)
    return sorted(dict.fromkeys(turn for turn in found if turn is not None), key=lambda turn: turn.order)


def _turn(row: Shown, rows: Sequence[Shown], facts: Facts, reader: Reader) -> Turn | None:
    if row.code == DAY_CHECK and not reader.today:
        return Turn("on_the_day", DAY_CHECK, whose=ON_THE_DAY)
    if row.party_id is None:
        return _of_referral(row.code, facts, reader)
    return _of_party(row.code, facts.parties[row.party_id], rows, reader)


# --- Of one party -----------------------------------------------------------------------------------------------


def _of_party(code: str, party: PartyFacts, rows: Sequence[Shown], reader: Reader) -> Turn | None:
    if party.died:
        return Turn("died", "", party.id)
    if code == WORDS and untalked(party.id, rows):
        return None  # The words are part of that talk.
    opened = party.id in reader.opened
    if code in RENEWED_CODES and opened and party.check_in_would_do:
        return _with_worker("check_in", "check_in", party, reader)
    if code == "consent_missing" and opened and answer_of(party) in NOT_A_YES:
        if stopped(party):
            return Turn("said", code, party.id, NOTHING)
        return _with_worker("said", code, party, reader)
    if code in TALK_CODES:
        if opened and stopped(party):
            return None
        if untalked(party.id, rows):
            return _talk(party, rows, reader)
    return _named(code, party, reader)


def untalked(party: UUID, rows: Iterable[Shown]) -> bool:
    """Whether most of a talk with them is still to come."""
    codes = {row.code for row in rows if row.party_id == party}
    return len(codes & TALK_CODES) >= 3


def waits_for_words(party: PartyFacts, rows: Iterable[Shown], reader: Reader) -> bool:
    """Whether they cannot be spoken to yet, because the words used to reach them are not approved."""
    known_first = party.id in reader.opened and party.asked_first
    return not known_first and any(row.code == WORDS for row in rows)


NOT_A_YES = (Answer.WITHDRAWN, Answer.NO, Answer.NOT_SURE)


def answer_of(party: PartyFacts) -> str | None:
    """Their newest answer to taking part. "Do not approach" is a no: nothing more is asked."""
    if party.answer is not None:
        return party.answer.answer
    return Answer.NO if party.said_do_not_approach else None


def stopped(party: PartyFacts) -> bool:
    """Whether their newest answer is that they do not take part. They are not asked again from here."""
    return answer_of(party) in (Answer.NO, Answer.WITHDRAWN)


def _talk(party: PartyFacts, rows: Sequence[Shown], reader: Reader) -> Turn:
    if waits_for_words(party, rows, reader):
        return Turn("talk_later", "", party.id, LATER)
    return _with_worker("talk", "talk", party, reader)


def _with_worker(form: str, code: str, party: PartyFacts, reader: Reader) -> Turn:
    """A row that the party's worker settles. A reader who opens a person without a keyworker does it themselves."""
    worker = party.row.keyworker_id
    mine = worker is None or worker == reader.user
    return Turn(form, code, party.id, YOURS if mine else "", None if mine else worker)


def _named(code: str, party: PartyFacts, reader: Reader) -> Turn:
    """A blocker as its own entry says it."""
    if code == WORDS and not (party.id in reader.opened and party.asked_first):
        return Turn("named", code, party.id, "The one who asked first")
    if code == WORDS:
        return _with_worker("approves", code, party, reader)
    if code == "professional_not_agreed" and not _facilitates(party.facts, reader.user):
        return Turn("named", code, party.id, "The facilitator asks")
    if (party.id, code) in reader.deciding:
        return Turn("named", code, party.id, YOURS)
    if group := wording_of(code, of_party=True).whose:
        return Turn("named", code, party.id, group)
    return _with_worker("named", code, party, reader)


def _facilitates(facts: Facts, user: UUID) -> bool:
    return any(
        row.user_id == user and row.part in MEETING_PARTS and row.runs_at(facts.at)
        for row in facts.involvements
    )


# --- Of the whole referral --------------------------------------------------------------------------------------


def _of_referral(code: str, facts: Facts, reader: Reader) -> Turn:
    if not code:
        return Turn("sealed", "", whose=NOTHING)
    if code == "records_check" and records_asked(facts):
        return Turn("asked_for", code, whose="A safeguarding lead")
    if not reader.runs:
        return Turn("referral", code, worker=facts.referral.lead_id)
    return Turn("referral", code, whose=YOURS)


def records_asked(facts: Facts) -> bool:
    """Whether a records check was asked for and is not released."""
    return any(row.released_at is None for row in facts.rows(RecordsCheckRow))
