"""Lists of referrals for one person: the caseload and the search. All start from visible_to."""

from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.db.models import Exists, OuterRef, Q, QuerySet

from referrals.enums import Place
from referrals.models import ContactRoute, Party, Referral
from referrals.querysets import ReferralQuerySet, opened_by
from restorative.common.fields import keyed_hash
from restorative.common.formfields import PhoneField

if TYPE_CHECKING:
    from restorative.accounts.models import User


def _named(user: "User", words: str) -> Q:
    """Referrals in which each word is part of a name of somebody whose name this user may be shown."""
    named = Party._base_manager.filter(
        Q(~Q(place=Place.SUPPORTER), organisation=user.organisation_id) | opened_by(user),
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
            party__referral=OuterRef("pk"), replaced_at__isnull=True, value_key=keyed_hash(number.casefold())
        )
        found |= Q(Exists(routes))
    return _visible(user).filter(found).order_by("-logged_at", "id")


def by_reference(user: "User", reference: str) -> bool:
    """Whether a reference is one this user may open."""
    return Referral.objects.visible_to(user).filter(reference=reference).exists()
