"""Sign-offs: attributable approvals over exact content. Rows are never changed."""

from __future__ import annotations

import uuid
from typing import override

from django.conf import settings
from django.db import models
from django.utils import timezone

from responsibilities.choices import Meaning, Role
from responsibilities.models.assignments import Item
from responsibilities.models.workspaces import Seat


class Signoff(models.Model):
    """One side's sign-off of one item.

    `content` is the canonical JSON of the item that was shown, `item_digest` its SHA-256.
    `statement` is the canonical JSON of what was signed, `statement_digest` its SHA-256.
    `number` counts the sign-offs of one side on one item from 1; two writers cannot both
    have the next number. Database triggers refuse to change or delete a row, and refuse a
    person who has already signed the item for another side.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="signoffs")
    seat = models.ForeignKey(Seat, on_delete=models.PROTECT, related_name="signoffs")
    number = models.PositiveIntegerField()
    signer = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="signoffs"
    )
    printed_name = models.CharField(max_length=120)
    role = models.CharField(max_length=12, choices=Role)
    meaning = models.CharField(max_length=12, choices=Meaning)
    content = models.TextField()
    item_digest = models.CharField(max_length=64)
    statement = models.TextField()
    statement_digest = models.CharField(max_length=64)
    signed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("item", "seat", "number")
        constraints = (
            models.UniqueConstraint(fields=("item", "seat", "number"), name="signoff_number_once"),
        )

    @override
    def __str__(self) -> str:
        return f"{self.item_id} {self.seat_id} #{self.number}"


class SignoffWithdrawal(models.Model):
    """A sign-off taken back, with a reason. The sign-off itself stays as it was."""

    signoff = models.OneToOneField(Signoff, on_delete=models.PROTECT, related_name="withdrawal")
    withdrawn_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    reason = models.TextField()
    withdrawn_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("withdrawn_at",)

    @override
    def __str__(self) -> str:
        return f"{self.signoff_id} withdrawn"
