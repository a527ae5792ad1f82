"""Receivers run inside the change itself, or the change does not happen; and no change happens that the ledger
could not record."""

import ast
from datetime import timedelta

import pytest
from django.db import DatabaseError, connection
from django.urls import reverse
from django.utils import timezone

from meetings import receivers
from meetings.demo import story as play
from meetings.demo.staff import Staff
from meetings.demo.story import Played
from meetings.enums import CallOffReason
from meetings.models import CallOff, Meeting
from referrals import events
from referrals import receivers as own_receivers
from referrals.actions import concerns, consent, lifecycle, readiness
from referrals.actions.facilitation import stand_down
from referrals.enums import (
    Answer,
    Capacity,
    CapacityResult,
    ConcernKind,
    Purpose,
    Reason,
    Stage,
    Suitable,
)
from referrals.models import Concern, Consent, Involvement, Referral
from restorative.audit.models import AuditEntry
from restorative.common import clock
from restorative.common.models import Submission
from restorative.notify.models import Message, State
from tests.source import modules
from tests.stories import tell

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("morning")]

# The receivers of each event. A new receiver is a decision about the effects of a change.
ALL = {name: value for name, value in vars(events).items() if isinstance(value, events.Signal)}
RECEIVERS = {
    "withdrawn": {"meetings.calls_off"},
    "stopped": {"meetings.calls_off"},
    "capacity_doubted": {"meetings.calls_off"},
    "facilitator_lost": {"meetings.calls_off"},
    "paused": {"meetings.calls_off"},
    "closed": {"meetings.calls_off", "referrals.handed_over"},
    "died": {"meetings.calls_off", "referrals.handed_over"},
    "contacted": {"referrals.handed_over"},
    "share_ended": {"referrals.handed_over"},
    "lead_moved": set(),  # explained in events.py
}


def test_each_event_has_its_receivers():
    heard = {name: {entry[0][0] for entry in signal.receivers} for name, signal in ALL.items()}
    assert heard == RECEIVERS


def test_every_signal_of_the_module_is_listed_and_connected():
    joined = {id(signal) for signal in (*receivers.RECEIVERS, *own_receivers.RECEIVERS)}
    assert {name for name, signal in ALL.items() if id(signal) not in joined} == {"lead_moved"}


def test_events_are_sent_so_that_a_failing_receiver_rolls_the_change_back():
    """Never send_robust, which would ignore the failure and leave half a change."""
    sent = {
        (module.name, node.attr)
        for module in modules()
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Attribute) and "send_robust" in node.attr
    }
    assert sent == set()


# --- Each event is sent by the action it is named after --------------------------------------------------------


def withdraw(made: Played) -> None:
    consent.withdraw(party=made.other, by=made.staff["kit"])


def say_no(made: Played) -> None:
    consent.record_consent(
        party=made.other, purpose=Purpose.TAKE_PART, answer=Answer.NO, by=made.staff["kit"]
    )


def not_sure_by_link(made: Played) -> None:
    consent.record_link_answer(party=made.other, purpose=Purpose.TAKE_PART, answer=Answer.NOT_SURE)


def stop(made: Played) -> None:
    concerns.raise_concern(party=made.other, kind=ConcernKind.THREATS, by=made.staff["kit"])


def not_able(made: Played) -> None:
    readiness.assess_capacity(
        party=made.other, help_given="-", result=CapacityResult.NOT_ABLE, by=made.staff["kit"]
    )


def doubt(made: Played) -> None:
    consent.record_consent(
        party=made.other,
        purpose=Purpose.TAKE_PART,
        answer=Answer.YES,
        asked=consent.Asked(capacity=Capacity.DOUBT),
        by=made.staff["kit"],
    )


def lose_facilitator(made: Played) -> None:
    part = Involvement.objects.unscoped("test").in_meetings().get(referral=made.referral)
    stand_down(part=part, by=made.staff["asha"])


def pause(made: Played) -> None:
    lifecycle.decide(
        referral=made.referral,
        party=made.own,
        decision=Suitable.NOT_NOW,
        reason="-",
        review_on=clock.today() + timedelta(days=9),
        by=made.staff["asha"],
    )


CAUSES = {
    "withdrawn": (withdraw, CallOffReason.WITHDREW),
    "said no": (say_no, CallOffReason.WITHDREW),
    "not sure by link": (not_sure_by_link, CallOffReason.WITHDREW),
    "stop": (stop, CallOffReason.STOP),
    "not able": (not_able, CallOffReason.STOP),
    "doubt": (doubt, CallOffReason.CAPACITY),
    "no facilitator": (lose_facilitator, CallOffReason.FACILITATOR),
    "not now": (pause, CallOffReason.NOT_NOW),
}


def facts(made: Played) -> dict:
    """The rows that a change must roll back, all or nothing."""
    referral = Referral.objects.unscoped("test").get(pk=made.referral.pk)
    return {
        "stage": referral.stage,
        "version": referral.version,
        "meeting": Meeting.objects.unscoped("test").get(pk=made.meeting.pk).status,
        "call_offs": CallOff.objects.unscoped("test").count(),
        "consents": Consent.objects.unscoped("test").count(),
        "concerns": Concern.objects.unscoped("test").count(),
        "parts": Involvement.objects.unscoped("test").in_meetings().filter(until=None).count(),
        "due": Message.objects.filter(state__in=[State.DUE, State.HELD]).count(),
        "ledger": AuditEntry.objects.count(),
    }


@pytest.fixture
def made(staff: Staff) -> Played:
    return tell("booked_tomorrow", staff, timezone.now())


@pytest.mark.parametrize("cause", CAUSES)
def test_each_cause_calls_the_meeting_off_in_its_own_transaction(made, cause):
    do, reason = CAUSES[cause]
    do(made)
    assert CallOff.objects.unscoped("test").get().reason == reason
    assert facts(made)["meeting"] == "called_off"


@pytest.mark.parametrize("cause", CAUSES)
def test_a_failing_receiver_rolls_the_change_back(made, cause):
    def fail(sender: type, **kwargs) -> None:
        raise RuntimeError("a receiver that cannot")

    before = facts(made)
    for signal in ALL.values():
        signal.connect(fail, weak=False, dispatch_uid="test")
    try:
        with pytest.raises(RuntimeError):
            CAUSES[cause][0](made)
    finally:
        for signal in ALL.values():
            signal.disconnect(dispatch_uid="test")
    assert facts(made) == before


def test_closing_is_an_event_too(staff):
    made = tell("ready", staff, timezone.now())
    heard = []
    events.closed.connect(
        lambda sender, **kwargs: heard.append(kwargs["change"].referral.stage),
        weak=False,
        dispatch_uid="test",
    )
    try:
        lifecycle.close(referral=made.referral, reason=Reason.NOT_THE_TIME, by=staff["asha"])
    finally:
        events.closed.disconnect(dispatch_uid="test")
    assert heard == [Stage.CLOSED]


# --- Without a ledger entry there is no change ------------------------------------------------------------------


@pytest.fixture
def no_ledger(made):
    """The database refuses every ledger entry from now on."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute(
                "CREATE TEMP TRIGGER refuse BEFORE INSERT ON main.audit_auditentry "
                "BEGIN SELECT RAISE(ABORT, 'the ledger is full'); END"
            )
        else:
            cursor.execute(
                "CREATE FUNCTION pg_temp.refuse() RETURNS trigger LANGUAGE plpgsql AS "
                "$$ BEGIN RAISE EXCEPTION 'the ledger is full'; END $$"
            )
            cursor.execute(
                "CREATE TRIGGER refuse BEFORE INSERT ON audit_auditentry "
                "FOR EACH ROW EXECUTE FUNCTION pg_temp.refuse()"
            )
    yield
    with connection.cursor() as cursor:
        cursor.execute(
            "DROP TRIGGER refuse"
            if connection.vendor == "sqlite"
            else "DROP TRIGGER refuse ON audit_auditentry"
        )


@pytest.mark.parametrize("cause", CAUSES)
def test_a_failed_ledger_entry_rolls_the_change_back(made, no_ledger, cause):
    before = facts(made)
    with pytest.raises(DatabaseError, match="the ledger is full"):
        CAUSES[cause][0](made)
    assert facts(made) == before


def test_nothing_is_logged_without_its_entry(staff, made, no_ledger):
    before = Referral.objects.unscoped("test").count()
    with pytest.raises(DatabaseError, match="the ledger is full"):
        play.log(staff, play.Pair("Ann", "Bob"), timezone.now())
    assert Referral.objects.unscoped("test").count() == before


@pytest.mark.parametrize(
    "name", ["casework:show", "casework:party", "referrals:talk", "meetings:show", "casework:list"]
)
def test_a_page_whose_view_cannot_be_recorded_is_not_shown(client, made, request, name):
    client.force_login(made.staff["asha"])
    request.getfixturevalue("no_ledger")
    arguments = {
        "casework:show": [made.referral.reference],
        "casework:party": [made.referral.reference, made.own.pk],
        "referrals:talk": [made.referral.reference, made.own.pk],
        "meetings:show": [made.referral.reference, made.meeting.pk],
        "casework:list": [],
    }[name]
    client.raise_request_exception = False
    answer = client.get(reverse(name, args=arguments))
    assert answer.status_code == 500
    assert made.own.known_as.encode() not in answer.content


def test_a_form_whose_entry_failed_can_be_submitted_again(client, made, request):
    client.force_login(made.staff["asha"])
    request.getfixturevalue("no_ledger")
    client.raise_request_exception = False
    href = reverse("meetings:call_off", args=[made.referral.reference, made.meeting.pk])
    assert client.post(href).status_code == 500
    assert not Submission.objects.exists()
    assert facts(made)["meeting"] == "booked"
