"""The commands around exports, as an operator calls them."""

from __future__ import annotations

import datetime as dt
import io
import json
from pathlib import Path

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.utils import timezone

from responsibilities.choices import AuditAction
from responsibilities.models import AuditEvent, Export
from tests.attacks import drop_triggers, sql
from tests.releasing import make_release, propose
from tests.world import World


def test_writes_the_file_and_keeps_the_export(world: World, tmp_path: Path) -> None:
    out, file = io.StringIO(), tmp_path / "acme.json"
    call_command(
        "export_workspace",
        "acme",
        "--format=json",
        f"--output={file}",
        "--query=side=party0",
        stdout=out,
    )
    export = Export.objects.get()
    assert export.sha256 in out.getvalue()
    assert [s["key"] for s in json.loads(file.read_bytes())["sections"]] == ["S0"]
    assert export.requested_by is None
    found = AuditEvent.objects.filter(workspace=world.workspace, object_type="export")
    assert list(found.order_by("seq").values_list("action", "actor_id")) == [
        (AuditAction.EXPORT_REQUESTED, None),
        (AuditAction.EXPORT_PREPARED, None),
        (AuditAction.EXPORT_CREATED, None),
    ]


@pytest.mark.pdf
def test_writes_a_pdf_on_letter(world: World, tmp_path: Path) -> None:
    file = tmp_path / "acme.pdf"
    call_command(
        "export_workspace",
        world.workspace.slug,
        f"--output={file}",
        "--paper=letter",
        stdout=io.StringIO(),
    )
    assert file.read_bytes().startswith(b"%PDF-1.7")
    assert Export.objects.get().paper == "letter"


def test_an_unknown_workspace_is_named(world: World, tmp_path: Path) -> None:  # noqa: ARG001
    with pytest.raises(CommandError, match="There is no workspace “nowhere”"):
        call_command("export_workspace", "nowhere", f"--output={tmp_path / 'x'}")


def test_reap_exports_closes_what_a_dead_task_left(world: World) -> None:
    long_ago = timezone.now() - dt.timedelta(days=1)
    Export.objects.create(
        workspace=world.workspace, format="pdf", status="running", started_at=long_ago
    )
    out = io.StringIO()
    call_command("reap_exports", stdout=out)
    assert out.getvalue() == "1 exports closed.\n"
    assert Export.objects.get().status == "failed"


@pytest.mark.pdf
def test_writes_the_stored_pdf_of_a_release_each_time(world: World, tmp_path: Path) -> None:
    release = make_release(world)
    files = [tmp_path / "one.pdf", tmp_path / "two.pdf"]
    for file in files:
        call_command(
            "export_workspace", "acme", "--release=1.0", f"--output={file}", stdout=io.StringIO()
        )
    export = Export.objects.get()
    assert (export.release, export.edition) == (release, "1.0")
    first, second = (file.read_bytes() for file in files)
    assert first == second
    assert first.startswith(b"%PDF-1.7")


def test_writes_what_a_release_has_frozen(world: World, tmp_path: Path) -> None:
    release, out, file = make_release(world), io.StringIO(), tmp_path / "r.json"
    options = ["--release=1.0", "--format=json", f"--output={file}"]
    call_command("export_workspace", "acme", *options, stdout=out)
    assert file.read_bytes() == release.snapshot.encode()
    assert release.digest in out.getvalue()
    assert not Export.objects.exists()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--release=7.0"], "There is no release “7.0”"),
        (["--release=one"], "There is no release “one”"),
        (["--release=1.0", "--paper=letter"], "has its own paper"),
        (["--release=1.0", "--query=state=findings"], "is always whole"),
        (["--release=1.0"], "never in force"),
    ],
)
def test_a_release_that_cannot_be_written_is_told(
    world: World, tmp_path: Path, options: list[str], words: str
) -> None:
    propose(world)
    with pytest.raises(CommandError, match=words):
        call_command("export_workspace", "acme", *options, f"--output={tmp_path / 'x'}")


def test_a_changed_snapshot_is_not_written(world: World, tmp_path: Path) -> None:
    make_release(world)
    drop_triggers()
    sql("UPDATE responsibilities_release SET snapshot = replace(snapshot, 'Duty', 'duty')")
    options = ["--release=1.0", "--format=json", f"--output={tmp_path / 'x'}"]
    with pytest.raises(CommandError, match="does not fit its digest"):
        call_command("export_workspace", "acme", *options)
