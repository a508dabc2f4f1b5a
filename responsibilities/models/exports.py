"""Exports: files made from a workspace by a background task."""

from __future__ import annotations

import uuid
from typing import override

from django.conf import settings
from django.db import models
from django.utils import timezone

from responsibilities.choices import ExportFormat, ExportStatus, Paper
from responsibilities.models.querysets import ExportQuerySet
from responsibilities.models.releases import Release
from responsibilities.models.workspaces import Workspace


class Export(models.Model):
    """A file made from the present draft, or from a release.

    `query` is the filter as it stands in the matrix page's address; `matrix_digest` is the
    SHA-256 of the canonical JSON of what was exported, `sha256` that of the file. `error` says why
    there is no file, `notice` what the file lacks that it should have.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    workspace = models.ForeignKey(Workspace, on_delete=models.PROTECT, related_name="exports")
    format = models.CharField(max_length=8, choices=ExportFormat)
    paper = models.CharField(max_length=8, choices=Paper, default=Paper.A4)
    query = models.CharField(max_length=2000, blank=True)
    release = models.ForeignKey(
        Release, on_delete=models.PROTECT, null=True, blank=True, related_name="exports"
    )
    edition = models.CharField(max_length=20, default="DRAFT")
    status = models.CharField(max_length=10, choices=ExportStatus, default=ExportStatus.QUEUED)
    progress = models.PositiveSmallIntegerField(default=0)
    error = models.TextField(blank=True)
    notice = models.TextField(blank=True)
    file = models.FileField(max_length=200, blank=True)
    size = models.PositiveBigIntegerField(default=0)
    sha256 = models.CharField(max_length=64, blank=True)
    matrix_digest = models.CharField(max_length=64, blank=True)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="exports"
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    objects = ExportQuerySet.as_manager()

    class Meta:
        ordering = ("-created_at",)
        constraints = (
            models.UniqueConstraint(
                fields=("release", "format"),
                condition=models.Q(status__in=("queued", "running", "done")),
                name="one_file_per_release",
            ),
        )

    @override
    def __str__(self) -> str:
        return f"{self.workspace_id} {self.format} {self.created_at:%Y-%m-%d}"

    def file_name(self, slug: str) -> str:
        """Return what the file is called when it is saved; `slug` is that of the workspace."""
        if self.release_id is not None:
            return f"{slug}-release-{self.edition}.{self.format}"
        day = timezone.localtime(self.created_at).strftime("%Y-%m-%d")
        return f"{slug}-{day}-{self.edition.lower()}.{self.format}"
