"""The public page that checks a file, on real PDFs: ours, edited, signed again, and outdated."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pikepdf
import pypdf
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from pytest_django.fixtures import Settings

from responsibilities import tasks
from responsibilities.choices import ExportStatus, ReleaseStatus
from responsibilities.models import Checkpoint, Export
from responsibilities.permissions import system_actor
from responsibilities.services import exports
from responsibilities.services.releases import Step
from tests.attacks import drop_triggers, sql
from tests.releasing import make_release, withdraw
from tests.signing import edit, sign
from tests.views.test_verify import (
    CHANGED,
    FOREIGN,
    NOT_SIGNED,
    OURS,
    UNVERIFIABLE,
    kept,
    outcome,
    page_of,
)
from tests.world import World

pytestmark = pytest.mark.pdf

KEY = "T-S0-01"
NOT_OURS = "Not the file that this server made"


@pytest.fixture
def exported(world: World) -> Export:
    """A PDF of a matrix with sign-offs, made as a task makes it."""
    sign(world, "party0", KEY)
    sign(world, "party1", KEY)
    export = exports.request(actor=system_actor(), workspace=world.workspace, format="pdf")
    tasks.make_export(export.pk)
    export.refresh_from_db()
    assert export.status == ExportStatus.DONE, export.error
    return export


@pytest.fixture
def data(exported: Export) -> bytes:
    """The file as it was downloaded."""
    with exported.file.open("rb") as stored:
        return bytes(stored.read())


def check(data: bytes, fields: Mapping[str, Any] | None = None) -> str:
    """Send a PDF to the page as a visitor; return the page."""
    file = SimpleUploadedFile("matrix.pdf", data, content_type="application/pdf")
    return page_of(Client().post("/verify/", {"file": file, **(fields or {})}))


def test_the_very_file(world: World, exported: Export, data: bytes) -> None:
    page = check(data, {"checkpoints": [kept(Checkpoint.objects.get())]})
    assert outcome(page) == OURS
    for said in (
        "is, byte for byte, the file that this server made on",
        "this server: every byte of the file, its pages included",
        "consistency with 1 checkpoints that somebody kept",
        "All are as they are in the file",
        "1 event more",  # that the file was made
        exported.sha256,
        exported.matrix_digest,
    ):
        assert said in page, said
    for silent in ("Vera", "Cleo", world.workspace.name, "@"):
        assert silent not in page, silent
    edit(world, KEY, note="Something secret")
    page = check(data)
    assert outcome(page) == OURS
    assert f"1 of {world.workspace.items.count()} is different now" in page
    assert "2 events more" in page
    assert "secret" not in page


def test_one_byte_anywhere(data: bytes, settings: Settings) -> None:
    settings.ACCOUNT_RATE_LIMITS = {"verify_file": "100/m/ip"}
    seen = set()
    for at in range(9, len(data) - 8, len(data) // 24):
        changed = bytearray(data)
        changed[at] ^= 1
        seen.add(outcome(check(bytes(changed))))
    assert NOT_OURS in seen
    assert seen <= {NOT_OURS, CHANGED, UNVERIFIABLE}


def test_edits_with_a_tool(data: bytes) -> None:
    """A visible edit saved anew keeps the proof inside intact; the bytes tell."""
    edited = io.BytesIO()
    with pikepdf.open(io.BytesIO(data)) as pdf:
        pdf.pages[0].contents_add(b"0 0 200 200 re f")
        pdf.save(edited)
    page = check(edited.getvalue())
    assert outcome(page) == NOT_OURS
    assert "this server: it made no file with this SHA-256" in page
    assert "Since then" not in page
    writer = pypdf.PdfWriter(io.BytesIO(data), incremental=True)
    writer.pages[0].rotate(90)
    appended = io.BytesIO()
    writer.write(appended)
    page = check(appended.getvalue())
    assert outcome(page) == CHANGED
    assert "something was appended to it" in page


def test_a_file_of_another_server(data: bytes, settings: Settings) -> None:
    drop_triggers()
    sql("DELETE FROM responsibilities_checkpoint")
    page = check(data)
    assert outcome(page) == NOT_SIGNED
    settings.REXMATRIX_LOG_HOST = "elsewhere.example"
    page = check(data)
    assert outcome(page) == FOREIGN
    assert "Since then" not in page


def test_a_file_of_a_workspace_is_not_vouched_for_by_another(
    world: World, exported: Export, data: bytes
) -> None:
    """The bytes alone are not enough: file and log belong together."""
    Export.objects.filter(pk=exported.pk).update(workspace=world.elsewhere)
    assert outcome(check(data)) == NOT_OURS


def test_a_release_says_how_it_stands_now(world: World) -> None:
    release = make_release(world, summary="Something secret")
    export = tasks.queue_release(
        actor=system_actor(), workspace=world.workspace, release_id=release.pk
    )
    tasks.make_export(export.pk)
    export.refresh_from_db()
    with export.file.open("rb") as stored:
        data = stored.read()

    def told(status: ReleaseStatus) -> str:
        page = check(data)
        assert outcome(page) == OURS
        assert "Release 1.0" in page
        assert f"<span>{status.label}</span>" in page
        assert "secret" not in page
        return page

    assert "about a release" not in told(ReleaseStatus.CURRENT)
    edit(world, KEY, note="More")
    make_release(world, Step.MINOR)
    page = told(ReleaseStatus.SUPERSEDED)
    assert "3 of them about releases" in page  # proposed once, attested twice
    assert f"1 of {world.workspace.items.count()} is different now" in page
    withdraw(world, release, reason="A secret reason")
    assert "4 of them about releases" in told(ReleaseStatus.WITHDRAWN)


def test_nothing_is_stored(exported: Export, data: bytes, tmp_path: Path) -> None:
    before = Export.objects.count(), exported.workspace.audit_events.count()
    files = sorted((tmp_path / "files").rglob("*"))
    check(data)
    assert (Export.objects.count(), exported.workspace.audit_events.count()) == before
    assert sorted((tmp_path / "files").rglob("*")) == files
