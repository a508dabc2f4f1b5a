"""Background tasks. They run in the task worker, as the system, on behalf of whoever asked."""

from __future__ import annotations

import datetime as dt
import logging
import uuid
from dataclasses import dataclass, field

from django.db import transaction
from django.http import QueryDict
from django.tasks import TaskResultStatus, task
from django.utils import timezone
from django.utils.translation import gettext as _
from django_tasks_db.models import DBTaskResult

from responsibilities.choices import Paper, ReleaseStatus, Via
from responsibilities.exchange import filters, proof
from responsibilities.exchange.details import Changes, Details, ExportError, ExportStoppedError
from responsibilities.exchange.registry import WRITERS
from responsibilities.matrix import DamagedError, Matrix, MatrixFilter
from responsibilities.matrix.release_changes import compare_editions
from responsibilities.matrix.releases import current, edition
from responsibilities.matrix.releases import releases as all_releases
from responsibilities.matrix.revisions import revisions
from responsibilities.models import Attestation, Checkpoint, Export, Release, Workspace
from responsibilities.permissions import Actor, system_actor
from responsibilities.services import checkpoints, exports, releases
from responsibilities.services.errors import InvalidError
from responsibilities.services.statements import Authentication, Shown

logger = logging.getLogger(__name__)

DAY = dt.timedelta(days=1)


@transaction.atomic
def queue_export(
    *,
    actor: Actor,
    workspace: Workspace,
    format: str,  # noqa: A002  # the word for it
    paper: str = Paper.A4,
    wanted: MatrixFilter | None = None,
) -> Export:
    """Ask for an export and put its task into the queue: both, or neither.

    Raises as `services.exports.request` does.
    """
    export = exports.request(
        actor=actor, workspace=workspace, format=format, paper=paper, wanted=wanted
    )
    render_export.enqueue(str(export.pk))
    return export


@transaction.atomic
def attest_release(
    *,
    actor: Actor,
    workspace: Workspace,
    release_id: uuid.UUID,
    shown: Shown,
    authentication: Authentication,
) -> Attestation:
    """Attest a release; if that brings it into force, have its PDF made by the system.

    Raises as `services.releases.attest` does. Whether the PDF succeeds is no matter of the
    release: it stands, and `queue_release` asks again.
    """
    attestation = releases.attest(
        actor=actor,
        workspace=workspace,
        release_id=release_id,
        shown=shown,
        authentication=authentication,
    )
    if attestation.release.status == ReleaseStatus.CURRENT:
        queue_release(actor=system_actor(Via.TASK), workspace=workspace, release_id=release_id)
    return attestation


@transaction.atomic
def queue_release(*, actor: Actor, workspace: Workspace, release_id: uuid.UUID) -> Export:
    """Ask for the PDF of a release and put its task into the queue: both, or neither.

    Closes exports that another task has left behind first, so that one of them is not in the way.
    Raises as `services.exports.request_release` does.
    """
    exports.reap()
    export = exports.request_release(actor=actor, workspace=workspace, release_id=release_id)
    render_export.enqueue(str(export.pk))
    return export


@task
def render_export(export_id: str) -> None:
    """Make the file of an export that waits."""
    make_export(uuid.UUID(export_id))


def make_export(export_id: uuid.UUID) -> None:
    """Make the file of an export that waits, here and now. The export says how it went.

    Closes exports that another task has left behind first. An error that nobody foresaw fails
    the export and is raised.
    """
    exports.reap()
    job = exports.start(export_id=export_id)
    if job is None:
        return
    watch = _Watch(export_id)
    try:
        content, digest = _content(job, watch)
    except ExportStoppedError:
        return
    except (ExportError, InvalidError) as error:
        logger.warning("export %s failed: %s", export_id, error)
        exports.fail(export_id=export_id, reason=str(error))
        return
    except BaseException:
        exports.fail(
            export_id=export_id,
            reason=_("Something went wrong. The log of the task worker says what."),
        )
        raise
    extension = WRITERS[job.export.format].extension
    exports.finish(
        export_id=export_id,
        content=content,
        extension=extension,
        matrix_digest=digest,
        notice=" ".join(watch.notices),
    )


@dataclass
class _Watch:
    """Tells the page how far an export is, and the writer whether it is still wanted."""

    export_id: uuid.UUID
    percent: int = 0
    notices: list[str] = field(default_factory=list)

    def progress(self, done: int, total: int) -> None:
        """Write the share down; 100 comes with the file."""
        percent = min(99, 100 * done // total)
        if percent != self.percent:
            self.percent = percent
            exports.progress(export_id=self.export_id, percent=percent)

    def stopped(self) -> bool:
        """Say whether the export was cancelled."""
        return not exports.is_running(export_id=self.export_id)

    def notice(self, words: str) -> None:
        """Keep what the page and the log will say about the file."""
        self.notices.append(words)


def _content(job: exports.Job, watch: _Watch) -> tuple[bytes, str]:
    """Return the bytes of the file and the digest of the matrix in it."""
    export, membership = job.export, job.membership
    wanted = MatrixFilter.parse(
        QueryDict(export.query),
        seat_id=membership.seat_id if membership else None,
        user_id=export.requested_by_id,
    )
    prepared, checkpoint = _prepared(export, wanted)
    if export.release is not None:
        details = _release_details(export.release, prepared.whole, checkpoint)
    else:
        details = _draft_details(job, wanted, prepared, checkpoint)
    content = WRITERS[export.format].write(prepared.shown, details, watch)
    return content, prepared.digest


def _draft_details(
    job: exports.Job, wanted: MatrixFilter, prepared: exports.Prepared, checkpoint: Checkpoint
) -> Details:
    """Return what an export of the draft says of itself: who asked, for what, and since when."""
    export, membership, whole = job.export, job.membership, prepared.whole
    name = export.requested_by.name if export.requested_by else _("the operator")
    return Details(
        edition=export.edition,
        created_at=export.created_at.replace(microsecond=0),
        requested_by=name,
        organization=membership.seat.organization.name if membership else "",
        filter=filters.words(wanted, whole, me=name),
        numbers=_numbers(whole),
        paper=Paper(export.paper),
        proof=proof.proof(prepared.shown, checkpoint, prepared.seq),
        checkpoint=checkpoint.note,
        fingerprint=checkpoint.key.fingerprint,
        revisions=revisions(all_releases(export.workspace), timezone.now()),
        changes=_changes(current(export.workspace), whole),
    )


def _release_details(release: Release, frozen: Matrix, checkpoint: Checkpoint) -> Details:
    """Return what the file of a release says of itself.

    Only what was known when the release came into force, and nothing of who asked for the file:
    made again, it has the same bytes.
    """
    if release.effective_at is None:
        raise ValueError(release.number)
    known = revisions(all_releases(release.workspace), release.effective_at)
    return Details(
        edition=release.number,
        created_at=release.effective_at.replace(microsecond=0),
        requested_by="",
        organization="",
        numbers=_numbers(frozen),
        paper=Paper(release.paper),
        proof=proof.proof(frozen, checkpoint, release=release),
        checkpoint=checkpoint.note,
        fingerprint=checkpoint.key.fingerprint,
        release=next(one for one in known if one.number == release.number),
        revisions=known,
        changes=_changes(release.previous, frozen),
    )


def _changes(before: Release | None, now: Matrix) -> Changes | None:
    """Return what differs from an earlier release, if there is one.

    Raises InvalidError if that does not fit its digest.
    """
    if before is None:
        return None
    try:
        then = edition(before.workspace, before)
    except DamagedError as error:
        message = _("Release %(number)s does not fit its digest any more. No file was made.")
        raise InvalidError(message % {"number": before.number}) from error
    return Changes(before.number, compare_editions(then, now))


def _numbers(whole: Matrix) -> dict[str, int]:
    return {section.key: n for n, section in enumerate(whole.sections, start=1)}


@transaction.atomic
def _prepared(export: Export, wanted: MatrixFilter) -> tuple[exports.Prepared, Checkpoint]:
    """Let the log name the matrix, sign where it stands then, and have that mailed.

    A release goes with the first checkpoint that covers its last attestation, so that its file is
    always the same. Raises InvalidError if nothing can be signed.
    """
    workspace = export.workspace
    prepared = exports.prepare(export_id=export.pk, wanted=wanted)
    if prepared is None:
        raise ExportStoppedError
    if export.release_id is not None:
        first = checkpoints.covering(workspace=workspace, seq=prepared.seq)
        if first is not None:
            return prepared, first
    checkpoint = checkpoints.issue(actor=system_actor(Via.TASK), workspace=workspace)
    mail_checkpoint.enqueue(checkpoint.pk)
    return prepared, checkpoint


@task
def mail_checkpoint(checkpoint_id: int) -> None:
    """Mail a checkpoint to the managers of every side."""
    found = Checkpoint.objects.select_related("workspace", "key").get(pk=checkpoint_id)
    checkpoints.mail(checkpoint=found)


@task
def daily_checkpoints() -> None:
    """Sign every log that has grown, and have that mailed; first ask for the same tomorrow."""
    schedule_checkpoints(timezone.now() + DAY)
    for workspace, issued in checkpoints.issue_due(actor=system_actor(Via.TASK)):
        if isinstance(issued, InvalidError):
            logger.error("no checkpoint for %s: %s", workspace.slug, issued.message)
        else:
            mail_checkpoint.enqueue(issued.pk)


def schedule_checkpoints(at: dt.datetime) -> bool:
    """Put the daily task into the queue, unless it waits there already; say whether it was put."""
    waiting = DBTaskResult.objects.filter(
        task_path=daily_checkpoints.module_path, status=TaskResultStatus.READY
    )
    if waiting.exists():
        return False
    daily_checkpoints.using(run_after=at).enqueue()
    return True
