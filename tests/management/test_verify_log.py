"""verify_log finds what the owner of the database can do to the rows, and says what it checked."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from responsibilities import canonical, merkle
from responsibilities.models import (
    AuditEvent,
    AuditHead,
    AuditPayload,
    Checkpoint,
    EvidenceRevision,
    Signoff,
)
from responsibilities.permissions import system_actor
from responsibilities.services import checkpoints, evidence, signoffs
from responsibilities.services.evidence_content import NewFile
from tests.attacks import drop_triggers, sql
from tests.files import png
from tests.signing import edit, sign
from tests.world import World

KEY = "T-S0-01"
EVENT = "responsibilities_auditevent"
PAYLOAD = "responsibilities_auditpayload"


def verify(*options: str, slug: str = "") -> str:
    """Run the command and return what it wrote. Raises CommandError as it does."""
    out = StringIO()
    call_command("verify_log", *([slug] if slug else []), *options, stdout=out, no_color=True)
    return out.getvalue()


@pytest.fixture
def lived(world: World) -> World:
    """A workspace with a life: edits, sign-offs, a withdrawal, evidence, a checkpoint."""
    for number in range(4):
        edit(world, KEY, note=f"Note {number}")
    withdrawn = sign(world, "party0", KEY)
    signoffs.withdraw(actor=world.actor("party0"), signoff=withdrawn, reason="Too early")
    sign(world, "party0", KEY)
    sign(world, "party1", KEY)
    checkpoints.issue(actor=system_actor(), workspace=world.workspace)
    edit(world, "T-S0-02", note="After the checkpoint")
    return world


def event(world: World, seq: int) -> AuditEvent:
    """Return an event by its number."""
    return AuditEvent.objects.get(workspace=world.workspace, seq=seq)


def forge_leaf(found: AuditEvent, **values: canonical.Json) -> None:
    """Change a leaf, and its hash, so that the row fits in itself."""
    leaf = canonical.dumps({**json.loads(found.leaf), **values})
    sql(
        f"UPDATE {EVENT} SET leaf = %s, leaf_hash = %s WHERE id = %s",  # noqa: S608
        [leaf.decode(), merkle.leaf_hash(leaf).hex(), found.pk],
    )


def test_an_honest_log_holds_and_the_command_says_what_it_checked(lived: World) -> None:
    said = verify()
    for text in (
        "canonical bytes, sequence",
        "payload commitments",
        "1 checkpoints",
        "3 sign-offs",
    ):
        assert text in said
    assert "not checked  the bytes of evidence files" in said
    assert "not checked  whether an earlier state was put back" in said
    assert "Everything that was checked fits." in said
    assert lived.elsewhere.slug in said


@pytest.mark.usefixtures("lived")
def test_an_unknown_workspace_is_said() -> None:
    with pytest.raises(CommandError, match="There is no workspace nowhere"):
        verify(slug="nowhere")


def test_a_changed_leaf_is_found(lived: World) -> None:
    drop_triggers()
    forge_leaf(event(lived, 2), ts="2020-01-01T00:00:00.000000+00:00")
    with pytest.raises(CommandError, match="first bad sequence number 2"):
        verify(slug=lived.workspace.slug)


def test_a_back_dated_row_is_found(lived: World) -> None:
    drop_triggers()
    sql(f"UPDATE {EVENT} SET ts = '2020-01-01 00:00:00+00:00' WHERE id = %s", [event(lived, 3).pk])  # noqa: S608
    with pytest.raises(CommandError, match="first bad sequence number 3"):
        verify()


@pytest.mark.parametrize(
    ("column", "value"),
    [("action", "item.changed2"), ("side", "party1"), ("object_id", "x"), ("object_type", "x")],
)
def test_a_changed_column_is_found(lived: World, column: str, value: str) -> None:
    drop_triggers()
    sql(f"UPDATE {EVENT} SET {column} = %s WHERE id = %s", [value, event(lived, 1).pk])  # noqa: S608
    with pytest.raises(CommandError, match="first bad sequence number 1"):
        verify()


@pytest.mark.parametrize("value", ["payload = replace(payload, 'Note', 'Note!')", "salt = ''"])
def test_a_changed_payload_is_found(lived: World, value: str) -> None:
    drop_triggers()
    sql(f"UPDATE {PAYLOAD} SET {value} WHERE event_id = %s", [event(lived, 2).pk])  # noqa: S608
    with pytest.raises(CommandError, match="first bad sequence number 2"):
        verify()


def test_a_payload_emptied_without_an_announcement_is_found(lived: World) -> None:
    """The triggers allow to empty a payload; the log has to say that it happened."""
    AuditPayload.objects.filter(event=event(lived, 2)).update(
        salt="", payload="", erased_at="2026-11-22T10:00:00Z"
    )
    with pytest.raises(CommandError, match="first bad sequence number 2"):
        verify()


def test_a_deleted_row_is_found(lived: World) -> None:
    drop_triggers()
    found = event(lived, 3)
    for table, column in ((PAYLOAD, "event_id"), ("responsibilities_auditsubject", "event_id")):
        sql(f"DELETE FROM {table} WHERE {column} = %s", [found.pk])  # noqa: S608
    sql(f"DELETE FROM {EVENT} WHERE id = %s", [found.pk])  # noqa: S608
    with pytest.raises(CommandError, match="first bad sequence number 3"):
        verify()


def test_two_rows_in_another_order_are_found(lived: World) -> None:
    drop_triggers()
    first, second = event(lived, 1), event(lived, 2)
    for pk, seq in ((first.pk, 999), (second.pk, 1), (first.pk, 2)):
        sql(f"UPDATE {EVENT} SET seq = %s WHERE id = %s", [seq, pk])  # noqa: S608
    with pytest.raises(CommandError, match="first bad sequence number 1"):
        verify()


def test_an_inserted_row_is_found(lived: World) -> None:
    """Even one that pushes all others along and is right in itself."""
    drop_triggers()
    later = AuditEvent.objects.filter(workspace=lived.workspace, seq__gte=3).order_by("-seq")
    for found in list(later):
        sql(f"UPDATE {EVENT} SET seq = seq + 1 WHERE id = %s", [found.pk])  # noqa: S608
        moved = event(lived, found.seq + 1)
        forge_leaf(moved, seq=moved.seq)
    model = event(lived, 2)
    leaf = canonical.dumps({**json.loads(model.leaf), "seq": 3})
    model.pk, model.seq = None, 3
    model.leaf, model.leaf_hash = leaf.decode(), merkle.leaf_hash(leaf).hex()
    model.save(force_insert=True)
    old = AuditPayload.objects.get(event=event(lived, 2))
    AuditPayload.objects.create(event=model, salt=old.salt, payload=old.payload)
    head = AuditHead.objects.get(workspace=lived.workspace)
    rows = AuditEvent.objects.filter(workspace=lived.workspace).order_by("seq")
    frontier = merkle.Frontier().extend(bytes.fromhex(row.leaf_hash) for row in rows)
    head.size, head.frontier = frontier.size, frontier.to_hex()
    head.save()
    with pytest.raises(CommandError, match="checkpoint of size 9: an event before 9 was changed"):
        verify()


def test_a_rewritten_log_fails_against_the_checkpoint_somebody_kept(
    lived: World, tmp_path: Path
) -> None:
    """The key holder can rewrite everything; what stands elsewhere they cannot."""
    kept = tmp_path / "kept.txt"
    kept.write_text(Checkpoint.objects.get().note, encoding="utf-8")
    said = verify(f"--checkpoint={kept}")
    assert "consistency with the kept checkpoint of size 9" in said
    assert said.count("whether an earlier state was put back") == 1  # in the other workspace
    drop_triggers()
    sql("DELETE FROM responsibilities_checkpoint")
    forge_leaf(event(lived, 0), v=2)
    rows = AuditEvent.objects.filter(workspace=lived.workspace).order_by("seq")
    frontier = merkle.Frontier().extend(bytes.fromhex(row.leaf_hash) for row in rows)
    AuditHead.objects.filter(workspace=lived.workspace).update(frontier=frontier.to_hex())
    checkpoints.issue(actor=system_actor(), workspace=lived.workspace)
    assert "Everything that was checked fits." in verify()
    with pytest.raises(CommandError, match="kept checkpoint of size 9: an event before 9"):
        verify(f"--checkpoint={kept}")


def test_an_earlier_state_put_back_is_found(lived: World, tmp_path: Path) -> None:
    edit(lived, KEY, note="Something that somebody regrets")
    kept = tmp_path / "kept.txt"
    newest = checkpoints.issue(actor=system_actor(), workspace=lived.workspace)
    kept.write_text(newest.note, encoding="utf-8")
    drop_triggers()
    cut = AuditEvent.objects.filter(workspace=lived.workspace, seq__gte=9)
    for found in list(cut):
        for table in (PAYLOAD, "responsibilities_auditsubject"):
            sql(f"DELETE FROM {table} WHERE event_id = %s", [found.pk])  # noqa: S608
        sql(f"DELETE FROM {EVENT} WHERE id = %s", [found.pk])  # noqa: S608
    sql("DELETE FROM responsibilities_checkpoint WHERE id = %s", [newest.pk])
    rows = AuditEvent.objects.filter(workspace=lived.workspace).order_by("seq")
    frontier = merkle.Frontier().extend(bytes.fromhex(row.leaf_hash) for row in rows)
    AuditHead.objects.filter(workspace=lived.workspace).update(size=9, frontier=frontier.to_hex())
    assert "Everything that was checked fits." in verify()
    with pytest.raises(CommandError, match="first bad sequence number 9"):
        verify(f"--checkpoint={kept}")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("printed_name = 'Somebody Else'", "printed name"),
        ("statement = replace(statement, 'Vera', 'Vero')", "does not fit its digest"),
        ("content = '{}'", "does not fit its digest"),
    ],
)
@pytest.mark.usefixtures("lived")
def test_a_changed_sign_off_is_found(change: str, said: str) -> None:
    drop_triggers()
    assert sql(f"UPDATE responsibilities_signoff SET {change} WHERE number = 2") == 1  # noqa: S608
    with pytest.raises(CommandError, match=said):
        verify()


def test_a_removed_sign_off_or_withdrawal_is_found(lived: World) -> None:
    drop_triggers()
    sql("DELETE FROM responsibilities_signoffwithdrawal")
    with pytest.raises(CommandError, match="first bad sequence number 6"):
        verify()
    Signoff.objects.filter(number=1, seat=lived.provider)._raw_delete("default")
    with pytest.raises(CommandError, match="first bad sequence number 5"):
        verify()


def test_a_changed_checkpoint_is_found(lived: World) -> None:
    drop_triggers()
    sql("UPDATE responsibilities_checkpoint SET note = replace(note, '9', '8')")
    with pytest.raises(CommandError, match="checkpoint of size 9"):
        verify(slug=lived.workspace.slug)


def test_a_swapped_evidence_file_is_found(lived: World) -> None:
    piece = evidence.add(
        actor=lived.actor("party0"),
        workspace=lived.workspace,
        content=NewFile(ContentFile(png()), "settings.png"),
        collected_on=timezone.localdate(),
        items=[KEY],
    )
    assert "the bytes of 1 evidence files" in verify("--evidence")
    revision = EvidenceRevision.objects.get(evidence=piece)
    name = str(revision.file.name)
    Path(default_storage.path(name)).write_bytes(b"something else")
    assert "Everything that was checked fits." in verify()
    with pytest.raises(CommandError, match="the file is missing or does not fit"):
        verify("--evidence")
    Path(default_storage.path(name)).unlink()
    with pytest.raises(CommandError, match="the file is missing"):
        verify("--evidence")


def test_the_queries_do_not_grow_with_the_log(lived: World) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            verify(slug=lived.workspace.slug)
        return len(captured)

    before = queries()
    for number in range(30):
        edit(lived, "T-S0-03", note=f"Again {number}")
    assert queries() == before
