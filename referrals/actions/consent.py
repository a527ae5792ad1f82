"""All changes of consent. Every answer is a new row; an answer that is no longer a yes ends what depended on it, in
the same transaction."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from referrals import access, events
from referrals.actions.change import Change, changing, changing_party
from referrals.actions.parties import note_answer
from referrals.enums import NOBODY, Answer, Capacity, How, Purpose
from referrals.models import Consent, InformationSheet, Party
from restorative.accounts.models import User
from restorative.common import clock
from restorative.common.decisions import NotPossible
from restorative.common.rules import rules
from restorative.notify.models import Message, State

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
    by: User,
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
    with changing_party(party, by=by, at=at, even_closed=answer == Answer.WITHDRAWN) as (change, party):
        asked = asked or Asked()
        return _add(change, party, purpose, answer, recipient, asked, wording=wording, why_back=why_back)


def record_link_answer(
    *, party: Party, purpose: Purpose, answer: Answer, recipient: UUID = NOBODY, at: datetime | None = None
) -> Consent:
    """Record an answer given by link, without a worker. No and not sure count at once; a yes counts once a worker
    has heard it from the party alone."""
    with changing(party.referral_id, by=None, at=at) as change:
        party = change.party(party, even_closed=answer == Answer.WITHDRAWN)
        return _add(change, party, purpose, answer, recipient, Asked(how=How.LINK, alone=False))


def withdraw(
    *,
    party: Party,
    by: User | None,
    purpose: Purpose = Purpose.TAKE_PART,
    recipient: UUID = NOBODY,
    at: datetime | None = None,
) -> list[Message]:
    """Withdraw one consent, for the party, at any time and without a reason.

    Withdrawing from taking part calls booked meetings off at once; the other parties are told only after release.
    Returns the messages already on their way, so that the page can name them to the party.
    """
    if by is not None:
        access.may_open(by, party).require()
    with changing(party.referral_id, by=by, at=at) as change:
        so_far = _so_far(party, purpose, recipient)
        if not so_far.may_be_withdrawn:
            raise NotPossible("There is nothing to withdraw: this has not been agreed to.")
        asked = Asked(how=How.IN_PERSON if by else How.LINK)
        party = change.party(party, even_closed=True)
        _add(change, party, purpose, Answer.WITHDRAWN, recipient, asked, so_far=so_far)
    return list(Message.objects.filter(group=party.referral_id, recipient_id=party.pk, state=State.SENDING))


@dataclass(frozen=True)
class _SoFar:
    """A party's answers so far for one purpose and recipient, in order: each with the time it counts from."""

    answers: list[tuple[int, str, datetime]]

    @property
    def seq(self) -> int:
        return self.answers[-1][0] if self.answers else 0

    @property
    def may_be_withdrawn(self) -> bool:
        return bool(self.answers) and self.answers[-1][1] != Answer.WITHDRAWN

    @property
    def withdrawn(self) -> bool:
        """Whether the party withdrew and has not said yes since, regardless of other answers in between."""
        for _, answer, _ in reversed(self.answers):
            if answer in (Answer.YES, Answer.WITHDRAWN):
                return answer == Answer.WITHDRAWN
        return False

    def counts_from(self, at: datetime) -> datetime:
        """From when another yes counts. It does not shorten the two days of an earlier one."""
        last = self.answers[-1] if self.answers else None
        return max(at, last[2]) if last and last[1] == Answer.YES else at


def _so_far(party: Party, purpose: str, recipient: UUID) -> _SoFar:
    rows = Consent.objects.unscoped("answers under the lock")
    rows = rows.filter(party=party, purpose=purpose, recipient=recipient).order_by("seq")
    return _SoFar(list(rows.values_list("seq", "answer", "counts_from")))


def _add(
    change: Change,
    party: Party,
    purpose: Purpose,
    answer: Answer,
    recipient: UUID,
    asked: Asked,
    *,
    wording: str = "",
    why_back: str = "",
    so_far: _SoFar | None = None,
) -> Consent:
    by, at, so_far = change.by, change.at, so_far or _so_far(party, purpose, recipient)
    sheet = change.once("sheet", current_sheet)
    came_back = answer == Answer.YES and so_far.withdrawn
    if answer == Answer.YES:
        words_needed = came_back and purpose == Purpose.TAKE_PART and by is not None
        _require_words(change, party, purpose, recipient, wording, why_back if words_needed else None)
    heard = asked.alone and by is not None
    row = change.add(
        Consent,
        party=party,
        purpose=purpose,
        recipient=recipient,
        seq=so_far.seq + 1,
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
        counts_from=_after_returning(change, party) if came_back else so_far.counts_from(at),
        expires_on=clock.add_months(clock.today(at), rules().consent_months),
        **change.stamp("taken"),
    )
    if answer != Answer.WITHDRAWN:
        note_answer(change, party)
        if by is not None:
            change.begin_preparing()
    change.record(
        "consent_withdrawn" if answer == Answer.WITHDRAWN else "consent_recorded",
        row,
        fields=["purpose", "answer", "how"],
        why=purpose,
    )
    if came_back and purpose == Purpose.TAKE_PART:
        _start_the_rest_again(change, party, asked)
    _tell(change, party, row)
    return row


def _require_words(
    change: Change, party: Party, purpose: Purpose, recipient: UUID, wording: str, why_back: str | None
) -> None:
    """Raise NotPossible for a yes without the words it needs, or with words for a person who takes no part here.
    `why_back` is None if nothing need be said of that."""
    if why_back is not None and not why_back.strip():
        raise NotPossible(
            "They withdrew before. Write down, in their words, what changed and whether anyone asked them to.",
            field="why_back",
        )
    if purpose == Purpose.WORDS and not wording.strip():
        raise NotPossible("Write the exact words first.", field="wording")
    others = {each.id for each in change.facts.participants} - {party.pk} if purpose in TO_ANOTHER else ()
    if purpose in TO_ANOTHER and recipient not in others:
        raise NotPossible("Choose one of the others who take part.")


def _after_returning(change: Change, party: Party) -> datetime:
    day = change.working_day_after(rules().return_working_days, party.organisation_id)
    return clock.moment(day, 0)


def _start_the_rest_again(change: Change, party: Party, asked: Asked) -> None:
    """Ask a party who returns after stopping for each of their other consents again."""
    for row in list(change.facts_of(party).newest_answers.values()):
        if row.answer == Answer.YES and row.purpose != Purpose.TAKE_PART:
            _add(change, party, Purpose(row.purpose), Answer.WITHDRAWN, row.recipient, asked)


def _tell(change: Change, party: Party, row: Consent) -> None:
    if row.purpose == Purpose.SHARE and row.answer != Answer.YES:
        change.send(events.share_ended, party=party, organisation=row.recipient)
    if row.purpose != Purpose.TAKE_PART:
        return
    if row.answer != Answer.YES:
        change.send(events.withdrawn, party=party)
    if row.capacity == Capacity.DOUBT:
        change.send(events.capacity_doubted, party=party)
