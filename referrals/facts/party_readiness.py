"""Whether one party is ready: readiness checks, preparation, and whether they can decide."""

from datetime import datetime, timedelta
from functools import cached_property

from referrals.enums import Capacity, CapacityResult, Purpose, ReadinessKind, Ready
from referrals.facts import rows
from referrals.facts.party_rows import newest_of
from referrals.facts.party_safety import PartySafety
from restorative.common import clock
from restorative.common.rules import rules


class PartyReadiness(PartySafety):
    """A party's readiness, preparation and capacity."""

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
        return any(row.done_at is None for row in self.rows(rows.TaskRow))


def start_of_day(at: datetime) -> datetime:
    """Midnight in London at the start of the day of `at`."""
    return clock.moment(clock.today(at), 0)
