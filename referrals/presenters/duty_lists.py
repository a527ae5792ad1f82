"""The duties of one user, list by list: the first of each, read by index, and only what they may know."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import F, QuerySet

from referrals import principals
from referrals.duties import KINDS, Section
from referrals.models import Duty
from referrals.presenters.duty_rows import TODAY, Item, item_of
from referrals.querysets_duties import Due, ListOf, first_of_each
from referrals.querysets_rules import Within
from restorative.accounts.models import User
from restorative.common import clock

# One more than a section shows, so that it can say that there are more; and some that may not be known or give way.
MOST, SPARE = 11, 24
OVERSEEN = (Section.SIGN_OFFS, Section.SHARES, Section.STOPS, Section.RECORDS_CHECKS)
MANAGED = (Section.ON_HOLD, Section.AWAY, Section.SIGN_OFFS, Section.SUPERVISION, Section.WAITING)


@dataclass
class DutyLists:
    """What was read, by section, in the order of each."""

    within: Within
    by_section: dict[Section, list[Duty]] = field(default_factory=lambda: defaultdict(list))

    def __getitem__(self, section: Section) -> list[Duty]:
        return self.by_section.get(section, [])

    @property
    def all(self) -> list[Duty]:
        return [duty for duties in self.by_section.values() for duty in duties]

    def things(self, *sections: Section) -> list[UUID]:
        return [duty.thing for section in sections for duty in self[section]]


def read(user: User, at: datetime) -> DutyLists:
    """The first duties of each list of this user. The page shows only some of them."""
    ids = first_of_each([*_own(user, at), *_overseen(user)], user.pk, at)
    here = Within.of(user, pk__in=set(ids.values()))
    rows = _rows(here).filter(pk__in=ids)
    found, seen = DutyLists(here), set()
    for duty in rows.order_by(F("due_at").asc(nulls_last=True), "logged_at", "pk"):
        # A manager who is a safeguarding lead has some of them twice.
        key = (duty.kind, duty.thing, duty.party_id)
        if key not in seen or duty.section in (Section.OWN, Section.WAITING):
            found.by_section[Section(duty.section)].append(duty)
            seen.add(key)
    return found


def _rows(here: Within) -> QuerySet[Duty]:
    """Duties with what a row says of their referral: all of the shell."""
    lead = {"lead": F("referral__lead"), "lead_name": F("referral__lead__first_name")}
    reference, logged_at = F("referral__reference"), F("referral__logged_at")
    return Duty.objects.visible_to(here).annotate(reference=reference, logged_at=logged_at, **lead)


def _own(user: User, at: datetime) -> list[ListOf]:
    """A worker's own: late and for today, without a day, for the next days; and what they are to know."""
    me, tomorrow = principals.user(user.pk), clock.moment(clock.today(at) + timedelta(days=1), 0)
    return [
        ListOf(me, Section.OWN, SPARE, Due.BEFORE, tomorrow),
        ListOf(me, Section.OWN, SPARE, Due.NONE),
        ListOf(me, Section.OWN, SPARE, Due.LATER, tomorrow),
        ListOf(me, Section.WAITING, SPARE),
        ListOf(me, Section.NEAR, SPARE),
        ListOf(me, Section.SAID_NO, MOST, newest=True),
        ListOf(principals.staff(user.organisation_id), Section.ASKED, SPARE),
    ]


def _overseen(user: User) -> list[ListOf]:
    found = []
    if user.is_manager:
        name = principals.managers(user.organisation_id)
        found += [ListOf(name, section, SPARE) for section in MANAGED]
    if user.safeguarding_lead:
        name = principals.leads(user.organisation_id)
        found += [ListOf(name, section, SPARE) for section in OVERSEEN]
    return found


def to_ring(lists: DutyLists, parties: Iterable[UUID], at: datetime) -> list[Duty]:
    """Which of these people, all of referrals in the lists, this user may ring; the thing is the number."""
    me = principals.user(lists.within.pk)
    rows = _rows(lists.within).running(at)
    mine = rows.filter(principal=me, section=Section.RING, party__in=list(parties))
    return list(mine.order_by("logged_at", "pk"))


def steps(lists: DutyLists, near: Iterable[UUID], at: datetime) -> list[Item]:
    """A worker's own, without what gives way: to a call-off that waits, to a meeting that is near; and of what runs out
    the first with each person, where nothing else is to be done with them today."""
    own = [item_of(duty, at) for duty in _standing(lists, Section.OWN, near)]
    busy = {item.duty.party_id for item in own if item.where == TODAY and not _renews(item)}
    found = []
    for item in sorted(own, key=lambda item: item.order):
        if not _renews(item):
            found.append(item)
        elif item.duty.party_id not in busy:
            busy.add(item.duty.party_id)
            found.append(item)
    return found


def waiting(lists: DutyLists, near: Iterable[UUID]) -> list[Duty]:
    """What waits for others, without what gives way."""
    return [duty for duty in _standing(lists, Section.WAITING, near) if duty.kind != "handoff_sent"]


def _standing(lists: DutyLists, section: Section, near: Iterable[UUID]) -> list[Duty]:
    first = {duty.referral_id for duty in lists[Section.OWN] if KINDS[duty.kind].first} | set(near)
    return [duty for duty in lists[section] if not (KINDS[duty.kind].yields and duty.referral_id in first)]


def _renews(item: Item) -> bool:
    return item.duty.kind.startswith("runs_out_")
