"""Fixtures of the meetings' tests."""

from collections.abc import Iterator
from typing import Any

import pytest
import time_machine


@pytest.fixture
def morning() -> Iterator[Any]:
    """A Tuesday in term, half past ten: no quiet hours, no bank holiday near, no clock change this week."""
    with time_machine.travel("2027-03-02 10:30", tick=False) as traveller:
        yield traveller
