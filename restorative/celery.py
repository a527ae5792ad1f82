"""The Celery app and its schedule. Tasks carry ids and are idempotent.
The tasks are in each app's tasks.py."""

import logging.config
import time
from datetime import UTC, datetime
from typing import Any

from restorative.boot import load_settings

load_settings()

from celery import Celery, signals  # noqa: E402
from django.conf import settings  # noqa: E402
from kombu.transport import TRANSPORT_ALIASES  # noqa: E402

from restorative.common import context  # noqa: E402
from restorative.logs import describe  # noqa: E402

TRANSPORT_ALIASES["filesystem"] = "restorative.common.transport:Transport"

app = Celery("restorative")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

# name in /healthz/ -> task and seconds between runs. A run that waited longer than its interval expires.
TIMETABLE: dict[str, tuple[str, float]] = {
    "sweep": ("restorative.notify.tasks.sweep_due", 30.0),
    "seal": ("restorative.audit.tasks.seal", 60.0),
    "check": ("restorative.audit.tasks.check", 3_600.0),
    "records": ("referrals.tasks.records_checks", 60.0),
    "stale": ("referrals.tasks.stale_projections", 60.0),
    "projections": ("referrals.tasks.projections", 3_600.0),
    "provisional": ("referrals.tasks.provisional_records", 86_400.0),
    "clear": ("restorative.common.tasks.clear_old", 86_400.0),
}
_LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)  # so that a new beat runs every task at once
app.conf.beat_schedule = {
    name: {"task": task, "schedule": seconds, "options": {"expires": seconds}, "last_run_at": _LONG_AGO}
    for name, (task, seconds) in TIMETABLE.items()
}

log = logging.getLogger("restorative.task")
_BY_TASK = {task: name for name, (task, _) in TIMETABLE.items()}
_started: dict[str, float] = {}


@signals.setup_logging.connect
def _logging(**_: Any) -> None:
    logging.config.dictConfig(settings.LOGGING)


@signals.beat_init.connect
def _this_is_beat(**_: Any) -> None:
    signals.after_task_publish.connect(_beat_is_alive)


def _beat_is_alive(**_: Any) -> None:
    from restorative.common.heartbeat import beat

    beat("beat")


@signals.worker_ready.connect
def _worker_is_ready(**_: Any) -> None:
    log.info("ready")


@signals.task_prerun.connect
def _task_begins(task_id: str, **_: Any) -> None:
    context.request_id.set(task_id)
    _started[task_id] = time.monotonic()


@signals.task_postrun.connect
def _task_ends(task_id: str, task: Any, state: str | None = None, **_: Any) -> None:
    took = round((time.monotonic() - _started.pop(task_id, time.monotonic())) * 1000)
    if state == "SUCCESS" and task.name in _BY_TASK:
        from restorative.common.heartbeat import beat

        beat(_BY_TASK[task.name])
    log.info("done", extra={"task": task.name, "ms": took, "kind": state})
    context.request_id.set("")


@signals.task_failure.connect
def _task_failed(sender: Any, exception: BaseException, **_: Any) -> None:
    name, where = describe(exception)
    log.error("failed: %s at %s", name, where[-1:], extra={"task": sender.name})
