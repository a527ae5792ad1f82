"""The day of the meeting: each person is asked, a facilitator starts it past its gate, and it is recorded once."""

import pytest
from django.utils import timezone

from meetings.demo import story as play
from meetings.demo.staff import Staff
from meetings.enums import Came, MeetingStatus
from meetings.models import Attendance, CallOff, Meeting, Record
from meetings.tests.pages import address, client_of, errors_of, send
from referrals.actions.concerns import raise_concern
from referrals.blockers import SEALED_SENTENCE
from referrals.enums import DAY_QUESTIONS, Answer, ConcernKind, Stage
from referrals.models import Consent, Party, ReadinessCheck, Referral
from restorative.audit.models import AuditEntry
from tests.stories import tell
from tests.written import reproject_all

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("morning")]

YES = dict.fromkeys(DAY_QUESTIONS, "yes")


def booked_today(staff: Staff) -> play.Played:
    made = tell("ready", staff, timezone.now())
    play.book_meeting(made, play.day_at(0, 14), timezone.now())
    return made


def started(staff: Staff) -> play.Played:
    made = booked_today(staff)
    play.check_the_day(made, timezone.now())
    send(client_of(staff["fay"]), address(made, "start/"))
    return made


def status_of(made: play.Played) -> str:
    return Meeting.objects.unscoped("test").get(pk=made.meeting.pk).status


def record_form(made: play.Played, **changes: str) -> dict[str, str]:
    came = {f"came_{party.pk}": Came.CAME for party in made.parties}
    return {**came, "happened": "They talked about the summer.", "helped": "yes", **changes}


# --- Asking ---------------------------------------------------------------------------------------------------


def test_the_day_before_nobody_can_be_asked_and_no_link_says_so(staff: Staff) -> None:
    made = tell("ready", staff, timezone.now())
    play.book_meeting(made, play.day_at(1, 14), timezone.now())

    page = client_of(staff["asha"]).get(address(made, "today/"))

    cells = {row["name"]: row.get("cells") or row["said"] for row in page.context["people"]}
    assert cells == {
        made.other.known_as: "Not yet. Nothing for you to do.",
        made.own.known_as: [{"text": "Asked on the day itself"}],
    }


def test_asking_one_person_does_not_change_the_other(staff: Staff) -> None:
    made = booked_today(staff)
    asha = client_of(staff["asha"])

    response = send(asha, address(made, f"today/{made.own.pk}/"), **YES, note="Slept well.")
    page = asha.get(address(made, "today/"))

    assert response["Location"] == address(made, "today/")
    assert [row.sentence for row in page.context["way"]] == [SEALED_SENTENCE.format(them="the other person")]
    cells = {row["name"]: row.get("said") or row["cells"][0]["text"] for row in page.context["people"]}
    assert cells == {
        made.other.known_as: "Not yet. Nothing for you to do.",
        made.own.known_as: "Asked at 10.30am: yes to all",
    }


def test_the_other_cell_says_only_done(staff: Staff) -> None:
    made = booked_today(staff)
    send(client_of(staff["kit"]), address(made, f"today/{made.other.pk}/"), **YES, note="canary")

    page = client_of(staff["asha"]).get(address(made, "today/"))

    said = next(row["said"] for row in page.context["people"] if row["name"] == made.other.known_as)
    assert said == "Done"
    assert "canary" not in page.content.decode()


@pytest.mark.parametrize("question", ["safe", "still_yes", "decides"])
@pytest.mark.parametrize("answer", ["no", "not_sure"])
def test_any_answer_but_yes_calls_it_off_without_telling_the_others(
    question: str, answer: str, staff: Staff
) -> None:
    made = booked_today(staff)

    send(
        client_of(staff["kit"]),
        address(made, f"today/{made.other.pk}/"),
        **{**YES, question: answer},
        note="",
    )

    assert status_of(made) == MeetingStatus.CALLED_OFF
    assert CallOff.objects.unscoped("test").get().party_id == made.other.pk
    asha_sees = client_of(staff["asha"]).get(address(made))
    assert asha_sees.context["state"]["text"] == "Booked"


def test_a_no_today_is_an_answer_to_taking_part(staff: Staff) -> None:
    made = booked_today(staff)

    send(client_of(staff["kit"]), address(made, f"today/{made.other.pk}/"), **{**YES, "still_yes": "no"})

    newest = Consent.objects.unscoped("test").filter(party=made.other, purpose="take_part").latest("seq")
    assert newest.answer == Answer.NO


def test_not_well_enough_stays_booked_and_cannot_start(staff: Staff, morning) -> None:
    made = booked_today(staff)
    play.check_the_day(made, timezone.now())
    morning.shift(60)
    send(client_of(staff["asha"]), address(made, f"today/{made.own.pk}/"), **{**YES, "well": "no"})

    page = send(client_of(staff["fay"]), address(made, "start/"))

    assert errors_of(page)[""] == [
        f"{made.own.known_as} has not been asked today: well enough, safe, still yes?"
    ]
    assert status_of(made) == MeetingStatus.BOOKED


def test_each_question_needs_a_listed_answer(staff: Staff) -> None:
    made = booked_today(staff)

    page = send(
        client_of(staff["asha"]),
        address(made, f"today/{made.own.pk}/"),
        well="perhaps",
        safe="yes",
        decides="yes",
    )

    assert set(errors_of(page)) == {"well", "still_yes"}
    assert not ReadinessCheck.objects.unscoped("test").filter(kind="day").exists()


def test_it_is_asked_on_the_day_and_not_before(staff: Staff) -> None:
    made = tell("booked_tomorrow", staff, timezone.now())

    response = send(client_of(staff["asha"]), address(made, f"today/{made.own.pk}/"), **YES)

    assert response.status_code == 403
    assert "This is asked on the day itself: Wed 3 March." in response.content.decode()


def test_a_worker_does_not_ask_a_person_whose_compartment_is_sealed(staff: Staff) -> None:
    made = booked_today(staff)
    path = address(made, f"today/{made.other.pk}/")

    asked = [client_of(staff["asha"]).get(path), send(client_of(staff["asha"]), path, **YES)]

    assert [response.status_code for response in asked] == [404, 404]


# --- Starting -------------------------------------------------------------------------------------------------


def test_a_facilitator_starts_it_when_each_has_been_asked(staff: Staff) -> None:
    made = started(staff)

    assert status_of(made) == MeetingStatus.STARTED
    assert AuditEntry.objects.filter(verb="meeting_started", referral_id=made.referral.pk).count() == 1


def test_the_days_page_names_the_reasons_for_refusing_a_start(staff: Staff) -> None:
    made = booked_today(staff)
    fay = client_of(staff["fay"])

    page, refused = fay.get(address(made, "today/")), send(fay, address(made, "start/"))

    assert refused.status_code == 422
    assert [row.sentence for row in page.context["way"]] == errors_of(refused)[""]
    assert status_of(made) == MeetingStatus.BOOKED


def test_a_stop_on_arrival_prevents_the_start(staff: Staff) -> None:
    made = booked_today(staff)
    play.check_the_day(made, timezone.now())
    raise_concern(party=made.own, kind=ConcernKind.ON_THE_DAY, by=staff["asha"])

    page = send(client_of(staff["fay"]), address(made, "start/"))

    assert page.status_code == 422
    assert status_of(made) == MeetingStatus.CALLED_OFF


@pytest.mark.parametrize("who", ["asha", "kit", "mo"])
def test_other_users_do_not_start_it(who: str, staff: Staff) -> None:
    made = booked_today(staff)
    play.check_the_day(made, timezone.now())

    response = send(client_of(staff[who]), address(made, "start/"))

    assert response.status_code == 403
    assert "Only a facilitator of this meeting may do this." in response.content.decode()
    assert status_of(made) == MeetingStatus.BOOKED


def test_it_is_started_on_its_day(staff: Staff) -> None:
    made = tell("booked_tomorrow", staff, timezone.now())

    page = send(client_of(staff["fay"]), address(made, "start/"))

    assert errors_of(page)[""] == ["This meeting is on Wed 3 March, 2pm."]


# --- Recording ------------------------------------------------------------------------------------------------


def test_a_record_submitted_five_times_is_one(staff: Staff) -> None:
    made = started(staff)
    fay = client_of(staff["fay"])
    typed = record_form(made, submission="5ec5f3ea-a0ea-4ad2-8a2a-1d1c1c0f8a11")

    answers = [send(fay, address(made, "record/"), **typed) for _ in range(5)]

    assert {(answer.status_code, answer["Location"]) for answer in answers} == {(303, address(made))}
    assert Record.objects.unscoped("test").get().answers["happened"] == "They talked about the summer."
    assert status_of(made) == MeetingStatus.TOOK_PLACE
    assert Referral.objects.unscoped("test").get().stage == Stage.FOLLOW_UP


def test_another_record_of_the_same_meeting_is_refused(staff: Staff) -> None:
    made = started(staff)
    send(client_of(staff["fay"]), address(made, "record/"), **record_form(made))

    again = send(client_of(staff["fay"]), address(made, "record/"), **record_form(made))

    assert again.status_code == 403
    assert Record.objects.unscoped("test").count() == 1


def test_if_one_did_not_come_it_did_not_happen(staff: Staff) -> None:
    made = started(staff)
    typed = record_form(made, helped="", happened="", **{f"came_{made.other.pk}": Came.DID_NOT_COME})

    send(client_of(staff["fay"]), address(made, "record/"), **typed)

    assert not Record.objects.unscoped("test").exists()
    assert status_of(made) == MeetingStatus.DID_NOT_HAPPEN
    came = dict(Attendance.objects.unscoped("test").values_list("party", "status"))
    assert came == {made.own.pk: Came.CAME, made.other.pk: Came.DID_NOT_COME}
    assert Referral.objects.unscoped("test").get().stage == Stage.PREPARING


@pytest.mark.parametrize("field", ["happened", "stopped_why"])
def test_text_typed_for_a_meeting_that_did_not_happen_is_returned(field: str, staff: Staff) -> None:
    made = started(staff)
    came = {f"came_{made.other.pk}": Came.DID_NOT_COME}
    typed = record_form(made, helped="", **{"happened": "", field: "Rang from the bus.", **came})

    page = send(client_of(staff["fay"]), address(made, "record/"), **typed)

    assert (page.status_code, set(errors_of(page))) == (422, {field})
    assert "Rang from the bus." in page.content.decode()
    assert status_of(made) == MeetingStatus.STARTED
    assert "Rang from the bus." in client_of(staff["fay"]).get(address(made, "record/")).content.decode()


def test_a_supporter_with_one_participant_makes_no_meeting(staff: Staff) -> None:
    made = started(staff)
    Party.objects.unscoped("test").filter(pk=made.other.pk).update(place="supporter", beside=made.own)
    reproject_all()

    response = send(
        client_of(staff["fay"]), address(made, "record/"), **record_form(made, helped="", happened="")
    )

    assert response.status_code == 303
    assert status_of(made) == MeetingStatus.DID_NOT_HAPPEN


def test_attendance_and_whether_it_helped_are_required(staff: Staff) -> None:
    made = started(staff)

    nothing = send(client_of(staff["fay"]), address(made, "record/"), happened="Typed already.")
    no_answer = send(client_of(staff["fay"]), address(made, "record/"), **record_form(made, helped=""))

    assert set(errors_of(nothing)) == {f"came_{party.pk}" for party in made.parties}
    assert "Typed already." in nothing.content.decode()
    assert set(errors_of(no_answer)) == {"helped"}


def test_the_record_is_open_to_workers_of_people_who_were_there(staff: Staff) -> None:
    made = started(staff)
    send(client_of(staff["fay"]), address(made, "record/"), **record_form(made))

    shown = {
        who: "talked about the summer" in client_of(staff[who]).get(address(made)).content.decode()
        for who in ("asha", "kit", "fay", "mo")
    }

    assert shown == dict.fromkeys(shown, True)
    # The team sees the shell, without a record.
    Party.objects.unscoped("test").filter(pk=made.other.pk).update(keyworker=None)
    Party.objects.unscoped("test").filter(pk=made.own.pk).update(keyworker=staff["ben"])
    reproject_all()
    kit = client_of(staff["kit"]).get(address(made))
    assert "talked about the summer" not in kit.content.decode()


# --- Strangers ------------------------------------------------------------------------------------------------

READ = ["", "run-sheet/", "today/"]
FORMS = ["start/", "call-off/", "release/", "record/"]


@pytest.mark.parametrize("who", ["ben", "wes", "carol", "mina", "zed", "gwen", "adam"])
def test_the_meeting_is_404_for_a_stranger(who: str, staff: Staff) -> None:
    made = booked_today(staff)
    client = client_of(staff[who])
    forms = [address(made, page) for page in [*FORMS, f"today/{made.own.pk}/"]]
    forms.append(f"/r/{made.referral.reference}/meetings/new/")
    paths = [address(made, page) for page in READ] + forms

    shown = {path: client.get(path).status_code for path in paths}
    sent = {path: send(client, path).status_code for path in forms}

    assert shown == dict.fromkeys(paths, 404)
    assert sent == dict.fromkeys(forms, 404)
    assert status_of(made) == MeetingStatus.BOOKED


def test_kit_sees_the_meeting_and_neither_books_nor_calls_off_nor_records(staff: Staff) -> None:
    made = booked_today(staff)
    kit = client_of(staff["kit"])
    pages = ["call-off/", "record/", "start/"]

    answers = [send(kit, address(made, page)).status_code for page in pages]
    answers.append(kit.get(f"/r/{made.referral.reference}/meetings/new/").status_code)

    assert answers == [403] * 4
    assert kit.get(address(made)).status_code == 200


def test_a_meeting_of_another_referral_is_404(staff: Staff) -> None:
    made, other = booked_today(staff), tell("ready", staff, timezone.now())

    path = address(made).replace(made.referral.reference, other.referral.reference)

    assert client_of(staff["asha"]).get(path).status_code == 404


def test_the_view_of_a_meeting_is_recorded_before_it_is_shown(staff: Staff) -> None:
    made = booked_today(staff)
    client_of(staff["asha"]).get(address(made))

    entry = AuditEntry.objects.filter(verb="meeting_viewed").get()
    assert (entry.referral_id, entry.thing_ids) == (made.referral.pk, [str(made.meeting.pk)])
