"""Rows of lists of referrals: the caseload and the search. Names are read once for a whole page."""

from typing import TYPE_CHECKING, Any

from django.urls import reverse
from django.utils.text import capfirst

from referrals.enums import Kind, Stage
from referrals.models import Summary
from referrals.presenters import names_of, read_names, you_or_name
from referrals.selectors import show_stages
from restorative.common import clock

if TYPE_CHECKING:
    from restorative.accounts.models import User

HEADS = ["People", "Reference", "Stage", "Kind", "Lead", "Logged"]


def list_rows(found: list[Summary], user: "User") -> list[list[Any]]:
    """The cells of each row. One query for the names, and one for the stages of which some users know more."""
    show_stages(found, user)
    parties = read_names(user, [row.pk for row in found])
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
