"""Writes the first migration of an app anew from its models: one CreateModel for each, with its fields, indexes and
constraints inside. SQLite rebuilds a table for each field or constraint that is added later.

    python scripts/fold_migrations.py referrals meetings

Only until the first release, and not for apps whose migrations also run Python or SQL.
"""

import os
import re
import subprocess
import sys
from graphlib import TopologicalSorter
from pathlib import Path

BASE = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(BASE))
os.environ.setdefault("RESTORATIVE_ENV", "test")
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "restorative.settings")

import django  # noqa: E402

django.setup()

from django.apps import apps  # noqa: E402
from django.db import migrations  # noqa: E402
from django.db.migrations.state import ModelState, ProjectState  # noqa: E402
from django.db.migrations.writer import MigrationWriter  # noqa: E402

BY_HAND = re.compile(r"\bRun(Python|SQL)\b")


def targets(state: ModelState) -> set[tuple[str, str]]:
    """The models that fields of this one point to, by app and lower-case name."""
    found = set()
    for field in state.fields.values():
        if field.remote_field and field.remote_field.model != "self":
            label, name = str(field.remote_field.model).lower().split(".")
            found.add((label, name))
    return found - {(state.app_label, state.name_lower)}


def created(state: ModelState) -> migrations.CreateModel:
    """One operation that makes the whole table."""
    options = {key: value for key, value in state.options.items() if value not in ([], ())}
    return migrations.CreateModel(
        name=state.name, fields=list(state.fields.items()), options=options, bases=state.bases
    )


def folder_of(label: str) -> Path:
    return Path(apps.get_app_config(label).path) / "migrations"


def last_migration(label: str) -> tuple[str, str]:
    """The migration of another app to come after. One that is folded too has its first by then."""
    return label, max((path.stem for path in folder_of(label).glob("0*.py")), default="0001_initial")


def fold(label: str) -> Path:
    """Write 0001_initial of an app."""
    folder = folder_of(label)
    old = sorted(folder.glob("0*.py"))
    if any(BY_HAND.search(path.read_text()) for path in old):
        sys.exit(f"{label}: its migrations run Python or SQL. Write them by hand.")
    for path in old:
        path.unlink()
    states = {key: state for key, state in ProjectState.from_apps(apps).models.items() if key[0] == label}
    order = TopologicalSorter({key: sorted(targets(state) & set(states)) for key, state in states.items()})
    outside = {app for state in states.values() for app, _ in targets(state) if app != label}
    migration = migrations.Migration("0001_initial", label)
    migration.initial = True
    migration.operations = [created(states[key]) for key in order.static_order()]
    migration.dependencies = sorted(last_migration(app) for app in outside)
    target = folder / "0001_initial.py"
    target.write_text(MigrationWriter(migration, include_header=False).as_string())
    return target


if __name__ == "__main__":
    written = [fold(label) for label in sys.argv[1:]]
    ruff = Path(sys.executable).parent / "ruff"
    subprocess.run([ruff, "check", "--fix", "-q", *written], check=False)
    subprocess.run([ruff, "format", "-q", *written], check=True)
