"""A workspace: one customer's copy of one model version, and who sits in it."""

from __future__ import annotations

import uuid
from typing import override

from django.conf import settings
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from responsibilities.choices import FindingKind, Role
from responsibilities.models.catalog import ModelVersion, Party
from responsibilities.models.querysets import (
    MembershipQuerySet,
    TeamQuerySet,
    WorkspaceQuerySet,
)


class Organization(models.Model):
    """The vendor, a customer, or any other company that takes a seat."""

    name = models.CharField(_("name"), max_length=120, unique=True)

    class Meta:
        ordering = ("name",)

    @override
    def __str__(self) -> str:
        return self.name


def default_blocking_findings() -> list[str]:
    """Return the kinds of findings that block a release unless a workspace says otherwise."""
    return [
        FindingKind.NO_ACCOUNTABLE,
        FindingKind.NO_RESPONSIBLE,
        FindingKind.ACCOUNTABLE_ELSEWHERE,
        FindingKind.SIGNOFF_STALE,
    ]


class Workspace(models.Model):
    """One customer's copy of one model version.

    `blocking_findings` lists the kinds of findings with which no release can be proposed.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    slug = models.SlugField(_("address"), max_length=60, unique=True)
    name = models.CharField(_("name"), max_length=120)
    model_version = models.ForeignKey(
        ModelVersion, on_delete=models.PROTECT, related_name="workspaces"
    )
    target_date = models.DateField(_("target date"), null=True, blank=True)
    blocking_findings = models.JSONField(
        _("findings that block a release"), default=default_blocking_findings, blank=True
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )

    objects = WorkspaceQuerySet.as_manager()

    class Meta:
        ordering = ("name",)

    @override
    def __str__(self) -> str:
        return self.name


class Seat(models.Model):
    """A side of a workspace: the organization that plays one party of the model."""

    workspace = models.ForeignKey(Workspace, on_delete=models.PROTECT, related_name="seats")
    party = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="seats")
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="seats")

    class Meta:
        ordering = ("party__position",)
        constraints = (
            models.UniqueConstraint(fields=("workspace", "party"), name="seat_once_per_party"),
        )

    @override
    def __str__(self) -> str:
        return self.organization.name


class Membership(models.Model):
    """A person on one side of a workspace, in one role.

    One membership per person and workspace: nobody sits on two sides.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    workspace = models.ForeignKey(Workspace, on_delete=models.PROTECT, related_name="memberships")
    seat = models.ForeignKey(Seat, on_delete=models.PROTECT, related_name="memberships")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="memberships"
    )
    role = models.CharField(_("role"), max_length=12, choices=Role)
    expires_at = models.DateTimeField(_("expires"), null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = MembershipQuerySet.as_manager()

    class Meta:
        ordering = ("user__name",)
        constraints = (
            models.UniqueConstraint(
                fields=("workspace", "user"),
                name="member_once_per_workspace",
                violation_error_message=_("This person is already a member."),
            ),
        )

    @override
    def __str__(self) -> str:
        return f"{self.user_id} {self.role}"


class Team(models.Model):
    """A column of the matrix. Belongs to one side."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    workspace = models.ForeignKey(Workspace, on_delete=models.PROTECT, related_name="teams")
    seat = models.ForeignKey(Seat, on_delete=models.PROTECT, related_name="teams")
    name = models.CharField(_("name"), max_length=80)
    description = models.CharField(_("description"), max_length=300, blank=True)
    position = models.PositiveSmallIntegerField(default=0)
    archived_at = models.DateTimeField(null=True, blank=True)

    objects = TeamQuerySet.as_manager()

    class Meta:
        ordering = ("position", "name")
        constraints = (
            models.UniqueConstraint(
                "seat",
                Lower("name"),
                condition=models.Q(archived_at=None),
                name="team_name_once_per_side",
                violation_error_message=_("This side already has a team with this name."),
            ),
        )

    @override
    def __str__(self) -> str:
        return self.name


class TeamMember(models.Model):
    """A member on a team. Goes when the membership goes."""

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="team_members")
    membership = models.ForeignKey(
        Membership, on_delete=models.CASCADE, related_name="team_members"
    )

    class Meta:
        ordering = ("membership__user__name",)
        constraints = (
            models.UniqueConstraint(fields=("team", "membership"), name="on_a_team_once"),
        )

    @override
    def __str__(self) -> str:
        return f"{self.team_id} {self.membership_id}"
