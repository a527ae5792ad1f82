"""All changes of consent. Every answer is a new row; an answer that is no longer a yes ends what depended on it, in
the same transaction."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING
from uuid import UUID

from django.db.models import Max, Q

from referrals import access, events
from referrals.actions.lifecycle import begin_preparing, changing, made
from referrals.actions.parties import fresh_party, note_answer
from referrals.enums import NOBODY, Answer, Capacity, How, Place, Purpose
from referrals.models import Consent, InformationSheet, Party, Referral
from restorative.accounts.working_days import working_day_after
from restorative.audit.ledger import record
from restorative.common import clock
from restorative.common.decisions import NotPossible
from restorative.common.rules import rules
from restorative.notify.models import Message, State

if TYPE_CHECKING:
    from restorative.accounts.models import User

TO_ANOTHER = (Purpose.WORDS, Purpose.CARRY)


@dataclass(frozen=True)
class Asked:
    """How an answer was taken. `alone` is whether only the worker heard it."""

    how: How = How.IN_PERSON
    alone: bool = True
    language: str = ""
    interpreter: bool = False
    capacity: Capacity = Capacity.CLEAR


def current_sheet() -> InformationSheet:
    """The newest information sheet. Raises NotPossible if none was ever published."""
    sheet = InformationSheet.objects.order_by("-version").first()
    if sheet is None:
        raise NotPossible("No information sheet has been published, so nobody can be asked yet.")
    return sheet


def newest(party: Party, purpose: Purpose, recipient: UUID = NOBODY) -> Consent | None:
    """The newest answer of a party for one purpose and recipient."""
    return (
        Consent.objects.unscoped("newest answer under the lock")
        .filter(party=party, purpose=purpose, recipient=recipient)
        .order_by("-seq")
        .first()
    )


def asked_as_before(party: Party) -> Asked:
    """Asked alone, with the help recorded the last time a worker asked, for when nothing new was asked about that."""
    rows = Consent.objects.unscoped("help they had").filter(party=party, purpose=Purpose.TAKE_PART)
    last = rows.exclude(how=How.LINK).exclude(answer=Answer.WITHDRAWN).order_by("seq").last()
    if last is None:
        return Asked()
    aloud = How.READ_ALOUD if last.how == How.READ_ALOUD else How.IN_PERSON
    return Asked(how=aloud, language=last.language, interpreter=last.interpreter)


def record_consent(
    *,
    party: Party,
    purpose: Purpose,
    answer: Answer,
    by: "User",
    recipient: UUID = NOBODY,
    asked: Asked | None = None,
    wording: str = "",
    why_back: str = "",
    at: datetime | None = None,
) -> Consent:
    """Record an answer (yes, no or not sure) that a worker took from a party.

    A yes after a withdrawal needs `why_back`, in the party's own words, and counts after two working days. A no or
    not sure to taking part calls a booked meeting off. Raises Refused, or NotPossible naming the field.
    """
    at = at or clock.now()
    access.may_open(by, party).require()
    return _add(
        party=party,
        purpose=purpose,
        answer=answer,
        recipient=recipient,
        asked=asked or Asked(),
        wording=wording,
        why_back=why_back,
        by=by,
        at=at,
    )


def record_link_answer(
    *, party: Party, purpose: Purpose, answer: Answer, recipient: UUID = NOBODY, at: datetime | None = None
) -> Consent:
    """Record an answer given by link, without a worker. No and not sure count at once; a yes counts once a worker
    has heard it from the party alone."""
    return _add(
        party=party,
        purpose=purpose,
        answer=answer,
        recipient=recipient,
        asked=Asked(how=How.LINK, alone=False),
        wording="",
        why_back="",
        by=None,
        at=at or clock.now(),
    )


def withdraw(
    *,
    party: Party,
    by: "User | None",
    purpose: Purpose = Purpose.TAKE_PART,
    recipient: UUID = NOBODY,
    at: datetime | None = None,
) -> list[Message]:
    """Withdraw one consent, for the party, at any time and without a reason.

    Withdrawing from taking part calls booked meetings off at once; the other parties are told only after release.
    Returns the messages already on their way, so that the page can name them to the party.
    """
    at = at or clock.now()
    if by is not None:
        access.may_open(by, party).require()
    with changing(party.referral_id, at=at) as (_, at):
        last = newest(party, purpose, recipient)
        if last is None or last.answer == Answer.WITHDRAWN:
            raise NotPossible("There is nothing to withdraw: this has not been agreed to.")
        _add(
            party=party,
            purpose=purpose,
            answer=Answer.WITHDRAWN,
            recipient=recipient,
            asked=Asked(how=How.IN_PERSON if by else How.LINK),
            wording="",
            why_back="",
            by=by,
            at=at,
        )
    return list(Message.objects.filter(group=party.referral_id, recipient_id=party.pk, state=State.SENDING))


def _add(
    *,
    party: Party,
    purpose: Purpose,
    answer: Answer,
    recipient: UUID,
    asked: Asked,
    wording: str,
    why_back: str,
    by: "User | None",
    at: datetime,
) -> Consent:
    with changing(party.referral_id, at=at) as (referral, at):
        party = fresh_party(party, even_closed=answer == Answer.WITHDRAWN)
        sheet = current_sheet()
        last = newest(party, purpose, recipient)
        came_back = answer == Answer.YES and _withdrawn_before(party, purpose, recipient)
        words_needed = came_back and purpose == Purpose.TAKE_PART
        if words_needed and by is not None and not why_back.strip():
            raise NotPossible(
                "They withdrew before. Write down, in their words, what changed and whether anyone asked them to.",
                field="why_back",
            )
        if purpose == Purpose.WORDS and answer == Answer.YES and not wording.strip():
            raise NotPossible("Write the exact words first.", field="wording")
        if purpose in TO_ANOTHER and answer == Answer.YES:
            _need_another(party, recipient)
        seq = (
            Consent.objects.unscoped("next seq")
            .filter(party=party, purpose=purpose, recipient=recipient)
            .aggregate(n=Max("seq"))["n"]
            or 0
        ) + 1
        heard = asked.alone and by is not None
        row = Consent.objects.create(
            party=party,
            purpose=purpose,
            recipient=recipient,
            seq=seq,
            answer=answer,
            heard_alone_at=at if heard else None,
            heard_alone_by=by if heard else None,
            sheet=sheet,
            wording=wording,
            how=asked.how,
            language=asked.language,
            interpreter=asked.interpreter,
            capacity=asked.capacity,
            why_back=why_back,
            counts_from=_counts_from(party, at, came_back, last),
            expires_on=_expires_on(at),
            taken_at=at,
            taken_by=by,
            **made(by, at),
        )
        if answer != Answer.WITHDRAWN:
            note_answer(party, at)
            if by is not None:
                begin_preparing(referral, by=by, at=at)
        record(
            "consent_withdrawn" if answer == Answer.WITHDRAWN else "consent_recorded",
            by=by,
            thing=row,
            referral_id=referral.pk,
            party_id=party.pk,
            fields=["purpose", "answer", "how"],
            why_code=purpose,
            at=at,
        )
        if came_back and purpose == Purpose.TAKE_PART:
            _start_the_rest_again(party, asked=asked, by=by, at=at)
        _tell(referral, party, row, by=by, at=at)
        return row


def _need_another(party: Party, recipient: UUID) -> None:
    """Approved words must be addressed to another party of this referral. Raises NotPossible otherwise."""
    others = Party.objects.unscoped("words for whom").filter(referral=party.referral_id).present()
    if not others.exclude(Q(pk=party.pk) | Q(place=Place.SUPPORTER)).filter(pk=recipient).exists():
        raise NotPossible("Choose one of the others who take part.")


def _start_the_rest_again(party: Party, *, asked: Asked, by: "User | None", at: datetime) -> None:
    """Ask a party who returns after stopping for each of their other consents again."""
    rows = Consent.objects.unscoped("start the rest again").newest()
    for given in rows.filter(party=party, answer=Answer.YES).exclude(purpose=Purpose.TAKE_PART):
        _add(
            party=party,
            purpose=Purpose(given.purpose),
            answer=Answer.WITHDRAWN,
            recipient=given.recipient,
            asked=asked,
            wording="",
            why_back="",
            by=by,
            at=at,
        )


def _withdrawn_before(party: Party, purpose: Purpose, recipient: UUID) -> bool:
    """Whether the party withdrew and has not said yes since, regardless of other answers in between."""
    rows = Consent.objects.unscoped("came back?").filter(party=party, purpose=purpose, recipient=recipient)
    last_yes = rows.filter(answer=Answer.YES).aggregate(n=Max("seq"))["n"] or 0
    return rows.filter(answer=Answer.WITHDRAWN, seq__gt=last_yes).exists()


def _counts_from(party: Party, at: datetime, came_back: bool, last: Consent | None) -> datetime:
    if came_back:
        return clock.moment(
            working_day_after(clock.today(at), rules().return_working_days, party.organisation_id), 0
        )
    if last is not None and last.answer == Answer.YES and last.counts_from > at:
        # A second yes during the two days does not shorten them.
        return last.counts_from
    return at


def _expires_on(at: datetime) -> date:
    return clock.add_months(clock.today(at), rules().consent_months)


def _tell(referral: Referral, party: Party, row: Consent, *, by: "User | None", at: datetime) -> None:
    if row.purpose == Purpose.SHARE and row.answer != Answer.YES:
        events.share_ended.send(
            Referral, referral=referral, party=party, by=by, at=at, organisation=row.recipient
        )
    if row.purpose != Purpose.TAKE_PART:
        return
    if row.answer != Answer.YES:
        events.withdrawn.send(Referral, referral=referral, party=party, by=by, at=at)
    if row.capacity == Capacity.DOUBT:
        events.capacity_doubted.send(Referral, referral=referral, party=party, by=by, at=at)
