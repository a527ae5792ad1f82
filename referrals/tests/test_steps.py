"""Deciding, appointing, matching names and closing: requirements, permissions and effects."""

from datetime import date

import pytest
from django.utils import timezone

from meetings.demo import story as play
from meetings.demo.staff import Staff
from meetings.tests.pages import client_of, errors_of, send
from referrals.actions.facilitation import invite
from referrals.actions.records import ask_for_records_check, release_due
from referrals.blockers import blockers
from referrals.enums import Gate, Outcome, Part, Stage, Suitable
from referrals.models import Closure, Invited, Involvement, RecordsCheck, Referral, Suitability
from restorative.audit.models import AuditEntry
from restorative.common import clock
from restorative.common.rules import rules
from tests.stories import tell
from tests.written import reproject_all

# These pages read the same on each database; the matrix checks that they answer on the second.
pytestmark = [pytest.mark.django_db, pytest.mark.sqlite, pytest.mark.usefixtures("morning")]


def make(name: str, staff: Staff) -> play.Played:
    return tell(name, staff, timezone.now())


def page(made: play.Played, name: str) -> str:
    return f"/r/{made.referral.reference}/{name}/"


def stage_of(made: play.Played) -> str:
    return Referral.objects.unscoped("test").get(pk=made.referral.pk).stage


def codes(made: play.Played, gate: Gate = Gate.BOOK) -> set[str]:
    return {row.code for row in blockers(made.referral, gate, timezone.now())}


# --- Decide ---------------------------------------------------------------------------------------------------


def test_suitable_now_requests_the_records_check_in_the_same_submission(staff: Staff) -> None:
    made = play.log(staff, play.Pair("Sam", "Jo"), timezone.now())

    response = send(
        client_of(staff["asha"]),
        page(made, "decide"),
        decision="yes",
        reason="Both want this.",
        party=str(made.own.pk),
        ask_records="on",
    )

    assert response.status_code == 303
    row = Suitability.objects.unscoped("test").get()
    assert (row.decision, row.party_id, row.reason) == (Suitable.YES, made.own.pk, "Both want this.")
    assert RecordsCheck.objects.unscoped("test").get().released_at is None


def test_the_records_check_is_not_asked_for_twice(staff: Staff) -> None:
    made = make("blocked_records_check", staff)

    shown = client_of(staff["asha"]).get(page(made, "decide"))

    assert "ask_records" not in shown.context["form"].fields


def test_not_now_needs_a_review_date_and_pauses(staff: Staff) -> None:
    made = make("ready", staff)
    asha = client_of(staff["asha"])
    said = {"decision": "not_now", "reason": "A bad month.", "party": "nobody"}

    without = send(asha, page(made, "decide"), **said)
    past = send(asha, page(made, "decide"), **said, review_on="1 March 2020")
    send(asha, page(made, "decide"), **said, review_on="1 March 2100")

    assert set(errors_of(without)) == set(errors_of(past)) == {"review_on"}
    assert stage_of(made) == Stage.PAUSED
    assert Referral.objects.unscoped("test").get().review_on == date(2100, 3, 1)


def test_a_reason_cannot_come_from_a_sealed_party(staff: Staff) -> None:
    made = make("ready", staff)

    forged = send(
        client_of(staff["asha"]), page(made, "decide"), decision="yes", reason="x", party=str(made.other.pk)
    )

    assert set(errors_of(forged)) == {"party"}


def test_the_reason_is_read_by_the_side_it_came_from(staff: Staff) -> None:
    made = make("ready", staff)

    to_asha = client_of(staff["asha"]).get(page(made, "decide")).content.decode()
    to_fay = client_of(staff["fay"]).get(page(made, "decide")).content.decode()
    Involvement.objects.unscoped("test").in_meetings().update(user=staff["wes"])
    reproject_all()
    to_wes = client_of(staff["wes"]).get(page(made, "decide")).content.decode()

    reason = "Both want this, and it is calm just now."
    assert (reason in to_asha, reason in to_fay, reason in to_wes) == (True, True, False)


# --- Facilitators ---------------------------------------------------------------------------------------------


def test_any_organisations_facilitator_can_be_appointed(staff: Staff) -> None:
    made = make("blocked_no_facilitator", staff)
    asha = client_of(staff["asha"])
    offered = dict(asha.get(page(made, "facilitators")).context["form"].fields["user"].choices[1:])

    send(asha, page(made, "facilitators"), user=str(staff["wes"].pk), part="facilitator")

    assert set(offered) == {"Forward Leeds", "5 WAYS", "Carers Leeds"}
    assert Involvement.objects.unscoped("test").in_meetings().get().user == staff["wes"]
    assert "no_facilitator" not in codes(made)


@pytest.mark.parametrize("who", ["zed", "carol", "adam", "gwen"])
def test_a_worker_who_may_not_be_appointed_cannot_be_forged(who: str, staff: Staff) -> None:
    made = make("blocked_no_facilitator", staff)

    refused = send(
        client_of(staff["asha"]), page(made, "facilitators"), user=str(staff[who].pk), part="facilitator"
    )

    assert set(errors_of(refused)) == {"user"}


def test_a_stand_in_is_not_appointed_here(staff: Staff) -> None:
    made = make("blocked_no_facilitator", staff)

    refused = send(
        client_of(staff["asha"]), page(made, "facilitators"), user=str(staff["fay"].pk), part=Part.STAND_IN
    )

    assert set(errors_of(refused)) == {"part"}


def test_ending_the_last_part_calls_a_booked_meeting_off_and_says_so_first(staff: Staff) -> None:
    made = make("booked_tomorrow", staff)
    row = Involvement.objects.unscoped("test").in_meetings().get()
    path = page(made, f"facilitators/{row.pk}/end")
    asha = client_of(staff["asha"])

    warning = asha.get(path).context["warning"]
    send(asha, path)

    assert warning == (
        "A meeting is booked. Unless you appointed somebody in their place before, it is called off at once and "
        "everybody is told."
    )
    assert stage_of(made) == Stage.PREPARING


def test_a_facilitator_who_ends_their_own_part_leaves_the_referral(staff: Staff) -> None:
    made = make("ready", staff)
    row = Involvement.objects.unscoped("test").in_meetings().get()
    fay = client_of(staff["fay"])

    went = send(fay, page(made, f"facilitators/{row.pk}/end"))["Location"]

    assert went == "/"
    assert fay.get(page(made, "facilitators")).status_code == 404


# --- Professionals -----------------------------------------------------------------------------------------


def invited_by_other(made: play.Played) -> Invited:
    return invite(
        party=made.other,
        name="Robin Example",
        organisation="A made-up surgery",
        role="Nurse",
        by=made.staff["kit"],
    )


def test_an_invited_professional_is_left_out(staff: Staff) -> None:
    made = make("ready", staff)
    row = invited_by_other(made)
    fay = client_of(staff["fay"])
    before = codes(made, Gate.START)

    listed = fay.get(page(made, "facilitators"))
    href = listed.context["invited"][0][-1]["href"]
    asked = fay.get(href).content.decode()
    went = send(fay, href)["Location"]

    assert href == page(made, f"professionals/{row.pk}/leave-out")
    assert "Leave Robin Example out" in asked
    assert Invited.objects.unscoped("test").get().left_out_at is not None
    assert fay.get(went).context["invited"] == []
    assert fay.get(href).status_code == 404
    assert before - codes(made, Gate.START) == {"professional_not_agreed"}


def test_only_users_who_open_the_inviting_party_find_the_professional(staff: Staff) -> None:
    made = make("ready", staff)
    href = page(made, f"professionals/{invited_by_other(made).pk}/leave-out")
    asha = client_of(staff["asha"])

    listed = asha.get(page(made, "facilitators"))
    answers = {who: send(client_of(staff[who]), href).status_code for who in ("asha", "kit", "zed")}

    assert listed.context["invited"] == []
    assert "Robin" not in listed.content.decode()
    assert answers == {"asha": 404, "kit": 403, "zed": 404}
    assert Invited.objects.unscoped("test").get().left_out_at is None


def test_a_professional_of_another_referral_is_404(staff: Staff) -> None:
    made = make("ready", staff)
    row = invited_by_other(made)
    other = tell("ready", staff, timezone.now(), pair=play.Pair("Una", "Vic"))

    answer = send(client_of(staff["fay"]), page(other, f"professionals/{row.pk}/leave-out"))

    assert answer.status_code == 404


# --- The records check ----------------------------------------------------------------------------------------


def test_it_is_asked_for_once(staff: Staff) -> None:
    made = play.log(staff, play.Pair("Sam", "Jo"), timezone.now())
    asha = client_of(staff["asha"])

    first = send(asha, page(made, "records-check"))
    second = send(asha, page(made, "records-check"))

    assert (first.status_code, second.status_code) == (303, 422)
    assert RecordsCheck.objects.unscoped("test").count() == 1


def test_a_safeguarding_lead_sees_the_names_to_match_and_releases(staff: Staff) -> None:
    made = make("blocked_records_check", staff)
    sal = client_of(staff["sal"])

    shown = sal.get("/records-checks/")
    send(sal, shown.context["checks"][0]["href"])
    assert "records_check" in codes(made)  # done, waiting for the next fixed time
    released = release_due(at=clock.next_of(timezone.now(), rules().records_release_minutes))

    names = {row[0] for row in shown.context["checks"][0]["names"]}
    assert names == {f"{party.known_as} Example" for party in made.parties}
    assert released == 1
    check = RecordsCheck.objects.unscoped("test").get()
    assert "records_check" not in {row.code for row in blockers(made.referral, Gate.BOOK, check.released_at)}
    assert "Nothing waits." in sal.get("/records-checks/").content.decode()
    assert AuditEntry.objects.filter(verb="records_checks_viewed").count() == 2


def test_not_their_own_referrals_nor_those_of_another_organisation(staff: Staff) -> None:
    own = play.log(staff, play.Pair("Sam", "Jo"), timezone.now(), lead="sal")
    check = ask_for_records_check(referral=own.referral, by=staff["sal"])
    theirs = play.log(staff, play.Pair("Ada", "Bo"), timezone.now(), lead="carol")
    foreign = ask_for_records_check(referral=theirs.referral, by=staff["carol"])
    sal = client_of(staff["sal"])

    listed = sal.get("/records-checks/").context["checks"]
    pressed = [send(sal, f"/records-checks/{row.pk}/release/").status_code for row in (check, foreign)]

    assert listed == []
    assert pressed == [403, 404]
    assert not RecordsCheck.objects.unscoped("test").filter(released_at__isnull=False).exists()


@pytest.mark.parametrize(("who", "status"), [("asha", 403), ("mo", 403), ("zed", 404), ("gwen", 404)])
def test_other_users_neither_see_nor_release(who: str, status: int, staff: Staff) -> None:
    make("blocked_records_check", staff)
    check = RecordsCheck.objects.unscoped("test").get()
    client = client_of(staff[who])

    assert client.get("/records-checks/").status_code == 403
    assert client.get(f"/records-checks/{check.pk}/release/").status_code == status
    assert send(client, f"/records-checks/{check.pk}/release/").status_code == status


# --- Close ----------------------------------------------------------------------------------------------------


def test_not_going_ahead_needs_a_reason_and_whose(staff: Staff) -> None:
    made = make("ready", staff)
    asha = client_of(staff["asha"])

    without = send(asha, page(made, "close"))
    forged = send(asha, page(made, "close"), reason="tired", party=str(made.other.pk))
    send(asha, page(made, "close"), reason="not_the_time", party=str(made.own.pk))

    assert set(errors_of(without)) == set(errors_of(forged)) == {"reason", "party"}
    closure = Closure.objects.unscoped("test").get()
    assert (closure.outcome, closure.reason, closure.party_id, closure.stopped_at_stage) == (
        Outcome.NOT_GOING_AHEAD,
        "not_the_time",
        made.own.pk,
        Stage.PREPARING,
    )


def test_after_a_meeting_the_outcome_is_computed(staff: Staff) -> None:
    made = make("record_overdue", staff)
    play.record_it(made, timezone.now())
    mo = client_of(staff["mo"])  # only a manager closes with unfinished follow-ups

    shown = mo.get(page(made, "close"))
    send(mo, page(made, "close"), reason="died", party="nobody", why_open_items="They moved away.")

    assert "reason" not in shown.context["form"].fields
    closure = Closure.objects.unscoped("test").get()
    assert (closure.outcome, closure.reason) == (Outcome.MET_HELPED, "")


def test_a_booked_meeting_comes_first(staff: Staff) -> None:
    made = make("booked_tomorrow", staff)
    asha = client_of(staff["asha"])

    shown = asha.get(page(made, "close"))
    pressed = send(asha, page(made, "close"), reason="died", party="nobody")

    sentence = "A meeting is still booked. Call it off, or record it, first."
    assert shown.context["first"]["title"] == sentence
    assert errors_of(pressed)[""] == [sentence]
    assert stage_of(made) == Stage.BOOKED


def test_an_open_concern_needs_a_manager_and_names_only_what_the_user_may_know(staff: Staff) -> None:
    made = make("blocked_stop", staff)
    said = {"reason": "not_safe", "party": "nobody"}

    asha = client_of(staff["asha"]).get(page(made, "close"))
    refused = send(client_of(staff["asha"]), page(made, "close"), **said)
    silent = send(client_of(staff["mo"]), page(made, "close"), **said)
    send(client_of(staff["mo"]), page(made, "close"), **said, why_open_items="Nobody is in touch.")

    assert asha.context["left"] == ["Something is still open with somebody else here."]
    assert refused.status_code == 422
    assert set(errors_of(silent)) == {"why_open_items"}
    assert stage_of(made) == Stage.CLOSED


# --- Who may --------------------------------------------------------------------------------------------------

PAGES = ["decide", "records-check", "facilitators", "close"]


@pytest.mark.parametrize(
    ("who", "status"),
    [("kit", 403), ("ben", 404), ("wes", 404), ("carol", 404), ("zed", 404), ("gwen", 404), ("adam", 404)],
)
def test_users_who_do_not_run_it_are_refused_and_strangers_get_404(
    who: str, status: int, staff: Staff
) -> None:
    made = make("ready", staff)
    client = client_of(staff[who])
    row = Involvement.objects.unscoped("test").in_meetings().get()
    paths = [page(made, name) for name in [*PAGES, f"facilitators/{row.pk}/end"]]

    answers = [client.get(path).status_code for path in paths] + [
        send(client, path).status_code for path in paths
    ]

    assert answers == [status] * len(paths) * 2
    assert stage_of(made) == Stage.PREPARING
