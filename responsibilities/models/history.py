"""What the rows of a matrix were at any moment. Written by database triggers alone."""

from __future__ import annotations

from typing import override

from django.db import models


class RowHistory(models.Model):
    """What one row became at one moment.

    Triggers on the tables that a matrix is made of add one for every insert, change and delete,
    whatever code wrote. `model` is the name of the row's model and `key` its primary key as text
    (an UUID as 32 hex digits). `data` holds the recorded columns by name; none means that the row
    went. `at` is when the writing statement ended, in whole milliseconds on SQLite; of two rows
    with one key the later `id` is the later state. `workspace_id` is empty for what belongs to
    none, and no foreign key. Rows are never changed or deleted (database triggers).

    It holds people by their opaque id only, and the texts of the matrix as they were.
    """

    workspace_id = models.UUIDField(null=True)
    model = models.CharField(max_length=40)
    key = models.CharField(max_length=36)
    at = models.DateTimeField()
    data = models.JSONField(null=True)

    class Meta:
        ordering = ("pk",)
        verbose_name_plural = "row history"
        indexes = (
            # Covers the search for the latest state of every row at a moment.
            models.Index(fields=("workspace_id", "model", "key", "at", "id"), name="history_state"),
        )

    @override
    def __str__(self) -> str:
        return f"{self.model} {self.key} {self.at}"
