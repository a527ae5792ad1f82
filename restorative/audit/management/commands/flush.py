"""Django's `flush`, which the ledger's triggers would stop. Here it lifts them in tests and demonstrations.
In production the command is refused before anything happens."""

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
