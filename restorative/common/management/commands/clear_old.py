"""manage.py clear_old: run the daily clearing now."""

from typing import Any

from django.core.management import BaseCommand

from restorative.common.clearing import clear


class Command(BaseCommand):
    """Deletes old drafts, submissions and expired sessions, and prints how many."""

    help = "Take away old drafts, forms that were sent, and sessions that have ended."

    def handle(self, *args: Any, **options: Any) -> None:
        gone = clear()
        self.stdout.write(
            f"Gone: {gone.drafts} drafts, {gone.submissions} sent forms, {gone.sessions} sessions."
        )
