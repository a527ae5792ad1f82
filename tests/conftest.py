"""The one world the proofs of the walls share: made once a module, inside a transaction that is thrown away."""

from collections.abc import Iterator

import pytest
from django.db import transaction

from tests.world import World, at_ten, told_world


@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker) -> Iterator[World]:
    """See tests/world.py. Tests that use it must be django_db ones, so that each takes back what it did."""
    with django_db_blocker.unblock(), at_ten(), transaction.atomic():
        yield told_world()
        transaction.set_rollback(True)
