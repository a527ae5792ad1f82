"""The reminders to workers: each duty is said when it is due, and to others when it is late. They are planned from
duties and checked again by the same rules when they go; they carry the reference and a link."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.urls import reverse

from referrals import duties
from referrals.duties import DutyKind, NewDuty
from referrals.duties.held import duties_in
from referrals.models import Party, ProtectiveShare, RecordsCheck, Referral
from referrals.querysets_rules import hits_barred
from referrals.reminders.reach import referral_page, tell_worker, to_worker
from restorative.accounts.models import User
from restorative.notify.models import Message
from restorative.notify.registry import Cancel, Content, Hold, Planned, Send, register


@dataclass(frozen=True)
class Told:
    """A message that should exist, and the duty it is about."""

    planned: Planned
    duty: NewDuty


def told_of(group: UUID, at: datetime) -> list[Told]:
    """Every reminder of a referral as things stand."""
    return [each for duty in duties_in(group, at) for each in _of(duty)]


def _of(duty: NewDuty) -> Iterator[Told]:
    kind = duties.KINDS[duty.kind]
    if kind.due:
        when = duty.starts_at if kind.from_start or duty.due_at is None else duty.due_at
        yield from _to(duty, kind.due.kind, duty.told, when, duty.useful_until or duty.ends_at)
    if kind.late and duty.late_at:
        yield from _to(duty, kind.late.kind, duty.late, duty.late_at, None)


def _to(
    duty: NewDuty, kind: str, who: Iterable[UUID], due: datetime, until: datetime | None
) -> Iterator[Told]:
    for key in who:
        planned = Planned(
            kind=kind,
            thing_id=duty.thing,
            version=duty.version,
            recipient_id=key,
            due_at=due,
            useless_after=until or due + duties.OF_USE,
            to_worker=True,
        )
        yield Told(planned, duty)


def plan(group: UUID, at: datetime) -> list[Planned]:
    """The plan that all these kinds share: the facts are read once for them."""
    return [each.planned for each in told_of(group, at)]


def recheck(message: Message, at: datetime) -> Send | Hold | Cancel:
    """Still there to be done, due by now, and told to a worker who may know."""
    key = (message.kind, message.thing_id, message.version, message.recipient_id)
    found = next((each for each in told_of(message.group, at) if each.planned.key == key), None)
    if found is None:
        return Cancel("it is done, or not theirs any more")
    if found.planned.due_at > at:
        return Hold(found.planned.due_at, "it is due later now")
    user = User.objects.get(pk=message.recipient_id)
    return (
        to_worker(user, at)
        if may_know(user, message.group, found.duty)
        else Cancel("they may not know of it")
    )


def may_know(user: User, group: UUID, duty: NewDuty) -> bool:
    """Whether a worker may be told of a duty at all."""
    if duty.kind.startswith("records_check"):
        rows = RecordsCheck.objects.visible_to(user).exclude(hits_barred(user.pk))
        return rows.filter(pk=duty.thing).exists()
    if duty.kind == "protective_share":
        return _looks_at(user, duty.thing)
    if duty.party is None:
        return Referral.objects.visible_to(user).filter(pk=group).exists()
    parties = Party.objects.safety_opened_by(user) if duty.safety else Party.objects.opened_by(user)
    return parties.filter(pk=duty.party).exists()


def _looks_at(user: User, share: UUID) -> bool:
    rows = ProtectiveShare.objects.visible_to(user).filter(pk=share)
    return (user.is_manager or user.safeguarding_lead) and rows.exists()


def _words(message: Message, at: datetime) -> Content:
    reference, path = referral_page(message.group)
    words, page = _said[message.kind]
    if page:
        path = reverse(page, args=[message.thing_id] if page == "referrals:share" else [])
    return tell_worker(reference, words, path)


_said: dict[str, tuple[str, str]] = {}


def register_kinds(kinds: Iterable[DutyKind]) -> None:
    """Tell the outbox of the reminders about these kinds of duty."""
    for kind in kinds:
        for reminder, page in ((kind.due, kind.reminder_page), (kind.late, "")):
            if reminder is not None:
                _said[reminder.kind] = (reminder.words, page)
                register(reminder.kind, plan=plan, recheck=recheck, render=_words)
