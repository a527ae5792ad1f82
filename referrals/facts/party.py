"""One party's facts and their derived properties: each date and state is computed once, here.
Properties of all parties together are in referral.py."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING
from uuid import UUID

from referrals.enums import (
    NOBODY,
    OWN_PLACES,
    SIGN_OFFS,
    STOPS,
    Answer,
    ApproachResult,
    Capacity,
    CapacityResult,
    ConcernKind,
    Place,
    Purpose,
    ReadinessKind,
    Ready,
    SignOffDecision,
)
from referrals.facts import rows
from referrals.facts.table import Row, RowT
from restorative.common import clock
from restorative.common.rules import rules

if TYPE_CHECKING:
    from referrals.facts.referral import Facts

# Results of attempts to reach a person who has not answered.
TRIED = (ApproachResult.WAITING, ApproachResult.COULD_NOT_REACH, ApproachResult.DO_NOT_APPROACH)
# Rows of a party that say nothing of work with them.
NOT_WITH_THEM = (rows.InvolvementRow, rows.GrantRow, rows.HandoffRow, rows.StageChangeRow, rows.TaskRow)


@dataclass(frozen=True, eq=False)
class PartyFacts:
    """A party with the rows of their compartment. Days and times are as of `facts.at`."""

    row: rows.PartyRow
    facts: Facts = field(repr=False)
    _rows: dict[type, list[Row]] = field(repr=False)

    def rows(self, kind: type[RowT]) -> list[RowT]:
        """This party's rows of one kind, oldest first."""
        return self._rows.get(kind, [])  # type: ignore[return-value]

    # --- Who they are ---

    @property
    def id(self) -> UUID:
        return self.row.id

    @property
    def name(self) -> str:
        return self.row.known_as

    @property
    def present(self) -> bool:
        return self.row.left_at is None

    @property
    def is_supporter(self) -> bool:
        return self.row.place == Place.SUPPORTER

    @property
    def is_participant(self) -> bool:
        return not self.is_supporter

    @property
    def is_own_place(self) -> bool:
        """Whether this is the person in treatment or recovery."""
        return self.row.place in OWN_PLACES

    @property
    def side(self) -> UUID:
        """The party whose side this is: a supporter is sealed with the party they are beside."""
        return self.row.beside_id or self.row.id

    @property
    def died(self) -> bool:
        return self.row.died_on is not None

    # --- Who supports them ---

    @property
    def worker_id(self) -> UUID:
        """Their keyworker, or the lead if they have none."""
        return self.row.keyworker_id or self.facts.referral.lead_id

    @cached_property
    def supported_since(self) -> datetime | None:
        """Since when their current keyworker supports them."""
        period = self.facts.support_period(self.id)
        return period.since if period else None

    def on_side_of(self, user: UUID) -> bool:
        """Whether a user supports this party, or manages the team of the worker who does."""
        return user in (self.worker_id, self.facts.manager_of(self.worker_id))

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

    # --- Safety ---

    @cached_property
    def open_concerns(self) -> list[rows.ConcernRow]:
        return [row for row in self.rows(rows.ConcernRow) if row.is_open]

    @property
    def stops(self) -> list[rows.ConcernRow]:
        return [row for row in self.rows(rows.ConcernRow) if row.kind in STOPS]

    @cached_property
    def open_stops(self) -> list[rows.ConcernRow]:
        return [row for row in self.open_concerns if row.kind in STOPS]

    @property
    def undecided_concerns(self) -> list[rows.ConcernRow]:
        """Open concerns without any decision."""
        return [row for row in self.open_concerns if not self.decisions_on(row)]

    def has_open(self, *kinds: ConcernKind) -> bool:
        return any(row.kind in kinds for row in self.open_concerns)

    @cached_property
    def newest_concern_at(self) -> datetime | None:
        return max((row.raised_at for row in self.rows(rows.ConcernRow)), default=None)

    def decisions_on(self, concern: rows.ConcernRow) -> list[rows.SignOffRow]:
        """The decisions on a concern, oldest first."""
        found = [row for row in self.rows(rows.SignOffRow) if row.concern_id == concern.id]
        return sorted(found, key=lambda row: (row.decided_at, row.created_at))

    def decision_stands(self, decision: rows.SignOffRow) -> bool:
        """Whether a decision is still by a second person, newer than every concern, and not expired."""
        newer = self.newest_concern_at is not None and self.newest_concern_at > decision.decided_at
        return not (
            newer or self.facts.works_on(decision.decided_by_id) or decision.expires_at < self.facts.at
        )

    def signed_off(self, concern: rows.ConcernRow) -> rows.SignOffRow | None:
        """The newest decision on a sign-off concern, if it says go, still counts, and all its steps are done."""
        decisions = self.decisions_on(concern)
        go = (SignOffDecision.GO, SignOffDecision.GO_WITH_STEPS)
        for row in decisions:
            newest = row.decided_at == decisions[-1].decided_at
            if (
                newest
                and row.decision in go
                and self.decision_stands(row)
                and not self.facts.undone_steps(row.id)
            ):
                return row
        return None

    @cached_property
    def not_signed_off(self) -> list[rows.ConcernRow]:
        """Open sign-off concerns without a sign-off that counts."""
        return [row for row in self.open_concerns if row.kind in SIGN_OFFS and not self.signed_off(row)]

    @cached_property
    def waits_for_decision(self) -> list[rows.ConcernRow]:
        """Open stops, and open sign-off concerns without a decision that counts."""
        decided = {row.concern_id for row in self.rows(rows.SignOffRow) if self.decision_stands(row)}
        return [row for row in self.open_concerns if row.kind in STOPS or row.id not in decided]

    @cached_property
    def asked_alone(self) -> rows.SafetyRow | None:
        """When they were last asked about their safety, alone."""
        asked = [row for row in self.rows(rows.SafetyRow) if row.asked_alone]
        return max(asked, key=lambda row: (row.asked_at, row.created_at), default=None)

    def safety_until(self, *, to_start: bool = False) -> datetime | None:
        """Until when their safety answers count; None if they were not asked alone since their newest concern."""
        asked = self.asked_alone
        if asked is None or (self.newest_concern_at is not None and self.newest_concern_at > asked.asked_at):
            return None
        days = rules().safety_answers_days_to_start if to_start else rules().safety_answers_days
        return asked.asked_at + timedelta(days=days)

    @cached_property
    def shares_home(self) -> bool | None:
        """Whether they share a home with another party, when last asked; None if never asked."""
        newest = newest_of(self.rows(rows.SafetyRow), "asked_at")
        return any(row.shares_home for row in newest) if newest else None

    # --- Readiness, preparation, capacity ---

    @cached_property
    def readiness_checks(self) -> list[rows.ReadinessRow]:
        """Full checks and check-ins, oldest first."""
        found = [row for row in self.rows(rows.ReadinessRow) if row.kind != ReadinessKind.DAY]
        return sorted(found, key=lambda row: (row.completed_at, row.created_at))

    @property
    def newest_check(self) -> rows.ReadinessRow | None:
        return self.readiness_checks[-1] if self.readiness_checks else None

    @property
    def judged_ready(self) -> rows.ReadinessRow | None:
        """The newest check, if the worker judged them ready."""
        newest = newest_of(self.readiness_checks, "completed_at")
        return next((row for row in newest if row.judgement == Ready.READY), None)

    @property
    def ready_until(self) -> datetime | None:
        """Until when the newest check counts for booking: longer if a manager accepted it late."""
        check = self.judged_ready
        if check is None:
            return None
        if check.accepted_late_at is None:
            return check.expires_at
        return max(check.expires_at, check.completed_at + timedelta(days=rules().readiness_late_days))

    @property
    def ready_to_start_until(self) -> datetime | None:
        check = self.judged_ready
        return check.completed_at + timedelta(days=rules().readiness_days_to_start) if check else None

    @cached_property
    def day_check(self) -> rows.ReadinessRow | None:
        """The newest day-of check."""
        found = [row for row in self.rows(rows.ReadinessRow) if row.kind == ReadinessKind.DAY]
        newest = newest_of(found, "completed_at")
        return next((row for row in newest if row.judgement == Ready.READY), newest[-1] if newest else None)

    @property
    def well_today(self) -> bool:
        """Whether the newest day-of check is from today and has only yes."""
        check, at = self.day_check, self.facts.at
        if check is None or check.judgement != Ready.READY:
            return False
        return start_of_day(at) <= check.completed_at <= at

    @property
    def held_at(self) -> list[datetime]:
        """When preparations took place."""
        return [row.held_at for row in self.rows(rows.PreparationRow)]

    @property
    def prepared(self) -> bool:
        return any(held <= self.facts.at for held in self.held_at)

    @cached_property
    def assessed(self) -> rows.CapacityRow | None:
        """The newest assessment of whether they can decide this."""
        newest = newest_of(self.rows(rows.CapacityRow), "assessed_at")
        return next(
            (row for row in newest if row.result == CapacityResult.ABLE), newest[-1] if newest else None
        )

    @cached_property
    def capacity_in_doubt(self) -> bool:
        """A doubt recorded with an answer to taking part or on the day, without a later assessment that they can
        decide.

        A later yes without a doubt does not remove an earlier doubt; only an assessment does.
        """
        able = self.assessed if self.assessed and self.assessed.result == CapacityResult.ABLE else None
        doubts = [
            row.taken_at
            for row in self.rows(rows.ConsentRow)
            if row.purpose == Purpose.TAKE_PART and row.capacity == Capacity.DOUBT
        ]
        if self.day_check and self.day_check.capacity == Capacity.DOUBT:
            doubts.append(self.day_check.completed_at)
        return any(able is None or able.assessed_at < doubt for doubt in doubts)

    @property
    def last_rating(self) -> rows.RatingRow | None:
        return self.rows(rows.RatingRow)[-1] if self.rows(rows.RatingRow) else None

    @property
    def has_tasks(self) -> bool:
        """Whether they have unfinished tasks."""
        return any(row.done_at is None for row in self.rows(rows.TaskRow))

    # --- Safe contact ---

    @property
    def contact_at_risk(self) -> bool:
        """Whether contact expires sooner: past abuse, or a home shared when last asked."""
        return bool(self.shares_home) or self.has_open(ConcernKind.PAST_ABUSE)

    @property
    def contact_days(self) -> int:
        return rules().contact_days_at_risk if self.contact_at_risk else rules().contact_days

    @cached_property
    def safe_routes(self) -> list[rows.RouteRow]:
        """Current contact routes that they allow and a worker confirmed, the latest confirmed last."""
        found = [r for r in self.rows(rows.RouteRow) if r.allowed and not r.replaced_at and r.confirmed_at]
        return sorted(found, key=lambda row: (row.confirmed_at, row.created_at))  # type: ignore[arg-type, return-value]

    @property
    def safe_route(self) -> rows.RouteRow | None:
        """The contact route that was confirmed last."""
        return self.safe_routes[-1] if self.safe_routes else None

    @property
    def contact_until(self) -> datetime | None:
        """Until when a confirmed safe contact counts; None if there is none."""
        route = self.safe_route
        return (
            route.confirmed_at + timedelta(days=self.contact_days) if route and route.confirmed_at else None
        )

    @property
    def check_in_would_do(self) -> bool:
        """Whether a participant has had every question in full once, and nothing new has come up since."""
        yes, judged = self.answer, self.judged_ready
        agreed = yes is not None and yes.answer == Answer.YES and yes.counts_from <= self.facts.at
        if not agreed or yes.sheet_changed_at or judged is None or self.safe_route is None:  # type: ignore[union-attr]
            return False
        return self.is_participant and self.safety_until() is not None

    # --- The records check, a provisional record, activity ---

    @property
    def records_checked(self) -> bool:
        """Whether a records check that was requested after they joined has been released."""
        return any(
            row.asked_at >= self.row.created_at and row.released_at and row.released_at <= self.facts.at
            for row in self.facts.rows(rows.RecordsCheckRow)
        )

    @property
    def last_noted_at(self) -> datetime:
        """When anything was last done or noted with them. Who works on it, tasks and steps are not that."""
        done = (r for kind, found in self._rows.items() if kind not in NOT_WITH_THEM for r in found)
        return max([self.row.created_at, *(when for row in done for when in row.moments)])

    @cached_property
    def is_provisional(self) -> bool:
        """Whether they have not answered, so that their record is temporary; never the person in treatment."""
        spoken = any(kind.SPOKEN and found for kind, found in self._rows.items())
        answered = any(row.result == ApproachResult.ANSWERED for row in self.rows(rows.ApproachRow))
        known = self.is_own_place or self.row.answered_at or self.row.forgotten_at
        return not (known or spoken or answered)

    @property
    def keeps_one_route(self) -> bool:
        """Whether only a name and one contact route are kept: they have not answered, and did not come to us."""
        return self.is_provisional and not self.asked_first

    @property
    def last_tried(self) -> datetime | None:
        """When a worker last tried to reach them, without an answer."""
        tried = [row.created_at for row in self.rows(rows.ApproachRow) if row.result in TRIED]
        return max(tried, default=None)

    @property
    def kept_for(self) -> timedelta:
        """How long a provisional record is kept after the last approach or, if there was none, after logging."""
        numbers = rules()
        tried = numbers.provisional_days_after_approach
        return timedelta(days=tried if self.last_tried else numbers.provisional_days_never_approached)

    @property
    def kept_until(self) -> datetime | None:
        """Until when a manager extended the provisional record."""
        return max((row.until for row in self.rows(rows.KeptLongerRow)), default=None)

    @property
    def goes_at(self) -> datetime | None:
        """When a provisional record is deleted; None if it stays or is not provisional.

        It stays after "do not approach", if they have a concern, and if a person in the referral has died.
        """
        safety = self.rows(rows.ConcernRow) or self.rows(rows.ProtectiveShareRow)
        if not self.is_provisional or self.said_do_not_approach or safety or self.facts.anyone_died:
            return None
        usual = (self.last_tried or self.row.created_at) + self.kept_for
        return max(usual, self.kept_until) if self.kept_until else usual

    def runs_out(self) -> list[RunsOut]:
        """What a meeting needs of them that expires, in the order of expiry."""
        found: list[tuple[str, UUID, datetime | None]] = []
        if self.answer and self.answer.answer == Answer.YES:
            found.append(("consent", self.answer.id, end_of(self.answer.expires_on)))
        if self.is_participant:
            check, asked, route = self.judged_ready, self.asked_alone, self.safe_route
            found += [("readiness", check.id, self.ready_until)] if check else []
            found += [("safety", asked.id, self.safety_until())] if asked else []
            found += [("contact", route.id, self.contact_until)] if route else []
        for concern in self.open_concerns:
            decisions = self.decisions_on(concern)
            if decisions and decisions[-1].decision != SignOffDecision.DO_NOT_GO:
                found.append(("sign_off", decisions[-1].id, decisions[-1].expires_at))
        ends = [RunsOut(what, row, until) for what, row, until in found if until is not None]
        return sorted(ends, key=lambda each: (each.until, each.row))


@dataclass(frozen=True, slots=True)
class RunsOut:
    """Something a meeting needs that expires: what, the row it rests on, and when."""

    what: str  # "consent", "readiness", "safety", "contact" or "sign_off"
    row: UUID
    until: datetime


def newest_of(found: Sequence[RowT], when: str) -> list[RowT]:
    """The newest rows by the time in one column: one, or those that share the moment."""
    last = max((getattr(row, when) for row in found), default=None)
    return [row for row in found if getattr(row, when) == last]


def end_of(day: date) -> datetime:
    """Midnight in London at the end of a day."""
    return clock.moment(day + timedelta(days=1), 0)


def start_of_day(at: datetime) -> datetime:
    """Midnight in London at the start of the day of `at`."""
    return clock.moment(clock.today(at), 0)
