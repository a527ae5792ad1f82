"""Histories that tests begin with, told once a process and put back from memory after that.
Each test takes back what it did, so the same rows can stand there again: the same ids, the same times."""

import copy
from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar

from django.apps import apps
from django.db import models, transaction
from django.utils import timezone

from meetings.demo import situations
from meetings.demo.staff import Staff, make_staff
from meetings.demo.story import Pair, Played, open_rooms, publish_sheet
from referrals.models import Referral
from restorative.accounts.models import Organisation

Made = TypeVar("Made")
Rows = dict[type[models.Model], list[models.Model]]
APPS = ("accounts", "audit", "common", "notify", "referrals", "meetings", "sessions")

# What was made, the rows that came with it, and those it changed.
_told: dict[tuple, tuple[Any, list[list[models.Model]], list[models.Model]]] = {}


def stands_still() -> bool:
    """Whether the clock is stopped: only what happened at the same times can be put back."""
    return timezone.now() == timezone.now()


def staff_now() -> Staff:
    """The made-up staff of four organisations, with a sheet to consent to and rooms to meet in."""

    def make() -> Staff:
        now = timezone.now()
        made = make_staff(now)
        publish_sheet(now)
        open_rooms(made, now)
        return made

    return once(("staff",), make) if stands_still() else make()


def tell(name: str, staff: Staff, now: datetime, *, pair: Pair | None = None) -> Played:
    """Play the history of one situation, as of `now`."""
    if not stands_still() or Referral.objects.unscoped("test").exists():
        return situations.make(name, staff, now, pair=pair)
    key = (name, staff["asha"].pk, now, pair and (pair.own, pair.other, pair.relation))
    return once(key, lambda: situations.make(name, staff, now, pair=pair))


def once(key: tuple, make: Callable[[], Made]) -> Made:
    """What `make` makes while the clock stands still, with its rows: made the first time, put back from memory after.

    Nothing else may be there that it would meet: what it makes hangs on `key`, the moment and the organisations alone.
    """
    # A test that empties the tables takes the organisations with it; those that come after are others.
    key = (*key, timezone.now(), frozenset(Organisation.objects.values_list("pk", flat=True)))
    if key not in _told:
        before, made, after = _rows(), make(), _rows()
        new, changed = [], []
        for model, rows in after.items():
            stood = {row.pk: _values(row) for row in before[model]}
            new.append([row for row in rows if row.pk not in stood])
            changed += [row for row in rows if row.pk in stood and _values(row) != stood[row.pk]]
        _told[key] = (copy.deepcopy(made), [rows for rows in new if rows], changed)
        return made
    made, new, changed = copy.deepcopy(_told[key])
    with transaction.atomic():
        for rows in new:
            type(rows[0])._base_manager.bulk_create(rows)
        for row in changed:
            type(row)._base_manager.filter(pk=row.pk).update(**_values(row))
    return made


def _rows() -> Rows:
    return {
        model: list(model._base_manager.all())
        for app in APPS
        for model in apps.get_app_config(app).get_models()
    }


def _values(row: models.Model) -> dict[str, Any]:
    return {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}
