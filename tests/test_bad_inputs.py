"""Bad input in every form field, address and query string gets an answer, never an error page.
Forms and addresses come from the resolver, so new ones are included. On both databases: PostgreSQL gets every kind of
bad value, because SQLite accepts more."""

import pytest
from django.urls import Resolver404, resolve, reverse

from restorative.common.formfields import CleanTextField, showable
from tests.routes import Route, routes
from tests.test_matrix import TABLE
from tests.world import World, undone

pytestmark = [pytest.mark.proof, pytest.mark.django_db]

NONSENSE = {
    "NUL": "a\x00b",
    "zero-width": "\u200b\u200d",
    "bidi override": "a\u202eb",
    "lone surrogate": "\ud800",
    "long": "x" * 20_000,
    "digits": "9" * 5000,
    "below zero": "-1",
    "no such day": "29 February 2027",
    "far year": "31 December 9999",
    "no such hour": "25:61",
    "markup": "<script>alert(1)</script>{{7*7}}",
    "sql": "'; DROP TABLE referrals_party; --",
    "emoji": "👩🏽‍🚀e\u0301",
    "nil id": "00000000-0000-0000-0000-000000000000",
    "path": "../../etc/passwd",
    "header": "one\r\nSet-Cookie: two=three",
}
# Pages of several one-button forms without text fields. Their POSTs are tested below.
BUTTONS_ONLY = {"referrals:drafts": ("throw", "back")}
ASKED = ("%00", "%ff", "9" * 500, "<script>", "-1", "//evil.example", "00000000-0000-0000-0000-000000000000")


def forms() -> list[str]:
    """Rows of the matrix whose page is a form for at least one person."""
    return [
        name
        for name, methods in TABLE.items()
        if name.split("@")[-1] in (name, "other")
        and "200" in methods["GET"].values()
        and {"422", "303"} & set(methods["POST"].values())
        and name not in BUTTONS_ONLY
    ]


def route_of(name: str) -> Route:
    return next(route for route in routes() if route.name == name.partition("@")[0])


def open_page(world: World, name: str):
    """The page for the first person who may open it, and its address."""
    who = next(who for who, status in TABLE[name]["POST"].items() if status in ("422", "303"))
    arguments = {key: world.arguments("other")[key] for key in route_of(name).needs}
    return world.client(who), reverse(route_of(name).name, kwargs=arguments)


def names_of(client, href: str) -> list[str]:
    with undone():
        return [name for name in client.get(href).context["form"].fields if name != "submission"]


def sent_as(fields: list[str], turn: int) -> dict[str, list[bytes]]:
    """A body with a different kind of bad value in each field; every second time each field is sent twice."""
    kinds = list(NONSENSE.values())
    words = {name: kinds[(number + turn) % len(kinds)] for number, name in enumerate(fields)}
    return {name: [word.encode("utf-8", "surrogatepass")] * (1 + turn % 2) for name, word in words.items()}


def answers(world: World, name: str, bodies: list[dict]) -> None:
    client, href = open_page(world, name)
    for body in bodies:
        with undone():
            answer = client.post(href, body)
            assert answer.status_code in (200, 303, 400, 422), body
            assert b"<script>alert" not in answer.content
            assert "two" not in answer.cookies


@pytest.mark.sqlite
@pytest.mark.parametrize("name", forms())
def test_a_form_answers_any_content_of_its_fields(world, name):
    fields = names_of(*open_page(world, name))
    nul = dict.fromkeys(fields, NONSENSE["NUL"])
    answers(world, name, [nul, *(sent_as(fields, turn) for turn in (0, 5, 10))])


@pytest.mark.postgresql
@pytest.mark.slow
@pytest.mark.parametrize(("number", "name"), list(enumerate(forms())))
def test_a_form_answers_every_bad_value(world, number, name):
    """Half of the kinds of bad value in each field; the next form gets the other half."""
    fields = names_of(*open_page(world, name))
    nul = dict.fromkeys(fields, NONSENSE["NUL"])
    answers(world, name, [nul, *(sent_as(fields, turn) for turn in range(number % 2, len(NONSENSE), 2))])


@pytest.mark.sqlite  # what was typed is stored encrypted, so no database reads it
@pytest.mark.parametrize("name", forms())
def test_a_form_saves_any_draft(world, name):
    """A draft is not validated, but must come back."""
    client, href = open_page(world, name)
    with undone():
        form = client.get(href).context["form"]
    fields = [key for key in form.fields if key != "submission"]
    texts = [key for key, field in form.fields.items() if isinstance(field, CleanTextField)]
    for nonsense in ("a\x00b", "x" * 20_000, "👩🏽‍🚀", "<script>alert(1)</script>"):
        with undone():
            assert (
                client.post(href, dict.fromkeys(fields, nonsense), headers={"X-Draft": "1"}).status_code
                == 204
            )
            shown = client.get(href)
            assert shown.status_code == 200
            assert b"<script>alert" not in shown.content
            assert b"\x00" not in shown.content
            kept = {key: showable(shown.context["form"][key].value()) for key in texts}
            assert kept == dict.fromkeys(texts, showable(nonsense)), "what was typed is back"


@pytest.mark.parametrize(
    ("name", "button"), [(name, each) for name, buttons in BUTTONS_ONLY.items() for each in buttons]
)
def test_a_page_of_buttons_answers_any_button_value(world, name, button):
    bodies = [{button: [word.encode("utf-8", "surrogatepass")] * 2} for word in NONSENSE.values()]
    answers(world, name, bodies)


@pytest.mark.parametrize("asked", ASKED)
def test_a_page_answers_any_query_string(world, asked):
    for name in forms():
        client, href = open_page(world, name)
        query = "&".join(
            f"{key}={asked}" for key in ("from", "kind", "beside", "next", "page", "slot", "whose")
        )
        with undone():
            answer = client.get(f"{href}?{query}")
        assert answer.status_code == 200, name
        assert b"evil.example" not in answer.content or b'href="//evil' not in answer.content


@pytest.mark.parametrize("reference", ["%00", "x" * 2000, "RP-7K3M-9Q%00", "rp-7k3m-9q", "%F0%9F%99%82"])
def test_every_address_answers_any_reference(world, reference):
    for route in routes():
        if "reference" in route.needs:
            parts = {key: str(world.arguments("own")[key]) for key in route.needs} | {"reference": reference}
            path = "/" + route.pattern
            for key, value in parts.items():
                path = path.replace(f"<str:{key}>", value).replace(f"<uuid:{key}>", value)
            with undone():
                assert world.client("asha").get(path).status_code == 404, route.name


def test_every_address_with_an_id_takes_only_an_id():
    for route in routes():
        ids = route.needs - {"reference"}
        path = "/" + route.pattern.replace("<str:reference>", "RP-7K3M-9Q")
        for key in ids:
            path = path.replace(f"<uuid:{key}>", "1")
        if ids:
            with pytest.raises(Resolver404):
                resolve(path)
