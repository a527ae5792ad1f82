"""What stands in the way, in plain Python from the rows of one referral. Written from docs/domain.md, for
test_blockers_by_hand.py; nothing here calls the product's own conditions."""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from referrals.enums import (
    MEETING_PARTS,
    NOBODY,
    SIGN_OFFS,
    STOPS,
    TWO_FACILITATORS,
    Answer,
    Capacity,
    CapacityResult,
    ConcernKind,
    Gate,
    Part,
    Place,
    Purpose,
    ReadinessKind,
    Ready,
    SignOffDecision,
    Suitable,
)
from referrals.models import (
    Approach,
    CapacityAssessment,
    Concern,
    Consent,
    ContactRoute,
    Invited,
    Involvement,
    Party,
    Preparation,
    ReadinessCheck,
    RecordsCheck,
    Referral,
    SafetyAnswers,
    SignOff,
    Suitability,
    Task,
)
from restorative.common import clock

Found = set[tuple[str, UUID | None]]


def rows(model: Any, *related: str, **filters: Any) -> list[Any]:
    return list(model.objects.unscoped("by hand").filter(**filters).select_related(*related))


def latest(found: Iterable[Any], when: str) -> list[Any]:
    """The newest, or all that share the newest time."""
    found = list(found)
    newest = max((getattr(row, when) for row in found), default=None)
    return [row for row in found if getattr(row, when) == newest]


class Reading:
    """One referral, its rows read once, at one moment and one gate."""

    def __init__(self, referral: Referral, gate: Gate, at: datetime) -> None:
        self.referral, self.at, self.starting = referral, at, gate == Gate.START
        self.parties = rows(Party, "person", "keyworker__team", referral=referral, left_at=None)
        self.consents = rows(Consent, "sheet", party__referral=referral)
        self.worked = rows(Involvement, "user__team", referral=referral)
        self.facilitations = [row for row in self.worked if row.part in MEETING_PARTS]
        self.supported = {row.user_id for row in self.worked if row.party_id}
        self.running = [row for row in self.facilitations if row.until is None]
        runs_it = [
            row
            for row in self.facilitations
            if row.part in (Part.FACILITATOR, Part.STAND_IN) and row.user.is_active
        ]
        self.runs = [row for row in runs_it if row.until is None]
        standing_in = [row for row in runs_it if row.part == Part.STAND_IN and row.until is not None]
        self.run_now = self.runs + [row for row in standing_in if row.since <= at < row.until]

    def found(self) -> Found:
        found: Found = {(code, None) for code, holds in WHOLE.items() if holds(self)}
        for party in self.parties:
            about = About(self, party)
            found |= {(code, party.pk) for code, holds in EACH.items() if holds(about)}
            if self.starting:
                found |= {(code, party.pk) for code, holds in AT_START.items() if holds(about)}
        return found

    def yes(self, party: UUID, purpose: Purpose, recipient: UUID = NOBODY) -> Consent | None:
        """The newest answer, if it is a yes that counts now."""
        asked = (party, purpose, recipient)
        said = [row for row in self.consents if (row.party_id, row.purpose, row.recipient) == asked]
        newest = max(said, key=lambda row: row.seq, default=None)
        if newest is None or newest.answer != Answer.YES:
            return None
        if newest.heard_alone_at is None and purpose != Purpose.TAKE_PART:
            return None
        changed = newest.sheet.materially_changed_at
        counts = newest.counts_from <= self.at and newest.expires_on >= clock.today(self.at)
        return newest if counts and (changed is None or changed > self.at) else None

    @property
    def taking_part(self) -> list[Party]:
        return [party for party in self.parties if party.place != Place.SUPPORTER]

    @property
    def too_few_facilitators(self) -> bool:
        return len({row.user_id for row in self.runs}) < 2

    def not_suitable(self) -> bool:
        decided = latest(rows(Suitability, referral=self.referral), "decided_at")
        return all(row.decision != Suitable.YES for row in decided)

    def not_independent(self) -> bool:
        return any(self._partial(row.user) and not self._elsewhere(row.user) for row in self.run_now)

    def not_accepted(self, party: Party) -> bool:
        """Whether this party's yes to a second worker is missing."""
        return any(
            self._partial(row.user)
            and not self._seconded(row.user)
            and not self._on_their_side(row.user, party)
            and not all(self._accepts(party, each) for each in self._elsewhere(row.user))
            for row in self.run_now
        )

    def _on_their_side(self, user: Any, party: Party) -> bool:
        """Whether the worker supports the party, or manages the worker who does; a lead who stands in counts as
        one."""
        worker = party.keyworker or self.referral.lead
        return worker.pk == user.pk or bool(worker.team and worker.team.manager_id == user.pk)

    def _partial(self, user: Any) -> bool:
        return user.pk in self.supported or any(self._on_their_side(user, party) for party in self.parties)

    def _elsewhere(self, user: Any) -> list[Involvement]:
        """Second workers of another team or organisation."""
        found = [row for row in self.running if row.part == Part.SECOND_WORKER and row.user.is_active]
        same = (user.team_id, user.organisation_id)
        return [row for row in found if (row.user.team_id, row.user.organisation_id) != same]

    def _accepts(self, party: Party, second: Involvement) -> bool:
        return self.yes(party.pk, Purpose.SECOND_WORKER, second.user_id) is not None

    def _seconded(self, user: Any) -> bool:
        """A second worker from elsewhere, accepted by every participant on another side."""
        others = [party for party in self.taking_part if not self._on_their_side(user, party)]
        return any(all(self._accepts(party, row) for party in others) for row in self._elsewhere(user))


class About:
    """One person in the referral."""

    def __init__(self, reading: Reading, party: Party) -> None:
        self.reading, self.party, self.at, self.starting = reading, party, reading.at, reading.starting
        self.takes_part = party.place != Place.SUPPORTER
        self.concerns = rows(Concern, party=party)
        self.open = [row for row in self.concerns if row.cleared_at is None]
        self.safety = rows(SafetyAnswers, party=party)
        self.checks = rows(ReadinessCheck, party=party)

    def within(self, moment: datetime | None, days: int) -> bool:
        return moment is not None and self.at - moment <= timedelta(days=days)

    def stop(self) -> bool:
        return any(row.kind in STOPS for row in self.open)

    def consent_missing(self) -> bool:
        died = self.party.person.died_on is not None
        return died or self.reading.yes(self.party.pk, Purpose.TAKE_PART) is None

    def consent_not_heard(self) -> bool:
        yes = self.reading.yes(self.party.pk, Purpose.TAKE_PART)
        return yes is not None and yes.heard_alone_at is None

    def wording_not_approved(self) -> bool:
        needless = any(row.asked_first or row.told_unprompted for row in rows(Approach, party=self.party))
        approved = any(self._approved_by(each) for each in self.reading.parties)
        return self.takes_part and not needless and not approved

    def _approved_by(self, other: Party) -> bool:
        yes = self.reading.yes(other.pk, Purpose.WORDS, self.party.pk)
        stops = [row for row in rows(Concern, party=other) if row.kind in STOPS and row.cleared_at is None]
        return yes is not None and all(row.raised_at > yes.taken_at for row in stops)

    def capacity_in_doubt(self) -> bool:
        assessed = rows(CapacityAssessment, party=self.party)
        able = [row.assessed_at for row in assessed if row.result == CapacityResult.ABLE]
        able_still = [
            row.assessed_at for row in latest(assessed, "assessed_at") if row.result == CapacityResult.ABLE
        ]
        doubts = [
            row.taken_at
            for row in self.reading.consents
            if row.party_id == self.party.pk
            and row.purpose == Purpose.TAKE_PART
            and row.capacity == Capacity.DOUBT
        ]
        days = latest((row for row in self.checks if row.kind == ReadinessKind.DAY), "completed_at")
        days = [row.completed_at for row in days if row.capacity == Capacity.DOUBT]
        return any(not any(at >= doubt for at in able_still) for doubt in doubts) or any(
            not any(at >= doubt for at in able) for doubt in days
        )

    def safety_not_asked(self) -> bool:
        newest = max((row.raised_at for row in self.concerns), default=None)
        return self.takes_part and not any(
            row.asked_alone
            and self.within(row.asked_at, 7 if self.starting else 90)
            and (newest is None or row.asked_at >= newest)
            for row in self.safety
        )

    def sign_off(self) -> bool:
        return any(row.kind in SIGN_OFFS and not self._signed_off(row) for row in self.open)

    def _signed_off(self, concern: Concern) -> bool:
        working = {row.user_id for row in self.reading.worked}
        newest = max(row.raised_at for row in self.concerns)
        return any(
            row.decision in (SignOffDecision.GO, SignOffDecision.GO_WITH_STEPS)
            and row.expires_at >= self.at
            and row.decided_at >= newest
            and row.decided_by_id not in working
            and not any(task.done_at is None for task in rows(Task, blocks=row))
            for row in latest(rows(SignOff, concern=concern), "decided_at")
        )

    def _judged_ready(self) -> list[ReadinessCheck]:
        full = (row for row in self.checks if row.kind in (ReadinessKind.FULL, ReadinessKind.CHECK_IN))
        return [row for row in latest(full, "completed_at") if row.judgement == Ready.READY]

    def readiness_missing(self) -> bool:
        return self.takes_part and not self._judged_ready()

    def readiness_expired(self) -> bool:
        ready = self._judged_ready()
        if self.starting:
            fresh = [row for row in ready if self.within(row.completed_at, 7)]
        else:
            fresh = [
                row
                for row in ready
                if self.within(row.completed_at, 28)
                or (row.accepted_late_at is not None and self.within(row.completed_at, 42))
            ]
        return self.takes_part and bool(ready) and not fresh

    def not_prepared(self) -> bool:
        return not any(row.held_at <= self.at for row in rows(Preparation, party=self.party))

    def safe_contact_missing(self) -> bool:
        abuse = any(row.kind == ConcernKind.PAST_ABUSE for row in self.open)
        shared = any(row.shares_home for row in latest(self.safety, "asked_at"))
        days = 30 if abuse or shared else 90
        routes = rows(ContactRoute, party=self.party, replaced_at=None, allowed=True)
        return self.takes_part and not any(self.within(row.confirmed_at, days) for row in routes)

    def records_check(self) -> bool:
        return not any(
            row.asked_at >= self.party.created_at
            and row.released_at is not None
            and row.released_at <= self.at
            for row in rows(RecordsCheck, referral=self.reading.referral)
        )

    def one_facilitator(self) -> bool:
        needed = any(row.kind in TWO_FACILITATORS for row in self.open)
        return needed and self.reading.too_few_facilitators

    def second_worker_not_accepted(self) -> bool:
        return self.takes_part and self.reading.not_accepted(self.party)

    def professional_not_agreed(self) -> bool:
        invited = rows(Invited, referral=self.reading.referral, left_out_at=None)
        return self.takes_part and any(
            self.reading.yes(self.party.pk, Purpose.PROFESSIONAL, row.pk) is None for row in invited
        )

    def day_of_check_missing(self) -> bool:
        days = latest((row for row in self.checks if row.kind == ReadinessKind.DAY), "completed_at")
        return self.takes_part and not any(
            row.judgement == Ready.READY and clock.today(row.completed_at) == clock.today(self.at)
            for row in days
        )


WHOLE: dict[str, Callable[[Reading], bool]] = {
    "too_few_parties": lambda it: len(it.taking_part) < 2,
    "no_facilitator": lambda it: not it.runs,
    "facilitator_not_independent": Reading.not_independent,
    "one_facilitator": lambda it: len(it.taking_part) > 2 and it.too_few_facilitators,
    "not_suitable_yet": Reading.not_suitable,
}
EACH: dict[str, Callable[[About], bool]] = {
    "stop": About.stop,
    "consent_missing": About.consent_missing,
    "consent_not_heard": About.consent_not_heard,
    "wording_not_approved": About.wording_not_approved,
    "capacity_in_doubt": About.capacity_in_doubt,
    "safety_not_asked": About.safety_not_asked,
    "sign_off": About.sign_off,
    "readiness_missing": About.readiness_missing,
    "readiness_expired": About.readiness_expired,
    "not_prepared": About.not_prepared,
    "safe_contact_missing": About.safe_contact_missing,
    "records_check": About.records_check,
    "one_facilitator": About.one_facilitator,
    "facilitator_not_independent": About.second_worker_not_accepted,
}
AT_START: dict[str, Callable[[About], bool]] = {
    "professional_not_agreed": About.professional_not_agreed,
    "day_of_check_missing": About.day_of_check_missing,
}
