"""Database triggers that make the ledger's tables append-only, on PostgreSQL and on SQLite.
`lifted()` removes them for a while in tests and demonstrations; production refuses it."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import transaction
from django.db.backends.base.base import BaseDatabaseWrapper

ENTRY, LINK, HEAD = "audit_auditentry", "audit_auditlink", "audit_audithead"

_POSTGRESQL = [
    """CREATE OR REPLACE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
       BEGIN RAISE EXCEPTION 'the ledger is append-only: % on %', TG_OP, TG_TABLE_NAME
             USING ERRCODE = 'integrity_constraint_violation'; END $$""",
    *(
        f"CREATE TRIGGER {table}_kept BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION audit_refuse()"
        for table in (ENTRY, LINK)
    ),
    f"CREATE TRIGGER {HEAD}_kept BEFORE DELETE ON {HEAD} FOR EACH ROW EXECUTE FUNCTION audit_refuse()",
    f"""CREATE TRIGGER {HEAD}_forward BEFORE UPDATE ON {HEAD} FOR EACH ROW
        WHEN (NEW.seq < OLD.seq OR NEW.id <> OLD.id) EXECUTE FUNCTION audit_refuse()""",
    *(
        f"CREATE TRIGGER {table}_whole BEFORE TRUNCATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse()"
        for table in (ENTRY, LINK, HEAD)
    ),
]


def _sqlite(name: str, when: str, table: str, only: str = "") -> str:
    refuse = f"SELECT RAISE(ABORT, 'the ledger is append-only: {table}')"
    return f"CREATE TRIGGER {table}_{name} BEFORE {when} ON {table} {only} BEGIN {refuse}; END"


def _taken(table: str, *columns: str) -> str:
    """The condition under which an INSERT OR REPLACE would replace a row. Works without recursive_triggers too."""
    same = " OR ".join(f"{column} = NEW.{column}" for column in columns)
    return f"WHEN EXISTS (SELECT 1 FROM {table} WHERE {same})"  # noqa: S608


_SQLITE = [
    _sqlite("kept_u", "UPDATE", ENTRY),
    _sqlite("kept_d", "DELETE", ENTRY),
    _sqlite("kept_r", "INSERT", ENTRY, _taken(ENTRY, "id")),
    _sqlite("kept_u", "UPDATE", LINK),
    _sqlite("kept_d", "DELETE", LINK),
    _sqlite("kept_r", "INSERT", LINK, _taken(LINK, "seq", "entry_id")),
    _sqlite("kept_u", "UPDATE", HEAD, "WHEN NEW.seq < OLD.seq OR NEW.id <> OLD.id"),
    _sqlite("kept_d", "DELETE", HEAD),
    _sqlite("kept_r", "INSERT", HEAD, _taken(HEAD, "id")),
]


def install(connection: BaseDatabaseWrapper) -> None:
    """Create the triggers. Raises for a database other than the two supported ones."""
    statements = {"postgresql": _POSTGRESQL, "sqlite": _SQLITE}.get(connection.vendor)
    if statements is None:
        raise ImproperlyConfigured("The ledger needs PostgreSQL or SQLite.")
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def remove(connection: BaseDatabaseWrapper) -> None:
    """Drop the triggers, where they exist."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("DROP FUNCTION IF EXISTS audit_refuse() CASCADE")
            return
        cursor.execute(
            "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name IN (%s, %s, %s)",
            [ENTRY, LINK, HEAD],
        )
        for (name,) in cursor.fetchall():
            cursor.execute(f"DROP TRIGGER {name}")


@contextmanager
def lifted(connection: BaseDatabaseWrapper) -> Iterator[None]:
    """Run the block without the triggers, to delete made-up data; create them again afterwards. Never in production."""
    if settings.RESTORATIVE_ENV not in {"test", "demo"}:
        raise ImproperlyConfigured("The ledger is never emptied in production.")
    with transaction.atomic(using=connection.alias):
        remove(connection)
        yield
        install(connection)
