"""How much CPU one request or action costs, in Python and in PostgreSQL, and how many statements it runs.
Time on the wall is not measured: other work on the machine would count."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median, quantiles
from typing import Any

from django.db import connection, transaction
from django.test import Client
from django.utils import timezone

from bench.acts import Act
from bench.cases import Case
from restorative.accounts.lock import SIGNED_IN_AT
from restorative.accounts.models import User

BEGUN = ("BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE", "SET CONSTRAINTS")


@dataclass(frozen=True)
class Sample:
    """CPU of one request, in milliseconds."""

    python: float
    postgresql: float

    @property
    def whole(self) -> float:
        return self.python + self.postgresql


@dataclass
class Cost:
    """What several requests of one kind cost."""

    queries: int = 0
    samples: list[Sample] = field(default_factory=list)

    @property
    def p50(self) -> float:
        return median(each.whole for each in self.samples) if self.samples else 0.0

    @property
    def p95(self) -> float:
        values = [each.whole for each in self.samples]
        return quantiles(values, n=20, method="inclusive")[-1] if len(values) > 1 else sum(values)

    @property
    def python(self) -> float:
        return median(each.python for each in self.samples) if self.samples else 0.0

    @property
    def postgresql(self) -> float:
        return median(each.postgresql for each in self.samples) if self.samples else 0.0


@dataclass
class Row(Cost):
    """One line of the table: a page or an action at one size, with its floor and the changelist beside it."""

    name: str = ""
    kind: str = ""
    size: int = 0
    floor: Cost = field(default_factory=Cost)
    changelist: Cost = field(default_factory=Cost)

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


class Meter:
    """Measures on the database Django is connected to."""

    def __init__(self, size: int, *, rounds: int, seconds: float) -> None:
        self.size, self.rounds, self.seconds = size, rounds, seconds
        self.clients: dict[Any, Client] = {}
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            self.backend = Path(f"/proc/{cursor.fetchone()[0]}")
        self.is_near = self._is_near()
        self.waited = 0.0

    def _is_near(self) -> bool:
        """Whether PostgreSQL runs on this machine, so that the CPU time of its process can be read."""
        try:
            return b"postgres" in (self.backend / "cmdline").read_bytes()
        except OSError:
            return False

    def pages(self, case: Case) -> Row:
        """A page, the floor of the same rows, and the changelist for the first of its users."""
        calls = [(visit.user, visit.path) for visit in case.visits]
        floors = [(visit.user, visit.floor) for visit in case.visits]
        found, floor = self._pages(calls), self._pages(floors)
        changelist = self._pages([(case.visits[0].user, case.changelist)]) if case.changelist else Cost()
        return Row(found.queries, found.samples, case.name, case.kind, self.size, floor, changelist)

    def acts(self, act: Act) -> Row:
        """An action, undone after each time."""
        found = self._measure([lambda call=call: _undone(call) for call in act.calls])
        return Row(found.queries, found.samples, act.name, "action", self.size)

    def _pages(self, calls: list[tuple[User, str]]) -> Cost:
        for user, _ in calls:
            self._client(user)  # signing in is not part of the page
        return self._measure([lambda user=user, path=path: self._get(user, path) for user, path in calls])

    def _get(self, user: User, path: str) -> None:
        response = self._client(user).get(path)
        if response.status_code != 200:
            raise SystemExit(f"{path} answered {user.first_name} ({user.role}) with {response.status_code}.")

    def _client(self, user: User) -> Client:
        if user.pk not in self.clients:
            client = Client(headers={"host": "localhost"})
            client.force_login(user)
            session = client.session
            session[SIGNED_IN_AT] = timezone.now().isoformat()
            session.save()
            self.clients[user.pk] = client
        return self.clients[user.pk]

    def _measure(self, calls: list[Callable[[], object]]) -> Cost:
        """Each call once to warm up and to count its statements, then in turn until rounds or seconds are over."""
        cost, spent = Cost(), 0.0
        for call in calls:
            with self._counted() as counted:
                spent += self._timed(call).whole
            cost.queries = max(cost.queries, len(counted))
            if spent > 3 * self.seconds * 1000:
                break
        warm, spent = calls[: calls.index(call) + 1], 0.0
        for number in range(self.rounds):
            sample = self._timed(warm[number % len(warm)])
            cost.samples.append(sample)
            spent += sample.whole
            if spent > self.seconds * 1000 and number >= 2:
                break
        return cost

    def _timed(self, call: Callable[[], object]) -> Sample:
        before, python = self._postgresql(), time.process_time()
        with nullcontext() if self.is_near else connection.execute_wrapper(self._wait):
            call()
        return Sample((time.process_time() - python) * 1000, (self._postgresql() - before) * 1000)

    def _postgresql(self) -> float:
        """Seconds of CPU that our backend has used, which the kernel counts by the nanosecond.

        Of a backend on another machine: seconds in which we waited for statements.
        """
        if self.is_near:
            return int((self.backend / "schedstat").read_text().split()[0]) / 1e9
        return self.waited

    def _wait(self, execute: Callable, *args: Any) -> Any:
        started = time.perf_counter()
        try:
            return execute(*args)
        finally:
            self.waited += time.perf_counter() - started

    @contextmanager
    def _counted(self) -> Iterator[list[str]]:
        """The statements that run inside."""
        found: list[str] = []

        def note(execute: Callable, sql: str, *args: Any) -> Any:
            if not sql.startswith(BEGUN):
                found.append(sql)
            return execute(sql, *args)

        with connection.execute_wrapper(note):
            yield found


def _undone(call: Callable[[], object]) -> None:
    with transaction.atomic():
        call()
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        transaction.set_rollback(True)
