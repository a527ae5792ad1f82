"""The health page: public, without personal data, and 503 when a part has stopped."""

from datetime import timedelta

import pytest
import time_machine
from django.db import DatabaseError
from django.utils import timezone

from restorative import celery
from restorative.audit import watch
from restorative.common.heartbeat import beat
from restorative.views import LATE_AFTER

pytestmark = pytest.mark.django_db


@pytest.fixture
def checked():
    """The ledger was checked and is intact."""
    watch.check()


def test_200_when_every_part_ran_recently(client, checked):
    for name in LATE_AFTER:
        beat(name)
    response = client.get("/healthz/")
    assert response.status_code == 200
    assert response.json()["ok"] is True


def test_503_before_anything_ran(client):
    response = client.get("/healthz/")
    assert response.status_code == 503
    assert response.json()["sweep"] == {"ok": False, "seconds_ago": None}
    assert response.json()["ledger"] == {"ok": False}
    assert response.json()["database"] == {"ok": True}


@pytest.mark.parametrize("late", list(LATE_AFTER))
def test_503_when_one_part_stopped(client, checked, late):
    with time_machine.travel(timezone.now() - timedelta(seconds=LATE_AFTER[late] + 60)):
        beat(late)
    for name in LATE_AFTER:
        if name != late:
            beat(name)
    response = client.get("/healthz/")
    assert response.status_code == 503
    assert [name for name, part in response.json().items() if name != "ok" and not part["ok"]] == [late]


def test_503_without_the_database(client, monkeypatch):
    def gone(*_):
        raise DatabaseError("no")

    monkeypatch.setattr("restorative.views.connection.cursor", gone)
    response = client.get("/healthz/")
    assert response.status_code == 503
    assert response.json()["database"] == {"ok": False}


def test_the_page_checks_existing_parts():
    assert set(LATE_AFTER) == {"beat", *celery.TIMETABLE}


def test_every_scheduled_task_exists():
    celery.app.loader.import_default_modules()
    for name, (task, seconds) in celery.TIMETABLE.items():
        assert task in celery.app.tasks
        assert seconds < LATE_AFTER[name]
