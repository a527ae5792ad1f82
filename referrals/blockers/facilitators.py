"""Who runs the meetings, as conditions: shared by those on parties and those on referrals."""

from django.db.models import Exists, OuterRef, Q, QuerySet

from referrals.enums import (
    Part,
)
from referrals.models import (
    Facilitation,
)


def facilitators(referral: str) -> QuerySet:
    return Facilitation._base_manager.filter(
        referral=OuterRef(referral), until__isnull=True, part__in=[Part.FACILITATOR, Part.STAND_IN]
    )


def fewer_than_two_facilitators(referral: str) -> Q:
    another = Facilitation._base_manager.filter(
        ~Q(user=OuterRef("user")),
        referral=OuterRef("referral"),
        until__isnull=True,
        part__in=[Part.FACILITATOR, Part.STAND_IN],
    )
    return ~Q(Exists(facilitators(referral).filter(Exists(another))))
