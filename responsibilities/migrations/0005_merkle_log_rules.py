"""Compute the frontiers of the logs there are, and set the triggers of the new tables.

Checkpoints and log keys are added, never changed or deleted. A payload may be changed in exactly
one way: its words and its salt are emptied once, and the time is set.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import migrations

from responsibilities.merkle import Frontier

if TYPE_CHECKING:
    from django.apps.registry import Apps
    from django.db.backends.base.schema import BaseDatabaseSchemaEditor

PAYLOAD = "responsibilities_auditpayload"
NEW_TABLES = ("responsibilities_checkpoint", "responsibilities_logkey")
ERASES = (
    "NEW.event_id = OLD.event_id AND OLD.erased_at IS NULL AND NEW.erased_at IS NOT NULL "
    "AND NEW.salt = '' AND NEW.payload = ''"
)


def compute_frontiers(apps: Apps, _editor: BaseDatabaseSchemaEditor) -> None:
    """Fill the frontier of every log from its leaf hashes. Raises RuntimeError for a gap."""
    head_model = apps.get_model("responsibilities", "AuditHead")
    event_model = apps.get_model("responsibilities", "AuditEvent")
    for head in head_model.objects.all():
        frontier = Frontier()
        events = event_model.objects.filter(workspace_id=head.workspace_id).order_by("seq")
        for seq, leaf_hash in events.values_list("seq", "leaf_hash").iterator():
            if seq != frontier.size:
                break
            frontier = frontier.append(bytes.fromhex(leaf_hash))
        if frontier.size != head.size:
            msg = (
                f"the audit log of workspace {head.workspace_id} says that it has {head.size} "
                f"events, but event {frontier.size} is missing"
            )
            raise RuntimeError(msg)
        head.frontier = frontier.to_hex()
        head.save(update_fields=["frontier"])


def _sqlite() -> list[str]:
    return [
        f"DROP TRIGGER {PAYLOAD}_no_update",
        f"""
        CREATE TRIGGER {PAYLOAD}_no_update BEFORE UPDATE ON {PAYLOAD} WHEN NOT ({ERASES})
        BEGIN SELECT RAISE(ABORT, '{PAYLOAD} is append-only'); END
        """,
        *(
            f"""
            CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table}
            BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END
            """
            for table in NEW_TABLES
            for verb in ("UPDATE", "DELETE")
        ),
    ]


def _postgresql() -> list[str]:
    return [
        f"DROP TRIGGER {PAYLOAD}_append_only ON {PAYLOAD}",
        f"""
        CREATE TRIGGER {PAYLOAD}_append_only BEFORE UPDATE ON {PAYLOAD}
        FOR EACH ROW WHEN (NOT ({ERASES})) EXECUTE FUNCTION responsibilities_append_only()
        """,
        f"""
        CREATE TRIGGER {PAYLOAD}_no_delete BEFORE DELETE ON {PAYLOAD}
        FOR EACH ROW EXECUTE FUNCTION responsibilities_append_only()
        """,
        *(
            f"""
            CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table}
            FOR EACH ROW EXECUTE FUNCTION responsibilities_append_only()
            """
            for table in NEW_TABLES
        ),
    ]


def create_triggers(_apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
    """Create the triggers in the dialect of the database."""
    _run(editor, _sqlite() if editor.connection.vendor == "sqlite" else _postgresql())


def restore_triggers(_apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
    """Drop them, and refuse every change of a payload again."""
    if editor.connection.vendor == "sqlite":
        statements = [
            *(
                f"DROP TRIGGER {table}_no_{verb}"
                for table in NEW_TABLES
                for verb in ("update", "delete")
            ),
            f"DROP TRIGGER {PAYLOAD}_no_update",
            f"""
            CREATE TRIGGER {PAYLOAD}_no_update BEFORE UPDATE ON {PAYLOAD}
            BEGIN SELECT RAISE(ABORT, '{PAYLOAD} is append-only'); END
            """,
        ]
    else:
        statements = [
            *(f"DROP TRIGGER {table}_append_only ON {table}" for table in NEW_TABLES),
            f"DROP TRIGGER {PAYLOAD}_no_delete ON {PAYLOAD}",
            f"DROP TRIGGER {PAYLOAD}_append_only ON {PAYLOAD}",
            f"""
            CREATE TRIGGER {PAYLOAD}_append_only BEFORE UPDATE OR DELETE ON {PAYLOAD}
            FOR EACH ROW EXECUTE FUNCTION responsibilities_append_only()
            """,
        ]
    _run(editor, statements)


def _run(editor: BaseDatabaseSchemaEditor, statements: list[str]) -> None:
    for statement in statements:
        editor.execute(statement, params=None)


class Migration(migrations.Migration):
    """Frontiers and triggers."""

    dependencies = (("responsibilities", "0004_merkle_log"),)
    operations = (
        migrations.RunPython(compute_frontiers, migrations.RunPython.noop, elidable=False),
        migrations.RunPython(create_triggers, restore_triggers, elidable=False),
    )
