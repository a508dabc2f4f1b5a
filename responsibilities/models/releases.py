"""Releases: numbered, frozen editions of a matrix, and the attestations of every side."""

from __future__ import annotations

import uuid
from typing import override

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from responsibilities.choices import Paper, ReleaseStatus, Role
from responsibilities.models.workspaces import Seat, Workspace


class Release(models.Model):
    """A numbered edition of the whole matrix.

    `snapshot` is the canonical JSON of the matrix (`matrix.document`), `digest` its SHA-256;
    `previous` is the release that was current when this one was proposed. Only `status` and
    `effective_at` ever change, in the order of `ReleaseStatus`; database triggers hold that, and
    that a release becomes current only when every side has attested it. A number is never used
    again, not even that of a proposal that was withdrawn.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    workspace = models.ForeignKey(Workspace, on_delete=models.PROTECT, related_name="releases")
    major = models.PositiveSmallIntegerField()
    minor = models.PositiveSmallIntegerField()
    status = models.CharField(max_length=12, choices=ReleaseStatus, default=ReleaseStatus.PROPOSED)
    summary = models.TextField(_("what has changed"))
    paper = models.CharField(_("paper"), max_length=8, choices=Paper, default=Paper.A4)
    snapshot = models.TextField()
    digest = models.CharField(max_length=64)
    previous = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, related_name="successors"
    )
    seat = models.ForeignKey(Seat, on_delete=models.PROTECT, related_name="proposed_releases")
    proposed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    proposer_name = models.CharField(max_length=120)
    proposed_at = models.DateTimeField(default=timezone.now)
    effective_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-major", "-minor")
        constraints = (
            models.UniqueConstraint(
                fields=("workspace", "major", "minor"), name="release_number_once"
            ),
            models.UniqueConstraint(
                fields=("workspace",),
                condition=models.Q(status="proposed"),
                name="one_proposed_release",
            ),
            models.UniqueConstraint(
                fields=("workspace",),
                condition=models.Q(status="current"),
                name="one_current_release",
            ),
        )

    @override
    def __str__(self) -> str:
        return self.number

    @property
    def number(self) -> str:
        """The number as people write it, such as 1.0."""
        return f"{self.major}.{self.minor}"


class Attestation(models.Model):
    """One side's attestation of a release. Rows are never changed.

    `statement` is the canonical JSON of what was attested, `statement_digest` its SHA-256. One
    per side, and nobody attests for two sides: the database holds both.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    release = models.ForeignKey(Release, on_delete=models.PROTECT, related_name="attestations")
    seat = models.ForeignKey(Seat, on_delete=models.PROTECT, related_name="attestations")
    attester = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="attestations"
    )
    printed_name = models.CharField(max_length=120)
    role = models.CharField(max_length=12, choices=Role)
    statement = models.TextField()
    statement_digest = models.CharField(max_length=64)
    attested_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("attested_at",)
        constraints = (
            models.UniqueConstraint(fields=("release", "seat"), name="attested_once_per_side"),
            models.UniqueConstraint(
                fields=("release", "attester"), name="attested_once_per_person"
            ),
        )

    @override
    def __str__(self) -> str:
        return f"{self.release_id} {self.seat_id}"


class ReleaseWithdrawal(models.Model):
    """A release, or a proposal, taken back with a reason. What was attested stays as it was."""

    release = models.OneToOneField(Release, on_delete=models.PROTECT, related_name="withdrawal")
    seat = models.ForeignKey(Seat, on_delete=models.PROTECT, related_name="+")
    withdrawn_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    printed_name = models.CharField(max_length=120)
    reason = models.TextField()
    withdrawn_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("withdrawn_at",)

    @override
    def __str__(self) -> str:
        return f"{self.release_id} withdrawn"
