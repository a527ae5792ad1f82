"""`manage.py reproject`: recomputes the stored access of each referral, in batches, while the service runs.
With --check it only reports how many differ, and exits with 1 if any does."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from referrals.projections import batches, reproject
from restorative.common import clock


class Command(BaseCommand):
    help = "Compute the projections of all referrals anew; with --check, only compare."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--check", action="store_true", help="change nothing; exit with 1 on any drift")

    def handle(self, *args: Any, check: bool, **options: Any) -> None:
        looked_at = differed = 0
        for keys in batches():
            looked_at += len(keys)
            differed += reproject(keys, clock.now(), repair=not check)
        done = "differ" if check else "were brought in line"
        self.stdout.write(f"{looked_at} referrals, of which {differed} {done}.")
        if check and differed:
            raise SystemExit(1)
