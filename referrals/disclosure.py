"""What somebody is shown of the others while a step waits for release that they must not know of: how it stood before.
Which steps those are is querysets_rules.py's."""

from collections.abc import Collection, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import TYPE_CHECKING
from uuid import UUID

from django.db.models import Exists, Min, OuterRef
from django.utils import timezone

from referrals.enums import STOPS, Answer, Purpose
from referrals.querysets_involvement import rows_of
from referrals.querysets_rules import held_back_from, opened_ids

if TYPE_CHECKING:
    from restorative.accounts.models import User


class Stood(frozenset[UUID]):
    """Parties who had something open when a step happened that somebody must not know of yet. `words` are those to
    reach a party with that had been agreed to then by others they do not open: what became of that since is not for
    them. `at` is when the step happened.
    """

    words: Mapping[UUID, tuple[str, ...]] = MappingProxyType({})
    at: datetime


def as_they_stood(user: "User", referral: object) -> Stood | None:
    """Parties who had something open when a step happened that this user must not know of yet; None where there is
    no such step, or a later one that they know of has overtaken it.

    Until release the compartments they do not open are shown from this, not from the facts of today.
    """
    return stood_in(user, [referral]).get(referral)


def stood_in(user: "User", referrals: Collection) -> dict[object, Stood]:
    """The same for many referrals, by id, in one query, and one more where there are any; others are left out."""
    steps = rows_of("StageChange")
    known_later = steps.exclude(held_back_from(user)).filter(
        referral=OuterRef("referral"), pk__gt=OuterRef("pk")
    )
    hidden = steps.filter(held_back_from(user), ~Exists(known_later), referral__in=list(referrals))
    found: dict[object, Stood] = {}
    since: dict[object, datetime] = {}
    for key, stood, at in hidden.order_by("pk").values_list("referral", "stood_open", "created_at"):
        if key not in found:
            found[key], since[key] = Stood(UUID(each) for each in stood), at
            found[key].at = at
    for key, words in _words_agreed(user, since).items():
        found[key].words = words
    return found


def known_until(user: "User", referral: UUID) -> datetime | None:
    """The moment from which somebody knows nothing new of those they do not open: that of a step they must not know of
    yet, or of a stop; None where there is neither. Two queries.
    """
    then = as_they_stood(user, referral)
    stops = rows_of("Concern").filter(party__referral=referral, kind__in=STOPS, cleared_at__isnull=True)
    first = stops.exclude(party__in=opened_ids(user)).aggregate(at=Min("raised_at"))["at"]
    return min((at for at in (then.at if then is not None else None, first) if at is not None), default=None)


def _words_agreed(user: "User", since: dict[object, datetime]) -> dict[object, dict[UUID, tuple[str, ...]]]:
    """The words that had been agreed to before that moment, in each referral, by others this user does not open; by
    the party they are for."""
    if not since:
        return {}
    newest: dict[tuple, dict] = {}
    rows = rows_of("Consent").filter(purpose=Purpose.WORDS, party__referral__in=list(since))
    columns = ("party", "recipient", "answer", "wording", "created_at", "counts_from", "expires_on")
    changed = "sheet__materially_changed_at"
    rows = rows.exclude(party__in=opened_ids(user)).order_by("seq", "pk")
    for row in rows.values("party__referral", *columns, changed):
        if row["created_at"] < since[row["party__referral"]]:
            newest[row["party"], row["recipient"]] = row
    agreed: dict[object, dict[UUID, tuple[str, ...]]] = {}
    for (_, recipient), row in newest.items():
        at = since[row["party__referral"]]
        counts = row["counts_from"] <= at and row["expires_on"] >= timezone.localdate(at)
        if row["answer"] == Answer.YES and counts and (row[changed] is None or row[changed] > at):
            there = agreed.setdefault(row["party__referral"], {})
            there[recipient] = (*there.get(recipient, ()), row["wording"])
    return agreed
