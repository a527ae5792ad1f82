"""What follows from an accepted handoff: first contact moves the lead or the support; returning it, completing it
or withdrawing the consent to share moves it back."""

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db.models import Q

from referrals import access, events
from referrals.actions.handoff import LOOK_AGAIN, change, fresh_handoff, note
from referrals.actions.involvement import note_keyworker, note_lead
from referrals.actions.lifecycle import changing, made
from referrals.actions.matching import keep_name_keys
from referrals.actions.parties import require_open
from referrals.blockers.handing_over import going_over, lead_lost, rests_on, unshared
from referrals.enums import UNANSWERED, HandoffKind, HandoffState, Stage
from referrals.involvement import supports_another
from referrals.models import Bar, Consent, Handoff, Party, Person, Referral
from restorative.accounts.enums import Role
from restorative.accounts.models import User
from restorative.audit.ledger import record
from restorative.common import clock
from restorative.common.decisions import NotPossible

if TYPE_CHECKING:
    from restorative.accounts.models import Organisation

ACCEPTED = (HandoffState.ACCEPTED,)
NOT_STARTED = "First contact was not made yet. Give it back instead."


def first_contact(*, handoff: Handoff, version: int, by: User, at: datetime | None = None) -> None:
    """Record first contact. From then on the worker who accepted leads, or supports the person.

    Raises Refused, or NotPossible if the consent or route that the handoff rests on no longer holds.
    """
    at = at or clock.now()
    access.may_carry_out(by, fresh_handoff(handoff)).require()
    with changing(handoff.referral_id, at=at) as (referral, at):
        fresh = fresh_handoff(handoff)
        if fresh.state != HandoffState.ACCEPTED or fresh.version != version or fresh.moved_at:
            raise NotPossible(LOOK_AGAIN)
        require_open(referral)
        if lost := lead_lost(fresh, fresh.decided_kind, referral):
            raise NotPossible(lost)
        if unshared(fresh, fresh.decided_kind, fresh.party, at):
            raise NotPossible(
                f"Who agreed to share with {fresh.to_org.name} has changed, so it cannot start now. "
                f"Ask {fresh.from_org.name}."
            )
        _refuse_after_death(fresh, by)
        _move(fresh, referral, by=by, at=at)


def met_by(referral: Referral, *, by: User, at: datetime) -> None:
    """Treat the first action with a party by the worker who accepted as first contact."""
    rows = Handoff.objects.unscoped("first contact").filter(
        referral=referral, receiver=by, state=HandoffState.ACCEPTED, moved_at__isnull=True
    )
    for row in rows:
        fresh = fresh_handoff(row)
        kind = fresh.decided_kind
        if not (lead_lost(fresh, kind, referral) or _died(fresh) or unshared(fresh, kind, fresh.party, at)):
            _move(fresh, referral, by=by, at=at)


def _going(handoff: Handoff) -> list[Party]:
    """The parties whose support moves with the handoff."""
    kind, party = handoff.decided_kind, handoff.party
    _, moved = going_over(handoff.referral, kind, party, handoff.from_org_id, handoff.to_org_id)
    return [each for each in moved if each.organisation_id == handoff.from_org_id]


def _died(handoff: Handoff) -> list[Party]:
    rows = Party.objects.unscoped("has anybody died?").filter(pk__in=[each.pk for each in _going(handoff)])
    return list(rows.filter(person__died_on__isnull=False).order_by("created_at", "pk"))


def _refuse_after_death(handoff: Handoff, by: User) -> None:
    """Raise NotPossible if a person who would move has died. A worker who does not open that person is not told
    why."""
    for party in _died(handoff):
        ring = f"Please ring {handoff.from_org.name} before you do anything else."
        what = f"{party.known_as} has died" if access.may_open(by, party) else "Something has changed"
        raise NotPossible(f"{what}, so this cannot start. {ring}")


def _move(handoff: Handoff, referral: Referral, *, by: User, at: datetime) -> None:
    """Move what was accepted, and store the previous state."""
    receiver, ours = handoff.receiver or by, _going(handoff)
    moved = [
        {
            "party": str(each.pk),
            "keyworker": str(each.keyworker_id) if each.keyworker_id else "",
            "person": str(each.person_id),
        }
        for each in ours
    ]
    leads = handoff.decided_kind == HandoffKind.LEAD
    lead_before = referral.lead if leads else None
    rests = rests_on(handoff, handoff.decided_kind, handoff.party, at)
    facts = {"moved_at": at, "moved_by": by, "moved": moved, "lead_before": lead_before, "consents": rests}
    handoff = change(handoff, ACCEPTED, None, **facts)
    for each in ours:
        _give(each, handoff.to_org, receiver, by=by, at=at)
    if leads:
        _lead(referral, receiver, handoff.to_org, by=by, at=at)
    note(handoff, "handoff_started", by=by, at=at, fields=["moved_at"], why_code=handoff.decided_kind)


def _lead(
    referral: Referral, lead: User, organisation: "Organisation", *, by: User | None, at: datetime
) -> None:
    note_lead(referral, lead, by=by, at=at)
    referral.lead, referral.lead_organisation = lead, organisation
    Referral.objects.unscoped("the lead moves").filter(pk=referral.pk).update(
        lead=lead, lead_organisation=organisation
    )
    # The sender may no longer give away the lead, so other requests to lead are withdrawn.
    asked = Q(kind=HandoffKind.LEAD) & ~Q(decided_kind=HandoffKind.HELP) & ~Q(from_org=organisation)
    _withdraw(referral, [*UNANSWERED, HandoffState.ACCEPTED], asked, by=by, at=at)
    record(
        "lead_moved",
        by=by,
        thing=referral,
        things=[lead],
        referral_id=referral.pk,
        fields=["lead", "lead_organisation"],
        at=at,
    )
    events.lead_moved.send(Referral, referral=referral, party=None, by=by, at=at)


def _give(
    party: Party,
    organisation: "Organisation",
    keyworker: User | None,
    *,
    by: User | None,
    at: datetime,
    person: UUID | None = None,
) -> None:
    """Make another organisation the supporting organisation of a party. Each organisation keeps its own person record.

    `person` is the record to return to, if there was one.
    """
    known = _known_again(party, person) if person else _known_anew(party, organisation, by, at)
    Party.objects.unscoped("support moves").filter(pk=party.pk).update(
        organisation=organisation, keyworker=keyworker, person=known
    )
    if not party.is_supporter:
        note_keyworker(party, keyworker, by=by, at=at)
    record(
        "keyworker_set",
        by=by,
        thing=party,
        things=[keyworker] if keyworker else [],
        referral_id=party.referral_id,
        party_id=party.pk,
        fields=["organisation", "keyworker"],
        at=at,
    )


KNOWN = ("given", "family", "born_on", "pronouns", "language", "access_needs")
DIED = ("died_on", "died_recorded_at", "died_recorded_by_id")


def _known_again(party: Party, before: UUID) -> UUID:
    """The organisation's own person record to return to. A death recorded since is copied to it."""
    people = Person.objects.unscoped("known again")
    if died := people.filter(pk=party.person_id, died_on__isnull=False).values(*DIED).first():
        people.filter(pk=before, died_on__isnull=True).update(**died)
    return before


def _known_anew(party: Party, organisation: "Organisation", by: User | None, at: datetime) -> UUID:
    person = Person.objects.unscoped("known anew").get(pk=party.person_id)
    facts: dict[str, Any] = {name: getattr(person, name) for name in (*KNOWN, *DIED)}
    anew = Person.objects.create(organisation=organisation, **facts, **made(by, at))
    keep_name_keys(anew, party.known_as)
    return anew.pk


# --- Moving back ----------------------------------------------------------------------------------------------


def give_back(*, handoff: Handoff, why: str, version: int, by: User, at: datetime | None = None) -> None:
    """Return the handoff: the lead and the support go back at once."""
    at = at or clock.now()
    access.may_carry_out(by, fresh_handoff(handoff)).require()
    if not why.strip():
        raise NotPossible("Write what the others need to know.", field="why")
    with changing(handoff.referral_id, at=at) as (referral, at):
        facts = {"state": HandoffState.RETURNED, "ended_at": at, "ended_by": by, "why_returned": why}
        handoff = change(handoff, ACCEPTED, version, **facts)
        note(handoff, "handoff_returned", by=by, at=at, fields=["state", "why_returned"])
        _bring_home(handoff, referral, by=by, at=at)


def complete(
    *,
    handoff: Handoff,
    done: str,
    went: str,
    next_step: str,
    version: int,
    by: User,
    at: datetime | None = None,
) -> None:
    """Report the result to the sender, in three fields. Help ends with it; a receiver that leads continues to lead."""
    at = at or clock.now()
    access.may_carry_out(by, fresh_handoff(handoff)).require()
    for field, words in (("done", done), ("went", went), ("next_step", next_step)):
        if not words.strip():
            raise NotPossible("Write a few words.", field=field)
    with changing(handoff.referral_id, at=at) as (referral, at):
        if fresh_handoff(handoff).moved_at is None:
            raise NotPossible(NOT_STARTED)
        handoff = change(
            handoff,
            ACCEPTED,
            version,
            state=HandoffState.COMPLETED,
            outcome_done=done,
            outcome_went=went,
            outcome_next=next_step,
            ended_at=at,
            ended_by=by,
        )
        fields = ["state", "outcome_done", "outcome_went", "outcome_next"]
        note(handoff, "handoff_completed", by=by, at=at, fields=fields)
        if handoff.decided_kind == HandoffKind.HELP:
            _bring_home(handoff, referral, by=by, at=at)


def _bring_home(handoff: Handoff, referral: Referral, *, by: User | None, at: datetime) -> None:
    """Move the lead and the support back, if they had moved and the receiver still has them."""
    if handoff.moved_at is None:
        return
    if handoff.decided_kind == HandoffKind.LEAD and referral.lead_organisation_id == handoff.to_org_id:
        lead = _first_active([handoff.lead_before_id, handoff.sent_by_id], handoff)
        if lead is not None:
            _lead(referral, lead, handoff.from_org, by=by, at=at)
    for kept in handoff.moved:
        party = Party.objects.unscoped("support comes back").filter(
            pk=kept["party"], organisation=handoff.to_org_id
        )
        for each in party.select_related("referral"):
            keyworker = _who_supports(each, kept["keyworker"], handoff, referral)
            _give(each, handoff.from_org, keyworker, by=by, at=at, person=UUID(kept["person"]))


def _first_active(keys: Iterable[UUID | None], handoff: Handoff) -> User | None:
    """The first of these workers who is active, not barred and still at the sender's organisation; otherwise one of
    its managers."""
    bars = Bar.objects.unscoped("comes home").filter(referral=handoff.referral_id, lifted_at__isnull=True)
    there = User.objects.filter(organisation=handoff.from_org_id, is_active=True)
    there = there.exclude(pk__in=bars.values("user"))
    for key in keys:
        if key and (found := there.filter(pk=key, role__in=CASEWORKERS).first()):
            return found
    return there.filter(role=Role.MANAGER).order_by("created_at", "pk").first()


CASEWORKERS = (Role.KEYWORKER, Role.FACILITATOR, Role.MANAGER)


def _who_supports(party: Party, before: str, handoff: Handoff, referral: Referral) -> User | None:
    """The earlier keyworker. The lead may stand in again, unless they support another party here: what was said in
    the meantime would be open to the other side. In that case a manager does, until there is a keyworker."""
    if before:
        return _first_active([UUID(before)], handoff)
    if not supports_another(referral.lead, party):
        return None
    return _first_active([], handoff)


def share_ended(
    referral: Referral, *, party: Party, organisation: UUID, by: User | None, at: datetime
) -> None:
    """End all handoffs that rest on a party's consent to share with an organisation, in the same transaction."""
    rows = Handoff.objects.unscoped("share ended").filter(referral=referral, to_org=organisation)
    for row in rows.filter(state__in=[*UNANSWERED, HandoffState.ACCEPTED, HandoffState.COMPLETED]):
        rests = Consent.objects.unscoped("share ended").filter(party=party, pk__in=row.consents)
        completed = row.state == HandoffState.COMPLETED
        gone = completed and (row.moved_at is None or referral.lead_organisation_id != organisation)
        if not rests.exists() or gone or (completed and row.decided_kind == HandoffKind.HELP):
            continue
        if row.moved_at:
            facts = {"state": HandoffState.RETURNED, "ended_at": at, "ended_by": by}
            handoff = change(row, (HandoffState(row.state),), None, **facts)
            _bring_home(handoff, referral, by=by, at=at)
        else:
            handoff = _end_unheard(row, party, by=by, at=at)
        note(handoff, "handoff_ended", by=by, at=at, fields=["state"], why_code=handoff.state)


def _end_unheard(handoff: Handoff, party: Party, *, by: User | None, at: datetime) -> Handoff:
    """End a handoff before anything moved. The receiver loses access; only users who open this party learn that it
    ended.

    The version does not change, so a user who still sees the earlier state can submit their page.
    """
    rows = Handoff.objects.unscoped("ends unheard").filter(pk=handoff.pk, state=handoff.state)
    rows.update(
        state=HandoffState.WITHDRAWN, ended_at=at, ended_by=by, ended_for=party, stood_as=handoff.state
    )
    return fresh_handoff(handoff)


def withdraw_all(referral: Referral, *, by: User | None, at: datetime) -> None:
    """Withdraw the requests of a referral that ends.

    On closing this includes accepted requests. After a death accepted ones stay, so that the receiver is rung.
    """
    begins = referral.stage != Stage.CLOSED
    states = [*UNANSWERED] if begins else [*UNANSWERED, HandoffState.ACCEPTED]
    _withdraw(referral, states, by=by, at=at)


def _withdraw(
    referral: Referral, states: list[HandoffState], which: Q | None = None, *, by: User | None, at: datetime
) -> None:
    """Withdraw requests in these states that have not moved. A request whose end was hidden now ends for all users."""
    rows = Handoff.objects.unscoped("asked of nobody any more").filter(
        which or Q(), referral=referral, moved_at__isnull=True
    )
    facts = {"state": HandoffState.WITHDRAWN, "ended_at": at, "ended_by": by}
    for row in rows.filter(state__in=states):
        handoff = change(row, (HandoffState(row.state),), None, **facts)
        note(handoff, "handoff_withdrawn", by=by, at=at, fields=["state"])
    for row in rows.filter(stood_as__in=states):
        change(row, (HandoffState.WITHDRAWN,), None, **facts, ended_for=None, stood_as="")
