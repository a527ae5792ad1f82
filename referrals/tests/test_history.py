"""A referral's history and notes: what each user reads, hidden steps, and few queries."""

from copy import copy
from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from meetings.actions.calling_off import call_off, release, say_safe
from meetings.demo.staff import Staff
from meetings.demo.story import Played
from meetings.models import CallOff, Meeting
from referrals.actions.concerns import raise_concern
from referrals.actions.consent import withdraw
from referrals.actions.facilitation import stand_down
from referrals.actions.notes import add_note
from referrals.enums import Audience, ConcernKind
from referrals.models import Note
from referrals.tests.talking import client_of, errors_of, play, send
from restorative.audit.models import AuditEntry
from restorative.common.decisions import NotPossible, Refused

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("morning")]

WORDS = "Rang at ten, will ring again on Friday."
MOST_QUERIES = 15


@pytest.fixture
def made(staff: Staff) -> Played:
    return play("booked_tomorrow", staff)


def address(made: Played, query: str = "") -> str:
    return f"/r/{made.referral.reference}/history/{query}"


def page(staff: Staff, who: str, made: Played, query: str = "") -> str:
    return " ".join(client_of(staff[who]).get(address(made, query)).content.decode().split())


def titles(staff: Staff, who: str, made: Played, query: str = "") -> list[str]:
    days = client_of(staff[who]).get(address(made, query)).context["days"]
    return [entry.title for day in days for entry in day.entries]


# Its content, for each user


def test_each_user_reads_the_side_they_open_and_all_steps(made, staff):
    own, other = made.own.known_as, made.other.known_as
    asha, kit, fay = (titles(staff, who, made) for who in ("asha", "kit", "fay"))

    assert f"{own} said yes: taking part" in asha
    assert not any(other in title for title in asha)
    assert f"Preparation with {other}" in kit
    assert not any(own in title for title in kit)
    assert f"Preparation with {own}" in fay
    assert f"Preparation with {other}" in fay
    for seen in (asha, kit, fay):
        assert "Preparing began" in seen
        assert any(title.startswith("Meeting arranged for") for title in seen)
    assert titles(staff, "asha", made, "?page=2")[-1:] in ([], ["Referral logged"])


def test_newest_first_and_filtered_by_kind(made, staff):
    days = client_of(staff["fay"]).get(address(made)).context["days"]
    assert len(days) > 1
    talks = titles(staff, "fay", made, "?kind=talks")
    assert talks
    known = ("Preparation", "right time", "Reaching", "three numbers")
    assert all(any(word in title for word in known) for title in talks)
    assert titles(staff, "fay", made, "?kind=nonsense") == titles(staff, "fay", made)
    assert "Nothing further back" in page(staff, "fay", made, "?page=400")
    assert titles(staff, "fay", made, "?kind=notes") == []


def test_workers_and_handoffs_are_in_it(staff):
    made = play("handoff_declined", staff)
    who = titles(staff, "asha", made, "?kind=who")
    assert who[:2] == ["Carers Leeds declined", "Asked Carers Leeds to lead"]
    made = play("follow_up_due", staff)
    assert titles(staff, "kit", made, "?kind=who") == ["Fay is facilitator"]
    fay = made.referral.involvements.model.objects.unscoped("test").in_meetings().get(referral=made.referral)
    stand_down(part=fay, by=staff["mo"])
    over = next(
        entry
        for day in client_of(staff["kit"]).get(address(made, "?kind=who")).context["days"]
        for entry in day.entries
    )
    assert (over.title, over.who) == ("Fay is no longer facilitator", "")


def test_the_records_check_the_calls_and_the_agreement_are_in_it(staff):
    made = play("closed_kept", staff)
    own, other = made.own.known_as, made.other.known_as
    steps, meetings, talks = (
        titles(staff, "asha", made, f"?kind={kind}") for kind in ("steps", "meetings", "talks")
    )
    assert "Records check asked for" in steps
    assert "Records check done" in steps
    assert "What came of the meeting was written down" in meetings
    assert f"Debrief with {own}: talked" in meetings
    assert f"{own} gave three numbers: after 12 weeks" in talks
    assert not any(other in title for title in [*steps, *meetings, *talks])


def test_concerns_are_read_by_users_who_open_that_side(made, staff):
    raise_concern(party=made.other, kind=ConcernKind.LAPSE, detail="Said so.", by=staff["kit"])
    said = f"Concern recorded with {made.other.known_as}"
    assert any(title.startswith(said) for title in titles(staff, "kit", made, "?kind=safety"))
    assert not any(made.other.known_as in title for title in titles(staff, "asha", made, "?kind=safety"))


def test_before_release_the_other_side_reads_what_it_read_before(made, staff):
    before = page(staff, "asha", made)
    withdraw(party=made.other, by=staff["kit"], at=timezone.now() - timedelta(hours=3))

    strip = lambda text: text.split("<main")[1].split("<aside")[0].split("Add a note")[0]  # noqa: E731
    assert strip(page(staff, "asha", made)) == strip(before)
    assert "Meeting called off" in titles(staff, "kit", made)


def test_a_released_call_off_shows_no_party(made, staff):
    """The time and the worker of its record would reveal the party."""
    then = timezone.now() - timedelta(hours=20)
    withdraw(party=made.other, by=staff["kit"], at=then)
    waiting = CallOff.objects.unscoped("test").get()
    say_safe(call_off=waiting, by=staff["kit"])
    waiting.refresh_from_db()
    release(call_off=waiting, by=staff["fay"])

    for who, by in (("asha", "Fay"), ("kit", "You")):
        days = client_of(staff[who]).get(address(made)).context["days"]
        entry = next(entry for day in days for entry in day.entries if entry.title == "Meeting called off")
        assert entry.who == by, who
    shown = client_of(staff["asha"]).get(f"/r/{made.referral.reference}/").context["history"]
    assert [entry.who for entry in shown if entry.title == "Meeting called off"] == ["Fay"]


def test_a_meeting_called_off_openly_reads_the_same(made, staff):
    meeting = Meeting.objects.unscoped("test").get()
    call_off(meeting=meeting, by=staff["fay"])
    for who in ("asha", "kit"):
        assert "Meeting called off" in titles(staff, who, made)


@pytest.mark.parametrize("query", ["", "?print=1", "?kind=notes"])
def test_two_hundred_rows_take_no_more_queries_than_two(made, staff, query, django_assert_max_num_queries):
    for party in (None, made.own):
        add_note(referral=made.referral, party=party, text=WORDS, by=staff["asha"])
    kept = list(Note.objects.unscoped("test").all())
    more = [copy(kept[number % 2]) for number in range(198)]
    for number, note in enumerate(more, start=2):
        note.pk, note.text = uuid4(), f"{WORDS} {number}"
        note.created_at = timezone.now() + timedelta(microseconds=number)
    Note.objects.bulk_create(more)
    client = client_of(staff["fay"])
    with django_assert_max_num_queries(MOST_QUERIES):
        shown = client.get(address(made, query))
    if query == "":
        entries = [entry for day in shown.context["days"] for entry in day.entries]
        assert len(entries) == 25
        assert entries[0].text == f"{WORDS} 199"
        assert shown.context["older"].endswith("?page=2")
    if query == "?print=1":
        assert len(shown.context["entries"]) > 200
        assert b"<form" not in shown.content


def test_views_are_recorded(made, staff):
    page(staff, "asha", made)
    entry = AuditEntry.objects.filter(verb="history_viewed").get()
    assert (entry.actor_id, entry.referral_id) == (staff["asha"].pk, made.referral.pk)
    client_of(staff["asha"]).get(f"{address(made)}?print=1")
    entry = AuditEntry.objects.filter(verb="history_printed").get()
    assert (entry.actor_id, entry.referral_id) == (staff["asha"].pk, made.referral.pk)


# Notes


def write(staff: Staff, who: str, made: Played, audience: str, text: str = WORDS):
    typed = {"text": text, "audience": audience, "kind": "call"}
    return send(client_of(staff[who]), address(made), typed)


def test_a_note_for_one_side_is_read_only_there(made, staff):
    assert write(staff, "kit", made, str(made.other.pk)).status_code == 303
    note = Note.objects.unscoped("test").get()
    assert (note.party, note.audience, note.kind, note.text) == (made.other, Audience.SIDE, "call", WORDS)

    assert [WORDS in page(staff, who, made) for who in ("kit", "fay", "mo", "asha")] == [
        True,
        True,
        True,
        False,
    ]


def test_a_note_for_all_is_read_by_every_user_who_sees_the_referral(made, staff):
    write(staff, "asha", made, "all")
    assert all(WORDS in page(staff, who, made) for who in ("asha", "kit", "fay", "mo"))
    assert client_of(staff["ben"]).get(address(made)).status_code == 404


def test_the_referral_links_to_the_note_form(made, staff):
    links = client_of(staff["asha"]).get(f"/r/{made.referral.reference}/").context["other_things"]
    assert links[0] == {"text": "Add a note", "href": f"{address(made)}#id_text"}
    assert 'id="id_text"' in page(staff, "asha", made)


def test_the_form_names_the_readers(made, staff):
    field = client_of(staff["asha"]).get(address(made)).context["form"].fields["audience"]
    side, everyone = field.option_hints.values()

    assert [label for _, label in field.choices] == [
        f"{made.own.known_as}’s side only",
        "Everyone who works on this referral",
    ]
    assert side == ("You, Fay (facilitator), and managers of Forward Leeds. Nobody else in this referral.")
    assert everyone.startswith("You, Fay (facilitator), the workers of the other person, their teams")
    assert "Kit" not in side + everyone
    assert "supports" not in side


def test_no_note_to_a_side_the_user_does_not_open(made, staff):
    sent = write(staff, "asha", made, str(made.other.pk))
    assert sent.status_code == 422
    assert list(errors_of(sent)) == ["audience"]
    with pytest.raises(Refused):
        add_note(referral=made.referral, party=made.other, text=WORDS, by=staff["asha"])
    with pytest.raises(Refused):
        add_note(referral=made.referral, text=WORDS, by=staff["ben"])
    assert not Note.objects.unscoped("test").exists()


def test_a_correction_adds_and_the_note_stays(made, staff, morning):
    write(staff, "kit", made, str(made.other.pk))
    note = Note.objects.unscoped("test").get()
    where = f"/r/{made.referral.reference}/notes/{note.pk}/correct/"
    assert client_of(staff["asha"]).get(where).status_code == 404
    assert "for the same readers" in client_of(staff["fay"]).get(where).content.decode()
    morning.shift(timedelta(minutes=1))
    assert send(client_of(staff["fay"]), where, {"text": "It was at eleven."}).status_code == 303

    note.refresh_from_db()
    added = Note.objects.unscoped("test").exclude(pk=note.pk).get()
    assert note.text == WORDS
    assert (added.party, added.corrects, added.created_by) == (made.other, note, staff["fay"])
    assert titles(staff, "kit", made, "?kind=notes") == [
        "Phone call, correcting an earlier note",
        "Phone call (corrected since)",
    ]
    assert "It was at eleven." not in page(staff, "asha", made)


def test_a_correction_cannot_change_the_readers(made, staff):
    note = add_note(referral=made.referral, party=made.own, text=WORDS, by=staff["asha"])
    with pytest.raises(NotPossible):
        add_note(referral=made.referral, text="More.", corrects=note, by=staff["asha"])


def test_a_closed_referral_still_takes_a_note(staff):
    made = play("closed", staff)
    assert write(staff, "asha", made, "all").status_code == 303
    assert any(title.startswith("Closed as: met") for title in titles(staff, "mo", made)) or WORDS in page(
        staff, "mo", made
    )


def test_typed_text_is_restored(made, staff):
    client = client_of(staff["asha"])
    sent = send(client, address(made), {"text": WORDS})
    assert errors_of(sent) == {"audience": ["Choose who may read it"]}
    assert client.get(address(made)).context["form"]["text"].value() == WORDS
