"""The databases of the benchmark: one with the stories as they were played, and one for each size, grown from the
next smaller. A comment on each says which code made it and when, and that it may be thrown away."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

import psycopg2
from django.conf import settings
from django.core.cache import cache
from django.db import connection
from django.utils import timezone

# Read once: use() changes it.
BASE = settings.DATABASES["default"]["NAME"]
# "Tomorrow's meeting" is tomorrow's only for so long.
LASTS = timedelta(hours=18)


def name_of(what: str | int) -> str:
    """The database of the stories, or of so many referrals."""
    return f"{BASE}_{what}"


def fingerprint() -> str:
    """A hash of the code that makes the data: the product's and the benchmark's own."""
    digest = hashlib.sha256()
    for folder in (*settings.OUR_APPS, "bench"):
        if "." in folder:
            continue
        for path in sorted((settings.BASE_DIR / folder).rglob("*.py")):
            if "tests" not in path.parts and not (folder == "bench" and path.stem in NOT_DATA):
                digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


# Parts of the benchmark that measure: a change to them leaves the data as it is.
NOT_DATA = {
    "__main__",
    "cases",
    "acts",
    "chart",
    "floor",
    "measuring",
    "report",
    "run",
    "server",
    "urls",
    "admin",
}


@contextmanager
def _server() -> Iterator[psycopg2.extensions.cursor]:
    """A cursor outside of any of our databases, to create and drop them."""
    database = settings.DATABASES["default"]
    given = {"host": database["HOST"], "user": database["USER"], "password": database["PASSWORD"]}
    server = psycopg2.connect(**given, port=database["PORT"] or None, dbname="postgres")
    server.autocommit = True
    try:
        with server.cursor() as cursor:
            yield cursor
    finally:
        server.close()


def use(name: str) -> None:
    """Have Django work on this database from now on."""
    connection.close()
    connection.settings_dict["NAME"] = name
    cache.clear()


def is_usable(name: str, *, any_code: bool = False) -> bool:
    """Whether this database stands there whole, made by this code and not too long ago."""
    comment = _comment(name)
    if comment is None or not comment.startswith("bench "):
        return False
    _, code, made_at = comment.split(" ", 2)
    fresh = timezone.now() - datetime.fromisoformat(made_at) < LASTS
    return any_code or (fresh and code == fingerprint())


def make(name: str, template: str = "") -> None:
    """Make this database anew, empty or as a copy. One that is not the benchmark's own is never dropped."""
    comment = _comment(name)
    if comment is not None and not comment.startswith(("bench ", "unfinished bench")):
        raise SystemExit(f"The database {name} was not made by the benchmark; it is left alone.")
    connection.close()
    with _server() as cursor:
        cursor.execute(f'DROP DATABASE IF EXISTS "{name}"')
        cursor.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template or "template0"}"')
        cursor.execute(f"COMMENT ON DATABASE \"{name}\" IS 'unfinished bench'")
    use(name)


def drop(name: str) -> None:
    """Take this database away. One that is not the benchmark's own is left."""
    comment = _comment(name) or ""
    if comment.startswith(("bench ", "unfinished bench")):
        with _server() as cursor:
            cursor.execute(f'DROP DATABASE "{name}"')


def finish(name: str) -> None:
    """Note that this database is whole, and which code made it."""
    with _server() as cursor:
        words = f"bench {fingerprint()} {timezone.now().isoformat()}"
        cursor.execute(f'COMMENT ON DATABASE "{name}" IS %s', [words])


def _comment(name: str) -> str | None:
    """What is noted about a database; None when there is no such database."""
    with _server() as cursor:
        cursor.execute(
            "SELECT coalesce(shobj_description(oid, 'pg_database'), '') FROM pg_database WHERE datname = %s",
            [name],
        )
        found = cursor.fetchone()
    return found[0] if found else None
