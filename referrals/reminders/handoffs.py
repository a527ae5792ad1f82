"""Reminders about requests between organisations: a request arrived, waits too long, was answered, moved the lead or
ended. The link leads to the request's own page, because workers who were asked do not see the referral."""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import OuterRef, Subquery

from referrals.duties.referral import due_by
from referrals.enums import UNANSWERED, HandoffKind, HandoffState
from referrals.facts import Facts
from referrals.facts.rows import HandoffRow
from referrals.models import Handoff, HandoffMessage
from referrals.reminders.worker_messages import still_planned, words
from restorative.accounts.enums import Role
from restorative.accounts.models import Team, User
from restorative.common.rules import rules
from restorative.notify.models import Message
from restorative.notify.registry import Kind, Planned, register

OF_USE = timedelta(days=30)
WORDS = {
    "handoff_arrived": "another organisation asks you for something",
    "handoff_not_seen": "a request to another organisation was not opened in time",
    "handoff_not_decided": "a request to another organisation was not answered in time",
    "handoff_answered": "there is news of a request to another organisation",
    "handoff_explained": "your question was answered",
    "handoff_lead_moved": "another organisation leads from now on",
    "handoff_ended": "what another organisation did here has ended",
}


def _knows(row: Handoff, key: UUID | None) -> bool:
    """Whether a worker may know of a request at all: its page would answer them. Others are not told."""
    answers: dict[UUID, bool] = row.__dict__.setdefault("known_to", {})
    if key and key not in answers:
        user = User.objects.filter(pk=key).first()
        answers[key] = user is not None and Handoff.objects.visible_to(user).filter(pk=row.pk).exists()
    return bool(key and answers[key])


def _goes_on_for(row: Handoff, key: UUID | None) -> bool:
    """Whether it ended unknown to this worker, who is told what they would be told if it went on."""
    if not row.ended_for_id or not key:
        return False
    user = User.objects.filter(pk=key).first()
    return user is not None and Handoff.objects.standing_for(user).filter(pk=row.pk).exists()


def _managers(row: Handoff, organisation: UUID, team: Team | None) -> list[UUID]:
    """The team's manager, or else every manager of the organisation."""
    if team is not None and team.manager_id and _knows(row, team.manager_id):
        return [team.manager_id]
    there = User.objects.filter(organisation=organisation, role=Role.MANAGER, is_active=True)
    return list(there.order_by("pk").values_list("pk", flat=True))


def _on_duty(row: Handoff) -> list[UUID]:
    """Of each team that was asked the duty worker, or else its manager: the first who may know of it. Where
    none of them may, every manager there."""
    teams = Team.objects.filter(organisation=row.to_org_id).values_list("duty_worker", "manager")
    first = [key for keys in teams.order_by("pk") for key in [key for key in keys if _knows(row, key)][:1]]
    return first or _managers(row, row.to_org_id, None)


def _both_managers(row: Handoff) -> list[UUID]:
    taking = row.receiver.team if row.receiver else None
    return [*_managers(row, row.from_org_id, row.sent_by.team), *_managers(row, row.to_org_id, taking)]


def _to(
    kind: str, row: Handoff, who: Iterable[UUID | None], due: datetime, version: int = 1
) -> Iterator[Planned]:
    for key in dict.fromkeys(who):
        if key and _knows(row, key):
            yield Planned(kind, row.pk, key, due, due + OF_USE, version=version)


def waiting(row: Handoff, facts: Facts) -> Iterator[Planned]:
    """Not answered: the workers on duty there at once, and both managers when it was not opened, or not decided."""
    state, managers = row.stood_as or row.state, _both_managers(row)
    if state not in UNANSWERED:
        return
    if row.ended_for_id:
        managers = [key for key in managers if _goes_on_for(row, key)]
    else:
        yield from _to("handoff_arrived", row, _on_duty(row), row.sent_at)
    house = facts.house(row.to_org_id)
    if state == HandoffState.SENT:
        seen = due_by(row.sent_at, rules().handoff_seen_working_days, house.closes_at, house.closures)
        yield from _to("handoff_not_seen", row, managers, seen)
    decided = due_by(row.sent_at, rules().handoff_decided_working_days, house.closes_at, house.closures)
    yield from _to("handoff_not_decided", row, managers, decided)


def answered(row: Handoff, facts: Facts) -> Iterator[Planned]:
    """An answer or a question: the sender. The sender's explanation: the worker who opened it."""
    state = row.stood_as or row.state
    if state in (HandoffState.ACCEPTED, HandoffState.DECLINED) and row.decided_at:
        yield from _to("handoff_answered", row, [row.sent_by_id], row.decided_at)
    asked_at = getattr(row, "asked_at", None)
    if state == HandoffState.QUESTION and asked_at:
        yield from _to("handoff_answered", row, [row.sent_by_id], asked_at, version=row.version + 1)
    elif row.state == HandoffState.SEEN and asked_at:
        yield from _to("handoff_explained", row, [row.seen_by_id], asked_at, version=row.version + 1)


def moved(row: Handoff, facts: Facts) -> Iterator[Planned]:
    """The lead moved: both teams, each by its worker and its manager."""
    runs = row.state in (HandoffState.ACCEPTED, HandoffState.COMPLETED)
    if runs and row.moved_at and row.decided_kind == HandoffKind.LEAD:
        told = [row.lead_before_id, row.sent_by_id, row.receiver_id, *_both_managers(row)]
        yield from _to(
            "handoff_lead_moved", row, [key for key in told if key != row.moved_by_id], row.moved_at
        )


def ended(row: Handoff, facts: Facts) -> Iterator[Planned]:
    """Given back, completed, or ended with what it rested on: the workers of both sides, and where anything had moved
    both managers. If its sender took it back, only a worker who had accepted it is told."""
    over = row.state in (HandoffState.RETURNED, HandoffState.COMPLETED) or (
        row.state == HandoffState.WITHDRAWN and (row.receiver_id or row.ended_by_id != row.sent_by_id)
    )
    if not over or not row.ended_at:
        return
    told = [row.sent_by_id, row.lead_before_id, row.receiver_id]
    if row.state == HandoffState.RETURNED:
        told += _both_managers(row)
    if row.ended_for_id:
        told = [key for key in told if not _goes_on_for(row, key)]
    yield from _to("handoff_ended", row, [key for key in told if key != row.ended_by_id], row.ended_at)


RULES: tuple[Callable[[Handoff, Facts], Iterator[Planned]], ...] = (waiting, answered, moved, ended)


def _plan(facts: Facts, messages: list[Message]) -> list[Planned]:
    keys = [row.id for row in facts.rows(HandoffRow)]
    if not keys:
        return []
    newest = HandoffMessage._base_manager.filter(handoff=OuterRef("pk")).order_by("-created_at", "-pk")
    rows = (
        Handoff.objects.unscoped("planning reminders")
        .filter(pk__in=keys)
        .defer("packet", "told")
        .annotate(asked_at=Subquery(newest.values("created_at")[:1]))
        .select_related("sent_by__team", "receiver__team")
    )
    return [planned for row in rows for rule in RULES for planned in rule(row, facts)]


def register_kinds() -> None:
    """Register every kind of message about a request between organisations."""
    recheck = still_planned(_plan)
    texts = {kind: words(what, "referrals:handoff", of_thing=True) for kind, what in WORDS.items()}
    register(*(Kind(kind, _plan, recheck, text) for kind, text in texts.items()))
