"""A real Celery worker on each broker runs the schedule, reports it, and survives a broker that stops."""

import shutil
import time

import pytest

from restorative.celery import TIMETABLE, app
from restorative.common.heartbeat import last_beats
from tests.services import free_port, missing, redis, until

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]


def test_over_files(start_worker, service_env, settings, tmp_path):
    start_worker(beat=True)
    until(lambda: {"beat", *TIMETABLE} <= set(last_beats()), what="every clock's first run")


def test_over_redis(start_worker, redis_url):
    start_worker(broker=redis_url)
    with app.connection_for_write(redis_url) as connection:
        for task, _ in TIMETABLE.values():
            app.send_task(task, connection=connection)
    until(lambda: set(TIMETABLE) <= set(last_beats()), what="both tasks")


def test_a_worker_survives_a_stopped_redis(start_worker, tmp_path):
    if not shutil.which("redis-server"):
        missing("redis-server is not installed")
    port = free_port()
    with redis(tmp_path, port) as url:
        worker = start_worker(broker=url)
    assert worker.process.poll() is None
    with redis(tmp_path, port) as url:
        task, _ = TIMETABLE["sweep"]

        def swept() -> bool:
            with app.connection_for_write(url) as connection:
                app.send_task(task, connection=connection, expires=30)
            time.sleep(0.5)
            return "sweep" in last_beats()

        until(swept, seconds=60, what="a sweep after Redis came back")
    assert worker.process.poll() is None
