"""Orders, bail and licences that bar contact: what they say is written down as data, and what was known before is kept.
Raising and clearing the stop itself is in concerns.py."""

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
    """What is known of an order, bail or licence. Nobody has seen the document where `seen_by` is empty."""

    kind: OrderKind
    conditions: str
    seen_by: str = ""
    ends_on: date | None = None

    def as_kept(self) -> dict[str, Any]:
        """As a concern's row keeps it."""
        return {
            "kind": self.kind.value,
            "conditions": self.conditions,
            "seen_by": self.seen_by,
            "ends_on": self.ends_on.isoformat() if self.ends_on else "",
        }


def write_order(*, concern: Concern, order: OrderFacts, by: "User", at: datetime | None = None) -> None:
    """Write down what an order says, or what has been learnt of it since. What was written before is kept with it.

    That it ends clears nothing. Raises Refused, or NotPossible.
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
