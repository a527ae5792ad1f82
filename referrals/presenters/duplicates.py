"""Possible duplicates of a referral about to be logged: only referrals the user sees, with links."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.urls import reverse
from django.utils.text import capfirst

from referrals import selectors
from referrals.enums import Stage
from referrals.models import Party, Referral
from referrals.presenters import Named, names_of, read_names, you_or_name
from restorative.accounts.models import User

MOST = 5
REASONS = {
    "same_name": "the same name",
    "same_pair": "the same first names",
    "same_birth": "the same date of birth",
    "same_route": "the same number or address",
}


def rows(
    user: User,
    *,
    given: str,
    family: str = "",
    others: Sequence[str] = (),
    born_on: date | None = None,
    route: str = "",
) -> list[dict[str, Any]]:
    """A row per referral, newest first, in at most three queries."""
    found = selectors.possible_duplicates(
        user, given=given, family=family, others=others, born_on=born_on, route=route
    )
    reasons: dict[Any, list[str]] = {}
    for party in found[: MOST * 3]:
        why = reasons.setdefault(party.referral_id, [])
        why += [words for words in _reasons(party) if words not in why]
    referrals = {row.pk: row for row in _referrals(user, list(reasons)[:MOST])}
    people = read_names(user, list(referrals))
    return [_row(referrals[key], why, people[key], user) for key, why in reasons.items() if key in referrals]


def _referrals(user: User, keys: list[Any]) -> list[Referral]:
    shown = Referral.objects.visible_to(user).with_shown_stage(user).filter(pk__in=keys)
    return list(shown.select_related("lead"))


def _reasons(party: Party) -> list[str]:
    return [
        words
        for name, words in REASONS.items()
        if getattr(party, name) and not (name == "same_pair" and party.same_name)
    ]


def _row(referral: Referral, why: list[str], people: list[Named], user: User) -> dict[str, Any]:
    return {
        "name": names_of(people, user),
        "about": f"{referral.reference}, {str(Stage(referral.shown_stage).label).lower()}. "
        f"{capfirst(you_or_name(referral.lead, user))} lead{'' if referral.lead_id == user.pk else 's'}.",
        "why": capfirst(", ".join(why)),
        "href": reverse("casework:show", args=[referral.reference]),
    }
