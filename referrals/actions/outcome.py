"""What a referral came to, worked out from what happened, and what still stands open before it can be closed.
Read from meetings through their documented names; nobody chooses an outcome."""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from referrals.enums import Answer, Outcome
from referrals.models import Concern, Party, Referral
from restorative.common import clock
from restorative.common.rules import rules

if TYPE_CHECKING:
    from restorative.accounts.models import User

DEBRIEF = "debrief"
# What is said of a call that is not done, by its kind.
NOT_DONE: dict[str, str] = {
    DEBRIEF: "The debrief with {name} is not done yet.",
    "weeks_2": "The call to {name} 2 weeks after is not done yet.",
    "weeks_6": "The call to {name} 6 weeks after is not done yet.",
    "weeks_12": "The call to {name} 12 weeks after is not done yet.",
}
# What comes of a call in which somebody was spoken with.
REACHED = ("talked", "rather_not")
SOMEBODY_ELSE = "Something is still open with somebody else here."


@dataclass(frozen=True)
class Left:
    """What is left open, as far as one person may know. `needs_manager` says whether only a manager may close."""

    sentences: list[str] = field(default_factory=list)
    needs_manager: bool = False

    def __bool__(self) -> bool:
        return bool(self.sentences)


def _meetings(referral: Referral) -> QuerySet:
    return referral.meetings.model._base_manager.filter(referral=referral, status="took_place")


def _agreed_actions(referral: Referral) -> QuerySet:
    """Actions of what everybody who came said yes to; those agreed anew count as what they became."""
    agreement: Any = referral.meetings.model.agreed.related.related_model
    action = agreement.actions.rel.related_model
    answers = agreement.answers.rel.related_model._base_manager
    attendance = referral.meetings.model.attendances.rel.related_model._base_manager
    newer = answers.filter(agreement=OuterRef("agreement"), party=OuterRef("party"), seq__gt=OuterRef("seq"))
    yes = answers.filter(
        ~Exists(newer), agreement__meeting=OuterRef("meeting"), party=OuterRef("party"), answer=Answer.YES
    )
    without = attendance.filter(
        ~Exists(yes),
        meeting=OuterRef("agreement__meeting"),
        status__in=["came", "left_early"],
        party__beside__isnull=True,
    )
    return action._base_manager.filter(
        ~Exists(without), agreement__meeting__referral=referral, agreement__meeting__status="took_place"
    ).exclude(status__in=["renegotiated", "released"])


def derived_outcome(referral: Referral, *, at: datetime | None = None) -> Outcome:
    """What the referral came to, from its meetings, what was agreed and what became of it.

    An action whose day has not come is neither kept nor not kept.
    """
    meetings = _meetings(referral)
    if not meetings.exists():
        return Outcome.NOT_GOING_AHEAD
    today: date = clock.today(at or clock.now())
    agreed = _agreed_actions(referral)
    to_come = Q(status="open", due_on__gt=today)
    statuses = list(agreed.exclude(to_come).values_list("status", flat=True))
    if not statuses and agreed.exists():
        return Outcome.MET
    if statuses:
        if all(status == "done" for status in statuses):
            return Outcome.MET_KEPT
        kept = any(status in ("done", "partly") for status in statuses)
        return Outcome.MET_PARTLY_KEPT if kept else Outcome.MET_NOT_KEPT
    record = referral.meetings.model.record.related.related_model
    helped = record._base_manager.filter(meeting__in=meetings.values("pk"), helped=Answer.YES)
    return Outcome.MET_HELPED if helped.exists() else Outcome.MET


def knows_all(referral: Referral, user: "User") -> bool:
    """Whether somebody opens the compartment of everybody here: then the outcome tells them nothing new."""
    here = Party.objects.unscoped("who is here").filter(referral=referral, beside__isnull=True).present()
    opened = Party.objects.opened_by(user).filter(referral=referral, beside__isnull=True).present()
    return here.count() == opened.count()


def _undone(referral: Referral) -> list[Any]:
    follow_up = referral.meetings.model.follow_ups.rel.related_model
    rows = follow_up._base_manager.filter(
        meeting__referral=referral,
        done_at__isnull=True,
        party__left_at__isnull=True,
        party__person__died_on__isnull=True,
    )
    return list(rows.select_related("party").order_by("due_on", "created_at", "id"))


def _tried_enough(referral: Referral) -> set:
    """Ids of parties who could not be reached three times or more since they were last spoken with."""
    follow_up: Any = referral.meetings.model.follow_ups.rel.related_model
    reached = follow_up._base_manager.filter(
        meeting__referral=referral,
        party=OuterRef("party"),
        result__in=REACHED,
        done_at__gte=OuterRef("attempted_at"),
    )
    attempts = follow_up.attempts.rel.related_model._base_manager.filter(
        ~Exists(reached), follow_up__meeting__referral=referral
    )
    counted = attempts.order_by().values("party").annotate(tries=Count("pk"))
    return set(counted.filter(tries__gte=rules().attempts_before_leaving).values_list("party", flat=True))


def open_items(referral: Referral, by: "User") -> Left:
    """What stops closing unless a manager says why, as far as `by` may know: open concerns and calls not done.

    Where all that is left are calls to somebody who could not be reached three times, whoever closes says why.
    """
    concerns = Concern.objects.unscoped("closing").filter(party__referral=referral).open()
    known = list(
        Concern.objects.visible_to(by).filter(party__referral=referral).open().select_related("party")
    )
    names = list(dict.fromkeys(concern.party.known_as for concern in known))
    sentences = [f"A safety concern with {name} is still open." for name in names]
    hidden = concerns.count() > len(known)
    needs_manager = bool(sentences)
    undone = _undone(referral)
    opened = set(
        Party.objects.opened_by(by)
        .filter(pk__in=[row.party_id for row in undone])
        .values_list("pk", flat=True)
    )
    tried = _tried_enough(referral) if undone else set()
    for row in undone:
        if row.party_id not in opened:
            hidden = True
            continue
        sentences.append(NOT_DONE[row.kind].format(name=row.party.known_as))
        needs_manager = needs_manager or row.party_id not in tried
    if hidden:
        sentences.append(SOMEBODY_ELSE)
    return Left(sentences, needs_manager or hidden)
