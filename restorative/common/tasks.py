"""The daily clearing. Running it twice, or twice at once, takes nothing more away."""

from celery import shared_task

from restorative.common.clearing import clear


@shared_task
def clear_old() -> None:
    """Take away what is old: see clearing.py."""
    clear()
