"""Pages about one person: who opens them, what they show, and that each form does its one thing."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from meetings.demo import story
from meetings.demo.staff import Staff
from referrals.actions.talk import QUESTIONS, check_in
from referrals.enums import Answer, ApproachResult, CapacityResult, Place, Purpose, Ready
from referrals.models import (
    Approach,
    CapacityAssessment,
    Concern,
    Consent,
    ContactRoute,
    Invited,
    Party,
    Preparation,
    Rating,
    ReadinessCheck,
)
from referrals.tests.talking import (
    PAGES,
    READY,
    ROUTE,
    START,
    client_of,
    errors_of,
    path,
    play,
    rows,
    send,
    words_key,
)
from restorative.audit.models import AuditEntry

# These pages read the same on each database; the matrix checks that they answer on the second.
pytestmark = [pytest.mark.django_db, pytest.mark.sqlite, pytest.mark.usefixtures("morning")]

# The ledger's transaction inside the test's own.
SAVEPOINTS = 2
PAGE_QUERIES = 17 + SAVEPOINTS


# --- Who opens them ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_404_for_a_user_who_does_not_open_the_person(name: str, staff: Staff) -> None:
    made = play("ready", staff)
    where = path(made, made.other, name)

    for stranger in ("asha", "ben", "gwen", "adam", "wes", "carol", "mina", "zed"):
        client = client_of(staff[stranger])
        assert client.get(where).status_code == 404, stranger
        if name not in ("party", "safety"):
            assert send(client, where).status_code == 404, stranger
    assert client_of(staff["kit"]).get(where).status_code == (403 if name == "readiness_accept" else 200)


@pytest.mark.parametrize("name", PAGES)
def test_a_person_of_another_referral_is_404(name: str, staff: Staff) -> None:
    made, another = play("ready", staff), play("logged", staff)

    assert client_of(staff["asha"]).get(path(made, another.own, name)).status_code == 404
    assert (
        client_of(staff["asha"])
        .get(path(made, made.own, name).replace(str(made.own.pk), str(uuid4())))
        .status_code
        == 404
    )


def test_a_person_who_left_is_404(staff: Staff) -> None:
    made = play("blocked_too_few_parties", staff)

    assert client_of(staff["kit"]).get(path(made, made.other)).status_code == 404


@pytest.mark.parametrize("whose", ["own", "other"])
def test_a_facilitator_and_a_manager_open_both(whose: str, staff: Staff) -> None:
    made = play("ready", staff)
    party = getattr(made, whose)

    assert [client_of(staff[who]).get(path(made, party)).status_code for who in ("fay", "mo", "sal")] == [
        200
    ] * 3


def test_each_view_of_a_person_is_recorded(staff: Staff) -> None:
    made = play("ready", staff)
    client_of(staff["kit"]).get(path(made, made.other))

    entry = AuditEntry.objects.get(verb="party_viewed")
    assert (entry.actor_id, entry.party_id) == (staff["kit"].pk, made.other.pk)


# --- What their page shows -----------------------------------------------------------------------------------


def status_of(response: Any, title: str) -> str:
    return next(task["status"] for task in response.context["tasks"] if task["title"] == title)


def test_a_person_just_logged_has_nothing_yet_and_talking_is_next(staff: Staff) -> None:
    made = play("logged", staff)
    response = client_of(staff["asha"]).get(path(made, made.own))

    assert status_of(response, "Taking part") == "Not asked"
    assert status_of(response, "Concerns") == "None recorded"
    assert "messages are blocked" in response.content.decode()
    assert response.context["next_step"].action_href == path(made, made.own, "talk")


def test_the_other_is_not_spoken_to_before_the_words_are_approved(staff: Staff) -> None:
    made = play("logged", staff)
    response = client_of(staff["asha"]).get(path(made, made.other))

    assert response.context["next_step"].action_href == ""
    assert (
        "Nobody has agreed to the words"
        in client_of(staff["asha"]).get(path(made, made.other, "talk")).content.decode()
    )


def test_the_approved_words_are_shown_to_the_worker_who_uses_them(staff: Staff) -> None:
    made = play("ready", staff)
    Party.objects.unscoped("not reached yet").filter(pk=made.other.pk).update(answered_at=None)
    page = client_of(staff["kit"]).get(path(made, made.other, "approach")).content.decode()

    assert f"Hello {made.other.known_as}, it’s Kit." in page
    assert made.own.hoped_for not in page


@pytest.mark.parametrize("name", ["ready", "withdrawn", "blocked_sign_off"])
def test_the_page_takes_the_same_queries_with_more_answers_and_people(
    name: str, staff: Staff, django_assert_max_num_queries
) -> None:
    made = play(name, staff)
    for number in range(5):
        story.add_somebody(made, f"Extra{number}")
    client = client_of(staff["kit"])

    with django_assert_max_num_queries(PAGE_QUERIES):
        assert client.get(path(made, made.other)).status_code == 200


def test_before_release_the_other_side_sees_messages_unchanged(staff: Staff) -> None:
    from referrals.actions.consent import withdraw

    made = play("booked_tomorrow", staff)
    asha, kit = client_of(staff["asha"]), client_of(staff["kit"])
    before = asha.get(path(made, made.own)).context["messages_rows"]
    withdraw(party=made.other, by=staff["kit"])

    assert before
    assert asha.get(path(made, made.own)).context["messages_rows"] == before
    assert {row[2]["text"] for row in kit.get(path(made, made.other)).context["messages_rows"]} == {
        "Cancelled"
    }


# --- How to reach them ---------------------------------------------------------------------------------------


def test_a_new_way_replaces_the_older_of_its_kind(staff: Staff) -> None:
    made = play("ready", staff)
    typed = {**ROUTE, "value": "07700 900777", "allowed": "yes", "confirmed": "yes"}
    assert send(client_of(staff["kit"]), path(made, made.other, "routes"), typed).status_code == 303

    current = rows(ContactRoute, made.other).get(replaced_at__isnull=True)
    assert (current.value, current.allowed) == ("+447700900777", True)


@pytest.mark.parametrize(
    ("allowed", "confirmed"), [("no", "yes"), ("not_sure", "yes"), ("yes", "no"), ("yes", "not_sure")]
)
def test_unknown_means_no(allowed: str, confirmed: str, staff: Staff) -> None:
    made = play("ready", staff)
    typed = {**ROUTE, "allowed": allowed, "confirmed": confirmed}
    send(client_of(staff["kit"]), path(made, made.other, "routes"), typed)

    current = rows(ContactRoute, made.other).get(replaced_at__isnull=True)
    assert not (current.allowed and current.confirmed_at)
    page = client_of(staff["kit"]).get(path(made, made.other)).content.decode()
    assert "messages are blocked" in page


def test_the_days_and_whether_another_may_answer_are_shown_with_the_route(staff: Staff) -> None:
    made = play("ready", staff)
    more = {"kind": "phone", "read_by_others": "yes", "days": "weekdays", "hours": "evening"}
    typed = {**ROUTE, **more, "allowed": "yes", "confirmed": "yes"}
    kit = client_of(staff["kit"])
    assert send(kit, path(made, made.other, "routes"), typed).status_code == 303
    page = kit.get(path(made, made.other, "routes")).content.decode()
    assert "Monday to Friday, after 5pm." in page
    assert "Somebody else may answer." in page
    check_in(party=made.other, answers=dict.fromkeys(QUESTIONS, Answer.YES), by=staff["kit"])
    kept = rows(ContactRoute, made.other).filter(replaced_at__isnull=True).order_by("confirmed_at").last()
    assert (kept.kind, kept.days, kept.hours) == ("phone", "weekdays", "evening")


@pytest.mark.parametrize("number", ["12", "not a number", "07700 900123 ext 4"])
def test_an_invalid_number_is_an_error_at_the_number(number: str, staff: Staff) -> None:
    made = play("ready", staff)
    typed = {**ROUTE, "value": number, "allowed": "yes", "confirmed": "yes"}
    response = send(client_of(staff["kit"]), path(made, made.other, "routes"), typed)

    assert set(errors_of(response)) == {"value"}
    assert number in response.content.decode()


def test_an_attempt_to_reach_a_person_waits_for_the_words(staff: Staff) -> None:
    made = play("logged", staff)
    typed = {"result": "waiting", "how": "phone"}
    response = send(client_of(staff["asha"]), path(made, made.other, "approach"), typed)

    assert set(errors_of(response)) == {"result"}


def test_an_unprompted_statement_needs_their_words_and_the_day(staff: Staff) -> None:
    made = play("logged", staff)
    client, where = client_of(staff["asha"]), path(made, made.other, "approach")
    assert set(errors_of(send(client, where, {"result": "told_unprompted"}))) == {"told_words", "told_on"}

    send(client, where, {"result": "told_unprompted", "told_words": "I know he asked.", "told_on": "today"})
    told = rows(Approach, made.other).get(told_unprompted=True)
    assert told.told_us["words"] == "I know he asked."
    assert told.told_us["to"] == str(staff["asha"].pk)


def test_do_not_approach_is_kept(staff: Staff) -> None:
    made = play("ready", staff)
    send(client_of(staff["kit"]), path(made, made.other, "approach"), {"result": "do_not_approach"})

    assert rows(Approach, made.other).filter(result=ApproachResult.DO_NOT_APPROACH).exists()


# --- What they agree to --------------------------------------------------------------------------------------


def test_consent_in_person_records_each_purpose_separately(staff: Staff) -> None:
    made = play("logged", staff)
    key = words_key(made.other)
    typed = {**START, "take_part": "yes", key: "not_sure", f"{key}_note": "Hello.", "sight": "no"}
    assert send(client_of(staff["asha"]), path(made, made.own, "consent"), typed).status_code == 303

    said = {row.purpose: row.answer for row in rows(Consent, made.own)}
    assert said == {Purpose.TAKE_PART: Answer.YES, Purpose.WORDS: Answer.NOT_SURE, Purpose.SIGHT: Answer.NO}


def test_consent_not_alone_is_not_saved(staff: Staff) -> None:
    made = play("logged", staff)
    typed = {**START, "alone": "no", "take_part": "yes"}
    response = send(client_of(staff["asha"]), path(made, made.own, "consent"), typed)

    assert set(errors_of(response)) == {"alone"}
    assert not rows(Consent, made.own).exists()


def test_a_yes_after_withdrawing_needs_their_own_words_and_waits(staff: Staff) -> None:
    made = play("withdrawn", staff)
    client, where = client_of(staff["kit"]), path(made, made.other, "consent")
    assert set(errors_of(send(client, where, {**START, "take_part": "yes"}))) == {"why_back"}

    send(client, where, {**START, "take_part": "yes"}, why_back="I slept on it. Nobody asked me.")
    newest = rows(Consent, made.other).filter(purpose=Purpose.TAKE_PART).latest("seq")
    assert newest.why_back == "I slept on it. Nobody asked me."
    assert newest.counts_from > timezone.now()


def test_a_doubt_requires_an_assessment_which_settles_it(staff: Staff) -> None:
    made = play("ready", staff)
    client = client_of(staff["kit"])
    send(client, path(made, made.other, "consent"), {**START, "take_part": "yes", "doubt": "on"})
    title = f"Can {made.other.known_as} decide about this?"
    assert status_of(client.get(path(made, made.other)), title) == "A doubt is noted"

    send(client, path(made, made.other, "capacity"), {"help_given": "Time, pictures.", "result": "able"})
    assert status_of(client.get(path(made, made.other)), title) == "Yes"


def test_not_able_to_decide_is_a_stop(staff: Staff) -> None:
    made = play("ready", staff)
    typed = {"help_given": "Time, pictures.", "result": CapacityResult.NOT_ABLE.value}
    send(client_of(staff["kit"]), path(made, made.other, "capacity"), typed)

    assert rows(CapacityAssessment, made.other).count() == 1
    assert rows(Concern, made.other).get().kind == "no_capacity"


def test_withdrawing_shows_first_what_it_stops_and_leads_to_the_release(staff: Staff) -> None:
    made = play("booked_tomorrow", staff)
    client, where = client_of(staff["kit"]), path(made, made.other, "withdraw")
    assert "A booked meeting is called off at once" in client.get(where).content.decode()

    what = client.get(where).context["form"].fields["what"].choices[0][0]
    page = client.get(send(client, where, {"what": what}).url).content.decode()
    assert "the others have not heard yet" in page
    assert f"/r/{made.referral.reference}/meetings/{made.meeting.pk}/release/" in page


def test_a_message_already_on_its_way_is_named(staff: Staff) -> None:
    from restorative.notify.models import Message, State

    made = play("booked_tomorrow", staff)
    message = Message.objects.filter(recipient_id=made.other.pk).order_by("due_at").last()
    Message.objects.filter(pk=message.pk).update(state=State.SENDING, claimed_at=timezone.now())
    client, where = client_of(staff["kit"]), path(made, made.other, "withdraw")
    what = client.get(where).context["form"].fields["what"].choices[0][0]

    page = client.get(send(client, where, {"what": what}).url).content.decode()
    assert "already on its way" in page


@pytest.mark.parametrize("what", ["take_part:x", "", "share:00000000-0000-0000-0000-000000000000"])
def test_withdrawing_a_consent_that_was_not_given_is_an_error(what: str, staff: Staff) -> None:
    made = play("ready", staff)
    response = send(client_of(staff["kit"]), path(made, made.other, "withdraw"), {"what": what})

    assert set(errors_of(response)) == {"what"}


def test_stopping_from_a_page_opened_before_it_stopped_names_no_field_that_is_not_there(staff: Staff) -> None:
    made = play("logged", staff)
    response = send(
        client_of(staff["asha"]), path(made, made.own, "withdraw"), {"what": f"{Purpose.TAKE_PART}:"}
    )

    assert "so there is nothing to stop" in response.content.decode()
    assert errors_of(response) == {"": ["It has stopped already."]}


def test_without_consents_there_is_nothing_to_withdraw(staff: Staff) -> None:
    made = play("logged", staff)
    page = client_of(staff["asha"]).get(path(made, made.own, "withdraw")).content.decode()

    assert "nothing to stop" in page
    assert "Stop it" not in page


# --- Preparation, readiness, ratings -------------------------------------------------------------------------


def test_a_preparation_needs_at_least_one_statement(staff: Staff) -> None:
    made = play("logged", staff)
    client, where = client_of(staff["asha"]), path(made, made.own, "preparation")
    assert set(errors_of(send(client, where, {"format": "video"}))) == {"hopes"}

    send(client, where, {"format": "video", "limits": "Not the money."})
    assert rows(Preparation, made.own).get().answers["limits"] == "Not the money."


def test_not_sure_is_not_ready(staff: Staff) -> None:
    made = play("logged", staff)
    typed = {**READY, "steady": "not_sure", "judgement": "not_yet", "steady_said": "A hard week."}
    send(client_of(staff["asha"]), path(made, made.own, "readiness"), typed)

    check = rows(ReadinessCheck, made.own).get()
    assert (check.result, check.judgement, check.notes) == (
        Ready.NOT_YET,
        Ready.NOT_YET,
        {"steady": "A hard week."},
    )


def test_a_manager_off_the_referral_accepts_an_older_check_with_a_reason(staff: Staff) -> None:
    made = play("blocked_readiness_expired", staff)
    where = path(made, made.other, "readiness_accept")
    assert client_of(staff["kit"]).get(where).status_code == 403
    assert send(client_of(staff["fay"]), where, {"why": "Fine."}).status_code == 403

    assert send(client_of(staff["mo"]), where, {"why": "Seen last week, unchanged."}).status_code == 303
    check = rows(ReadinessCheck, made.other).get()
    assert (check.accepted_late_by, check.accepted_why) == (staff["mo"], "Seen last week, unchanged.")


def test_a_check_that_still_counts_needs_no_accepting(staff: Staff) -> None:
    made = play("ready", staff)
    response = send(client_of(staff["mo"]), path(made, made.other, "readiness_accept"), {"why": "Fine."})

    assert "" in errors_of(response)


def test_ratings_may_be_left_out_one_by_one_but_not_all(staff: Staff) -> None:
    made = play("logged", staff)
    client, where = client_of(staff["asha"]), path(made, made.own, "ratings")
    assert set(errors_of(send(client, where, {"point": "before"}))) == {"relationship"}

    send(client, where, {"point": "before", "hope": "0"})
    rating = rows(Rating, made.own).get()
    assert (rating.relationship, rating.safe, rating.hope) == (None, None, 0)


# --- Who joins, leaves and supports --------------------------------------------------------------------------


def person_add(made: Any, beside: Party | None = None) -> str:
    return f"/r/{made.referral.reference}/people/add/{f'?beside={beside.pk}' if beside else ''}"


def test_a_person_is_added_by_a_worker_who_runs_it(staff: Staff) -> None:
    made = play("logged", staff)
    typed = {"given": "Nan", "place": "parent", "asked_first": "no"}
    assert client_of(staff["ben"]).get(person_add(made)).status_code == 404
    assert send(client_of(staff["asha"]), person_add(made), typed).status_code == 303

    assert Party.objects.unscoped("test").filter(referral=made.referral, known_as="Nan").exists()


def test_a_worker_adds_supporters_only_for_people_they_support(staff: Staff) -> None:
    made = play("ready", staff)
    client = client_of(staff["kit"])
    typed = {"given": "Nan", "place": "supporter", "beside": str(made.other.pk), "asked_first": "yes"}
    assert set(errors_of(send(client, person_add(made), {**typed, "place": "friend"}))) == {"place"}
    assert set(errors_of(send(client, person_add(made), {**typed, "beside": str(made.own.pk)}))) == {"beside"}

    send(client, person_add(made), typed)
    nan = Party.objects.unscoped("test").get(referral=made.referral, known_as="Nan")
    assert (nan.place, nan.beside, nan.keyworker) == (Place.SUPPORTER, made.other, staff["kit"])


def test_a_supporter_is_talked_with_about_what_concerns_them(staff: Staff) -> None:
    made = play("ready", staff)
    client = client_of(staff["kit"])
    typed = {"given": "Nan", "place": "supporter", "beside": str(made.other.pk), "asked_first": "yes"}
    send(client, person_add(made), typed)
    nan = Party.objects.unscoped("test").get(referral=made.referral, known_as="Nan")

    assert "afraid" not in client.get(path(made, nan, "talk")).context["form"].fields
    send(client, path(made, nan, "talk"), {**START, "take_part": "yes", "hopes": "To sit beside her."})
    assert status_of(client.get(path(made, nan)), "Taking part") == "Yes"


@pytest.mark.parametrize("given", ["", "\u200b\u200b", "123", "a\x00b"])
def test_an_unreadable_name_is_an_error(given: str, staff: Staff) -> None:
    made = play("logged", staff)
    typed = {"given": given, "place": "parent", "asked_first": "no"}

    assert set(errors_of(send(client_of(staff["asha"]), person_add(made), typed))) == {"given"}


def test_a_new_keyworker_takes_over_at_once(staff: Staff) -> None:
    made = play("ready", staff)
    client, where = client_of(staff["kit"]), path(made, made.other, "keyworker")
    response = send(client, where, {"keyworker": str(staff["ben"].pk)})

    assert response.url == f"/r/{made.referral.reference}/"
    assert client.get(path(made, made.other)).status_code == 404
    assert client_of(staff["ben"]).get(path(made, made.other)).status_code == 200


def test_a_worker_of_another_organisation_cannot_be_chosen_and_a_facilitator_does_not_choose(
    staff: Staff,
) -> None:
    made = play("ready", staff)
    where = path(made, made.other, "keyworker")
    response = send(client_of(staff["kit"]), where, {"keyworker": str(staff["zed"].pk)})

    assert errors_of(response) == {"keyworker": ["Choose one of the answers shown"]}
    assert send(client_of(staff["fay"]), where, {"keyworker": str(staff["ben"].pk)}).status_code == 403


def test_links_of_the_referral_and_the_person_say_what_they_do(staff: Staff) -> None:
    made, client = play("ready", staff), client_of(staff["asha"])
    links = client.get(f"/r/{made.referral.reference}/").content.decode()
    removes = client.get(path(made, made.own)).content.decode()

    for words in (
        "Record a conversation that already happened",
        "Appoint or change facilitators",
        "Close this referral",
    ):
        assert words in links
    assert f"Remove {made.own.known_as} from this referral" in removes


def test_no_one_is_removed_while_a_meeting_is_booked(staff: Staff) -> None:
    made = play("booked_tomorrow", staff)
    response = send(client_of(staff["kit"]), path(made, made.other, "person_leave"))

    assert response.status_code == 422
    assert Party.objects.unscoped("test").get(pk=made.other.pk).left_at is None


def test_a_person_who_left_disappears_from_the_referral(staff: Staff) -> None:
    made = play("ready", staff)
    client = client_of(staff["kit"])
    response = send(client, path(made, made.other, "person_leave"))

    assert response.status_code == 303
    assert client.get(response.url, follow=True).status_code == 200
    assert client.get(path(made, made.other)).status_code == 404


def test_an_invited_professional_is_noted_and_asked_about(staff: Staff) -> None:
    made = play("ready", staff)
    client = client_of(staff["kit"])
    typed = {"name": "Robin Example", "role": "Nurse", "organisation": "A made-up surgery"}
    send(client, path(made, made.other, "invite"), typed)

    invited = Invited.objects.unscoped("test").get(referral=made.referral)
    asked = client.get(path(made, made.other, "consent")).context["form"].asks
    assert [ask.recipient for ask in asked if ask.purpose == Purpose.PROFESSIONAL] == [invited.pk]


def test_a_save_returns_to_where_the_worker_came_from(staff: Staff) -> None:
    made = play("logged", staff)
    where = f"{path(made, made.own, 'preparation')}?from=referral"
    response = send(client_of(staff["asha"]), where, {"format": "phone", "hopes": "Peace."})

    assert response.url == f"/r/{made.referral.reference}/"


def test_one_thing_missing_is_the_next_step(staff: Staff) -> None:
    made = play("blocked_not_prepared", staff)
    step = client_of(staff["kit"]).get(path(made, made.other)).context["next_step"]

    assert step.action_href == path(made, made.other, "preparation")


def test_a_person_who_stopped_is_not_asked_again_by_a_next_step(staff: Staff) -> None:
    made = play("withdrawn", staff)

    assert client_of(staff["kit"]).get(path(made, made.other)).context["next_step"] is None


def test_an_older_yes_is_shown_as_too_old(staff: Staff) -> None:
    made = play("ready", staff)
    rows(Consent, made.other).update(expires_on=timezone.localdate() - timedelta(days=1))

    assert (
        status_of(client_of(staff["kit"]).get(path(made, made.other)), "Taking part") == "Yes, too long ago"
    )
