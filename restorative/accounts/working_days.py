"""Working days of an organisation: no weekend, no bank holiday in England, and none of the days it is closed."""

from datetime import date
from uuid import UUID

from restorative.accounts.models import Closure
from restorative.common import clock


def closures_of(organisation: UUID) -> frozenset[date]:
    """The days an organisation is closed."""
    return frozenset(Closure.objects.filter(organisation=organisation).values_list("date", flat=True))


def working_day_after(day: date, days: int, organisation: UUID) -> date:
    """The day so many working days of an organisation later; earlier, where the number is negative."""
    return clock.add_working_days(day, days, closures_of(organisation))
