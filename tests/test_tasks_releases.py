"""The file of a release: asked for with the last attestation, and always the same bytes."""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import shutil
from functools import partial
from pathlib import Path

import pytest
from django.conf import settings
from django.utils import timezone
from django_tasks_db.models import DBTaskResult
from pypdf import PdfReader
from pytest_django.fixtures import Settings

from responsibilities import matrix, tasks
from responsibilities.choices import AuditAction, ExportStatus, Paper, ReleaseStatus, Role, Via
from responsibilities.models import AuditEvent, Checkpoint, Export, Release
from responsibilities.permissions import NotAllowedError, system_actor
from responsibilities.services import checkpoints, exports, log_keys
from responsibilities.services.errors import InvalidError
from responsibilities.services.releases import Step
from tests import releasing
from tests.attacks import drop_triggers, sql
from tests.releasing import make_release, propose, withdraw
from tests.signing import edit, sign
from tests.world import World

attest = partial(releasing.attest, through=tasks.attest_release)
"""Attest a proposal as the page does: through the task."""


def released(world: World, step: Step = Step.MAJOR) -> Export:
    """Propose and attest a release, and return the export that this asks for."""
    release = propose(world, step)
    attest(world, release, "party0")
    attest(world, release, "party1")
    return Export.objects.get(release=release)


def made(export: Export) -> bytes:
    """Run the task of an export, and return the bytes that are kept."""
    tasks.render_export.call(str(export.pk))
    export.refresh_from_db()
    assert (export.status, export.error) == (ExportStatus.DONE, "")
    with export.file.open("rb") as file:
        data: bytes = file.read()
    return data


def attached(data: bytes, name: str) -> bytes:
    """Return a file that a PDF carries."""
    (found,) = PdfReader(io.BytesIO(data)).attachments[name]
    assert isinstance(found, bytes)
    return found


def actions(world: World) -> list[str]:
    """Return what the log says of releases and exports, in order."""
    found = AuditEvent.objects.filter(
        workspace=world.workspace, object_type__in=["release", "export"]
    )
    return list(found.order_by("seq").values_list("action", flat=True))


def test_only_the_last_attestation_asks_for_the_file(world: World) -> None:
    release = propose(world)
    attest(world, release, "party0")
    assert not Export.objects.exists()
    assert not DBTaskResult.objects.exists()
    attest(world, release, "party1")
    export = Export.objects.get()
    assert (export.release, export.edition, export.format) == (release, "1.0", "pdf")
    assert (export.paper, export.requested_by, export.status) == (Paper.A4, None, "queued")
    (task,) = DBTaskResult.objects.all()
    assert task.args_kwargs == {"args": [str(export.pk)], "kwargs": {}}
    assert actions(world) == [
        AuditAction.RELEASE_PROPOSED,
        AuditAction.RELEASE_ATTESTED,
        AuditAction.RELEASE_ATTESTED,
        AuditAction.EXPORT_REQUESTED,
    ]
    event = AuditEvent.objects.get(action=AuditAction.EXPORT_REQUESTED)
    assert (event.actor_id, event.object_id) == (None, str(export.pk))
    assert f'"via":"{Via.TASK.value}"' in event.leaf


def test_a_refused_attestation_asks_for_nothing(world: World) -> None:
    release = propose(world)
    attest(world, release, "party0")
    with pytest.raises(NotAllowedError):
        attest(world, release, "party1", Role.CONTRIBUTOR)
    with pytest.raises(InvalidError):
        attest(world, release, "party0", Role.APPROVER)
    assert not Export.objects.exists()
    release.refresh_from_db()
    assert release.status == ReleaseStatus.PROPOSED


@pytest.mark.pdf
def test_the_file_holds_what_was_attested_and_not_the_draft(world: World) -> None:
    release = propose(world)
    edit(world, "T-S0-01", note="Written after the proposal.")
    attest(world, release, "party0")
    attest(world, release, "party1")
    export = Export.objects.get()
    data = made(export)
    assert attached(data, "matrix.json") == release.snapshot.encode()
    assert hashlib.sha256(attached(data, "matrix.json")).hexdigest() == release.digest
    assert export.matrix_digest == release.digest
    assert export.sha256 == hashlib.sha256(data).hexdigest()
    assert b"Written after" not in attached(data, "matrix.json")
    checkpoint = Checkpoint.objects.get()
    assert checkpoint.note.encode() in attached(data, "proof.json").replace(b"\\n", b"\n")
    mails = DBTaskResult.objects.filter(task_path=tasks.mail_checkpoint.module_path)
    assert [task.args_kwargs["args"] for task in mails] == [[checkpoint.pk]]
    assert actions(world)[-1] == AuditAction.EXPORT_CREATED
    assert AuditAction.EXPORT_PREPARED not in actions(world)


@pytest.mark.pdf
def test_made_again_much_later_it_has_the_same_bytes(
    world: World, settings: Settings, tmp_path: Path
) -> None:
    sign(world, "party0", "T-S0-01")
    make_release(world, summary="The first")
    edit(world, "T-S0-02", note="A note that is new in 1.1.")
    key = tmp_path / "key"
    key.write_text(log_key())
    settings.REXMATRIX_LOG_KEY, settings.REXMATRIX_LOG_KEY_FILE = "", key
    export = released(world, Step.MINOR)
    first = made(export)
    release = export.release
    assert release is not None

    edit(world, "T-S0-01", note="Later.")
    log_keys.rotate(actor=system_actor(), path=key)
    later = tasks.queue_export(
        actor=world.actor("party1"), workspace=world.workspace, format="json"
    )
    made(later)
    checkpoints.issue(actor=system_actor(), workspace=world.workspace)
    withdraw(world, release)
    make_release(world, Step.MINOR, "The third")
    world.workspace.name = "Acme under another name"
    world.workspace.save()
    assert Checkpoint.objects.count() > 1
    forget(export, settings)
    assert made(export) == first


def log_key() -> str:
    """Return the private key that the tests sign with, as text."""
    if settings.REXMATRIX_LOG_KEY:
        return str(settings.REXMATRIX_LOG_KEY)
    return Path(settings.REXMATRIX_LOG_KEY_FILE).read_text()


def forget(export: Export, settings: Settings) -> None:
    """Take the file away as if it had never been made, with all its parts."""
    export.file.delete(save=False)
    export.status, export.created_at = ExportStatus.QUEUED, timezone.now() + dt.timedelta(days=9)
    export.save()
    shutil.rmtree(settings.REXMATRIX_PDF_CACHE_DIR)


@pytest.mark.pdf
def test_a_checkpoint_that_covers_it_already_is_taken(world: World) -> None:
    export = released(world)
    before = checkpoints.issue(actor=system_actor(), workspace=world.workspace)
    edit(world, "T-S0-01", note="Later.")
    checkpoints.issue(actor=system_actor(), workspace=world.workspace)
    data = made(export)
    assert before.note.encode() in attached(data, "proof.json").replace(b"\\n", b"\n")
    mails = DBTaskResult.objects.filter(task_path=tasks.mail_checkpoint.module_path)
    assert not mails.exists()


@pytest.mark.pdf
def test_a_checkpoint_that_ends_before_the_last_attestation_is_not_enough(world: World) -> None:
    release = propose(world)
    attest(world, release, "party0")
    early = checkpoints.issue(actor=system_actor(), workspace=world.workspace)
    attest(world, release, "party1")
    made(Export.objects.get())
    assert Checkpoint.objects.filter(size__gt=early.size).count() == 1


def test_a_damaged_snapshot_makes_no_file(world: World) -> None:
    export = released(world)
    drop_triggers()
    sql("UPDATE responsibilities_release SET snapshot = replace(snapshot, 'Duty', 'duty')")
    tasks.render_export.call(str(export.pk))
    export.refresh_from_db()
    assert export.status == ExportStatus.FAILED
    assert "does not fit its digest" in export.error
    assert Release.objects.get().status == ReleaseStatus.CURRENT


def test_what_failed_can_be_asked_for_again(world: World) -> None:
    export = released(world)
    exports.fail(export_id=export.pk, reason="No room.")
    again = tasks.queue_release(
        actor=world.actor("party1", Role.AUDITOR),
        workspace=world.workspace,
        release_id=Release.objects.get().pk,
    )
    assert again.requested_by == world.user("party1", Role.AUDITOR)
    assert DBTaskResult.objects.count() == 2


def test_an_abandoned_one_is_not_in_the_way(world: World) -> None:
    export = released(world)
    assert exports.start(export_id=export.pk)
    Export.objects.update(started_at=timezone.now() - dt.timedelta(days=1))
    again = tasks.queue_release(
        actor=system_actor(), workspace=world.workspace, release_id=Release.objects.get().pk
    )
    export.refresh_from_db()
    assert (export.status, again.status) == ("failed", "queued")


@pytest.mark.pdf
def test_a_draft_names_the_release_before_it(world: World) -> None:
    make_release(world)
    edit(world, "T-S0-01", note="New since 1.0.")
    export = tasks.queue_export(
        actor=world.actor("party1"), workspace=world.workspace, format="pdf"
    )
    data = made(export)
    pages = [page.extract_text() for page in PdfReader(io.BytesIO(data)).pages]
    assert "DRAFT after release 1.0" in " ".join(pages[0].split())
    assert "Changes since release 1.0" in " ".join(pages[2].split())
    assert "New since 1.0." in " ".join(pages[2].split())
    world.workspace.refresh_from_db()
    assert export.matrix_digest == matrix.digest(matrix.load(world.workspace))
