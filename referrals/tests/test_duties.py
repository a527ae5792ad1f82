"""Duties: due dates and workers of each kind, the effect of closures, how they are stored, and who may see them."""

from datetime import date, timedelta
from uuid import UUID, uuid4

import pytest
from django.urls import reverse
from django.utils import timezone

from meetings.demo import story as play
from meetings.demo.staff import Staff
from meetings.demo.story import Pair, Played
from referrals.actions import concerns, lifecycle, reaching, readiness, records
from referrals.actions.grants import bar
from referrals.actions.sheets import publish_sheet
from referrals.duties import KINDS, NewDuty, duties_of
from referrals.duties.knowing import opened_by, sees
from referrals.enums import (
    ApproachResult,
    ConcernKind,
    RouteKind,
    SignOffDecision,
    Suitable,
)
from referrals.facts import facts_of
from referrals.models import Duty, Party, ReadinessCheck, Referral
from referrals.projections import reproject
from referrals.tasks import stale_projections
from restorative.accounts.models import Closure, User
from restorative.common import clock
from tests.stories import tell

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("morning")]


def log(staff: Staff, **kwargs) -> Played:
    return play.log(staff, Pair("Sam", "Jo"), timezone.now(), **kwargs)


def todo(made: Played, kind: str = "") -> list[NewDuty]:
    facts = facts_of(made.referral.pk, timezone.now(), closures=True)
    return [duty for duty in duties_of(facts) if duty.kind == kind or not kind]


def due(made: Played, kind: str) -> list[tuple[str, str]]:
    """Whose it is and by when."""
    names = {f"user:{user.pk}": key for key, user in made.staff.people.items()}
    found = [(names.get(d.principal, d.principal), clock.show_when(d.due_at)) for d in todo(made, kind)]
    return sorted(found, key=lambda each: each[1])


def named(staff: Staff, keys: tuple[UUID, ...]) -> list[str]:
    names = {user.pk: key for key, user in staff.people.items()}
    return sorted(names[key] for key in keys)


def closed(staff: Staff, who: str, *days: str) -> None:
    for day in days:
        Closure.objects.create(organisation=staff[who].organisation, date=date.fromisoformat(day))


def waiting_for_jo(staff: Staff) -> Played:
    made = log(staff)
    play.save_talk(party=made.own, talk=play.talk_for(made, made.own), by=staff["asha"], at=timezone.now())
    play.give_keyworkers(made, timezone.now())
    reaching.record_approach(
        party=made.other,
        how=RouteKind.PHONE,
        result=ApproachResult.WAITING,
        by=staff["kit"],
        at=timezone.now() + timedelta(minutes=1),
    )
    return made


# --- One of each kind ------------------------------------------------------------------------------------------


def test_first_contact_is_due_after_five_working_days_and_the_manager_hears_two_later(staff: Staff) -> None:
    made = log(staff)
    [duty] = todo(made, "first_contact")
    assert due(made, "first_contact") == [("asha", "Tue 9 March, 9am")]
    assert (duty.party, duty.starts_at) == (made.own.pk, made.own.created_at)
    assert (clock.show_when(duty.late_at), named(staff, duty.late)) == ("Thu 11 March, 9am", ["mo"])


def test_who_was_asked_is_asked_again_after_7_and_14_working_days_and_reviewed_after_21(staff: Staff) -> None:
    made = waiting_for_jo(staff)
    assert due(made, "asked") == [("kit", "Thu 11 March, 9am")]
    assert due(made, "consent_still_outstanding") == [("kit", "Mon 22 March, 9am")]
    assert due(made, "consent_review") == [("kit", "Fri 2 April, 9am")]


def test_what_runs_out_is_shown_a_week_before_until_it_is_over(staff: Staff) -> None:
    made = tell("ready", staff, timezone.now())
    [own, other] = todo(made, "runs_out_readiness")
    # Readiness lasts 28 days: Sam was talked with on 24 February, Jo the day after.
    assert clock.show_when(own.starts_at) == "Wed 17 March, 9am"
    assert clock.show_when(other.starts_at) == "Thu 18 March, 9am"
    assert own.ends_at == own.due_at


def test_a_check_accepted_late_runs_out_on_the_day_that_booking_counts_it_until(
    staff: Staff, morning
) -> None:
    made = tell("ready", staff, timezone.now())
    [check] = ReadinessCheck.objects.unscoped("test").filter(party=made.own)
    morning.move_to(check.completed_at + timedelta(days=30))
    readiness.accept_late(check=check, why="Nothing has changed.", by=staff["mo"])

    facts = facts_of(made.referral.pk, timezone.now(), closures=True)
    [duty] = [d for d in todo(made, "runs_out_readiness") if d.party == made.own.pk]
    assert duty.due_at == facts.parties[made.own.pk].ready_until == check.completed_at + timedelta(days=42)


def test_a_record_that_goes_is_said_a_week_before(staff: Staff) -> None:
    made = log(staff)
    [duty] = todo(made, "record_goes")
    assert (duty.party, duty.due_at) == (made.other.pk, made.other.created_at + timedelta(days=60))
    assert clock.show_when(duty.starts_at) == "Sat 24 April, 9am"


def test_a_concern_waits_for_managers_and_safeguarding_leads_and_each_turn_is_another(staff: Staff) -> None:
    made = log(staff)
    concern = concerns.raise_concern(party=made.own, kind=ConcernKind.LAPSE, by=staff["asha"])
    house = staff["asha"].organisation_id
    first = todo(made, "sign_off")
    assert {duty.principal for duty in first} == {f"managers:{house}", f"leads:{house}"}
    assert {(duty.version, clock.show_when(duty.due_at)) for duty in first} == {(1, "Thu 4 March, 9am")}
    assert all(duty.safety and named(staff, duty.told) == ["mo", "sal"] for duty in first)

    concerns.sign_off(concern=concern, decision=SignOffDecision.DO_NOT_GO, reason="No.", by=staff["mo"])
    again = todo(made, "sign_off")
    assert {(duty.version, clock.show_day(duty.starts_at)) for duty in again} == {(2, "Tue 27 April")}


def test_a_records_check_waits_for_the_leads_and_late_for_the_managers(staff: Staff) -> None:
    made = log(staff)
    records.ask_for_records_check(referral=made.referral, by=staff["asha"])
    house = staff["asha"].organisation_id
    assert due(made, "records_check") == [(f"leads:{house}", "Thu 4 March, 9am")]
    assert due(made, "records_check_late") == [(f"managers:{house}", "Mon 8 March, 9am")]


def test_a_pause_is_shown_a_week_before_its_day(staff: Staff) -> None:
    made = log(staff)
    lifecycle.decide(
        referral=made.referral,
        party=made.own,
        decision=Suitable.NOT_NOW,
        reason="After the move.",
        review_on=date(2027, 3, 12),
        by=staff["asha"],
    )
    assert {duty.kind for duty in todo(made)} == {"paused_review", "record_goes"}
    [duty] = todo(made, "paused_review")
    assert clock.show_when(duty.due_at) == "Fri 12 March, 9am"
    assert clock.show_day(duty.starts_at) == "Fri 5 March"
    assert clock.show_when(duty.late_at) == "Wed 17 March, 9am"


def test_nothing_happened_counts_from_what_the_lead_knows(staff: Staff, morning) -> None:
    made = waiting_for_jo(staff)
    before = todo(made, "nothing_happened")
    morning.move_to("2027-03-15 10:00")
    play.save_talk(party=made.other, talk=play.talk_for(made, made.other), by=staff["kit"], at=timezone.now())
    assert todo(made, "nothing_happened") == before
    reaching.record_approach(
        party=made.own, how=RouteKind.PHONE, result=ApproachResult.ANSWERED, by=staff["asha"]
    )
    assert due(made, "nothing_happened") == [("asha", "Wed 14 April, 9am")]


def test_a_closed_referral_has_nothing_to_do(staff: Staff) -> None:
    made = waiting_for_jo(staff)
    lifecycle.close(referral=made.referral, reason="not_the_time", by=staff["asha"])
    assert todo(made) == []


def test_every_kind_that_a_rule_makes_is_in_the_table(staff: Staff) -> None:
    made = tell("agreement_open", staff, timezone.now())
    assert {duty.kind for duty in [*todo(made), *todo(waiting_for_jo(staff))]} <= KINDS.keys()


# --- Closures --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "open_day", "closed_day"),
    [
        ("first_contact", "Tue 9 March, 9am", "Wed 10 March, 9am"),
        ("nothing_happened", "Thu 1 April, 9am", "Fri 2 April, 9am"),
        ("records_check", "Thu 4 March, 9am", "Fri 5 March, 9am"),
        ("records_check_late", "Mon 8 March, 9am", "Tue 9 March, 9am"),
        ("sign_off", "Thu 4 March, 9am", "Fri 5 March, 9am"),
    ],
)
def test_a_closure_moves_what_is_due_by_a_day(
    kind: str, open_day: str, closed_day: str, staff: Staff
) -> None:
    made = log(staff)
    records.ask_for_records_check(referral=made.referral, by=staff["asha"])
    concerns.raise_concern(party=made.own, kind=ConcernKind.LAPSE, by=staff["asha"])
    assert {when for _, when in due(made, kind)} == {open_day}
    closed(staff, "asha", "2027-03-03")
    assert {when for _, when in due(made, kind)} == {closed_day}


def test_the_closures_are_those_of_the_organisation_that_supports_them(staff: Staff) -> None:
    made = waiting_for_jo(staff)
    type(made.other)._base_manager.filter(pk=made.other.pk).update(organisation=staff["carol"].organisation)
    closed(staff, "asha", "2027-03-03")
    assert due(made, "asked") == [("kit", "Thu 11 March, 9am")]
    closed(staff, "carol", "2027-03-04")
    assert due(made, "asked") == [("kit", "Fri 12 March, 9am")]


def test_a_closure_moves_who_hears_late_too(staff: Staff) -> None:
    made = log(staff)
    closed(staff, "asha", "2027-03-10")
    [duty] = todo(made, "first_contact")
    assert clock.show_when(duty.due_at) == "Tue 9 March, 9am"
    assert clock.show_when(duty.late_at) == "Fri 12 March, 9am"


# --- As they are stored ----------------------------------------------------------------------------------------


def stored(made: Played) -> list[Duty]:
    return list(Duty.objects.unscoped("test").filter(referral=made.referral))


def test_each_change_stores_what_is_to_be_done(staff: Staff, morning) -> None:
    made = log(staff)
    assert {(row.kind, row.principal) for row in stored(made)} == {(d.kind, d.principal) for d in todo(made)}
    morning.shift(60)
    play.save_talk(party=made.own, talk=play.talk_for(made, made.own), by=staff["asha"], at=timezone.now())
    assert "way_talk" not in {row.kind for row in stored(made) if row.party_id == made.own.pk}
    assert reproject([made.referral.pk], timezone.now(), repair=False) == 0


def test_only_what_differs_is_written(staff: Staff, morning) -> None:
    made = waiting_for_jo(staff)
    before = {row.pk for row in stored(made)}
    morning.shift(timedelta(hours=1))
    reaching.record_approach(party=made.own, result=ApproachResult.ANSWERED, by=staff["asha"])
    kept = before & {row.pk for row in stored(made)}
    assert len(kept) >= len(before) - 4


@pytest.mark.parametrize("days", [3, 20, 29, 60, 100, 200])
def test_what_begins_or_ends_by_itself_needs_no_change(days: int, staff: Staff, morning) -> None:
    """As stored once, it is as computed anew at any later time."""
    made = tell("ready", staff, timezone.now())
    booked = tell("booked_tomorrow", staff, timezone.now(), pair=Pair("Una", "Vic"))
    later = waiting_for_jo(staff)
    morning.shift(timedelta(days=days))
    keys = [each.referral.pk for each in (made, booked, later)]
    assert reproject(keys, timezone.now(), repair=False) == 0


def test_when_readiness_runs_out_the_next_step_is_a_check_in(staff: Staff, morning) -> None:
    made = tell("ready", staff, timezone.now())
    steps = {d.kind: d for d in todo(made) if d.principal == f"user:{staff['asha'].pk}"}
    until = facts_of(made.referral.pk, timezone.now()).parties[made.own.pk].ready_until
    assert steps["plan"].ends_at <= until + timedelta(seconds=1)
    assert steps["way_check_in"].starts_at == until + timedelta(microseconds=1)


def test_a_closure_entered_later_moves_what_is_stored(staff: Staff) -> None:
    made = log(staff)
    closed(staff, "asha", "2027-03-05")
    assert Referral.objects.unscoped("test").get(pk=made.referral.pk).stale
    stale_projections()
    [row] = [row for row in stored(made) if row.kind == "first_contact"]
    assert clock.show_when(row.due_at) == "Wed 10 March, 9am"
    assert not Referral.objects.unscoped("test").get(pk=made.referral.pk).stale


def test_a_sheet_that_changes_materially_is_worked_into_everything_that_is_open(staff: Staff) -> None:
    made = tell("ready", staff, timezone.now())
    publish_sheet(words="New words.", material=True, after=1, by=staff["adam"])
    stale_projections()
    assert {"plan"} & {row.kind for row in stored(made)} == set()


# --- Who may know of them --------------------------------------------------------------------------------------


def shown(user, made: Played) -> set[str]:
    rows = Duty.objects.visible_to(user).filter(referral=made.referral)
    soon = timezone.now() + timedelta(minutes=2)
    return set(rows.running(soon).values_list("kind", flat=True))


def test_a_worker_sees_only_their_own(staff: Staff) -> None:
    made = waiting_for_jo(staff)
    assert "asked" in shown(staff["kit"], made)
    assert "asked" not in shown(staff["asha"], made) | shown(staff["ben"], made) | shown(staff["mo"], made)


def test_who_is_barred_sees_none(staff: Staff) -> None:
    made = log(staff)
    concerns.raise_concern(party=made.own, kind=ConcernKind.LAPSE, by=staff["asha"])
    assert shown(staff["mo"], made)
    bar(referral=made.referral, user=staff["mo"], reason="A cousin.", by=staff["sal"])
    assert shown(staff["mo"], made) == set()


def test_a_second_person_has_no_part_and_did_not_raise_it(staff: Staff) -> None:
    made = log(staff, lead="mo")
    concerns.raise_concern(party=made.own, kind=ConcernKind.LAPSE, by=staff["mo"])
    assert "sign_off" not in shown(staff["mo"], made)
    assert "sign_off" in shown(staff["sal"], made)
    raised = log(staff)
    concerns.raise_concern(party=raised.own, kind=ConcernKind.LAPSE, by=staff["sal"])
    assert "sign_off" not in shown(staff["sal"], raised)
    assert "sign_off" in shown(staff["mo"], raised)


def test_who_is_no_lead_any_more_sees_no_stop_at_the_next_request(staff: Staff) -> None:
    made = log(staff)
    concerns.raise_concern(party=made.own, kind=ConcernKind.THREATS, by=staff["asha"])
    assert "stop" in shown(staff["sal"], made)
    type(staff["sal"]).objects.filter(pk=staff["sal"].pk).update(safeguarding_lead=False)
    assert "stop" not in shown(type(staff["sal"]).objects.get(pk=staff["sal"].pk), made)


def test_each_kind_leads_to_a_page_that_exists() -> None:
    for kind in KINDS.values():
        given = {"reference": "RP-7K3M-9Q", "party": uuid4(), "thing": uuid4()}
        assert reverse(kind.page, args=[given[name] for name in kind.args])
        if kind.reminder_page:
            args = [uuid4()] if kind.reminder_page == "referrals:share" else []
            assert reverse(kind.reminder_page, args=args)


@pytest.mark.parametrize(
    "name", ["booked_tomorrow", "on_hold", "blocked_stop", "blocked_sign_off", "blocked_records_check"]
)
def test_reminders_and_pages_agree_on_what_a_worker_may_know(name: str, staff: Staff) -> None:
    """Reminders are checked against facts, pages against the access that is stored."""
    made = tell(name, staff, timezone.now())
    key = made.referral.pk
    facts = facts_of(key, timezone.now(), closures=True)
    workers = User.objects.filter(pk__in=facts.staff)
    assert {user.pk for user in workers if sees(facts, user.pk)} == {
        user.pk for user in workers if Referral.objects.visible_to(user).filter(pk=key).exists()
    }
    for user in workers:
        here = Party.objects.opened_by(user).filter(referral=key), Party.objects.safety_opened_by(user)
        assert opened_by(facts, user.pk) == set(here[0].values_list("pk", flat=True))
        safety = here[1].filter(referral=key).values_list("pk", flat=True)
        assert opened_by(facts, user.pk, safety=True) == set(safety)
