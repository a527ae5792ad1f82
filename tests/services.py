"""Real servers and processes for tests: Redis, Celery workers and beat, and their environment.
The tests themselves are elsewhere."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from urllib.parse import quote

import pytest
from django.conf import settings
from django.db import connection


def missing(what: str) -> None:
    """Skip the test if a server is missing; on CI fail, so that no test is skipped silently."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"{what}, and CI must leave nothing out.")
    pytest.skip(f"{what}.")


def free_port() -> int:
    """A port that is free at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def until(condition: Callable[[], object], *, seconds: float = 20.0, what: str = "it") -> None:
    """Wait until a condition is true, or fail."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise AssertionError(f"{what} did not happen within {seconds:.0f} s")
        time.sleep(0.05)


def answers(port: int) -> bool:
    """Whether a server listens on a local port."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


@contextmanager
def redis(folder: Path, port: int = 0) -> Iterator[str]:
    """A separate redis-server."""
    port = port or free_port()
    process = subprocess.Popen(
        ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--dir", str(folder), "--save", ""],
        stdout=subprocess.DEVNULL,
    )
    try:
        until(lambda: answers(port), what="redis-server answering")
        yield f"redis://127.0.0.1:{port}/0"
    finally:
        process.terminate()
        process.wait(10)


def database_url() -> str:
    """The URL of this test's database, for another process."""
    database = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{database['NAME']}"
    person = f"{quote(database['USER'])}:{quote(database['PASSWORD'])}@" if database["USER"] else ""
    host, port = quote(database["HOST"], safe=""), f":{database['PORT']}" if database["PORT"] else ""
    return f"postgres://{person}{host}{port}/{database['NAME']}"


def environment(folder: Path) -> dict[str, str]:
    """The environment of a process on this test's database, with `folder` as its data directory."""
    return {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "RESTORATIVE_ENV": "test",
        "RESTORATIVE_TEST_RUN": "yes",
        "DATA_DIR": str(folder),
        "DATABASE_URL": database_url(),
        "LOG_LEVEL": "INFO",
        "PYTHONUNBUFFERED": "1",
    }


@dataclass
class Running:
    """A process that a test started, with its output file."""

    process: subprocess.Popen[bytes]
    log: Path

    def said(self) -> str:
        return self.log.read_text(errors="replace")

    def kill(self) -> None:
        """Kill it without warning."""
        self.process.kill()
        self.process.wait(10)


class Workers:
    """Starts Celery processes and ends them all."""

    def __init__(self, env: dict[str, str], folder: Path) -> None:
        self.env, self.folder = env, folder
        self.running: list[Running] = []

    def __enter__(self) -> "Workers":
        return self

    def __exit__(self, *_: object) -> None:
        for each in self.running:
            each.kill()

    def start(self, *, broker: str = "", beat: bool = False, now: datetime | None = None) -> Running:
        """Start a worker (and beat, with `beat`) and wait until it accepts tasks. `now` sets their clock."""
        env = self.env | ({"CELERY_BROKER_URL": broker} if broker else {})
        env |= {"RESTORATIVE_TEST_NOW": now.isoformat()} if now else {}
        log = self.folder / f"worker-{len(self.running)}.log"
        command = [sys.executable, "-m", "celery", "--app", "restorative.celery", "worker"]
        # One process with threads: killing it leaves no children behind.
        command += ["--pool=threads", "--concurrency=2", "--without-gossip", "--without-mingle"]
        if beat:
            self.running.append(self._beat(env))
        with log.open("wb") as out:
            process = subprocess.Popen(command, env=env, cwd=settings.BASE_DIR, stdout=out, stderr=out)
        worker = Running(process, log)
        self.running.append(worker)
        until(lambda: '"ready"' in worker.said() or process.poll() is not None, what="the worker's start")
        assert process.poll() is None, worker.said()
        return worker

    def _beat(self, env: dict[str, str]) -> Running:
        log = self.folder / "beat.log"
        command = [sys.executable, "-m", "celery", "--app", "restorative.celery", "beat", "--pidfile="]
        with log.open("wb") as out:
            process = subprocess.Popen(command, env=env, cwd=settings.BASE_DIR, stdout=out, stderr=out)
        return Running(process, log)
