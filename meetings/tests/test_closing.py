"""Closing after a meeting: the outcome follows from the agreement and its results; unfinished calls prevent
closing."""

from datetime import timedelta

import pytest
from django.utils import timezone

from meetings.actions.agreeing import answer_agreement
from meetings.actions.following_up import could_not_reach, hold_follow_up, leave_follow_up
from meetings.demo import story as play
from meetings.demo.staff import Staff
from meetings.enums import ActionStatus, Agreed, AttemptResult, FollowUpResult
from meetings.models import Action, Agreement, FollowUp
from meetings.outcome import outcome as outcome_from
from meetings.tests.pages import client_of, send
from referrals.actions.lifecycle import SOMEBODY_ELSE, close, open_items
from referrals.enums import Outcome
from referrals.facts import Facts, facts_of
from referrals.models import Closure
from restorative.common import clock
from restorative.common.decisions import NotPossible
from tests.stories import tell

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("morning")]


def agreed(staff: Staff) -> play.Played:
    made = tell("follow_up_due", staff, timezone.now())
    play.agree(made, timezone.now() - timedelta(days=1), due_on=clock.today())
    return made


def facts(made: play.Played) -> Facts:
    return facts_of(made.referral.pk, timezone.now())


def outcome_of(made: play.Played) -> Outcome:
    return outcome_from(facts(made))


def set_all(made: play.Played, *statuses: str) -> None:
    rows = Action.objects.unscoped("test").order_by("created_at", "owner__place")
    for row, status in zip(rows, statuses, strict=True):
        Action.objects.unscoped("test").filter(pk=row.pk).update(status=status)


@pytest.mark.parametrize(
    ("statuses", "outcome"),
    [
        (("done", "done"), Outcome.MET_KEPT),
        (("done", "released"), Outcome.MET_KEPT),
        (("done", "not_done"), Outcome.MET_PARTLY_KEPT),
        (("partly", "open"), Outcome.MET_PARTLY_KEPT),
        (("not_done", "not_done"), Outcome.MET_NOT_KEPT),
        (("open", "open"), Outcome.MET_NOT_KEPT),
        (("released", "released"), Outcome.MET_HELPED),
    ],
)
def test_the_outcome_follows_from_the_result_of_each_action(statuses, outcome, staff: Staff) -> None:
    made = agreed(staff)
    set_all(made, *statuses)

    assert outcome_of(made) == outcome


@pytest.mark.parametrize(
    ("statuses", "outcome"),
    [
        (("done", "open"), Outcome.MET_KEPT),
        (("partly", "open"), Outcome.MET_PARTLY_KEPT),
        (("not_done", "open"), Outcome.MET_NOT_KEPT),
        (("open", "open"), Outcome.MET),
    ],
)
def test_actions_that_are_not_due_do_not_count_as_not_kept(statuses, outcome, staff: Staff) -> None:
    made = tell("follow_up_due", staff, timezone.now())
    play.agree(made, timezone.now(), due_on=clock.today() + timedelta(days=1))
    set_all(made, *statuses)

    assert outcome_of(made) == outcome


def test_a_changed_action_counts_as_its_new_version(staff: Staff) -> None:
    from meetings.actions.agreeing import ActionFacts, set_status

    made = agreed(staff)
    play.become(made, ActionStatus.DONE, timezone.now())
    first = Action.objects.unscoped("test").select_related("owner").get(owner=made.own)
    becomes = ActionFacts(owner=made.own, what="Cook on Monday", due_on=clock.today())
    set_status(action=first, status=ActionStatus.RENEGOTIATED, becomes=becomes, by=staff["asha"])

    assert outcome_of(made) == Outcome.MET_PARTLY_KEPT


def test_an_agreement_without_everyones_yes_does_not_count(staff: Staff) -> None:
    made = agreed(staff)
    play.become(made, ActionStatus.DONE, timezone.now())
    answer_agreement(
        agreement=Agreement.objects.unscoped("test").get(),
        party=made.other,
        answer=Agreed.NO,
        by=staff["kit"],
    )

    assert outcome_of(made) == Outcome.MET_HELPED


@pytest.mark.parametrize(
    ("name", "outcome"),
    [
        ("closed", Outcome.MET_HELPED),
        ("closed_kept", Outcome.MET_KEPT),
        ("closed_not_going_ahead", Outcome.NOT_GOING_AHEAD),
    ],
)
def test_closed_situations_of_the_demo_are_closed(name: str, outcome: Outcome, staff: Staff) -> None:
    made = tell(name, staff, timezone.now())

    closure = Closure.objects.unscoped("test").get(referral=made.referral)
    assert (closure.outcome, closure.why_open_items) == (outcome, "")


# --- What is left open ----------------------------------------------------------------------------------------


def do_all(made: play.Played, party: object) -> None:
    for row in FollowUp.objects.unscoped("test").filter(party=party, done_at=None).select_related("party"):
        hold_follow_up(follow_up=row, answers=dict(play.ALL_WELL), by=play.worker_of(made, row.party))


def test_an_unfinished_call_prevents_closing(staff: Staff) -> None:
    made = tell("follow_up_due", staff, timezone.now())
    do_all(made, made.other)

    with pytest.raises(NotPossible) as refusal:
        close(referral=made.referral, by=staff["asha"])

    name = made.own.known_as
    assert refusal.value.sentences == [
        f"The debrief with {name} is not done yet.",
        f"The call to {name} 2 weeks after is not done yet.",
        f"The call to {name} 6 weeks after is not done yet.",
        f"The call to {name} 12 weeks after is not done yet.",
        "A manager can close it and say why.",
    ]


def test_the_other_sides_calls_are_always_one_sentence(staff: Staff) -> None:
    made = tell("follow_up_due", staff, timezone.now())
    do_all(made, made.own)

    assert open_items(facts(made), staff["asha"]).sentences == [SOMEBODY_ELSE]


def test_a_manager_closes_it_with_a_reason(staff: Staff) -> None:
    made = tell("follow_up_due", staff, timezone.now())
    href = f"/r/{made.referral.reference}/close/"

    assert send(client_of(staff["mo"]), href, why_open_items="").status_code == 422
    assert send(client_of(staff["mo"]), href, why_open_items="They moved abroad.").status_code == 303


def test_after_three_attempts_any_worker_closes_with_a_reason(staff: Staff) -> None:
    made = tell("follow_up_due", staff, timezone.now())
    do_all(made, made.other)
    row = FollowUp.objects.unscoped("test").select_related("party").get(party=made.own, kind="debrief")
    for _ in range(3):
        could_not_reach(follow_up=row, result=AttemptResult.NO_ANSWER, by=staff["asha"])

    with pytest.raises(NotPossible, match="Say why"):
        close(referral=made.referral, by=staff["asha"])
    close(referral=made.referral, why_open_items="Could not be reached.", by=staff["asha"])

    made.referral.refresh_from_db()
    assert made.referral.stage == "closed"


def test_a_conversation_after_three_attempts_restarts_the_count(staff: Staff, morning) -> None:
    made = tell("follow_up_due", staff, timezone.now())
    do_all(made, made.other)
    rows = FollowUp.objects.unscoped("test").filter(party=made.own).select_related("party")
    for _ in range(3):
        could_not_reach(follow_up=rows.get(kind="debrief"), result=AttemptResult.NO_ANSWER, by=staff["asha"])
    morning.shift(timedelta(hours=1))
    hold_follow_up(follow_up=rows.get(kind="debrief"), answers=dict(play.ALL_WELL), by=staff["asha"])

    with pytest.raises(NotPossible, match="A manager can close it"):
        close(referral=made.referral, why_open_items="Could not be reached.", by=staff["asha"])
    with pytest.raises(NotPossible, match="Try 3 times"):
        leave_follow_up(
            follow_up=rows.get(kind="weeks_2"),
            result=FollowUpResult.NOT_REACHED,
            reason="Away.",
            by=staff["asha"],
        )


def test_a_call_left_with_a_reason_does_not_prevent_closing(staff: Staff) -> None:
    made = tell("follow_up_due", staff, timezone.now())
    do_all(made, made.own)
    row = FollowUp.objects.unscoped("test").select_related("party").get(party=made.other, kind="debrief")
    leave_follow_up(
        follow_up=row, result=FollowUpResult.RATHER_NOT, later_too=True, by=staff["kit"], at=timezone.now()
    )

    assert not open_items(facts(made), staff["asha"])


def test_the_close_page_does_not_reveal_the_others_results(staff: Staff) -> None:
    made = agreed(staff)
    href = f"/r/{made.referral.reference}/close/"
    pages = {}
    for status in ("done", "not_done"):
        set_all(made, status, status)
        pages[status] = client_of(staff["asha"]).get(href).context["facts"]

    assert pages["done"] == pages["not_done"]
    assert client_of(staff["fay"]).get(href).context["facts"][0]["value"] == "Met, agreement not kept"
