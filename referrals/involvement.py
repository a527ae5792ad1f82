"""Who works or worked on a referral, and for which side, for one object. With facts at hand, ask them instead.
querysets_involvement.py has the same conditions for queries."""

from uuid import UUID

from django.db.models import Q

from referrals.models import Involvement, Party, Referral
from restorative.accounts.models import User


def works_on(user: User, referral: Referral) -> bool:
    """Whether the user has or ever had a part in this referral."""
    return Involvement.objects.unscoped("works on it?").filter(user=user, referral=referral).exists()


def other_sides(party: Party) -> set[UUID]:
    """Users who are or ever were involved for another side than that of this party."""
    rows = Involvement.objects.unscoped("other sides").filter(referral=party.referral_id, party__isnull=False)
    own = Q(party=party.beside_id or party.pk) | Q(party__beside=party.beside_id or party.pk)
    return set(rows.exclude(own).values_list("user", flat=True))
