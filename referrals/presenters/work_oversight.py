"""What managers and safeguarding leads are asked to look at, and requests between organisations, as rows of 'My work'.
Which they are follows from duties; what each says is read from the thing itself, through its own scope."""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING
from uuid import UUID

from django.urls import reverse

from referrals.duties import Section
from referrals.enums import UNANSWERED, HandoffState, ShareWith
from referrals.models import Concern, Duty, Handoff, ProtectiveShare, RecordsCheck
from referrals.presenters import you_or_name
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

# Shares are looked at one by one, and there is no other list of them.
MOST_SHARES = 10


@dataclass
class Oversight:
    """What was read for one manager or safeguarding lead, by ids; and the requests that wait for an answer."""

    lists: DutyLists
    concerns: dict[UUID, Concern] = field(default_factory=dict)
    checks: dict[UUID, RecordsCheck] = field(default_factory=dict)
    shares: dict[UUID, ProtectiveShare] = field(default_factory=dict)
    handoffs: list[Handoff] = field(default_factory=list)
    closures: frozenset[date] = frozenset()


def read(user: "User", lists: DutyLists) -> Oversight:
    """Read the things that these duties are about: a query for each kind of which there are any."""
    found = Oversight(lists)
    if keys := lists.things(Section.SIGN_OFFS, Section.STOPS):
        found.concerns = {
            row.pk: row for row in Concern.objects.visible_to(lists.within).open().filter(pk__in=keys)
        }
    if keys := lists.things(Section.RECORDS_CHECKS):
        checks = checks_to_match(user).filter(done_at__isnull=True, pk__in=keys)
        found.checks = {row.pk: row for row in checks}
    if keys := lists.things(Section.SHARES):
        shares = ProtectiveShare.objects.visible_to(user).to_look_at(user).filter(pk__in=keys)
        found.shares = {row.pk: row for row in shares}
    keys = lists.things(Section.ASKED)
    if keys := keys + [duty.thing for duty in lists[Section.WAITING] if duty.kind == "handoff_sent"]:
        waiting = Handoff.objects.visible_to(lists.within).filter(shown_state__in=UNANSWERED, pk__in=keys)
        rows = waiting.select_related("from_org", "to_org", "referral").order_by("sent_at", "pk")
        found.handoffs = list(rows)
    if found.handoffs or found.concerns or found.shares:
        found.closures = closures_of(user.organisation_id)
    return found


def share_rows(found: Oversight, words: Words) -> list[WorkRow]:
    """Protective shares that no safeguarding lead has looked at, the oldest first. They are named by reference only:
    the lead may have no other access to the referral."""
    rows = []
    for duty in found.lists[Section.SHARES][:MOST_SHARES]:
        if share := found.shares.get(duty.thing):
            since = days_words(share.shared_at, words.at, found.closures)
            about = f"{duty.referral.reference} · {clock.show_when(share.shared_at)}, {since}"
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
    duties = [
        (found.concerns[duty.thing], duty) for duty in found.lists[section] if duty.thing in found.concerns
    ]
    duties.sort(key=lambda each: (each[0].raised_at, each[0].pk))
    return [_concern_row(concern, duty, found, words) for concern, duty in duties[:MOST]]


def _concern_row(concern: Concern, duty: Duty, found: Oversight, words: Words) -> WorkRow:
    said = words.sentence(duty)
    if (over := ended_on(concern, words.at)) is not None:
        said = f"An order about {words.named(duty)} ended on {clock.show_day(over)}: look again"
    waits = days_words(concern.raised_at, words.at, found.closures)
    about = words.about(duty.referral, f"since {clock.show_day(concern.raised_at)}, {waits}")
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
            words.about(duty.referral, f"asked {clock.ago(check.asked_at)}"),
            words.action(duty),
            words.href(duty),
        )
        for duty in found.lists[Section.RECORDS_CHECKS]
        if (check := found.checks.get(duty.thing))
    ]


def silent_rows(found: Oversight, words: Words) -> list[WorkRow]:
    """Referrals in which nothing has happened for long."""
    return [
        WorkRow(
            f"Nothing has happened for {rules().nothing_happened_working_days} working days",
            words.about(
                duty.referral,
                f"led by {you_or_name(duty.referral.lead, words.user)}, "
                f"logged {clock.show_day(duty.referral.logged_at)}",
            ),
            "Open",
            words.href(duty),
        )
        for duty in found.lists[Section.SUPERVISION][:MOST]
    ]
