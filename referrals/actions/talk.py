"""One talk with one person, alone: saves everything heard as separate rows, all or nothing. And the check-in: repeats
five questions from an earlier talk and renews the answers together. It never creates a first answer, and an answer
other than yes has the same effect as on its own page."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.db.models import Model, QuerySet

from referrals.actions.change import Change, changing_party
from referrals.actions.concerns import raise_concern
from referrals.actions.consent import Asked, asked_as_before, record_consent
from referrals.actions.personal import record_needs
from referrals.actions.reaching import RouteFacts, record_approach, record_route
from referrals.actions.readiness import (
    add_check,
    ask_safety,
    check_readiness,
    need_all,
    prepare,
    rate,
    rules_result,
)
from referrals.actions.tasks import finish_tasks
from referrals.enums import (
    NOBODY,
    Answer,
    ApproachResult,
    ConcernKind,
    Format,
    How,
    Purpose,
    ReadinessKind,
    Ready,
    TaskKind,
)
from referrals.models import Concern, Consent, ContactRoute, Party, ReadinessCheck, SafetyAnswers
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


QUESTIONS = ("still_yes", "safe", "well", "same_way", "right_time")
ANOTHER_WAY = (
    "The way to reach them was changed since you opened the page. Ask about the one that is shown now."
)
FULL_KINDS = (ReadinessKind.FULL, ReadinessKind.CHECK_IN)


@dataclass(frozen=True)
class Standing:
    """The rows that a check-in renews: the newest of each kind; all exist."""

    safety: SafetyAnswers
    route: ContactRoute


def check_in(
    *,
    party: Party,
    answers: dict[str, str],
    by: User,
    alone: bool = True,
    note: str = "",
    way: UUID | None = None,
    at: datetime | None = None,
) -> ReadinessCheck:
    """Record a check-in: one answer (yes, no or not sure) to each of QUESTIONS; all or nothing.

    Yes renews the consent to taking part, the safety answers unchanged, the contact route and the readiness check.
    A no or not sure to taking part calls a booked meeting off; to safety it is a stop. `way` is the route that was
    asked about; no other route is confirmed. Raises Refused, or NotPossible naming the field, also if the party was
    not alone or there is nothing to renew.
    """
    with changing_party(party, by=by, at=at) as (change, party):
        if not alone:
            raise NotPossible(
                "They were not alone, so this cannot be saved as their answers. Come back later."
            )
        need_all(answers, QUESTIONS)
        # Read in the transaction that changes them.
        now = standing(party, lambda model: model._base_manager.filter(party=party))
        if way is not None and way != now.route.pk:
            raise NotPossible(ANOTHER_WAY, field="same_way")
        answer = Answer(answers["still_yes"])
        asked = asked_as_before(party)
        record_consent(party=party, purpose=Purpose.TAKE_PART, answer=answer, asked=asked, by=by)
        if answers["safe"] == Answer.YES:
            _same_safety(change, now.safety)
        else:
            raise_concern(party=party, kind=ConcernKind.SAYS_NOT_SAFE, detail=note, by=by)
        _same_route(now.route, party, Answer(answers["same_way"]), by)
        finish_tasks(change, party, TaskKind.CHECK_IN)
        return _readiness(change, party, answers, note)


def standing(party: Party, rows: Callable[[type[Model]], QuerySet]) -> Standing:
    """What a check-in with this party would renew. `rows` gives the party's rows of a model.

    Raises NotPossible naming what must first be asked in full.
    """
    if party.is_supporter:
        raise NotPossible("A check-in is for those who take part. Ask a supporter on their own pages.")
    yes = rows(Consent).filter(purpose=Purpose.TAKE_PART).select_related("sheet").order_by("seq").last()
    safety = rows(SafetyAnswers).filter(asked_alone=True).order_by("asked_at", "pk").last()
    known = rows(ContactRoute).filter(replaced_at__isnull=True, allowed=True, confirmed_at__isnull=False)
    route = known.order_by("confirmed_at", "pk").last()
    check = rows(ReadinessCheck).filter(kind__in=FULL_KINDS).order_by("completed_at", "pk").last()
    reasons = []
    if yes is None or yes.answer != Answer.YES:
        reasons.append("Their newest answer to taking part is not a yes.")
    elif yes.sheet.materially_changed_at:
        reasons.append("What everybody is told has changed since they said yes.")
    if safety is None:
        reasons.append("The safety questions have not been asked.")
    elif rows(Concern).filter(raised_at__gt=safety.asked_at).exists():
        reasons.append("A concern was recorded since the safety questions were asked.")
    if route is None:
        reasons.append("No safe way to reach them is known.")
    if check is None or check.judgement != Ready.READY:
        reasons.append("It was not found to be the right time yet.")
    if reasons or safety is None or route is None:
        raise NotPossible([*reasons, "Ask in full instead."])
    return Standing(safety=safety, route=route)


def _same_safety(change: Change, last: SafetyAnswers) -> None:
    """Save the same safety answers with today's date. The concerns that they raised remain; no new ones are raised."""
    row = change.add(
        SafetyAnswers,
        party_id=last.party_id,
        asked_alone=True,
        shares_home=last.shares_home,
        answers={**last.answers, "check_in": True},
        **change.stamp("asked"),
    )
    change.record("safety_asked", row, fields=["answers"], why="check_in")


def _same_route(route: ContactRoute, party: Party, answer: Answer, by: User) -> None:
    """Yes confirms the contact route. Any other answer means that nothing more is sent by it: unknown counts as no."""
    facts = RouteFacts.of(route, allowed=answer == Answer.YES)
    record_route(party=party, facts=facts, confirmed=answer != Answer.NOT_SURE, by=by)


def _readiness(change: Change, party: Party, answers: dict[str, str], note: str) -> ReadinessCheck:
    asked = {"well": answers["well"], "right_time": answers["right_time"], "feels_safe": answers["safe"]}
    ready = rules_result(asked, asked)
    notes = {"note": note} if note else {}
    row = add_check(change, party, ReadinessKind.CHECK_IN, asked, ready, notes=notes)
    change.record("checked_in", row, fields=QUESTIONS, why=ready)
    return row
