"""Whether somebody works or worked on a referral, and for which side. The one place where these are decided for an
object; querysets_involvement.py has the same conditions for queries."""

from uuid import UUID

from django.db.models import Q

from referrals.models import Involvement, Party, Referral
from referrals.querysets_involvement import of_another_side as _of_another_side
from restorative.accounts.models import User


def works_on(user: User, referral: Referral) -> bool:
    """Whether they have, or ever had, any part in this referral."""
    return Involvement.objects.unscoped("works on it?").filter(user=user, referral=referral).exists()


def knows_a_side(user: User, referral: Referral) -> bool:
    """Whether they are, or ever were, involved for one of its parties."""
    rows = Involvement.objects.unscoped("knows a side?").filter(user=user, referral=referral)
    return rows.filter(party__isnull=False).exists()


def other_sides(party: Party) -> set[UUID]:
    """Users who are, or ever were, involved for another party than this one and who is beside them."""
    rows = Involvement.objects.unscoped("other sides").filter(referral=party.referral_id, party__isnull=False)
    own = Q(party=party.beside_id or party.pk) | Q(party__beside=party.beside_id or party.pk)
    return set(rows.exclude(own).values_list("user", flat=True))


def supports_another(user: User, party: Party) -> bool:
    """Whether they are, or ever were, involved for another party than this one and who is beside them."""
    return user.pk in other_sides(party)


def of_another_side(user: User, party: Party) -> bool:
    """The same; or they lead, and so stand in for another party who has no keyworker."""
    condition = _of_another_side(user.pk, party.beside_id or party.pk, party.referral_id)
    return Referral.objects.unscoped("another side?").filter(condition, pk=party.referral_id).exists()
