"""The records check across organisations: who is found, who sees it, and that no other user can tell from anything."""

from datetime import datetime, timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from meetings.demo import situations
from meetings.demo import story as play
from meetings.demo.staff import Staff
from meetings.tests.pages import client_of, errors_of, send
from referrals.actions import concerns, facilitation, records
from referrals.actions.matching import match_names
from referrals.blockers import blockers
from referrals.enums import ConcernKind, Gate, Likeness, Part, Verdict
from referrals.models import Bar, Duty, Person, RecordsCheck, RecordsHit
from referrals.tasks import records_checks

# A Tuesday, half past ten.
from referrals.tests.checking import BORN, MORNING, asked, at, hits_of, known_at_carers, look, released_at
from restorative.accounts.models import User
from restorative.audit.models import AuditEntry
from restorative.common import clock
from restorative.common.decisions import NotPossible, Refused
from restorative.common.rules import rules
from restorative.notify.models import Message, State
from restorative.notify.outbox import reconcile

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def frozen():
    with time_machine.travel(MORNING, tick=False) as traveller:
        yield traveller


# --- Who sees it ----------------------------------------------------------------------------------------------


def test_only_safeguarding_leads_of_the_leading_organisation_see_hits(staff: Staff) -> None:
    known_at_carers(staff)
    made, check = asked(staff)
    User.objects.filter(pk=staff["mina"].pk).update(safeguarding_lead=True)
    match_names(check=check, at=timezone.now())

    def sees() -> set[str]:
        return {
            key
            for key, user in staff.people.items()
            if RecordsHit.objects.visible_to(User.objects.get(pk=user.pk)).exists()
        }

    assert sees() == {"sal"}
    facilitation.appoint(referral=made.referral, user=staff["sal"], part=Part.SECOND_WORKER, by=staff["asha"])
    assert sees() == set()


def test_after_release_hits_are_visible_to_no_one(staff: Staff) -> None:
    known_at_carers(staff)
    _, check = asked(staff)
    look(check, staff)
    records.release_by_phone(check=check, by=staff["sal"])
    assert not RecordsHit.objects.visible_to(staff["sal"]).exists()


def test_the_page_shows_only_what_the_decision_needs(staff: Staff) -> None:
    known = known_at_carers(staff, born_on=BORN)
    concerns.raise_concern(
        party=known.own, kind=ConcernKind.COERCIVE_CONTROL, detail="Takes their phone.", by=staff["carol"]
    )
    User.objects.filter(pk=staff["mina"].pk).update(safeguarding_lead=True)
    _, check = asked(staff)
    records_checks()
    sal = client_of(staff["sal"])

    listed = sal.get("/records-checks/").content.decode()
    shown = sal.get(f"/records-checks/{check.pk}/release/").content.decode()

    for page in (listed, shown):
        assert "Catherine Example" in page
        assert "4 March 1990" in page
        assert "Carers Leeds" in page
        for more in ("oercive", "Takes their phone", known.referral.reference, "Wilhelmina"):
            assert more not in page
    assert "A stop" in listed
    assert "Open there: a stop" in shown
    assert f"Mina on {staff['mina'].work_phone}" in shown


def test_the_most_similar_come_first(staff: Staff) -> None:
    known_at_carers(staff, "Kathryn", "Example", born_on=BORN)
    known_at_carers(staff, "Catherine", "Example")
    made, _ = asked(staff)
    Person.objects.unscoped("test").filter(pk=made.own.person_id).update(born_on=BORN)
    records_checks()

    (box,) = client_of(staff["sal"]).get("/records-checks/").context["checks"]

    assert [(row[0], row[4]) for row in box["hits"]] == [
        ("Kathryn Example", "Very likely"),
        ("Catherine Example", "Possible"),
    ]


def test_before_matching_the_page_says_so(staff: Staff) -> None:
    _, check = asked(staff)
    sal = client_of(staff["sal"])
    assert "being looked for" in sal.get("/records-checks/").content.decode()
    records_checks()
    assert "Nobody like them" in sal.get("/records-checks/").content.decode()
    assert "Nobody like them" in sal.get(f"/records-checks/{check.pk}/release/").content.decode()


def test_the_list_takes_as_many_queries_for_thirty(staff: Staff) -> None:
    known = known_at_carers(staff)
    sal = client_of(staff["sal"])

    def one_more(pair: play.Pair) -> None:
        made, check = asked(staff, pair)
        RecordsHit.objects.create(
            records_check=check,
            party=made.own,
            matched_id=known.own.person_id,
            organisation=staff["carol"].organisation,
            likeness=Likeness.POSSIBLE,
            created_at=timezone.now(),
        )

    def queries() -> int:
        with CaptureQueriesContext(
            connection,
        ) as caught:
            assert sal.get("/records-checks/").status_code == 200
        return len(caught)

    one_more(situations.PAIRS[0])
    sal.get("/records-checks/")
    first = queries()
    for pair in situations.PAIRS[1:30]:
        one_more(pair)
    assert len(sal.get("/records-checks/").context["checks"]) == 30
    assert queries() == first <= 15


def test_a_lead_barred_from_the_referral_of_a_hit_does_not_see_the_check(staff: Staff) -> None:
    """Neither the hit nor whether it has an open concern. Another safeguarding lead reviews it."""
    known = known_at_carers(staff)
    made, check = asked(staff)
    User.objects.filter(pk=staff["ben"].pk).update(safeguarding_lead=True)
    match_names(check=check, at=timezone.now())
    assert hits_of(check)
    Bar.objects.create(
        referral=known.referral,
        user=staff["sal"],
        organisation=staff["sal"].organisation,
        reason="-",
        created_at=timezone.now(),
    )

    sal, ben = client_of(staff["sal"]), client_of(User.objects.get(pk=staff["ben"].pk))
    assert made.referral.reference not in sal.get("/records-checks/").content.decode()
    assert sal.get(f"/records-checks/{check.pk}/release/").status_code == 403
    assert not RecordsHit.objects.visible_to(staff["sal"]).exists()
    assert "Catherine" in ben.get("/records-checks/").content.decode()
    # And gets no reminder of a check they cannot find.
    reconcile(made.referral.pk)
    told = Message.objects.filter(kind="worker_records_check_waiting", state=State.DUE)
    assert list(told.values_list("recipient_id", flat=True)) == [staff["ben"].pk]


# --- Done, and released ---------------------------------------------------------------------------------------


def test_each_hit_needs_a_verdict_before_it_is_done(staff: Staff) -> None:
    known_at_carers(staff)
    made, check = asked(staff)
    records_checks()
    (hit,) = hits_of(check)
    field = f"hit_{hit.pk.hex}"
    sal, path = client_of(staff["sal"]), f"/records-checks/{check.pk}/release/"

    without = send(sal, path)
    done = send(sal, path, **{field: "same", f"{field}_why": "Mina knows them."})

    assert field in errors_of(without)
    assert done.status_code == 303
    (hit,) = hits_of(check)
    assert (hit.verdict, hit.note, hit.looked_by, hit.looked_at) == (
        Verdict.SAME,
        "Mina knows them.",
        staff["sal"],
        timezone.now(),
    )
    assert "is released today at 11am" in sal.get("/records-checks/").content.decode()
    assert released_at(check) is None
    assert "records_check" in {row.code for row in blockers(made.referral, Gate.BOOK, timezone.now())}


def test_it_cannot_be_released_with_an_unreviewed_hit(staff: Staff) -> None:
    known_at_carers(staff)
    _, check = asked(staff)
    with pytest.raises(NotPossible):
        records.release_records_check(check=check, by=staff["sal"])
    assert not records.finish_records_check(check=check, said={}, by=staff["sal"])
    with pytest.raises(NotPossible):
        records.release_by_phone(check=check, by=staff["sal"])
    assert records.release_due(at=at(16, day=3)) == 0


def test_a_hit_found_during_the_review_is_reviewed_too(staff: Staff) -> None:
    known_at_carers(staff)
    _, check = asked(staff)
    records_checks()
    (hit,) = hits_of(check)
    known_at_carers(staff, "Katherine")
    sal, path = client_of(staff["sal"]), f"/records-checks/{check.pk}/release/"

    back = send(sal, path, **{f"hit_{hit.pk.hex}": "not_same"})

    assert back.headers["Location"] == path
    assert "More names were found meanwhile" in sal.get(path).content.decode()
    assert sorted(each.verdict for each in hits_of(check)) == ["", "not_same"]
    assert RecordsCheck.objects.unscoped("test").get().done_at is None


@pytest.mark.parametrize(
    ("done", "released"),
    [
        (at(10, 59), at(11)),
        (at(11), at(16)),  # a check finished exactly at the release time is released with the next
        (at(15, 59), at(16)),
        (at(16, 1), at(11, day=3)),
        (at(17, day=5), at(11, day=8)),  # over a weekend
        (at(17, day=25), at(11, day=30)),  # over Easter, on London's new summer time
    ],
)
def test_it_is_released_at_the_next_fixed_time(
    done: datetime, released: datetime, staff: Staff, frozen
) -> None:
    _, check = asked(staff)
    frozen.move_to(done)
    assert look(check, staff)
    assert clock.next_of(done, rules().records_release_minutes) == released

    assert records.release_due(at=released - timedelta(seconds=1)) == 0
    assert records.release_due(at=released) == 1
    assert records.release_due(at=released) == 0

    assert released_at(check) == released
    assert AuditEntry.objects.filter(verb="records_check_released").count() == 1


def test_the_timetable_runs_it(staff: Staff, frozen) -> None:
    _, check = asked(staff)
    records_checks()
    look(check, staff)
    frozen.move_to(at(11, 0))
    records_checks()
    records_checks()
    assert released_at(check) == at(11)


def test_it_is_released_at_once_when_the_lead_was_rung(staff: Staff) -> None:
    _, check = asked(staff)
    records_checks()
    sal = client_of(staff["sal"])

    send(sal, f"/records-checks/{check.pk}/release/", rang="on")

    assert released_at(check) == timezone.now()
    told = AuditEntry.objects.get(verb="records_check_told_by_phone")
    assert str(staff["asha"].pk) in [str(each) for each in told.thing_ids]
    assert records.release_due(at=at(11)) == 0


def test_nothing_is_left_to_do_once_it_is_done_and_no_one_else_notices(staff: Staff) -> None:
    made, check = asked(staff)
    assert waits_for_a_lead() == 1
    made.referral.refresh_from_db()
    before = (made.referral.version, made.referral.last_activity_at)

    assert look(check, staff)

    assert waits_for_a_lead() == 0
    made.referral.refresh_from_db()
    assert (made.referral.version, made.referral.last_activity_at) == before


def test_a_check_that_waits_for_its_time_can_still_be_released_by_phone(staff: Staff) -> None:
    _, check = asked(staff)
    look(check, staff)
    sal, path = client_of(staff["sal"]), f"/records-checks/{check.pk}/release/"

    assert "Sal said that it is done" in sal.get(path).content.decode()
    assert "rang" in errors_of(send(sal, path))
    send(sal, path, rang="on")

    assert released_at(check) == timezone.now()


def test_a_check_finished_by_a_worker_who_has_since_joined_waits_again(staff: Staff) -> None:
    made, check = asked(staff)
    look(check, staff)
    facilitation.appoint(referral=made.referral, user=staff["sal"], part=Part.SECOND_WORKER, by=staff["asha"])

    assert waits_for_a_lead() == 0

    assert records.release_due(at=at(11)) == 0

    assert waits_for_a_lead() == 1
    fresh = RecordsCheck.objects.unscoped("test").get()
    assert (fresh.done_at, fresh.released_at) == (None, None)


def waits_for_a_lead() -> int:
    """How many stored duties ask a safeguarding lead to look."""
    return Duty.objects.unscoped("test").filter(kind="records_check").running(timezone.now()).count()


@pytest.mark.parametrize("who", ["asha", "mo", "carol", "gwen"])
def test_other_users_cannot_finish_it(who: str, staff: Staff) -> None:
    _, check = asked(staff)
    for refused in (
        lambda: records.finish_records_check(check=check, said={}, by=staff[who]),
        lambda: records.release_by_phone(check=check, by=staff[who]),
    ):
        with pytest.raises(Refused):
            refused()
