"""Histories with which tests begin, played once per run and restored from memory afterwards.
Each test rolls back its changes, so the same rows can be restored: the same ids, the same times."""

import hashlib
import os
import pickle
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from django.conf import settings
from django.db import IntegrityError
from django.utils import timezone

from meetings.demo import situations
from meetings.demo.staff import Staff, make_staff
from meetings.demo.story import Pair, Played, open_rooms, publish_sheet
from referrals.models import Referral
from restorative.accounts.models import Organisation
from tests import snapshot

Made = TypeVar("Made")
APPS = ("accounts", "audit", "common", "notify", "referrals", "meetings", "sessions")


@dataclass(frozen=True)
class Told:
    """What was made, as bytes so that each test has its own, and what it did to the tables."""

    made: bytes
    change: snapshot.Change


_told: dict[tuple, Told] = {}


def stands_still() -> bool:
    """Whether the clock is frozen: only rows with the same times can be restored."""
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

    def make() -> Played:
        return situations.make(name, staff, now, pair=pair)

    if not stands_still():
        return make()
    key: tuple = (name, staff["asha"].pk, now, pair and (pair.own, pair.other, pair.relation))
    if Referral.objects.unscoped("test").exists():
        # Other referrals can change it: names that match, rooms and workers that are not free.
        key = (*key, snapshot.digest())
        if not _seen_before(key):
            return make()
    return once(key, make)


def once(key: tuple, make: Callable[[], Made]) -> Made:
    """The result of `make` with a frozen clock, with its rows: created the first time, restored afterwards.

    No other rows may exist that change it: its result depends only on `key`, the time and the organisations.
    """
    # A test that empties the tables deletes the organisations too; later ones are different rows.
    key = (*key, timezone.now(), *sorted(Organisation.objects.values_list("pk", flat=True)))
    if key not in _told:
        path = _path(key)
        if not path.exists():
            before = snapshot.read()
            made = make()
            _write(path, Told(pickle.dumps(made), snapshot.difference(before, snapshot.read())))
            return made
        _told[key] = pickle.loads(path.read_bytes())
        snapshot.keep_ahead_of(_told[key].change)
    try:
        snapshot.put_back(_told[key].change)
    except IntegrityError:
        return make()  # rows of this test have the same ids
    return pickle.loads(_told[key].made)


def _seen_before(key: tuple) -> bool:
    """Whether the same rows were there another time. Most rows that a test writes have ids of their own, and a
    history after them cannot be restored."""
    seen = _path(key).with_suffix(".seen")
    before = seen.exists()
    seen.touch()
    return before


def _path(key: tuple) -> Path:
    """Where the processes of this run leave a history for each other."""
    folder = settings.DATA_DIR / "stories"
    folder.mkdir(exist_ok=True)
    return folder / hashlib.sha256(repr(key).encode()).hexdigest()


def _write(path: Path, told: Told) -> None:
    """Leave it for others and for later. The first to tell it counts: the same ids for all."""
    own = path.with_suffix(f".{os.getpid()}")
    own.write_bytes(pickle.dumps(told))
    with suppress(FileExistsError):
        os.link(own, path)
    own.unlink()
