"""Who sees and opens what, as subqueries over stored access, for every protected queryset.
access_rules.py decides what is stored; bars are checked here, because they override every row."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import Any, Self, TypeVar
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from referrals.enums import AccessLevel, Answer, Purpose
from referrals.principals import MATES, does_casework, may_see_any, principals_of
from referrals.principals import user as as_user
from referrals.querysets_involvement import rows_of
from restorative.accounts.models import User
from restorative.common.among import Among, Ids

Rows = TypeVar("Rows", bound=QuerySet)


@dataclass(frozen=True)
class Within:
    """What one user sees and opens of some referrals, read once. A scope that takes it in place of the user gives only
    rows of those referrals, and finds them by ids."""

    user: User
    referrals: frozenset[UUID] = frozenset()  # those they see
    opened: frozenset[UUID] = frozenset()
    opened_safety: frozenset[UUID] = frozenset()

    @classmethod
    def of(cls, user: User, **which: Any) -> Self:
        """By a condition on the referrals, such as `pk` or `reference`, in one query."""
        if not may_see_any(user):
            return cls(user)
        here = {f"referral__{name}": value for name, value in which.items()}
        levels = (AccessLevel.SHELL, AccessLevel.OPEN, AccessLevel.SAFETY)
        rows = list(access_rows(user, *levels).filter(**here).values_list("level", "referral", "party"))
        seen = frozenset(key for level, key, _ in rows if level == AccessLevel.SHELL)
        opened = frozenset(party for level, _, party in rows if level == AccessLevel.OPEN)
        safety = frozenset(party for level, _, party in rows if level == AccessLevel.SAFETY)
        return cls(user, seen, opened, opened | safety)

    def only(self, referrals: Collection[UUID]) -> Self:
        """The same, of some of the referrals."""
        return replace(self, referrals=self.referrals.intersection(referrals))

    @cached_property
    def referral_ids(self) -> Ids:
        return Ids(self.referrals)

    @cached_property
    def opened_ids(self) -> Ids:
        return Ids(self.opened)

    @cached_property
    def safety_ids(self) -> Ids:
        return Ids(self.opened_safety)

    @property
    def pk(self) -> UUID:
        return self.user.pk

    @property
    def organisation_id(self) -> UUID:
        return self.user.organisation_id

    @property
    def safeguarding_lead(self) -> bool:
        return self.user.safeguarding_lead


def user_of(who: User | Within) -> User:
    """The user for whom a scope was asked."""
    return who.user if isinstance(who, Within) else who


def barred(user: Any, referral: str) -> Exists:
    """A bar in the referral of that column. It overrides every other rule."""
    return Exists(rows_of("Bar").filter(referral=OuterRef(referral), user=user, lifted_at__isnull=True))


def hits_barred(user: Any) -> Q:
    """As a condition on records checks: a hit is in a referral this user is barred from."""
    there = rows_of("Party").filter(barred(user, "referral"), person=OuterRef("matched"))
    return Q(Exists(rows_of("RecordsHit").filter(Exists(there), records_check=OuterRef("pk"))))


def held_back_from(user: User | Within) -> Q:
    """Rows with a party and a `released_at` that this user must not know of yet."""
    return Q(party__isnull=False, released_at__isnull=True) & ~opens(user, "party")


def seen(user: User | Within, column: str = "referral") -> Q:
    """A condition to start from: this user sees the referral in that column."""
    if isinstance(user, Within):
        return Q(Among(column, user.referral_ids))
    return Q(**{f"{column}__in": visible_ids(user)})


def visible_ids(user: User) -> Any:
    """Ids of the referrals this user sees, to filter by: `referral__in=visible_ids(user)`."""
    return access_rows(user, AccessLevel.SHELL).values("referral") if may_see_any(user) else []


def visible_among(user: User, referrals: Collection[UUID]) -> set[UUID]:
    """Which of these referrals this user sees."""
    if not may_see_any(user):
        return set()
    rows = access_rows(user, AccessLevel.SHELL).filter(referral__in=referrals)
    return set(rows.values_list("referral", flat=True))


def own_ids(user: User) -> Any:
    """Ids of referrals that this user leads or facilitates, or in which they support a party. Access through such a
    part names no organisation; access through a handoff does."""
    if not does_casework(user):
        return []
    rows = access_rows(user, AccessLevel.SHELL, principals=[as_user(user.pk)])
    return rows.filter(organisation__isnull=True).values("referral")


def team_ids(user: User) -> Any:
    """Ids of referrals that a member of this user's team leads, or in which one supports a party."""
    if not does_casework(user):
        return []
    mates = [each for each in principals_of(user) if each.startswith(MATES)]
    return access_rows(user, AccessLevel.SHELL, principals=mates).values("referral")


def opened(user: User | Within, column: str = "party", *, safety: bool = False) -> Q:
    """A condition to start from: this user opens the compartment of the party in that column. With `safety`, also
    where the user opens only concerns and safety answers."""
    if isinstance(user, Within):
        return Q(Among(column, user.safety_ids if safety else user.opened_ids))
    rows = _compartments(user, safety=safety).values("party") if may_see_any(user) else []
    return Q(**{f"{column}__in": rows})


def opened_people(user: User | Within, column: str) -> Q:
    """A condition to start from: the person in that column is a party whose compartment this user opens."""
    return Q(**{f"{column}__in": rows_of("Party").filter(opened(user, "pk")).values("person")})


def opens(user: User | Within, column: str, *, safety: bool = False) -> Q:
    """A condition on a few rows: this user opens the party in that column. PostgreSQL checks each row by index. In OR,
    NOT or CASE, `opened` would first read every compartment that the user opens."""
    if isinstance(user, Within):
        return opened(user, column, safety=safety)
    if not may_see_any(user):
        return Q(pk__in=[])
    return Q(Exists(_compartments(user, safety=safety).filter(party=OuterRef(column))))


def _compartments(user: User, *, safety: bool) -> QuerySet:
    levels = (AccessLevel.OPEN, AccessLevel.SAFETY) if safety else (AccessLevel.OPEN,)
    return access_rows(user, *levels)


def access_rows(user: User, *levels: AccessLevel, principals: list[str] | None = None) -> QuerySet:
    """Stored access of these levels that counts for a user now; with `principals`, as one of these alone."""
    now = timezone.now()
    rows = rows_of("Access").filter(
        Q(starts_at__isnull=True) | Q(starts_at__lte=now),
        Q(ends_at__isnull=True) | Q(ends_at__gt=now),
        Q(organisation__isnull=True) | Q(organisation=user.organisation_id),
        ~Q(barred(user.pk, "referral")),
        principal__in=principals_of(user) if principals is None else principals,
        level__in=levels,
    )
    if user.safeguarding_lead and levels != (AccessLevel.OPEN,):
        # A safeguarding lead's access through one party does not count if the user is of another side.
        excluded = rows_of("Access").filter(
            level=AccessLevel.EXCLUDED, party=OuterRef("party"), principal=as_user(user.pk)
        )
        through_lead = Q(level__in=[AccessLevel.SHELL, AccessLevel.SAFETY], party__isnull=False)
        rows = rows.exclude(through_lead & Q(Exists(excluded)))
    return rows


def newest_answers(consents: Rows) -> Rows:
    """The newest row for each party, purpose and recipient, whatever its answer."""
    newer = consents.model._base_manager.filter(
        party=OuterRef("party"),
        purpose=OuterRef("purpose"),
        recipient=OuterRef("recipient"),
        seq__gt=OuterRef("seq"),
    )
    return consents.filter(~Exists(newer))


def current_answers(consents: Rows, at: datetime) -> Rows:
    """The newest row for each party, purpose and recipient, if it counts at `at`.

    It counts from `counts_from` (two working days after a withdrawal) until it expires, and not on a sheet that was
    materially changed since. A yes that no worker has heard from the person alone gives no access and permits
    nothing; a yes to taking part is included, because blockers report it separately.
    """
    heard = Q(heard_alone_at__isnull=False) | ~Q(answer=Answer.YES) | Q(purpose=Purpose.TAKE_PART)
    return newest_answers(consents).filter(
        heard,
        Q(sheet__materially_changed_at__isnull=True) | Q(sheet__materially_changed_at__gt=at),
        counts_from__lte=at,
        expires_on__gte=timezone.localdate(at),
    )
