"""Pausing, resuming, reopening, meeting again: permissions, consequences, and who is told the reason."""

from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from meetings.demo import story as play
from meetings.demo.staff import Staff
from meetings.models import Meeting
from meetings.tests.pages import client_of, errors_of, send, text_of
from referrals.actions.lifecycle import change_review, close, meet_again, reopen, resume
from referrals.enums import Reason, Stage
from referrals.management.commands import draw_states
from referrals.models import Referral, Suitability
from restorative.common import clock
from restorative.common.decisions import NotPossible, Refused
from tests.stories import tell

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("morning")]


def page(made: play.Played, name: str = "") -> str:
    return f"/r/{made.referral.reference}/{name}"


def stage_of(made: play.Played) -> str:
    return Referral.objects.unscoped("test").get(pk=made.referral.pk).stage


def review_of(made: play.Played):
    return Referral.objects.unscoped("test").get(pk=made.referral.pk).review_on


def later(days: int = 20):
    return clock.today() + timedelta(days=days)


def pause(made: play.Played, who: str = "asha", *, party: str = "", reason: str = "They are moving house."):
    typed = {"review_on": later().isoformat(), "reason": reason, "party": party or str(made.own.pk)}
    return send(client_of(made.staff[who]), page(made, "pause/"), **typed)


def test_pausing_calls_the_meeting_off_and_keeps_the_reason_with_its_side(staff: Staff) -> None:
    made = tell("booked_tomorrow", staff, timezone.now())
    assert pause(made).status_code == 303
    assert stage_of(made) == Stage.PAUSED
    assert Meeting.objects.unscoped("test").get(pk=made.meeting.pk).status == "called_off"
    assert Suitability.objects.unscoped("test").latest("decided_at").party_id == made.own.pk


def test_the_banner_shows_who_and_when_to_all_and_the_reason_to_its_own_side(staff: Staff) -> None:
    made = tell("ready", staff, timezone.now())
    pause(made)
    shown = {who: text_of(client_of(staff[who]).get(page(made))) for who in ("asha", "kit", "fay")}
    assert "Paused by you" in shown["asha"]
    assert "Paused by Asha" in shown["kit"]
    assert [who for who, text in shown.items() if "moving house" in text] == ["asha", "fay"]


def test_a_review_date_and_a_reason_are_needed(staff: Staff) -> None:
    made = tell("ready", staff, timezone.now())
    response = send(
        client_of(staff["asha"]), page(made, "pause/"), review_on=clock.today().isoformat(), reason="x"
    )
    assert response.status_code == 422
    assert stage_of(made) == Stage.PREPARING


def test_resumed_from_the_banner(staff: Staff) -> None:
    made = tell("paused", staff, timezone.now())
    client = client_of(staff["asha"])
    href = client.get(page(made)).context["banner"]["action_href"]
    assert href == page(made, "resume/")
    assert send(client, href).status_code == 303
    assert stage_of(made) == Stage.PREPARING
    # Whether it is suitable needs a new decision.
    assert "Nobody has decided that this is suitable now." in text_of(client.get(page(made)))


@pytest.mark.parametrize(("who", "may"), [("mo", True), ("asha", False), ("fay", False), ("kit", False)])
def test_only_a_manager_changes_the_review_date(who: str, may: bool, staff: Staff) -> None:
    made = tell("paused", staff, timezone.now())
    response = send(client_of(staff[who]), page(made, "pause/"), review_on=later(60).isoformat())
    assert response.status_code == (303 if may else 403)
    moved = Referral.objects.unscoped("test").get(pk=made.referral.pk).review_on == later(60)
    assert moved == may


def test_a_reason_typed_while_a_colleague_paused_is_kept_and_saved_on_confirmation(
    staff: Staff, morning
) -> None:
    made = tell("ready", staff, timezone.now())
    assert pause(made, "asha").status_code == 303
    mo = client_of(staff["mo"])
    typed = {
        "review_on": later(40).isoformat(),
        "reason": "Their mother is in hospital.",
        "party": str(made.own.pk),
    }

    told = send(mo, page(made, "pause/"), **typed)

    assert (told.status_code, set(errors_of(told))) == (422, {"all_the_same"})
    assert "It was paused meanwhile" in errors_of(told)["all_the_same"][0]
    assert "Their mother is in hospital." in told.content.decode()
    assert "Their mother is in hospital." in mo.get(page(made, "pause/")).content.decode()
    assert review_of(made) == later()
    morning.shift(timedelta(minutes=1))
    assert send(mo, page(made, "pause/"), **typed, all_the_same="on").status_code == 303
    assert (stage_of(made), review_of(made)) == (Stage.PAUSED, later(40))
    kept = Suitability.objects.unscoped("test").latest("decided_at", "created_at")
    assert kept.reason == "Their mother is in hospital."


def test_the_new_date_is_in_the_future(staff: Staff) -> None:
    made = tell("paused", staff, timezone.now())
    with pytest.raises(NotPossible, match="in the future"):
        change_review(referral=made.referral, review_on=clock.today(), by=staff["mo"])


def closed(staff: Staff, days: int) -> play.Played:
    now = timezone.now()
    made = tell("ready", staff, now - timedelta(days=days))
    close(
        referral=made.referral,
        reason=Reason.NOT_THE_TIME,
        party=made.own,
        by=staff["asha"],
        at=now - timedelta(days=days),
    )
    return made


def test_reopened_within_thirty_days_from_the_banner(staff: Staff) -> None:
    made = closed(staff, 29)
    client = client_of(staff["asha"])
    shown = client.get(page(made)).context["banner"]
    assert shown["title"].startswith("Closed by you")
    assert "not the right time" in shown["title"]
    assert send(client, shown["action_href"]).status_code == 303
    assert stage_of(made) == Stage.PREPARING


def test_after_that_it_is_neither_offered_nor_possible(staff: Staff) -> None:
    made = closed(staff, 31)
    client = client_of(staff["asha"])
    assert client.get(page(made)).context["banner"]["action_href"] == ""
    refused = client.get(page(made, "reopen/"))
    assert refused.status_code == 403
    assert "30 days" in text_of(refused)
    with pytest.raises(NotPossible, match="30 days"):
        reopen(referral=made.referral, by=staff["asha"])


def test_the_reason_for_closing_shows_only_to_its_own_side(staff: Staff) -> None:
    made = closed(staff, 2)
    title = client_of(staff["kit"]).get(page(made)).context["banner"]["title"]
    assert title.startswith("Closed by Asha")
    assert "right time" not in title


def test_they_meet_again(staff: Staff) -> None:
    made = tell("record_overdue", staff, timezone.now())
    play.record_it(made, timezone.now())
    client = client_of(staff["fay"])
    assert page(made, "meet-again/") in text_of(client.get(page(made)))
    assert send(client, page(made, "meet-again/")).status_code == 303
    assert stage_of(made) == Stage.PREPARING
    assert Meeting.objects.unscoped("test").get(pk=made.meeting.pk).status == "took_place"


def test_two_meetings_stand_beside_each_other(staff: Staff) -> None:
    made = tell("two_meetings", staff, timezone.now())
    found = Meeting.objects.unscoped("test").filter(referral=made.referral).values_list("status", flat=True)
    assert list(found) == ["took_place", "booked"]
    assert stage_of(made) == Stage.BOOKED


@pytest.mark.parametrize("situation", ["paused", "on_hold"])
def test_the_situations_match_their_names(situation: str, staff: Staff) -> None:
    made = tell(situation, staff, timezone.now())
    title = client_of(staff["kit"]).get(page(made)).context["banner"]["title"]
    assert situation.replace("_", " ") in title.lower()


@pytest.mark.parametrize("action", [resume, reopen, meet_again])
@pytest.mark.parametrize("who", ["kit", "zed", "lou"])
def test_only_those_who_run_it_take_these_steps(who: str, action, staff: Staff) -> None:
    made = tell("ready", staff, timezone.now())
    by = staff[who] if who in staff.people else staff["zed"]
    with pytest.raises(Refused):
        action(referral=made.referral, by=by)


def test_the_drawing_of_the_steps_is_current() -> None:
    call_command("draw_states", check=True)


def test_a_different_table_gives_a_different_drawing(monkeypatch: pytest.MonkeyPatch) -> None:
    steps = {key: step for key, step in draw_states.STEPS.items() if key != "reopen"}
    monkeypatch.setattr(draw_states, "STEPS", steps)
    with pytest.raises(CommandError, match="draw_states"):
        call_command("draw_states", check=True)
