"""The fake kind, registered for one test, and processes that race."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.conf import settings

from restorative.notify import registry
from restorative.notify.tests.fakes import World


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """A fake kind as the only one there is."""
    monkeypatch.setattr(registry, "_kinds", {})
    made = World()
    made.register()
    return made


@pytest.fixture
def delivered(tmp_path: Path) -> Path:
    """Where processes write each delivery, a line each."""
    path = tmp_path / "delivered"
    path.touch()
    return path


@pytest.fixture
def race(service_env: dict[str, str], delivered: Path) -> Callable[..., subprocess.Popen[str]]:
    """Start a racer on this test's database."""

    def start(*args: str, **env: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "restorative.notify.tests.racer", *args],
            cwd=settings.BASE_DIR,
            env=service_env | {"DELIVERED": str(delivered)} | env,
            stdout=subprocess.PIPE,
            text=True,
        )

    return start
