"""The operator's commands around checkpoints: daily issue, key rotation, the verifier."""

from __future__ import annotations

import base64
from io import StringIO
from pathlib import Path

import pytest
from django.core import mail
from django.core.management import call_command
from django.core.management.base import CommandError
from pytest_django.fixtures import Settings

from responsibilities.models import Checkpoint, LogKey
from tests.attacks import drop_triggers, sql
from tests.signing import edit
from tests.verifier.bundles import FILE
from tests.world import World

KEY = "T-S0-01"


def run(name: str, *options: str) -> str:
    """Run a command and return what it wrote."""
    out = StringIO()
    call_command(name, *options, stdout=out)
    return out.getvalue()


def test_each_log_that_has_grown_gets_one_checkpoint_and_its_mails(world: World) -> None:
    said = run("issue_checkpoints")
    assert f"{world.workspace.slug}: 1 events, 2 mails." in said
    assert Checkpoint.objects.count() == 2
    sent = len(mail.outbox)
    assert run("issue_checkpoints") == ""
    assert len(mail.outbox) == sent
    edit(world, KEY, note="We do.")
    assert f"{world.workspace.slug}: 2 events" in run("issue_checkpoints")
    assert Checkpoint.objects.count() == 3


def test_one_bad_log_does_not_stop_the_others(world: World) -> None:
    drop_triggers()
    sql(
        "UPDATE responsibilities_auditevent SET leaf_hash = 'x' WHERE object_id = %s",
        [str(world.workspace.pk)],
    )
    with pytest.raises(CommandError, match=f"{world.workspace.slug}: The audit log does not"):
        run("issue_checkpoints")
    assert Checkpoint.objects.get().workspace == world.elsewhere


@pytest.mark.usefixtures("world")
def test_a_key_in_a_file_is_replaced(settings: Settings, tmp_path: Path) -> None:
    path = tmp_path / "log_key"
    path.write_text(base64.b64encode(b"k" * 32).decode(), encoding="ascii")
    settings.REXMATRIX_LOG_KEY, settings.REXMATRIX_LOG_KEY_FILE = "", str(path)
    run("issue_checkpoints")
    said = run("rotate_log_key")
    newest = LogKey.objects.order_by("-pk")[0]
    assert newest.fingerprint in said
    assert path.read_text(encoding="ascii") not in said
    assert LogKey.objects.count() == 2


@pytest.mark.usefixtures("world")
def test_a_key_in_the_environment_needs_a_file_for_the_new_one(
    settings: Settings, tmp_path: Path
) -> None:
    settings.REXMATRIX_LOG_KEY = base64.b64encode(b"k" * 32).decode()
    settings.REXMATRIX_LOG_KEY_FILE = ""
    run("issue_checkpoints")
    with pytest.raises(CommandError, match="--write-to FILE"):
        run("rotate_log_key")
    with pytest.raises(CommandError, match="cannot be written"):
        run("rotate_log_key", f"--write-to={tmp_path / 'none' / 'key'}")
    assert LogKey.objects.count() == 1
    said = run("rotate_log_key", f"--write-to={tmp_path / 'new'}")
    assert "Until then no checkpoint is signed" in said
    assert len(base64.b64decode((tmp_path / "new").read_text(encoding="ascii"))) == 32


def test_the_verifier_is_printed_byte_for_byte() -> None:
    assert run("print_verifier").encode() == FILE.read_bytes()
