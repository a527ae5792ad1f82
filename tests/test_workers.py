"""A real Celery worker over each broker runs the sweep of the timetable, and says that it did."""

import pytest

from restorative.celery import TIMETABLE, app
from restorative.common.heartbeat import last_beats
from tests.services import until

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
