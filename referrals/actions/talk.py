"""One talk with one person, alone: saves everything heard as separate rows, all or nothing."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from referrals.actions.change import changing_party
from referrals.actions.consent import Asked, record_consent
from referrals.actions.personal import record_needs
from referrals.actions.reaching import RouteFacts, record_approach, record_route
from referrals.actions.readiness import ask_safety, check_readiness, prepare, rate
from referrals.enums import NOBODY, Answer, ApproachResult, Format, How, Purpose, Ready
from referrals.models import Party
from restorative.accounts.models import User
from restorative.common.decisions import NotPossible


@dataclass(frozen=True)
class Said:
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


def save_talk(*, party: Party, talk: Talk, by: User, at: datetime | None = None) -> None:
    """Save a talk. Raises Refused, or NotPossible if the person was not alone or an answer is not valid."""
    with changing_party(party, by=by, at=at) as (_, party):
        if not talk.asked.alone:
            raise NotPossible(
                "They were not alone, so this cannot be saved as their answers. Come back later: what you typed is "
                "kept.",
                field="alone",
            )
        record_approach(party=party, result=ApproachResult.ANSWERED, by=by)
        if talk.safety is not None:
            ask_safety(party=party, answers=talk.safety, details=talk.safety_details, by=by)
        if talk.route is not None:
            record_route(party=party, facts=talk.route, by=by)
        for said in talk.said:
            record_consent(party=party, asked=talk.asked, by=by, **vars(said))
        _keep_what_helps(party, talk, by)
        if talk.preparation is not None:
            answers, carry = talk.preparation, talk.may_carry
            prepare(party=party, answers=answers, may_carry=carry, format=talk.format, by=by)
        if talk.readiness is not None and talk.judgement is not None:
            check_readiness(
                party=party,
                answers=talk.readiness,
                notes=talk.readiness_notes,
                judgement=talk.judgement,
                reason=talk.judgement_reason,
                by=by,
            )
        if talk.ratings is not None:
            rate(party=party, ratings=talk.ratings, by=by)


def _keep_what_helps(party: Party, talk: Talk, by: User) -> None:
    """Save what helps them with their answer to taking part or, without such an answer, with the party."""
    asked = talk.asked
    words = {"An interpreter": asked.interpreter, "Things read aloud": asked.how == How.READ_ALOUD}
    wanted = [word for word, so in words.items() if so]
    if not wanted or any(said.purpose == Purpose.TAKE_PART for said in talk.said):
        return
    known = party.person.access_needs
    needs = ". ".join([known.rstrip(".")] * bool(known) + [word for word in wanted if word not in known])
    record_needs(party=party, language=asked.language or party.person.language, needs=needs, by=by)
