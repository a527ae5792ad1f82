"""Orders, bail and licences that bar contact: their terms as data, with earlier versions kept.
concerns.py raises and clears the stop itself."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from referrals import access
from referrals.actions.concerns import fresh_concern
from referrals.actions.lifecycle import changing
from referrals.enums import ConcernKind, OrderKind
from referrals.models import Concern
from restorative.audit.ledger import record
from restorative.common import clock
from restorative.common.decisions import NotPossible

if TYPE_CHECKING:
    from restorative.accounts.models import User


@dataclass(frozen=True)
class OrderFacts:
    """The facts of an order, bail or licence. If `seen_by` is empty, no worker has seen the document."""

    kind: OrderKind
    conditions: str
    seen_by: str = ""
    ends_on: date | None = None

    def as_kept(self) -> dict[str, Any]:
        """The facts as a concern's row stores them."""
        return {
            "kind": self.kind.value,
            "conditions": self.conditions,
            "seen_by": self.seen_by,
            "ends_on": self.ends_on.isoformat() if self.ends_on else "",
        }


def write_order(*, concern: Concern, order: OrderFacts, by: "User", at: datetime | None = None) -> None:
    """Record the terms of an order, or new information about it. The earlier version is kept.

    The end date of an order clears nothing. Raises Refused, or NotPossible.
    """
    at = at or clock.now()
    access.may_open(by, concern.party).require()
    with changing(concern.party.referral_id, at=at) as (referral, at):
        concern = fresh_concern(concern)
        if concern.kind != ConcernKind.ORDER:
            raise NotPossible("This concern is not about an order, bail or licence.")
        before = [*concern.order.pop("before", []), concern.order] if concern.order else []
        kept = order.as_kept() | {
            "written_on": clock.today(at).isoformat(),
            "written_by": by.first_name,
            "before": before,
        }
        Concern.objects.unscoped("write an order down").filter(pk=concern.pk).update(order=kept)
        record(
            "order_written",
            by=by,
            thing=concern,
            referral_id=referral.pk,
            party_id=concern.party_id,
            fields=["order"],
            why_code=order.kind,
            at=at,
        )
