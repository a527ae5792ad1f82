"""The pages of deciding, appointing, matching names, accepting an older check and closing, for one user. Nothing here
writes."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db.models import OuterRef, Q, QuerySet
from django.urls import reverse

from referrals import access, presenters, stages
from referrals.enums import READINESS_QUESTIONS, Answer, Part, Ready, Suitable
from referrals.models import Involvement, Party, ReadinessCheck, RecordsCheck, Referral, Suitability
from referrals.presenters import facilitators_of, parties_for, place_of, within
from referrals.querysets_involvement import works_on
from referrals.querysets_rules import Within, hits_barred, user_of
from restorative.accounts.models import User
from restorative.common import clock


def opened_people(referral: Referral, user: User) -> list[tuple[str, str]]:
    """(id, first name) of parties whose compartment the user opens, as choices."""
    return [(str(party.pk), party.known_as) for party in parties_for(referral, user) if party.opened]


def chosen_party(referral: Referral, user: User, key: str) -> Party | None:
    """The opened party with that id, or None."""
    return next(
        (party for party in parties_for(referral, user) if party.opened and str(party.pk) == key), None
    )


# --- Deciding -------------------------------------------------------------------------------------------------


def decided_before(referral: Referral, user: User) -> list[dict[str, str]]:
    """The newest decision whose reason this user may read, as rows."""
    rows = Suitability.objects.visible_to(within(referral, user)).select_related("decided_by", "party")
    row = rows.order_by("-decided_at", "-pk").first()
    if row is None:
        return []
    by = "you" if row.decided_by_id == user.pk else row.decided_by.first_name
    return [
        {
            "key": "Decided before",
            "value": f"{Suitable(row.decision).label}, {clock.show_day(row.decided_at)}, by {by}",
        },
        {"key": f"Why ({row.party.known_as}’s side only)", "value": row.reason},
    ]


def records_waiting(referral: Referral, user: User) -> RecordsCheck | None:
    """The records check that was requested and is not released, if any."""
    checks = RecordsCheck.objects.visible_to(within(referral, user)).filter(released_at__isnull=True)
    return checks.select_related("asked_by").order_by("asked_at", "pk").first()


# --- Facilitators ---------------------------------------------------------------------------------------------


def running(referral: Referral, user: User) -> list[list[Any]]:
    """Table rows of workers with a current part."""
    rows = []
    for row in facilitators_of(referral, user):
        end = reverse("referrals:facilitator_end", args=[referral.reference, row.pk])
        rows.append(
            [
                "You" if row.user_id == user.pk else row.user.full_name,
                str(Part(row.part).label),
                row.user.organisation.name,
                clock.show_day(row.since),
                # A stand-in's part ends with their day; the meeting page can undo it.
                "With the day" if row.part == Part.STAND_IN else {"text": "End", "href": end},
            ]
        )
    return rows


def to_appoint(referral: Referral, user: User) -> Sequence[tuple[str, list[tuple[str, str]]]]:
    """Workers who can be appointed, grouped by organisation, the user's own first."""
    taken = Involvement.objects.visible_to(within(referral, user)).filter(until__isnull=True)
    workers = (
        access.could_facilitate(user)
        .exclude(pk__in=taken.values("user"))
        .select_related("organisation", "team")
        .order_by("organisation__name", "first_name", "last_name", "pk")
    )
    groups: dict[str, list[tuple[str, str]]] = {}
    for worker in sorted(workers, key=lambda worker: worker.organisation_id != user.organisation_id):
        name = f"{worker.full_name} ({worker.get_role_display().lower()})"
        groups.setdefault(worker.organisation.name, []).append((str(worker.pk), name))
    return list(groups.items())


# --- Records checks -------------------------------------------------------------------------------------------


def checks_to_match(who: User | Within) -> QuerySet[RecordsCheck]:
    """Waiting checks this safeguarding lead may release: for referrals of their organisation that they do not work
    on."""
    user = user_of(who)
    waiting = RecordsCheck.objects.visible_to(who).filter(
        released_at__isnull=True, referral__lead_organisation=user.organisation_id
    )
    return (
        waiting.exclude(Q(asked_by=user) | Q(works_on(user.pk, OuterRef("referral"))) | hits_barred(user.pk))
        .select_related("referral", "asked_by")
        .order_by("asked_at", "pk")
    )


def names_to_match(user: User, checks: Sequence[RecordsCheck]) -> dict[Any, list[list[str]]]:
    """Rows (name, place, date of birth) of all people to match, by referral."""
    parties = (
        Party.objects.visible_to(user)
        .filter(referral__in=[check.referral_id for check in checks])
        .present()
        .select_related("person", "person__organisation")
    )
    rows: dict[Any, list[list[str]]] = {}
    for party in parties:
        person = party.person
        name = f"{person.given} {person.family}".strip()
        if party.known_as != person.given:
            name += f", known as {party.known_as}"
        born = f"{person.born_on.day} {person.born_on:%B %Y}" if person.born_on else "Not known"
        rows.setdefault(party.referral_id, []).append([name, place_of(party), born])
    return rows


# --- Pausing and reopening -------------------------------------------------------------------------------------


def why_not_reopen(referral: Referral, at: datetime) -> str:
    """Why a closed referral cannot be opened again, or ''."""
    return " ".join(stages.why_not("reopen", referral, at))


def goes_on_at(referral: Referral) -> str:
    """The stage at which a paused referral resumes: 'preparing'."""
    return str(stages.destination(stages.STEPS["resume"], referral).label).lower()


Row = dict[str, Any]


def check_rows(check: ReadinessCheck, user: User, *, until: datetime) -> list[Row]:
    """A readiness check in short, for the manager who is asked to accept it."""
    answers = [value for key, value in check.answers.items() if key in READINESS_QUESTIONS]
    yes = sum(value == Answer.YES for value in answers)
    rows = [
        {
            "key": "Asked",
            "value": f"{clock.show_day(check.completed_at)}, by "
            f"{presenters.you_or_name(check.completed_by, user)}",
        },
        {"key": "Answers", "value": f"{yes} of {len(answers)} yes"},
        {"key": "Judgement", "value": str(Ready(check.judgement).label)},
    ]
    if check.reason:
        rows.append({"key": "Why", "value": check.reason})
    return [*rows, {"key": "Could count until", "value": clock.show_day(until)}]
