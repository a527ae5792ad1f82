"""Lists for one person: the caseload, the search, what a manager or safeguarding lead is asked to look at.
All start from visible_to."""

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.db.models import BooleanField, Case, Exists, OuterRef, Q, QuerySet, Value, When

from referrals.enums import Place
from referrals.models import (
    ContactRoute,
    Party,
    Referral,
)
from referrals.querysets import ReferralQuerySet
from referrals.querysets_provisional import said_no
from referrals.querysets_rules import opened_ids, visible_ids
from restorative.common.addresses import contact_key, contact_keys
from restorative.common.formfields import PhoneField
from restorative.common.names import BETWEEN, fold, name_key

if TYPE_CHECKING:
    from restorative.accounts.models import User


def _named(user: "User", words: str) -> Q:
    """Referrals in which each word is part of a name of somebody whose name this user may be shown."""
    named = Party._base_manager.filter(
        Q(~Q(place=Place.SUPPORTER), named_by=user.organisation_id) | Q(pk__in=opened_ids(user)),
        referral=OuterRef("pk"),
        left_at__isnull=True,
    )
    found = Q()
    for word in words.split()[:5]:
        names = (
            Q(known_as__icontains=word) | Q(person__given__icontains=word) | Q(person__family__icontains=word)
        )
        found &= Q(Exists(named.filter(names)))
    return found


def _visible(user: "User") -> ReferralQuerySet:
    return Referral.objects.visible_to(user).with_shown_stage(user).select_related("lead")


def caseload(
    user: "User", *, whose: str = "mine", stage: str = "", words: str = "", oldest: bool = False
) -> QuerySet[Referral]:
    """The caseload: 'mine', 'team' (shells too) or 'organisation'; by shown stage and by name or reference."""
    found = _visible(user)
    if whose == "mine":
        found = found.of_person(user)
    elif whose == "team":
        supported = Party._base_manager.filter(
            referral=OuterRef("pk"), left_at__isnull=True, keyworker__team=user.team_id
        )
        found = found.filter(Q(lead__team=user.team_id) | Exists(supported)) if user.team_id else found.none()
    if stage:
        found = found.filter(shown_stage=stage)
    if words:
        found = found.filter(Q(reference__icontains=words) | _named(user, words))
    order = ("logged_at", "id") if oldest else ("-logged_at", "id")
    return found.order_by(*order)


def search(user: "User", words: str) -> QuerySet[Referral]:
    """By part of a name or reference, or a whole phone number of a party this user opens."""
    found = Q(reference__icontains=words) | _named(user, words)
    try:
        number = PhoneField(required=False).clean(words)
    except ValidationError:
        number = ""
    if number:
        routes = ContactRoute.objects.visible_to(user).filter(
            party__referral=OuterRef("pk"), replaced_at__isnull=True, value_key=contact_key(number)
        )
        found |= Q(Exists(routes))
    return _visible(user).filter(found).order_by("-logged_at", "id")


def by_reference(user: "User", reference: str) -> bool:
    """Whether a reference is one this user may open."""
    return Referral.objects.visible_to(user).filter(reference=reference).exists()


def possible_duplicates(
    user: "User",
    *,
    given: str,
    family: str = "",
    others: Sequence[str] = (),
    born_on: date | None = None,
    route: str = "",
) -> QuerySet[Party]:
    """Parties who may be the person about to be logged, among those whose name this user may be shown.

    By the whole name, by the first names of two people in one referral, by date of birth, or by a whole phone number or
    email address; the last two only of parties this user opens. Each with `same_name`, `same_pair`, `same_birth` and
    `same_route`. Nothing else is looked at, so that nothing else can be told.
    """
    own = Q(~Q(place=Place.SUPPORTER), named_by=user.organisation_id) | Q(pk__in=opened_ids(user))
    named = Party.objects.visible_to(user).present().filter(own)
    first = fold(given)
    pairs = Q()
    for other in filter(None, map(fold, others)):
        pairs |= Q(person__name_key__startswith=f"{other}{BETWEEN}")
    beside = named.filter(pairs, referral=OuterRef("referral")).exclude(pk=OuterRef("pk"))
    routes = ContactRoute.objects.visible_to(user).filter(
        party=OuterRef("pk"), replaced_at__isnull=True, value_key__in=contact_keys(route)
    )
    nothing = Value(False, BooleanField())
    found = named.annotate(
        same_name=_when(Q(person__name_key=name_key(given, family))) if first and fold(family) else nothing,
        same_pair=_when(Q(Exists(beside), person__name_key__startswith=f"{first}{BETWEEN}"))
        if first and pairs
        else nothing,
        same_birth=_when(Q(pk__in=opened_ids(user), person__born_on=born_on)) if born_on else nothing,
        same_route=Exists(routes) if route else nothing,
    )
    any_of = Q(same_name=True) | Q(same_pair=True) | Q(same_birth=True) | Q(same_route=True)
    return found.filter(any_of).order_by("-created_at", "pk")


def asked_not_to_be(
    user: "User", *, given: str, family: str = "", others: Sequence[str] = (), routes: Sequence[str] = ()
) -> QuerySet[Party]:
    """Parties this user opens who said "do not approach" and may be somebody who was logged anew in the same
    organisation: by the whole name, by the first names of two people in one referral, or by a key in `routes`.

    Also of those who left, and in referrals that are closed. Whoever does not open them finds nothing.
    """
    first, same = fold(given), Q(pk__in=[])
    if first and fold(family):
        same |= Q(person__name_key=name_key(given, family))
    pairs = Q(pk__in=[])
    for other in filter(None, map(fold, others)):
        pairs |= Q(person__name_key__startswith=f"{other}{BETWEEN}")
    own = Q(named_by=user.organisation_id) | Q(pk__in=opened_ids(user))
    named = Party.objects.visible_to(user).filter(own, pairs, referral=OuterRef("referral"))
    beside = named.exclude(pk=OuterRef("pk"))
    if first:
        same |= Q(Exists(beside), person__name_key__startswith=f"{first}{BETWEEN}")
    if routes:
        known = ContactRoute.objects.visible_to(user).filter(party=OuterRef("pk"), value_key__in=list(routes))
        same |= Q(Exists(known))
    return (
        Party.objects.opened_by(user)
        .filter(same, said_no(), organisation=user.organisation_id, referral__in=visible_ids(user))
        .order_by("-created_at", "pk")
    )


def _when(condition: Q) -> Case:
    return Case(When(condition, then=Value(True)), default=Value(False), output_field=BooleanField())
