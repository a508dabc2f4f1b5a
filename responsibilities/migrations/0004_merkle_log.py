"""The frontier of each log, checkpoints and the keys that sign them, and payloads one can erase."""

import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("responsibilities", "0003_audit_indexes"),
    ]

    operations = [
        migrations.CreateModel(
            name="LogKey",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("public", models.CharField(max_length=44, unique=True)),
                ("rotation", models.TextField(blank=True)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                "ordering": ("pk",),
            },
        ),
        migrations.AddField(
            model_name="audithead",
            name="frontier",
            field=models.JSONField(default=list),
        ),
        migrations.AddField(
            model_name="auditpayload",
            name="erased_at",
            field=models.DateTimeField(null=True),
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
            name="Checkpoint",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("size", models.PositiveBigIntegerField()),
                ("root", models.CharField(max_length=64)),
                ("frontier", models.JSONField()),
                ("origin", models.CharField(max_length=300)),
                ("note", models.TextField()),
                ("issued_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "workspace",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="checkpoints",
                        to="responsibilities.workspace",
                    ),
                ),
                (
                    "key",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="checkpoints",
                        to="responsibilities.logkey",
                    ),
                ),
            ],
            options={
                "ordering": ("-size",),
                "constraints": [
                    models.UniqueConstraint(
                        fields=("workspace", "size"), name="checkpoint_once_per_size"
                    )
                ],
            },
        ),
    ]
