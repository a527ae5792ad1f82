"""Every route needs a sign-in, except those of one list, and every view declares its policy."""

from uuid import UUID

import pytest
from django.test import Client
from django.urls import reverse

from tests.routes import Route, routes

# An addition to this list opens a page to the whole world.
PUBLIC = {
    "health",
    "account_login",
    "account_logout",  # signed-out users are already where sign-out leads
}

NOBODYS = {"reference": "RP-7K3M-9Q"}
WALLED = [route for route in routes() if route.name not in PUBLIC]


def address(route: Route) -> str:
    """The address of a thing that does not exist; without a sign-in even that must not show."""
    return reverse(route.name, kwargs={need: NOBODYS.get(need, UUID(int=1)) for need in route.needs})


def test_the_public_list_is_exact():
    assert {route.name for route in routes() if route.policy == "public"} == PUBLIC


def test_every_route_has_a_name_and_every_view_a_policy():
    assert [route.pattern for route in routes() if not route.name] == []
    assert [route.name for route in routes() if not route.policy] == []


def test_route_names_are_unique():
    names = [route.name for route in routes()]
    assert sorted(names) == sorted(set(names))


def test_only_public_views_skip_the_sign_in():
    open_to_all = {route.name for route in routes() if not getattr(route.view, "login_required", True)}
    assert open_to_all <= PUBLIC


@pytest.mark.django_db
@pytest.mark.parametrize("method", ["get", "post", "put", "delete"])
@pytest.mark.parametrize("route", WALLED, ids=str)
def test_an_anonymous_request_is_redirected_to_sign_in_with_an_empty_body(route, method):
    answer = getattr(Client(), method)(address(route))
    where, _, asked = answer.headers["Location"].partition("?")
    assert (answer.status_code, where, answer.content) == (302, reverse("account_login"), b"")
    assert asked.startswith("next=")


@pytest.mark.django_db
def test_an_unknown_address_is_404_without_a_name():
    answer = Client().get("/r/RP-7K3M-9Q/nothing-here/")
    assert answer.status_code == 404
    assert b"RP-7K3M-9Q" not in answer.content
