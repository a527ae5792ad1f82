"""What workers are told of requests between organisations: that one arrived, waits too long, was answered, moved the
lead or ended. The link leads to the request's own page: whoever was asked does not see the referral."""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import OuterRef, Q, Subquery
from django.urls import reverse

from referrals.duties.handoffs import due_by
from referrals.enums import UNANSWERED, HandoffKind, HandoffState
from referrals.models import Handoff, HandoffMessage
from referrals.reminders.reach import referral_page, tell_worker, to_worker
from restorative.accounts.enums import Role
from restorative.accounts.models import Team, User
from restorative.accounts.working_days import closures_of
from restorative.common.rules import rules
from restorative.notify.models import Message
from restorative.notify.registry import Cancel, Content, Planned, Send, register

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
    """Whether somebody may know of a request at all: its page would answer them. Nobody is told who may not."""
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
            yield Planned(
                kind=kind,
                thing_id=row.pk,
                version=version,
                recipient_id=key,
                due_at=due,
                useless_after=due + OF_USE,
                to_worker=True,
            )


def waiting(row: Handoff) -> Iterator[Planned]:
    """Not answered: whoever is on duty there at once, and both managers when it was not opened, or not decided."""
    state, managers = row.stood_as or row.state, _both_managers(row)
    if state not in UNANSWERED:
        return
    if row.ended_for_id:
        managers = [key for key in managers if _goes_on_for(row, key)]
    else:
        yield from _to("handoff_arrived", row, _on_duty(row), row.sent_at)
    closures = closures_of(row.to_org_id)
    if state == HandoffState.SENT:
        seen = due_by(row.sent_at, rules().handoff_seen_working_days, row.to_org.closes_at, closures)
        yield from _to("handoff_not_seen", row, managers, seen)
    decided = due_by(row.sent_at, rules().handoff_decided_working_days, row.to_org.closes_at, closures)
    yield from _to("handoff_not_decided", row, managers, decided)


def answered(row: Handoff) -> Iterator[Planned]:
    """An answer or a question: the sender. The sender's explanation: whoever opened it."""
    state = row.stood_as or row.state
    if state in (HandoffState.ACCEPTED, HandoffState.DECLINED) and row.decided_at:
        yield from _to("handoff_answered", row, [row.sent_by_id], row.decided_at)
    asked_at = getattr(row, "asked_at", None)
    if state == HandoffState.QUESTION and asked_at:
        yield from _to("handoff_answered", row, [row.sent_by_id], asked_at, version=row.version + 1)
    elif row.state == HandoffState.SEEN and asked_at:
        yield from _to("handoff_explained", row, [row.seen_by_id], asked_at, version=row.version + 1)


def moved(row: Handoff) -> Iterator[Planned]:
    """The lead moved: both teams, each by its worker and its manager."""
    runs = row.state in (HandoffState.ACCEPTED, HandoffState.COMPLETED)
    if runs and row.moved_at and row.decided_kind == HandoffKind.LEAD:
        told = [row.lead_before_id, row.sent_by_id, row.receiver_id, *_both_managers(row)]
        yield from _to(
            "handoff_lead_moved", row, [key for key in told if key != row.moved_by_id], row.moved_at
        )


def ended(row: Handoff) -> Iterator[Planned]:
    """Given back, completed, or ended with what it rested on: the workers of both sides, and where anything had moved
    both managers. Taken back by its sender it is news only to whoever had accepted it."""
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


RULES: tuple[Callable[[Handoff], Iterator[Planned]], ...] = (waiting, answered, moved, ended)


def _rows(wanted: Q) -> Iterable[Handoff]:
    newest = HandoffMessage._base_manager.filter(handoff=OuterRef("pk")).order_by("-created_at", "-pk")
    return (
        Handoff.objects.unscoped("planning reminders")
        .filter(wanted)
        .defer("packet", "told")
        .annotate(asked_at=Subquery(newest.values("created_at")[:1]))
        .select_related("to_org", "sent_by__team", "receiver__team")
    )


def _plan(group: UUID, at: datetime) -> list[Planned]:
    return [planned for row in _rows(Q(referral=group)) for rule in RULES for planned in rule(row)]


def _recheck(message: Message, at: datetime) -> Send | Cancel:
    planned = [each for row in _rows(Q(pk=message.thing_id)) for rule in RULES for each in rule(row)]
    key = (message.kind, message.thing_id, message.version, message.recipient_id)
    if key not in {each.key for each in planned}:
        return Cancel("not so any more")
    return to_worker(User.objects.get(pk=message.recipient_id), at)


def _say(what: str) -> Callable[[Message, datetime], Content]:
    def render(message: Message, at: datetime) -> Content:
        reference, _ = referral_page(message.group)
        return tell_worker(reference, what, reverse("referrals:handoff", args=[message.thing_id]))

    return render


def register_kinds() -> None:
    """Tell the outbox of every kind of message about a request between organisations."""
    for kind, what in WORDS.items():
        register(kind, plan=_plan, recheck=_recheck, render=_say(what))
