"""`manage.py verify_audit`: check the ledger. Prints what was read, the first bad row, and what no check can detect.
The check itself is in audit/verifier.py."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from restorative.audit.sealer import note_path
from restorative.audit.verifier import LIMITS, verify


class Command(BaseCommand):
    help = "Check every row of the ledger and name the first that is not as it was written."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--all", action="store_true", help="name every bad row, not only the first few")

    def handle(self, *args: Any, **options: Any) -> None:
        report = verify(note=note_path(), most=10**9 if options["all"] else 20)
        self.stdout.write(f"Read {report.links} sealed and {report.unsealed} unsealed entries.")
        if not report.noted:
            self.stdout.write(
                "No note of the chain's end lies beside the database here: an older end put back with"
            )
            self.stdout.write("a cut tail could not be found.")
        self.stdout.write(LIMITS)
        if report.first is None:
            self.stdout.write("The ledger is whole.")
            return
        for finding in report.findings[1:]:
            self.stdout.write(f"Also: {finding.sentence}")
        raise CommandError(f"First bad row: {report.first.sentence}")
