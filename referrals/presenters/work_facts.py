"""What 'My work' reads of the referrals of one worker, in a fixed number of queries, and only as they may know it.
How it is said is in work.py; meetings are read by meetings/presenters_work.py."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db.models import Case, Exists, OuterRef, Q, QuerySet, Subquery, Value, When

from referrals.blockers import find_blockers, sealed_open, shown_to
from referrals.disclosure import before_step
from referrals.enums import ApproachResult, Gate, Part, Purpose, ReadinessKind, RouteKind, Stage
from referrals.facts import read_facts
from referrals.models import (
    Approach,
    Concern,
    Consent,
    ContactRoute,
    Involvement,
    Party,
    Preparation,
    ReadinessCheck,
    Referral,
    SafetyAnswers,
)
from referrals.presenters import prefetch_parties
from referrals.presenters.shown_referral import ShownReferral, is_mine, runs
from referrals.querysets_provisional import said_no
from referrals.reminders import of_somebody_else

if TYPE_CHECKING:
    from restorative.accounts.models import User

# Open referrals of one worker that are looked at; the rest are in the list of referrals.
MOST = 50


def mine(user: "User") -> list[Referral]:
    """The open referrals this user leads, facilitates or supports somebody in, what is booked first."""
    parts = Involvement.objects.visible_to(user).filter(
        referral=OuterRef("pk"), user=user, until__isnull=True
    )
    rows = (
        Referral.objects.visible_to(user)
        .of_person(user)
        .with_shown_stage(user)
        .with_records_waiting()
        .exclude(stage=Stage.CLOSED)
        .annotate(my_part=Subquery(parts.values("part")[:1]))
        .alias(booked=Case(When(shown_stage=Stage.BOOKED, then=Value(0)), default=Value(1)))
        .select_related("lead")
        .order_by("booked", "logged_at", "id")
    )
    found = list(rows[:MOST])
    for referral in found:
        # Of all who facilitate, the rows here ask only after the user's own part.
        part = referral.my_part
        referral._facilitations = [Involvement(referral=referral, user=user, part=part)] if part else []
    return found


@dataclass
class Work:
    """What was read for one page of one user."""

    user: "User"
    at: datetime
    pages: dict[UUID, ShownReferral] = field(default_factory=dict)
    opened: dict[UUID, Any] = field(default_factory=dict)

    def of(self, referral: UUID) -> ShownReferral:
        return self.pages[referral]

    def mine(self, page: ShownReferral) -> list[Party]:
        """Those of a referral whom this user supports."""
        return [party for party in page.parties if party.pk in self.opened and is_mine(party, page)]


def gather(
    user: "User",
    referrals: Iterable[Referral],
    starting: dict[UUID, Any],
    at: datetime,
    *,
    named: Iterable[Referral] = (),
) -> Work:
    """Read parties, what stands in the way and what is known of those this user opens: five queries.

    `starting` are meetings of today or tomorrow by their referral: what stands in the way of these is asked at the
    gate of starting. Of those `named` only the parties are read, for their names.
    """
    work = Work(user, at)
    by_id = {referral.pk: referral for referral in referrals}
    rows, named = list(by_id.values()), list(named)
    if rows or named:
        prefetch_parties([*rows, *named], user)
    if not rows:
        return work
    work.opened = {row.pk: row for row in _opened(user, by_id, at)}
    known = read_facts(by_id, at)
    for party in work.opened.values():
        party.contact_days = known[party.referral_id].parties[party.pk].contact_days
    for referral in rows:
        facts, parties = known[referral.pk], referral._parties_for[1]
        gate = Gate.START if referral.pk in starting else Gate.BOOK
        asked = referral.pk in starting or referral.shown_stage in ASKED
        found = find_blockers(facts, gate) if asked else []
        before = before_step(facts, [party.pk for party in parties if party.opened])
        work.pages[referral.pk] = ShownReferral(
            referral=referral,
            user=user,
            at=at,
            facts=facts,
            parties=parties,
            rows=shown_to(found, parties, before=before),
            sealed_parties=sealed_open(found, parties, before),
            runs=runs(referral, user),
            before=before,
            meeting=starting.get(referral.pk),
            release=None,
        )
    return work


# Stages in which something can stand in the way of booking.
ASKED = (Stage.LOGGED, Stage.PREPARING, Stage.BOOKED)


def _columns(
    prefix: str, model: type, order: str, columns: tuple[str, ...], *but: Any, **filters: Any
) -> dict:
    """`<prefix>_<column>` of the newest row of each party."""
    rows = model._base_manager.filter(*but, party=OuterRef("pk"), **filters).order_by(f"-{order}", "-pk")  # type: ignore[attr-defined]
    return {f"{prefix}_{column}": Subquery(rows.values(column)[:1]) for column in columns}


def _opened(user: "User", referrals: Collection[UUID], at: datetime) -> QuerySet:
    """The parties this user opens, with the dates and answers that decide what is to be done with them."""
    tried = Approach._base_manager.filter(party=OuterRef("pk")).exclude(result=ApproachResult.NOT_YET)
    # A number that somebody else has too may be answered by them. Only those who facilitate may know.
    facilitated = (
        Involvement.objects.visible_to(user)
        .running(at)
        .filter(user=user, part__in=[Part.FACILITATOR, Part.STAND_IN])
    )
    shared = Q(Exists(of_somebody_else()), party__referral__in=facilitated.values("referral"))
    words = Consent._base_manager.filter(purpose=Purpose.WORDS, recipient=OuterRef("pk"), answer="yes")
    kinds = [ReadinessKind.FULL, ReadinessKind.CHECK_IN]
    route = {"replaced_at__isnull": True, "allowed": True, "confirmed_at__isnull": False}
    return (
        Party.objects.opened_by(user)
        .filter(referral__in=list(referrals))
        .present()
        .annotate(
            first_tried=Subquery(tried.order_by("created_at").values("created_at")[:1]),
            words_at=Subquery(words.order_by("-taken_at").values("taken_at")[:1]),
            said_no=said_no(),
            told=Exists(Approach._base_manager.filter(party=OuterRef("pk"), told_unprompted=True)),
            asked=Exists(Approach._base_manager.filter(party=OuterRef("pk"), asked_first=True)),
            **_columns("support", Involvement, "since", ("since",), part=Part.KEYWORKER, until__isnull=True),
            **_columns("approach", Approach, "created_at", ("result",)),
            **_columns("prepared", Preparation, "held_at", ("held_at",)),
            **_columns(
                "said",
                Consent,
                "seq",
                ("answer", "taken_at", "expires_on", "counts_from", "sheet__materially_changed_at"),
                purpose=Purpose.TAKE_PART,
            ),
            **_columns("concern", Concern, "raised_at", ("raised_at",)),
            **_columns("safety", SafetyAnswers, "asked_at", ("asked_at",), asked_alone=True),
            **_columns(
                "check",
                ReadinessCheck,
                "completed_at",
                ("completed_at", "judgement", "expires_at", "accepted_late_at"),
                kind__in=kinds,
            ),
            **_columns("route", ContactRoute, "confirmed_at", ("confirmed_at",), **route),
            **_columns(
                "phone",
                ContactRoute,
                "confirmed_at",
                ("cover", "days", "hours", "voicemail", "read_by_others", "confirmed_at"),
                ~shared,
                kind=RouteKind.PHONE,
                **route,
            ),
        )
    )
