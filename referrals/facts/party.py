"""One party's facts and their derived properties: each date and state is computed once.
Here: safe contact, the records check, a provisional record, and what runs out. party_safety.py, party_readiness.py and
party_consent.py have the rest; properties of all parties together are in referral.py."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from uuid import UUID

from referrals.enums import Answer, ApproachResult, ConcernKind, SignOffDecision
from referrals.facts import rows
from referrals.facts.party_consent import PartyConsent
from restorative.common import clock
from restorative.common.rules import rules

# Results of attempts to reach a person who has not answered.
TRIED = (ApproachResult.WAITING, ApproachResult.COULD_NOT_REACH, ApproachResult.DO_NOT_APPROACH)
# Rows of a party that say nothing of work with them.
NOT_WITH_THEM = (rows.InvolvementRow, rows.GrantRow, rows.HandoffRow, rows.StageChangeRow, rows.TaskRow)


@dataclass(frozen=True, slots=True)
class RunsOut:
    """Something a meeting needs that expires: what, the row it rests on, and when."""

    what: str  # "consent", "readiness", "safety", "contact" or "sign_off"
    row: UUID
    until: datetime


class PartyFacts(PartyConsent):
    # --- Safe contact ---

    @property
    def contact_at_risk(self) -> bool:
        """Whether contact expires sooner: past abuse, or a home shared when last asked."""
        return bool(self.shares_home) or self.has_open(ConcernKind.PAST_ABUSE)

    @property
    def contact_days(self) -> int:
        return rules().contact_days_at_risk if self.contact_at_risk else rules().contact_days

    @cached_property
    def safe_routes(self) -> list[rows.RouteRow]:
        """Current contact routes that they allow and a worker confirmed, the latest confirmed last."""
        found = [r for r in self.rows(rows.RouteRow) if r.allowed and not r.replaced_at and r.confirmed_at]
        return sorted(found, key=lambda row: (row.confirmed_at, row.created_at))  # type: ignore[arg-type, return-value]

    @property
    def safe_route(self) -> rows.RouteRow | None:
        """The contact route that was confirmed last."""
        return self.safe_routes[-1] if self.safe_routes else None

    @property
    def contact_until(self) -> datetime | None:
        """Until when a confirmed safe contact counts; None if there is none."""
        route = self.safe_route
        return (
            route.confirmed_at + timedelta(days=self.contact_days) if route and route.confirmed_at else None
        )

    @property
    def check_in_would_do(self) -> bool:
        """Whether a participant has had every question in full once, and nothing new has come up since."""
        yes, judged = self.answer, self.judged_ready
        agreed = yes is not None and yes.answer == Answer.YES and yes.counts_from <= self.facts.at
        if not agreed or yes.sheet_changed_at or judged is None or self.safe_route is None:  # type: ignore[union-attr]
            return False
        return self.is_participant and self.safety_until() is not None

    # --- The records check, a provisional record, activity ---

    @property
    def records_checked(self) -> bool:
        """Whether a records check that was requested after they joined has been released."""
        return any(
            row.asked_at >= self.row.created_at and row.released_at and row.released_at <= self.facts.at
            for row in self.facts.rows(rows.RecordsCheckRow)
        )

    @property
    def last_noted_at(self) -> datetime:
        """When anything was last done or noted with them. Who works on it, tasks and steps are not that."""
        done = (r for kind, found in self._rows.items() if kind not in NOT_WITH_THEM for r in found)
        return max([self.row.created_at, *(when for row in done for when in row.moments)])

    @cached_property
    def is_provisional(self) -> bool:
        """Whether they have not answered, so that their record is temporary; never the person in treatment."""
        spoken = any(kind.SPOKEN and found for kind, found in self._rows.items())
        answered = any(row.result == ApproachResult.ANSWERED for row in self.rows(rows.ApproachRow))
        known = self.is_own_place or self.row.answered_at or self.row.forgotten_at
        return not (known or spoken or answered)

    @property
    def keeps_one_route(self) -> bool:
        """Whether only a name and one contact route are kept: they have not answered, and did not come to us."""
        return self.is_provisional and not self.asked_first

    @property
    def last_tried(self) -> datetime | None:
        """When a worker last tried to reach them, without an answer."""
        tried = [row.created_at for row in self.rows(rows.ApproachRow) if row.result in TRIED]
        return max(tried, default=None)

    @property
    def kept_for(self) -> timedelta:
        """How long a provisional record is kept after the last approach or, if there was none, after logging."""
        numbers = rules()
        tried = numbers.provisional_days_after_approach
        return timedelta(days=tried if self.last_tried else numbers.provisional_days_never_approached)

    @property
    def kept_until(self) -> datetime | None:
        """Until when a manager extended the provisional record."""
        return max((row.until for row in self.rows(rows.KeptLongerRow)), default=None)

    @property
    def goes_at(self) -> datetime | None:
        """When a provisional record is deleted; None if it stays or is not provisional.

        It stays after "do not approach", if they have a concern, and if a person in the referral has died.
        """
        safety = self.rows(rows.ConcernRow) or self.rows(rows.ProtectiveShareRow)
        if not self.is_provisional or self.said_do_not_approach or safety or self.facts.anyone_died:
            return None
        usual = (self.last_tried or self.row.created_at) + self.kept_for
        return max(usual, self.kept_until) if self.kept_until else usual

    def runs_out(self) -> list[RunsOut]:
        """What a meeting needs of them that expires, in the order of expiry."""
        found: list[tuple[str, UUID, datetime | None]] = []
        if self.answer and self.answer.answer == Answer.YES:
            found.append(("consent", self.answer.id, end_of(self.answer.expires_on)))
        if self.is_participant:
            check, asked, route = self.judged_ready, self.asked_alone, self.safe_route
            found += [("readiness", check.id, self.ready_until)] if check else []
            found += [("safety", asked.id, self.safety_until())] if asked else []
            found += [("contact", route.id, self.contact_until)] if route else []
        for concern in self.open_concerns:
            decisions = self.decisions_on(concern)
            if decisions and decisions[-1].decision != SignOffDecision.DO_NOT_GO:
                found.append(("sign_off", decisions[-1].id, decisions[-1].expires_at))
        ends = [RunsOut(what, row, until) for what, row, until in found if until is not None]
        return sorted(ends, key=lambda each: (each.until, each.row))


def end_of(day: date) -> datetime:
    """Midnight in London at the end of a day."""
    return clock.moment(day + timedelta(days=1), 0)
