"""The safety pages: what each concern needs and who may do it; a second person decides; never called safe."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from meetings.demo.staff import Staff
from meetings.demo.story import Played
from referrals.actions.concerns import clear, sign_off
from referrals.actions.facilitation import change_lead
from referrals.blockers import blockers
from referrals.enums import ConcernKind, Gate, SignOffDecision
from referrals.models import Concern, Party, SafetyAnswers, SignOff, Task
from referrals.tests.talking import SAFE, client_of, errors_of, path, play, rows, send
from restorative.accounts.models import User
from restorative.common import clock

# These pages read the same on each database; the matrix checks that they answer on the second.
pytestmark = [pytest.mark.django_db, pytest.mark.sqlite, pytest.mark.usefixtures("morning")]


def concern_of(party: Party) -> Concern:
    return rows(Concern, party).get()


def about(made: Played, verb: str, party: Party | None = None) -> str:
    party = party or made.other
    return path(made, party, "safety", f"{concern_of(party).pk}/{verb}/")


def stop(made: Played) -> str:
    return about(made, "clear")


def page_of(made: Played, who: User) -> Any:
    return client_of(who).get(path(made, made.other, "safety"))


def test_nothing_recorded_is_said_so_and_never_called_safe(staff: Staff) -> None:
    made = play("logged", staff)
    page = client_of(staff["asha"]).get(path(made, made.own, "safety")).content.decode()

    assert "None recorded." in page
    assert "Not asked yet." in page


def test_the_questions_record_their_concern(staff: Staff) -> None:
    made = play("ready", staff)
    typed = {"alone": "yes", **SAFE, "controlled": "yes", "controlled_said": "She keeps my card."}
    response = send(client_of(staff["kit"]), path(made, made.other, "safety_ask"), typed)

    assert response.url == path(made, made.other, "safety")
    assert concern_of(made.other).detail == "She keeps my card."
    assert "She keeps my card." in page_of(made, staff["kit"]).content.decode()


def test_the_questions_are_asked_alone_or_not_saved(staff: Staff) -> None:
    made = play("logged", staff)
    typed = {"alone": "not_sure", **SAFE}
    response = send(client_of(staff["asha"]), path(made, made.own, "safety_ask"), typed)

    assert set(errors_of(response)) == {"alone"}
    assert not rows(SafetyAnswers, made.own).exists()


ORDER = {"kind": "order", "order_kind": "bail", "conditions": "No contact.", "seen": "yes", "seen_by": "Kit"}


def send_order(made: Played, who: User, **typed: str) -> Any:
    return send(client_of(who), about(made, "order"), {**ORDER, **typed})


def test_an_order_keeps_what_it_says_who_saw_it_and_when_it_ends(staff: Staff) -> None:
    made = play("ready", staff)
    client, where = client_of(staff["kit"]), path(made, made.other, "concern")
    typed = {"kind": "order", "detail": "Told on the phone."}
    assert set(errors_of(send(client, where, typed))) == {"order_kind", "conditions", "seen"}
    assert set(errors_of(send(client, where, {**typed, **ORDER, "seen_by": ""}))) == {"seen_by"}

    send(client, where, {**typed, **ORDER, "ends_on": "3 March 2090"})
    assert concern_of(made.other).order == {
        "kind": "bail",
        "conditions": "No contact.",
        "seen_by": "Kit",
        "ends_on": "2090-03-03",
    }
    page = page_of(made, staff["kit"]).content.decode()
    for words in ("Bail conditions", "No contact.", "3 March 2090. Its end alone clears nothing."):
        assert words in page


def test_an_order_heard_of_in_a_talk_is_recorded_later_and_earlier_facts_are_kept(staff: Staff) -> None:
    made = play("ready", staff)
    typed = {"alone": "yes", **SAFE, "order": "yes", "order_said": "Something from the court."}
    send(client_of(staff["kit"]), path(made, made.other, "safety_ask"), typed)
    assert "Not written down yet" in page_of(made, staff["sal"]).content.decode()

    assert send_order(made, staff["kit"], seen="no", seen_by="Kit").status_code == 303
    assert "Nobody yet" in page_of(made, staff["kit"]).content.decode()
    assert send_order(made, staff["kit"], conditions="Only by letter.").status_code == 303

    order = concern_of(made.other).order
    assert (order["conditions"], order["seen_by"]) == ("Only by letter.", "Kit")
    assert [each["conditions"] for each in order["before"]] == ["No contact."]
    # The second person reads it on the decision page.
    clearing = client_of(staff["sal"]).get(about(made, "clear")).content.decode()
    assert "Only by letter." in clearing
    assert "Bail conditions: No contact." in clearing


def test_the_end_of_an_order_clears_nothing_and_says_to_look_again(staff: Staff) -> None:
    made = play("ready", staff)
    ends = timezone.localdate() - timedelta(days=1)
    typed = {"detail": "x", **ORDER, "ends_on": ends.isoformat()}
    send(client_of(staff["kit"]), path(made, made.other, "concern"), typed)
    over = f"nded on {clock.show_day(ends)}"

    assert f"E{over}: look again" in page_of(made, staff["kit"]).content.decode()
    work = client_of(staff["sal"]).get("/").content.decode()
    assert f"An order about {made.other.known_as} e{over}: look again" in work
    assert "stop" in {row.code for row in blockers(made.referral, Gate.BOOK, timezone.now())}
    # On its last day it still bars contact.
    send_order(made, staff["kit"], ends_on="today")
    assert "look again" not in page_of(made, staff["kit"]).content.decode()


def test_only_a_concern_about_an_order_has_an_order(staff: Staff) -> None:
    made = play("blocked_stop", staff)
    assert send_order(made, staff["kit"]).status_code == 404
    assert concern_of(made.other).order == {}


@pytest.mark.parametrize("ends", ["29 February 2027", "3 March 0001", "soon"])
def test_an_impossible_day_is_an_error_at_the_day(ends: str, staff: Staff) -> None:
    made = play("ready", staff)
    response = send(
        client_of(staff["kit"]), path(made, made.other, "concern"), {"detail": "x", **ORDER, "ends_on": ends}
    )

    assert set(errors_of(response)) == {"ends_on"}


@pytest.mark.parametrize(
    ("name", "words"),
    [
        (
            "blocked_stop",
            "A safeguarding lead who is not working on this referral clears it, on new facts, after",
        ),
        ("blocked_sign_off", "“Go” counts for 56 days, or until a new concern."),
    ],
)
def test_each_open_concern_says_in_one_sentence_what_clears_it(name: str, words: str, staff: Staff) -> None:
    made = play(name, staff)
    [shown] = page_of(made, staff["kit"]).context["open_concerns"]
    assert [words in row["value"] for row in shown["rows"] if row["key"] == "What clears it"] == [True]


def test_a_stop_is_not_signed_off_and_only_a_safeguarding_lead_clears_it(staff: Staff) -> None:
    made = play("blocked_stop", staff)
    assert client_of(staff["mo"]).get(about(made, "sign-off")).status_code == 403
    assert send(client_of(staff["mo"]), stop(made), {"evidence": "x"}).status_code == 403
    assert send(client_of(staff["kit"]), stop(made), {"evidence": "x"}).status_code == 403

    typed = {"evidence": "Seen alone, and calm.", "seen_alone_on": "today"}
    assert send(client_of(staff["sal"]), stop(made), typed).status_code == 303
    assert concern_of(made.other).cleared_by == staff["sal"]


@pytest.mark.parametrize("seen", ["", "1 March 2020", "tomorrow"])
def test_clearing_a_stop_needs_a_day_seen_alone_since(seen: str, staff: Staff) -> None:
    made = play("blocked_stop", staff)
    response = send(client_of(staff["sal"]), stop(made), {"evidence": "New facts.", "seen_alone_on": seen})

    assert set(errors_of(response)) == {"seen_alone_on"}
    assert concern_of(made.other).cleared_at is None


def test_a_manager_signs_off_with_steps_that_the_worker_then_does(staff: Staff) -> None:
    made = play("blocked_sign_off", staff)
    typed = {"decision": "go_with_steps", "steps": "Ring the hostel\n\nAsk again", "reason": "Calm since."}
    assert send(client_of(staff["mo"]), about(made, "sign-off"), typed).status_code == 303

    steps = list(rows(Task, made.other).order_by("created_at"))
    assert [step.words for step in steps] == ["Ring the hostel", "Ask again"]
    assert "2 steps to do" in page_of(made, staff["kit"]).content.decode()
    for step in steps:
        where = path(made, made.other, "safety", f"steps/{step.pk}/")
        assert send(client_of(staff["kit"]), where).status_code == 303
    assert "Signed off" in page_of(made, staff["mo"]).content.decode()


def test_a_decision_by_the_current_lead_is_shown_as_not_counting(staff: Staff) -> None:
    made = play("blocked_sign_off", staff)
    send(client_of(staff["mo"]), about(made, "sign-off"), {"decision": "go", "reason": "Calm since."})
    change_lead(referral=made.referral, lead=staff["mo"], by=staff["asha"])

    [row] = page_of(made, staff["kit"]).context["open_concerns"]
    assert row["status"] == "To be signed off"
    assert row["needs"].startswith("The decision counts no longer.")


@pytest.mark.parametrize("who", ["kit", "fay"])
def test_workers_do_not_sign_off_on_their_own_referral(who: str, staff: Staff) -> None:
    made = play("blocked_sign_off", staff)
    response = send(client_of(staff[who]), about(made, "sign-off"), {"decision": "go", "reason": "Fine."})

    assert response.status_code == 403
    assert not rows(SignOff, made.other).exists()


@pytest.mark.parametrize(
    "typed", [{"decision": "go"}, {"decision": "go_with_steps", "reason": "x"}, {"reason": "x"}]
)
def test_a_decision_needs_its_reason_and_its_steps(typed: dict, staff: Staff) -> None:
    made = play("blocked_sign_off", staff)
    response = send(client_of(staff["mo"]), about(made, "sign-off"), typed)

    assert response.status_code == 422
    assert not rows(SignOff, made.other).exists()


def test_a_new_concern_invalidates_a_decision(staff: Staff) -> None:
    from referrals.actions.concerns import raise_concern, sign_off

    made, now = play("blocked_sign_off", staff), timezone.now()
    concern = Concern.objects.unscoped("test").select_related("party__referral").get(party=made.other)
    sign_off(
        concern=concern,
        decision=SignOffDecision.GO,
        reason="Calm.",
        by=staff["mo"],
        at=now - timedelta(hours=2),
    )
    raise_concern(party=made.other, kind=ConcernKind.LIVE_CASE, by=staff["kit"], at=now - timedelta(hours=1))

    shown = page_of(made, staff["mo"]).context["open_concerns"]
    assert [row["status"] for row in shown] == ["To be signed off", "To be signed off"]


@pytest.mark.parametrize("verb", ["sign-off", "clear"])
def test_a_concern_of_another_person_is_404(verb: str, staff: Staff) -> None:
    made, another = play("blocked_sign_off", staff), play("blocked_stop", staff)
    forged = path(made, made.other, "safety", f"{concern_of(another.other).pk}/{verb}/")

    assert client_of(staff["sal"]).get(forged).status_code == 404
    assert client_of(staff["mina"]).get(about(made, verb)).status_code == 404
    assert client_of(staff["zed"]).get(about(made, verb)).status_code == 404


def test_a_step_of_another_person_is_404(staff: Staff) -> None:
    made = play("ready", staff)

    assert (
        client_of(staff["kit"]).get(path(made, made.other, "safety", f"steps/{uuid4()}/")).status_code == 404
    )


def lead_who_manages_nobody(staff: Staff) -> User:
    return User.objects.create_user(
        email="ivy@demo.example",
        password=None,
        first_name="Ivy",
        organisation=staff["asha"].organisation,
        role="keyworker",
        safeguarding_lead=True,
    )


def test_a_safeguarding_lead_opens_only_safety_and_only_while_a_concern_is_open(staff: Staff) -> None:
    made = play("blocked_stop", staff)
    client = client_of(lead_who_manages_nobody(staff))
    assert client.get(path(made, made.other, "safety")).status_code == 200
    for sealed in ("party", "talk", "consent", "routes", "concern", "safety_ask"):
        assert client.get(path(made, made.other, sealed)).status_code == 404

    typed = {"evidence": "Seen alone, and calm.", "seen_alone_on": "today"}
    response = send(client, stop(made), typed)
    assert client.get(response.url, follow=True).status_code == 200
    assert client.get(path(made, made.other, "safety")).status_code == 404


def test_clearing_twice_is_refused_and_typed_text_stays(staff: Staff) -> None:
    made = play("blocked_stop", staff)
    typed = {"evidence": "Seen alone, and calm.", "seen_alone_on": "today"}
    where = stop(made)
    send(client_of(staff["sal"]), where, typed)
    response = send(client_of(staff["sal"]), where, typed)

    assert errors_of(response) == {"": ["This concern was already cleared."]}
    assert "Seen alone, and calm." in response.content.decode()


@pytest.mark.parametrize("then", ["decided anew", "cleared"])
def test_the_steps_of_an_invalid_decision_disappear(then: str, staff: Staff, morning: Any) -> None:
    made = play("blocked_sign_off", staff)
    concern, mo = concern_of(made.other), staff["mo"]
    go = {"concern": concern, "reason": "Calm.", "by": mo}
    steps = {"steps": ["Ring the clinic."], "steps_due_on": clock.today()}
    sign_off(decision=SignOffDecision.GO_WITH_STEPS, **steps, **go)

    def asked() -> tuple[bool, bool]:
        work = client_of(staff["kit"]).get("/").content.decode()
        person = client_of(staff["kit"]).get(path(made, made.other)).content.decode()
        return "A step before the meeting" in work, "Ring the clinic." in person

    assert asked() == (True, True)
    morning.shift(timedelta(minutes=1))
    if then == "cleared":
        clear(concern=concern, evidence="It was somebody else.", seen_alone_on=None, by=mo)
    else:
        sign_off(decision=SignOffDecision.GO, **go)
    assert asked() == (False, False)
