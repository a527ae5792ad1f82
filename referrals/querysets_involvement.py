"""Who worked on a referral, as conditions inside other queries.
Facts answer the same questions for one referral that was read."""

from datetime import datetime
from typing import Any

from django.apps import apps
from django.db.models import Exists, F, Q, QuerySet

from referrals.enums import Part


def rows_of(name: str) -> QuerySet:
    """Rows of a model of this app by name, for use inside other queries only (models import this module)."""
    return apps.get_model("referrals", name)._base_manager.all()


def on_now(at: datetime) -> Q:
    """As a condition on involvement: open parts; a stand-in's only on their day."""
    return Q(until__isnull=True) | Q(part=Part.STAND_IN, since__lte=at, until__gt=at)


def works_on(user: Any, referral: Any) -> Exists:
    """Whether the user has or ever had a part in that referral."""
    return Exists(rows_of("Involvement").filter(user=user, referral=referral))


def supports_another(user: Any, side: Any, referral: Any) -> Q:
    """Whether the user is or ever was involved for a party outside `side`: a participant and their supporters."""
    rows = rows_of("Involvement").filter(user=user, referral=referral, party__isnull=False)
    another = rows.exclude(party=side).filter(Q(party__beside__isnull=True) | ~Q(party__beside=side))
    return Q(Exists(another))


def of_another_side(user: Any, side: Any, referral: Any) -> Q:
    """As supports_another; or the user leads, and so stands in for another present participant without a keyworker."""
    alone = rows_of("Party").filter(
        ~Q(pk=side),
        referral=referral,
        beside__isnull=True,
        referral__lead=user,
        keyworker__isnull=True,
        left_at__isnull=True,
    )
    return supports_another(user, side, referral) | Q(Exists(alone))


def named_at(at: datetime) -> Q:
    """As a condition on involvement: open parts, and stand-ins whose day is still to come."""
    return Q(until__isnull=True) | Q(part=Part.STAND_IN, until__gt=at, since__lt=F("until"))
