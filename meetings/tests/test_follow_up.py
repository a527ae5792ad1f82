"""The calls after a meeting: when they fall due, what is said in one, tries that reach nobody, and who sees them."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.utils import timezone

from meetings.actions.following_up import (
    could_not_reach,
    due_dates,
    hold_follow_up,
    leave_follow_up,
    plan_follow_ups,
)
from meetings.demo import story as play
from meetings.demo.staff import Staff
from meetings.enums import AttemptResult, FollowUpKind, FollowUpResult
from meetings.models import Attempt, FollowUp, Meeting
from meetings.tests.pages import client_of, errors_of, send, text_of
from referrals.actions.change import changing
from referrals.enums import Answer, ConcernKind, RatingPoint, TaskKind
from referrals.models import Concern, Rating, Task
from restorative.common import clock
from restorative.common.decisions import NotPossible, Refused
from restorative.common.models import Draft
from tests.stories import tell

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("morning")]

WELL = dict(play.ALL_WELL)


def met(staff: Staff) -> play.Played:
    return tell("follow_up_due", staff, timezone.now())


def call_of(made: play.Played, party: Any, kind: FollowUpKind = FollowUpKind.DEBRIEF) -> FollowUp:
    rows = FollowUp.objects.unscoped("test").select_related("party", "meeting")
    return rows.get(meeting=made.meeting, party=party, kind=kind)


def page(made: play.Played, row: FollowUp) -> str:
    return f"/r/{made.referral.reference}/follow-ups/{row.pk}/"


def tasks() -> list[tuple[str, Any]]:
    rows = Task.objects.unscoped("test").filter(done_at=None).select_related("assignee")
    return [(task.kind, task.assignee) for task in rows]


def typed(**changes: str) -> dict[str, str]:
    return {
        "result": "talked",
        "alone": "yes",
        "better": "yes",
        "feels_safe": "yes",
        "worries": "no",
        **changes,
    }


# --- When they fall due ---------------------------------------------------------------------------------------


def test_a_meeting_of_a_tuesday_is_followed_up_on_working_days() -> None:
    assert due_dates(date(2027, 3, 2), frozenset()) == {
        FollowUpKind.DEBRIEF: date(2027, 3, 4),
        FollowUpKind.WEEKS_2: date(2027, 3, 16),
        FollowUpKind.WEEKS_6: date(2027, 4, 13),
        FollowUpKind.WEEKS_12: date(2027, 5, 25),
    }


def test_a_bank_holiday_moves_a_call_to_the_next_working_day() -> None:
    # Two weeks after Monday 15 March is Easter Monday.
    assert due_dates(date(2027, 3, 15), frozenset())[FollowUpKind.WEEKS_2] == date(2027, 3, 30)


def test_each_participant_who_came_is_called_and_nobody_else(staff: Staff) -> None:
    from meetings.actions.recording import record_meeting
    from meetings.enums import Came, Offered

    made = tell("family_meeting", staff, timezone.now())
    late = made.others[1]
    Meeting.objects.unscoped("test").filter(pk=made.meeting.pk).update(
        status="started", started_at=timezone.now(), started_by=staff["fay"]
    )
    came = {party: Came.DID_NOT_COME if party == late else Came.CAME for party in made.parties}
    record_meeting(meeting=made.meeting, came=came, answers={}, helped=Offered.YES, by=staff["fay"])

    called = FollowUp.objects.unscoped("test").values_list("party", "kind")
    assert set(called) == {
        (party.pk, kind.value) for party in (made.own, made.other) for kind in FollowUpKind
    }


def another(made: play.Played, staff: Staff, *, days: int) -> Meeting:
    starts_at = timezone.now() - timedelta(days=days)
    return Meeting.objects.create(
        referral=made.referral,
        kind="conversation",
        starts_at=starts_at,
        ends_at=starts_at + timedelta(hours=1),
        status="took_place",
        created_at=timezone.now(),
        created_by=staff["fay"],
    )


def plan(made: play.Played, staff: Staff, meeting: Meeting) -> None:
    with changing(made.referral, by=staff["fay"]) as change:
        plan_follow_ups(change, meeting, made.parties)


def test_an_older_conversation_ends_no_call_and_adds_none_where_there_are_newer_ones(staff: Staff) -> None:
    made = met(staff)
    rows = FollowUp.objects.unscoped("test").order_by("pk")
    before = list(rows.values("pk", "done_at", "result"))

    for days in (200, 20):
        plan(made, staff, another(made, staff, days=days))

    assert list(rows.values("pk", "done_at", "result")) == before


def test_an_older_conversation_adds_no_call_that_is_over(staff: Staff) -> None:
    made = met(staff)
    FollowUp.objects.unscoped("test").filter(party=made.other).delete()  # was not at the newer one
    older = another(made, staff, days=20)

    plan(made, staff, older)

    added = FollowUp.objects.unscoped("test").filter(meeting=older).values_list("party", "kind")
    assert set(added) == {(made.other.pk, "weeks_6"), (made.other.pk, "weeks_12")}


def test_the_only_conversation_is_called_about_however_long_ago(staff: Staff) -> None:
    made = tell("ready", staff, timezone.now())

    plan(made, staff, another(made, staff, days=200))

    assert FollowUp.objects.unscoped("test").count() == 8


def test_a_later_meeting_takes_up_the_calls_of_the_earlier_one(staff: Staff) -> None:
    made = met(staff)
    later = another(made, staff, days=0)

    plan(made, staff, later)

    results = FollowUp.objects.unscoped("test").filter(meeting=made.meeting).values_list("result", flat=True)
    assert set(results) == {"later_meeting"}
    assert FollowUp.objects.unscoped("test").filter(meeting=later, done_at=None).count() == 8


# --- A call ---------------------------------------------------------------------------------------------------


def test_what_they_said_is_kept_for_their_own_side(staff: Staff) -> None:
    made = met(staff)
    row = call_of(made, made.other)
    kit = client_of(staff["kit"])

    response = send(
        kit, page(made, row), **typed(feels_safe_note="Yes, at my sister’s."), notes="Slept well."
    )

    assert response["Location"] == f"/r/{made.referral.reference}/people/{made.other.pk}/"
    row.refresh_from_db()
    assert (row.result, row.done_by) == ("talked", staff["kit"])
    text = kit.get(page(made, row)).content.decode()
    assert "Yes, at my sister’s." in text
    assert "Slept well." in text
    assert client_of(staff["asha"]).get(page(made, row)).status_code == 404


def test_ratings_are_asked_at_six_and_twelve_weeks_only(staff: Staff) -> None:
    made = met(staff)
    kit = client_of(staff["kit"])
    asked = {}
    for kind in FollowUpKind:
        asked[kind] = "hope" in kit.get(page(made, call_of(made, made.other, kind))).context["form"].fields

    assert asked == {"debrief": False, "weeks_2": False, "weeks_6": True, "weeks_12": True}


@pytest.mark.parametrize(
    ("kind", "point"), [("weeks_6", RatingPoint.SIX_WEEKS), ("weeks_12", RatingPoint.TWELVE_WEEKS)]
)
def test_ratings_are_kept_with_their_point(kind: str, point: RatingPoint, staff: Staff) -> None:
    made = met(staff)
    row = call_of(made, made.other, FollowUpKind(kind))

    send(client_of(staff["kit"]), page(made, row), **typed(relationship="7", safe="9"))

    rating = Rating.objects.unscoped("test").get(party=made.other, point=point)
    assert (rating.relationship, rating.safe, rating.hope) == (7, 9, None)


@pytest.mark.parametrize("answer", ["no", "not_sure"])
def test_not_feeling_safe_is_a_stop_at_once(answer: str, staff: Staff) -> None:
    made = met(staff)
    row = call_of(made, made.other)

    response = send(
        client_of(staff["kit"]),
        page(made, row),
        **typed(feels_safe=answer, feels_safe_note="He came to the door."),
    )

    concern = Concern.objects.unscoped("test").get(party=made.other)
    assert (concern.kind, concern.detail) == (ConcernKind.SAYS_NOT_SAFE, "He came to the door.")
    assert response["Location"].endswith(f"/people/{made.other.pk}/safety/")


def test_a_new_worry_leads_to_the_concern_page_and_stays_a_task_until_it_is_recorded(staff: Staff) -> None:
    from referrals.actions.concerns import raise_concern

    made = met(staff)

    response = send(client_of(staff["kit"]), page(made, call_of(made, made.other)), **typed(worries="yes"))

    assert response["Location"].endswith(f"/people/{made.other.pk}/safety/concern/")
    assert tasks() == [(TaskKind.WORRY, staff["kit"])]
    raise_concern(party=made.other, kind=ConcernKind.LAPSE, by=staff["kit"])
    assert tasks() == []


def test_a_second_worry_is_kept_beside_the_first(staff: Staff, morning: Any) -> None:
    made = met(staff)
    worried = WELL | {"worries": Answer.YES}
    hold_follow_up(follow_up=call_of(made, made.other), answers=worried, by=staff["kit"])
    morning.shift(timedelta(days=14))
    hold_follow_up(
        follow_up=call_of(made, made.other, FollowUpKind.WEEKS_2), answers=worried, by=staff["kit"]
    )
    hold_follow_up(follow_up=call_of(made, made.other, FollowUpKind.WEEKS_6), answers=worried, by=staff["mo"])

    words = {task.assignee: task.words for task in Task.objects.unscoped("test").select_related("assignee")}

    assert set(words) == {staff["kit"], staff["mo"]}
    assert [day in words[staff["kit"]] for day in ("Tue 2 March", "Tue 16 March")] == [True, True]
    due = Task.objects.unscoped("test").get(assignee=staff["kit"]).due_on
    assert due == date(2027, 3, 2)


@pytest.mark.parametrize("left_out", ["alone", "better", "feels_safe", "worries"])
def test_each_question_is_answered(left_out: str, staff: Staff) -> None:
    made = met(staff)

    response = send(client_of(staff["kit"]), page(made, call_of(made, made.other)), **typed(**{left_out: ""}))

    assert (response.status_code, set(errors_of(response))) == (422, {left_out})


def test_nobody_is_asked_who_is_not_alone(staff: Staff) -> None:
    made = met(staff)
    row = call_of(made, made.other)

    response = send(client_of(staff["kit"]), page(made, row), **typed(alone="no"))

    assert set(errors_of(response)) == {"alone"}
    row.refresh_from_db()
    assert row.done_at is None


def test_it_is_saved_once(staff: Staff) -> None:
    made = met(staff)
    row = call_of(made, made.other)
    hold_follow_up(follow_up=row, answers=WELL, by=staff["kit"])

    with pytest.raises(NotPossible, match="already done"):
        hold_follow_up(follow_up=row, answers=WELL, by=staff["kit"])


def test_only_their_own_side_calls(staff: Staff) -> None:
    made = met(staff)

    with pytest.raises(Refused):
        hold_follow_up(follow_up=call_of(made, made.other), answers=WELL, by=staff["asha"])


# --- Not reached ----------------------------------------------------------------------------------------------


def try_again(row: FollowUp, staff: Staff, times: int) -> None:
    for _ in range(times):
        could_not_reach(follow_up=row, result=AttemptResult.NO_ANSWER, by=staff["kit"])


def test_a_try_that_reaches_nobody_is_noted_and_tried_again_in_three_working_days(staff: Staff) -> None:
    made = met(staff)
    row = call_of(made, made.other)

    send(client_of(staff["kit"]), page(made, row), result="try_again", why="no_answer")

    task = Task.objects.unscoped("test").get()
    assert (task.kind, task.due_on) == (
        TaskKind.TRY_AGAIN,
        clock.add_working_days(clock.today(), 3, frozenset()),
    )
    assert Attempt.objects.unscoped("test").get().result == "no_answer"
    row.refresh_from_db()
    assert row.done_at is None


def test_what_was_typed_before_nobody_could_talk_is_there_at_the_next_try(staff: Staff) -> None:
    made = met(staff)
    row = call_of(made, made.other)
    kit = client_of(staff["kit"])
    said = typed(alone="no", better_note="It is calmer.", notes="Her sister came in.")
    assert send(kit, page(made, row), **said).status_code == 422

    told = send(kit, page(made, row), **{**said, "result": "try_again", "why": "not_alone"})

    assert told.status_code == 303
    again = kit.get(page(made, row)).context["form"]
    assert (again["better_note"].value(), again["notes"].value()) == ("It is calmer.", "Her sister came in.")
    assert [again[name].value() for name in ("result", "why", "alone")] == [None, None, None]
    assert send(kit, page(made, row), **typed(notes="Her sister came in.")).status_code == 303
    assert not Draft.objects.exists()


def test_a_try_at_which_nothing_was_typed_keeps_nothing(staff: Staff) -> None:
    made = met(staff)

    send(
        client_of(staff["kit"]),
        page(made, call_of(made, made.other)),
        result="try_again",
        why="no_answer",
        later_too="no",
    )

    assert not Draft.objects.exists()


def test_a_second_try_moves_the_task_and_talking_ends_it(staff: Staff) -> None:
    made = met(staff)
    row = call_of(made, made.other)
    try_again(row, staff, 2)
    assert tasks() == [(TaskKind.TRY_AGAIN, staff["kit"])]

    hold_follow_up(follow_up=row, answers=WELL, by=staff["kit"])

    assert tasks() == []


@pytest.mark.parametrize(("times", "offered"), [(0, False), (2, False), (3, True)])
def test_after_three_tries_it_may_be_left_with_a_reason(times: int, offered: bool, staff: Staff) -> None:
    made = met(staff)
    row = call_of(made, made.other)
    try_again(row, staff, times)
    kit = client_of(staff["kit"])

    choices = dict(kit.get(page(made, row)).context["form"].fields["result"].choices)
    assert ("not_reached" in choices) == offered
    silent = send(kit, page(made, row), result="not_reached", reason="")
    assert silent.status_code == 422
    said = send(kit, page(made, row), result="not_reached", reason="Moved away.")
    assert (said.status_code == 303) == offered


def test_leaving_before_three_tries_is_refused_by_the_rules_too(staff: Staff) -> None:
    row = call_of(made := met(staff), made.other)

    with pytest.raises(NotPossible, match="Try 3 times"):
        leave_follow_up(follow_up=row, result=FollowUpResult.NOT_REACHED, reason="Away.", by=staff["kit"])


def test_who_would_rather_not_is_left_in_peace(staff: Staff) -> None:
    made = met(staff)

    send(
        client_of(staff["kit"]),
        page(made, call_of(made, made.other)),
        result="rather_not",
        later_too="yes",
    )

    rows = FollowUp.objects.unscoped("test").filter(meeting=made.meeting)
    assert set(rows.filter(party=made.other).values_list("result", flat=True)) == {"rather_not"}
    assert set(rows.filter(party=made.own).values_list("result", flat=True)) == {""}


# --- Who sees them --------------------------------------------------------------------------------------------


def test_a_call_is_its_own_sides_page(staff: Staff) -> None:
    made = met(staff)
    row = call_of(made, made.other)

    statuses = {key: client_of(user).get(page(made, row)).status_code for key, user in staff.people.items()}

    assert {key for key, status in statuses.items() if status == 200} == {"kit", "fay", "mo", "sal"}
    assert set(statuses.values()) == {200, 404}


def test_nothing_the_other_side_does_afterwards_shows(staff: Staff) -> None:
    made = met(staff)
    asha = client_of(staff["asha"])
    pages = [
        f"/r/{made.referral.reference}/",
        f"/r/{made.referral.reference}/people/{made.own.pk}/",
        f"/r/{made.referral.reference}/close/",
        f"/r/{made.referral.reference}/agreement/",
    ]
    before = [text_of(asha.get(href)) for href in pages]
    try_again(call_of(made, made.other), staff, 3)
    hold_follow_up(
        follow_up=call_of(made, made.other),
        answers=WELL | {"worries": Answer.YES},
        by=staff["kit"],
    )

    assert [text_of(asha.get(href)) for href in pages] == before


def test_the_next_step_names_the_call_and_opens_it(staff: Staff) -> None:
    made = met(staff)
    show = f"/r/{made.referral.reference}/"

    step = client_of(staff["kit"]).get(show).context["next_step"]

    assert step.heading == f"Next: speak with {made.other.known_as} apart: the debrief"
    assert step.action_href == page(made, call_of(made, made.other))


def test_their_page_lists_the_calls_and_the_numbers(staff: Staff) -> None:
    made = tell("closed_kept", staff, timezone.now())

    context = client_of(staff["kit"]).get(f"/r/{made.referral.reference}/people/{made.other.pk}/").context

    assert [(row["title"], row["status"]) for row in context["calls"]] == [
        ("Debrief", "Talked"),
        ("2 weeks after", "Talked"),
        ("6 weeks after", "Talked"),
        ("12 weeks after", "Talked"),
    ]
    assert [row[1:] for row in context["ratings"]] == [
        ["4 of 10", "8 of 10", "6 of 10"],
        ["7 of 10", "9 of 10", "8 of 10"],
        ["7 of 10", "9 of 10", "8 of 10"],
    ]
