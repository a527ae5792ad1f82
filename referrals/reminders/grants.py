"""Reminders about access by name: a request, to those who may give it; access that was given, to governance and the
manager at once. The link leads to the page of grants, which shows each worker their own."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Q

from referrals.facts import Facts
from referrals.facts.rows import GrantRow
from referrals.models import Grant
from referrals.reminders.worker_messages import still_planned, words
from restorative.accounts.enums import Role
from restorative.accounts.models import User
from restorative.notify.models import Message
from restorative.notify.registry import Kind, Planned, register

OF_USE = timedelta(days=7)
WORDS = {
    "grant_asked": "a colleague asks to be let in",
    "grant_given": "a colleague was let in",
}


def _knowing(grant: Grant, found: Q) -> list[UUID]:
    """Workers of its organisation who may know of it, except those who asked for it, gave it or have it."""
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
        yield Planned(kind, grant.pk, key, due, due + OF_USE)


def _plan(facts: Facts, messages: list[Message]) -> list[Planned]:
    keys = [row.id for row in facts.rows(GrantRow)]
    if not keys:
        return []
    rows = Grant.objects.unscoped("planning reminders").filter(pk__in=keys).defer("reason")
    return [each for grant in rows.select_related("user__team") for each in _planned(grant, facts.at)]


def register_kinds() -> None:
    """Register every kind of message about access."""
    recheck = still_planned(_plan)
    register(*(Kind(kind, _plan, recheck, words(what, "referrals:grants")) for kind, what in WORDS.items()))
