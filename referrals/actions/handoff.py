"""Asking another organisation to lead or to help, and their answer. handed_over.py has what follows from a yes.
Accepting moves nothing: the sender stays responsible until first contact."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db.models import F, Q

from referrals import access
from referrals.actions.involvement import note_party_part
from referrals.actions.lifecycle import changing, made
from referrals.actions.packet import Asking, digest_of, packet_for
from referrals.actions.parties import CANNOT, require_open
from referrals.blockers.handing_over import (
    ShownMissing,
    going_over,
    lead_lost,
    missing,
    rests_on,
    shares,
    shown_missing,
    unshared,
)
from referrals.enums import UNANSWERED, DeclineCode, HandoffKind, HandoffState, Part
from referrals.involvement import knows_a_side, supports_another
from referrals.models import Handoff, HandoffMessage, Party, Referral
from restorative.accounts.models import User
from restorative.audit.ledger import record
from restorative.common import clock
from restorative.common.decisions import NotPossible

LOOK_AGAIN = "This has changed since you opened the page. Look at it again."
NOT_SHARED_NOW = "What may be shared has changed, so this cannot be accepted now. Ask {organisation}."


class NotShared(NotPossible):
    """A person has not agreed, or cannot be reached safely; `rows` say so as far as the sender may know."""

    def __init__(self, rows: list[ShownMissing]):
        self.rows = rows
        super().__init__([row.sentence for row in rows])


def check_asking(*, referral: Referral, asking: Asking, by: User, at: datetime) -> dict[str, Any]:
    """Whether this may be requested now; returns the packet as it would be sent. Raises Refused, NotShared or
    NotPossible."""
    _require_may_ask(referral, asking, by)
    require_open(referral)
    if asking.to_org.pk == by.organisation_id:
        raise NotPossible("Choose another organisation than your own.", field="to_org")
    if asking.reply_by <= clock.today(at):
        raise NotPossible("They need time to answer. Choose a day after today.", field="reply_by")
    _refuse_asked_already(referral, asking, by)
    found = missing(referral, asking.kind, asking.party, by.organisation_id, asking.to_org.pk, at)
    if found:
        raise NotShared(shown_missing(found, by, asking.to_org))
    return packet_for(referral, asking, by, at)


def _require_may_ask(referral: Referral, asking: Asking, by: User) -> None:
    if asking.party is None:
        access.may_ask_to_lead(by, referral).require()
    else:
        access.may_ask_to_help(by, asking.party).require()


def _refuse_asked_already(referral: Referral, asking: Asking, by: User) -> None:
    """Allow one open request at a time; two for the same thing could both be accepted."""
    rows = Handoff.objects.unscoped("asked already?").filter(referral=referral, party=asking.party)
    unheard = Q(pk__in=Handoff.objects.standing_for(by).filter(referral=referral).values("pk"))
    waiting = rows.filter(kind=asking.kind, to_org=asking.to_org)
    if waiting.filter(Q(state__in=UNANSWERED) | unheard & Q(stood_as__in=UNANSWERED)).exists():
        raise NotPossible(f"{asking.to_org.name} has been asked this already, and has not answered yet.")
    accepted = rows.filter(decided_kind=asking.kind, moved_at__isnull=True)
    if accepted.filter(Q(state=HandoffState.ACCEPTED) | unheard & Q(stood_as=HandoffState.ACCEPTED)).exists():
        raise NotPossible("This was accepted already, and is about to start.")


def send_handoff(
    *, referral: Referral, asking: Asking, by: User, digest: str = "", at: datetime | None = None
) -> Handoff:
    """Send a request to another organisation. With `digest`, only if the packet is the one that was previewed.

    Raises Refused, NotShared if a consent or safe contact is missing, or NotPossible naming the field.
    """
    at = at or clock.now()
    _require_may_ask(referral, asking, by)
    with changing(referral, at=at) as (referral, at):
        packet = check_asking(referral=referral, asking=asking, by=by, at=at)
        if digest and digest != digest_of(packet):
            raise NotPossible("What they would see has changed since you looked at it. Look again.")
        named, _ = going_over(referral, asking.kind, asking.party, by.organisation_id, asking.to_org.pk)
        handoff = Handoff.objects.create(
            referral=referral,
            party=asking.party,
            kind=asking.kind,
            from_org=by.organisation,
            to_org=asking.to_org,
            packet=packet,
            digest=digest_of(packet),
            consents=sorted(str(row.pk) for row in shares(named, asking.to_org.pk, at).values()),
            told=asking.told,
            reply_by=asking.reply_by,
            sent_at=at,
            sent_by=by,
            **made(by, at),
        )
        note(handoff, "handoff_sent", by=by, at=at, fields=["packet", "told"], why_code=asking.kind)
        return handoff


def note(
    handoff: Handoff,
    verb: str,
    *,
    by: User | None,
    at: datetime,
    fields: list[str],
    why_code: str = "",
) -> None:
    """Write the audit row for an action on a request."""
    record(
        verb,
        by=by,
        thing=handoff,
        referral_id=handoff.referral_id,
        party_id=handoff.party_id,
        fields=fields,
        why_code=why_code,
        at=at,
    )


def fresh_handoff(handoff: Handoff) -> Handoff:
    """The request, read again under the lock."""
    rows = Handoff.objects.unscoped("action under the lock").select_related(
        "referral", "party", "from_org", "to_org", "sent_by", "receiver", "decided_by", "ended_by"
    )
    return rows.get(pk=handoff.pk)


def change(handoff: Handoff, states: tuple[HandoffState, ...], version: int | None, **facts: Any) -> Handoff:
    """Change a request that is in one of these states and, with `version`, has not changed since.

    Otherwise raises NotPossible, saying who answered and when.
    """
    rows = Handoff.objects.unscoped("changed once").filter(pk=handoff.pk, state__in=states)
    if version is not None:
        rows = rows.filter(version=version)
    if not rows.update(**facts, version=F("version") + 1):
        raise NotPossible(why_not(fresh_handoff(handoff)))
    return fresh_handoff(handoff)


def _stands_for(handoff: Handoff, by: User) -> bool:
    """Whether it ended over the answer of a party this user does not open. For this user it still counts as active."""
    return Handoff.objects.standing_for(by).filter(pk=handoff.pk).exists()


def _change_as_it_stood(
    handoff: Handoff, states: tuple[HandoffState, ...], version: int, **facts: Any
) -> Handoff:
    """Make the same change to a request whose end is hidden from this user."""
    rows = Handoff.objects.unscoped("changed as it stood").filter(
        pk=handoff.pk, version=version, stood_as__in=states
    )
    if not rows.update(**facts, version=F("version") + 1):
        fresh = fresh_handoff(handoff)
        fresh.state = fresh.stood_as
        raise NotPossible(why_not(fresh))
    return fresh_handoff(handoff)


def why_not(handoff: Handoff) -> str:
    """Why a request can no longer be answered, worded for either side."""
    if handoff.state in UNANSWERED:
        return LOOK_AGAIN
    by, at, what = handoff.ended_by, handoff.ended_at, str(HandoffState(handoff.state).label).lower()
    if handoff.state in (HandoffState.ACCEPTED, HandoffState.DECLINED):
        by, at = handoff.decided_by, handoff.decided_at
    who = f" by {by.first_name}" if by and handoff.state != HandoffState.WITHDRAWN else ""
    return f"This was {what}{who}, {clock.show_when(at)}." if at else LOOK_AGAIN


def mark_seen(*, handoff: Handoff, by: User, at: datetime | None = None) -> None:
    """Note that the organisation that was asked has opened it. The first time counts."""
    at = at or clock.now()
    if handoff.state != HandoffState.SENT or not access.may_answer(by, handoff):
        return
    with changing(handoff.referral_id, at=at) as (_, at):
        rows = Handoff.objects.unscoped("seen once").filter(pk=handoff.pk, state=HandoffState.SENT)
        if rows.update(state=HandoffState.SEEN, seen_at=at, seen_by=by, version=F("version") + 1):
            note(handoff, "handoff_seen", by=by, at=at, fields=["seen_at"])


def ask_question(
    *, handoff: Handoff, words: str, version: int, by: User, at: datetime | None = None
) -> HandoffMessage:
    """Ask the sender a question before answering; or, from the sender's side, answer it."""
    at = at or clock.now()
    asked = by.organisation_id == handoff.to_org_id
    (access.may_answer if asked else access.may_take_back)(by, handoff).require()
    if not words.strip():
        raise NotPossible("Write the question." if asked else "Write the answer.", field="words")
    with changing(handoff.referral_id, at=at) as (_, at):
        facts = _seen_by(handoff, by, at) if asked else {}
        state = HandoffState.QUESTION if asked else HandoffState.SEEN
        froms = UNANSWERED if asked else (HandoffState.QUESTION,)
        if _stands_for(handoff, by):
            handoff = _change_as_it_stood(handoff, froms, version, stood_as=state)
        else:
            handoff = change(handoff, froms, version, state=state, **facts)
        message = HandoffMessage.objects.create(handoff=handoff, words=words, **made(by, at))
        note(handoff, "handoff_asked" if asked else "handoff_explained", by=by, at=at, fields=["words"])
        return message


def _seen_by(handoff: Handoff, by: User, at: datetime) -> dict[str, Any]:
    """Mark the request as seen when the receiver answers."""
    return {} if fresh_handoff(handoff).seen_at else {"seen_at": at, "seen_by": by}


def decline(
    *, handoff: Handoff, code: DeclineCode, version: int, by: User, at: datetime | None = None
) -> None:
    """Decline, with a code. The receiver can no longer read it."""
    at = at or clock.now()
    access.may_answer(by, handoff).require()
    with changing(handoff.referral_id, at=at) as (_, at):
        facts = {"state": HandoffState.DECLINED, "decline_code": code, "decided_at": at, "decided_by": by}
        handoff = change(handoff, UNANSWERED, version, **facts, **_seen_by(handoff, by, at))
        note(handoff, "handoff_declined", by=by, at=at, fields=["state", "decline_code"], why_code=code)


def take_back(*, handoff: Handoff, version: int, by: User, at: datetime | None = None) -> None:
    """Withdraw a request that was not answered yet. The receiver can no longer read it."""
    at = at or clock.now()
    access.may_take_back(by, handoff).require()
    with changing(handoff.referral_id, at=at) as (_, at):
        facts = {"state": HandoffState.WITHDRAWN, "ended_at": at, "ended_by": by}
        if _stands_for(handoff, by):
            # It ended earlier, hidden from this user. From now on its end is the time of this withdrawal.
            facts |= {"ended_for": None, "stood_as": ""}
            handoff = _change_as_it_stood(handoff, UNANSWERED, version, **facts)
        else:
            handoff = change(handoff, UNANSWERED, version, **facts)
        note(handoff, "handoff_withdrawn", by=by, at=at, fields=["state"])


def accept(
    *,
    handoff: Handoff,
    worker: User,
    kind: HandoffKind,
    starts_on: date,
    version: int,
    by: User,
    party: UUID | None = None,
    at: datetime | None = None,
) -> None:
    """Accept: who takes it, and from when. A request to lead may be accepted as help for one person only: `party`, by
    its id in the packet.

    The sender stays responsible until first contact. Raises Refused, or NotPossible naming the field.
    """
    at = at or clock.now()
    access.may_answer(by, handoff).require()
    with changing(handoff.referral_id, at=at) as (referral, at):
        fresh = fresh_handoff(handoff)
        if fresh.state not in UNANSWERED or fresh.version != version:
            raise NotPossible(why_not(fresh))
        require_open(referral)
        if lost := lead_lost(fresh, fresh.kind, referral):
            raise NotPossible(lost)
        helped = _helped(fresh, kind, party)
        if starts_on < clock.today(at):
            raise NotPossible("Choose today or a day to come.", field="starts_on")
        require_worker(fresh, worker, helped)
        if unshared(fresh, kind, helped, at):
            raise NotPossible(NOT_SHARED_NOW.format(organisation=fresh.from_org.name))
        fresh = change(
            fresh,
            UNANSWERED,
            version,
            state=HandoffState.ACCEPTED,
            party=helped,
            decided_kind=kind,
            decided_at=at,
            decided_by=by,
            receiver=worker,
            starts_on=starts_on,
            consents=rests_on(fresh, kind, helped, at),
            **_seen_by(fresh, by, at),
        )
        if helped is not None:
            # From now on they know this side, even if the handoff is returned before anything moves.
            note_party_part(helped, worker, Part.RECEIVER, by=by, at=at, until=at)
        note(fresh, "handoff_accepted", by=by, at=at, fields=["state", "receiver"], why_code=kind)


def _helped(handoff: Handoff, kind: HandoffKind, party: UUID | None) -> Party | None:
    """The party who is helped; None if the receiver leads."""
    if kind == HandoffKind.LEAD:
        if handoff.kind != HandoffKind.LEAD:
            raise NotPossible("You were asked to help one person, not to lead.", field="kind")
        return None
    if handoff.kind == HandoffKind.HELP:
        return handoff.party
    named = {person["id"] for person in handoff.packet["people"]}
    if party is None or str(party) not in named:
        raise NotPossible("Choose whom you can help.", field="kind")
    rows = Party.objects.unscoped("named in the packet").filter(referral=handoff.referral_id, pk=party)
    found = rows.present().first()
    if found is None:
        raise NotPossible("Choose whom you can help.", field="kind")
    return found


def require_worker(handoff: Handoff, worker: User, helped: Party | None) -> None:
    """Raise NotPossible for a worker who cannot take it: of another organisation, or on another side of this
    referral."""
    if worker.organisation_id != handoff.to_org_id or not access.can(worker, "work_with"):
        raise NotPossible("Choose a colleague who supports people.", field="worker")
    another = supports_another(worker, helped) if helped else knows_a_side(worker, handoff.referral)
    if another or access.is_barred(worker, handoff.referral):
        raise NotPossible(CANNOT.format(name=worker.first_name), field="worker")
