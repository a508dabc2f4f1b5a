"""Releases with their attestations, and the triggers that freeze them.

Of a release only the status changes, one step at a time, and it becomes current only when every
side has attested it. Attestations and withdrawals are added, never changed or deleted.
"""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

import responsibilities.models.workspaces

if TYPE_CHECKING:
    from django.apps.registry import Apps
    from django.db.backends.base.schema import BaseDatabaseSchemaEditor

RELEASE = "responsibilities_release"
ATTESTATION = "responsibilities_attestation"
APPEND_ONLY = (ATTESTATION, "responsibilities_releasewithdrawal")
FROZEN = (
    "id",
    "workspace_id",
    "major",
    "minor",
    "summary",
    "paper",
    "snapshot",
    "digest",
    "previous_id",
    "seat_id",
    "proposed_by_id",
    "proposer_name",
    "proposed_at",
)
STEPS = """
    (OLD.status = 'proposed' AND NEW.status = 'current'
     AND OLD.effective_at IS NULL AND NEW.effective_at IS NOT NULL)
    OR (OLD.status = 'proposed' AND NEW.status = 'withdrawn' AND NEW.effective_at IS NULL)
    OR (OLD.status = 'current' AND NEW.status IN ('superseded', 'withdrawn')
        AND NEW.effective_at IS NOT NULL AND NEW.effective_at = OLD.effective_at)
    OR (OLD.status = 'superseded' AND NEW.status = 'withdrawn'
        AND NEW.effective_at IS NOT NULL AND NEW.effective_at = OLD.effective_at)
"""
UNATTESTED = f"""
    NEW.effective_at IS NOT NULL AND OLD.effective_at IS NULL AND (
        SELECT COUNT(*) FROM {ATTESTATION} WHERE release_id = NEW.id
    ) <> (
        SELECT COUNT(*) FROM responsibilities_seat WHERE workspace_id = NEW.workspace_id
    )
"""  # noqa: S608 (names of our own)


def _allowed(distinct: str) -> str:
    """Return the condition under which a release may be changed."""
    same = " AND ".join(f"NEW.{column} {distinct} OLD.{column}" for column in FROZEN)
    return f"{same} AND ({STEPS})"


def _sqlite() -> list[str]:
    return [
        *(
            f"""
            CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table}
            BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END
            """
            for table in APPEND_ONLY
            for verb in ("UPDATE", "DELETE")
        ),
        f"""
        CREATE TRIGGER {RELEASE}_no_delete BEFORE DELETE ON {RELEASE}
        BEGIN SELECT RAISE(ABORT, '{RELEASE} is append-only'); END
        """,
        f"""
        CREATE TRIGGER {RELEASE}_no_update BEFORE UPDATE ON {RELEASE} WHEN NOT ({_allowed("IS")})
        BEGIN SELECT RAISE(ABORT, '{RELEASE} is append-only'); END
        """,
        f"""
        CREATE TRIGGER {RELEASE}_attested BEFORE UPDATE ON {RELEASE} WHEN {UNATTESTED}
        BEGIN SELECT RAISE(ABORT, 'every side attests a release before it is current'); END
        """,
        f"""
        CREATE TRIGGER {RELEASE}_starts_proposed BEFORE INSERT ON {RELEASE}
        WHEN NEW.status <> 'proposed' OR NEW.effective_at IS NOT NULL
        BEGIN SELECT RAISE(ABORT, 'a release starts as a proposal'); END
        """,
    ]


def _postgresql() -> list[str]:
    return [
        f"""
        CREATE FUNCTION {RELEASE}_attested() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF {UNATTESTED} THEN
                RAISE EXCEPTION 'every side attests a release before it is current'
                    USING ERRCODE = 'integrity_constraint_violation';
            END IF;
            RETURN NEW;
        END $$
        """,
        f"""
        CREATE FUNCTION {RELEASE}_starts_proposed() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN RAISE EXCEPTION 'a release starts as a proposal'
            USING ERRCODE = 'integrity_constraint_violation';
        END $$
        """,
        *(
            f"""
            CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table}
            FOR EACH ROW EXECUTE FUNCTION responsibilities_append_only()
            """
            for table in APPEND_ONLY
        ),
        f"""
        CREATE TRIGGER {RELEASE}_no_delete BEFORE DELETE ON {RELEASE}
        FOR EACH ROW EXECUTE FUNCTION responsibilities_append_only()
        """,
        f"""
        CREATE TRIGGER {RELEASE}_append_only BEFORE UPDATE ON {RELEASE}
        FOR EACH ROW WHEN (NOT ({_allowed("IS NOT DISTINCT FROM")}))
        EXECUTE FUNCTION responsibilities_append_only()
        """,
        f"""
        CREATE TRIGGER {RELEASE}_attested BEFORE UPDATE ON {RELEASE}
        FOR EACH ROW EXECUTE FUNCTION {RELEASE}_attested()
        """,
        f"""
        CREATE TRIGGER {RELEASE}_starts_proposed BEFORE INSERT ON {RELEASE}
        FOR EACH ROW WHEN (NEW.status <> 'proposed' OR NEW.effective_at IS NOT NULL)
        EXECUTE FUNCTION {RELEASE}_starts_proposed()
        """,
    ]


def create_triggers(_apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
    """Create the triggers in the dialect of the database."""
    _run(editor, _sqlite() if editor.connection.vendor == "sqlite" else _postgresql())


def drop_triggers(_apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
    """Drop the triggers again."""
    if editor.connection.vendor == "sqlite":
        names = [f"{table}_no_{verb}" for table in APPEND_ONLY for verb in ("update", "delete")]
        names += [f"{RELEASE}_{name}" for name in ("no_delete", "no_update", "attested")]
        statements = [f"DROP TRIGGER {name}" for name in (*names, f"{RELEASE}_starts_proposed")]
    else:
        names = ["no_delete", "append_only", "attested", "starts_proposed"]
        statements = [f"DROP TRIGGER {table}_append_only ON {table}" for table in APPEND_ONLY]
        statements += [f"DROP TRIGGER {RELEASE}_{name} ON {RELEASE}" for name in names]
        statements += [f"DROP FUNCTION {RELEASE}_{name}()" for name in names[2:]]
    _run(editor, statements)


def _run(editor: BaseDatabaseSchemaEditor, statements: list[str]) -> None:
    for statement in statements:
        editor.execute(statement, params=None)


class Migration(migrations.Migration):
    """Releases."""

    dependencies = [
        ("responsibilities", "0005_merkle_log_rules"),
    ]

    operations = [
        migrations.CreateModel(
            name="ReleaseWithdrawal",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("printed_name", models.CharField(max_length=120)),
                ("reason", models.TextField()),
                ("withdrawn_at", models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                "ordering": ("withdrawn_at",),
            },
        ),
        migrations.AddField(
            model_name="workspace",
            name="blocking_findings",
            field=models.JSONField(
                blank=True,
                default=responsibilities.models.workspaces.default_blocking_findings,
                verbose_name="findings that block a release",
            ),
        ),
        migrations.AlterField(
            model_name="auditevent",
            name="action",
            field=models.CharField(
                choices=[
                    ("workspace.created", "Workspace created"),
                    ("workspace.changed", "Workspace changed"),
                    ("member.added", "Member added"),
                    ("member.changed", "Member changed"),
                    ("member.removed", "Member removed"),
                    ("team.added", "Team added"),
                    ("team.changed", "Team changed"),
                    ("team.moved", "Team moved"),
                    ("team.archived", "Team archived"),
                    ("team.restored", "Team restored"),
                    ("team.members_changed", "Team members changed"),
                    ("assignment.changed", "Assignment changed"),
                    ("item.changed", "Item changed"),
                    ("items.bulk_changed", "Items changed in bulk"),
                    ("evidence.added", "Evidence added"),
                    ("evidence.revised", "Evidence revised"),
                    ("evidence.changed", "Evidence changed"),
                    ("evidence.linked", "Evidence linked to items"),
                    ("evidence.unlinked", "Evidence unlinked from an item"),
                    ("evidence.archived", "Evidence archived"),
                    ("evidence.restored", "Evidence restored"),
                    ("signoff.signed", "Signed off"),
                    ("signoff.bulk_signed", "Signed off in bulk"),
                    ("signoff.withdrawn", "Sign-off withdrawn"),
                    ("release.proposed", "Release proposed"),
                    ("release.attested", "Release attested"),
                    ("release.withdrawn", "Release withdrawn"),
                    ("export.requested", "Export requested"),
                    ("export.prepared", "Export prepared"),
                    ("export.created", "Export created"),
                    ("export.failed", "Export failed"),
                    ("export.cancelled", "Export cancelled"),
                    ("person.erased", "Personal data erased"),
                ],
                max_length=40,
            ),
        ),
        migrations.CreateModel(
            name="Release",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("major", models.PositiveSmallIntegerField()),
                ("minor", models.PositiveSmallIntegerField()),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("proposed", "Proposed"),
                            ("current", "Current"),
                            ("superseded", "Superseded"),
                            ("withdrawn", "Withdrawn"),
                        ],
                        default="proposed",
                        max_length=12,
                    ),
                ),
                ("summary", models.TextField(verbose_name="what has changed")),
                (
                    "paper",
                    models.CharField(
                        choices=[("a4", "A4"), ("letter", "US Letter")],
                        default="a4",
                        max_length=8,
                        verbose_name="paper",
                    ),
                ),
                ("snapshot", models.TextField()),
                ("digest", models.CharField(max_length=64)),
                ("proposer_name", models.CharField(max_length=120)),
                ("proposed_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("effective_at", models.DateTimeField(null=True)),
                (
                    "previous",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="successors",
                        to="responsibilities.release",
                    ),
                ),
                (
                    "proposed_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "seat",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="proposed_releases",
                        to="responsibilities.seat",
                    ),
                ),
                (
                    "workspace",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="releases",
                        to="responsibilities.workspace",
                    ),
                ),
            ],
            options={
                "ordering": ("-major", "-minor"),
            },
        ),
        migrations.CreateModel(
            name="Attestation",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("printed_name", models.CharField(max_length=120)),
                (
                    "role",
                    models.CharField(
                        choices=[
                            ("manager", "Manager"),
                            ("contributor", "Contributor"),
                            ("approver", "Approver"),
                            ("reader", "Reader"),
                            ("auditor", "Auditor"),
                        ],
                        max_length=12,
                    ),
                ),
                ("statement", models.TextField()),
                ("statement_digest", models.CharField(max_length=64)),
                ("attested_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "attester",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="attestations",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "seat",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="attestations",
                        to="responsibilities.seat",
                    ),
                ),
                (
                    "release",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="attestations",
                        to="responsibilities.release",
                    ),
                ),
            ],
            options={
                "ordering": ("attested_at",),
            },
        ),
        migrations.AddField(
            model_name="export",
            name="release",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="exports",
                to="responsibilities.release",
            ),
        ),
        migrations.AddConstraint(
            model_name="export",
            constraint=models.UniqueConstraint(
                condition=models.Q(("status__in", ("queued", "running", "done"))),
                fields=("release", "format"),
                name="one_file_per_release",
            ),
        ),
        migrations.AddField(
            model_name="releasewithdrawal",
            name="release",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="withdrawal",
                to="responsibilities.release",
            ),
        ),
        migrations.AddField(
            model_name="releasewithdrawal",
            name="seat",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="responsibilities.seat",
            ),
        ),
        migrations.AddField(
            model_name="releasewithdrawal",
            name="withdrawn_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddConstraint(
            model_name="release",
            constraint=models.UniqueConstraint(
                fields=("workspace", "major", "minor"), name="release_number_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="release",
            constraint=models.UniqueConstraint(
                condition=models.Q(("status", "proposed")),
                fields=("workspace",),
                name="one_proposed_release",
            ),
        ),
        migrations.AddConstraint(
            model_name="release",
            constraint=models.UniqueConstraint(
                condition=models.Q(("status", "current")),
                fields=("workspace",),
                name="one_current_release",
            ),
        ),
        migrations.AddConstraint(
            model_name="attestation",
            constraint=models.UniqueConstraint(
                fields=("release", "seat"), name="attested_once_per_side"
            ),
        ),
        migrations.AddConstraint(
            model_name="attestation",
            constraint=models.UniqueConstraint(
                fields=("release", "attester"), name="attested_once_per_person"
            ),
        ),
        migrations.RunPython(create_triggers, drop_triggers, elidable=False),
    ]
