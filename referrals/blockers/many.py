"""What stands in the way of many referrals at once, some at the gate of booking and some at that of starting.
The same conditions as for one; the number of queries does not grow with theirs."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from django.db.models import (
    Case,
    DateTimeField,
    Exists,
    ExpressionWrapper,
    F,
    OuterRef,
    Q,
    QuerySet,
    UUIDField,
    Value,
    When,
)

from referrals.blockers.codes import CODES, Blocker
from referrals.enums import Gate
from referrals.models import Party, Referral
from restorative.common.prepared import Param, Prepared

NOW = Param.named("at", DateTimeField())
# How many can be asked about at once: the query is compiled once for this many places, empty ones among them.
PLACES = 100
NOBODY = UUID(int=0)


def _places() -> list[Param]:
    return [Param.named(f"referral_{number}", UUIDField()) for number in range(PLACES)]


def _flag(condition: Q) -> Case:
    return Case(When(condition, then=Value(True)), default=Value(False))


def _flags(of: str, prefix: str = "") -> dict[str, Q]:
    """`start_<code>` for every code, and `book_<code>` for those that ask for less to book."""
    found = {}
    for code in CODES:
        condition = getattr(code, of)
        if condition is not None:
            found[f"{prefix}start_{code.key}"] = condition(Gate.START, NOW)
            if code.sooner and Gate.BOOK in code.gates:
                found[f"{prefix}book_{code.key}"] = condition(Gate.BOOK, NOW)
    return found


def _each_party() -> QuerySet:
    """Every party with its flags, and beside them, `whole_…`, those of its referral."""
    # Through a wrapped column: a relation takes values only, and a place is filled in later.
    whose = ExpressionWrapper(F("referral_id"), output_field=UUIDField())
    asked = Party._base_manager.alias(whose=whose).filter(whose__in=_places())
    own = Referral._base_manager.filter(pk=OuterRef("referral_id"))
    flags = {name: Q(Exists(own.filter(holds))) for name, holds in _flags("referral", "whole_").items()}
    flags |= _flags("party")
    present = asked.filter(left_at__isnull=True)
    annotated = present.annotate(**{name: _flag(holds) for name, holds in flags.items()})
    return annotated.order_by("created_at", "id").only("pk", "referral")


_EACH_PARTY = Prepared(_each_party)


def blockers_of(book: Collection[UUID], start: Collection[UUID], at: datetime) -> dict[UUID, list[Blocker]]:
    """Everything that stands in the way of each of these, on all facts, in one query: at the gate `book` for the
    ones, `start` for the others. At most PLACES of them."""
    asked = [*book, *start]
    if not asked:
        return {}
    if len(asked) > PLACES:
        raise ValueError(f"At most {PLACES} referrals at once.")
    padded = [*asked, *[NOBODY] * (PLACES - len(asked))]
    given = {f"referral_{number}": key for number, key in enumerate(padded)} | {"at": at}
    parties: dict[UUID, list[Party]] = {key: [] for key in asked}
    for party in Party._base_manager.raw(*_EACH_PARTY.sql(**given)):
        parties[party.referral_id].append(party)
    starting = set(start)
    return {key: _found(rows, Gate.START if key in starting else Gate.BOOK) for key, rows in parties.items()}


def _found(parties: list[Party], gate: Gate) -> list[Blocker]:
    """In the order and the shape of blockers(). Without anybody there is one thing to say."""
    if not parties:
        return [Blocker("too_few_parties")]
    found = []
    for code in CODES:
        if gate not in code.gates:
            continue
        flag = f"book_{code.key}" if code.sooner and gate == Gate.BOOK else f"start_{code.key}"
        if code.referral and getattr(parties[0], f"whole_{flag}"):
            found.append(Blocker(code.key))
        if code.party:
            found += [Blocker(code.key, party.pk) for party in parties if getattr(party, flag)]
    return found
