"""Releases in tests, through the real services."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils import timezone

from responsibilities import matrix
from responsibilities.choices import AuditAction, ExportFormat, ExportStatus, Role, Via
from responsibilities.models import Attestation, Export, Release, Workspace
from responsibilities.permissions import system_actor
from responsibilities.services import attestations, audit, releases
from responsibilities.services.releases import Step
from tests.signing import AUTHENTICATION
from tests.world import World


def propose(
    world: World, step: Step = Step.MAJOR, *, side: str = "party0", summary: str = "All of it"
) -> Release:
    """Propose the draft as it is, whatever findings it has."""
    workspace = Workspace.objects.with_catalog().get(pk=world.workspace.pk)
    workspace.blocking_findings = []
    workspace.save()
    return releases.propose(
        actor=world.actor(side),
        workspace=workspace,
        shown_digest=matrix.digest(matrix.load(workspace)),
        step=step,
        summary=summary,
    )


def attest(
    world: World,
    release: Release,
    side: str,
    role: str = Role.MANAGER,
    *,
    through: Callable[..., Attestation] = releases.attest,
) -> Attestation:
    """Attest a proposal for a side, through the service or what stands before it."""
    actor = world.actor(side, role)
    assert actor.membership is not None
    return through(
        actor=actor,
        workspace=world.workspace,
        release_id=release.pk,
        shown=attestations.offer(release, actor.membership),
        authentication=AUTHENTICATION,
    )


def make_release(world: World, step: Step = Step.MAJOR, summary: str = "All of it") -> Release:
    """Propose the draft, attest it for every side, and return the release."""
    release = propose(world, step, summary=summary)
    for seat in world.workspace.seats.select_related("party"):
        attest(world, release, seat.party.key)
    release.refresh_from_db()
    return release


def withdraw(world: World, release: Release, reason: str = "Two duties were left out") -> None:
    """Take a release back for the second side."""
    releases.withdraw(
        actor=world.actor("party1"),
        workspace=world.workspace,
        release_id=release.pk,
        reason=reason,
    )


def stored_pdf(world: World, release: Release, data: bytes) -> Export:
    """Keep a file as the PDF of a release, and let the log name it."""
    export = Export.objects.create(
        workspace=world.workspace,
        release=release,
        format=ExportFormat.PDF,
        status=ExportStatus.DONE,
        finished_at=timezone.now(),
        file=default_storage.save("exports/release.pdf", ContentFile(data)),
    )
    audit.append(
        workspace=world.workspace,
        actor=system_actor(Via.TASK),
        action=AuditAction.EXPORT_CREATED,
        subject=audit.Subject("export", str(export.pk)),
        label="PDF",
        changes=[
            audit.Change("SHA-256", "", hashlib.sha256(data).hexdigest()),
            audit.Change("matrix digest", "", release.digest),
        ],
    )
    return export
