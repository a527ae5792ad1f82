"""The fake kind, registered for one test, and concurrent processes."""

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

from restorative.notify import registry
from restorative.notify.tests.fakes import World
from tests import services


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """A fake kind as the only registered kind."""
    monkeypatch.setattr(registry, "_kinds", {})
    monkeypatch.setattr(registry, "_groups", [])
    made = World()
    made.register()
    return made


@pytest.fixture
def delivered(tmp_path: Path) -> Path:
    """The file in which processes write one line for each delivery."""
    path = tmp_path / "delivered"
    path.touch()
    return path


class Race:
    """Processes on this test's database that start together once all are ready."""

    def __init__(self, env: dict[str, str], folder: Path) -> None:
        self.env, self.folder, self.racers = env, folder, 0

    def enter(self, *args: str, **env: str) -> subprocess.Popen[str]:
        """Add a process. It waits for `go`."""
        self.racers += 1
        return subprocess.Popen(
            [sys.executable, "-m", "restorative.notify.tests.racer", *args],
            cwd=settings.BASE_DIR,
            env=self.env | {"GO": str(self.folder / "go")} | env,
            stdout=subprocess.PIPE,
            text=True,
        )

    def go(self) -> None:
        """Start all processes."""
        services.until(
            lambda: len(list(self.folder.glob("ready-*"))) >= self.racers, seconds=60, what="line-up"
        )
        written = self.folder / "going"
        written.write_text(str(time.monotonic() + 0.1))
        written.rename(self.folder / "go")

    def alone(self, **env: str) -> int:
        """Run one sweep in its own process; returns the exit code."""
        racer = self.enter("once", **env)
        self.go()
        return racer.wait(60)


@pytest.fixture
def race(service_env: dict[str, str], delivered: Path, tmp_path: Path) -> Race:
    """Concurrent processes for this test."""
    return Race(service_env | {"DELIVERED": str(delivered)}, tmp_path)
