"""Messages about a referral itself: how a person may be reached, and each reminder to a worker, one rule a reminder.
The outbox asks; nothing here sends. Messages about meetings are in meetings/reminders."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from referrals.duties import KINDS
from referrals.duties.knowing import barred
from referrals.facts import Facts, read_facts
from referrals.models import Referral
from referrals.reminders import grants, handoffs, ring, work
from referrals.reminders.reach import nothing_is_sent
from restorative.notify.registry import Groups, register_groups


def read(referrals: Collection[UUID], at: datetime) -> dict[UUID, Facts]:
    """The facts that messages are planned from and checked against."""
    return read_facts(referrals, at, closures=True)


def unchanged(facts: Facts) -> bool:
    """Whether no action changed the referral since its facts were read: each action counts its version up."""
    rows = Referral.objects.unscoped("messages").filter(pk=facts.referral.id, version=facts.referral.version)
    return rows.exists()


def register_kinds() -> None:
    """Register the kinds of message about a referral itself, and how the outbox reads referrals."""
    register_groups(Groups(read, unchanged, silent=nothing_is_sent, shut_out=barred))
    ring.register_kinds()
    work.register_kinds(KINDS.values())
    handoffs.register_kinds()
    grants.register_kinds()
