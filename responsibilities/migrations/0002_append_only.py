"""Triggers: rows of the audit log and of sign-offs are added, never changed or deleted.

They hold the application to it, whatever code it runs. The owner of the database can drop
them; that is what checkpoints kept elsewhere are for. A migration that rebuilds one of these
tables has to create its triggers again; tests/models/test_append_only.py sees to it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import migrations

if TYPE_CHECKING:
    from django.apps.registry import Apps
    from django.db.backends.base.schema import BaseDatabaseSchemaEditor

TABLES = (
    "responsibilities_auditevent",
    "responsibilities_auditpayload",
    "responsibilities_auditsubject",
    "responsibilities_signoff",
    "responsibilities_signoffwithdrawal",
)
SIGNOFF = "responsibilities_signoff"


def _sqlite() -> list[str]:
    statements = [
        f"""
        CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table}
        BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END
        """
        for table in TABLES
        for verb in ("UPDATE", "DELETE")
    ]
    statements.append(
        """
        CREATE TRIGGER responsibilities_signoff_two_humans BEFORE INSERT ON responsibilities_signoff
        WHEN EXISTS (
            SELECT 1 FROM responsibilities_signoff AS other
            WHERE other.item_id = NEW.item_id AND other.signer_id = NEW.signer_id
            AND other.seat_id <> NEW.seat_id
        )
        BEGIN SELECT RAISE(ABORT, 'one person cannot sign an item for two sides'); END
        """
    )
    return statements


def _postgresql() -> list[str]:
    statements = [
        """
        CREATE FUNCTION responsibilities_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN RAISE EXCEPTION USING
            MESSAGE = TG_TABLE_NAME || ' is append-only',
            ERRCODE = 'integrity_constraint_violation';
        END $$
        """,
        """
        CREATE FUNCTION responsibilities_signoff_two_humans() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF EXISTS (
                SELECT 1 FROM responsibilities_signoff AS other
                WHERE other.item_id = NEW.item_id AND other.signer_id = NEW.signer_id
                AND other.seat_id <> NEW.seat_id
            ) THEN
                RAISE EXCEPTION 'one person cannot sign an item for two sides'
                    USING ERRCODE = 'integrity_constraint_violation';
            END IF;
            RETURN NEW;
        END $$
        """,
        """
        CREATE TRIGGER responsibilities_signoff_two_humans BEFORE INSERT ON responsibilities_signoff
        FOR EACH ROW EXECUTE FUNCTION responsibilities_signoff_two_humans()
        """,
    ]
    statements += [
        f"""
        CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table}
        FOR EACH ROW EXECUTE FUNCTION responsibilities_append_only()
        """
        for table in TABLES
    ]
    return statements


def _run(editor: BaseDatabaseSchemaEditor, statements: list[str]) -> None:
    for statement in statements:
        editor.execute(statement, params=None)


def create_triggers(_apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
    """Create the triggers in the dialect of the database."""
    _run(editor, _sqlite() if editor.connection.vendor == "sqlite" else _postgresql())


def drop_triggers(_apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
    """Drop the triggers again."""
    if editor.connection.vendor == "sqlite":
        names = [f"{table}_no_{verb}" for table in TABLES for verb in ("update", "delete")]
        statements = [f"DROP TRIGGER {name}" for name in (*names, f"{SIGNOFF}_two_humans")]
    else:
        statements = [f"DROP TRIGGER {table}_append_only ON {table}" for table in TABLES]
        statements += [
            f"DROP TRIGGER {SIGNOFF}_two_humans ON {SIGNOFF}",
            f"DROP FUNCTION {SIGNOFF}_two_humans()",
            "DROP FUNCTION responsibilities_append_only()",
        ]
    _run(editor, statements)


class Migration(migrations.Migration):
    """Append-only tables."""

    dependencies = (("responsibilities", "0001_initial"),)
    operations = (migrations.RunPython(create_triggers, drop_triggers, elidable=False),)
