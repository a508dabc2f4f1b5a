"""Exports: asked for by a person, made by a task, kept as files.

`request`, `prepare`, `finish`, `fail` and `cancel` are each one event in the log. `start` and
`progress` only move the row along.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import uuid
from dataclasses import dataclass

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from responsibilities import matrix
from responsibilities.choices import AuditAction, ExportFormat, ExportStatus, Paper, Via
from responsibilities.matrix import DamagedError, Matrix, MatrixFilter
from responsibilities.matrix.releases import edition
from responsibilities.models import AuditEvent, Export, Membership, Release, Workspace
from responsibilities.permissions import (
    Action,
    Actor,
    NotAllowedError,
    may_anywhere,
    require_anywhere,
    system_actor,
)
from responsibilities.services import audit
from responsibilities.services.errors import InvalidError

QUERY_LENGTH = 2000
"""As many characters as the column holds."""

MOST_AT_ONCE = 3
"""How many exports one person may have under way in one workspace."""

GRACE = dt.timedelta(minutes=1)
"""How long after its time limit a running export counts as abandoned."""


@dataclass(frozen=True, slots=True)
class Job:
    """An export that a task has taken up. `membership` is empty where the system asked."""

    export: Export
    membership: Membership | None


@dataclass(frozen=True, slots=True)
class Prepared:
    """The matrix of an export: whole, as it is shown, its digest, and the event that names it."""

    whole: Matrix
    shown: Matrix
    digest: str
    seq: int


@transaction.atomic
def request(
    *,
    actor: Actor,
    workspace: Workspace,
    format: str,  # noqa: A002  # the word for it
    paper: str = Paper.A4,
    wanted: MatrixFilter | None = None,
) -> Export:
    """Ask for an export of the present draft, and return it. It waits for a task.

    Raises NotAllowedError unless the actor may export, InvalidError for an unknown format or
    paper, and when the person has too many under way already.
    """
    require_anywhere(actor, Action.EXPORT)
    if format not in ExportFormat.values or paper not in Paper.values:
        raise InvalidError(_("Choose one of the formats."), field="format")
    query = wanted.query_string() if wanted else ""
    if len(query) > QUERY_LENGTH:
        raise InvalidError(_("This filter is too long. Take some of its parts away."))
    if actor.user:
        waiting = Export.objects.unfinished().filter(workspace=workspace, requested_by=actor.user)
        if waiting.exclude(pk__in=_abandoned()).count() >= MOST_AT_ONCE:
            raise InvalidError(
                _("You already have %(count)d exports under way. Wait for one, or cancel it.")
                % {"count": MOST_AT_ONCE}
            )
    export = Export.objects.create(
        workspace=workspace, format=format, paper=paper, query=query, requested_by=actor.user
    )
    changes = [audit.Change(_("format"), "", str(export.get_format_display()))]
    if format == ExportFormat.PDF:
        changes.append(audit.Change(_("paper"), "", str(export.get_paper_display())))
    if query:
        changes.append(audit.Change(_("filter"), "", query))
    _record(actor, export, AuditAction.EXPORT_REQUESTED, changes)
    return export


@transaction.atomic
def request_release(*, actor: Actor, workspace: Workspace, release_id: uuid.UUID) -> Export:
    """Ask for the PDF of a release, and return the export. It waits for a task.

    A release has one file: another is made only where the first failed or was cancelled. Raises
    NotAllowedError unless the actor may export, Release.DoesNotExist for a foreign release,
    InvalidError for one that was never in force or has its file, made or under way.
    """
    require_anywhere(actor, Action.EXPORT)
    audit.hold(workspace=workspace)
    release = Release.objects.defer("snapshot").get(pk=release_id, workspace=workspace)
    if release.effective_at is None:
        raise InvalidError(
            _("Release %(number)s was never in force: it has no file.") % {"number": release.number}
        )
    if Export.objects.of_release(release).exists():
        raise InvalidError(
            _("Release %(number)s has its file already, or it is under way.")
            % {"number": release.number}
        )
    export = Export.objects.create(
        workspace=workspace,
        format=ExportFormat.PDF,
        paper=release.paper,
        release=release,
        edition=release.number,
        requested_by=actor.user,
    )
    changes = [
        audit.Change(_("release"), "", release.number),
        audit.Change(_("format"), "", str(export.get_format_display())),
        audit.Change(_("paper"), "", str(export.get_paper_display())),
    ]
    _record(actor, export, AuditAction.EXPORT_REQUESTED, changes)
    return export


@transaction.atomic
def start(*, export_id: uuid.UUID) -> Job | None:
    """Take up an export that waits. None if there is nothing to do: cancelled, or taken already.

    Whoever asked may have lost the right since: then the export fails, and None is returned.
    """
    export = _locked(export_id)
    if export.status != ExportStatus.QUEUED:
        return None
    try:
        membership = _membership_in_force(export)
    except NotAllowedError as refusal:
        _fail(export, str(refusal))
        return None
    export.status = ExportStatus.RUNNING
    export.started_at = timezone.now()
    export.save(update_fields=["status", "started_at"])
    return Job(export, membership)


def progress(*, export_id: uuid.UUID, percent: int) -> None:
    """Write down how far a running export is."""
    Export.objects.filter(pk=export_id, status=ExportStatus.RUNNING).update(progress=percent)


@transaction.atomic
def prepare(*, export_id: uuid.UUID, wanted: MatrixFilter) -> Prepared | None:
    """Read the matrix of a running export, and let the log name it; None if it runs no more.

    The matrix is read under the lock of the log, so that both say the same. The file can then
    prove by itself that the log knows its matrix. That of a release is the frozen one, which its
    last attestation has named; raises InvalidError if it does not fit its digest.
    """
    export = _locked(export_id)
    if export.status != ExportStatus.RUNNING:
        return None
    audit.hold(workspace=export.workspace)
    if export.release is not None:
        return _prepare_release(export, export.release)
    whole = matrix.load(export.workspace)
    shown = wanted.apply(whole)
    export.matrix_digest = matrix.digest(shown)
    export.save(update_fields=["matrix_digest"])
    changes = [audit.Change("matrix SHA-256", "", export.matrix_digest)]
    event = _record(system_actor(Via.TASK), export, AuditAction.EXPORT_PREPARED, changes)
    return Prepared(whole, shown, export.matrix_digest, event.seq)


def _prepare_release(export: Export, release: Release) -> Prepared:
    """Return the frozen matrix of a release. Appends nothing: the log has named it."""
    damaged = _("What was attested does not fit its digest any more. No file was made.")
    try:
        frozen = edition(export.workspace, release)
    except DamagedError as error:
        raise InvalidError(damaged) from error
    if matrix.digest(frozen) != release.digest:
        raise InvalidError(damaged)
    export.matrix_digest = release.digest
    export.save(update_fields=["matrix_digest"])
    attested = AuditEvent.objects.filter(
        workspace=export.workspace,
        action=AuditAction.RELEASE_ATTESTED,
        object_id=str(release.pk),
    ).latest("seq")
    return Prepared(frozen, frozen, release.digest, attested.seq)


def is_running(*, export_id: uuid.UUID) -> bool:
    """Say whether the export still runs; no longer once somebody has cancelled it."""
    return Export.objects.filter(pk=export_id, status=ExportStatus.RUNNING).exists()


def finish(
    *, export_id: uuid.UUID, content: bytes, extension: str, matrix_digest: str, notice: str = ""
) -> Export:
    """Keep the file of a running export, and return the export.

    `notice` says what the file lacks that it should have; the list shows it, and the log.

    Cancelled meanwhile: nothing is kept. Whoever asked has lost the right meanwhile: the export
    fails and nothing is kept.
    """
    name = default_storage.save(f"exports/{uuid.uuid4()}.{extension}", ContentFile(content))
    kept = False
    try:
        with transaction.atomic():
            export = _locked(export_id)
            kept = _finish(export, name, content, matrix_digest, notice)
    finally:
        if not kept:
            default_storage.delete(name)
    return export


def _finish(export: Export, name: str, content: bytes, matrix_digest: str, notice: str) -> bool:
    if export.status != ExportStatus.RUNNING:
        return False
    try:
        _membership_in_force(export)
    except NotAllowedError as refusal:
        _fail(export, str(refusal))
        return False
    export.file.name = name
    export.size = len(content)
    export.sha256 = hashlib.sha256(content).hexdigest()
    export.matrix_digest = matrix_digest
    export.status = ExportStatus.DONE
    export.progress = 100
    export.notice = notice
    export.finished_at = timezone.now()
    export.save()
    changes = [
        audit.Change(_("SHA-256"), "", export.sha256),
        audit.Change(_("matrix digest"), "", matrix_digest),
    ]
    if notice:
        changes.append(audit.Change(_("notice"), "", notice))
    _record(system_actor(Via.TASK), export, AuditAction.EXPORT_CREATED, changes)
    return True


@transaction.atomic
def fail(*, export_id: uuid.UUID, reason: str) -> Export:
    """Close an export that could not be made, with the reason for people, and return it."""
    export = _locked(export_id)
    if export.status in {ExportStatus.QUEUED, ExportStatus.RUNNING}:
        _fail(export, reason)
    return export


def _fail(export: Export, reason: str) -> None:
    export.status = ExportStatus.FAILED
    export.error = reason
    export.finished_at = timezone.now()
    export.save(update_fields=["status", "error", "finished_at"])
    _record(system_actor(Via.TASK), export, AuditAction.EXPORT_FAILED, [], reason=reason)


@transaction.atomic
def cancel(*, actor: Actor, workspace: Workspace, export_id: uuid.UUID) -> Export:
    """Cancel an export that waits or runs, and return it. The task ends within a second.

    Only whoever asked for it, or a manager. Raises Export.DoesNotExist for a foreign one,
    NotAllowedError, and InvalidError when there is nothing left to cancel.
    """
    export = _locked(export_id, workspace)
    if not may_cancel(actor, export):
        raise NotAllowedError(_("Only whoever asked for an export, or a manager, can cancel it."))
    if export.status not in {ExportStatus.QUEUED, ExportStatus.RUNNING}:
        raise InvalidError(_("This export has ended already: there is nothing to cancel."))
    export.status = ExportStatus.CANCELLED
    export.finished_at = timezone.now()
    export.save(update_fields=["status", "finished_at"])
    _record(actor, export, AuditAction.EXPORT_CANCELLED, [])
    return export


def may_cancel(actor: Actor, export: Export) -> bool:
    """Say whether the actor may cancel this export. No query."""
    if not may_anywhere(actor, Action.EXPORT):
        return False
    mine = actor.user is not None and export.requested_by_id == actor.user.pk
    return mine or may_anywhere(actor, Action.WORKSPACE_EDIT)


def reap() -> int:
    """Fail the exports whose task has vanished, and return how many there were.

    A task that is killed (power, memory) cannot say so. Its export is past its time limit.
    """
    found = list(_abandoned().values_list("pk", flat=True))
    for export_id in found:
        fail(export_id=export_id, reason=_("The task that made it ended without a word."))
    return len(found)


def is_abandoned(export: Export) -> bool:
    """Say whether an export claims to run although its time limit has passed. No query."""
    return (
        export.status == ExportStatus.RUNNING
        and export.started_at is not None
        and export.started_at < _last_start()
    )


def _last_start() -> dt.datetime:
    limit = dt.timedelta(seconds=settings.REXMATRIX_EXPORT_SECONDS)
    return timezone.now() - limit - GRACE


def _abandoned() -> models.QuerySet[Export]:
    return Export.objects.filter(status=ExportStatus.RUNNING, started_at__lt=_last_start())


def _locked(export_id: uuid.UUID, workspace: Workspace | None = None) -> Export:
    scope = {"workspace": workspace} if workspace else {}
    return (
        Export.objects.select_for_update(of=("self",), no_key=True)
        .select_related("workspace__model_version__model", "requested_by")
        .get(pk=export_id, **scope)
    )


def _membership_in_force(export: Export) -> Membership | None:
    """Return the membership of whoever asked; raise NotAllowedError if it is gone or too weak."""
    if export.requested_by is None:
        return None
    membership = (
        Membership.objects.in_force()
        .filter(workspace=export.workspace_id, user=export.requested_by)
        .select_related("seat__party", "seat__organization", "user")
        .first()
    )
    actor = Actor(user=export.requested_by, via=Via.TASK, membership=membership)
    if not may_anywhere(actor, Action.EXPORT):
        raise NotAllowedError(
            _("%(name)s may no longer export this workspace. No file was made.")
            % {"name": export.requested_by.name}
        )
    return membership


def _record(
    actor: Actor,
    export: Export,
    action: AuditAction,
    changes: list[audit.Change],
    reason: str = "",
) -> AuditEvent:
    return audit.append(
        workspace=export.workspace,
        actor=actor,
        action=action,
        subject=audit.Subject("export", str(export.pk)),
        label=_label(export),
        changes=changes,
        reason=reason,
    )


def _label(export: Export) -> str:
    if export.release_id is None:
        return str(export.get_format_display())
    names = {"format": export.get_format_display(), "number": export.edition}
    return _("%(format)s of release %(number)s") % names
