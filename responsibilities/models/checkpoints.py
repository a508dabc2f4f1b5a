"""Checkpoints of the audit logs, and the public keys that signed them. Rows are only added."""

from __future__ import annotations

import base64
from typing import override

from django.db import models
from django.utils import timezone

from responsibilities.models.workspaces import Workspace
from responsibilities.notes import fingerprint


class LogKey(models.Model):
    """A public key that signs checkpoints. The private key is never in the database.

    `public` is the base64 of the 32 bytes. `rotation` is a C2SP note in which the key before
    vouches for this one; it is empty for the first key.
    """

    public = models.CharField(max_length=44, unique=True)
    rotation = models.TextField(blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("pk",)

    @override
    def __str__(self) -> str:
        return self.public

    @property
    def raw(self) -> bytes:
        """The 32 bytes of the key."""
        return base64.b64decode(self.public)

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the 32 bytes, as 64 hex digits."""
        return fingerprint(self.raw)


class Checkpoint(models.Model):
    """How long a log was and what its root was, signed.

    `note` is the signed note that is handed out; the other columns repeat it. `frontier` is
    what the log was then, so that the next checkpoint is made by extending this one.
    """

    workspace = models.ForeignKey(Workspace, on_delete=models.PROTECT, related_name="checkpoints")
    size = models.PositiveBigIntegerField()
    root = models.CharField(max_length=64)
    frontier = models.JSONField()
    origin = models.CharField(max_length=300)
    note = models.TextField()
    key = models.ForeignKey(LogKey, on_delete=models.PROTECT, related_name="checkpoints")
    issued_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("-size",)
        constraints = (
            models.UniqueConstraint(fields=("workspace", "size"), name="checkpoint_once_per_size"),
        )

    @override
    def __str__(self) -> str:
        return f"{self.workspace_id} {self.size}"
