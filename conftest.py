"""Fixtures for all tests: selection of tests, a clean outbox and cache, and the real servers that some tests need.
Factories for referrals and people are next to the tests that use them."""

import gc
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.core.cache import cache
from django.db import connection

from tests import services, template

ON_CI = os.environ.get("CI") == "true"
DATABASE = {"db", "transactional_db", "live_server", "django_db_setup"}
# If both databases are tested, tests of these folders and files run only on PostgreSQL, the stricter of the two, except
# those that depend on the database: rules in SQL, locks, and the actions under everything else.
# Deep runs leave nothing out.
ALSO_ON_POSTGRESQL = os.environ.get("ALSO_ON_POSTGRESQL") == "1" and os.environ.get("DEEP") != "1"
STORIES = (
    "meetings/tests/",
    "referrals/tests/",
    "reports/tests/",
    "restorative/common/tests/test_views.py",
    "restorative/tests/test_limits.py",
    "tests/test_bad_inputs.py",
    "tests/test_journey.py",
    "tests/test_matrix.py",
    "tests/test_secrecy.py",
    "tests/test_state_machine.py",
)
ON_BOTH = {
    "meetings/tests/test_booking.py",
    "meetings/tests/test_races.py",
    "referrals/tests/test_actions.py",
    "referrals/tests/test_blockers.py",
    "referrals/tests/test_blockers_many.py",
    "referrals/tests/test_concern_races.py",
    "referrals/tests/test_blockers_by_hand.py",
    "referrals/tests/test_handoff_races.py",
    "referrals/tests/test_principals.py",
    "referrals/tests/test_querysets.py",
    "referrals/tests/test_stages.py",
    "referrals/tests/test_talk.py",
}
SLOW = ON_CI or os.environ.get("SLOW") == "1"

# Playwright's loop makes Django think that tests are asynchronous.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Deselect tests that were not asked for, and tests that prove nothing on this database."""
    kept, left_out = [], []
    vendor = connection.vendor
    for item in items:
        if "page" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.browser)
        wanted = (SLOW or not item.get_closest_marker("slow")) and all(
            vendor == name or not item.get_closest_marker(name) for name in ("postgresql", "sqlite")
        )
        asks_it = item.get_closest_marker("django_db") or DATABASE & set(getattr(item, "fixturenames", ()))
        if asks_it and vendor == "sqlite" and ALSO_ON_POSTGRESQL and not item.get_closest_marker("sqlite"):
            wanted = wanted and (item.location[0] in ON_BOTH or not item.location[0].startswith(STORIES))
        # Tests without a database run only on the default one.
        (kept if wanted and (vendor == "sqlite" or asks_it) else left_out).append(item)
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = kept


def pytest_collection_finish() -> None:
    """Spare the garbage collector the modules and tests, which stay to the end: it costs a twentieth of a run."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 10, 10)


@pytest.fixture(scope="session")
def django_db_setup(
    django_test_environment: None, django_db_blocker: Any, django_db_modify_db_settings: None
) -> Iterator[None]:
    """Instead of pytest-django's: a copy of a migrated database."""
    with django_db_blocker.unblock():
        drop = template.copy()
    yield
    with django_db_blocker.unblock():
        drop()


@pytest.fixture(autouse=True)
def _own_places(settings: Any, tmp_path: Path) -> Iterator[None]:
    """Each test has its own outbox and an empty cache."""
    settings.OUTBOX_DIR = tmp_path / "outbox"
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def morning() -> Iterator[Any]:
    """The clock is frozen at half past ten on a Tuesday in term: no quiet hours, no bank holiday, no clock change
    near.

    With it, each history is played once per process (tests/stories.py).
    """
    with time_machine.travel("2027-03-02 10:30", tick=False) as traveller:
        yield traveller


@pytest.fixture(scope="session")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real Redis: TEST_REDIS_URL, or one started for this run."""
    if given := os.environ.get("TEST_REDIS_URL"):
        yield given
        return
    if not shutil.which("redis-server"):
        services.missing("redis-server is not installed")
    with services.redis(tmp_path_factory.mktemp("redis")) as url:
        yield url


@pytest.fixture
def service_env(request: pytest.FixtureRequest, tmp_path: Path) -> dict[str, str]:
    """The environment of a process on this test's database and outbox, with a file broker.

    The test must be transactional: another process sees only committed rows.
    """
    request.getfixturevalue("transactional_db")
    return services.environment(tmp_path)


@pytest.fixture
def start_worker(service_env: dict[str, str], tmp_path: Path) -> Iterator[Callable[..., services.Running]]:
    """Start real Celery workers: `start_worker()` on files, `start_worker(broker=redis_url)` on Redis.

    `start_worker(beat=True)` also runs beat. All are stopped with the test.
    """
    with services.Workers(service_env, tmp_path) as workers:
        yield workers.start


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """The machine's Chromium; Playwright's own if it is installed."""
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if not found and not any((Path.home() / ".cache/ms-playwright").glob("chromium*")):
        services.missing("Chromium is not installed")
    args = dict(browser_type_launch_args)
    if found:
        args["executable_path"] = found
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        args["args"] = [*args.get("args", []), "--no-sandbox"]  # Chromium refuses to run as root otherwise
    return args


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict[str, Any]) -> dict[str, Any]:
    """A British visitor."""
    return {**browser_context_args, "locale": "en-GB", "timezone_id": "Europe/London"}


@pytest.fixture
def staff(db: None) -> Any:
    """The made-up staff of four organisations, with a sheet to consent to and rooms to meet in."""
    from tests.stories import staff_now

    return staff_now()
