"""What the owner of the database can do: triggers out of the way, then plain SQL."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import connection


def drop_triggers() -> None:
    """Take every trigger away until the test's transaction ends."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
            for (name,) in cursor.fetchall():
                cursor.execute(f"DROP TRIGGER {name}")
        else:
            cursor.execute("SET LOCAL session_replication_role = replica")


def sql(statement: str, values: Sequence[int | str] = ()) -> int:
    """Run a statement and return how many rows it touched."""
    with connection.cursor() as cursor:
        cursor.execute(statement, list(values))
        return int(cursor.rowcount)
