"""A migrated database that each test process copies, so that migrations run once and not in every process.
It is kept between runs until a migration, or code that a migration imports, changes."""

import ast
import fcntl
import hashlib
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path

from django.apps import apps
from django.conf import settings
from django.db import connection

FOLDER = settings.BASE_DIR / ".pytest_cache" / "database"


def copy() -> Callable[[], None]:
    """Connect to a copy of the migrated database. Returns a function that drops the copy."""
    before = connection.settings_dict["NAME"]
    with _locked():
        kind = SQLite() if connection.vendor == "sqlite" else PostgreSQL()
        if not kind.exists():
            kind.forget_others()
            kind.make()
        name = connection.creation._get_test_db_name()
        kind.copy_to(name)
    _connect_to(name)
    connection.ensure_connection()
    return lambda: connection.creation.destroy_test_db(before, verbosity=0)


def key() -> str:
    """Changes whenever the migrations could produce a different database."""
    seen = hashlib.sha256(f"{version('django')} {connection.vendor}".encode())
    for path in sorted(_sources()):
        seen.update(path.read_bytes())
    return seen.hexdigest()[:12]


def _sources() -> set[Path]:
    """The migrations of every app, and the project files they import."""
    found: set[Path] = set()
    waiting = [path for app in apps.get_app_configs() for path in Path(app.path, "migrations").glob("*.py")]
    while waiting:
        path = waiting.pop()
        if path not in found:
            found.add(path)
            waiting += _imported(path)
    return found


def _imported(path: Path) -> list[Path]:
    """The project files that a file imports."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    places = [settings.BASE_DIR / name.replace(".", "/") for name in names]
    return [
        file
        for place in places
        for file in (place.with_suffix(".py"), place / "__init__.py")
        if file.is_file()
    ]


@contextmanager
def _locked() -> Iterator[None]:
    """One process at a time makes the template of a kind of database; the others wait and copy it."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with (FOLDER / f"{connection.vendor}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _connect_to(name: str) -> None:
    connection.close()
    settings.DATABASES["default"]["NAME"] = connection.settings_dict["NAME"] = name


def _migrate(name: str) -> None:
    """Create a database of this name and migrate it, as Django does for tests."""
    before, test = connection.settings_dict["NAME"], connection.settings_dict["TEST"]
    wanted, test["NAME"] = test["NAME"], name
    try:
        connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    finally:
        test["NAME"] = wanted
        _connect_to(before)


class SQLite:
    """The template is a file next to the others that pytest keeps."""

    def __init__(self) -> None:
        self.path = FOLDER / f"{key()}.sqlite3"

    def exists(self) -> bool:
        return self.path.exists()

    def forget_others(self) -> None:
        for path in FOLDER.glob("*.sqlite3*"):
            path.unlink()

    def make(self) -> None:
        making = self.path.with_suffix(".sqlite3-making")
        _migrate(str(making))
        making.rename(self.path)

    def copy_to(self, name: str) -> None:
        shutil.copy(self.path, name)


class PostgreSQL:
    """The template is a database on the test server."""

    def __init__(self) -> None:
        self.prefix = f"{connection.settings_dict['NAME']}_template_"
        self.name = f"{self.prefix}{key()}"

    def exists(self) -> bool:
        return self.name in self._databases()

    def forget_others(self) -> None:
        for name in self._databases():
            self._run(f'DROP DATABASE IF EXISTS "{name}"')

    def make(self) -> None:
        making = f"{self.prefix}making"
        _migrate(making)
        self._run(f'ALTER DATABASE "{making}" RENAME TO "{self.name}"')

    def copy_to(self, name: str) -> None:
        self._run(f'DROP DATABASE IF EXISTS "{name}"')
        self._run(f'CREATE DATABASE "{name}" TEMPLATE "{self.name}"')

    def _databases(self) -> list[str]:
        with connection._nodb_cursor() as cursor:
            cursor.execute("SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [self.prefix])
            return [name for (name,) in cursor.fetchall()]

    def _run(self, statement: str) -> None:
        with connection._nodb_cursor() as cursor:
            cursor.execute(statement)
