"""What one party agreed to, and how they were approached."""

from datetime import datetime
from functools import cached_property
from uuid import UUID

from referrals.enums import NOBODY, Answer, ApproachResult, How, Purpose
from referrals.facts import rows
from referrals.facts.party_readiness import PartyReadiness
from restorative.common import clock


class PartyConsent(PartyReadiness):
    # --- Consent ---

    def newest_answer(self, purpose: Purpose, recipient: UUID = NOBODY) -> rows.ConsentRow | None:
        """The newest answer for one purpose and recipient, whether or not it counts."""
        return self.newest_answers.get((purpose, recipient))

    def recipients(self, purpose: Purpose) -> list[UUID]:
        """The recipients that they were asked about, for one purpose."""
        return [recipient for asked, recipient in self.newest_answers if asked == purpose]

    @cached_property
    def newest_answers(self) -> dict[tuple[str, UUID], rows.ConsentRow]:
        """The newest answer for each purpose and recipient."""
        return {
            (row.purpose, row.recipient): row
            for row in sorted(self.rows(rows.ConsentRow), key=lambda r: r.seq)
        }

    def counts(self, row: rows.ConsentRow) -> bool:
        """Whether an answer counts now: not too early, not expired, and not on a sheet since materially changed.

        A yes that no worker has heard from the person alone does not count, except as a yes to taking part, where
        "not heard" is a separate blocker.
        """
        at = self.facts.at
        if row.answer == Answer.YES and row.heard_alone_at is None and row.purpose != Purpose.TAKE_PART:
            return False
        if row.sheet_changed_at is not None and row.sheet_changed_at <= at:
            return False
        return row.counts_from <= at and row.expires_on >= clock.today(at)

    def consent_to(self, purpose: Purpose, recipient: UUID = NOBODY) -> rows.ConsentRow | None:
        """Their yes for one purpose, if it counts now."""
        row = self.newest_answer(purpose, recipient)
        return row if row and row.answer == Answer.YES and self.counts(row) else None

    @property
    def answer(self) -> rows.ConsentRow | None:
        """Their newest answer to taking part."""
        return self.newest_answer(Purpose.TAKE_PART)

    @property
    def needs_interpreter(self) -> bool:
        """Whether they had an interpreter when a worker last asked them."""
        asked = [
            row
            for row in self.rows(rows.ConsentRow)
            if row.how != How.LINK and row.answer != Answer.WITHDRAWN
        ]
        return bool(asked) and max(asked, key=lambda row: row.seq).interpreter

    @property
    def takes_part(self) -> rows.ConsentRow | None:
        """Their yes to taking part, if it counts now; a person who has died takes no part."""
        return None if self.died else self.consent_to(Purpose.TAKE_PART)

    @property
    def yes_not_heard(self) -> bool:
        """Whether no worker has heard their current yes (given by link or with others listening) from them alone."""
        yes = self.consent_to(Purpose.TAKE_PART)
        return yes is not None and yes.heard_alone_at is None

    @property
    def stopped_taking_part(self) -> bool:
        return self.answer is not None and self.answer.answer in (Answer.NO, Answer.WITHDRAWN)

    def given_under_open_stop(self, row: rows.ConsentRow) -> bool:
        """Whether a stop was open with this party when they gave an answer, and still is."""
        return any(stop.raised_at <= row.taken_at for stop in self.open_stops)

    # --- Approaching ---

    @property
    def asked_first(self) -> bool:
        return any(row.asked_first for row in self.rows(rows.ApproachRow))

    @property
    def knows_already(self) -> bool:
        """Whether speaking to them reveals nothing: they asked first, or told us unprompted."""
        return any(row.asked_first or row.told_unprompted for row in self.rows(rows.ApproachRow))

    @property
    def last_approach(self) -> rows.ApproachRow | None:
        return max(self.rows(rows.ApproachRow), key=lambda row: (row.created_at, row.id), default=None)

    @cached_property
    def words_approved(self) -> rows.ConsentRow | None:
        """Another present party's approval of the words to reach this one, if it counts and no stop suspends it."""
        for other in self.facts.present:
            row = other.consent_to(Purpose.WORDS, self.id)
            if row and not other.given_under_open_stop(row):
                return row
        return None

    @property
    def words_missing(self) -> bool:
        """Whether no one has approved the words to reach them, and they did not come to us."""
        return not self.knows_already and self.words_approved is None

    @cached_property
    def may_be_spoken_with_since(self) -> datetime | None:
        """Since when their worker may speak with them; None while no one has approved the words."""
        begun = max(self.row.created_at, self.supported_since or self.row.created_at)
        if self.knows_already:
            return begun
        for other in self.facts.present:
            said = other.newest_answer(Purpose.WORDS, self.id)
            if other.id == self.id or not said or said.answer != Answer.YES:
                continue
            stops = [row for row in other.stops if row.raised_at <= said.taken_at]
            cleared = [row.cleared_at for row in stops if row.cleared_at is not None]
            if len(cleared) == len(stops):
                return max(begun, said.taken_at, *cleared)
        return None

    @cached_property
    def contacts(self) -> list[datetime]:
        """When a worker spoke or tried to speak with them, earliest first."""
        tried = [r.created_at for r in self.rows(rows.ApproachRow) if r.result != ApproachResult.NOT_YET]
        asked = [row.asked_at for row in self.rows(rows.SafetyRow) if row.asked_alone]
        checked = [row.completed_at for row in self.readiness_checks]
        consents = (Purpose.TAKE_PART, Purpose.WORDS)
        answered = [row.taken_at for row in self.rows(rows.ConsentRow) if row.purpose in consents]
        held = [row.held_at for row in self.rows(rows.PreparationRow)]
        return sorted([*tried, *asked, *checked, *answered, *held])

    @cached_property
    def said_do_not_approach(self) -> bool:
        """Whether they said "no, do not approach", and have neither come to us nor answered since."""
        said = None
        for row in self.rows(rows.ApproachRow):
            if row.result == ApproachResult.DO_NOT_APPROACH:
                said = row
            elif said and (row.result == ApproachResult.ANSWERED or row.asked_first):
                said = said if row.created_at <= said.created_at else None
        return said is not None
