"""'My work': everything that needs one worker. Their duties are read in referrals/presenters/duty_lists.py; here are
the sections of the page, with the meetings that are near and who can be rung."""

from dataclasses import dataclass, field
from datetime import datetime, time
from functools import cached_property
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db.models import Exists, OuterRef
from django.urls import reverse
from django.utils.text import capfirst

from casework.presenters.near_meetings import SHOWN, away_rows, hold_rows, near_rows, page_of
from meetings.enums import COMING
from meetings.models import Meeting
from referrals.duties import Section as List
from referrals.enums import Hours, Part, RouteKind, Stage, Voicemail
from referrals.facts import read_facts
from referrals.models import ContactRoute, Duty, Involvement
from referrals.presenters import Named, duty_lists, prefetch_parties, read_names, work_oversight
from referrals.presenters.duty_lists import DutyLists
from referrals.presenters.duty_rows import NEXT, TODAY, WAITING, Item, Words, WorkRow
from referrals.presenters.shown_referral import ShownReferral, is_mine
from referrals.reminders.reach import of_another_person, opens_at
from restorative.common import clock
from restorative.common.rules import rules

if TYPE_CHECKING:
    from restorative.accounts.models import User

# So many rows that say the same are one.
FOLDED = 3
# Waiting for somebody who has no name for this worker.
SEALED = ("waits_sealed", "waits_talk_later", "waits_died")


@dataclass(frozen=True)
class Section:
    """One part of the page: at most ten rows, and where the rest is."""

    title: str
    rows: list[WorkRow]
    more_href: str = ""
    empty: str = ""

    @property
    def shown(self) -> list[WorkRow]:
        return self.rows[:SHOWN]

    @property
    def more(self) -> bool:
        return len(self.rows) > SHOWN


@dataclass
class Read:
    """All that was read for one page."""

    user: "User"
    at: datetime
    lists: DutyLists
    meetings: dict[UUID, Meeting]
    oversight: work_oversight.Oversight
    people: dict[UUID, list[Named]] = field(default_factory=dict)
    routes: dict[UUID, ContactRoute] = field(default_factory=dict)
    to_ring: list[Duty] = field(default_factory=list)

    @property
    def ids(self) -> list[UUID]:
        """Every referral of which something is shown, for the ledger."""
        return list(dict.fromkeys(duty.referral_id for duty in self.shown))

    @cached_property
    def shown(self) -> list[Duty]:
        """Every duty that becomes a row and names a referral."""
        near = {meeting.pk for meeting in self.near[:SHOWN]}
        steps = [item.duty for where in (TODAY, NEXT, WAITING) for item in self.first(where)]
        waiting = [*self.waiting[: SHOWN + 1], *self.sealed[:FOLDED]]
        meetings = [*(duty for duty in self.lists[List.NEAR] if duty.thing in near), *self.held, *self.away]
        return [*steps, *waiting, *meetings, *self.said_no, *self.oversight.shown]

    @cached_property
    def near(self) -> list[Meeting]:
        """Today's and tomorrow's of their own."""
        found = [self.meetings[key] for key in self.lists.things(List.NEAR) if key in self.meetings]
        return sorted(
            (row for row in found if row.shown_status in COMING), key=lambda row: (row.starts_at, row.pk)
        )

    @cached_property
    def steps(self) -> list[Item]:
        return duty_lists.steps(self.lists, {meeting.referral_id for meeting in self.near}, self.at)

    def first(self, where: str) -> list[Item]:
        """The first of one list, and one more if there are more than are shown."""
        return [item for item in self.steps if item.where == where][: SHOWN + 1]

    @cached_property
    def waits(self) -> list[Duty]:
        """What others do next."""
        return duty_lists.waiting(self.lists, {meeting.referral_id for meeting in self.near})

    @property
    def waiting(self) -> list[Duty]:
        """What others do next, where it may be said what it is."""
        return [duty for duty in self.waits if duty.kind not in SEALED]

    @property
    def sealed(self) -> list[Duty]:
        """What others do next, where no more may be said."""
        return [duty for duty in self.waits if duty.kind in SEALED]

    @cached_property
    def said_no(self) -> list[Duty]:
        """Those whose newest answer to taking part is not a yes, the newest first."""
        return sorted(self.lists[List.SAID_NO], key=lambda duty: duty.starts_at, reverse=True)[:SHOWN]

    @cached_property
    def held(self) -> list[Duty]:
        """A manager's meetings that something holds, without their own that are near."""
        near = {meeting.pk for meeting in self.near}
        found = [duty for duty in self.lists[List.ON_HOLD] if duty.thing in self.meetings.keys() - near]
        return [duty for duty in found if self.meetings[duty.thing].shown_status in COMING][: SHOWN + 1]

    @property
    def away(self) -> list[Duty]:
        """A manager's meetings whose facilitator said that they cannot come."""
        return self.lists[List.AWAY][: SHOWN + 1]

    @cached_property
    def pages(self) -> dict[UUID, ShownReferral]:
        """What stands in the way of starting each of these meetings."""
        return {meeting.pk: page_of(meeting, self) for meeting in self.near[:SHOWN]}

    @cached_property
    def words(self) -> Words:
        starts = {key: row.starts_at for key, row in self.meetings.items()}
        return Words(self.user, self.at, self.people, starts)


def read(user: "User", at: datetime) -> Read:
    """A fixed number of queries, and none for lists that are empty."""
    lists = duty_lists.read(user, at)
    found = Read(user, at, lists, _meetings(lists), work_oversight.read(user, lists))
    found.people = read_names(lists.within, lists.within.referrals.intersection(found.ids))
    _read_near(found)
    _read_who_to_ring(found)
    return found


def _read_near(found: Read) -> None:
    """What stands in the way of the meetings that are near is asked of their facts."""
    referrals = {meeting.referral_id: meeting.referral for meeting in found.near[:SHOWN]}
    if not referrals:
        return
    prefetch_parties(list(referrals.values()), found.lists.within)
    for key, facts in read_facts(referrals, found.at).items():
        referrals[key]._facts = facts
        referrals[key].shown_stage = Stage.BOOKED


def _meetings(lists: DutyLists) -> dict[UUID, Meeting]:
    """The meetings that these duties are about."""
    keys = lists.things(List.NEAR, List.ON_HOLD)
    keys += [duty.thing for duty in lists[List.OWN] if duty.kind in ("release", "record")]
    if not keys:
        return {}
    rows = Meeting.objects.visible_to(lists.within).filter(pk__in=keys)
    return {row.pk: row for row in rows.select_related("venue", "referral__lead")}


# --- Who said no, and who can be rung -----------------------------------------------------------------------------


@dataclass(frozen=True)
class SaidRow:
    """A person who said no or is not sure, and the page to go on from."""

    name: str
    said: str
    action_text: str
    action_href: str


def said_no(found: Read) -> list[SaidRow]:
    """Those who said no or are not sure, the newest first."""
    return [_said_row(duty, found.words) for duty in found.said_no]


def _said_row(duty: Duty, words: Words) -> SaidRow:
    name, said = words.named(duty), f"{words.sentence(duty)}, {clock.ago(duty.starts_at)}"
    action = f"Talk with {name}" if duty.kind == "said_not_sure" else "Open"
    return SaidRow(name, said, action, words.href(duty))


def _read_who_to_ring(found: Read) -> None:
    """Reads the numbers of people with something to do today or soon, if this worker may ring them."""
    wanted = {item.duty.party_id for item in found.steps if item.where != WAITING} - {None}
    for page in found.pages.values():
        wanted |= {party.pk for party in page.parties if party.opened and is_mine(party, page)}
    if not wanted:
        return
    found.to_ring = duty_lists.to_ring(found.lists, wanted, found.at)
    keys = [duty.thing for duty in found.to_ring]
    if keys:
        # A number that another person also has is left out, for facilitators: only they may know that it is shared.
        parts = Involvement.objects.visible_to(found.lists.within).running(found.at).filter(user=found.user)
        mine = parts.filter(part__in=[Part.FACILITATOR, Part.STAND_IN], referral=OuterRef("party__referral"))
        rows = ContactRoute.objects.visible_to(found.lists.within).filter(pk__in=keys, kind=RouteKind.PHONE)
        rows = rows.exclude(Exists(of_another_person()) & Exists(mine)).select_related("party")
        found.routes = {row.pk: row for row in rows}


UNTIL = {Hours.MORNING: time(12), Hours.AFTERNOON: time(17)}


@dataclass(frozen=True)
class RingRow:
    """A person who may be rung now, with the words to say."""

    name: str
    href: str
    until: str
    cover: str
    voicemail: str
    others: bool


def ring_rows(found: Read) -> list[RingRow]:
    """Those who may be rung at this hour."""
    if clock.quiet(found.at):
        return []
    rows = []
    for duty in found.to_ring:
        route = found.routes.get(duty.thing)
        if route is not None and opens_at(route.days, route.hours, found.at) == found.at:
            rows.append(_ring_row(route, found.words.href(duty)))
    return rows[:SHOWN]


def _ring_row(route: ContactRoute, href: str) -> RingRow:
    until = UNTIL.get(Hours(route.hours), time(rules().quiet_from_hour))
    first_name = route.voicemail == Voicemail.FIRST_NAME
    return RingRow(
        name=route.party.known_as,
        href=href,
        until=f"until {clock.show_time(until)}",
        cover=route.cover,
        voicemail="first name and number only" if first_name else "no message",
        others=route.read_by_others,
    )


# --- The page --------------------------------------------------------------------------------------------------


def page(found: Read) -> dict[str, Any]:
    """Everything the page shows this user."""
    rows = {where: [found.words.row(item) for item in found.first(where)] for where in (TODAY, NEXT, WAITING)}
    near, listed = near_rows(found), f"{reverse('casework:list')}?whose=mine"
    *over, supervision = _oversight(found)
    quiet = not near and not any(section.rows for section in over)
    empty = "Nothing needs you today." if quiet else "Nothing else needs you today."
    return {
        "near": near,
        "sections": [
            *over,
            Section("Do today", rows[TODAY], listed, empty),
            Section("Waiting for others", _waiting(found, rows[WAITING]), listed),
            Section("Next 7 days", rows[NEXT], listed),
            supervision,
        ],
        "said_no": said_no(found),
        "lists": _lists(found.user),
        "ring": ring_rows(found),
    }


def _waiting(found: Read, asked: list[WorkRow]) -> list[WorkRow]:
    """What others do next: what has a name first, and in one row the referrals of which no more may be said."""
    rows = [*work_oversight.sent_rows(found.oversight, found.user), *asked]
    rows += [found.words.waiting(duty) for duty in found.waiting[: SHOWN + 1]]
    if len(found.sealed) < FOLDED:
        return [*rows, *(found.words.waiting(duty) for duty in found.sealed)]
    # Not of how many: a number that falls would say on which day something changed there.
    folded = WorkRow(
        "The other side of some referrals is not settled yet",
        "Nothing for you to do",
        "See the list",
        f"{reverse('casework:list')}?whose=mine&stage={Stage.PREPARING}",
    )
    return [*rows[: SHOWN - 1], folded, *rows[SHOWN - 1 :]]


def _oversight(found: Read) -> list[Section]:
    """What a manager or safeguarding lead looks at: first what holds a meeting."""
    user, at, over, words = found.user, found.at, found.oversight, found.words
    booked = f"{reverse('casework:list')}?whose=organisation&stage={Stage.BOOKED}"
    theirs = f"{reverse('casework:list')}?whose=organisation&sort=oldest"
    return [
        Section(
            "Requests from other organisations",
            work_oversight.asked_rows(over, user, at),
            reverse("referrals:handoffs"),
        ),
        Section("Meetings on hold", [*away_rows(found), *hold_rows(found)], booked),
        Section("Waits to be signed off", work_oversight.concern_rows(over, List.SIGN_OFFS, words), theirs),
        Section("Shared to keep somebody safe", work_oversight.share_rows(over, words)),
        Section("Open stops", work_oversight.concern_rows(over, List.STOPS, words), theirs),
        Section(
            "Records checks", work_oversight.check_rows(over, words), reverse("referrals:records_checks")
        ),
        Section("Supervision", work_oversight.silent_rows(over, words), theirs),
    ]


def _lists(user: "User") -> list[dict[str, str]]:
    """The lists of referrals behind this page, by filters they know."""
    whose = [("mine", "All of mine"), ("team", "My team’s")]
    if user.is_manager:
        whose.append(("organisation", "My organisation’s"))
    listed = reverse("casework:list")
    found = [{"text": text, "href": f"{listed}?whose={key}"} for key, text in whose]
    return [*found, {"text": "Mine that are not now", "href": f"{listed}?whose=mine&stage={Stage.PAUSED}"}]


def day_words(at: datetime) -> str:
    """'Tuesday 24 November'."""
    day = clock.today(at)
    return capfirst(f"{day:%A} {day.day} {day:%B}")
