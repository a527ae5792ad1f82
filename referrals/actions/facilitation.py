"""Who prepares and runs the meetings, and which professionals are invited to them."""

from datetime import datetime

from django.db.models import QuerySet

from referrals import access, blockers, events
from referrals.actions.change import Change, changing, changing_party, require_open
from referrals.actions.involvement import note_lead
from referrals.actions.parties import CANNOT
from referrals.enums import MEETING_PARTS, Gate, Part, Stage
from referrals.facts import Facts
from referrals.facts.rows import StageChangeRow
from referrals.models import Invited, Involvement, Party, Referral
from restorative.accounts.models import User
from restorative.common.decisions import NotPossible

GIVE_A_KEYWORKER = " Or give a keyworker first to everybody who has none."


def appoint(
    *,
    referral: Referral,
    user: User,
    by: User,
    part: Part = Part.FACILITATOR,
    at: datetime | None = None,
) -> Involvement:
    """Appoint a worker of any organisation to prepare and run the meetings. They see the shell from then on."""
    access.may_run(by, referral).require()
    with changing(referral, by=by, at=at) as change:
        require_open(change.referral)
        if not access.can(user, "run"):
            raise NotPossible("That person does not run meetings.", field="user")
        if access.is_barred(user, change.referral):
            raise NotPossible(CANNOT.format(name=user.first_name), field="user")
        if open_parts(user, change.referral).exists():
            raise NotPossible(f"{user.first_name} already has a part in this referral.", field="user")
        row = change.add(Involvement, referral=change.referral, user=user, part=part, since=change.at)
        change.record("facilitation_started", row, user, fields=["user", "part"], why=part)
        return row


def open_parts(user: User, referral: Referral) -> QuerySet[Involvement]:
    """A worker's parts in the meetings of a referral that have not ended."""
    parts = Involvement.objects.unscoped("open parts").in_meetings()
    return parts.filter(referral=referral, user=user, until__isnull=True)


def stand_down(*, part: Involvement, by: User, at: datetime | None = None) -> None:
    """End a worker's part in the meetings. Without a replacement, a booked meeting is called off too.

    This does not depend on whether one facilitator would be enough, because that may rest on what one person told
    their worker in confidence.
    """
    access.may_run(by, part.referral).require()
    with changing(part.referral_id, by=by, at=at) as change:
        if not end_part(change, part):
            raise NotPossible("That part had already ended.")


def end_part(change: Change, part: Involvement) -> bool:
    """End an open part, with its consequences, within another action. False if it had already ended."""
    parts = Involvement.objects.unscoped("stand down").filter(pk=part.pk, until__isnull=True)
    if not change.update(parts, until=change.at):
        return False
    change.record("facilitation_ended", part, fields=["until"])
    needed = {"no_facilitator", "facilitator_not_independent"}
    in_the_way = {row.code for row in blockers.find_blockers(change.facts, Gate.BOOK)}
    if needed & in_the_way or _fewer_than_booked(change.facts):
        change.send(events.facilitator_lost)
    return True


def _fewer_than_booked(facts: Facts) -> bool:
    """Whether there are fewer facilitators or second workers now than when the meeting was booked."""
    steps = [row for row in facts.rows(StageChangeRow) if row.to_stage == Stage.BOOKED]
    if not steps:
        return False
    booked = max(steps, key=lambda row: row.id).created_at
    parts = [row for row in facts.involvements if row.part in MEETING_PARTS and row.part != Part.STAND_IN]
    then = [row for row in parts if row.since <= booked and (row.until is None or row.until > booked)]
    return len([row for row in parts if row.until is None]) < len(then)


def change_lead(*, referral: Referral, lead: User, by: User, at: datetime | None = None) -> None:
    """Make a colleague of the leading organisation the lead. The old lead keeps supporting the same people."""
    access.may_change_lead(by, referral).require()
    with changing(referral, by=by, at=at) as change:
        referral, facts = change.referral, change.facts
        require_open(referral)
        if lead.organisation_id != referral.lead_organisation_id or not access.can(lead, "work_with"):
            raise NotPossible("Choose a colleague who supports people.", field="lead")
        if referral.lead_id == lead.pk:
            raise NotPossible(f"{lead.first_name} leads this referral already.", field="lead")
        alone = [party for party in facts.present if not party.row.keyworker_id and not party.row.beside_id]
        if access.is_barred(lead, referral) or any(facts.supports_another(lead.pk, party) for party in alone):
            first = GIVE_A_KEYWORKER if alone else ""
            raise NotPossible(f"{CANNOT.format(name=lead.first_name)}{first}", field="lead")
        note_lead(change, lead)
        change.set(referral, lead=lead)
        change.record("lead_moved", referral, lead, fields=["lead"])
        change.send(events.lead_moved)


def invite(
    *, party: Party, name: str, organisation: str, role: str, by: User, at: datetime | None = None
) -> Invited:
    """Record a professional whom a party wants at the meeting. They are not invited until every participant has
    agreed."""
    with changing_party(party, by=by, at=at) as (change, party):
        row = change.add(
            Invited, referral=change.referral, party=party, name=name, organisation=organisation, role=role
        )
        change.record("professional_invited", row, fields=["name", "organisation", "role"])
        return row


def leave_out(*, invited: Invited, by: User, at: datetime | None = None) -> None:
    access.may_run(by, invited.referral).require()
    with changing(invited.referral_id, by=by, at=at) as change:
        rows = Invited.objects.unscoped("leave out").filter(pk=invited.pk, left_out_at__isnull=True)
        change.update(rows, left_out_at=change.at)
        change.record("professional_left_out", invited, fields=["left_out_at"])
