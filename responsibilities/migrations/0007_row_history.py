"""Row history: the table, the triggers that fill it, and the present state as its beginning."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import migrations, models

from responsibilities.migrations import _row_history
from responsibilities.migrations._row_history import HISTORY, Recorded, owned_by

if TYPE_CHECKING:
    from django.apps.registry import Apps
    from django.db.backends.base.schema import BaseDatabaseSchemaEditor

RECORDED = (
    Recorded("responsibilitymodel", ("title", "publisher"), workspace="NULL"),
    Recorded("organization", ("name",), workspace="NULL"),
    Recorded("user", ("is_active",), workspace="NULL", uuid_key=True),
    Recorded(
        "workspace",
        ("slug", "name", "model_version_id", "target_date"),
        workspace="{row}.id",
        uuid_key=True,
    ),
    Recorded("seat", ("party_id", "organization_id")),
    Recorded("membership", ("seat_id", "user_id", "role", "expires_at"), uuid_key=True),
    Recorded("team", ("seat_id", "name", "description", "position", "archived_at"), uuid_key=True),
    Recorded("teammember", ("team_id", "membership_id"), workspace=owned_by("team")),
    Recorded(
        "item",
        (
            "responsibility_id",
            "holder_id",
            "applicability",
            "applicability_reason",
            "chosen",
            "note",
            "review_on",
            "version",
            "updated_at",
        ),
        json=("chosen",),
    ),
    Recorded(
        "assignment", ("item_id", "team_id", "letter", "person_id"), workspace=owned_by("item")
    ),
    Recorded(
        "evidence",
        ("seat_id", "title", "kind", "current_id", "created_at", "archived_at"),
        uuid_key=True,
    ),
    # Bytes, addresses and notes of a revision stay; its dates can be put right.
    Recorded(
        "evidencerevision",
        ("collected_on", "valid_until"),
        workspace=owned_by("evidence"),
        uuid_key=True,
    ),
    Recorded("evidencelink", ("evidence_id", "item_id"), workspace=owned_by("evidence")),
)


def create_triggers(_apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
    """Record what there is, record every write from now on, and let nobody change the record."""
    _row_history.record_present(editor, RECORDED)
    _row_history.create(editor, RECORDED)
    if editor.connection.vendor == "sqlite":
        statements = [
            f"""
            CREATE TRIGGER {HISTORY}_no_{verb.lower()} BEFORE {verb} ON {HISTORY}
            BEGIN SELECT RAISE(ABORT, '{HISTORY} is append-only'); END
            """
            for verb in ("UPDATE", "DELETE")
        ]
    else:
        statements = [
            f"""
            CREATE TRIGGER {HISTORY}_append_only BEFORE UPDATE OR DELETE ON {HISTORY}
            FOR EACH ROW EXECUTE FUNCTION responsibilities_append_only()
            """
        ]
    for statement in statements:
        editor.execute(statement, params=None)


def drop_triggers(_apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
    """Drop the triggers again. Those of the history itself go with its table."""
    _row_history.drop(editor, RECORDED)


class Migration(migrations.Migration):
    """Row history."""

    dependencies = (("responsibilities", "0006_releases"),)
    operations = (
        migrations.CreateModel(
            name="RowHistory",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("workspace_id", models.UUIDField(null=True)),
                ("model", models.CharField(max_length=40)),
                ("key", models.CharField(max_length=36)),
                ("at", models.DateTimeField()),
                ("data", models.JSONField(null=True)),
            ],
            options={
                "verbose_name_plural": "row history",
                "ordering": ("pk",),
                "indexes": [
                    models.Index(
                        fields=["workspace_id", "model", "key", "at", "id"], name="history_state"
                    )
                ],
            },
        ),
        migrations.RunPython(create_triggers, drop_triggers, elidable=False),
    )
