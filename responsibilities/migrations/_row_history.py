"""Creates and drops the triggers that fill the table of row histories. For migrations.

A migration that rebuilds or widens a recorded table drops all of them first and creates them
again at its end, with its own list of columns: on SQLite a rebuild drops the triggers of the
table, and cannot even rename a table that another table's trigger reads.
tests/models/test_row_history.py sees to it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from django.db.backends.base.schema import BaseDatabaseSchemaEditor

HISTORY = "responsibilities_rowhistory"
VERBS = ("insert", "update", "delete")
OWN = "{row}.workspace_id"


@dataclass(frozen=True, slots=True)
class Recorded:
    """A table to record: its model's name, the columns, and how to find the workspace of a row.

    `workspace` is an SQL expression over ``{row}``. `uuid_key` says that the key is an UUID;
    `json` names the columns that hold JSON.
    """

    model: str
    columns: tuple[str, ...]
    workspace: str = OWN
    uuid_key: bool = False
    json: tuple[str, ...] = ()

    @property
    def table(self) -> str:
        """The name of the table."""
        return f"responsibilities_{self.model}"


def owned_by(model: str) -> str:
    """Return the expression for the workspace of a row that points to a row of another model."""
    table = f"responsibilities_{model}"
    return f"(SELECT workspace_id FROM {table} WHERE id = {{row}}.{model}_id)"  # noqa: S608


def create(editor: BaseDatabaseSchemaEditor, recorded: Iterable[Recorded]) -> None:
    """Create the triggers in the dialect of the database."""
    statements = _sqlite if editor.connection.vendor == "sqlite" else _postgresql
    for one in recorded:
        for statement in statements(one):
            editor.execute(statement, params=None)


def drop(editor: BaseDatabaseSchemaEditor, recorded: Iterable[Recorded]) -> None:
    """Drop the triggers. Those that are gone already, with a rebuilt table, are no error."""
    for one in recorded:
        for verb in VERBS:
            name = f"{one.table}_history_{verb}"
            if editor.connection.vendor == "sqlite":
                editor.execute(f"DROP TRIGGER IF EXISTS {name}", params=None)
            else:
                editor.execute(f"DROP TRIGGER IF EXISTS {name} ON {one.table}", params=None)
        if editor.connection.vendor != "sqlite":
            editor.execute(f"DROP FUNCTION IF EXISTS {one.table}_history()", params=None)


def record_present(editor: BaseDatabaseSchemaEditor, recorded: Iterable[Recorded]) -> None:
    """Record all rows there are, as the state from now on, with one time for all of them."""
    sqlite = editor.connection.vendor == "sqlite"
    now = "strftime('%Y-%m-%d %H:%M:%f', 'now')" if sqlite else "clock_timestamp()::text"
    with editor.connection.cursor() as cursor:
        cursor.execute(f"SELECT {now}")
        stamp = f"'{cursor.fetchone()[0]}'"
    for one in recorded:
        values = _values(one, "r", stamp if sqlite else f"{stamp}::timestamptz", sqlite=sqlite)
        statement = f"{_INSERT} SELECT {values} FROM {one.table} AS r"  # noqa: S608
        editor.execute(statement, params=None)


_INSERT = f"INSERT INTO {HISTORY} (workspace_id, model, key, at, data)"


def _values(one: Recorded, row: str, stamp: str, *, sqlite: bool, gone: bool = False) -> str:
    """Return the values of a history row, made of the recorded row with this alias."""
    key = f"{row}.id" if sqlite else f"{row}.id::text"
    if one.uuid_key and not sqlite:
        key = f"replace({key}, '-', '')"
    if gone:
        data = "NULL"
    else:
        pairs = ", ".join(
            f"'{name}', json({row}.{name})"
            if sqlite and name in one.json
            else f"'{name}', {row}.{name}"
            for name in one.columns
        )
        data = f"{'json_object' if sqlite else 'jsonb_build_object'}({pairs})"
    return f"{one.workspace.format(row=row)}, '{one.model}', {key}, {stamp}, {data}"


def _sqlite(one: Recorded) -> Iterator[str]:
    """Yield one trigger per verb. 'now' is the same for all rows of a statement."""
    changed = " OR ".join(f"NEW.{name} IS NOT OLD.{name}" for name in one.columns)
    for verb in VERBS:
        gone = verb == "delete"
        values = _values(
            one,
            "OLD" if gone else "NEW",
            "strftime('%Y-%m-%d %H:%M:%f', 'now')",
            sqlite=True,
            gone=gone,
        )
        yield f"""
            CREATE TRIGGER {one.table}_history_{verb} AFTER {verb.upper()} ON {one.table}
            {f"WHEN {changed}" if verb == "update" else ""}
            BEGIN {_INSERT} VALUES ({values}); END
        """


def _postgresql(one: Recorded) -> Iterator[str]:
    """Yield one function, and a trigger per verb that runs once for all rows of a statement.

    The clock, not the start of the transaction: a writer that has waited for another one is later
    than what it waited for.
    """
    new = _values(one, "r", "stamp", sqlite=False)
    old = _values(one, "r", "stamp", sqlite=False, gone=True)
    now, was = (", ".join(f"{row}.{name}" for name in one.columns) for row in ("r", "o"))
    yield f"""
        CREATE FUNCTION {one.table}_history() RETURNS trigger LANGUAGE plpgsql AS $$
        DECLARE stamp timestamptz := clock_timestamp();
        BEGIN
            IF TG_OP = 'INSERT' THEN
                {_INSERT} SELECT {new} FROM new_rows AS r;
            ELSIF TG_OP = 'UPDATE' THEN
                {_INSERT} SELECT {new} FROM new_rows AS r JOIN old_rows AS o ON o.id = r.id
                WHERE ROW({now}) IS DISTINCT FROM ROW({was});
            ELSE
                {_INSERT} SELECT {old} FROM old_rows AS r;
            END IF;
            RETURN NULL;
        END $$
    """  # noqa: S608 (names of our own)
    seen = {
        "insert": "NEW TABLE AS new_rows",
        "update": "OLD TABLE AS old_rows NEW TABLE AS new_rows",
        "delete": "OLD TABLE AS old_rows",
    }
    for verb, rows in seen.items():
        yield f"""
            CREATE TRIGGER {one.table}_history_{verb} AFTER {verb.upper()} ON {one.table}
            REFERENCING {rows} FOR EACH STATEMENT EXECUTE FUNCTION {one.table}_history()
        """
