"""Agreements: who reads one, each person's answer, the result of an action; and that no other user learns of it."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from meetings.actions.agreeing import answer_agreement, set_status
from meetings.demo import story as play
from meetings.demo.staff import Staff
from meetings.enums import ActionStatus, Agreed
from meetings.models import Action, ActionUpdate, Agreement
from meetings.tests.pages import client_of, errors_of, send, text_of
from referrals.access import SEALED
from referrals.actions.consent import withdraw
from referrals.actions.facilitation import stand_down
from referrals.enums import Purpose, TaskKind
from referrals.models import Involvement, Task
from restorative.common import clock
from restorative.common.decisions import NotPossible, Refused
from restorative.notify.wording import forbidden
from tests.stories import tell

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("morning")]


def met(staff: Staff) -> play.Played:
    """They met four days ago; the record is written."""
    return tell("follow_up_due", staff, timezone.now())


def agreed(staff: Staff, answers: Agreed = Agreed.YES) -> play.Played:
    made = met(staff)
    play.agree(
        made, timezone.now() - timedelta(days=1), due_on=clock.today() + timedelta(days=9), answers=answers
    )
    return made


def page(made: play.Played, rest: str = "") -> str:
    return f"/r/{made.referral.reference}/agreement/{rest}"


def action_of(made: play.Played, party: object) -> Action:
    return Action.objects.unscoped("test").get(owner=party, came_from__isnull=True)


def readers(staff: Staff) -> set[str]:
    return {key for key, user in staff.people.items() if Agreement.objects.visible_to(user).exists()}


# --- Who reads it ---------------------------------------------------------------------------------------------

BOTH_SIDES = {"asha", "kit", "fay", "mo", "sal"}


def say(made: play.Played, whose: str, answer: Agreed) -> None:
    party = getattr(made, whose)
    found = Agreement.objects.unscoped("test").get()
    answer_agreement(agreement=found, party=party, answer=answer, by=play.worker_of(made, party))


def no_sight(made: play.Played, whose: str) -> None:
    party = getattr(made, whose)
    withdraw(party=party, purpose=Purpose.SIGHT, by=play.worker_of(made, party))


@pytest.mark.parametrize(
    ("what", "who"),
    [
        ((), BOTH_SIDES),
        ((("say", "other", Agreed.NO),), BOTH_SIDES - {"kit"}),
        ((("say", "other", Agreed.NOT_SURE),), BOTH_SIDES - {"kit"}),
        ((("no_sight", "other"),), BOTH_SIDES - {"kit"}),
        ((("no_sight", "own"),), BOTH_SIDES - {"asha"}),
        ((("no_sight", "own"), ("no_sight", "other")), {"fay"}),
        ((("say", "other", Agreed.NO), ("say", "other", Agreed.YES)), BOTH_SIDES),
        ((("say", "own", Agreed.NO), ("no_sight", "other")), {"fay"}),
    ],
)
def test_a_side_that_said_yes_and_shares_reads_it_and_so_do_those_who_ran_it(what, who, staff: Staff) -> None:
    made = agreed(staff)
    for verb, *more in what:
        {"say": say, "no_sight": no_sight}[verb](made, *more)

    assert readers(staff) == who


def test_without_answers_only_those_who_ran_it_read_it(staff: Staff) -> None:
    made = met(staff)
    from meetings.actions.agreeing import write_agreement

    write_agreement(meeting=made.meeting, words="We talk on Sundays.", by=staff["fay"])

    assert readers(staff) == {"fay"}


def test_those_who_ran_it_read_it_while_they_have_their_part(staff: Staff) -> None:
    made = agreed(staff)
    no_sight(made, "own")
    no_sight(made, "other")

    stand_down(
        part=Involvement.objects.unscoped("test").in_meetings().get(user=staff["fay"]), by=staff["asha"]
    )

    assert readers(staff) == set()


def test_a_worker_appointed_after_the_meeting_did_not_run_it(staff: Staff) -> None:
    from referrals.actions.facilitation import appoint

    made = agreed(staff)
    no_sight(made, "own")
    no_sight(made, "other")
    appoint(referral=made.referral, user=staff["sal"], by=staff["asha"])

    assert readers(staff) == {"fay"}


def test_the_page_is_404_for_users_who_may_not_know_of_it(staff: Staff) -> None:
    made = agreed(staff)

    statuses = {key: client_of(user).get(page(made)).status_code for key, user in staff.people.items()}

    assert {key for key, status in statuses.items() if status == 200} == BOTH_SIDES
    assert {statuses[key] for key in statuses.keys() - BOTH_SIDES} == {404}


def test_a_side_without_its_yes_is_told_only_that_an_agreement_exists(staff: Staff) -> None:
    made = agreed(staff)
    say(made, "other", Agreed.NOT_SURE)

    text = client_of(staff["kit"]).get(page(made)).content.decode()

    assert "Something was written down" in text
    assert play.AGREED not in text
    assert "Cook on Sunday" not in text
    assert client_of(staff["kit"]).get(page(made, "print/")).status_code == 404


# --- Answers --------------------------------------------------------------------------------------------------


def test_each_answer_is_recorded_by_that_persons_worker(staff: Staff) -> None:
    made = met(staff)
    play.agree(made, timezone.now(), due_on=clock.today(), answers=Agreed.NOT_SURE)
    kit = client_of(staff["kit"])

    response = send(kit, page(made, f"{made.other.pk}/"), answer="yes")

    assert response["Location"] == page(made)
    assert play.AGREED in kit.get(page(made)).content.decode()


def test_the_other_sides_answer_shows_on_no_page(staff: Staff) -> None:
    made = agreed(staff)
    asha = client_of(staff["asha"])
    before = text_of(asha.get(page(made)))
    say(made, "other", Agreed.NO)

    assert text_of(asha.get(page(made))) == before
    assert f"{made.other.known_as} says" not in before


def test_a_worker_cannot_answer_for_the_other_side(staff: Staff) -> None:
    made = agreed(staff)
    found = Agreement.objects.unscoped("test").get()

    with pytest.raises(Refused, match=SEALED):
        answer_agreement(agreement=found, party=made.other, answer=Agreed.YES, by=staff["asha"])
    assert client_of(staff["asha"]).get(page(made, f"{made.other.pk}/")).status_code == 404


# --- Writing it down ------------------------------------------------------------------------------------------

EMPTY = {
    f"a{number}_{name}": "" for number in range(3) for name in ("owner", "what", "due_on", "sign", "helper")
}


def typed(made: play.Played, **changes: str) -> dict[str, str]:
    return {
        **EMPTY,
        "came_to": "actions",
        "words": "We eat together on Sundays.",
        "if_difficult": "",
        "a0_owner": str(made.own.pk),
        "a0_what": "Cook",
        "a0_due_on": "20 March 2027",
        f"says_{made.own.pk}": "yes",
        f"says_{made.other.pk}": "yes",
        **changes,
    }


def test_fay_writes_it_with_its_actions_and_the_answers_in_the_room(staff: Staff) -> None:
    made = met(staff)

    response = send(client_of(staff["fay"]), page(made, "write/"), **typed(made))

    assert response["Location"] == page(made)
    assert readers(staff) == BOTH_SIDES
    assert action_of(made, made.own).what == "Cook"


@pytest.mark.parametrize(
    ("changes", "errors"),
    [
        ({"came_to": ""}, {"came_to"}),
        ({"words": ""}, {"words"}),
        ({"a0_what": "", "a0_owner": "", "a0_due_on": ""}, {"a0_what", "a0_owner", "a0_due_on"}),
        ({"a1_what": "Ring"}, {"a1_owner", "a1_due_on"}),
        ({"came_to": "words"}, {"came_to"}),
        ({"a0_due_on": "1 January 2027"}, {"a0_due_on"}),
        ({"a0_owner": "somebody"}, {"a0_owner"}),
    ],
)
def test_a_missing_value_is_an_error_at_its_field(changes, errors, staff: Staff) -> None:
    made = met(staff)

    response = send(client_of(staff["fay"]), page(made, "write/"), **typed(made, **changes))

    assert (response.status_code, set(errors_of(response))) == (422, errors)
    assert not Agreement.objects.unscoped("test").exists()


def test_nothing_agreed_is_a_result_too(staff: Staff) -> None:
    made = met(staff)
    send(client_of(staff["fay"]), page(made, "write/"), came_to="nothing", **EMPTY)

    text = client_of(staff["kit"]).get(page(made)).content.decode()

    assert "Nothing was agreed. It can have helped all the same." in text
    assert f"{made.other.known_as} says to it" not in text


@pytest.mark.parametrize("field", ["words", "if_difficult"])
def test_typed_words_are_not_lost_by_choosing_nothing_agreed(field: str, staff: Staff) -> None:
    made = met(staff)
    typed = {**EMPTY, "came_to": "nothing", field: "We talk on Sundays."}

    response = send(client_of(staff["fay"]), page(made, "write/"), **typed)

    assert (response.status_code, set(errors_of(response))) == (422, {field})
    assert "We talk on Sundays." in response.content.decode()
    assert not Agreement.objects.unscoped("test").exists()


def test_the_rule_also_requires_what_to_do_if_it_gets_difficult(staff: Staff) -> None:
    from meetings.actions.agreeing import write_agreement

    with pytest.raises(NotPossible, match="in their own words"):
        write_agreement(meeting=met(staff).meeting, if_difficult="Ring a worker.", by=staff["fay"])


def test_actions_are_asked_for_where_there_are_some(staff: Staff) -> None:
    made = met(staff)
    form = client_of(staff["fay"]).get(page(made, "write/")).context["form"]

    shown_for = {
        name: field.shown_if[1:] for name, field in form.fields.items() if getattr(field, "shown_if", ())
    }

    assert {shown_for[name] for name in EMPTY} == {("actions",)}
    says = [f"says_{party.pk}" for party in made.parties]
    assert {shown_for[name] for name in ("words", "if_difficult", *says)} == {("actions", "words")}


def test_a_field_that_must_be_emptied_is_visible(staff: Staff) -> None:
    made = met(staff)

    response = send(client_of(staff["fay"]), page(made, "write/"), **typed(made, came_to="nothing", words=""))

    fields = response.context["form"].fields
    hidden = [name for name, field in fields.items() if getattr(field, "shown_if", ())]
    assert [name for name in EMPTY if name not in hidden] == [name for name in EMPTY if name[:2] == "a0"]


def test_agreed_without_actions_is_valid(staff: Staff) -> None:
    made = met(staff)
    send(
        client_of(staff["fay"]),
        page(made, "write/"),
        **EMPTY,
        came_to="words",
        words="We are kinder.",
        **{f"says_{made.own.pk}": "yes"},
    )

    assert "No actions were agreed." in client_of(staff["asha"]).get(page(made)).content.decode()


def test_only_those_who_ran_it_or_lead_write_it_and_once(staff: Staff) -> None:
    made = met(staff)
    assert client_of(staff["kit"]).get(page(made, "write/")).status_code == 403
    assert client_of(staff["asha"]).get(page(made, "write/")).status_code == 200

    play.agree(made, timezone.now(), due_on=clock.today())

    assert client_of(staff["asha"]).get(page(made, "write/")).status_code == 403


def test_the_page_says_that_it_never_changes_a_court_order(staff: Staff) -> None:
    made = agreed(staff)

    assert "never changes a court order" in client_of(staff["asha"]).get(page(made)).content.decode()


# --- Actions --------------------------------------------------------------------------------------------------


def test_an_actions_result_is_for_its_owners_side_to_report_and_see(staff: Staff) -> None:
    made = agreed(staff)
    theirs = action_of(made, made.other)
    asha, kit = client_of(staff["asha"]), client_of(staff["kit"])

    response = send(kit, page(made, f"actions/{theirs.pk}/"), status="partly", note="Twice so far.")

    assert response["Location"] == page(made)
    assert "Partly done" in kit.get(page(made)).content.decode()
    seen = asha.get(page(made)).content.decode()
    assert "Partly done" not in seen
    assert "Their own worker asks" in seen
    assert asha.get(page(made, f"actions/{theirs.pk}/")).status_code == 404


def test_a_missed_action_prompts_a_check_in_and_nothing_else(staff: Staff) -> None:
    made = agreed(staff)
    theirs = action_of(made, made.other)

    set_status(action=theirs, status=ActionStatus.NOT_DONE, by=staff["kit"])

    task = Task.objects.unscoped("test").get(done_at=None)
    assert (task.kind, task.assignee, task.party) == (TaskKind.CHECK_IN, staff["kit"], made.other)
    assert task.words == f"Check in with {made.other.known_as}: how are things, and what would help?"
    made.referral.refresh_from_db()
    assert made.referral.stage == "follow_up"


def test_the_check_in_stays_while_any_of_their_actions_is_not_done(staff: Staff) -> None:
    from meetings.actions.agreeing import ActionFacts, add_action

    made = agreed(staff)
    first = action_of(made, made.other)
    facts = ActionFacts(owner=made.other, what="Post the key", due_on=clock.today())
    second = add_action(agreement=Agreement.objects.unscoped("test").get(), facts=facts, by=staff["fay"])
    check_in = Task.objects.unscoped("test").filter(kind=TaskKind.CHECK_IN, done_at=None)

    set_status(action=first, status=ActionStatus.NOT_DONE, by=staff["kit"])
    set_status(action=second, status=ActionStatus.DONE, by=staff["kit"])
    assert check_in.exists()

    set_status(action=first, status=ActionStatus.PARTLY, by=staff["kit"])
    assert not check_in.exists()


def test_a_changed_action_is_visible_only_to_its_own_side(staff: Staff) -> None:
    made = agreed(staff)
    theirs = action_of(made, made.other)

    send(
        client_of(staff["kit"]),
        page(made, f"actions/{theirs.pk}/"),
        status="renegotiated",
        what="Send a text first",
        due_on="20 March 2027",
        sign="",
        helper="",
        note="",
    )

    theirs.refresh_from_db()
    assert (theirs.status, theirs.becomes.what) == ("renegotiated", "Send a text first")
    assert "Send a text first" in client_of(staff["kit"]).get(page(made)).content.decode()
    assert "Send a text first" not in client_of(staff["asha"]).get(page(made)).content.decode()
    assert "Send a text first" not in client_of(staff["fay"]).get(page(made, "print/")).content.decode()


def test_a_changed_action_is_settled(staff: Staff) -> None:
    made = agreed(staff)
    theirs = action_of(made, made.other)
    set_status(action=theirs, status=ActionStatus.RELEASED, by=staff["kit"])

    with pytest.raises(NotPossible, match="already settled"):
        set_status(action=theirs, status=ActionStatus.DONE, by=staff["kit"])
    assert ActionUpdate.objects.unscoped("test").filter(action=theirs).count() == 1


def test_the_printed_page_shows_the_agreement_and_not_its_results(staff: Staff) -> None:
    made = agreed(staff)
    set_status(action=action_of(made, made.own), status=ActionStatus.NOT_DONE, by=staff["asha"], note="No.")

    text = client_of(staff["asha"]).get(page(made, "print/")).content.decode()

    assert play.AGREED in text
    assert "Cook on Sunday" in text
    assert "Not done" not in text
    assert forbidden(re.sub(r"<[^>]+>", " ", text[text.index("<main") :])) == []


@pytest.mark.parametrize("actions", [2, 12])
def test_the_page_takes_the_same_queries_whatever_the_number_of_actions(
    actions: int, staff: Staff, django_assert_num_queries
) -> None:
    from meetings.actions.agreeing import ActionFacts, add_action

    made = agreed(staff)
    found = Agreement.objects.unscoped("test").get()
    for number in range(actions - 2):
        facts = ActionFacts(owner=made.own, what=f"Thing {number}", due_on=clock.today())
        add_action(agreement=found, facts=facts, by=staff["fay"])
    client = client_of(staff["asha"])
    client.get(page(made))

    with django_assert_num_queries(AGREEMENT_QUERIES):
        assert client.get(page(made)).status_code == 200


AGREEMENT_QUERIES = 16
