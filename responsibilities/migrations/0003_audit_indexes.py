"""Indexes for the filters of the audit log. Adding one rebuilds no table: the triggers stay."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("responsibilities", "0002_append_only"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="auditevent",
            index=models.Index(fields=["workspace", "ts"], name="audit_by_time"),
        ),
        migrations.AddIndex(
            model_name="auditevent",
            index=models.Index(fields=["workspace", "action"], name="audit_by_action"),
        ),
        migrations.AddIndex(
            model_name="auditevent",
            index=models.Index(fields=["workspace", "actor_id", "ts"], name="audit_by_actor"),
        ),
    ]
