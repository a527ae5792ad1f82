"""What every reminder to a worker has in common: where it goes, its words, and that it is still planned.
How participants are reached is in reach.py."""

from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.urls import reverse

from referrals.facts import Facts
from restorative.accounts.models import User
from restorative.notify.models import Message
from restorative.notify.outbox import reconcile
from restorative.notify.registry import Cancel, Content, Plan, Recheck, Render, Send


def to_worker(key: UUID) -> Send | Cancel:
    """Where a reminder to a worker goes: their work email, while they sign in."""
    user = User.objects.get(pk=key)
    return Send("email", user.email) if user.is_active else Cancel("no longer signs in")


def still_planned(plan: Plan) -> Recheck:
    """A re-check for reminders that are sent if the facts would plan them now."""

    def recheck(message: Message, facts: Facts) -> Send | Cancel:
        key = (message.kind, message.thing_id, message.version, message.recipient_id)
        still = any(each.key == key for each in plan(facts, []))
        return to_worker(message.recipient_id) if still else Cancel("not so any more")

    return recheck


def words(what: str, page: str = "", *, of_thing: bool = False) -> Render:
    """The text of a reminder: the reference, what is to be done and a link, no names. The link leads to the referral,
    or to `page`, with `of_thing` the page of the row that the reminder is about."""

    def render(message: Message, facts: Facts) -> Content:
        reference = facts.referral.reference
        path = reverse("casework:show", args=[reference])
        if page:
            path = reverse(page, args=[message.thing_id] if of_thing else [])
        text = f"{reference}: {what}"
        return Content(subject=text, body=f"{text}.\n\n{settings.SITE_URL}{path}\n")

    return render


def plan_again(message: Message, at: datetime) -> None:
    """For on_unsent: plan the group again, so that a worker is asked to ring."""
    reconcile(message.group, at=at)
