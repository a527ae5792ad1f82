"""One talk with one person, alone: saves everything heard as separate rows, all or nothing."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from referrals import access
from referrals.actions.consent import Asked, record_consent
from referrals.actions.lifecycle import changing
from referrals.actions.needs import record_needs
from referrals.actions.parties import fresh_party
from referrals.actions.reaching import RouteFacts, record_approach, record_route
from referrals.actions.readiness import ask_safety, check_readiness, prepare, rate
from referrals.enums import NOBODY, Answer, ApproachResult, Format, How, Purpose, Ready
from referrals.models import Party
from restorative.common import clock
from restorative.common.decisions import NotPossible

if TYPE_CHECKING:
    from restorative.accounts.models import User


@dataclass(frozen=True)
class Said:
    """One answer to one question."""

    purpose: Purpose
    answer: Answer
    recipient: UUID = NOBODY
    wording: str = ""
    why_back: str = ""


@dataclass(frozen=True)
class Talk:
    """What was heard in a talk. A part that is None or empty was not discussed and stays as it was."""

    asked: Asked
    format: Format = Format.IN_PERSON
    safety: dict[str, str] | None = None
    safety_details: dict[str, str] = field(default_factory=dict)
    route: RouteFacts | None = None
    said: tuple[Said, ...] = ()
    preparation: dict[str, str] | None = None
    may_carry: str = ""
    readiness: dict[str, str] | None = None
    readiness_notes: dict[str, str] = field(default_factory=dict)
    judgement: Ready | None = None
    judgement_reason: str = ""
    ratings: dict[str, int | None] | None = None


def save_talk(*, party: Party, talk: Talk, by: "User", at: datetime | None = None) -> None:
    """Save a talk. Raises Refused, or NotPossible if the person was not alone or an answer is not valid."""
    at = at or clock.now()
    access.may_open(by, party).require()
    if not talk.asked.alone:
        raise NotPossible(
            "They were not alone, so this cannot be saved as their answers. Come back later: what you typed is kept.",
            field="alone",
        )
    with changing(party.referral_id, at=at) as (_, at):
        record_approach(party=party, result=ApproachResult.ANSWERED, by=by, at=at)
        if talk.safety is not None:
            ask_safety(party=party, answers=talk.safety, details=talk.safety_details, by=by, at=at)
        if talk.route is not None:
            record_route(party=party, facts=talk.route, by=by, at=at)
        for said in talk.said:
            record_consent(
                party=party,
                purpose=said.purpose,
                answer=said.answer,
                recipient=said.recipient,
                wording=said.wording,
                why_back=said.why_back,
                asked=talk.asked,
                by=by,
                at=at,
            )
        _keep_what_helps(party, talk, by=by, at=at)
        if talk.preparation is not None:
            prepare(
                party=party,
                answers=talk.preparation,
                may_carry=talk.may_carry,
                format=talk.format,
                by=by,
                at=at,
            )
        if talk.readiness is not None and talk.judgement is not None:
            check_readiness(
                party=party,
                answers=talk.readiness,
                notes=talk.readiness_notes,
                judgement=talk.judgement,
                reason=talk.judgement_reason,
                by=by,
                at=at,
            )
        if talk.ratings is not None:
            rate(
                party=party,
                relationship=talk.ratings["relationship"],
                safe=talk.ratings["safe"],
                hope=talk.ratings["hope"],
                by=by,
                at=at,
            )


def _keep_what_helps(party: Party, talk: Talk, *, by: "User", at: datetime) -> None:
    """Save what helps them with their answer to taking part or, without such an answer, with the party."""
    asked = talk.asked
    words = {"An interpreter": asked.interpreter, "Things read aloud": asked.how == How.READ_ALOUD}
    wanted = [word for word, so in words.items() if so]
    if not wanted or any(said.purpose == Purpose.TAKE_PART for said in talk.said):
        return
    person = fresh_party(party).person
    known = person.access_needs
    needs = ". ".join([known.rstrip(".")] * bool(known) + [word for word in wanted if word not in known])
    record_needs(party=party, language=asked.language or person.language, needs=needs, by=by, at=at)
