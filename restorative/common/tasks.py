"""The daily clearing. Running it twice, or concurrently, is harmless."""

from celery import shared_task

from restorative.common.clearing import clear


@shared_task
def clear_old() -> None:
    """Delete old drafts, submissions and sessions: see clearing.py."""
    clear()
