"""`manage.py serve` from outside: it starts everything, reports it, restarts what stops and leaves nothing behind."""

import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from django.conf import settings
from django.utils import timezone

from meetings.demo import situations
from restorative.common.clearing import clear
from tests.services import free_port, until
from tests.stories import staff_now, tell

pytestmark = pytest.mark.slow
WITHOUT = {
    "DATABASE_URL",
    "CELERY_BROKER_URL",
    "DJANGO_SETTINGS_MODULE",
    "RESTORATIVE_ENV",
    "RESTORATIVE_TEST_RUN",
}


def environment(data_dir: Path) -> dict[str, str]:
    """The environment of a newcomer's shell: no test settings, and its own data directory."""
    env = {key: value for key, value in os.environ.items() if key not in WITHOUT}
    return env | {"DATA_DIR": str(data_dir), "PYTHONUNBUFFERED": "1"}


@contextmanager
def serving(data_dir: Path, port: int, env: dict[str, str] | None = None):
    env = (env or environment(data_dir)) | {"PORT": str(port)}
    data_dir.mkdir(exist_ok=True)
    log = data_dir / "serve.log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "manage.py", "serve"],
            cwd=settings.BASE_DIR,
            env=env,
            stdout=out,
            stderr=out,
            start_new_session=True,
        )
    process.said = lambda: log.read_text()
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def started(process, seconds: float = 120) -> None:
    until(
        lambda: "Ctrl-C" in process.said() or process.poll() is not None, seconds=seconds, what="the welcome"
    )
    assert process.poll() is None, process.said()


def children(data_dir: Path) -> dict[int, str]:
    """The processes that use this data directory."""
    found = {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            environ = (entry / "environ").read_bytes()
            command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        except OSError:
            continue
        if f"DATA_DIR={data_dir}\0".encode() in environ + b"\0" and "serve" not in command and command:
            found[int(entry.name)] = command
    return found


def demo_json(data_dir: Path) -> dict:
    """The output for another process while the service seeds: complete, once seeding is done."""
    command = [sys.executable, "manage.py", "demo", "--json"]
    env = environment(data_dir)
    asked = subprocess.run(
        command, cwd=settings.BASE_DIR, env=env, capture_output=True, text=True, timeout=180
    )
    assert (asked.returncode, "Waiting for another process" in asked.stderr) == (0, True), asked.stderr
    return json.loads(asked.stdout)


def get(port: int, path: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(f"http://localhost:{port}{path}", timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_starts_serves_restarts_a_child_keeps_data_and_leaves_nothing_behind(tmp_path):
    data_dir, port = tmp_path / "var", free_port()
    with serving(data_dir, port) as process:
        until(lambda: "Making up people and referrals: " in process.said(), seconds=120, what="seeding")
        listed = demo_json(data_dir)
        started(process)
        assert len(listed["referrals"]) == len(situations.names())
        assert f"http://localhost:{port}/" in process.said()
        status, page = get(port, "/sign-in/")
        assert status == 200
        for asset in re.findall(r'(?:href|src)="(/static/[^"]+)"', page):
            assert get(port, asset)[0] == 200, asset
        keys = (data_dir / "restorative.env").read_text()
        assert (data_dir / "restorative.env").stat().st_mode & 0o777 == 0o600
        until(lambda: json.loads(get(port, "/healthz/")[1])["ok"], seconds=60, what="all clocks running")

        beat = next(pid for pid, command in children(data_dir).items() if " beat " in command)
        os.kill(beat, signal.SIGKILL)
        until(
            lambda: any(" beat " in c and pid != beat for pid, c in children(data_dir).items()),
            what="a new beat",
        )

        with serving(tmp_path / "other", port) as second:
            until(lambda: second.poll() is not None, what="the second giving up")
            assert f"Port {port} is taken" in second.said()
            assert "Traceback" not in second.said()

        begun = time.monotonic()
        process.send_signal(signal.SIGINT)
        assert process.wait(15) == 0
        assert time.monotonic() - begun < 10
        assert children(data_dir) == {}
        assert "Traceback" not in process.said()

    with serving(data_dir, port) as again:
        started(again)
        assert (data_dir / "restorative.env").read_text() == keys
        assert get(port, "/sign-in/")[0] == 200
        again.send_signal(signal.SIGTERM)
        assert again.wait(15) == 0
    assert children(data_dir) == {}

    with serving(data_dir, port) as killed:
        started(killed)
        assert len(children(data_dir)) >= 4
        killed.kill()
        killed.wait()
        until(lambda: not children(data_dir), what="the end of every child of a killed parent")


@pytest.mark.sqlite
@pytest.mark.django_db(transaction=True)
def test_starts_on_every_later_day(service_env, tmp_path):
    """After the seeded records have expired there is less to print, and the service still starts."""
    begun = timezone.now()
    tell("draft", staff_now(), begun)
    for days in (5, 40, 400):
        later, port = begun + timedelta(days=days), free_port()
        with time_machine.travel(later):
            clear()
        with serving(tmp_path, port, service_env | {"RESTORATIVE_TEST_NOW": later.isoformat()}) as process:
            started(process)
            until(lambda: json.loads(get(port, "/healthz/")[1])["ok"], seconds=60, what="all clocks running")  # noqa: B023
            assert process.poll() is None, process.said()
            assert "asha@" in process.said()
            process.send_signal(signal.SIGTERM)
            assert process.wait(15) == 0
