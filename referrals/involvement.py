"""Whether a worker works or worked on a referral, and for which side, for one object.
querysets_involvement.py has the same conditions for queries."""

from uuid import UUID

from django.db.models import Q

from referrals.models import Involvement, Party, Referral
from referrals.querysets_involvement import of_another_side as _of_another_side
from restorative.accounts.models import User


def works_on(user: User, referral: Referral) -> bool:
    """Whether the user has or ever had a part in this referral."""
    return Involvement.objects.unscoped("works on it?").filter(user=user, referral=referral).exists()


def knows_a_side(user: User, referral: Referral) -> bool:
    """Whether the user is or ever was involved for one of its parties."""
    rows = Involvement.objects.unscoped("knows a side?").filter(user=user, referral=referral)
    return rows.filter(party__isnull=False).exists()


def other_sides(party: Party) -> set[UUID]:
    """Users who are or ever were involved for another side than that of this party."""
    rows = Involvement.objects.unscoped("other sides").filter(referral=party.referral_id, party__isnull=False)
    own = Q(party=party.beside_id or party.pk) | Q(party__beside=party.beside_id or party.pk)
    return set(rows.exclude(own).values_list("user", flat=True))


def supports_another(user: User, party: Party) -> bool:
    """Whether the user is or ever was involved for another side than that of this party."""
    return user.pk in other_sides(party)


def of_another_side(user: User, party: Party) -> bool:
    """As supports_another; or the user leads, and so stands in for another party without a keyworker."""
    condition = _of_another_side(user.pk, party.beside_id or party.pk, party.referral_id)
    return Referral.objects.unscoped("another side?").filter(condition, pk=party.referral_id).exists()
