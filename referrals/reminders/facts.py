"""What the reminders to workers are planned from: one referral and its parties, read once a plan.
Which reminder follows from which fact is in work.py."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import chain
from typing import Any
from uuid import UUID

from django.db.models import F, Q, QuerySet

from referrals.enums import (
    OWN_PLACES,
    STOPS,
    Answer,
    ApproachResult,
    ConcernKind,
    Part,
    Place,
    Purpose,
    ReadinessKind,
    Ready,
    Stage,
)
from referrals.models import (
    Approach,
    Bar,
    Concern,
    Consent,
    ContactRoute,
    Involvement,
    Party,
    Preparation,
    ReadinessCheck,
    RecordsCheck,
    RecordsHit,
    Referral,
    SafetyAnswers,
    SignOff,
    StageChange,
)
from referrals.querysets_provisional import goes_at, provisional
from referrals.reminders.reach import barred_from, managers_there
from restorative.accounts.models import Closure, User
from restorative.common import clock
from restorative.common.rules import rules

Row = dict[str, Any]
WHY = "planning reminders"


@dataclass
class PartyFacts:
    """One party's facts as rows of plain columns, oldest first, and whose turn it is with them."""

    pk: UUID
    participant: bool
    organisation: UUID
    worker: UUID
    managers: list[UUID]  # of the worker's team; others where a conflict of interest bars that one
    joined: datetime
    turn: int = 0  # the period of support: who comes back is reminded anew
    since: datetime | None = None
    goes_at: datetime | None = None  # when their provisional record goes
    rows: dict[str, list[Row]] = field(default_factory=dict)

    def newest(self, name: str, **wanted: Any) -> Row | None:
        found = [row for row in self.rows.get(name, ()) if all(row[key] == v for key, v in wanted.items())]
        return found[-1] if found else None

    @property
    def answer(self) -> Row | None:
        """Their newest answer to taking part."""
        return self.newest("consents", purpose=Purpose.TAKE_PART)

    @property
    def contacts(self) -> list[datetime]:
        """When somebody spoke with them or tried to."""
        tried = [row["at"] for row in self.rows["approaches"] if row["result"] != ApproachResult.NOT_YET]
        spoken = chain(*(self.rows[name] for name in ("consents", "safety", "checks", "preparations")))
        return sorted([*tried, *(row["at"] for row in spoken)])

    @property
    def last(self) -> datetime:
        """When anything was last noted about them."""
        return max([self.joined, *(row["at"] for rows in self.rows.values() for row in rows)])

    @property
    def at_risk(self) -> bool:
        """Contact goes stale sooner: past abuse, or a home shared when last asked."""
        asked = self.newest("safety")
        abuse = any(row["kind"] == ConcernKind.PAST_ABUSE for row in self.open_concerns)
        return abuse or bool(asked and asked["shares_home"])

    @property
    def open_concerns(self) -> list[Row]:
        return [row for row in self.rows["concerns"] if row["cleared_at"] is None]

    def runs_out(self) -> list[tuple[datetime, UUID]]:
        """What a meeting needs of them and when each is over: (when, the row it rests on)."""
        found: list[tuple[datetime, UUID]] = []
        if (said := self.answer) and said["answer"] == Answer.YES:
            found.append((clock.moment(said["expires_on"] + timedelta(days=1), 0), said["pk"]))
        if self.participant:
            found += self._of_participant()
        for concern in self.open_concerns:
            decided = self.newest("sign_offs", concern=concern["pk"])
            if decided and decided["decision"] != "do_not_go":
                found.append((decided["expires_at"], decided["pk"]))
        return sorted(found)

    def _of_participant(self) -> list[tuple[datetime, UUID]]:
        found: list[tuple[datetime, UUID]] = []
        check, asked, route = self.newest("checks"), self.newest("safety"), self.newest("routes")
        if check and check["judgement"] == Ready.READY:
            late = check["at"] + timedelta(days=rules().readiness_late_days)
            found.append((late if check["accepted_late_at"] else check["expires_at"], check["pk"]))
        if asked:
            found.append((asked["at"] + timedelta(days=rules().safety_answers_days), asked["pk"]))
        if route:
            days = rules().contact_days_at_risk if self.at_risk else rules().contact_days
            found.append((route["at"] + timedelta(days=days), route["pk"]))
        return found


@dataclass
class Facts:
    """One referral as its reminders need it."""

    referral: Referral
    parties: list[PartyFacts]
    at: datetime
    closures: dict[UUID, set[date]]
    involvements: list[Row]
    lead_managers: list[UUID]
    barred: frozenset[UUID]

    @property
    def stage(self) -> Stage:
        return Stage(self.referral.stage)

    def days_after(self, since: datetime, days: int, organisation: UUID) -> datetime:
        """Nine o'clock, so many working days of that organisation later."""
        day = clock.add_working_days(clock.today(since), days, self.closures.get(organisation, set()))
        return clock.moment(day, 9)

    def may_speak_since(self, party: PartyFacts) -> datetime | None:
        """Since when their worker may speak with them; None while the words are not approved."""
        begun = max(party.joined, party.since or party.joined)
        if any(row["asked_first"] or row["told_unprompted"] for row in party.rows["approaches"]):
            return begun
        for other in self.parties:
            said = other.newest("consents", purpose=Purpose.WORDS, recipient=party.pk)
            if other.pk == party.pk or not said or said["answer"] != Answer.YES:
                continue
            stops = [
                row for row in other.rows["concerns"] if row["kind"] in STOPS and row["at"] <= said["at"]
            ]
            if all(row["cleared_at"] for row in stops):
                return max(begun, said["at"], *(row["cleared_at"] for row in stops))
        return None

    def worked(self) -> set[UUID | None]:
        """Everybody who works on this referral, or did."""
        return {row["user"] for row in self.involvements}

    def second_persons(self, organisation: UUID) -> list[User]:
        """Managers and safeguarding leads of an organisation who do not work on this referral and are not barred."""
        rank = Q(role="manager") | Q(safeguarding_lead=True)
        found = User.objects.filter(rank, organisation=organisation, is_active=True).order_by("pk")
        on_it = self.worked() | self.barred
        return [user for user in found if user.pk not in on_it and user.does_casework]

    def records_waiting(self) -> list[Row]:
        """Records checks that are not released, done or not."""
        checks = RecordsCheck.objects.unscoped(WHY).filter(referral=self.referral, released_at__isnull=True)
        return list(checks.values("pk", "asked_at", "asked_by", "done_at"))

    def barred_where_found(self, check: UUID) -> set[UUID]:
        """Whom a conflict of interest bars from where somebody of this check was found: they are not shown it."""
        matched = RecordsHit.objects.unscoped(WHY).filter(records_check=check).values("matched")
        there = Party.objects.unscoped(WHY).filter(person__in=matched).values("referral")
        bars = Bar.objects.unscoped(WHY).filter(referral__in=there, lifted_at__isnull=True)
        return set(bars.values_list("user", flat=True))

    def last_known_to_lead(self) -> datetime:
        """When the lead last knew of anything being done: in compartments they open, and in the shell."""
        lead = self.referral.lead
        opened = set(
            Party.objects.opened_by(lead).filter(referral=self.referral).values_list("pk", flat=True)
        )
        steps = StageChange.objects.unscoped(WHY).filter(referral=self.referral)
        known = [
            row["released_at"] or row["created_at"]
            for row in steps.values("party", "created_at", "released_at")
            if row["party"] is None or row["released_at"] or row["party"] in opened
        ]
        noted = [party.last for party in self.parties if party.pk in opened]
        return max([self.referral.logged_at, *known, *noted])


def _rows(model: type, at: str, parties: list[UUID], *columns: str, **filters: Any) -> QuerySet:
    """Rows of some parties, oldest first, as plain columns with `at`."""
    wanted = model._base_manager.filter(party__in=parties, **filters).order_by(at, "pk")  # type: ignore[attr-defined]
    return wanted.annotate(at=F(at)).values("pk", "party", "at", *columns)


def _read(parties: list[UUID]) -> dict[str, Iterable[Row]]:
    purposes = [Purpose.TAKE_PART, Purpose.WORDS]
    kinds = [ReadinessKind.FULL, ReadinessKind.CHECK_IN]
    route = {"replaced_at__isnull": True, "allowed": True, "confirmed_at__isnull": False}
    concerns = list(_rows(Concern, "raised_at", parties, "kind", "cleared_at", "raised_by"))
    return {
        "consents": _rows(
            Consent, "taken_at", parties, "purpose", "recipient", "answer", "expires_on", purpose__in=purposes
        ),
        "safety": _rows(SafetyAnswers, "asked_at", parties, "shares_home", asked_alone=True),
        "checks": _rows(
            ReadinessCheck,
            "completed_at",
            parties,
            "judgement",
            "expires_at",
            "accepted_late_at",
            kind__in=kinds,
        ),
        "routes": _rows(ContactRoute, "confirmed_at", parties, **route),
        "approaches": _rows(Approach, "created_at", parties, "result", "asked_first", "told_unprompted"),
        "preparations": _rows(Preparation, "held_at", parties),
        "concerns": concerns,
        "sign_offs": _rows(SignOff, "decided_at", parties, "concern", "decision", "decided_by", "expires_at")
        if concerns
        else [],
    }


def _managers(manager: UUID | None, organisation: UUID, barred: frozenset[UUID]) -> list[UUID]:
    """Who hears what the manager of a team is to hear."""
    if manager in barred:
        return list(managers_there(organisation, barred).values_list("pk", flat=True))
    return [manager] if manager else []


def read(group: UUID, at: datetime) -> Facts | None:
    """Everything the reminders of a referral are planned from; None where it is closed."""
    referral = (
        Referral.objects.unscoped(WHY)
        .select_related("lead", "lead__team")
        .filter(pk=group)
        .exclude(stage=Stage.CLOSED)
        .first()
    )
    if referral is None:
        return None
    barred = barred_from(group)
    lead_manager = referral.lead.team.manager_id if referral.lead.team else None
    lead_managers = _managers(lead_manager, referral.lead_organisation_id, barred)
    columns = (
        "pk",
        "place",
        "organisation",
        "keyworker",
        "keyworker__team__manager",
        "created_at",
        "answered_at",
    )
    here = list(Party.objects.unscoped(WHY).filter(referral=group).present().values(*columns))
    parties = {
        row["pk"]: PartyFacts(
            pk=row["pk"],
            participant=row["place"] != Place.SUPPORTER,
            organisation=row["organisation"],
            worker=row["keyworker"] or referral.lead_id,
            managers=_managers(row["keyworker__team__manager"], row["organisation"], barred)
            if row["keyworker"]
            else lead_managers,
            joined=row["created_at"],
        )
        for row in here
    }
    for name, rows in _read(list(parties)).items():
        for party in parties.values():
            party.rows[name] = []
        for row in rows:
            parties[row["party"]].rows[name].append(row)
    columns = ("part", "party", "user", "since", "until")
    involvements = list(Involvement.objects.unscoped(WHY).filter(referral=group).values(*columns))
    for row in involvements:
        if row["part"] == Part.KEYWORKER and row["party"] in parties:
            # A new keyworker is reminded anew: how many there were is part of a message's key.
            parties[row["party"]].turn += 1
            if row["until"] is None:
                parties[row["party"]].since = row["since"]
    unanswered = [row["pk"] for row in here if row["answered_at"] is None and row["place"] not in OWN_PLACES]
    if unanswered:
        for party in provisional(Party.objects.unscoped(WHY).filter(pk__in=unanswered)):
            parties[party.pk].goes_at = goes_at(party)
    closures: dict[UUID, set[date]] = {}
    houses = {referral.lead_organisation_id, *(party.organisation for party in parties.values())}
    for house, day in Closure.objects.filter(organisation__in=houses).values_list("organisation", "date"):
        closures.setdefault(house, set()).add(day)
    return Facts(referral, list(parties.values()), at, closures, involvements, lead_managers, barred)
