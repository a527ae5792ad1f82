"""Referrals as rows of lists, and the words of names that they are found by, for one user.
What is stored is computed in referrals/summary.py; who sees what is decided in access_rules.py."""

from collections.abc import Collection
from datetime import date
from typing import Self

from django.db.models import Case, CharField, F, OuterRef, Q, QuerySet, Subquery, When

from referrals.querysets_involvement import rows_of
from referrals.querysets_rules import Within, held_back_from, opened, own_ids, seen, team_ids, visible_ids
from restorative.accounts.models import User
from restorative.common.names import BETWEEN
from restorative.common.protected import ProtectedQuerySet


def shown_stage(user: User | Within, summary: str = "") -> Case:
    """The stage that a user may know: the known one, unless a step waits for release.

    For those few referrals the newest step this user may know of is looked up. `summary` is the path to the summary.
    """
    steps = rows_of("StageChange").filter(referral=OuterRef("pk")).exclude(held_back_from(user))
    newest = Subquery(steps.order_by("-id").values("to_stage")[:1])
    known = When(**{f"{summary}hidden": False}, then=F(f"{summary}stage_known"))
    return Case(known, default=newest, output_field=CharField())


def named(user: User, words: list[str]) -> list[QuerySet]:
    """Ids of referrals in which each of these folded words begins a word of a name that this user may be shown.

    Two queries, to be united: each has an index to start from. One condition for both would read every compartment that
    a manager opens. The words stand side by side: each inside the next would double the statement with every word, and
    SQLite refuses five.
    """
    if not words:
        return []
    *before, last = (rows_of("NameWord").filter(word__startswith=word) for word in words)
    for rows in before:
        own, others = _shown(user, rows)
        last = last.filter(referral__in=own.union(others, all=True))
    return _shown(user, last)


def _shown(user: User, rows: QuerySet) -> list[QuerySet]:
    """Ids of referrals in which the user's own side gave the name, and those of other names that the user may see."""
    own = rows.filter(named_by=user.organisation_id)
    others = rows.exclude(named_by=user.organisation_id).filter(opened(user))
    return [own.values("referral"), others.values("referral")]


def parties_like(first: str, *, born_on: date | None = None, routes: Collection[str] = ()) -> Q:
    """A condition on parties: their folded first name, their date of birth or one of their routes is this one. An index
    finds those; all other comparisons are then made for them alone."""
    people = rows_of("Party").order_by()
    found: list[QuerySet] = []
    if first:
        found.append(people.filter(person__name_key__startswith=f"{first}{BETWEEN}").values("pk"))
    if born_on:
        found.append(people.filter(person__born_on=born_on).values("pk"))
    if routes:
        found.append(rows_of("ContactRoute").order_by().filter(value_key__in=routes).values("party"))
    return Q(pk__in=found[0].union(*found[1:], all=True) if found else [])


def referenced(beginning: str) -> QuerySet:
    """Ids of referrals whose reference begins so."""
    return rows_of("Summary").filter(reference__startswith=beginning).values("referral")


class SummaryQuerySet(ProtectedQuerySet):
    """Rows of lists."""

    def visible_to(self, user: User, *, whose: str = "") -> Self:
        """Referrals whose shell this user sees: all of them; 'mine', which they lead or facilitate, or in which they
        support a party; or 'team', which a member of their team leads, or in which one supports a party."""
        ids = {"mine": own_ids, "team": team_ids}.get(whose, visible_ids)
        return self.filter(referral__in=ids(user)).scoped("visible_to")

    def with_shown_stage(self, user: User) -> Self:
        """Annotates `shown_stage`: the newest step this user may know of."""
        return self.annotate(shown_stage=shown_stage(user))


class NameWordQuerySet(ProtectedQuerySet):
    """Words of names. Searches filter by `named` above, which gives the same referrals by index."""

    def visible_to(self, user: User) -> Self:
        """Words of names that this user may be shown."""
        shown = Q(named_by=user.organisation_id) | opened(user)
        return self.filter(shown, seen(user)).scoped("visible_to")
