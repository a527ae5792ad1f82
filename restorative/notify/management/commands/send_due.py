"""`manage.py send_due [--at ISO-TIME] [--dry-run]`: run the sweep, with one line of output for each message.
No line contains a name or an address."""

from argparse import ArgumentParser
from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from restorative.common import clock
from restorative.notify import outbox

NOT_DUE_SHOWN = 50
WORDS = {"sending": "being sent"}


class Command(BaseCommand):
    help = "Send the messages that are due, and say for each what was done and why."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--at", default="", help="as if it were this time, for example 2027-03-02T10:00 (London)"
        )
        parser.add_argument("--dry-run", action="store_true", help="only say what would be done")
        parser.add_argument("--limit", type=int, default=500, help="at most so many messages (500)")

    def handle(self, *args: Any, **options: Any) -> None:
        at, dry_run = self._at(options["at"]), options["dry_run"]
        if at and at > clock.now() and not dry_run and settings.RESTORATIVE_ENV == "production":
            raise CommandError(
                "Messages are not sent before their time. Add --dry-run to see what would be done."
            )
        outcomes = outbox.sweep(at=at, limit=options["limit"], dry_run=dry_run)
        for outcome in outcomes:
            state = WORDS.get(outcome.state, outcome.state)
            self._line(
                f"would be {state}" if dry_run else state, outcome.kind, outcome.message_id, outcome.why
            )
        done = {outcome.message_id for outcome in outcomes}
        later = [m for m in outbox.not_due(at or clock.now(), NOT_DUE_SHOWN + 1) if m.pk not in done]
        for message in later[:NOT_DUE_SHOWN]:
            why = f"{message.why_held}, " if message.state == "held" and message.why_held else ""
            self._line("not due", message.kind, message.pk, f"{why}from {clock.show_when(message.due_at)}")
        if len(later) > NOT_DUE_SHOWN:
            self.stdout.write("… and more that are not due.")
        if not outcomes and not later:
            self.stdout.write("Nothing waits to be sent.")

    def _line(self, state: str, kind: str, message_id: object, why: str) -> None:
        self.stdout.write(f"{state:<10} {kind:<28} {str(message_id)[:8]}  {why}".rstrip())

    def _at(self, text: str) -> datetime | None:
        if not text:
            return None
        try:
            at = datetime.fromisoformat(text)
        except ValueError:
            raise CommandError("--at takes a time such as 2027-03-02T10:00.") from None
        return timezone.make_aware(at, clock.LONDON) if timezone.is_naive(at) else at
