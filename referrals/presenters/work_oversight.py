"""What managers and safeguarding leads are asked to look at, and requests between organisations, as rows of 'My work'.
Which they are follows from duties; what each says is read from the thing itself, through its own scope."""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.urls import reverse

from referrals.duties import Section
from referrals.enums import UNANSWERED, HandoffState, ShareWith
from referrals.models import Concern, Duty, Handoff, ProtectiveShare, RecordsCheck
from referrals.presenters.decisions import checks_to_match
from referrals.presenters.duty_lists import MOST, DutyLists
from referrals.presenters.duty_rows import Words, WorkRow
from referrals.presenters.handoffs import time_left, what
from referrals.presenters.orders import ended_on
from restorative.accounts.working_days import closures_of
from restorative.common import clock
from restorative.common.rules import rules

if TYPE_CHECKING:
    from restorative.accounts.models import User


# What a row says of a request beside its own.
NAMED = ("referral__reference", "from_org__name", "to_org__name", "to_org__opens_at", "to_org__closes_at")


@dataclass
class Oversight:
    """What was read for one manager or safeguarding lead: the duties that become rows, each with its thing; and the
    requests that wait for an answer."""

    concerns: dict[Section, list[tuple[Duty, Concern]]] = field(default_factory=dict)
    checks: list[tuple[Duty, RecordsCheck]] = field(default_factory=list)
    shares: list[tuple[Duty, ProtectiveShare]] = field(default_factory=list)
    silent: list[Duty] = field(default_factory=list)
    handoffs: list[Handoff] = field(default_factory=list)
    closures: frozenset[date] = frozenset()

    @property
    def shown(self) -> list[Duty]:
        """The duties whose rows name a referral."""
        pairs = [*(pair for each in self.concerns.values() for pair in each), *self.checks, *self.shares]
        return [*(duty for duty, _ in pairs), *self.silent]


def read(user: "User", lists: DutyLists) -> Oversight:
    """Read the things that these duties are about: a query for each kind of which there are any."""
    found, here = Oversight(silent=lists[Section.SUPERVISION][:MOST]), lists.within
    concerns = {name: _longest_first(lists[name])[:MOST] for name in (Section.SIGN_OFFS, Section.STOPS)}
    if keys := [duty.thing for duties in concerns.values() for duty in duties]:
        rows = {row.pk: row for row in Concern.objects.visible_to(here).open().filter(pk__in=keys)}
        found.concerns = {name: _pairs(duties, rows) for name, duties in concerns.items()}
    if duties := lists[Section.RECORDS_CHECKS]:
        checks = checks_to_match(here).filter(done_at__isnull=True, pk__in=[duty.thing for duty in duties])
        found.checks = _pairs(duties, {row.pk: row for row in checks})[:MOST]
    if duties := lists[Section.SHARES]:
        shares = ProtectiveShare.objects.visible_to(user).to_look_at(user)
        rows = {row.pk: row for row in shares.filter(pk__in=[duty.thing for duty in duties])}
        found.shares = _pairs(duties, rows)[:MOST]
    keys = lists.things(Section.ASKED)
    if keys := keys + [duty.thing for duty in lists[Section.WAITING] if duty.kind == "handoff_sent"]:
        waiting = Handoff.objects.visible_to(here, rows=True)
        waiting = waiting.filter(shown_state__in=UNANSWERED, pk__in=keys).only("kind", "sent_at", *NAMED)
        found.handoffs = list(
            waiting.select_related("from_org", "to_org", "referral").order_by("sent_at", "pk")
        )
    if found.handoffs or found.concerns or found.shares:
        found.closures = closures_of(user.organisation_id)
    return found


def _longest_first(duties: list[Duty]) -> list[Duty]:
    return sorted(duties, key=lambda duty: (duty.starts_at, duty.pk))


def _pairs(duties: list[Duty], things: dict[UUID, Any]) -> list[tuple[Duty, Any]]:
    """Each duty with its thing, without those whose thing is gone or may not be known."""
    return [(duty, things[duty.thing]) for duty in duties if duty.thing in things]


def share_rows(found: Oversight, words: Words) -> list[WorkRow]:
    """Protective shares that no safeguarding lead has looked at, the oldest first. They are named by reference only:
    the lead may have no other access to the referral."""
    rows = []
    for duty, share in found.shares:
        since = days_words(share.shared_at, words.at, found.closures)
        about = f"{duty.reference} · {clock.show_when(share.shared_at)}, {since}"
        shared = f"Shared with {ShareWith(share.to).label}, to keep somebody safe"
        rows.append(WorkRow(shared, about, "Look", words.href(duty)))
    return rows


def asked_rows(found: Oversight, user: "User", at: datetime) -> list[WorkRow]:
    """Requests to this user's organisation, with the time left to open or to answer them."""
    return [
        WorkRow(
            what(row, user),
            f"{row.referral.reference} · {time_left(row, at, found.closures)['text']}",
            "Open",
            reverse("referrals:handoff", args=[row.pk]),
        )
        for row in found.handoffs
        if row.to_org_id == user.organisation_id and row.shown_state != HandoffState.QUESTION
    ]


def sent_rows(found: Oversight, user: "User") -> list[WorkRow]:
    """Requests of this user's side that the other organisation has not answered."""
    return [
        WorkRow(
            f"{row.to_org.name} to answer",
            f"{row.referral.reference} · asked {clock.ago(row.sent_at)}",
            "Open",
            reverse("referrals:handoff", args=[row.pk]),
        )
        for row in found.handoffs
        if row.to_org_id != user.organisation_id
    ]


def concern_rows(found: Oversight, section: Section, words: Words) -> list[WorkRow]:
    """Concerns to sign off, or open stops, the longest waiting first."""
    return [_concern_row(concern, duty, found, words) for duty, concern in found.concerns.get(section, [])]


def _concern_row(concern: Concern, duty: Duty, found: Oversight, words: Words) -> WorkRow:
    said = words.sentence(duty)
    if (over := ended_on(concern, words.at)) is not None:
        said = f"An order about {words.named(duty)} ended on {clock.show_day(over)}: look again"
    waits = days_words(concern.raised_at, words.at, found.closures)
    about = words.about(duty, f"since {clock.show_day(concern.raised_at)}, {waits}")
    return WorkRow(said, about, words.action(duty), words.href(duty))


def days_words(since: datetime, at: datetime, closures: frozenset[date]) -> str:
    """'today', '1 working day', '3 working days'."""
    days = clock.working_days_between(clock.today(since), clock.today(at), closures)
    return "today" if days < 1 else f"{days} working day{'' if days == 1 else 's'}"


def check_rows(found: Oversight, words: Words) -> list[WorkRow]:
    """Records checks that wait to be looked at."""
    return [
        WorkRow(
            words.sentence(duty),
            words.about(duty, f"asked {clock.ago(check.asked_at)}"),
            words.action(duty),
            words.href(duty),
        )
        for duty, check in found.checks
    ]


def silent_rows(found: Oversight, words: Words) -> list[WorkRow]:
    """Referrals in which nothing has happened for long."""
    return [
        WorkRow(
            f"Nothing has happened for {rules().nothing_happened_working_days} working days",
            words.about(duty, f"led by {_lead(duty, words)}, logged {clock.show_day(duty.logged_at)}"),
            "Open",
            words.href(duty),
        )
        for duty in found.silent
    ]


def _lead(duty: Duty, words: Words) -> str:
    return "you" if duty.lead == words.user.pk else duty.lead_name
