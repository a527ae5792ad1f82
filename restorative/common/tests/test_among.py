"""Many ids as one parameter: what it finds, where there is no id, and that a query has one parameter for all."""

from uuid import uuid4

import pytest
from django.db import connection
from django.db.models import Q

from restorative.accounts.models import Team, User
from restorative.common.among import Among, Ids

pytestmark = pytest.mark.django_db


@pytest.fixture
def teams(staff) -> dict:
    """Each member of the demo's cast with their team, or None."""
    return {user.pk: user.team_id for user in User.objects.all()}


def found(condition: Q) -> set:
    return set(User.objects.filter(condition).values_list("pk", flat=True))


def test_it_finds_the_rows_with_one_of_these_ids(teams):
    some = set(list(teams)[:3])
    assert found(Q(Among("pk", Ids(some)))) == some
    assert found(Q(Among("pk", Ids([uuid4()])))) == found(Q(Among("pk", Ids([])))) == set()


def test_without_an_id_it_is_false_and_its_opposite_true(teams):
    team = next(key for key in teams.values() if key)
    there = {user for user, key in teams.items() if key == team}
    assert None in teams.values()
    assert found(Q(Among("team", Ids([team])))) == there
    assert found(~Q(Among("team", Ids([team])))) == set(teams) - there


def test_it_follows_relations_and_stands_in_subqueries(teams):
    team = next(key for key in teams.values() if key)
    house = Team.objects.get(pk=team).organisation_id
    assert found(Q(Among("team__organisation", Ids([house])))) == {
        user.pk for user in User.objects.filter(team__organisation=house)
    }
    inner = User.objects.filter(Among("team", Ids([team]))).values("pk")
    assert found(Q(pk__in=inner)) == {user for user, key in teams.items() if key == team}


def test_hundreds_of_ids_are_one_parameter(teams):
    rows = User.objects.filter(Among("pk", Ids([*teams, *(uuid4() for _ in range(500))])))
    _, params = rows.query.get_compiler(connection=connection).as_sql()
    assert len(params) == 1
    assert set(rows.values_list("pk", flat=True)) == set(teams)
