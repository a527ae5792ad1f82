"""What follows from an accepted handoff: first contact moves the lead or the support; returning it, completing it
or withdrawing the consent to share moves it back."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db.models import Q

from referrals import access, events
from referrals.actions.change import Change, changing, require_open
from referrals.actions.handoff import LOOK_AGAIN, ended, fresh_handoff, handing_over, lead_lost, move_on
from referrals.actions.involvement import note_keyworker, note_lead
from referrals.actions.matching import keep_name_keys
from referrals.blockers.handing_over import HandingOver
from referrals.enums import UNANSWERED, HandoffKind, HandoffState, Stage
from referrals.facts import PartyFacts
from referrals.facts.rows import ConsentRow
from referrals.models import Bar, Handoff, Party, Person
from restorative.accounts.enums import CASEWORK, Role
from restorative.accounts.models import Organisation, User
from restorative.common.decisions import NotPossible, need

ACCEPTED = (HandoffState.ACCEPTED,)
NOT_STARTED = "First contact was not made yet. Give it back instead."


def first_contact(*, handoff: Handoff, version: int, by: User, at: datetime | None = None) -> None:
    """Record first contact. From then on the worker who accepted leads, or supports the person.

    Raises Refused, or NotPossible if the consent or route that the handoff rests on no longer holds.
    """
    access.may_carry_out(by, fresh_handoff(handoff)).require()
    with changing(handoff.referral_id, by=by, at=at) as change:
        fresh = fresh_handoff(handoff)
        if fresh.state != HandoffState.ACCEPTED or fresh.version != version or fresh.moved_at:
            raise NotPossible(LOOK_AGAIN)
        require_open(change.referral)
        if lost := lead_lost(change, fresh, fresh.decided_kind):
            raise NotPossible(lost)
        if _handing(change, fresh).unshared:
            raise NotPossible(
                f"Who agreed to share with {fresh.to_org.name} has changed, so it cannot start now. "
                f"Ask {fresh.from_org.name}."
            )
        _refuse_after_death(change, fresh, by)
        _move(change, fresh)


def met_by(change: Change) -> None:
    """Treat the first action with a party by the worker who accepted as first contact."""
    for row in change.once(f"handoffs taken by {change.by and change.by.pk}", lambda: _not_begun(change)):
        fresh = fresh_handoff(row)
        if fresh.state != HandoffState.ACCEPTED or fresh.moved_at:
            continue
        refused = lead_lost(change, fresh, fresh.decided_kind) or _died(change, fresh)
        if not refused and not _handing(change, fresh).unshared:
            _move(change, fresh)


def _not_begun(change: Change) -> list[Handoff]:
    """The handoffs that this worker accepted and that nothing has moved for."""
    rows = Handoff.objects.unscoped("first contact").filter(referral=change.referral, receiver=change.by)
    return list(rows.filter(state=HandoffState.ACCEPTED, moved_at__isnull=True))


def _handing(change: Change, handoff: Handoff) -> HandingOver:
    return handing_over(change, handoff, handoff.decided_kind, handoff.party)


def _going(change: Change, handoff: Handoff) -> list[PartyFacts]:
    """The parties whose support moves with the handoff."""
    moved = _handing(change, handoff).moved
    return [each for each in moved if each.row.organisation_id == handoff.from_org_id]


def _died(change: Change, handoff: Handoff) -> list[PartyFacts]:
    return [each for each in _going(change, handoff) if each.died]


def _refuse_after_death(change: Change, handoff: Handoff, by: User) -> None:
    """Raise NotPossible if a person who would move has died. A worker who does not open that person is not told
    why."""
    for party in _died(change, handoff):
        ring = f"Please ring {handoff.from_org.name} before you do anything else."
        opened = Party.objects.opened_by(by).filter(pk=party.id).exists()
        what = f"{party.name} has died" if opened else "Something has changed"
        raise NotPossible(f"{what}, so this cannot start. {ring}")


def _move(change: Change, handoff: Handoff) -> None:
    """Move what was accepted, and store the previous state."""
    receiver, ours = handoff.receiver, _going(change, handoff)
    assert receiver is not None  # noqa: S101 - an accepted request has one
    moved = [
        {
            "party": str(each.id),
            "keyworker": str(each.row.keyworker_id) if each.row.keyworker_id else "",
            "person": str(each.row.person_id),
        }
        for each in ours
    ]
    leads = handoff.decided_kind == HandoffKind.LEAD
    handoff = move_on(
        change,
        handoff,
        ACCEPTED,
        None,
        **change.stamp("moved"),
        moved=moved,
        lead_before=change.referral.lead if leads else None,
        consents=_handing(change, handoff).rests_on(handoff.consents),
    )
    for each in ours:
        _give(change, each.id, handoff.to_org, receiver)
    if leads:
        _lead(change, receiver, handoff.to_org)
    change.record("handoff_started", handoff, fields=["moved_at"], why=handoff.decided_kind)


def _lead(change: Change, lead: User, organisation: Organisation) -> None:
    note_lead(change, lead)
    change.set(change.referral, lead=lead, lead_organisation=organisation)
    # The sender may no longer give away the lead, so other requests to lead are withdrawn.
    asked = Q(kind=HandoffKind.LEAD) & ~Q(decided_kind=HandoffKind.HELP) & ~Q(from_org=organisation)
    _withdraw(change, [*UNANSWERED, HandoffState.ACCEPTED], asked)
    change.record("lead_moved", change.referral, lead, fields=["lead", "lead_organisation"])
    change.send(events.lead_moved)


def _give(
    change: Change,
    key: UUID,
    organisation: Organisation,
    keyworker: User | None,
    *,
    person: UUID | None = None,
) -> None:
    """Make another organisation the supporting organisation of a party. Each organisation keeps its own person record.

    `person` is the record to return to, if there was one.
    """
    party = Party.objects.unscoped("support moves").get(pk=key)
    known = _known_again(change, party, person) if person else _known_anew(change, party, organisation)
    change.set(party, organisation=organisation, keyworker=keyworker, person_id=known)
    if not party.is_supporter:
        note_keyworker(change, party, keyworker)
    change.record("keyworker_set", party, keyworker, fields=["organisation", "keyworker"])


KNOWN = ("given", "family", "born_on", "pronouns", "language", "access_needs")
DIED = ("died_on", "died_recorded_at", "died_recorded_by_id")


def _known_again(change: Change, party: Party, before: UUID) -> UUID:
    """The organisation's own person record to return to. A death recorded since is copied to it."""
    people = Person.objects.unscoped("known again")
    if died := people.filter(pk=party.person_id, died_on__isnull=False).values(*DIED).first():
        change.update(people.filter(pk=before, died_on__isnull=True), **died)
    return before


def _known_anew(change: Change, party: Party, organisation: Organisation) -> UUID:
    person = Person.objects.unscoped("known anew").get(pk=party.person_id)
    known = {name: getattr(person, name) for name in (*KNOWN, *DIED)}
    anew = change.add(Person, organisation=organisation, **known)
    keep_name_keys(anew, party.known_as)
    return anew.pk


# --- Moving back ----------------------------------------------------------------------------------------------


def give_back(*, handoff: Handoff, why: str, version: int, by: User, at: datetime | None = None) -> None:
    """Return the handoff: the lead and the support go back at once."""
    access.may_carry_out(by, fresh_handoff(handoff)).require()
    need(why, "Write what the others need to know.", field="why")
    with changing(handoff.referral_id, by=by, at=at) as change:
        returned = ended(change, HandoffState.RETURNED) | {"why_returned": why}
        handoff = move_on(change, handoff, ACCEPTED, version, **returned)
        change.record("handoff_returned", handoff, fields=["state", "why_returned"])
        _bring_home(change, handoff)


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
    access.may_carry_out(by, fresh_handoff(handoff)).require()
    for field, words in (("done", done), ("went", went), ("next_step", next_step)):
        need(words, "Write a few words.", field=field)
    with changing(handoff.referral_id, by=by, at=at) as change:
        if fresh_handoff(handoff).moved_at is None:
            raise NotPossible(NOT_STARTED)
        handoff = move_on(
            change,
            handoff,
            ACCEPTED,
            version,
            outcome_done=done,
            outcome_went=went,
            outcome_next=next_step,
            **ended(change, HandoffState.COMPLETED),
        )
        fields = ["state", "outcome_done", "outcome_went", "outcome_next"]
        change.record("handoff_completed", handoff, fields=fields)
        if handoff.decided_kind == HandoffKind.HELP:
            _bring_home(change, handoff)


def _bring_home(change: Change, handoff: Handoff) -> None:
    """Move the lead and the support back, if they had moved and the receiver still has them."""
    if handoff.moved_at is None:
        return
    leads = change.referral.lead_organisation_id == handoff.to_org_id
    if leads and handoff.decided_kind == HandoffKind.LEAD:
        lead = _first_active([handoff.lead_before_id, handoff.sent_by_id], handoff)
        if lead is not None:
            _lead(change, lead, handoff.from_org)
    for kept in handoff.moved:
        party = change.facts.parties.get(UUID(kept["party"]))
        if party and party.row.organisation_id == handoff.to_org_id:
            keyworker = _who_supports(change, party, kept["keyworker"], handoff)
            _give(change, party.id, handoff.from_org, keyworker, person=UUID(kept["person"]))


def _first_active(keys: Iterable[UUID | None], handoff: Handoff) -> User | None:
    """The first of these workers who is active, not barred and still at the sender's organisation; otherwise one of
    its managers."""
    bars = Bar.objects.unscoped("comes home").filter(referral=handoff.referral_id, lifted_at__isnull=True)
    there = User.objects.filter(organisation=handoff.from_org_id, is_active=True)
    there = there.exclude(pk__in=bars.values("user"))
    for key in keys:
        if key and (found := there.filter(pk=key, role__in=CASEWORK).first()):
            return found
    return there.filter(role=Role.MANAGER).order_by("created_at", "pk").first()


def _who_supports(change: Change, party: PartyFacts, before: str, handoff: Handoff) -> User | None:
    """The earlier keyworker. The lead may stand in again, unless they support another party here: what was said in
    the meantime would be open to the other side. In that case a manager does, until there is a keyworker."""
    if before:
        return _first_active([UUID(before)], handoff)
    if not change.facts.supports_another(change.referral.lead_id, party):
        return None
    return _first_active([], handoff)


def share_ended(change: Change, party: Party, organisation: UUID) -> None:
    """End all handoffs that rest on a party's consent to share with an organisation, in the same transaction."""
    rows = Handoff.objects.unscoped("share ended").filter(referral=change.referral, to_org=organisation)
    answers = {str(row.id) for row in change.facts_of(party).rows(ConsentRow)}
    for row in rows.filter(state__in=[*UNANSWERED, HandoffState.ACCEPTED, HandoffState.COMPLETED]):
        leads = change.referral.lead_organisation_id == organisation
        completed = row.state == HandoffState.COMPLETED
        gone = completed and (row.moved_at is None or not leads or row.decided_kind == HandoffKind.HELP)
        if gone or answers.isdisjoint(row.consents):
            continue
        if row.moved_at:
            handoff = move_on(
                change, row, (HandoffState(row.state),), None, **ended(change, HandoffState.RETURNED)
            )
            _bring_home(change, handoff)
        else:
            handoff = _end_unheard(change, row, party)
        change.record("handoff_ended", handoff, fields=["state"], why=handoff.state)


def _end_unheard(change: Change, handoff: Handoff, party: Party) -> Handoff:
    """End a handoff before anything moved. The receiver loses access; only users who open this party learn that it
    ended.

    The version does not change, so a user who still sees the earlier state can submit their page.
    """
    rows = Handoff.objects.unscoped("ends unheard").filter(pk=handoff.pk, state=handoff.state)
    change.update(rows, **ended(change, HandoffState.WITHDRAWN), ended_for=party, stood_as=handoff.state)
    return fresh_handoff(handoff)


def withdraw_all(change: Change) -> None:
    """Withdraw the requests of a referral that ends.

    On closing this includes accepted requests. After a death accepted ones stay, so that the receiver is rung.
    """
    closed = change.referral.stage == Stage.CLOSED
    _withdraw(change, [*UNANSWERED, HandoffState.ACCEPTED] if closed else [*UNANSWERED])


def _withdraw(change: Change, states: list[HandoffState], which: Q | None = None) -> None:
    """Withdraw requests in these states that have not moved. A request whose end was hidden now ends for all users."""
    rows = Handoff.objects.unscoped("asked of nobody any more").filter(
        which or Q(), referral=change.referral, moved_at__isnull=True
    )
    withdrawn = ended(change, HandoffState.WITHDRAWN)
    for row in rows.filter(state__in=states):
        handoff = move_on(change, row, (HandoffState(row.state),), None, **withdrawn)
        change.record("handoff_withdrawn", handoff, fields=["state"])
    for row in rows.filter(stood_as__in=states):
        move_on(change, row, (HandoffState.WITHDRAWN,), None, **withdrawn, ended_for=None, stood_as="")
