"""Each blocker by find_blockers and by an independent reading, in made-up worlds; and the exact moment at which
each expires. The independent reading is in blockers_by_hand.py, written from docs/domain.md."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import transaction
from hypothesis import HealthCheck, given, settings

from meetings.demo import story as play
from meetings.demo.staff import Staff
from meetings.demo.story import Played
from referrals.actions import concerns, consent, readiness
from referrals.actions.talk import QUESTIONS, check_in
from referrals.blockers import BY_KEY, blockers
from referrals.enums import (
    Answer,
    ConcernKind,
    Gate,
    Purpose,
    SignOffDecision,
)
from referrals.models import (
    ReadinessCheck,
)
from referrals.tests.blocker_worlds import INSTANT, NOW, Made, Written, worlds
from referrals.tests.blockers_by_hand import AT_START, EACH, WHOLE, Reading
from restorative.accounts.models import User
from restorative.common import clock
from tests.depth import DEPTH
from tests.stories import staff_now, tell

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def people(django_db_setup: None, django_db_blocker) -> Iterator[Staff]:
    """The cast, created once for all worlds, at a stopped clock."""
    with django_db_blocker.unblock(), time_machine.travel(NOW, tick=False), transaction.atomic():
        people = staff_now()
        # One of the possible facilitators no longer works here.
        User.objects.filter(pk=people["wes"].pk).update(is_active=False)
        yield people
        transaction.set_rollback(True)


@pytest.mark.deep
@settings(
    max_examples=DEPTH.worlds,
    deadline=None,
    print_blob=True,
    suppress_health_check=[
        HealthCheck.function_scoped_fixture,
        HealthCheck.too_slow,
        HealthCheck.data_too_large,
    ],
)
@given(made=worlds)
def test_every_world_is_read_alike(people: Staff, made: Made) -> None:
    with transaction.atomic():
        referral = Written(made, people).referral
        for gate in Gate:
            got = blockers(referral, gate, NOW)
            wanted = Reading(referral, gate, NOW).found()
            assert {(row.code, row.party_id) for row in got} == wanted, gate
            assert len(got) == len(wanted)
        transaction.set_rollback(True)


def test_every_code_is_read() -> None:
    assert {*WHOLE, *EACH, *AT_START} == set(BY_KEY)


# --- The moment at which each expires ---------------------------------------------------------------------------


@pytest.fixture
def asked_now(people: Staff, db: None) -> Played:
    """Ready; and the other person was asked everything again at this moment."""
    staff, made = people, tell("ready", people, clock.now())
    readiness.ask_safety(party=made.other, answers=dict(play.SAFE), by=staff["kit"])
    check_in(party=made.other, answers=dict.fromkeys(QUESTIONS, Answer.YES), by=staff["kit"])
    return made


def accepted_late(made: Played) -> None:
    check = ReadinessCheck.objects.unscoped("test").filter(party=made.other).latest("completed_at")
    ReadinessCheck.objects.unscoped("test").filter(pk=check.pk).update(
        accepted_late_at=NOW, accepted_late_by=made.staff["mo"]
    )


def shares_a_home(made: Played) -> None:
    answers = {**play.SAFE, "shares_home": Answer.YES}
    readiness.ask_safety(party=made.other, answers=answers, by=made.staff["kit"])


def signed_off(made: Played) -> None:
    concern = concerns.raise_concern(party=made.other, kind=ConcernKind.LAPSE, by=made.staff["kit"])
    go = SignOffDecision.GO
    concerns.sign_off(concern=concern, decision=go, reason="Steady.", by=made.staff["mo"])


def asked_today(made: Played) -> None:
    readiness.check_on_the_day(party=made.other, answers=dict(play.DAY_FINE), by=made.staff["kit"])


def nothing(made: Played) -> None:
    """No change."""


def days(count: int) -> datetime:
    return NOW + timedelta(days=count)


def midnight_after(day: datetime) -> datetime:
    """The last instant of that London day."""
    return clock.moment(clock.today(day) + timedelta(days=1), 0) - INSTANT


# Code, gate, what happened now, and the last moment at which it counts.
LASTS = [
    ("readiness_expired", Gate.BOOK, nothing, days(28)),
    ("readiness_expired", Gate.BOOK, accepted_late, days(42)),
    ("readiness_expired", Gate.START, nothing, days(7)),
    ("readiness_expired", Gate.START, accepted_late, days(7)),
    ("safety_not_asked", Gate.BOOK, nothing, days(90)),
    ("safety_not_asked", Gate.START, nothing, days(7)),
    ("safe_contact_missing", Gate.BOOK, nothing, days(90)),
    ("safe_contact_missing", Gate.START, nothing, days(90)),
    ("safe_contact_missing", Gate.BOOK, shares_a_home, days(30)),
    ("sign_off", Gate.BOOK, signed_off, days(56)),
    # Six months to the day: 10 September is still summer time.
    ("consent_missing", Gate.BOOK, nothing, midnight_after(NOW + timedelta(days=184))),
    ("day_of_check_missing", Gate.START, asked_today, midnight_after(NOW)),
]


@pytest.mark.parametrize(("code", "gate", "happened", "last"), LASTS)
def test_it_counts_until_exactly_that_moment(
    code: str, gate: Gate, happened: Any, last: datetime, asked_now: Played
) -> None:
    happened(asked_now)
    row = (code, asked_now.other.pk)

    def holds(at: datetime) -> bool:
        return row in {(found.code, found.party_id) for found in blockers(asked_now.referral, gate, at)}

    assert not holds(NOW)
    assert not holds(last)
    assert holds(last + INSTANT)


def test_a_returning_person_counts_from_the_third_morning(asked_now: Played) -> None:
    other, kit = asked_now.other, asked_now.staff["kit"]
    consent.withdraw(party=other, by=kit)
    consent.record_consent(
        party=other, purpose=Purpose.TAKE_PART, answer=Answer.YES, why_back="I want to.", by=kit
    )
    first = clock.moment(clock.add_working_days(clock.today(NOW), 2, frozenset()), 0)

    def missing(at: datetime) -> bool:
        found = blockers(asked_now.referral, Gate.BOOK, at)
        return ("consent_missing", other.pk) in {(row.code, row.party_id) for row in found}

    assert missing(first - INSTANT)
    assert not missing(first)
