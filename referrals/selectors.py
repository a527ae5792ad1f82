"""Lists for one person: the caseload, the search, what a manager or safeguarding lead is asked to look at.
All start from visible_to."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.db.models import BooleanField, Case, Exists, Model, OuterRef, Q, QuerySet, Value, When

from referrals.enums import SIGN_OFFS, STOPS, Place, Stage
from referrals.models import (
    Approach,
    Concern,
    Consent,
    ContactRoute,
    Party,
    Preparation,
    ReadinessCheck,
    Referral,
    SafetyAnswers,
    SignOff,
    StageChange,
)
from referrals.querysets import ReferralQuerySet
from referrals.querysets_involvement import works_on
from referrals.querysets_provisional import said_no
from referrals.querysets_rules import opened_ids, visible_ids
from restorative.common import clock
from restorative.common.addresses import contact_key, contact_keys
from restorative.common.formfields import PhoneField
from restorative.common.names import BETWEEN, fold, name_key
from restorative.common.rules import rules

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


# When each kind of row of a compartment was noted.
MOMENTS: tuple[tuple[type[Model], str], ...] = (
    (Consent, "taken_at"),
    (SafetyAnswers, "asked_at"),
    (ReadinessCheck, "completed_at"),
    (Preparation, "held_at"),
    (Approach, "created_at"),
    (ContactRoute, "confirmed_at"),
    (Concern, "raised_at"),
)


def silent(user: "User", at: datetime) -> ReferralQuerySet:
    """Referrals their organisation leads in which it has known of nothing for long, for a manager's supervision.

    Only what was noted in their own organisation's compartments and in the shell counts: what another organisation
    did neither keeps a referral off this list nor puts it there.
    """
    since = clock.add_working_days(clock.today(at), -rules().nothing_happened_working_days)
    cutoff = clock.moment(since, 0)
    noted = Q(created_at__gte=cutoff)
    for model, moment in MOMENTS:
        rows = model._base_manager.filter(party=OuterRef("pk"), **{f"{moment}__gte": cutoff})
        noted |= Q(Exists(rows))
    active = Party._base_manager.filter(
        noted, referral=OuterRef("pk"), organisation=user.organisation_id, left_at__isnull=True
    )
    known = Q(party__isnull=True) | Q(party__organisation=user.organisation_id) | Q(released_at__gte=cutoff)
    steps = StageChange._base_manager.filter(
        known, Q(created_at__gte=cutoff) | Q(released_at__gte=cutoff), referral=OuterRef("pk")
    )
    return (
        Referral.objects.visible_to(user)
        .filter(
            ~Exists(steps),
            ~Exists(active),
            lead_organisation=user.organisation_id,
            logged_at__lt=cutoff,
            stage__in=[Stage.LOGGED, Stage.PREPARING, Stage.BOOKED, Stage.FOLLOW_UP],
        )
        .select_related("lead")
        .order_by("logged_at", "id")
    )


def to_decide(user: "User", at: datetime) -> QuerySet[Concern]:
    """Open concerns this user is the second person for, the oldest first: those to sign off that are not decided, and
    for a safeguarding lead the stops."""
    newer = Concern._base_manager.filter(party=OuterRef("party"), raised_at__gt=OuterRef("decided_at"))
    decided = SignOff._base_manager.filter(
        ~Exists(newer),
        ~works_on(OuterRef("decided_by"), OuterRef("party__referral")),
        concern=OuterRef("pk"),
        expires_at__gte=at,
    )
    kinds = Q(kind__in=SIGN_OFFS) & ~Q(Exists(decided))
    if user.safeguarding_lead:
        kinds |= Q(kind__in=STOPS)
    return (
        Concern.objects.visible_to(user)
        .open()
        .filter(
            kinds,
            ~works_on(user.pk, OuterRef("party__referral")),
            party__organisation=user.organisation_id,
            party__left_at__isnull=True,
        )
        .exclude(Q(raised_by=user) | Q(party__referral__stage=Stage.CLOSED))
        .select_related("party", "party__referral", "party__referral__lead")
        .order_by("raised_at", "id")
    )


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
