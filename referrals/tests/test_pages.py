"""The referral page and the lists: what one user is shown, and how many queries it takes."""

from copy import copy
from datetime import timedelta
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone

from meetings.demo import story as play
from meetings.demo.staff import Staff
from referrals.actions import consent
from referrals.actions.notes import add_note
from referrals.models import ContactRoute, Note
from restorative.audit.models import AuditEntry
from restorative.common.heartbeat import beat
from restorative.notify.models import Message
from tests.stories import tell as retold

# These pages read the same on each database; the matrix checks that they answer on the second.
pytestmark = [pytest.mark.django_db, pytest.mark.sqlite, pytest.mark.usefixtures("morning")]

# The two savepoints are the ledger's transaction inside the test's own; in production there are none.
SAVEPOINTS = 2
LIST_QUERIES = 8 + SAVEPOINTS
PAGE_QUERIES = 15 + SAVEPOINTS


def client_of(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


def log_many(staff: Staff, count: int) -> None:
    for number in range(count):
        at = timezone.now() - timedelta(days=count - number)
        play.log(staff, play.Pair(f"Own{number:02}", f"Other{number:02}"), at)


@pytest.mark.parametrize("rows", [1, 30])
def test_the_caseload_takes_the_same_queries_whatever_its_length(
    rows: int, staff: Staff, django_assert_num_queries
) -> None:
    log_many(staff, rows)
    client = client_of(staff["asha"])

    with django_assert_num_queries(LIST_QUERIES):
        page = client.get("/referrals/").content.decode()

    assert page.count('<th scope="row"') == min(rows, 25)


@pytest.mark.parametrize("others", [1, 7])
@pytest.mark.parametrize("name", ["ready", "booked_tomorrow", "withdrawn"])
def test_the_referral_page_takes_at_most_15_queries(
    name: str, others: int, staff: Staff, django_assert_max_num_queries
) -> None:
    made = retold(name, staff, timezone.now())
    for number in range(others - 1):
        play.add_somebody(made, f"Extra{number}")
    client = client_of(staff["asha"])

    with django_assert_max_num_queries(PAGE_QUERIES):
        response = client.get(f"/r/{made.referral.reference}/")

    assert response.status_code == 200


@pytest.mark.parametrize("who", ["asha", "mo"])
@pytest.mark.parametrize(
    "name", ["follow_up_due", "agreement_open", "paused", "on_hold", "handoff_waiting", "closed_kept"]
)
def test_nor_more_at_any_other_stage_with_two_hundred_rows_of_history(
    name: str, who: str, staff: Staff, django_assert_max_num_queries
) -> None:
    made = retold(name, staff, timezone.now())
    add_note(referral=made.referral, party=None, text="Rang.", by=staff["asha"])
    note = Note.objects.unscoped("test").get()
    Note.objects.bulk_create(_again(note) for _ in range(200))
    client = client_of(staff[who])

    with django_assert_max_num_queries(PAGE_QUERIES):
        assert client.get(f"/r/{made.referral.reference}/").status_code == 200


def _again(note: Note) -> Note:
    more = copy(note)
    more.pk = uuid4()
    return more


def test_the_page_of_a_list_is_25_long_and_a_page_too_far_is_the_last(staff: Staff) -> None:
    log_many(staff, 27)
    client = client_of(staff["asha"])

    def rows(page: str) -> int:
        return client.get("/referrals/", {"page": page}).content.decode().count('<th scope="row"')

    assert [rows(page) for page in ("1", "2", "99", "-1", "x", "9" * 5000)] == [25, 2, 2, 2, 25, 2]


def test_each_list_shown_is_recorded_with_its_ids_and_no_typed_text(staff: Staff) -> None:
    log_many(staff, 2)
    client_of(staff["asha"]).get("/referrals/", {"q": "Own01"})

    entry = AuditEntry.objects.filter(verb="list_viewed").get()
    assert len(entry.thing_ids) == 1
    assert "Own01" not in str(vars(entry))


def test_each_view_of_a_referral_is_recorded_before_it_is_shown(staff: Staff) -> None:
    made = retold("logged", staff, timezone.now())
    client_of(staff["asha"]).get(f"/r/{made.referral.reference}/")

    entry = AuditEntry.objects.get(verb="referral_viewed")
    assert (entry.actor_id, entry.referral_id) == (staff["asha"].pk, made.referral.pk)


@pytest.mark.parametrize(
    ("who", "whose", "seen"),
    [
        ("asha", "mine", True),
        ("kit", "mine", True),
        ("fay", "mine", True),
        ("mo", "mine", False),
        ("mo", "team", True),
        ("mo", "organisation", True),
        ("sal", "organisation", True),
        ("ben", "team", False),
        ("ben", "organisation", False),
        ("carol", "mine", False),
        ("mina", "organisation", False),
        ("zed", "mine", False),
    ],
)
def test_which_users_find_a_referral_in_which_list(who: str, whose: str, seen: bool, staff: Staff) -> None:
    made = retold("ready", staff, timezone.now())
    page = client_of(staff[who]).get("/referrals/", {"whose": whose}).content.decode()

    assert (made.referral.reference in page) is seen


@pytest.mark.parametrize("words", ["Ravi", "ravi mee", "%reference%", "rp{reference_bare}"])
def test_a_referral_is_found_by_name_or_reference(words: str, staff: Staff) -> None:
    made = retold("ready", staff, timezone.now())
    reference = made.referral.reference
    words = words.replace("%reference%", reference).replace(
        "{reference_bare}", reference[3:].replace("-", "").lower()
    )
    response = client_of(staff["asha"]).get("/search/", {"q": words}, follow=True)

    assert reference in response.content.decode()


def test_a_phone_number_finds_only_people_the_user_supports(staff: Staff) -> None:
    made = retold("ready", staff, timezone.now())
    number = ContactRoute.objects.unscoped("test").get(party=made.other).value
    typed = f"0{number[3:7]} {number[7:]}"

    def found(who: str) -> bool:
        return made.referral.reference in client_of(staff[who]).get("/search/", {"q": typed}).content.decode()

    assert (found("kit"), found("asha"), found("zed")) == (True, False, False)


def test_percent_and_underscore_are_literal_in_a_search(staff: Staff) -> None:
    retold("ready", staff, timezone.now())
    client = client_of(staff["asha"])

    assert "Nothing was found" in client.get("/search/", {"q": "%%"}).content.decode()
    assert "Nothing was found" in client.get("/search/", {"q": "__"}).content.decode()


@pytest.mark.parametrize("query", ["\x00", "\u202e", "a" * 5000, "'; DROP TABLE x; --", "{{7*7}}", "\ud7ff"])
def test_an_invalid_search_is_never_an_error(query: str, staff: Staff) -> None:
    client = client_of(staff["asha"])

    assert client.get("/search/", {"q": query}).status_code == 200
    assert client.get("/referrals/", {"q": query, "stage": query, "whose": query}).status_code == 200


@pytest.mark.parametrize(
    ("name", "who", "heading"),
    [
        ("logged", "asha", "Next: talk with Sam, alone"),
        ("ready", "asha", "Next: book the meeting"),
        ("ready", "kit", "Next: the meeting can be booked"),
        ("blocked_consent_missing", "asha", "Next: nothing for you to do now"),
        ("blocked_no_facilitator", "asha", "Next: appoint"),
        (
            "blocked_wording_not_approved",
            "asha",
            "Next: agree with {own} the words to reach the other person",
        ),
        ("withdrawn", "kit", "Next: tell the others that the meeting is not happening"),
        ("record_overdue", "fay", "Next: write the record"),
        ("paused", "asha", "Next: look at this again on "),
        ("on_hold", "kit", "Next: ask {other} the safety questions, alone"),
        ("on_hold", "asha", "Next: meet on "),
        ("two_meetings", "fay", "Next: meet on "),
    ],
)
def test_the_next_step_is_named_for_each_user(name: str, who: str, heading: str, staff: Staff) -> None:
    made = retold(name, staff, timezone.now())
    page = client_of(staff[who]).get(f"/r/{made.referral.reference}/").content.decode()

    heading = heading.format(own=made.own.known_as, other=made.other.known_as)
    assert f'id="next-step">{heading}' in page


def test_a_closed_referral_says_so_once(staff: Staff) -> None:
    made = retold("closed", staff, timezone.now())
    shown = client_of(staff["asha"]).get(f"/r/{made.referral.reference}/")

    assert shown.content.decode().count("This referral is closed") == 1
    assert shown.context["next_step"] is None


def test_before_the_day_one_row_says_that_each_person_is_asked_on_it(staff: Staff) -> None:
    made = retold("booked_tomorrow", staff, timezone.now())
    way = client_of(staff["fay"]).get(f"/r/{made.referral.reference}/").context["way"]

    assert [row.whose for row in way if row.code == "day_of_check_missing"] == ["On the day"]


def test_no_link_to_a_talk_before_the_words_are_approved(staff: Staff) -> None:
    made = retold("logged", staff, timezone.now())
    page = client_of(staff["asha"]).get(f"/r/{made.referral.reference}/")

    [_, other] = page.context["people"]
    assert "Not spoken to" in other["said"]
    assert f"/people/{made.other.pk}/consent/" not in page.content.decode()


def test_expired_answers_are_renewed_by_a_check_in_wherever_they_are_shown(staff: Staff) -> None:
    made = retold("blocked_readiness_expired", staff, timezone.now())
    people = client_of(staff["kit"]).get(f"/r/{made.referral.reference}/").context["people"]

    links = [cell["href"] for row in people for cell in row.get("cells", []) if cell["href"]]
    assert links == [f"/r/{made.referral.reference}/people/{made.other.pk}/check-in/?from=referral"]


def test_the_other_sides_worker_sees_one_cell(staff: Staff) -> None:
    made = retold("blocked_readiness_missing", staff, timezone.now())
    page = client_of(staff["asha"]).get(f"/r/{made.referral.reference}/").content.decode()

    assert page.count("Not yet. Nothing for you to do.") == 1
    assert f"/people/{made.other.pk}/" not in page


def test_a_side_without_blockers_is_one_word(staff: Staff) -> None:
    made = retold("ready", staff, timezone.now())
    page = client_of(staff["asha"]).get(f"/r/{made.referral.reference}/").content.decode()

    assert ">Done</td>" in page


def test_a_person_of_another_organisation_is_named_by_place(staff: Staff) -> None:
    made = retold("ready", staff, timezone.now())
    play.appoint_second(made, "wes")
    page = client_of(staff["wes"]).get(f"/r/{made.referral.reference}/").content.decode()

    assert "The other person" in page
    assert made.own.known_as not in page
    assert made.other.known_as not in page


def test_a_withdrawal_changes_nothing_the_other_side_sees_until_it_is_released(staff: Staff) -> None:
    made = retold("booked_tomorrow", staff, timezone.now())
    client = client_of(staff["asha"])
    address = f"/r/{made.referral.reference}/"

    def body() -> str:
        page = client.get(address).content.decode()
        return "\n".join(line for line in page.splitlines() if "csrf" not in line)

    before = body()
    consent.withdraw(party=made.other, by=staff["kit"])
    assert body() == before

    assert "Booked" in client.get("/referrals/").content.decode()


def test_a_cancelled_message_does_not_wait_past_its_time(staff: Staff) -> None:
    """If it stayed after a sweep would have sent it, it would reveal that the meeting is off."""
    made = retold("booked_tomorrow", staff, timezone.now())
    consent.withdraw(party=made.other, by=staff["kit"])
    ahead = Message.objects.filter(recipient_id=made.own.pk, kind="meeting_day_before").get()
    page, reminder = f"/r/{made.referral.reference}/", "A reminder, the day before"
    Message.objects.filter(pk=ahead.pk).update(planned_for=timezone.now() - timedelta(days=7))
    assert reminder in client_of(staff["asha"]).get(page).content.decode()

    beat("sweep")
    assert reminder not in client_of(staff["asha"]).get(page).content.decode()
