"""The form view and the lists with real input: a submission acts once, typed text is kept, and bad input is an error
beside its field or ignored, never an error page."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection, connections
from django.test import Client
from django.urls import reverse
from django.utils.html import escape

from meetings.demo import story as play
from meetings.demo.staff import Staff
from referrals.models import Party, Referral
from restorative.audit.models import AuditEntry
from restorative.common import clock
from restorative.common.models import Draft, Submission

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("morning")]

LOG, CHECK = "/referrals/new/", "/referrals/new/check/"
TOO_LONG = "x" * (10 * 1024 * 1024)


@pytest.fixture
def asha(staff: Staff) -> Client:
    client = Client()
    client.force_login(staff["asha"])
    return client


def answers(staff: Staff, **changes: Any) -> dict[str, Any]:
    """The seven answers, all valid."""
    return {
        "submission": str(uuid4()),
        "own_given": "Sam",
        "own_place": "in_treatment",
        "other_1_given": "Jo",
        "other_1_place": "partner",
        "hoped_for": "To talk about the summer.",
        "kind": "conversation",
        "worry": "no",
        "route_kind": "text",
        "route_value": "07700 900123",
        "source": "keyworker",
        "lead": str(staff["asha"].pk),
        **changes,
    }


def press(client: Client, **changes: Any) -> dict[str, Any]:
    """Submit "Log referral" on the page that shows the answers, with the answers that were shown."""
    page = client.get(CHECK)
    shown = page.context["shown"] if page.status_code == 200 else ""
    return {"submission": str(uuid4()), "shown": shown, **changes}


def logged() -> int:
    return Referral.objects.unscoped("test").count()


def errors(answer) -> set[str]:
    return set(answer.context["form"].errors)


# --- A submission acts once -------------------------------------------------------------------------------------


def test_a_repeated_submission_redirects_as_before_and_acts_once(asha, staff):
    asha.post(LOG, answers(staff))
    token = press(asha)
    went = {asha.post(CHECK, token).headers["Location"] for _ in range(20)}
    assert (len(went), logged()) == (1, 1)


def test_submissions_of_two_forms_act_twice(asha, staff):
    for _ in range(2):
        asha.post(LOG, answers(staff))
        asha.post(CHECK, press(asha))
    assert logged() == 2


def test_log_referral_logs_the_answers_shown_not_later_ones_from_another_tab(asha, staff):
    asha.post(LOG, answers(staff, own_given="Alpha"))
    shown = press(asha)
    asha.post(LOG, answers(staff, own_given="Beta"))

    answer = asha.post(CHECK, shown)

    assert (answer.status_code, logged()) == (422, 0)
    assert "changed since you looked" in answer.context["form"].non_field_errors()[0]
    assert next(row["value"] for row in answer.context["rows"]) == "Beta, person in treatment"
    # The answers shown now can be logged with the page's next submission.
    again = {**shown, "shown": answer.context["shown"]}
    assert asha.post(CHECK, again).status_code == 303
    assert Party.objects.unscoped("test").get(source="keyworker").known_as == "Beta"


def test_a_submission_without_the_shown_answers_logs_nothing(asha, staff):
    asha.post(LOG, answers(staff))
    assert asha.post(CHECK, {"submission": str(uuid4())}).status_code == 422
    assert logged() == 0


def test_a_refused_submission_can_be_sent_again(asha, staff):
    """A refused form does not count as submitted: the corrected form goes through."""
    token = str(uuid4())
    assert asha.post(CHECK, press(asha, submission=token)).status_code == 422
    assert not Submission.objects.exists()
    asha.post(LOG, answers(staff))
    assert asha.post(CHECK, press(asha, submission=token)).status_code == 303


def test_another_users_token_has_no_effect(asha, staff):
    asha.post(LOG, answers(staff))
    sent = press(asha)
    asha.post(CHECK, sent)
    kit = Client()
    kit.force_login(staff["kit"])
    # Other names: a colleague would correctly see the same names as logged already.
    kit.post(LOG, answers(staff, lead=str(staff["kit"].pk), own_given="Robin", other_1_given="Lee"))
    answer = kit.post(CHECK, press(kit, submission=sent["submission"]))
    assert (answer.status_code, logged()) == (422, 1)
    assert Referral.objects.unscoped("test").get().reference not in answer.content.decode()


@pytest.mark.parametrize("token", ["", "nonsense", "\x00", "0" * 5000, "1; DROP TABLE"])
def test_a_submission_without_a_valid_token_still_works(asha, staff, token):
    asha.post(LOG, answers(staff))
    assert asha.post(CHECK, press(asha, submission=token)).status_code == 303
    assert logged() == 1


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_twenty_concurrent_submissions_create_one_referral(staff):
    client = Client()
    client.force_login(staff["asha"])
    client.post(LOG, answers(staff))
    token, session = press(client), client.cookies["session"].value

    def pressed(_: int) -> tuple[int, str]:
        try:
            browser = Client(raise_request_exception=False)
            browser.cookies["session"] = session
            answer = browser.post(CHECK, token)
            return answer.status_code, answer.headers.get("Location", "")
        finally:
            connections.close_all()

    with ThreadPoolExecutor(20) as pool:
        found = set(pool.map(pressed, range(20)))
    assert logged() == 1
    reference = Referral.objects.unscoped("test").get().reference
    assert found == {(303, reverse("referrals:log_done", args=[reference]))}


# --- What was typed is kept -------------------------------------------------------------------------------------


def test_saving_a_draft_returns_no_content_and_records_nothing(asha, staff):
    entries = AuditEntry.objects.count()
    answer = asha.post(LOG, {"hoped_for": "Half a sent"}, headers={"X-Draft": "1"})
    assert (answer.status_code, answer.content) == (204, b"")
    assert AuditEntry.objects.count() == entries
    assert "Half a sent" in asha.get(LOG).content.decode()


def test_a_draft_is_shown_as_left_without_errors(asha):
    asha.post(LOG, {"hoped_for": "Half a sent"}, headers={"X-Draft": "1"})
    shown = asha.get(LOG).content.decode()
    assert "There is a problem" not in shown
    assert "Error:" not in shown


def test_a_draft_is_private(asha, staff):
    asha.post(LOG, {"hoped_for": "Half a sent"}, headers={"X-Draft": "1"})
    kit = Client()
    kit.force_login(staff["kit"])
    assert "Half a sent" not in kit.get(LOG).content.decode()


def test_a_draft_can_be_deleted(asha):
    asha.post(LOG, {"hoped_for": "Half a sent"}, headers={"X-Draft": "1"})
    asha.post(LOG, {"discard": "1"})
    assert "Half a sent" not in asha.get(LOG).content.decode()
    assert not Draft.objects.exists()


def test_a_draft_is_deleted_after_submission(asha, staff):
    asha.post(LOG, answers(staff))
    asha.post(CHECK, press(asha))
    assert not Draft.objects.exists()


def test_a_draft_that_arrives_after_the_submission_is_ignored(asha, staff):
    """The browser's last draft may arrive after the submission."""
    made = play.log(staff, play.Pair("Ann", "Bob"), clock.now())
    form = reverse("referrals:ratings", args=[made.referral.reference, made.own.pk])
    typed = {"submission": str(uuid4()), "relationship": "4", "safe": "8", "hope": "6", "point": "before"}
    assert asha.post(form, typed).status_code == 303
    asha.post(form, typed, headers={"X-Draft": "1"})
    assert not Draft.objects.exists()


def test_a_draft_for_a_page_without_access_is_private_and_contains_no_names(asha, staff):
    """A user may lose access while typing. They keep their own text, but see nothing of the page."""
    made = play.log(staff, play.Pair("Ann", "Bob"), clock.now())
    play.give_keyworkers(made, clock.now())
    form = reverse("referrals:talk", args=[made.referral.reference, made.other.pk])
    answer = asha.post(form, {"hopes": "half a sent"}, headers={"X-Draft": "1"})
    assert answer.status_code == 404
    assert "Bob" not in answer.content.decode()
    kept = list(Draft.objects.values_list("owner", "title"))
    assert [owner for owner, _ in kept] in ([], [staff["asha"].pk])
    assert not any("Bob" in title for _, title in kept)


# --- Bad inputs -------------------------------------------------------------------------------------------------

# Field, value, and whether the value is shown again (values that cannot be shown safely are not).
BAD: dict[str, tuple[str, Any]] = {
    "NUL in a name": ("own_given", "Sa\x00m"),
    "NUL in text": ("hoped_for", "one\x00two"),
    "zero-width only": ("own_given", "\u200b\u200d\ufeff"),
    "blank only": ("hoped_for", " \t\n "),
    "bidi override": ("own_given", "Sam\u202egnp"),
    "lone surrogate": ("own_given", "Sam\ud800"),
    "10 MB": ("hoped_for", TOO_LONG),
    "long name": ("own_given", "x" * 101),
    "unlisted choice": ("kind", "duel"),
    "unlisted place": ("other_1_place", "victim"),
    "forged lead of another house": ("lead", "carol"),
    "forged lead without casework": ("lead", "adam"),
    "forged lead that is no id": ("lead", "1 OR 1=1"),
    "no such number": ("route_value", "12"),
    "words for a number": ("route_value", "{{7*7}}"),
    "own place for the other": ("other_1_place", "in_treatment"),
    "two values for one": ("kind", ["duel", "mediation"]),
    "worry without a kind": ("worry", "yes"),
    "unlisted worry": ("worry_kind", "gossip"),
    "missing": ("source", ""),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_answer_is_an_error_beside_its_field_and_the_rest_is_kept(asha, staff, name):
    field, sent = BAD[name]
    if field == "lead" and sent in staff.people:
        sent = str(staff[sent].pk)
    changes = {field: sent} | ({"worry": "yes"} if field == "worry_kind" else {})
    if name == "lone surrogate":
        sent_bytes = answers(staff)
        body = "&".join(f"{key}={value}" for key, value in sent_bytes.items() if key != field)
        answer = asha.post(
            LOG, f"{body}&{field}=Sam%ED%A0%80", content_type="application/x-www-form-urlencoded"
        )
    else:
        answer = asha.post(LOG, answers(staff, **changes))
    named = "worry_kind" if field == "worry" else field
    assert (answer.status_code, errors(answer)) == (422, {named})
    shown = answer.content.decode()
    assert "Jo" in shown or field == "other_1_given"
    assert (field == "hoped_for") or "To talk about the summer." in shown
    assert logged() == 0


def test_ten_megabytes_of_text_come_back_to_the_user(asha, staff):
    answer = asha.post(LOG, answers(staff, hoped_for=TOO_LONG))
    assert answer.context["form"].data["hoped_for"] == TOO_LONG


HARMLESS = {
    "markup": "<script>alert(1)</script>",
    "template": "{{7*7}}{% now 'Y' %}",
    "sql": "'; DROP TABLE referrals_referral; --",
    "formula": '=cmd|"/C calc"!A0',
    "header": "one\r\nSet-Cookie: two=three",
    "emoji": "👩🏽‍🚀 and e\u0301",
    "percent": "100% _ %s %(x)s",
}


@pytest.mark.parametrize("name", HARMLESS)
def test_markup_and_injections_are_stored_as_plain_text(asha, staff, name):
    asha.post(LOG, answers(staff, hoped_for=HARMLESS[name]))
    shown = asha.get(CHECK)
    asha.post(CHECK, press(asha))
    kept = Party.objects.unscoped("test").get(source="keyworker").hoped_for
    assert kept.replace("\r\n", "\n") == HARMLESS[name].replace("\r\n", "\n").replace("e\u0301", "é")
    assert "two" not in {*shown.cookies, *shown.headers}
    if "<" in HARMLESS[name]:
        assert HARMLESS[name] not in shown.content.decode()
        assert escape(HARMLESS[name]) in shown.content.decode()


def test_too_many_fields_are_refused_without_an_error_page(asha):
    answer = asha.post(LOG, {f"field_{number}": "x" for number in range(2000)})
    assert answer.status_code == 422
    assert "more than 1,000 answers" in answer.context["form"].non_field_errors()[0]


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/json", "multipart/form-data; boundary=", "image/png"]
)
def test_another_kind_of_body_is_an_unanswered_form_or_refused(asha, kind):
    asha.raise_request_exception = False
    assert asha.post(LOG, b"\xff\xfe\x00", content_type=kind).status_code in (400, 422)


def test_a_form_from_another_site_is_refused(staff):
    client = Client(enforce_csrf_checks=True)
    client.force_login(staff["asha"])
    assert client.post(LOG, answers(staff)).status_code == 403
    assert not Draft.objects.exists()


# --- Lists ------------------------------------------------------------------------------------------------------

LIST, SEARCH = "/referrals/", "/search/"
ODD = [
    "page=-1",
    "page=0",
    "page=9e99",
    "page=abc",
    f"page={'9' * 5000}",
    "page=1&page=2",
    "page=%00",
    "page=" + "%F0%9F%99%82",
    "page=٣",
    "q=%00",
    "q=%ED%A0%80",
    "q=%ff%fe",
    "q=" + "x" * 5000,
    "q=%25_%25",
    "q=%27%3B--",
    "q=%E2%80%8B",
    "q=%3Cscript%3E",
    "q=RP-7K3M-9Q",
    "q=" + "a+" * 200,
    "stage=%00",
    "stage=nowhere",
    "whose=everybody",
    "whose=organisation",
    "sort=random()",
    "pk=abc&id=1&user=2",
    "&&&=&?",
]


@pytest.mark.parametrize("asked", ODD)
@pytest.mark.parametrize("path", [LIST, SEARCH])
def test_a_list_answers_any_query_string(asha, staff, path, asked):
    play.log(staff, play.Pair("Ann", "Bob"), clock.now())
    answer = asha.get(f"{path}?{asked}")
    assert answer.status_code == 200
    assert "<script>" not in answer.content.decode().split("<main")[1]


def test_a_page_past_the_end_is_the_last_page(asha, staff):
    play.log(staff, play.Pair("Ann", "Bob"), clock.now())
    assert "Ann and Bob" in asha.get(f"{LIST}?page=999").content.decode()


def test_percent_and_underscore_are_letters_like_others(asha, staff):
    """`%` finds nothing, instead of everything."""
    play.log(staff, play.Pair("Ann", "Bob"), clock.now())
    for asked in ("%%", "__", "A_n"):
        assert "Ann and Bob" not in asha.get(SEARCH, {"q": asked}).content.decode()


@pytest.mark.parametrize("reference", ["RP-7K3M-9Q", "rp", "..", "%00", "%2e%2e%2fetc", "x" * 3000, "<b>"])
def test_an_odd_reference_is_not_found(asha, reference):
    assert asha.get(f"/r/{reference}/").status_code == 404


@pytest.mark.parametrize("party", ["abc", "0", "1" * 5000, "00000000-0000-4000-8000-000000000000", "%00"])
def test_an_odd_id_is_not_found(asha, staff, party):
    made = play.log(staff, play.Pair("Ann", "Bob"), clock.now())
    assert asha.get(f"/r/{made.referral.reference}/people/{party}/").status_code == 404


def test_search_terms_are_never_recorded(asha, staff):
    """The ledger records the rows that were shown, not the search terms."""
    play.log(staff, play.Pair("Ann", "Bob"), clock.now())
    asha.get(SEARCH, {"q": "Bob"})
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM audit_auditentry")
        assert "Bob" not in str(cursor.fetchall())
