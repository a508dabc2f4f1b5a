"""Checkpoints: signed, consistent or refused, mailed to both sides, and a key that can change."""

from __future__ import annotations

import base64
import stat
from pathlib import Path

import pytest
from django.core import mail
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django.fixtures import Settings

from responsibilities import notes
from responsibilities.choices import Role
from responsibilities.models import AuditEvent, AuditHead, Checkpoint, LogKey
from responsibilities.permissions import NotAllowedError, system_actor
from responsibilities.services import audit, checkpoints, log_keys
from responsibilities.services.checkpoints import InconsistentError
from responsibilities.services.errors import InvalidError
from responsibilities.services.log_keys import KeyMismatchError
from tests.attacks import drop_triggers, sql
from tests.signing import edit
from tests.world import World

KEY = "T-S0-01"
PROMISE = (
    "Nothing covered by a checkpoint that someone else kept can be changed, removed or reordered "
    "without being noticed."
)


def issue(world: World) -> Checkpoint:
    """Issue a checkpoint as the operator's daily command does."""
    return checkpoints.issue(actor=system_actor(), workspace=world.workspace)


@pytest.fixture
def key_file(settings: Settings, tmp_path: Path) -> Path:
    """A key file of this test's own."""
    path = tmp_path / "log_key"
    path.write_text(base64.b64encode(b"k" * 32).decode(), encoding="ascii")
    settings.REXMATRIX_LOG_KEY, settings.REXMATRIX_LOG_KEY_FILE = "", str(path)
    return path


def test_a_checkpoint_says_what_the_log_is(world: World, settings: Settings) -> None:
    settings.REXMATRIX_LOG_HOST = "matrix.example.com"
    edit(world, KEY, note="We do.")
    checkpoint = issue(world)
    head = AuditHead.objects.get(workspace=world.workspace)
    point = checkpoints.opened(checkpoint)
    assert point.origin == f"matrix.example.com/ws/{world.workspace.pk}"
    assert point.size == head.size == 2
    assert point.root == audit.frontier(head).root()
    key = log_keys.verifier(checkpoint.key, point.origin)
    assert notes.open_note(checkpoint.note, [key]).keys == (key,)


def test_nothing_new_gives_the_same_checkpoint(world: World) -> None:
    first = issue(world)
    assert issue(world) == first
    assert list(checkpoints.due()) == [world.elsewhere]
    edit(world, KEY, note="We do.")
    assert set(checkpoints.due()) == {world.workspace, world.elsewhere}
    assert issue(world).size == first.size + 1


def test_the_second_checkpoint_does_not_read_the_log_before_the_first(world: World) -> None:
    for number in range(12):
        edit(world, KEY, note=f"Note {number}")
    issue(world)
    edit(world, KEY, note="One more")
    with CaptureQueriesContext(connection) as captured:
        second = issue(world)
    reads = [q["sql"] for q in captured if "auditevent" in q["sql"].lower()]
    assert len(reads) == 1
    assert f'"seq" >= {second.size - 1}' in reads[0]


def test_the_name_of_a_log_stays_when_the_host_changes(world: World, settings: Settings) -> None:
    first = issue(world)
    settings.REXMATRIX_LOG_HOST = "renamed.example.com"
    edit(world, KEY, note="We do.")
    assert issue(world).origin == first.origin


def test_only_who_may_export_gets_one(world: World) -> None:
    with pytest.raises(NotAllowedError):
        checkpoints.issue(actor=world.actor("party0", Role.READER), workspace=world.workspace)
    assert not Checkpoint.objects.exists()


@pytest.mark.parametrize(
    "attack",
    [
        "UPDATE responsibilities_auditevent SET leaf = '{}' WHERE id = %s",
        "UPDATE responsibilities_auditevent SET leaf_hash = 'aa' WHERE id = %s",
        "UPDATE responsibilities_auditevent SET seq = 99 WHERE id = %s",
    ],
)
def test_a_log_that_does_not_continue_is_refused(world: World, attack: str) -> None:
    issue(world)
    edit(world, KEY, note="We do.")
    edit(world, KEY, note="We do not.")
    drop_triggers()
    event = AuditEvent.objects.get(workspace=world.workspace, seq=1)
    assert sql(attack, [event.pk]) == 1
    with pytest.raises(InconsistentError, match="event 1 is missing or changed"):
        issue(world)
    assert Checkpoint.objects.count() == 1


@pytest.mark.parametrize("column", ["note = replace(note, '2', '3')", "frontier = '[]'"])
def test_a_changed_checkpoint_is_no_ground_for_the_next(world: World, column: str) -> None:
    edit(world, KEY, note="We do.")
    checkpoint = issue(world)
    edit(world, KEY, note="We do not.")
    drop_triggers()
    sql(f"UPDATE responsibilities_checkpoint SET {column} WHERE id = %s", [checkpoint.pk])  # noqa: S608
    with pytest.raises(InconsistentError, match="last checkpoint was changed"):
        issue(world)


def test_a_log_that_was_put_back_is_refused(world: World) -> None:
    head = AuditHead.objects.get(workspace=world.workspace)
    edit(world, KEY, note="We do.")
    issue(world)
    AuditHead.objects.filter(pk=head.pk).update(size=head.size, frontier=head.frontier)
    with pytest.raises(InconsistentError):
        issue(world)


def test_managers_of_both_sides_get_the_note_with_the_promise(world: World) -> None:
    checkpoint = issue(world)
    assert checkpoints.mail(checkpoint=checkpoint) == 2
    assert {tuple(message.to) for message in mail.outbox} == {
        (world.user(side, Role.MANAGER).email,) for side in ("party0", "party1")
    }
    for message in mail.outbox:
        assert checkpoint.note in message.body
        assert PROMISE in message.body
        assert checkpoint.key.fingerprint in message.body


def test_a_new_key_is_vouched_for_by_the_old_one(world: World, key_file: Path) -> None:
    old = issue(world)
    before = key_file.read_text(encoding="ascii")
    row = log_keys.rotate(actor=system_actor(), path=key_file)
    assert key_file.read_text(encoding="ascii") != before
    assert stat.S_IMODE(key_file.stat().st_mode) == 0o600
    assert not key_file.with_name("log_key.next").exists()
    verifiers = [log_keys.verifier(key) for key in LogKey.objects.all()]
    opened = notes.open_note(row.rotation, verifiers)
    assert set(opened.keys) == set(verifiers)
    edit(world, KEY, note="We do.")
    new = issue(world)
    assert new.key == row
    assert old.key != row
    assert checkpoints.opened(old).size < checkpoints.opened(new).size


def test_a_rotation_that_broke_off_is_finished(world: World, key_file: Path) -> None:
    issue(world)
    waiting = key_file.with_name("log_key.next")
    new = base64.b64encode(b"n" * 32).decode()
    waiting.write_text(new, encoding="ascii")
    log_keys.rotate(actor=system_actor(), path=key_file)
    assert key_file.read_text(encoding="ascii") == new
    # Again, as if the power had failed before the file was put into place.
    waiting.write_text(new, encoding="ascii")
    log_keys.rotate(actor=system_actor(), path=key_file)
    assert LogKey.objects.count() == 2


def test_a_key_that_nobody_vouched_for_signs_nothing(world: World, key_file: Path) -> None:
    issue(world)
    key_file.write_text(base64.b64encode(b"x" * 32).decode(), encoding="ascii")
    edit(world, KEY, note="We do.")
    with pytest.raises(KeyMismatchError, match="Nothing was signed"):
        issue(world)
    key_file.unlink()
    with pytest.raises(InvalidError, match="cannot be read"):
        issue(world)
    assert Checkpoint.objects.count() == 1


def test_no_file_is_overwritten_by_a_key(world: World, key_file: Path, tmp_path: Path) -> None:
    issue(world)
    other = tmp_path / "other"
    other.write_text("mine", encoding="ascii")
    with pytest.raises(InvalidError, match="exists already"):
        log_keys.rotate(actor=system_actor(), path=other)
    with pytest.raises(NotAllowedError):
        log_keys.rotate(actor=world.actor("party0"), path=key_file)
    assert other.read_text(encoding="ascii") == "mine"
    assert LogKey.objects.count() == 1


def test_the_private_key_is_not_in_the_database(world: World, key_file: Path) -> None:
    issue(world)
    secret = key_file.read_text(encoding="ascii")
    with connection.cursor() as cursor:
        for table in ("responsibilities_logkey", "responsibilities_checkpoint"):
            cursor.execute(f"SELECT * FROM {table}")  # noqa: S608 (names of our own)
            assert secret not in str(cursor.fetchall())
