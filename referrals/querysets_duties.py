"""Which duties a user is shown: those of their principals, of referrals and compartments they know."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Self
from uuid import UUID

from django.db import connection
from django.db.models import OuterRef, Q

from referrals.principals import may_see_any, principals_of, staff
from referrals.querysets_involvement import works_on
from referrals.querysets_rules import Within, opened, seen, user_of
from restorative.accounts.models import User
from restorative.common.protected import ProtectedQuerySet

# Duties that may be known without the referral: what they say is read from the thing itself, through its own rule.
KNOWN_BY_THING = ("handoff_asked", "handoff_sent", "protective_share")


def duty_principals(user: User) -> list[str]:
    """Everything that duties are given to a user as."""
    found = [name for name in principals_of(user) if not name.startswith(("mates:", "grant:"))]
    return [*found, staff(user.organisation_id)] if user.does_casework else found


class DutyQuerySet(ProtectedQuerySet):
    def visible_to(self, here: User | Within) -> Self:
        """Duties that this user may know of."""
        user = user_of(here)
        if not may_see_any(user):
            return self.none().scoped("visible_to: no casework")
        known = Q(seen(here), party__isnull=True) | opened(here)
        known |= Q(opened(here, safety=True), safety=True) | Q(kind__in=KNOWN_BY_THING)
        return self.filter(
            known,
            Q(second_person=False) | ~works_on(user.pk, OuterRef("referral")),
            Q(not_for__isnull=True) | ~Q(not_for=user.pk),
            principal__in=duty_principals(user),
        ).scoped("visible_to")

    def running(self, at: datetime) -> Self:
        """Those to be shown at that moment."""
        return self.filter(Q(ends_at__isnull=True) | Q(ends_at__gt=at), starts_at__lte=at)


class Due(StrEnum):
    """Which part of a list: what is due before a moment, what has no day, what is due from then on; or all."""

    ALL = ""
    BEFORE = " AND due_at < %s"
    NONE = " AND due_at IS NULL"
    LATER = " AND due_at >= %s"


@dataclass(frozen=True)
class ListOf:
    """The first of one list of a principal, in its order: what is due first, then what came first; or the newest."""

    principal: str
    section: int
    most: int
    due: Due = Due.ALL
    moment: datetime | None = None
    newest: bool = False

    def sql(self, user: UUID, at: datetime) -> tuple[str, list[Any]]:
        """For their ids alone: who may know of each is asked by visible_to. Only what is not for the user, such as
        concerns that they raised themselves, is left out before it could fill the list."""
        order = "id DESC" if self.newest else "due_at, id"
        now = connection.ops.adapt_datetimefield_value(at)
        given = [connection.ops.adapt_datetimefield_value(self.moment)] if self.moment else []
        where = "principal = %s AND section = %s AND starts_at <= %s AND (ends_at IS NULL OR ends_at > %s)"
        where += " AND (not_for_id IS NULL OR not_for_id <> %s)"
        me = user if connection.features.has_native_uuid_field else user.hex
        sql = f"SELECT id, referral_id FROM referrals_duty WHERE {where}{self.due} ORDER BY {order} LIMIT {self.most}"  # noqa: S608
        return sql, [self.principal, int(self.section), now, now, me, *given]


def first_of_each(lists: Sequence[ListOf], user: UUID, at: datetime) -> dict[int, UUID]:
    """The ids in several lists, and of which referral each is; in one query that reads no more of each than its
    first."""
    parts = [each.sql(user, at) for each in lists]
    whole = " UNION ALL ".join(
        f"SELECT * FROM ({sql}) AS part{number}"  # noqa: S608 - nothing here comes from a request
        for number, (sql, _) in enumerate(parts)
    )
    with connection.cursor() as cursor:
        cursor.execute(whole, [value for _, given in parts for value in given])
        return {key: referral if isinstance(referral, UUID) else UUID(referral) for key, referral in cursor}
