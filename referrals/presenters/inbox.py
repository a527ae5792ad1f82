"""The lists of requests between organisations. They are found by their ids first: some workers have hundreds, and a
page shows the first of each list."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any
from uuid import UUID

from django.core.paginator import Page
from django.db.models import Q, prefetch_related_objects
from django.urls import reverse

from referrals.enums import UNANSWERED, HandoffState
from referrals.models import Handoff
from referrals.presenters.handoffs import stands, time_left, what
from restorative.accounts.models import User
from restorative.accounts.working_days import closures_of
from restorative.common import clock
from restorative.common.rules import rules

SHOWN = 10
GOING_ON = (*UNANSWERED, HandoffState.ACCEPTED)
NEW = (HandoffState.SENT, HandoffState.SEEN)
RELATED = ("referral", "from_org", "to_org")


@dataclass(frozen=True)
class Kind:
    """One list: its name in the address, its title, and its last two columns."""

    key: str
    title: str
    came: str = "Came"
    last: str = "Answer"
    empty: str = ""


KINDS = {
    kind.key: kind
    for kind in (
        Kind("new", "New", last="Time left", empty="Nothing new."),
        Kind("question", "Question asked"),
        Kind("accepted", "Accepted"),
        Kind("over", "Declined or over"),
        Kind("sent", "Sent by your side", came="Sent", last="Where it stands"),
    )
}


def found(user: User) -> dict[str, list[UUID]]:
    """The requests of each list: what goes on with the oldest first, then what was answered with the newest first."""
    rows = Handoff.objects.visible_to(user, rows=True)
    # By the stored state, which has an index. To some users a request that is over is shown as it stood before.
    stood = Q(ended_for__isnull=False, stood_as__in=GOING_ON)
    first = rows.filter(Q(state__in=GOING_ON) | stood).order_by("sent_at", "pk")
    last = rows.exclude(state__in=GOING_ON).order_by("-sent_at", "-pk")[: rules().count_cap]
    lists: dict[str, list[UUID]] = defaultdict(list)
    for part, goes_on in ((first, True), (last, False)):
        for key, to_org, state in part.values_list("pk", "to_org", "shown_state"):
            if (state in GOING_ON) == goes_on:
                lists[_list_of(to_org, state, user)].append(key)
    return lists


def _list_of(to_org: UUID, state: str, user: User) -> str:
    if to_org != user.organisation_id:
        return "sent"
    if state in NEW:
        return "new"
    return {HandoffState.QUESTION: "question", HandoffState.ACCEPTED: "accepted"}.get(state, "over")


def read(keys: Iterable[UUID], user: User) -> dict[UUID, Handoff]:
    """These requests, as the user may know them."""
    rows = list(
        Handoff.objects.visible_to(user, rows=True).filter(pk__in=list(keys)).select_related(*RELATED)
    )
    # By their ids: with these joined too, PostgreSQL plans the statement for longer than it runs.
    prefetch_related_objects(rows, "decided_by", "receiver", "ended_by")
    return {row.pk: row for row in rows}


@dataclass
class Inbox:
    """The first requests of each list; or one page of one list."""

    user: User
    lists: dict[str, list[UUID]]
    page: Page | None = None

    @cached_property
    def rows(self) -> dict[UUID, Handoff]:
        """What is shown."""
        most = rules().page_size if self.page else SHOWN
        return read((key for keys in self.lists.values() for key in keys[:most]), self.user)

    def tables(self, at: datetime) -> list[dict[str, Any]]:
        """The lists of the page. Those of answered requests are left out where there are none."""
        closures = closures_of(self.user.organisation_id)
        tables = []
        for kind in KINDS.values() if self.page is None else [KINDS[key] for key in self.lists]:
            known = self.lists.get(kind.key, [])
            shown = [self.rows[key] for key in known if key in self.rows]
            if shown or kind.empty or self.page is not None:
                more = self.page is None and len(known) > len(shown)
                cells = [self._cells(row, kind, at, closures) for row in shown]
                heads = ["Request", "Reference", kind.came, kind.last]
                empty = kind.empty or "Nothing here."
                table = {"key": kind.key, "title": kind.title, "heads": heads, "rows": cells}
                tables.append(table | {"empty": empty, "more": more})
        return tables

    def _cells(self, row: Handoff, kind: Kind, at: datetime, closures: frozenset) -> list[Any]:
        first = {"text": what(row, self.user), "href": reverse("referrals:handoff", args=[row.pk])}
        last = time_left(row, at, closures) if kind.key == "new" else stands(row, self.user)
        return [first, row.referral.reference, clock.show_day(row.sent_at), last]
