"""Giving a named worker access for a limited time, and barring a worker for a conflict of interest.
querysets.py decides what either opens or shuts. Governance and the manager are told at once."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import F

from referrals import access
from referrals.actions.change import Change, changing
from referrals.actions.facilitation import end_part, open_parts
from referrals.actions.involvement import note_party_part
from referrals.enums import GrantKind, HandoffState, Part
from referrals.facts.rows import HandoffRow
from referrals.models import Bar, Grant, Involvement, Party, Referral
from restorative.accounts.models import User
from restorative.common import clock
from restorative.common.decisions import NotPossible, need
from restorative.common.rules import rules

OTHER_SIDE = (
    "Somebody who supports another person in this referral cannot open this one. Ask another colleague."
)
DECIDED = "This was answered already."


@dataclass(frozen=True)
class Wanted:
    """A request for access: for which user, to which party (none: only the shell), why, and until the end of which
    day."""

    kind: GrantKind
    user: User
    party: Party | None
    reason: str
    until_on: date | None = None


def ask_for_access(*, referral: Referral, wanted: Wanted, by: User, at: datetime | None = None) -> Grant:
    """Ask for access, or give it: emergency access starts at once; a manager gives access to a colleague directly.

    Raises Refused, or NotPossible naming the field.
    """
    access.may_ask_for_access(by).require()
    need(wanted.reason, "Write why it is needed.", field="reason")
    _require_fits(wanted, by)
    with changing(referral, by=by, at=at) as change:
        until = _until(wanted, change.read_at)
        _require_possible(change, wanted, by)
        grant = change.add(
            Grant,
            referral=change.referral,
            party=wanted.party,
            user=wanted.user,
            organisation=by.organisation,
            kind=wanted.kind,
            reason=wanted.reason,
            until=until,
        )
        change.record(
            "grant_asked", grant, grant.user, fields=["user", "party", "reason", "until"], why=grant.kind
        )
        gives = by.pk != wanted.user.pk and by.is_manager
        if wanted.kind == GrantKind.EMERGENCY or gives:
            _give(change, grant)
        return grant


def _require_fits(wanted: Wanted, by: User) -> None:
    """Raise NotPossible for a kind of access that this user may not ask for."""
    alone = wanted.kind in (GrantKind.EMERGENCY, GrantKind.READING)
    reads = access.can(by, "ledger")
    if (wanted.kind == GrantKind.READING) != reads:
        raise NotPossible("Choose one of these.", field="kind")
    if alone and wanted.user.pk != by.pk:
        raise NotPossible("This is for yourself only.", field="user")
    if not alone and not access.can(wanted.user, "work_with"):
        raise NotPossible("Choose a colleague who supports people.", field="user")
    if wanted.user.organisation_id != by.organisation_id:
        raise NotPossible("Choose a colleague of your organisation.", field="user")


def _until(wanted: Wanted, at: datetime) -> datetime:
    if wanted.kind == GrantKind.EMERGENCY:
        return at + timedelta(hours=rules().emergency_hours)
    most = rules().cover_days if wanted.kind == GrantKind.COVER else rules().reading_days
    today = clock.today(at)
    if wanted.until_on is None or not today <= wanted.until_on <= today + timedelta(days=most):
        raise NotPossible(f"Choose a day from today, at most {most} days ahead.", field="until_on")
    return clock.moment(wanted.until_on + timedelta(days=1), 0)


def _require_possible(change: Change, wanted: Wanted, by: User) -> None:
    referral, party = change.referral, wanted.party
    there = Referral.objects.could_be_asked_for(by).filter(pk=referral.pk)
    if not there.exists() or access.is_barred(wanted.user, referral):
        raise NotPossible("This cannot be given. Speak to a manager.", field="user")
    if party is None:
        if access.may_see(wanted.user, referral):
            raise NotPossible("They can see this referral already.", field="party")
        return
    if not Party.objects.could_be_asked_for(by).filter(pk=party.pk, referral=referral).exists():
        raise NotPossible("Choose one of these.", field="party")
    if change.facts.of_another_side(wanted.user.pk, change.facts_of(party)):
        raise NotPossible(OTHER_SIDE, field="party")
    if Party.objects.opened_by(wanted.user).filter(pk=party.pk).exists():
        raise NotPossible("That is open already, without this.", field="party")


def _give(change: Change, grant: Grant) -> None:
    change.set(grant, **change.stamp("given"))
    if grant.party is not None and grant.kind != GrantKind.READING:
        # From now on the user knows this side, also after the grant ends, and cannot open another side as an outsider.
        side = grant.party.beside or grant.party
        note_party_part(change, side, grant.user, Part.COVER, until=grant.until)
    change.record("grant_given", grant, grant.user, fields=["given_at"], why=grant.kind)


def give(*, grant: Grant, by: User, at: datetime | None = None) -> None:
    """Give access that was asked for. Raises Refused, or NotPossible if it was answered already or can no longer be
    given."""
    access.may_give(by, grant).require()
    with changing(grant.referral_id, by=by, at=at) as change:
        rows = Grant.objects.unscoped("given once").filter(pk=grant.pk)
        if not rows.filter(given_at__isnull=True, ended_at__isnull=True).exists():
            raise NotPossible(DECIDED)
        if grant.until <= change.at:
            raise NotPossible("The time it was asked for is over.")
        _require_possible(change, Wanted(GrantKind(grant.kind), grant.user, grant.party, "", None), by)
        _give(change, grant)


def end_access(*, grant: Grant, by: User, at: datetime | None = None) -> None:
    """End access early, or refuse a request for it."""
    access.may_end_access(by, grant).require()
    with changing(grant.referral_id, by=by, at=at) as change:
        over = "This is over already."
        if grant.until <= change.at:
            raise NotPossible(over)
        change.settle(grant, "ended", over)
        change.record("grant_ended", grant, grant.user, fields=["ended_at"], why=grant.kind)


def bar(*, referral: Referral, user: User, reason: str, by: User, at: datetime | None = None) -> Bar:
    """Bar a colleague from a referral for a conflict of interest. Their part in its meetings ends too.

    Raises Refused; or NotPossible if they lead or support a party, because another worker must take over first.
    """
    access.may_bar(by, referral).require()
    need(reason, "Write what the conflict is.", field="reason")
    if not access.could_be_barred(by).filter(pk=user.pk).exists():
        raise NotPossible("Choose a colleague of your organisation.", field="user")
    with changing(referral, by=by, at=at) as change:
        _require_replaced(change, user)
        if access.is_barred(user, referral):
            raise NotPossible(f"{user.first_name} is barred from this referral already.", field="user")
        row = change.add(
            Bar, referral=change.referral, user=user, organisation=by.organisation, reason=reason
        )
        change.record("barred", row, user, fields=["user", "reason"])
        for part in open_parts(user, change.referral):
            end_part(change, part)
        _end_standing_in(change, user)
        return row


def _end_standing_in(change: Change, user: User) -> None:
    """End a stand-in's part. It covers one day only, so it ends now, or is void if that day has not come."""
    rows = Involvement.objects.unscoped("barred").filter(referral=change.referral, user=user)
    for part in rows.filter(part=Part.STAND_IN, until__gt=change.at).exclude(until=F("since")):
        change.set(part, until=max(part.since, change.at))
        change.record("facilitation_ended", part, fields=["until"])


def _require_replaced(change: Change, user: User) -> None:
    name, facts = user.first_name, change.facts
    if facts.referral.lead_id == user.pk:
        raise NotPossible(f"{name} leads this referral. Somebody else must lead it first.", field="user")
    if any(party.row.keyworker_id == user.pk for party in facts.present):
        raise NotPossible(f"{name} supports somebody here. Give them another keyworker first.", field="user")
    for row in facts.rows(HandoffRow):
        if row.receiver_id == user.pk and row.state == HandoffState.ACCEPTED and row.moved_at is None:
            raise NotPossible(f"{name} has taken a request here. Give it back first.", field="user")


def lift_bar(*, bar: Bar, by: User, at: datetime | None = None) -> None:
    """Lift a bar. The worker sees what they would have seen without it."""
    access.may_bar(by, bar.referral).require()
    with changing(bar.referral_id, by=by, at=at) as change:
        lifted = "This was lifted already."
        if bar.user_id == by.pk:
            raise NotPossible(lifted)
        change.settle(bar, "lifted", lifted)
        change.record("bar_lifted", bar, fields=["lifted_at"])
