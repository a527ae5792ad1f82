"""What is to be done about a referral as a whole: look again at what was paused, or at one where nothing happens."""

from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

from referrals.duties.duty import DutyKind, NewDuty, Reminder, Section, shown_ahead
from referrals.duties.knowing import managers_of, opened_by
from referrals.enums import Stage
from referrals.facts import Facts
from referrals.facts.rows import StageChangeRow
from referrals.principals import managers, user
from restorative.common import clock
from restorative.common.rules import rules


def paused_review(facts: Facts) -> Iterator[NewDuty]:
    """Look again on its day at what was not now: the lead. Late: the lead's manager."""
    referral = facts.referral
    if facts.stage != Stage.PAUSED or referral.review_on is None:
        return
    day, house = clock.moment(referral.review_on, 9), referral.lead_organisation_id
    yield NewDuty(
        # After a death it is only a reminder: My work does not ask whether it is the right time.
        "paused_after_death" if facts.anyone_died else "paused_review",
        user(referral.lead_id),
        referral.id,
        starts_at=shown_ahead(day),
        due_at=day,
        version=referral.review_on.toordinal(),
        told=(referral.lead_id,),
        late_at=facts.morning_after(day, rules().paused_manager_working_days, house),
        late=managers_of(facts, referral.lead_id, house),
    )


def nothing_happened(facts: Facts) -> Iterator[NewDuty]:
    """Look at a referral in which nothing that the lead knows of has happened for long. What they do not open neither
    stops nor starts it."""
    referral = facts.referral
    if facts.stage == Stage.PAUSED:
        return
    last = last_known(facts, opened_by(facts, referral.lead_id))
    due = facts.morning_after(last, rules().nothing_happened_working_days, referral.lead_organisation_id)
    yield NewDuty(
        "nothing_happened",
        user(referral.lead_id),
        referral.id,
        starts_at=due,
        due_at=due,
        # One reminder a week: it moves along with every change in that week.
        version=clock.today(last).toordinal() // 7,
        told=(referral.lead_id,),
    )


def supervision(facts: Facts) -> Iterator[NewDuty]:
    """Speak about a referral in which nothing has happened for long: the managers of the organisation that leads.

    Only what their own organisation did counts: what another did neither keeps it off their list nor puts it there.
    """
    house = facts.referral.lead_organisation_id
    if facts.stage == Stage.PAUSED:
        return
    last = last_known(facts, {party.id for party in facts.present if party.row.organisation_id == house})
    due = facts.morning_after(last, rules().nothing_happened_working_days, house)
    yield NewDuty("supervision", managers(house), facts.referral.id, starts_at=due, due_at=due)


def last_known(facts: Facts, opened: set[UUID]) -> datetime:
    """When a reader of these compartments last knew of anything being done, in them or to the referral."""
    known = [
        row.released_at or row.created_at
        for row in facts.rows(StageChangeRow)
        if not row.waits_for_release or row.party_id in opened
    ]
    noted = [party.last_noted_at for party in facts.present if party.id in opened]
    return max([facts.referral.logged_at, *known, *noted])


RULES = (paused_review, nothing_happened, supervision)
_PAUSED = Reminder("worker_paused_review", "look at it again today")
_PAUSED_LATE = Reminder("worker_paused_review_late", "the day to look at it again has passed")
KINDS = (
    DutyKind(
        "paused_review",
        _PAUSED,
        _PAUSED_LATE,
        section=Section.OWN,
        what="Look again: is it the right time now?",
        action="Decide",
        page="referrals:decide",
        hint="looked_at",
        yields=True,
    ),
    DutyKind("paused_after_death", _PAUSED, _PAUSED_LATE),
    DutyKind("nothing_happened", Reminder("worker_nothing_happened", "nothing has happened for a long time")),
    DutyKind("supervision", section=Section.SUPERVISION),
)
