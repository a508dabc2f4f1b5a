"""Triggers: who attests or withdraws a release does so for a side of its own workspace.

The trigger of 0006 counts attestations; with these, each of them is of another side of the same
workspace, by a member of it, and given while the release is a proposal.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import migrations

if TYPE_CHECKING:
    from django.apps.registry import Apps
    from django.db.backends.base.schema import BaseDatabaseSchemaEditor

RELEASE = "responsibilities_release"
OWN_SEAT = "SELECT 1 FROM responsibilities_seat AS seat WHERE seat.id = NEW.seat_id AND"
PROPOSED = f"""
    {OWN_SEAT} seat.workspace_id = NEW.workspace_id AND (NEW.previous_id IS NULL OR EXISTS (
        SELECT 1 FROM {RELEASE} AS previous
        WHERE previous.id = NEW.previous_id AND previous.workspace_id = NEW.workspace_id
    ))
"""  # noqa: S608 (names of our own)
WITHDRAWN = f"""
    {OWN_SEAT} seat.workspace_id = (
        SELECT workspace_id FROM {RELEASE} AS release WHERE release.id = NEW.release_id
    )
"""  # noqa: S608 (names of our own)
ATTESTED = f"""
    {OWN_SEAT} seat.workspace_id = (
        SELECT workspace_id FROM {RELEASE} AS release
        WHERE release.id = NEW.release_id AND release.status = 'proposed'
    ) AND EXISTS (
        SELECT 1 FROM responsibilities_membership AS membership
        WHERE membership.seat_id = NEW.seat_id AND membership.user_id = NEW.attester_id
    )
"""  # noqa: S608 (names of our own)
RULES = (
    (RELEASE, PROPOSED, "a release belongs to a side of its workspace"),
    ("responsibilities_attestation", ATTESTED, "a member attests a proposal for the own side"),
    ("responsibilities_releasewithdrawal", WITHDRAWN, "a side withdraws its own release"),
)


def _sqlite() -> list[str]:
    return [
        f"""
        CREATE TRIGGER {table}_own_side BEFORE INSERT ON {table} WHEN NOT EXISTS ({rule})
        BEGIN SELECT RAISE(ABORT, '{message}'); END
        """
        for table, rule, message in RULES
    ]


def _postgresql() -> list[str]:
    functions = [
        f"""
        CREATE FUNCTION {table}_own_side() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF NOT EXISTS ({rule}) THEN
                RAISE EXCEPTION '{message}' USING ERRCODE = 'integrity_constraint_violation';
            END IF;
            RETURN NEW;
        END $$
        """
        for table, rule, message in RULES
    ]
    triggers = [
        f"""
        CREATE TRIGGER {table}_own_side BEFORE INSERT ON {table}
        FOR EACH ROW EXECUTE FUNCTION {table}_own_side()
        """
        for table, _rule, _message in RULES
    ]
    return functions + triggers


def create_triggers(_apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
    """Create the triggers in the dialect of the database."""
    _run(editor, _sqlite() if editor.connection.vendor == "sqlite" else _postgresql())


def drop_triggers(_apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
    """Drop the triggers again."""
    tables = [table for table, _rule, _message in RULES]
    if editor.connection.vendor == "sqlite":
        _run(editor, [f"DROP TRIGGER {table}_own_side" for table in tables])
    else:
        _run(editor, [f"DROP TRIGGER {table}_own_side ON {table}" for table in tables])
        _run(editor, [f"DROP FUNCTION {table}_own_side()" for table in tables])


def _run(editor: BaseDatabaseSchemaEditor, statements: list[str]) -> None:
    for statement in statements:
        editor.execute(statement, params=None)


class Migration(migrations.Migration):
    """Sides of releases."""

    dependencies = (("responsibilities", "0008_export_notice"),)
    operations = (migrations.RunPython(create_triggers, drop_triggers, elidable=False),)
