"""Giving a named worker access for a limited time, and barring a worker for a conflict of interest.
querysets.py decides what either opens or shuts. Governance and the manager are told at once."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import F

from referrals import access
from referrals.actions.facilitation import end_part
from referrals.actions.involvement import note_party_part
from referrals.actions.lifecycle import changing, made
from referrals.enums import GrantKind, HandoffState, Part
from referrals.involvement import of_another_side
from referrals.models import Bar, Grant, Handoff, Involvement, Party, Referral
from restorative.accounts.models import User
from restorative.audit.ledger import record
from restorative.common import clock
from restorative.common.decisions import NotPossible
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
    at = at or clock.now()
    access.may_ask_for_access(by).require()
    if not wanted.reason.strip():
        raise NotPossible("Write why it is needed.", field="reason")
    _require_fits(wanted, by)
    until = _until(wanted, at)
    with changing(referral, at=at) as (referral, at):
        _require_possible(referral, wanted, by)
        grant = Grant.objects.create(
            referral=referral,
            party=wanted.party,
            user=wanted.user,
            organisation=by.organisation,
            kind=wanted.kind,
            reason=wanted.reason,
            until=until,
            **made(by, at),
        )
        note(grant, "grant_asked", by=by, at=at, fields=["user", "party", "reason", "until"])
        gives = by.pk != wanted.user.pk and by.is_manager
        if wanted.kind == GrantKind.EMERGENCY or gives:
            _give(grant, by=by, at=at)
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


def _require_possible(referral: Referral, wanted: Wanted, by: User) -> None:
    there = Referral.objects.could_be_asked_for(by).filter(pk=referral.pk)
    if not there.exists() or access.is_barred(wanted.user, referral):
        raise NotPossible("This cannot be given. Speak to a manager.", field="user")
    party = wanted.party
    if party is None:
        if access.may_see(wanted.user, referral):
            raise NotPossible("They can see this referral already.", field="party")
        return
    if not Party.objects.could_be_asked_for(by).filter(pk=party.pk, referral=referral).exists():
        raise NotPossible("Choose one of these.", field="party")
    if of_another_side(wanted.user, party):
        raise NotPossible(OTHER_SIDE, field="party")
    if Party.objects.opened_by(wanted.user).filter(pk=party.pk).exists():
        raise NotPossible("That is open already, without this.", field="party")


def _give(grant: Grant, *, by: User, at: datetime) -> None:
    Grant.objects.unscoped("given once").filter(pk=grant.pk).update(given_at=at, given_by=by)
    grant.given_at, grant.given_by = at, by
    if grant.party is not None and grant.kind != GrantKind.READING:
        # From now on the user knows this side, also after the grant ends, and cannot open another side as an outsider.
        side = grant.party.beside or grant.party
        note_party_part(side, grant.user, Part.COVER, by=by, at=at, until=grant.until)
    note(grant, "grant_given", by=by, at=at, fields=["given_at"])


def give(*, grant: Grant, by: User, at: datetime | None = None) -> None:
    """Give access that was asked for. Raises Refused, or NotPossible if it was answered already or can no longer be
    given."""
    at = at or clock.now()
    access.may_give(by, grant).require()
    with changing(grant.referral_id, at=at) as (referral, at):
        waits = Grant.objects.unscoped("given once").filter(
            pk=grant.pk, given_at__isnull=True, ended_at__isnull=True
        )
        if not waits.exists():
            raise NotPossible(DECIDED)
        if grant.until <= at:
            raise NotPossible("The time it was asked for is over.")
        wanted = Wanted(GrantKind(grant.kind), grant.user, grant.party, "", None)
        _require_possible(referral, wanted, by)
        _give(grant, by=by, at=at)


def end_access(*, grant: Grant, by: User, at: datetime | None = None) -> None:
    """End access early, or refuse a request for it."""
    at = at or clock.now()
    access.may_end_access(by, grant).require()
    with changing(grant.referral_id, at=at) as (_, at):
        rows = Grant.objects.unscoped("ended once").filter(pk=grant.pk, ended_at__isnull=True, until__gt=at)
        if not rows.update(ended_at=at, ended_by=by):
            raise NotPossible("This is over already.")
        note(grant, "grant_ended", by=by, at=at, fields=["ended_at"])


def bar(*, referral: Referral, user: User, reason: str, by: User, at: datetime | None = None) -> Bar:
    """Bar a colleague from a referral for a conflict of interest. Their part in its meetings ends too.

    Raises Refused; or NotPossible if they lead or support a party, because another worker must take over first.
    """
    at = at or clock.now()
    access.may_bar(by, referral).require()
    if not reason.strip():
        raise NotPossible("Write what the conflict is.", field="reason")
    if not access.could_be_barred(by).filter(pk=user.pk).exists():
        raise NotPossible("Choose a colleague of your organisation.", field="user")
    with changing(referral, at=at) as (referral, at):
        _require_replaced(referral, user)
        if access.is_barred(user, referral):
            raise NotPossible(f"{user.first_name} is barred from this referral already.", field="user")
        row = Bar.objects.create(
            referral=referral, user=user, organisation=by.organisation, reason=reason, **made(by, at)
        )
        record(
            "barred",
            by=by,
            thing=row,
            things=[user],
            referral_id=referral.pk,
            fields=["user", "reason"],
            at=at,
        )
        parts = Involvement.objects.unscoped("barred").in_meetings()
        parts = parts.filter(referral=referral, user=user, until__isnull=True)
        for part in parts.select_related("referral"):
            end_part(part, referral, by=by, at=at)
        _end_standing_in(referral, user, by=by, at=at)
        return row


def _end_standing_in(referral: Referral, user: User, *, by: User, at: datetime) -> None:
    """End a stand-in's part. It covers one day only, so it ends now, or is void if that day has not come."""
    rows = (
        Involvement.objects.unscoped("barred")
        .filter(referral=referral, user=user, part=Part.STAND_IN, until__gt=at)
        .exclude(until=F("since"))
    )
    for part in rows:
        part.until = max(part.since, at)
        part.save(update_fields=["until"])
        record("facilitation_ended", by=by, thing=part, referral_id=referral.pk, fields=["until"], at=at)


def _require_replaced(referral: Referral, user: User) -> None:
    if referral.lead_id == user.pk:
        raise NotPossible(
            f"{user.first_name} leads this referral. Somebody else must lead it first.", field="user"
        )
    supports = Party.objects.unscoped("barred").filter(referral=referral, keyworker=user)
    if supports.present().exists():
        raise NotPossible(
            f"{user.first_name} supports somebody here. Give them another keyworker first.", field="user"
        )
    taken = Handoff.objects.unscoped("barred").filter(
        referral=referral, receiver=user, state=HandoffState.ACCEPTED, moved_at__isnull=True
    )
    if taken.exists():
        raise NotPossible(f"{user.first_name} has taken a request here. Give it back first.", field="user")


def lift_bar(*, bar: Bar, by: User, at: datetime | None = None) -> None:
    """Lift a bar. The worker sees what they would have seen without it."""
    at = at or clock.now()
    access.may_bar(by, bar.referral).require()
    with changing(bar.referral_id, at=at) as (referral, at):
        rows = Bar.objects.unscoped("lifted once").filter(pk=bar.pk, lifted_at__isnull=True)
        if not rows.exclude(user=by).update(lifted_at=at, lifted_by=by):
            raise NotPossible("This was lifted already.")
        record("bar_lifted", by=by, thing=bar, referral_id=referral.pk, fields=["lifted_at"], at=at)


def note(grant: Grant, verb: str, *, by: User, at: datetime, fields: list[str]) -> None:
    """Write the audit row for an action on a grant."""
    record(
        verb,
        by=by,
        thing=grant,
        things=[grant.user],
        referral_id=grant.referral_id,
        party_id=grant.party_id,
        fields=fields,
        why_code=grant.kind,
        at=at,
    )
