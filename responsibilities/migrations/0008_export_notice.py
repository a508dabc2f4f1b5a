"""What a file lacks that it should have."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("responsibilities", "0007_row_history")]

    operations = [
        migrations.AddField(model_name="export", name="notice", field=models.TextField(blank=True)),
    ]
