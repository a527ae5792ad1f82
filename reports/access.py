"""Who opens these pages. The ledger is governance's alone; which entries of it is in querysets.py."""

from referrals.access import can
from restorative.accounts.models import User
from restorative.common.decisions import ALLOWED, Decision, refuse


def may_read_ledger(user: User) -> Decision:
    """Read the ledger of their own organisation: governance."""
    return ALLOWED if can(user, "ledger") else refuse("Only governance staff open the ledger.")
