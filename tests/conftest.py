"""The worlds that the tests of the walls share: made once per module, in a transaction that is rolled back."""

from collections.abc import Iterator

import pytest
from django.db import transaction

from tests.canaries import marked_world
from tests.stories import once
from tests.world import World, at_ten, told_world


@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker) -> Iterator[World]:
    """See tests/world.py. Tests that use it must be django_db tests, so that each rolls back its changes."""
    with django_db_blocker.unblock(), at_ten(), transaction.atomic():
        yield told_world()
        transaction.set_rollback(True)


@pytest.fixture(scope="module")
def marked(django_db_setup: None, django_db_blocker) -> Iterator[World]:
    """The world of tests/world.py with a canary in every sealed place of Jo's side."""
    with django_db_blocker.unblock(), at_ten(), transaction.atomic():
        yield once(("marked",), marked_world)
        transaction.set_rollback(True)
