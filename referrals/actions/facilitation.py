"""Who prepares and runs the meetings, and which professionals are invited to them."""

from datetime import datetime
from typing import TYPE_CHECKING

from django.db.models import Q

from referrals import access, blockers, events
from referrals.actions.involvement import note_lead
from referrals.actions.lifecycle import changing, made
from referrals.actions.parties import CANNOT, fresh_party, require_open
from referrals.enums import Gate, Part, Stage
from referrals.involvement import supports_another
from referrals.models import Invited, Involvement, Party, Referral, StageChange
from restorative.audit.ledger import record
from restorative.common import clock
from restorative.common.decisions import NotPossible

if TYPE_CHECKING:
    from restorative.accounts.models import User

GIVE_A_KEYWORKER = " Or give a keyworker first to everybody who has none."


def appoint(
    *,
    referral: Referral,
    user: "User",
    by: "User",
    part: Part = Part.FACILITATOR,
    at: datetime | None = None,
) -> Involvement:
    """Appoint a worker of any organisation to prepare and run the meetings. They see the shell from then on."""
    at = at or clock.now()
    access.may_run(by, referral).require()
    with changing(referral, at=at) as (referral, at):
        require_open(referral)
        if not access.can(user, "run"):
            raise NotPossible("That person does not run meetings.", field="user")
        if access.is_barred(user, referral):
            raise NotPossible(CANNOT.format(name=user.first_name), field="user")
        current = Involvement.objects.unscoped("appoint").in_meetings()
        current = current.filter(referral=referral, user=user, until__isnull=True)
        if current.exists():
            raise NotPossible(f"{user.first_name} already has a part in this referral.", field="user")
        row = Involvement.objects.create(referral=referral, user=user, part=part, since=at, **made(by, at))
        record(
            "facilitation_started",
            by=by,
            thing=row,
            things=[user],
            referral_id=referral.pk,
            fields=["user", "part"],
            why_code=part,
            at=at,
        )
        return row


def stand_down(*, part: Involvement, by: "User", at: datetime | None = None) -> None:
    """End a worker's part in the meetings. Without a replacement, a booked meeting is called off too.

    This does not depend on whether one facilitator would be enough, because that may rest on what one person told
    their worker in confidence.
    """
    at = at or clock.now()
    access.may_run(by, part.referral).require()
    with changing(part.referral_id, at=at) as (referral, at):
        if not end_part(part, referral, by=by, at=at):
            raise NotPossible("That part had already ended.")


def end_part(part: Involvement, referral: Referral, *, by: "User", at: datetime) -> bool:
    """End an open part, with its consequences, within another action. False if it had already ended."""
    parts = Involvement.objects.unscoped("stand down").filter(pk=part.pk, until__isnull=True)
    if not parts.update(until=at):
        return False
    record("facilitation_ended", by=by, thing=part, referral_id=referral.pk, fields=["until"], at=at)
    needed = {"no_facilitator", "facilitator_not_independent"}
    in_the_way = {row.code for row in blockers.blockers(referral, Gate.BOOK, at)}
    if needed & in_the_way or _fewer_than_booked(referral):
        events.facilitator_lost.send(Referral, referral=referral, party=None, by=by, at=at)
    return True


def change_lead(*, referral: Referral, lead: "User", by: "User", at: datetime | None = None) -> None:
    """Make a colleague of the leading organisation the lead. The old lead keeps supporting the same people."""
    at = at or clock.now()
    access.may_change_lead(by, referral).require()
    with changing(referral, at=at) as (referral, at):
        require_open(referral)
        if lead.organisation_id != referral.lead_organisation_id or not access.can(lead, "work_with"):
            raise NotPossible("Choose a colleague who supports people.", field="lead")
        if referral.lead_id == lead.pk:
            raise NotPossible(f"{lead.first_name} leads this referral already.", field="lead")
        alone = Party.objects.unscoped("stand in?").filter(referral=referral, keyworker__isnull=True)
        alone = alone.present().filter(beside__isnull=True)
        if access.is_barred(lead, referral) or any(supports_another(lead, party) for party in alone):
            first = GIVE_A_KEYWORKER if alone else ""
            raise NotPossible(f"{CANNOT.format(name=lead.first_name)}{first}", field="lead")
        note_lead(referral, lead, by=by, at=at)
        Referral.objects.unscoped("the lead changes").filter(pk=referral.pk).update(lead=lead)
        referral.lead = lead
        record(
            "lead_moved",
            by=by,
            thing=referral,
            things=[lead],
            referral_id=referral.pk,
            fields=["lead"],
            at=at,
        )
        events.lead_moved.send(Referral, referral=referral, party=None, by=by, at=at)


def _fewer_than_booked(referral: Referral) -> bool:
    """Whether there are fewer facilitators or second workers now than when the meeting was booked."""
    steps = StageChange.objects.unscoped("stand down").filter(referral=referral, to_stage=Stage.BOOKED)
    booked = steps.order_by("-id").values_list("created_at", flat=True).first()
    if booked is None:
        return False
    parts = Involvement.objects.unscoped("stand down").in_meetings().filter(referral=referral)
    parts = parts.exclude(part=Part.STAND_IN)
    then = parts.filter(Q(until__isnull=True) | Q(until__gt=booked), since__lte=booked)
    return parts.filter(until__isnull=True).count() < then.count()


def invite(
    *, party: Party, name: str, organisation: str, role: str, by: "User", at: datetime | None = None
) -> Invited:
    """Record a professional whom a party wants at the meeting. They are not invited until every participant has
    agreed."""
    at = at or clock.now()
    access.may_open(by, party).require()
    with changing(party.referral_id, at=at) as (referral, at):
        party = fresh_party(party)
        row = Invited.objects.create(
            referral=referral, party=party, name=name, organisation=organisation, role=role, **made(by, at)
        )
        record(
            "professional_invited",
            by=by,
            thing=row,
            referral_id=referral.pk,
            party_id=party.pk,
            fields=["name", "organisation", "role"],
            at=at,
        )
        return row


def leave_out(*, invited: Invited, by: "User", at: datetime | None = None) -> None:
    """Leave an invited professional out of the meeting."""
    at = at or clock.now()
    access.may_run(by, invited.referral).require()
    with changing(invited.referral_id, at=at) as (referral, at):
        Invited.objects.unscoped("leave out").filter(pk=invited.pk, left_out_at__isnull=True).update(
            left_out_at=at
        )
        record(
            "professional_left_out",
            by=by,
            thing=invited,
            referral_id=referral.pk,
            fields=["left_out_at"],
            at=at,
        )
