"""Duties about meetings: on the day, after a call-off, the record, and the calls and actions that follow."""

from datetime import datetime, timedelta
from uuid import UUID

import pytest
from django.utils import timezone

from meetings.demo import story as play
from meetings.demo.staff import Staff
from meetings.models import FollowUp
from referrals.actions import consent
from referrals.actions.facilitation import appoint
from referrals.duties import NewDuty, duties_of
from referrals.enums import Part, Purpose
from referrals.facts import facts_of
from restorative.accounts.models import Closure
from restorative.common import clock
from tests.stories import tell

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("morning")]


def todo(made: play.Played, kind: str) -> list[NewDuty]:
    facts = facts_of(made.referral.pk, timezone.now(), closures=True)
    return [duty for duty in duties_of(facts) if duty.kind.startswith(kind)]


def whose(made: play.Played, kind: str) -> set[str]:
    names = {f"user:{user.pk}": key for key, user in made.staff.people.items()}
    return {names[duty.principal] for duty in todo(made, kind)}


def named(staff: Staff, keys: tuple[UUID, ...]) -> list[str]:
    names = {user.pk: key for key, user in staff.people.items()}
    return sorted(names[key] for key in keys)


def close_on(staff: Staff, day: datetime) -> None:
    Closure.objects.create(organisation=staff["asha"].organisation, date=clock.today(day))


def next_working(day: datetime, days: int) -> str:
    return str(clock.add_working_days(clock.today(day), days, frozenset()))


def test_each_worker_asks_on_the_day_until_everybody_they_support_was_asked(staff: Staff, morning) -> None:
    made = tell("booked_tomorrow", staff, timezone.now())
    assert whose(made, "day_check") == {"asha", "kit"}
    assert {duty.ends_at for duty in todo(made, "day_check")} == {made.meeting.starts_at}
    morning.move_to(play.day_at(1, 8))
    play.check_the_day(made, timezone.now())
    assert whose(made, "day_check") == set()


def test_a_call_off_is_released_by_those_who_may_know_of_it(staff: Staff) -> None:
    made = tell("booked_tomorrow", staff, timezone.now())
    consent.withdraw(party=made.other, by=staff["kit"])
    assert whose(made, "release") == {"kit", "fay"}
    assert {duty.party for duty in todo(made, "release")} == {made.other.pk}
    # For the other side it is still booked.
    assert whose(made, "day_check") == {"asha"}


def test_the_record_is_for_those_who_ran_it_and_the_lead_who_is_not_reminded(staff: Staff) -> None:
    made = tell("record_overdue", staff, timezone.now())
    assert whose(made, "record") == {"asha", "fay"}
    assert {who for duty in todo(made, "record") for who in named(staff, duty.told)} == {"fay"}
    assert {who for duty in todo(made, "record") for who in named(staff, duty.late)} == {"mo"}


def test_a_closure_moves_the_record_and_who_hears_late(staff: Staff) -> None:
    made = tell("record_overdue", staff, timezone.now())
    starts = made.meeting.starts_at
    before = {(str(clock.today(d.due_at)), str(clock.today(d.late_at))) for d in todo(made, "record")}
    assert before == {(next_working(starts, 2), next_working(starts, 5))}
    close_on(staff, clock.moment(clock.add_working_days(clock.today(starts), 1, frozenset()), 9))
    after = {(str(clock.today(d.due_at)), str(clock.today(d.late_at))) for d in todo(made, "record")}
    assert after == {(next_working(starts, 3), next_working(starts, 6))}


def test_a_closure_moves_when_a_manager_hears_of_a_late_call(staff: Staff) -> None:
    made = tell("follow_up_due", staff, timezone.now())
    [duty] = [d for d in todo(made, "follow_up_debrief") if d.party == made.other.pk]
    assert str(clock.today(duty.late_at)) == next_working(duty.due_at, 3)
    assert named(staff, duty.late) == ["mo"]
    close_on(staff, clock.moment(clock.add_working_days(clock.today(duty.due_at), 1, frozenset()), 9))
    [duty] = [d for d in todo(made, "follow_up_debrief") if d.party == made.other.pk]
    assert str(clock.today(duty.late_at)) == next_working(duty.due_at, 4)


def test_calls_fall_on_days_on_which_their_organisation_is_open(staff: Staff, morning) -> None:
    now = timezone.now()
    made = play.make_ready(
        play.log(staff, play.Pair("Sam", "Jo"), now - timedelta(days=9)), now - timedelta(days=6)
    )
    play.book_meeting(made, play.day_at(-1, 15), now - timedelta(days=3))
    play.start_meeting(made)
    close_on(staff, now)
    play.record_it(made, now - timedelta(minutes=30))
    rows = FollowUp.objects.unscoped("test").filter(kind="debrief")
    assert {str(row.due_on) for row in rows} == {next_working(made.meeting.starts_at, 3)}


def test_a_call_is_its_partys_workers_and_shown_a_week_before(staff: Staff) -> None:
    made = tell("follow_up_due", staff, timezone.now())
    rows = {duty.party: duty for duty in todo(made, "follow_up_weeks_2")}
    duty = rows[made.other.pk]
    assert duty.principal == f"user:{staff['kit'].pk}"
    assert clock.today(duty.due_at) - clock.today(duty.starts_at) == timedelta(days=7)


def test_the_debrief_is_a_second_workers_where_the_facilitator_supports_another(staff: Staff) -> None:
    made = tell("follow_up_due", staff, timezone.now())
    appoint(referral=made.referral, user=staff["asha"], by=staff["asha"])
    appoint(referral=made.referral, user=staff["ben"], part=Part.SECOND_WORKER, by=staff["fay"])
    callers = {duty.party: duty.principal for duty in todo(made, "follow_up_debrief")}
    assert callers == {
        made.own.pk: f"user:{staff['asha'].pk}",
        made.other.pk: f"user:{staff['ben'].pk}",
    }


def test_an_action_is_asked_about_by_a_worker_who_reads_it(staff: Staff) -> None:
    made = tell("agreement_open", staff, timezone.now())
    assert whose(made, "action") == {"asha", "kit"}
    consent.withdraw(party=made.other, purpose=Purpose.SIGHT, by=staff["kit"])
    assert whose(made, "action") == {"asha"}
