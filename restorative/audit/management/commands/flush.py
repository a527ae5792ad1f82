"""Django's `flush`, with the ledger's triggers removed for tests and demonstrations; they would prevent it.
In production the command refuses to run."""

from typing import Any

from django.conf import settings
from django.core.management.base import CommandError
from django.core.management.commands import flush
from django.db import connections

from restorative.audit import triggers


class Command(flush.Command):
    def handle(self, **options: Any) -> None:
        if settings.RESTORATIVE_ENV not in {"test", "demo"}:
            raise CommandError("This database is never emptied: it holds the ledger.")
        connection = connections[options["database"]]
        if triggers.ENTRY not in connection.introspection.table_names():
            super().handle(**options)
            return
        with triggers.lifted(connection):
            super().handle(**options)
