"""Asking another organisation to lead or to help, and their answer. handed_over.py has what follows from a yes.
Accepting moves nothing: the sender stays responsible until first contact."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db.models import F, Q

from referrals import access
from referrals.actions.change import Change, changing, require_open
from referrals.actions.involvement import note_party_part
from referrals.actions.packet import Asking, digest_of, packet_for
from referrals.actions.parties import CANNOT
from referrals.blockers.handing_over import HandingOver, ShownMissing, shown_missing
from referrals.disclosure import opened_in
from referrals.enums import UNANSWERED, DeclineCode, HandoffKind, HandoffState, Part
from referrals.facts import Facts, facts_of
from referrals.models import Handoff, HandoffMessage, Party, Referral
from restorative.accounts.models import User
from restorative.common import clock
from restorative.common.decisions import NotPossible, need

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
    return _check_asking(referral, facts_of(referral.pk, at), asking, by)


def _check_asking(referral: Referral, facts: Facts, asking: Asking, by: User) -> dict[str, Any]:
    _require_may_ask(referral, asking, by)
    require_open(referral)
    if asking.to_org.pk == by.organisation_id:
        raise NotPossible("Choose another organisation than your own.", field="to_org")
    if asking.reply_by <= clock.today(facts.at):
        raise NotPossible("They need time to answer. Choose a day after today.", field="reply_by")
    _refuse_asked_already(referral, asking, by)
    handing, opened = _handing(facts, asking, by), opened_in(by, referral.pk)
    if found := handing.missing():
        raise NotShared(shown_missing(found, opened, asking.to_org))
    return packet_for(referral, asking, by, handing, opened)


def _handing(facts: Facts, asking: Asking, by: User) -> HandingOver:
    party = asking.party.pk if asking.party else None
    return HandingOver(facts, asking.kind, party, by.organisation_id, asking.to_org.pk)


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
    _require_may_ask(referral, asking, by)
    with changing(referral, by=by, at=at) as change:
        packet = _check_asking(change.referral, change.facts, asking, by)
        if digest and digest != digest_of(packet):
            raise NotPossible("What they would see has changed since you looked at it. Look again.")
        handoff = change.add(
            Handoff,
            referral=change.referral,
            party=asking.party,
            kind=asking.kind,
            from_org=by.organisation,
            to_org=asking.to_org,
            packet=packet,
            digest=digest_of(packet),
            consents=_handing(change.facts, asking, by).rests_on(),
            told=asking.told,
            reply_by=asking.reply_by,
            **change.stamp("sent"),
        )
        change.record("handoff_sent", handoff, fields=["packet", "told"], why=asking.kind)
        return handoff


def fresh_handoff(handoff: Handoff) -> Handoff:
    """The request, read again under the lock."""
    rows = Handoff.objects.unscoped("action under the lock").select_related(
        "referral", "party", "from_org", "to_org", "sent_by", "receiver", "decided_by", "ended_by"
    )
    return rows.get(pk=handoff.pk)


def move_on(
    change: Change,
    handoff: Handoff,
    states: tuple[HandoffState, ...],
    version: int | None,
    *,
    as_it_stood: bool = False,
    **fields: Any,
) -> Handoff:
    """Change a request that is in one of these states and, with `version`, has not changed since.

    With `as_it_stood`, a request that counts as being in one of them for a user from whom its end is hidden.
    Otherwise raises NotPossible, saying who answered and when.
    """
    state = "stood_as" if as_it_stood else "state"
    rows = Handoff.objects.unscoped("changed once").filter(pk=handoff.pk, **{f"{state}__in": states})
    if version is not None:
        rows = rows.filter(version=version)
    moved = change.update(rows, **fields, version=F("version") + 1)
    fresh = fresh_handoff(handoff)
    if not moved:
        fresh.state = getattr(fresh, state)
        raise NotPossible(why_not(fresh))
    return fresh


def ended(change: Change, state: HandoffState) -> dict[str, Any]:
    """The fields of a request that ends with this change."""
    return {"state": state, **change.stamp("ended")}


def _stands_for(handoff: Handoff, by: User) -> bool:
    """Whether it ended over the answer of a party this user does not open. For this user it still counts as active."""
    return Handoff.objects.standing_for(by).filter(pk=handoff.pk).exists()


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
    if handoff.state != HandoffState.SENT or not access.may_answer(by, handoff):
        return
    with changing(handoff.referral_id, by=by, at=at) as change:
        rows = Handoff.objects.unscoped("seen once").filter(pk=handoff.pk, state=HandoffState.SENT)
        seen = {"state": HandoffState.SEEN, **change.stamp("seen")}
        if change.update(rows, **seen, version=F("version") + 1):
            change.record("handoff_seen", handoff, fields=["seen_at"])


def ask_question(
    *, handoff: Handoff, words: str, version: int, by: User, at: datetime | None = None
) -> HandoffMessage:
    """Ask the sender a question before answering; or, from the sender's side, answer it."""
    asked = by.organisation_id == handoff.to_org_id
    (access.may_answer if asked else access.may_take_back)(by, handoff).require()
    need(words, "Write the question." if asked else "Write the answer.", field="words")
    with changing(handoff.referral_id, by=by, at=at) as change:
        seen = _seen_by(change, handoff) if asked else {}
        state = HandoffState.QUESTION if asked else HandoffState.SEEN
        froms = UNANSWERED if asked else (HandoffState.QUESTION,)
        stands = _stands_for(handoff, by)
        fields: dict[str, Any] = {"stood_as": state} if stands else {"state": state, **seen}
        handoff = move_on(change, handoff, froms, version, as_it_stood=stands, **fields)
        message = change.add(HandoffMessage, handoff=handoff, words=words)
        change.record("handoff_asked" if asked else "handoff_explained", handoff, fields=["words"])
        return message


def _seen_by(change: Change, handoff: Handoff) -> dict[str, Any]:
    """Mark the request as seen when the receiver answers."""
    return {} if fresh_handoff(handoff).seen_at else change.stamp("seen")


def decline(
    *, handoff: Handoff, code: DeclineCode, version: int, by: User, at: datetime | None = None
) -> None:
    """Decline, with a code. The receiver can no longer read it."""
    access.may_answer(by, handoff).require()
    with changing(handoff.referral_id, by=by, at=at) as change:
        handoff = move_on(
            change,
            handoff,
            UNANSWERED,
            version,
            state=HandoffState.DECLINED,
            decline_code=code,
            **change.stamp("decided"),
            **_seen_by(change, handoff),
        )
        change.record("handoff_declined", handoff, fields=["state", "decline_code"], why=code)


def take_back(*, handoff: Handoff, version: int, by: User, at: datetime | None = None) -> None:
    """Withdraw a request that was not answered yet. The receiver can no longer read it."""
    access.may_take_back(by, handoff).require()
    with changing(handoff.referral_id, by=by, at=at) as change:
        fields = ended(change, HandoffState.WITHDRAWN)
        stands = _stands_for(handoff, by)
        if stands:
            # It ended earlier, hidden from this user. From now on its end is the time of this withdrawal.
            fields |= {"ended_for": None, "stood_as": ""}
        handoff = move_on(change, handoff, UNANSWERED, version, as_it_stood=stands, **fields)
        change.record("handoff_withdrawn", handoff, fields=["state"])


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
    access.may_answer(by, handoff).require()
    with changing(handoff.referral_id, by=by, at=at) as change:
        fresh = fresh_handoff(handoff)
        if fresh.state not in UNANSWERED or fresh.version != version:
            raise NotPossible(why_not(fresh))
        require_open(change.referral)
        if lost := lead_lost(change, fresh, fresh.kind):
            raise NotPossible(lost)
        helped = _helped(fresh, kind, party)
        if starts_on < clock.today(change.at):
            raise NotPossible("Choose today or a day to come.", field="starts_on")
        _require_worker(change, fresh, worker, helped)
        handing = handing_over(change, fresh, kind, helped)
        if handing.unshared:
            raise NotPossible(NOT_SHARED_NOW.format(organisation=fresh.from_org.name))
        fresh = move_on(
            change,
            fresh,
            UNANSWERED,
            version,
            state=HandoffState.ACCEPTED,
            party=helped,
            decided_kind=kind,
            **change.stamp("decided"),
            receiver=worker,
            starts_on=starts_on,
            consents=handing.rests_on(fresh.consents),
            **_seen_by(change, fresh),
        )
        if helped is not None:
            # From now on they know this side, even if the handoff is returned before anything moves.
            note_party_part(change, helped, worker, Part.RECEIVER, until=change.at)
        change.record("handoff_accepted", fresh, fields=["state", "receiver"], why=kind)


def handing_over(change: Change, handoff: Handoff, kind: str, party: Party | None) -> HandingOver:
    """A request of this kind, for this party, as the facts are now."""
    key = party.pk if party else None
    return HandingOver(change.facts, kind, key, handoff.from_org_id, handoff.to_org_id)


def lead_lost(change: Change, handoff: Handoff, kind: str) -> str:
    """Why the sender can no longer give the lead away: it has moved since. '' if they still can."""
    if kind != HandoffKind.LEAD or change.referral.lead_organisation_id == handoff.from_org_id:
        return ""
    return (
        f"{handoff.from_org.name} does not lead this referral any more, so it cannot be taken over from them."
    )


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


def _require_worker(change: Change, handoff: Handoff, worker: User, helped: Party | None) -> None:
    """Raise NotPossible for a worker who cannot take it: of another organisation, or on another side of this
    referral."""
    if worker.organisation_id != handoff.to_org_id or not access.can(worker, "work_with"):
        raise NotPossible("Choose a colleague who supports people.", field="worker")
    facts = change.facts
    another = (
        facts.supports_another(worker.pk, change.facts_of(helped))
        if helped
        else facts.ever_supported(worker.pk)
    )
    if another or access.is_barred(worker, handoff.referral):
        raise NotPossible(CANNOT.format(name=worker.first_name), field="worker")
