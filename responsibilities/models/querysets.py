"""Queryset verbs. `visible_to` scopes, `for_*` selects, `with_*` annotates."""

# ruff: noqa: F401 (the names stand in quotes, as type arguments of the base classes)

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.db import models
from django.utils import timezone

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from responsibilities.models.accounts import User
    from responsibilities.models.audit import AuditEvent
    from responsibilities.models.evidence import Evidence
    from responsibilities.models.exports import Export
    from responsibilities.models.releases import Release
    from responsibilities.models.workspaces import Membership, Team, Workspace


class MembershipQuerySet(models.QuerySet["Membership"]):
    """Memberships; one that has expired counts for nothing."""

    def in_force(self) -> Self:
        """Keep memberships of active users that have not expired."""
        return self.filter(
            models.Q(expires_at=None) | models.Q(expires_at__gt=timezone.now()),
            user__is_active=True,
        )


class WorkspaceQuerySet(models.QuerySet["Workspace"]):
    """Workspaces, always scoped to a person before they are shown."""

    def visible_to(self, user: User | AnonymousUser) -> Self:
        """Keep the workspaces that `user` is a member of now."""
        if user.pk is None:
            return self.none()
        now = timezone.now()
        return self.filter(
            models.Q(memberships__expires_at=None) | models.Q(memberships__expires_at__gt=now),
            memberships__user=user.pk,
            memberships__user__is_active=True,
        )

    def with_catalog(self) -> Self:
        """Fetch the model version and the model along."""
        return self.select_related("model_version__model")


class TeamQuerySet(models.QuerySet["Team"]):
    """Teams: the columns of a matrix."""

    def in_use(self) -> Self:
        """Keep teams that are not archived."""
        return self.filter(archived_at=None)


class EvidenceQuerySet(models.QuerySet["Evidence"]):
    """Pieces of evidence."""

    def in_use(self) -> Self:
        """Keep evidence that is not archived."""
        return self.filter(archived_at=None)

    def with_current(self) -> Self:
        """Fetch the newest revision and the side along."""
        return self.select_related("current", "seat__party", "seat__organization")

    def with_items(self) -> Self:
        """Fetch the items that each piece serves along, with their responsibilities."""
        return self.prefetch_related("items__responsibility")


class ExportQuerySet(models.QuerySet["Export"]):
    """Exports."""

    def unfinished(self) -> Self:
        """Keep exports that wait or run."""
        return self.filter(status__in=("queued", "running"))

    def of_release(self, release: Release) -> Self:
        """Keep the file of a release, made or under way; there is at most one of a format."""
        return self.filter(release=release, status__in=("queued", "running", "done"))


class AuditEventQuerySet(models.QuerySet["AuditEvent"]):
    """Audit events; rows are added by `services.audit` and by nothing else."""

    def for_item(self, item_id: int) -> Self:
        """Keep the events that touched this item."""
        return self.filter(subjects__item_id=item_id)
