"""What the owner of the database can do: triggers dropped, then plain SQL."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from django.db import connection

GUIDE = Path(__file__).parent.parent / "docs" / "attacks.md"


def drop_triggers() -> None:
    """Drop every trigger of ours until the test's transaction ends."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("SELECT name, '' FROM sqlite_master WHERE type = 'trigger'")
        else:
            # Checks of foreign keys that still wait would refuse it.
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute(
                "SELECT quote_ident(tgname), 'ON ' || tgrelid::regclass FROM pg_trigger"
                " WHERE NOT tgisinternal"
            )
        for name, table in cursor.fetchall():
            cursor.execute(f"DROP TRIGGER {name} {table}")
        if connection.vendor != "sqlite":
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")


def sql(statement: str, values: Sequence[int | str] = ()) -> int:
    """Run a statement and return how many rows it touched."""
    with connection.cursor() as cursor:
        cursor.execute(statement, list(values))
        return int(cursor.rowcount)


def documented(table: str = "attack") -> dict[str, tuple[str, ...]]:
    """Return a table of attacks in the guide for auditors: what finds each of them.

    `table` is its first heading. The columns are verify_log, the verifier without and with a
    checkpoint that was kept.
    """
    lines = GUIDE.read_text(encoding="utf-8").partition(f"| {table} |")[2].split("\n")[2:]
    found = {}
    for line in lines:
        if not line.startswith("|"):
            break
        attack, *cells = (cell.strip().replace("**", "") for cell in line.strip("|").split("|"))
        found[attack] = tuple(cells)
    return found
