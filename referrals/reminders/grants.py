"""What workers are told of access by name: that it is asked for, to whoever may give it; that it was given, to
governance and the manager at once. The link leads to the page of grants, which shows each what is theirs."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Q
from django.urls import reverse

from referrals.models import Grant
from referrals.reminders.reach import referral_page, tell_worker, to_worker
from restorative.accounts.enums import Role
from restorative.accounts.models import User
from restorative.notify.models import Message
from restorative.notify.registry import Cancel, Content, Planned, Send, register

OF_USE = timedelta(days=7)
WORDS = {
    "grant_asked": "a colleague asks to be let in",
    "grant_given": "a colleague was let in",
}


def _knowing(grant: Grant, found: Q) -> list[UUID]:
    """Those of its organisation who may know of it, without whoever asked, gave or has it."""
    done = {grant.user_id, grant.created_by_id, grant.given_by_id}
    there = User.objects.filter(found, organisation=grant.organisation_id, is_active=True).order_by("pk")
    return [
        user.pk
        for user in there
        if user.pk not in done and Grant.objects.visible_to(user).filter(pk=grant.pk).exists()
    ]


def _managers(grant: Grant) -> list[UUID]:
    """The manager of that worker's team, or else every manager of the organisation; or else its safeguarding leads, who
    may give it too."""
    team = grant.user.team
    own = _knowing(grant, Q(pk=team.manager_id)) if team and team.manager_id else []
    return own or _knowing(grant, Q(role=Role.MANAGER)) or _knowing(grant, Q(safeguarding_lead=True))


def _planned(grant: Grant, at: datetime) -> Iterator[Planned]:
    if grant.given_at:
        kind, due = "grant_given", grant.given_at
        told: Iterable[UUID] = [*_managers(grant), *_knowing(grant, Q(role=Role.GOVERNANCE))]
    elif grant.ended_at is None and grant.until > at:
        kind, due = "grant_asked", grant.created_at
        told = _managers(grant)
    else:
        return
    for key in dict.fromkeys(told):
        yield Planned(
            kind=kind,
            thing_id=grant.pk,
            version=1,
            recipient_id=key,
            due_at=due,
            useless_after=due + OF_USE,
            to_worker=True,
        )


def _rows(wanted: Q, at: datetime) -> Iterator[Planned]:
    rows = Grant.objects.unscoped("planning reminders").filter(wanted).defer("reason")
    for grant in rows.select_related("user__team"):
        yield from _planned(grant, at)


def _plan(group: UUID, at: datetime) -> list[Planned]:
    return list(_rows(Q(referral=group), at))


def _recheck(message: Message, at: datetime) -> Send | Cancel:
    key = (message.kind, message.thing_id, message.version, message.recipient_id)
    if key not in {each.key for each in _rows(Q(pk=message.thing_id), at)}:
        return Cancel("not so any more")
    return to_worker(User.objects.get(pk=message.recipient_id), at)


def _render(message: Message, at: datetime) -> Content:
    reference, _ = referral_page(message.group)
    return tell_worker(reference, WORDS[message.kind], reverse("referrals:grants"))


def register_kinds() -> None:
    """Tell the outbox of every kind of message about access."""
    for kind in WORDS:
        register(kind, plan=_plan, recheck=_recheck, render=_render)
