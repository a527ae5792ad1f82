"""Signing in is required everywhere but at the addresses of one list, and every view says who may open it."""

from uuid import UUID

import pytest
from django.test import Client
from django.urls import reverse

from tests.routes import Route, routes

# Adding to this list is a decision about everybody in the world.
PUBLIC = {
    "health",
    "account_login",
    "account_logout",  # whoever is signed out already is where signing out leads
}

NOBODYS = {"reference": "RP-7K3M-9Q"}
WALLED = [route for route in routes() if route.name not in PUBLIC]


def address(route: Route) -> str:
    """An address of a thing that does not exist: nobody may learn even that without signing in."""
    return reverse(route.name, kwargs={need: NOBODYS.get(need, UUID(int=1)) for need in route.needs})


def test_the_public_list_is_exact():
    assert {route.name for route in routes() if route.policy == "public"} == PUBLIC


def test_every_address_has_a_name_and_every_view_a_policy():
    assert [route.pattern for route in routes() if not route.name] == []
    assert [route.name for route in routes() if not route.policy] == []


def test_no_two_addresses_share_a_name():
    names = [route.name for route in routes()]
    assert sorted(names) == sorted(set(names))


def test_only_public_views_are_let_past_the_sign_in_wall():
    open_to_all = {route.name for route in routes() if not getattr(route.view, "login_required", True)}
    assert open_to_all <= PUBLIC


@pytest.mark.django_db
@pytest.mark.parametrize("method", ["get", "post", "put", "delete"])
@pytest.mark.parametrize("route", WALLED, ids=str)
def test_a_stranger_is_sent_to_sign_in_with_nothing_in_the_body(route, method):
    answer = getattr(Client(), method)(address(route))
    where, _, asked = answer.headers["Location"].partition("?")
    assert (answer.status_code, where, answer.content) == (302, reverse("account_login"), b"")
    assert asked.startswith("next=")


@pytest.mark.django_db
def test_an_address_that_does_not_exist_says_so_without_a_name():
    answer = Client().get("/r/RP-7K3M-9Q/nothing-here/")
    assert answer.status_code == 404
    assert b"RP-7K3M-9Q" not in answer.content
