"""What managers and safeguarding leads are asked to look at, as rows of 'My work': decisions that wait, records checks,
referrals in which nothing happens. Each list starts from a scope of its own."""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING

from django.db.models import QuerySet
from django.urls import reverse

from referrals.enums import STOPS, UNANSWERED, HandoffState, ShareWith
from referrals.models import Concern, Handoff, ProtectiveShare, RecordsCheck, Referral
from referrals.presenters import names_of, parties_for, shown_name, you_or_name
from referrals.presenters.decisions import checks_to_match
from referrals.presenters.handoffs import time_left, what
from referrals.presenters.orders import ended_on
from referrals.reminders.handoffs import closures_of
from referrals.selectors import silent, to_decide
from restorative.common import clock
from restorative.common.rules import rules

if TYPE_CHECKING:
    from restorative.accounts.models import User

# One more than a section shows, so that it can say that there are more.
MOST = 11
Row = dict[str, str]


@dataclass
class Oversight:
    """What was read for one manager or safeguarding lead."""

    concerns: list[Concern] = field(default_factory=list)
    checks: list[RecordsCheck] = field(default_factory=list)
    shares: list[ProtectiveShare] = field(default_factory=list)
    silent: list[Referral] = field(default_factory=list)
    handoffs: list[Handoff] = field(default_factory=list)
    closures: frozenset[date] = frozenset()

    def referrals(self) -> list[Referral]:
        """Every referral named in it, for the names of its people."""
        of_concerns = [concern.party.referral for concern in self.concerns]
        of_shares = [share.party.referral for share in self.shares]
        return [*of_concerns, *of_shares, *(check.referral for check in self.checks), *self.silent]


def read(user: "User", at: datetime) -> Oversight:
    """Read what this user oversees, at most four queries and none for a keyworker; and the requests between
    organisations that wait for an answer, two.
    """
    found = Oversight(handoffs=list(_unanswered(user)))
    if any(row.to_org_id == user.organisation_id for row in found.handoffs):
        found.closures = closures_of(user.organisation_id)
    if user.is_manager or user.safeguarding_lead:
        found.concerns = list(to_decide(user, at)[: 2 * MOST])
    if user.safeguarding_lead:
        found.checks = list(checks_to_match(user).filter(done_at__isnull=True)[:MOST])
        found.shares = list(_to_look_at(user))
    if user.is_manager:
        found.silent = list(silent(user, at)[:MOST])
    return found


def _to_look_at(user: "User") -> QuerySet[ProtectiveShare]:
    """What was shared to keep somebody safe and no safeguarding lead has looked at, the ten oldest: these are looked
    at one by one, and there is no other list of them."""
    waiting = ProtectiveShare.objects.visible_to(user).to_look_at(user).select_related("party__referral")
    return waiting.order_by("shared_at", "pk")[: MOST - 1]


def share_rows(found: Oversight, at: datetime) -> list[Row]:
    """These, by their reference: a safeguarding lead may not see the referral otherwise."""
    return [
        {
            "what": f"Shared with {ShareWith(row.to).label}, to keep somebody safe",
            "about": f"{row.party.referral.reference} · {clock.show_when(row.shared_at)}, "
            f"{days_words(row.shared_at, at)}",
            "action_text": "Look",
            "action_href": reverse("referrals:share", args=[row.pk]),
        }
        for row in found.shares
    ]


def _unanswered(user: "User") -> QuerySet[Handoff]:
    """Requests that wait for an answer, the oldest first: to their organisation, or sent by their side."""
    waiting = Handoff.objects.visible_to(user).filter(shown_state__in=UNANSWERED)
    return waiting.select_related("from_org", "to_org", "referral").order_by("sent_at", "pk")[: 2 * MOST]


def asked_rows(found: Oversight, user: "User", at: datetime) -> list[Row]:
    """Requests to this user's organisation, with the time left to open or to answer them."""
    return [
        {
            "what": what(row, user),
            "about": f"{row.referral.reference} · {time_left(row, at, found.closures)['text']}",
            "action_text": "Open",
            "action_href": reverse("referrals:handoff", args=[row.pk]),
        }
        for row in found.handoffs
        if row.to_org_id == user.organisation_id and row.shown_state != HandoffState.QUESTION
    ]


def sent_rows(found: Oversight, user: "User") -> list[Row]:
    """Requests of this user's side that the other organisation has not answered."""
    return [
        {
            "what": f"{row.to_org.name} to answer",
            "about": f"{row.referral.reference} · asked {clock.ago(row.sent_at)}",
            "action_text": "Open",
            "action_href": reverse("referrals:handoff", args=[row.pk]),
        }
        for row in found.handoffs
        if row.to_org_id != user.organisation_id
    ]


def _row(said: str, referral: Referral, user: "User", hint: str, action_text: str, href: str) -> Row:
    about = f"{referral.reference} · {names_of(parties_for(referral, user), user)}"
    return {"what": said, "about": f"{about} · {hint}", "action_text": action_text, "action_href": href}


def _named(concern: Concern, user: "User") -> str:
    """The first name of whom a concern is with, as this user is shown them."""
    parties = {party.pk: party for party in parties_for(concern.party.referral, user)}
    party = parties.get(concern.party_id)
    return shown_name(party, user).replace("The other", "the other") if party else "somebody"


def _concern_row(concern: Concern, user: "User", at: datetime) -> Row:
    referral, name = concern.party.referral, _named(concern, user)
    stop = concern.kind in STOPS
    page = "referrals:safety" if stop else "referrals:sign_off"
    args = [referral.reference, concern.party_id] + ([] if stop else [concern.pk])
    said = f"A concern with {name} stops this" if stop else f"A concern with {name} waits to be signed off"
    if (over := ended_on(concern, at)) is not None:
        said = f"An order about {name} ended on {clock.show_day(over)}: look again"
    return _row(
        said,
        referral,
        user,
        f"since {clock.show_day(concern.raised_at)}, {days_words(concern.raised_at, at)}",
        "Look" if stop else "Decide",
        reverse(page, args=args),
    )


def days_words(since: datetime, at: datetime) -> str:
    """'today', '1 working day', '3 working days'."""
    days = clock.working_days_between(clock.today(since), clock.today(at))
    return "today" if days < 1 else f"{days} working day{'' if days == 1 else 's'}"


def sign_off_rows(found: Oversight, user: "User", at: datetime) -> list[Row]:
    """Concerns to sign off, the longest waiting first."""
    return [_concern_row(row, user, at) for row in found.concerns if row.kind not in STOPS]


def stop_rows(found: Oversight, user: "User", at: datetime) -> list[Row]:
    """Open stops, the oldest first."""
    return [_concern_row(row, user, at) for row in found.concerns if row.kind in STOPS]


def check_rows(found: Oversight, user: "User", at: datetime) -> list[Row]:
    """Records checks that wait to be looked at."""
    return [
        _row(
            "Records check to release",
            check.referral,
            user,
            f"asked {clock.ago(check.asked_at)}",
            "Release",
            reverse("referrals:records_checks"),
        )
        for check in found.checks
    ]


def silent_rows(found: Oversight, user: "User") -> list[Row]:
    """Referrals in which nothing has happened for long."""
    return [
        _row(
            f"Nothing has happened for {rules().nothing_happened_working_days} working days",
            referral,
            user,
            f"led by {you_or_name(referral.lead, user)}, logged {clock.show_day(referral.logged_at)}",
            "Open",
            reverse("casework:show", args=[referral.reference]),
        )
        for referral in found.silent
    ]
