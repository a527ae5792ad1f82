"""Duties as rows of a list: what is to be done, for which person, by when, and the page where it is done.
How each kind is said stands in its entry in referrals/duties."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from uuid import UUID

from django.urls import reverse
from django.utils.text import capfirst

from referrals.duties import KINDS, DutyKind
from referrals.models import Duty
from referrals.presenters import OTHER, Named, names_of, shown_name
from restorative.accounts.models import User
from restorative.common import clock

TODAY, NEXT, WAITING = "today", "next", "waiting"


@dataclass(frozen=True)
class WorkRow:
    """One line of a list: what, about what, and one link."""

    what: str
    about: str
    action_text: str
    action_href: str


@dataclass(frozen=True)
class Item:
    """A duty with its place on the page, and the last day to do it."""

    duty: Duty
    where: str
    on: date | None

    @property
    def kind(self) -> DutyKind:
        return KINDS[self.duty.kind]

    @property
    def order(self) -> tuple:
        """What is due first comes first, what has no day after what has one, the oldest referral first."""
        return (not self.kind.first, self.on is None, self.on or date.max, self.duty.logged_at)


def item_of(duty: Duty, at: datetime) -> Item:
    """Where a duty of one's own belongs: today, in the next days, or waiting for others."""
    today, on = clock.today(at), last_day(duty)
    later = on is not None and on > today
    if KINDS[duty.kind].waits_first:
        return Item(duty, WAITING if later else TODAY, on)
    return Item(duty, NEXT if later and not KINDS[duty.kind].now else TODAY, on)


def last_day(duty: Duty) -> date | None:
    """The last day on which it is in time. What runs out at midnight runs out the day before."""
    if duty.due_at is None:
        return None
    return clock.today(duty.due_at - timedelta(microseconds=1))


@dataclass
class Words:
    """Says duties to one user. `people` are the parties of each referral, `starts` the times of meetings, by ids."""

    user: User
    at: datetime
    people: Mapping[UUID, Sequence[Named]]
    starts: Mapping[UUID, datetime] = field(default_factory=dict)

    def row(self, item: Item) -> WorkRow:
        """A duty of one's own."""
        kind, duty = item.kind, item.duty
        what = kind.waits_first if item.where == WAITING and kind.waits_first else kind.what
        return WorkRow(
            capfirst(self._say(what, item)),
            self.about(duty, _hint(kind, duty, item.on, self.at)),
            self._say(kind.action, item),
            self.href(duty),
        )

    def waiting(self, duty: Duty) -> WorkRow:
        """Something that waits for others, and for which of them."""
        return WorkRow(
            self.sentence(duty).rstrip("."),
            self.about(duty, self._whose(duty)),
            "Open",
            self.href(duty),
        )

    def sentence(self, duty: Duty) -> str:
        """What a duty says, as its kind words it."""
        return self._say(KINDS[duty.kind].what, Item(duty, WAITING, None))

    def action(self, duty: Duty) -> str:
        """The words of its link."""
        return KINDS[duty.kind].action

    def about(self, duty: Duty, *hints: str) -> str:
        """The reference, the people as this user may name them, and more."""
        names = names_of(self.people[duty.referral_id], self.user)
        return " · ".join([duty.reference, names, *(hint for hint in hints if hint)])

    def named(self, duty: Duty) -> str:
        """The first name of the party a duty is about, as this user is shown it inside a sentence."""
        party = self.party(duty)
        name = shown_name(party, self.user) if party else "somebody"
        return name.lower() if name == OTHER else name

    def party(self, duty: Duty) -> Named | None:
        parties = self.people[duty.referral_id]
        return next((party for party in parties if party.pk == duty.party_id), None)

    def href(self, duty: Duty) -> str:
        """The page where it is done."""
        kind = KINDS[duty.kind]
        given = {"reference": duty.reference, "party": duty.party_id, "thing": duty.thing}
        return reverse(kind.page, args=[given[name] for name in kind.args]) + kind.query

    def _say(self, words: str, item: Item) -> str:
        starts = self.starts.get(item.duty.thing)
        closed = [party for party in self.people[item.duty.referral_id] if not party.opened]
        return words.format(
            name=self.named(item.duty),
            on=_on(item.on, self.at),
            meeting=clock.show_when(starts) if starts else "a meeting",
            meeting_day=clock.show_day(starts) if starts else "that day",
            them="the other person" if len(closed) == 1 else "another person",
        )

    def _whose(self, duty: Duty) -> str:
        """'with a safeguarding lead', 'with Kit', or '' if it waits for no one in particular."""
        party = self.party(duty)
        if party is not None and party.keyworker_id == duty.thing:
            return f"with {party.keyworker_name}"
        if duty.lead == duty.thing:
            return f"with {duty.lead_name}"
        said = KINDS[duty.kind].hint
        return f"with a{said[1:]}" if said.startswith("A ") else f"with {said}" if said else ""


def _on(on: date | None, at: datetime) -> str:
    if on is None:
        return ""
    return "today" if on == clock.today(at) else f"on {clock.show_day(on)}"


def _hint(kind: DutyKind, duty: Duty, on: date | None, at: datetime) -> str:
    """The day of a duty, as its kind says it."""
    if kind.hint == "asked":
        return f"asked {clock.ago(duty.starts_at)}"
    if on is None or not kind.hint:
        return ""
    if kind.hint == "looked_at":
        return f"to be looked at on {clock.show_day(on)}"
    today = clock.today(at)
    if on < today:
        return f"was due {clock.show_day(on)}"
    if kind.hint == "on":
        return "today" if on == today else f"on {clock.show_day(on)}"
    return _by(kind, on, today)


def _by(kind: DutyKind, on: date, today: date) -> str:
    in_time = on > today or kind.now
    return f"by {clock.show_day(on)}" if in_time else f"was due {clock.show_day(on)}"
