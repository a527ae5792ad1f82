"""Who may open these pages. Only governance reads the ledger; querysets.py decides which entries."""

from referrals.access import can
from restorative.accounts.models import User
from restorative.common.decisions import ALLOWED, Decision, refuse


def may_read_ledger(user: User) -> Decision:
    """Governance may read the ledger of its own organisation."""
    return ALLOWED if can(user, "ledger") else refuse("Only governance staff open the ledger.")
