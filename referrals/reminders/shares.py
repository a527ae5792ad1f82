"""Something was shared to keep somebody safe: the safeguarding leads of that side are told, once each, at once.
The reference and a link, and to nobody else."""

from datetime import datetime, timedelta
from uuid import UUID

from django.urls import reverse

from referrals.models import ProtectiveShare
from referrals.reminders.reach import referral_page, tell_worker, to_worker
from restorative.accounts.models import User
from restorative.notify.models import Message
from restorative.notify.registry import Cancel, Content, Planned, Send, register

OF_USE = timedelta(days=30)
KIND = "worker_protective_share"


def plan(group: UUID, at: datetime) -> list[Planned]:
    """To each safeguarding lead of the organisation that supports them, while none of these has looked at it."""
    waiting = (
        ProtectiveShare.objects.unscoped("planning messages")
        .filter(party__referral=group, looked_at__isnull=True)
        .values_list("pk", "party__organisation", "shared_by", "shared_at")
    )
    planned = []
    for key, house, shared_by, shared_at in waiting:
        leads = User.objects.filter(organisation=house, safeguarding_lead=True, is_active=True)
        planned += [
            Planned(
                kind=KIND,
                thing_id=key,
                version=1,
                recipient_id=lead,
                due_at=shared_at,
                useless_after=shared_at + OF_USE,
                to_worker=True,
            )
            for lead in leads.exclude(pk=shared_by).order_by("pk").values_list("pk", flat=True)
        ]
    return planned


def recheck(message: Message, at: datetime) -> Send | Cancel:
    """Still to be looked at, and by somebody who may know."""
    user = User.objects.get(pk=message.recipient_id)
    waits = ProtectiveShare.objects.visible_to(user).to_look_at(user).filter(pk=message.thing_id)
    return to_worker(user, at) if waits.exists() else Cancel("it was looked at, or is not theirs")


def _words(message: Message, at: datetime) -> Content:
    reference, _ = referral_page(message.group)
    path = reverse("referrals:share", args=[message.thing_id])
    return tell_worker(reference, "something was shared to keep somebody safe, look at it", path)


def register_kinds() -> None:
    """Tell the outbox of the message to safeguarding leads."""
    register(KIND, plan=plan, recheck=recheck, render=_words)
