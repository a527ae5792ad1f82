"""Histories with which several test files here begin."""

import pytest
from django.utils import timezone

from meetings.demo.staff import Staff
from meetings.demo.story import Played
from tests.stories import tell


@pytest.fixture
def just_logged(staff: Staff) -> Played:
    """Just logged: Asha supports the person, and as the lead stands in for the other."""
    return tell("logged", staff, timezone.now())
