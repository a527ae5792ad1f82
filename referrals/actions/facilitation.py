"""Who prepares and runs the meetings, and which professionals are invited to them."""

from datetime import datetime
from typing import TYPE_CHECKING

from referrals import access, blockers, events
from referrals.actions.lifecycle import (
    changing,
    made,
)
from referrals.enums import (
    Gate,
    Part,
)
from referrals.models import Facilitation, Invited, Party, Referral
from restorative.audit.ledger import record
from restorative.common import clock
from restorative.common.decisions import NotPossible

if TYPE_CHECKING:
    from restorative.accounts.models import User


from referrals.actions.parties import fresh_party, require_open


def appoint(
    *,
    referral: Referral,
    user: "User",
    by: "User",
    part: Part = Part.FACILITATOR,
    at: datetime | None = None,
) -> Facilitation:
    """Appoint somebody to prepare and run the meetings, from any organisation. They see the shell from now on."""
    at = at or clock.now()
    access.may_run(by, referral).require()
    with changing(referral, at=at) as referral:
        require_open(referral)
        if not access.can(user, "run"):
            raise NotPossible("That person does not run meetings.", field="user")
        current = Facilitation.objects.unscoped("appoint").filter(
            referral=referral, user=user, until__isnull=True
        )
        if current.exists():
            raise NotPossible(f"{user.first_name} already has a part in this referral.", field="user")
        row = Facilitation.objects.create(referral=referral, user=user, part=part, since=at, **made(by, at))
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


def stand_down(*, facilitation: Facilitation, by: "User", at: datetime | None = None) -> None:
    """End somebody's part. If no facilitator remains, a booked meeting is called off with it."""
    at = at or clock.now()
    access.may_run(by, facilitation.referral).require()
    with changing(facilitation.referral_id, at=at) as referral:
        ended = (
            Facilitation.objects.unscoped("stand down")
            .filter(pk=facilitation.pk, until__isnull=True)
            .update(until=at)
        )
        if not ended:
            raise NotPossible("That part had already ended.")
        record(
            "facilitation_ended",
            by=by,
            thing=facilitation,
            referral_id=referral.pk,
            fields=["until"],
            at=at,
        )
        needed = {"no_facilitator", "one_facilitator", "facilitator_not_independent"}
        if needed & {row.code for row in blockers.blockers(referral, Gate.BOOK, at)}:
            events.facilitator_lost.send(Referral, referral=referral, party=None, by=by, at=at)


def invite(
    *, party: Party, name: str, organisation: str, role: str, by: "User", at: datetime | None = None
) -> Invited:
    """Note a professional whom a party wants there. They stay out until every participant has agreed."""
    at = at or clock.now()
    access.may_open(by, party).require()
    with changing(party.referral_id, at=at) as referral:
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
    with changing(invited.referral_id, at=at) as referral:
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
