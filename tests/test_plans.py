"""With 10,000 referrals PostgreSQL answers every list by index: no plan reads all parties or all referrals."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from bench import databases, plan, run, stories
from meetings.demo.staff import email_of
from referrals.selectors import possible_duplicates
from restorative.accounts.lock import SIGNED_IN_AT
from restorative.accounts.models import User

pytestmark = [pytest.mark.postgresql, pytest.mark.slow]
REFERRALS = 10_000
WHOLE = {"referrals_party", "referrals_referral"}
PATHS = [
    "/",
    "/referrals/?whose=mine",
    "/referrals/?whose=team",
    "/referrals/?whose=organisation",
    "/referrals/?stage=preparing",
    "/referrals/?stage=closed&sort=oldest",
    "/referrals/?q=ravi",
    "/referrals/?page=20",
    "/search/?q=ravi+me",
    "/search/?q=7k",
    "/search/?q=07700900123",
    "/grants/",
    "/handoffs/",
]


@pytest.fixture
def many(django_db_setup, django_db_blocker) -> Iterator[None]:
    """A database of its own with the stories of the demo and their clones: an index made in the transaction of a test
    would not be used in it."""
    name, before = databases.name_of("plans"), connection.settings_dict["NAME"]
    with django_db_blocker.unblock():
        try:
            stories.play(name)
            plan.write_casts()
            run.grow(REFERRALS)
            yield
        finally:
            databases.use(before)
            databases.drop(name)


def read_whole(node: dict[str, Any]) -> Iterator[str]:
    """The tables of `WHOLE` that a plan reads from first to last."""
    table, kind = node.get("Relation Name", ""), node["Node Type"]
    by_index = kind in ("Index Scan", "Index Only Scan")
    if table in WHOLE and (kind == "Seq Scan" or (by_index and "Index Cond" not in node)):
        yield f"{kind} of {table}"
    for child in node.get("Plans", ()):
        yield from read_whole(child)


class Explained:
    """Explains each statement that runs, and keeps what it would read whole."""

    def __init__(self) -> None:
        self.found: list[str] = []

    def __call__(self, execute, sql, params, many, context):
        if sql.startswith("SELECT"):
            with connection.connection.cursor() as cursor:
                cursor.execute(f"EXPLAIN (FORMAT JSON) {sql}", params)
                answer = cursor.fetchone()[0]
            tree = answer if isinstance(answer, list) else json.loads(answer)
            self.found += [f"{each}: {sql[:200]}" for each in read_whole(tree[0]["Plan"])]
        return execute(sql, params, many, context)


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    session = client.session
    session[SIGNED_IN_AT] = timezone.now().isoformat()
    session.save()
    return client


def test_no_list_reads_all_parties_or_all_referrals(many):
    explained = Explained()
    for who in ("asha", "fay", "mo", "sal"):
        user = User.objects.get(email=email_of(who))
        client = signed_in(user)
        with connection.execute_wrapper(explained):
            for path in PATHS:
                assert client.get(path).status_code == 200
            list(possible_duplicates(user, given="Ravi", family="Example", others=["Meena"]))
    assert explained.found == []
