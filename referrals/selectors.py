"""Lists for one person: the caseload, the search, what a manager or safeguarding lead is asked to look at.
All start from visible_to."""

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.db.models import BooleanField, Case, Exists, OuterRef, Q, QuerySet, Value, When

from referrals.enums import ApproachResult, Place
from referrals.models import ContactRoute, Party, Referral, Summary
from referrals.querysets_involvement import rows_of
from referrals.querysets_lists import SummaryQuerySet, named, parties_like, referenced
from referrals.querysets_rules import opens, seen
from restorative.common.addresses import contact_key, contact_keys
from restorative.common.formfields import PhoneField
from restorative.common.names import BETWEEN, fold, name_key, name_words
from restorative.common.references import begin_reference

if TYPE_CHECKING:
    from restorative.accounts.models import User

# How many words of a search are looked at.
MOST_WORDS = 5


def caseload(
    user: "User", *, whose: str = "mine", stage: str = "", words: str = "", oldest: bool = False
) -> QuerySet[Summary]:
    """The caseload: 'mine', 'team' (shells too) or 'organisation'; by shown stage and by name or reference."""
    found = Summary.objects.visible_to(user, whose=whose)
    if stage:
        found = found.filter(_in_stage(user, stage))
    if words:
        found = found.filter(_among(_found_by(user, words)))
    return _as_list(found, oldest=oldest)


def search(user: "User", words: str) -> QuerySet[Summary]:
    """By the beginnings of names or of a reference, or a whole phone number of a party this user opens."""
    found = _found_by(user, words)
    try:
        number = PhoneField(required=False).clean(words)
    except ValidationError:
        number = ""
    if number:
        routes = ContactRoute.objects.visible_to(user).filter(
            replaced_at__isnull=True, value_key=contact_key(number)
        )
        found.append(routes.order_by().values("party__referral"))
    return _as_list(Summary.objects.visible_to(user).filter(_among(found)))


def _as_list(found: SummaryQuerySet, *, oldest: bool = False) -> SummaryQuerySet:
    order = ("logged_at", "-pk") if oldest else ("-logged_at", "pk")
    return found.select_related("lead").order_by(*order)


def show_stages(rows: list[Summary], user: "User") -> None:
    """Set `shown_stage` of these rows, which this user sees. Where a step waits for release, it is looked up: the
    newest step that this user may know of. One query, if there is such a row."""
    told = {}
    if hidden := [row.pk for row in rows if row.hidden]:
        found = Summary.objects.visible_to(user).filter(pk__in=hidden).with_shown_stage(user)
        told = {row.pk: row.shown_stage for row in found}
    for row in rows:
        row.shown_stage = told.get(row.pk, row.stage_known)


def _in_stage(user: "User", stage: str) -> Q:
    """Rows that stand in a stage as shown to this user. The few in which a step waits for release are looked at first,
    so that the others are found by index."""
    hidden = Summary.objects.visible_to(user).filter(hidden=True).with_shown_stage(user)
    keys = [row.pk for row in hidden.only("hidden") if row.shown_stage == stage]
    known = Q(stage_known=stage, hidden=False)
    return known | Q(pk__in=keys) if keys else known


def _found_by(user: "User", words: str) -> list[QuerySet]:
    """Ids of referrals by names and by the beginning of a reference; not yet only those that this user sees."""
    found = named(user, name_words(words)[:MOST_WORDS])
    if reference := begin_reference(words):
        found.append(referenced(reference))
    return found


def _among(found: list[QuerySet]) -> Q:
    """As a condition on summaries: in any of these. One union, so that the database starts from what was found."""
    if not found:
        return Q(pk__in=[])
    return Q(referral__in=found[0].union(*found[1:], all=True))


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
    own = Q(~Q(place=Place.SUPPORTER), named_by=user.organisation_id) | opens(user, "pk")
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
        same_birth=_when(Q(opens(user, "pk"), person__born_on=born_on)) if born_on else nothing,
        same_route=Exists(routes) if route else nothing,
    )
    any_of = Q(same_name=True) | Q(same_pair=True) | Q(same_birth=True) | Q(same_route=True)
    alike = parties_like(first, born_on=born_on, routes=contact_keys(route))
    return found.filter(alike, any_of).order_by("-created_at", "pk")


def asked_not_to_be(
    user: "User", *, given: str, family: str = "", others: Sequence[str] = (), routes: Sequence[str] = ()
) -> QuerySet[Party]:
    """Parties this user opens who said "do not approach" and may be a person who was logged again in the same
    organisation: by the whole name, by the first names of two people in one referral, or by a key in `routes`.

    Also of those who left, and in referrals that are closed. A user who does not open them finds nothing.
    """
    first, same = fold(given), Q(pk__in=[])
    if first and fold(family):
        same |= Q(person__name_key=name_key(given, family))
    pairs = Q(pk__in=[])
    for other in filter(None, map(fold, others)):
        pairs |= Q(person__name_key__startswith=f"{other}{BETWEEN}")
    own = Q(named_by=user.organisation_id) | opens(user, "pk")
    named = Party.objects.visible_to(user).filter(own, pairs, referral=OuterRef("referral"))
    beside = named.exclude(pk=OuterRef("pk"))
    if first:
        same |= Q(Exists(beside), person__name_key__startswith=f"{first}{BETWEEN}")
    if routes:
        known = ContactRoute.objects.visible_to(user).filter(party=OuterRef("pk"), value_key__in=list(routes))
        same |= Q(Exists(known))
    return (
        Party.objects.opened_by(user)
        .filter(parties_like(first, routes=routes), same, _said_no(), organisation=user.organisation_id)
        .filter(seen(user))
        .order_by("-created_at", "pk")
    )


def _said_no() -> Exists:
    """As a condition on parties: they said "no, do not approach", and have neither come to us nor answered since."""
    came_back = rows_of("Approach").filter(
        Q(result=ApproachResult.ANSWERED) | Q(asked_first=True),
        party=OuterRef("party"),
        created_at__gt=OuterRef("created_at"),
    )
    said = rows_of("Approach").filter(party=OuterRef("pk"), result=ApproachResult.DO_NOT_APPROACH)
    return Exists(said.filter(~Exists(came_back)))


def _when(condition: Q) -> Case:
    return Case(When(condition, then=Value(True)), default=Value(False), output_field=BooleanField())
