"""The audit log of a workspace. Rows are added and never changed (database triggers)."""

from __future__ import annotations

from typing import override

from django.db import models

from responsibilities.choices import AuditAction
from responsibilities.models.assignments import Item
from responsibilities.models.querysets import AuditEventQuerySet
from responsibilities.models.workspaces import Workspace


class AuditHead(models.Model):
    """How long a workspace's log is, and the frontier of its Merkle tree.

    Locked while an event is appended. `frontier` holds the complete subtrees, largest first, as
    hex digits: all that the next event and the root need (`merkle.Frontier`).
    """

    workspace = models.OneToOneField(
        Workspace, on_delete=models.PROTECT, primary_key=True, related_name="audit_head"
    )
    size = models.PositiveBigIntegerField(default=0)
    frontier = models.JSONField(default=list)
    last_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("workspace",)

    @override
    def __str__(self) -> str:
        return f"{self.workspace_id} {self.size}"


class AuditEvent(models.Model):
    """One event.

    `leaf` is the canonical JSON of the event without personal data; `leaf_hash` is
    SHA-256(0x00 ‖ leaf) as in RFC 6962, section 2.1. `seq` counts from 0 per workspace.
    The other columns repeat parts of the leaf for filters. `actor_id` is opaque on purpose:
    no foreign key, so that the log outlives the account.
    """

    workspace = models.ForeignKey(Workspace, on_delete=models.PROTECT, related_name="audit_events")
    seq = models.PositiveBigIntegerField()
    ts = models.DateTimeField()
    action = models.CharField(max_length=40, choices=AuditAction)
    actor_id = models.UUIDField(null=True)
    side = models.CharField(max_length=40, blank=True)
    object_type = models.CharField(max_length=40)
    object_id = models.CharField(max_length=80)
    leaf = models.TextField()
    leaf_hash = models.CharField(max_length=64)

    objects = AuditEventQuerySet.as_manager()

    class Meta:
        ordering = ("-seq",)
        constraints = (models.UniqueConstraint(fields=("workspace", "seq"), name="audit_seq_once"),)
        indexes = (
            models.Index(fields=("workspace", "ts"), name="audit_by_time"),
            models.Index(fields=("workspace", "action"), name="audit_by_action"),
            models.Index(fields=("workspace", "actor_id", "ts"), name="audit_by_actor"),
        )

    @override
    def __str__(self) -> str:
        return f"{self.workspace_id} {self.seq} {self.action}"


class AuditPayload(models.Model):
    """What an event says in words, with names and values, beside its salt.

    The leaf holds only ``SHA-256(salt ‖ payload)``. `salt` is 64 hex digits; `payload` is
    canonical JSON. Both can be emptied once, and nothing else can be changed (database
    triggers): then `erased_at` says when, and every proof still holds.
    """

    event = models.OneToOneField(
        AuditEvent, on_delete=models.PROTECT, primary_key=True, related_name="payload"
    )
    salt = models.CharField(max_length=64)
    payload = models.TextField()
    erased_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("event",)

    @override
    def __str__(self) -> str:
        return str(self.event_id)

    @property
    def is_erased(self) -> bool:
        """Whether the words were removed, because they named a person who asked for it."""
        return self.erased_at is not None


class AuditSubject(models.Model):
    """An event touched an item: the index behind an item's history."""

    event = models.ForeignKey(AuditEvent, on_delete=models.PROTECT, related_name="subjects")
    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="audit_subjects")

    class Meta:
        ordering = ("event",)
        constraints = (
            models.UniqueConstraint(fields=("event", "item"), name="audit_subject_once"),
        )

    @override
    def __str__(self) -> str:
        return f"{self.event_id} {self.item_id}"
