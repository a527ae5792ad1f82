"""Something was shared to keep somebody safe: the safeguarding leads of that side are told, once each, at once; its
managers, where no lead may know. The reference and a link, and to nobody else."""

from datetime import datetime, timedelta
from uuid import UUID

from django.urls import reverse

from referrals.models import ProtectiveShare
from referrals.reminders.reach import barred_from, managers_there, referral_page, tell_worker, to_worker
from restorative.accounts.models import User
from restorative.notify.models import Message
from restorative.notify.registry import Cancel, Content, Planned, Send, register

OF_USE = timedelta(days=30)
KIND = "worker_protective_share"


def plan(group: UUID, at: datetime) -> list[Planned]:
    """To each who is to know in the organisation that supports them, while nobody has looked at it."""
    waiting = (
        ProtectiveShare.objects.unscoped("planning messages")
        .filter(party__referral=group, looked_at__isnull=True)
        .values_list("pk", "party__organisation", "shared_by", "shared_at")
    )
    return [
        Planned(
            kind=KIND,
            thing_id=key,
            version=1,
            recipient_id=user.pk,
            due_at=shared_at,
            useless_after=shared_at + OF_USE,
            to_worker=True,
        )
        for key, house, shared_by, shared_at in waiting
        for user in _to_know(group, key, house, shared_by)
    ]


def _to_know(group: UUID, share: UUID, house: UUID, shared_by: UUID) -> list[User]:
    """The organisation's safeguarding leads, but whoever shared it or is of another side; or else its managers."""
    leads = User.objects.filter(organisation=house, safeguarding_lead=True, is_active=True).exclude(
        pk=shared_by
    )
    able = [lead for lead in leads.order_by("pk") if _waits_for(lead, share)]
    return able or [user for user in managers_there(house, barred_from(group)) if user.pk != shared_by]


def _waits_for(user: User, share: UUID) -> bool:
    rows = ProtectiveShare.objects.visible_to(user).filter(pk=share, looked_at__isnull=True)
    return rows.exists() and (user.is_manager or user.safeguarding_lead)


def recheck(message: Message, at: datetime) -> Send | Cancel:
    """Still to be looked at, and by somebody who may know."""
    user = User.objects.get(pk=message.recipient_id)
    waits = _waits_for(user, message.thing_id)
    return to_worker(user, at) if waits else Cancel("it was looked at, or is not theirs")


def _words(message: Message, at: datetime) -> Content:
    reference, _ = referral_page(message.group)
    path = reverse("referrals:share", args=[message.thing_id])
    return tell_worker(reference, "something was shared to keep somebody safe, look at it", path)


def register_kinds() -> None:
    """Tell the outbox of the message to safeguarding leads."""
    register(KIND, plan=plan, recheck=recheck, render=_words)
