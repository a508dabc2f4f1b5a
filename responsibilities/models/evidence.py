"""Evidence and its revisions. A revision is never overwritten."""

from __future__ import annotations

import uuid
from typing import override

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from responsibilities.choices import EvidenceKind
from responsibilities.models.assignments import Item
from responsibilities.models.querysets import EvidenceQuerySet
from responsibilities.models.workspaces import Seat, Workspace


class Evidence(models.Model):
    """A piece of evidence. May serve many items; `current` is its newest revision."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    workspace = models.ForeignKey(Workspace, on_delete=models.PROTECT, related_name="evidence")
    seat = models.ForeignKey(Seat, on_delete=models.PROTECT, related_name="evidence")
    title = models.CharField(_("title"), max_length=200)
    kind = models.CharField(max_length=8, choices=EvidenceKind)
    current = models.OneToOneField(
        "EvidenceRevision", on_delete=models.PROTECT, null=True, related_name="current_of"
    )
    items = models.ManyToManyField(Item, through="EvidenceLink", related_name="evidence")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    archived_at = models.DateTimeField(null=True, blank=True)

    objects = EvidenceQuerySet.as_manager()

    class Meta:
        ordering = ("title", "created_at")
        verbose_name_plural = "evidence"

    @override
    def __str__(self) -> str:
        return self.title


class EvidenceRevision(models.Model):
    """One edition of a piece of evidence.

    `sha256` is the digest of the file's bytes, of the link's address or of the note's text
    (UTF-8); `size` is in bytes of the same. `file` has a random name; `file_name` is what
    the person called it.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    evidence = models.ForeignKey(Evidence, on_delete=models.PROTECT, related_name="revisions")
    number = models.PositiveIntegerField()
    file = models.FileField(max_length=200, blank=True)
    file_name = models.CharField(max_length=255, blank=True)
    url = models.URLField(_("address"), max_length=2000, blank=True)
    text = models.TextField(_("note"), blank=True)
    sha256 = models.CharField(max_length=64)
    size = models.PositiveBigIntegerField()
    media_type = models.CharField(max_length=120)
    collected_on = models.DateField(_("collected on"))
    valid_until = models.DateField(_("valid until"), null=True, blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ("-number",)
        constraints = (
            models.UniqueConstraint(fields=("evidence", "number"), name="revision_number_once"),
        )

    @override
    def __str__(self) -> str:
        return f"{self.evidence_id} r{self.number}"


class EvidenceLink(models.Model):
    """A piece of evidence serves an item."""

    evidence = models.ForeignKey(Evidence, on_delete=models.PROTECT, related_name="links")
    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="evidence_links")

    class Meta:
        ordering = ("evidence",)
        constraints = (
            models.UniqueConstraint(fields=("evidence", "item"), name="evidence_linked_once"),
        )

    @override
    def __str__(self) -> str:
        return f"{self.evidence_id} {self.item_id}"
