"""manage.py serve: everything on one machine. Sets up what is missing, then runs web, worker and beat until Ctrl-C.
`make run` calls it. Production runs the three processes separately (docs/deploy.md)."""

import fcntl
import hashlib
import http.client
import io
import json
import os
import signal
import socket
import sys
import time
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command, get_commands
from django.core.management.base import BaseCommand, CommandError
from django.db import connection

from restorative.common.processes import Child, Supervisor

LARGEST_LOG = 5_000_000


class Command(BaseCommand):
    help = "Set up what is missing and run web, worker and beat on this machine. Ctrl-C stops them."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--host", default=os.environ.get("HOST", "127.0.0.1"))

    def handle(self, *args: Any, **options: Any) -> None:
        host = options["host"]
        with self._only_one():
            self._port_is_free(host)
            self._set_up()
            self._run(host)

    # -- before anything runs

    def _only_one(self) -> Any:
        """Lock DATA_DIR for this process, so that no second service starts on the same data."""
        settings.DATA_DIR.mkdir(parents=True, exist_ok=True)
        lock = (settings.DATA_DIR / "serve.lock").open("w")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise CommandError(
                f"It is already running with the data in {settings.DATA_DIR}. Stop it, or set DATA_DIR."
            ) from None
        return lock

    def _port_is_free(self, host: str) -> None:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, settings.PORT))
            except OSError as error:
                raise CommandError(
                    f"Port {settings.PORT} is taken ({error.strerror}). Choose another: PORT=8001 make run"
                ) from None

    def _set_up(self) -> None:
        for folder in (settings.OUTBOX_DIR, settings.BROKER_DIR, settings.DATA_DIR / "logs"):
            folder.mkdir(parents=True, exist_ok=True)
        call_command("check", stdout=io.StringIO())
        self.stdout.write("Preparing the database.")
        call_command("migrate", verbosity=0, interactive=False)
        if settings.CACHES["default"]["BACKEND"].endswith("DatabaseCache"):
            call_command("createcachetable", verbosity=0)
        if not get_user_model().objects.exists() and "demo" in get_commands() and not settings.PRODUCTION:
            call_command("demo", stdout=io.StringIO())
        self._static_files()
        connection.close()

    def _static_files(self) -> None:
        """Collect when a source file changed since the last time."""
        seen = hashlib.sha256()
        for finder in get_finders():
            for path, storage in finder.list([]):
                found = os.stat(storage.path(path))
                seen.update(f"{path} {found.st_size} {found.st_mtime_ns}\n".encode())
        mark = settings.STATIC_ROOT / ".collected"
        if not mark.exists() or mark.read_text() != seen.hexdigest():
            call_command("collectstatic", verbosity=0, interactive=False, clear=True)
            mark.write_text(seen.hexdigest())

    # -- running

    def _run(self, host: str) -> None:
        supervisor = Supervisor(say=self._say)

        def asked(*_: Any) -> None:
            supervisor.asked_to_stop += 1

        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, asked)
        os.environ["HOST"] = host
        os.environ["DATA_DIR"] = str(settings.DATA_DIR)
        try:
            supervisor.start(self._child("web", "gunicorn", "--config", "gunicorn.conf.py"))
            self._wait_for_web(host, supervisor)
            celery = ("celery", "--app", "restorative.celery", "--quiet")
            supervisor.start(
                self._child(
                    "worker", *celery, "worker", "--concurrency=2", "--without-gossip", "--without-mingle"
                )
            )
            supervisor.start(self._child("beat", *celery, "beat", "--pidfile="))
            if not supervisor.asked_to_stop:
                self._welcome(host)
            while not supervisor.asked_to_stop:
                supervisor.tend()
                time.sleep(0.25)
            self._say("Stopping.")
        finally:
            supervisor.stop()

    def _child(self, name: str, *module_and_arguments: str) -> Child:
        log = settings.DATA_DIR / "logs" / f"{name}.log"
        if log.exists() and log.stat().st_size > LARGEST_LOG:
            log.replace(log.with_suffix(".log.1"))
        return Child(name, [sys.executable, "-m", *module_and_arguments], log, settings.BASE_DIR)

    def _wait_for_web(self, host: str, supervisor: Supervisor) -> None:
        end = time.monotonic() + 60
        while not supervisor.asked_to_stop:
            web = supervisor.children[0]
            if not web.running or time.monotonic() > end:
                last = web.log.read_text(errors="replace").splitlines()[-15:]
                raise CommandError("The web server did not start:\n" + "\n".join(last))
            try:
                answer = http.client.HTTPConnection(_reachable(host), settings.PORT, timeout=5)
                answer.request("GET", "/healthz/", headers={"Host": "localhost"})
                answer.getresponse().read()
                return
            except OSError:
                time.sleep(0.1)

    def _welcome(self, host: str) -> None:
        self.stdout.write("")
        self.stdout.write(f"Restorative Practice is at http://{_shown(host)}:{settings.PORT}/")
        demo = self._demo_sign_ins()
        if demo:
            self.stdout.write(f"Sign in as any of these made-up people. The password is: {demo['password']}")
            for email in demo["sign_ins"].values():
                self.stdout.write(f"  {email:<20} {demo['roles'].get(email, '')}")
        self.stdout.write(f"Sent messages: {settings.OUTBOX_DIR}   Logs: {settings.DATA_DIR / 'logs'}")
        self._say("Ctrl-C stops it. The data stays for next time.")

    def _demo_sign_ins(self) -> dict[str, Any] | None:
        if "demo" not in get_commands() or settings.PRODUCTION:
            return None
        out = io.StringIO()
        try:
            call_command("demo", "--json", stdout=out)
            return json.loads(out.getvalue())
        except CommandError:
            return None  # there are real people here
        except Exception as error:
            # What is printed here is a help: the service goes on without it.
            self.stderr.write(f"The made-up people could not be listed ({type(error).__name__}: {error}).")
            return None
        finally:
            connection.close()

    def _say(self, text: str) -> None:
        self.stdout.write(text)
        self.stdout.flush()


def _reachable(host: str) -> str:
    return "127.0.0.1" if host in {"0.0.0.0", ""} else host  # noqa: S104


def _shown(host: str) -> str:
    return "localhost" if host in {"127.0.0.1", "0.0.0.0", "::1", ""} else host  # noqa: S104
