"""Booking: only without blockers, at an available time and place, and the rows it writes."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone

from meetings.actions.planning import Plan, check_plan, present, seats
from meetings.actions.scheduling import book
from meetings.demo import story as play
from meetings.demo.staff import Staff
from meetings.enums import MeetingKind
from meetings.models import Attendance, Meeting, Venue
from meetings.tests.pages import client_of, errors_of, plan, planner, send
from referrals.actions import facilitation
from referrals.actions.consent import Asked, record_consent
from referrals.actions.parties import PersonFacts, add_party
from referrals.blockers import BY_KEY, CODES, SEALED_SENTENCE, SHELL_CODES
from referrals.enums import Answer, Gate, Place, Purpose
from referrals.facts import facts_of
from restorative.common.decisions import NotPossible
from restorative.notify.models import Message
from tests.stories import tell

# These pages read the same on each database; the matrix checks that they answer on the second.
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("morning"), pytest.mark.sqlite]

BOOK_CODES = [key for key, code in BY_KEY.items() if Gate.BOOK in code.gates]
SEALED = SEALED_SENTENCE.format(them="the other person")
# Facts of the person whom Asha supports, or of the referral as a whole, which she sees by name.
NAMED_TO_ASHA = {
    "wording_not_approved": "Guy",
    "too_few_parties": "",
    "not_suitable_yet": "",
    "no_facilitator": "",
    "facilitator_not_independent": "",
    "one_facilitator": "",
    "records_check": "",
}


def meetings_of(made: play.Played) -> int:
    return Meeting.objects.unscoped("test").filter(referral=made.referral).count()


@pytest.mark.parametrize("code", BOOK_CODES)
def test_nothing_is_booked_with_any_blocker(code: str, staff: Staff) -> None:
    made = tell(f"blocked_{code}", staff, timezone.now())

    response = send(client_of(staff["asha"]), planner(made), **plan(play.day_at(3, 14)))

    assert response.status_code == 422
    assert meetings_of(made) == 0
    said = errors_of(response)[""]
    if code in NAMED_TO_ASHA:
        whole = [each.sentence for each in CODES if each.key == code and each.referral]
        assert said == whole if whole else len(said) == 1 and SEALED not in said
    else:
        assert said == [SEALED]


@pytest.mark.parametrize("code", [*NAMED_TO_ASHA, "consent_missing"])
def test_the_locked_planner_shows_the_refusal_of_booking(code: str, staff: Staff) -> None:
    made = tell(f"blocked_{code}", staff, timezone.now())
    client = client_of(staff["asha"])

    page = client.get(planner(made))
    refused = errors_of(send(client, planner(made), **plan(play.day_at(3, 14))))[""]

    assert page.context["locked"]
    assert 'name="starts_at"' not in page.content.decode()
    assert [row.sentence for row in page.context["way"]] == refused


def test_the_other_side_is_refused_with_the_sealed_sentence(staff: Staff) -> None:
    """Kit may not book; even as a facilitator he would hear nothing of the other compartment."""
    from referrals.actions.facilitation import appoint
    from referrals.enums import Part

    made = tell("blocked_wording_not_approved", staff, timezone.now())
    appoint(referral=made.referral, user=staff["wes"], part=Part.FACILITATOR, by=staff["asha"])

    said = errors_of(send(client_of(staff["wes"]), planner(made), **plan(play.day_at(3, 14))))[""]

    assert said == [SEALED_SENTENCE.format(them="another person")]


def test_a_sealed_stop_is_named_only_to_users_who_open_it(staff: Staff) -> None:
    made = tell("blocked_stop", staff, timezone.now())
    assert {"records_check"} == SHELL_CODES

    to_fay = errors_of(send(client_of(staff["fay"]), planner(made), **plan(play.day_at(3, 14))))[""]
    to_asha = errors_of(send(client_of(staff["asha"]), planner(made), **plan(play.day_at(3, 14))))[""]

    assert to_fay == [f"A safety concern with {made.other.known_as} stops this going ahead."]
    assert to_asha == [SEALED]


def test_booking_writes_the_meeting_the_arrivals_and_the_messages(staff: Staff) -> None:
    made = tell("ready", staff, timezone.now())
    starts = play.day_at(10, 14)

    response = send(
        client_of(staff["asha"]),
        planner(made),
        **plan(starts, **{f"arrives_{made.own.pk}": "20", f"arrives_{made.other.pk}": "0"}),
    )

    meeting = Meeting.objects.unscoped("test").get(referral=made.referral)
    assert response["Location"].endswith(f"/meetings/{meeting.pk}/")
    assert meeting.ends_at - meeting.starts_at == timedelta(minutes=90)
    arrivals = Attendance.objects.unscoped("test").values_list("party", "arrives_at")
    assert dict(arrivals) == {made.own.pk: starts - timedelta(minutes=20), made.other.pk: starts}
    kinds = Message.objects.filter(thing_id=meeting.pk, to_worker=False).values_list("kind", flat=True)
    assert sorted(kinds) == sorted(["meeting_booked", "meeting_ahead", "meeting_day_before"] * 2)


def test_the_preview_shows_the_message_of_the_users_own_party_and_nothing_of_the_other(
    staff: Staff,
) -> None:
    made = tell("ready", staff, timezone.now())
    typed = plan(play.day_at(10, 14))
    del typed["book"]

    page = send(client_of(staff["asha"]), planner(made), **typed)

    own, other = page.context["told"]
    assert [box["when"] for box in own["boxes"]] == [
        "That it is booked: about Tue 2 March, 10.40am",
        "5 working days before: about Fri 5 March, 10am",
        "The day before: about Thu 11 March, 10am",
    ]
    assert own["boxes"][0]["body"] == (
        f"Hi {made.own.known_as}, we will meet Fri 12 March, 2pm. Not a good time? Call 0113 496 0000. Asha"
    )
    assert other["boxes"] == []
    assert meetings_of(made) == 0


def test_the_preview_is_what_is_sent(staff: Staff, morning, settings) -> None:
    from meetings.tests.test_reminders import sweep_all, to_people

    made = tell("ready", staff, timezone.now())
    typed = plan(play.day_at(10, 14))
    client = client_of(staff["fay"])
    del typed["book"]
    previewed = send(client, planner(made), **typed)
    send(client, planner(made), **typed, book="1")
    sweep_all()

    shown = [person["boxes"][0]["body"] for person in previewed.context["told"]]
    assert sorted(shown) == sorted(message["body"] for message in to_people(settings))


@pytest.mark.parametrize("room", [0, 1])
def test_a_clash_names_neither_meeting_nor_people_and_offers_three_times(room: int, staff: Staff) -> None:
    other = tell("booked_tomorrow", staff, timezone.now())
    made = tell("ready", staff, timezone.now())

    # Room 0 is taken; in room 1 the facilitator is busy.
    page = send(client_of(staff["asha"]), planner(made), **plan(play.day_at(1, 15), room=room))

    assert page.status_code == 422
    assert errors_of(page) == (
        {"venue": ["Room 2, Armley is not available then."]}
        if room == 0
        else {"starts_at": ["That time is not available."]}
    )
    assert [slot["text"] for slot in page.context["slots"]] == [
        "Wed 3 March, 3.30pm",
        "Thu 4 March, 9am",
        "Thu 4 March, 9.30am",
    ]
    shown = page.content.decode()
    assert not any(word in shown for word in (other.referral.reference, other.own.known_as, "Fay is"))
    assert meetings_of(made) == 0


def test_an_offered_time_can_be_taken(staff: Staff) -> None:
    tell("booked_tomorrow", staff, timezone.now())
    made = tell("ready", staff, timezone.now())
    client = client_of(staff["asha"])
    typed = plan(play.day_at(1, 15))
    del typed["book"]
    clash = send(client, planner(made), **typed)

    moved = send(client, planner(made), **typed, slot=clash.context["slots"][1]["value"])

    assert moved.status_code == 200
    assert moved.context["facts"][0]["value"] == "Thu 4 March, 9am to 10.30am"


@pytest.mark.parametrize("days", [0, -3])
def test_a_time_that_has_passed_is_refused(days: int, staff: Staff) -> None:
    made = tell("ready", staff, timezone.now())

    page = send(client_of(staff["asha"]), planner(made), **plan(play.day_at(days, 9)))

    assert set(errors_of(page)) == ({"starts_at"} if days == 0 else {"on"})
    assert meetings_of(made) == 0


def test_it_ends_after_it_starts_and_within_four_hours(staff: Staff) -> None:
    made = tell("ready", staff, timezone.now())
    client = client_of(staff["asha"])

    before = send(client, planner(made), **plan(play.day_at(3, 14), ends_at="1pm"))
    long = send(client, planner(made), **plan(play.day_at(3, 9), ends_at="5pm"))

    assert errors_of(before) == {"ends_at": ["The meeting must end after it starts."]}
    assert errors_of(long) == {"ends_at": ["A meeting lasts 4 hours at most."]}


def test_25_hours_are_refused_by_the_action_too(staff: Staff) -> None:
    made = tell("ready", staff, timezone.now())
    starts = play.day_at(3, 14)

    with pytest.raises(NotPossible, match="4 hours at most"):
        book(
            referral=made.referral,
            plan=Plan(
                kind=MeetingKind.CONVERSATION,
                starts_at=starts,
                ends_at=starts + timedelta(hours=25),
                venue=Venue.objects.first(),
            ),
            by=staff["asha"],
        )


def test_a_skipped_hour_is_refused_and_a_repeated_hour_is_the_first(staff: Staff) -> None:
    made = tell("ready", staff, timezone.now())
    client = client_of(staff["asha"])

    skipped = send(client, planner(made), **plan(play.day_at(3, 14), on="28 March 2027", starts_at="01:30"))
    twice = send(client, planner(made), **plan(play.day_at(3, 14), on="31 October 2027", starts_at="01:30"))

    assert errors_of(skipped)["starts_at"][0].startswith("The clocks go forward in that hour")
    assert twice.status_code == 303
    assert Meeting.objects.unscoped("test").get().starts_at.isoformat() == "2027-10-31T00:30:00+00:00"


def test_a_room_of_another_organisation_and_people_of_another_referral_cannot_be_forged(
    staff: Staff,
) -> None:
    made = tell("ready", staff, timezone.now())
    stranger = tell("logged", staff, timezone.now()).own
    theirs = Venue.objects.create(
        organisation=staff["zed"].organisation,
        name="Back room",
        address="Elsewhere",
        capacity=9,
        created_at=timezone.now(),
    )
    client = client_of(staff["asha"])

    forged = send(client, planner(made), **plan(play.day_at(3, 14), venue=str(theirs.pk)))
    more = send(client, planner(made), **plan(play.day_at(3, 14), **{f"arrives_{stranger.pk}": "0"}))

    assert set(errors_of(forged)) == {"venue"}
    assert more.status_code == 303
    there = Attendance.objects.unscoped("test").values_list("party", flat=True)
    assert set(there) == {made.own.pk, made.other.pk}


def _supporter(made: play.Played) -> None:
    facts = PersonFacts(given="Nan", place=Place.SUPPORTER)
    add_party(referral=made.referral, facts=facts, beside=made.own, by=made.staff["asha"])


def _second_facilitator(made: play.Played) -> None:
    facilitation.appoint(referral=made.referral, user=made.staff["wes"], by=made.staff["asha"])


def _professional(made: play.Played) -> None:
    who = {"name": "Robin Example", "organisation": "A surgery", "role": "Nurse"}
    facilitation.invite(party=made.own, by=made.staff["asha"], **who)


def _interpreter(made: play.Played) -> None:
    asked = Asked(language="Polish", interpreter=True)
    record_consent(
        party=made.own, purpose=Purpose.TAKE_PART, answer=Answer.YES, asked=asked, by=made.staff["asha"]
    )


@pytest.mark.parametrize("more", [_supporter, _second_facilitator, _professional, _interpreter])
def test_a_room_must_hold_everybody_who_comes(more: Callable, staff: Staff) -> None:
    made = tell("ready", staff, timezone.now())
    room = Venue.objects.filter(organisation=staff["asha"].organisation).first()
    Venue.objects.filter(pk=room.pk).update(capacity=3)
    when = Plan(
        kind=MeetingKind.CONVERSATION,
        starts_at=play.day_at(3, 14),
        ends_at=play.day_at(3, 15),
        venue=Venue.objects.get(pk=room.pk),
    )
    people = present(made.referral)
    check_plan(when, people, facts_of(made.referral.pk, timezone.now()), staff["asha"])
    more(made)
    with pytest.raises(NotPossible, match="holds 3 people, which is too few") as error:
        check_plan(when, people, facts_of(made.referral.pk, timezone.now()), staff["asha"])
    assert error.value.field == "venue"


def test_an_interpreter_on_another_side_changes_no_answer(staff: Staff) -> None:
    """Asha, who supports Sam, would learn from a refusal what Jo needs."""
    made = tell("ready", staff, timezone.now())
    seen = [seats(facts_of(made.referral.pk, timezone.now()), staff["asha"])]
    asked = Asked(language="Polish", interpreter=True)
    record_consent(
        party=made.other, purpose=Purpose.TAKE_PART, answer=Answer.YES, asked=asked, by=staff["kit"]
    )
    facts = facts_of(made.referral.pk, timezone.now())
    seen.append(seats(facts, staff["asha"]))
    assert seen[0] == seen[1]
    assert seats(facts, staff["kit"]) == seen[0] + 1


def test_the_same_submission_books_once(staff: Staff) -> None:
    made = tell("ready", staff, timezone.now())
    client = client_of(staff["asha"])
    typed = plan(play.day_at(3, 14), submission="6b0d7b36-6a2e-4b6d-8d06-ad5ec91ccafe")

    answers = {send(client, planner(made), **typed)["Location"] for _ in range(5)}

    assert len(answers) == 1
    assert meetings_of(made) == 1


def test_typed_text_is_kept_after_a_refusal(staff: Staff) -> None:
    made = tell("ready", staff, timezone.now())
    client = client_of(staff["asha"])
    send(client, planner(made), **plan(play.day_at(3, 14), ends_at="half past"))

    page = client.get(planner(made)).content.decode()

    assert 'value="half past"' in page
