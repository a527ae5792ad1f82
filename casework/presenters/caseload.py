"""Rows of lists of referrals: the caseload and the search. Names are read once for a whole page."""

from collections import defaultdict
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.urls import reverse
from django.utils.text import capfirst

from referrals.enums import Kind, Stage
from referrals.models import Party, Summary
from referrals.presenters import names_of, you_or_name
from referrals.selectors import show_stages
from restorative.common import clock

if TYPE_CHECKING:
    from restorative.accounts.models import User

HEADS = ["People", "Reference", "Stage", "Kind", "Lead", "Logged"]


def list_rows(found: list[Summary], user: "User") -> list[list[Any]]:
    """The cells of each row. One query for the names, and one for the stages of which some users know more."""
    show_stages(found, user)
    parties = _parties(found, user)
    return [
        [
            {
                "text": names_of(parties[row.pk], user),
                "href": reverse("casework:show", args=[row.reference]),
            },
            row.reference,
            str(Stage(row.shown_stage).label),
            str(Kind(row.kind).label),
            capfirst(you_or_name(row.lead, user)),
            clock.show_day(row.logged_at),
        ]
        for row in found
    ]


def _parties(found: list[Summary], user: "User") -> dict[UUID, list[Party]]:
    """The parties of each referral, with what their names need."""
    rows = Party.objects.visible_to(user).filter(referral__in=[row.pk for row in found]).present()
    by_referral: dict[UUID, list[Party]] = defaultdict(list)
    for party in rows.with_names(user).only("referral_id", "place", "known_as", "named_by_id"):
        by_referral[party.referral_id].append(party)
    return by_referral
