"""The table in docs/attacks.md, line by line: each attack is done, and what finds it is compared.

The attacks on rows are plain SQL, with the triggers dropped. The bundle that the verifier then
reads is made of the attacked rows, past the server's own refusal to sign a log that does not hold.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.core.management.base import CommandError
from django.utils import timezone

from responsibilities import canonical, matrix, merkle, notes
from responsibilities.choices import AuditAction
from responsibilities.exchange import bundle
from responsibilities.models import (
    AuditEvent,
    AuditHead,
    AuditPayload,
    Checkpoint,
    EvidenceRevision,
    LogKey,
)
from responsibilities.notes import SigningKey
from responsibilities.permissions import system_actor
from responsibilities.services import checkpoints, evidence, log_keys, signoffs
from responsibilities.services.evidence_content import NewFile
from tests.attacks import documented, drop_triggers, sql
from tests.concurrency import CommittingDatabase
from tests.files import png
from tests.signing import edit, sign
from tests.verifier.bundles import members, packed, verify
from tests.verifier.test_pdf import IN_PDFS
from tests.world import World, make_world

KEY = "T-S0-01"
EVENT = "responsibilities_auditevent"
PAYLOAD = "responsibilities_auditpayload"
BACKUP = "an old backup put back, checkpoints and all"


@dataclass
class Scene:
    """A workspace with a life, a checkpoint that somebody kept, and the key that they have."""

    world: World
    folder: Path
    kept: Path = field(init=False)
    key: str = field(init=False)

    def __post_init__(self) -> None:
        """Live the life."""
        world = self.world
        evidence.add(
            actor=world.actor("party0"),
            workspace=world.workspace,
            content=NewFile(ContentFile(png()), "settings.png"),
            collected_on=timezone.localdate(),
            items=[KEY],
        )
        edit(world, KEY, note="We look every month.")
        withdrawn = sign(world, "party0", KEY)
        signoffs.withdraw(actor=world.actor("party0"), signoff=withdrawn, reason="Too early")
        sign(world, "party0", KEY)
        sign(world, "party1", KEY)
        self.keep()
        edit(world, "T-S0-02", note="After the checkpoint that somebody kept")
        checkpoints.prepare(actor=system_actor(), workspace=world.workspace)
        self.key = str(log_keys.verifier(LogKey.objects.get()))

    def keep(self) -> None:
        """Issue a checkpoint, and keep it where the server cannot reach it."""
        issued = checkpoints.issue(actor=system_actor(), workspace=self.world.workspace)
        self.kept = self.folder / "kept.txt"
        self.kept.write_text(issued.note, encoding="utf-8")

    def hand_out(self, *, files: bool) -> Path:
        """Make a bundle of the rows as they are, with the newest checkpoint that there is."""
        workspace = self.world.workspace
        checkpoint = Checkpoint.objects.filter(workspace=workspace).order_by("-size")[0]
        prepared = AuditEvent.objects.filter(
            workspace=workspace, action=AuditAction.EXPORT_PREPARED
        ).order_by("-seq")[0]
        grid = matrix.load(workspace)
        stored = bundle.stored_files(grid, checkpoint, evidence=files, releases=False)
        wanted = bundle.Wanted(grid, checkpoint, prepared.seq, stored)
        path = self.folder / "bundle.zip"
        path.write_bytes(b"".join(bundle.write(wanted, default_storage.open)))
        return path

    def logged(self, *options: str) -> bool:
        """Say whether verify_log finds anything."""
        try:
            call_command("verify_log", self.world.workspace.slug, *options, stdout=StringIO())
        except CommandError:
            return True
        return False

    def event(self, seq: int) -> AuditEvent:
        """Return an event by its number."""
        return AuditEvent.objects.get(workspace=self.world.workspace, seq=seq)


@pytest.fixture
def scene(world: World, tmp_path: Path) -> Scene:
    """A scene in the database of the test's transaction."""
    return Scene(world, tmp_path)


def by_command(scene: Scene) -> str:
    """Return what verify_log finds, in the words of the guide."""
    if scene.logged():
        return "found"
    if scene.logged("--evidence"):
        return "found with `--evidence`"
    return "only with `--checkpoint`" if scene.logged(f"--checkpoint={scene.kept}") else "not found"


def by_verifier(scene: Scene, bare: Path, full: Path, before: bytes, *options: str) -> str:
    """Return what the verifier finds, in the words of the guide.

    `bare` and `full` are bundles without and with the evidence files; `before` is the one that
    was handed out before the attack.
    """
    codes = [verify(path, "--key", scene.key, *options)[0] for path in (bare, full)]
    if bare.read_bytes() == before and codes == [0, 0]:
        return "not in the file"
    return {(1, 1): "found", (0, 1): "found with the files", (0, 0): "not found"}[
        codes[0], codes[1]
    ]


def forge(found: AuditEvent, **values: canonical.Json) -> None:
    """Change a leaf, and its hash, so that the row fits in itself."""
    leaf = canonical.dumps({**json.loads(found.leaf), **values})
    sql(
        f"UPDATE {EVENT} SET leaf = %s, leaf_hash = %s WHERE id = %s",  # noqa: S608
        [leaf.decode(), merkle.leaf_hash(leaf).hex(), found.pk],
    )


def backdate(scene: Scene) -> None:
    """Let an event say that it happened years ago, in its leaf and in its column."""
    forge(scene.event(2), ts="2020-01-01T00:00:00.000000+00:00")
    sql(f"UPDATE {EVENT} SET ts = '2020-01-01 00:00:00+00:00' WHERE id = %s", [scene.event(2).pk])  # noqa: S608


def delete(scene: Scene) -> None:
    """Delete an event with all that hangs on it, and close the gap."""
    found = scene.event(3)
    for table in (PAYLOAD, "responsibilities_auditsubject"):
        sql(f"DELETE FROM {table} WHERE event_id = %s", [found.pk])  # noqa: S608
    sql(f"DELETE FROM {EVENT} WHERE id = %s", [found.pk])  # noqa: S608
    later = AuditEvent.objects.filter(workspace=scene.world.workspace, seq__gt=3)
    for event in later.order_by("seq"):
        renumber(event, event.seq - 1)
    fit_head(scene)


def renumber(event: AuditEvent, seq: int) -> None:
    """Give an event another number, in its column and in its leaf."""
    sql(f"UPDATE {EVENT} SET seq = %s WHERE id = %s", [seq, event.pk])  # noqa: S608
    forge(event, seq=seq)


def fit_head(scene: Scene) -> None:
    """Make the head fit the events again."""
    workspace = scene.world.workspace
    hashes = AuditEvent.objects.filter(workspace=workspace).order_by("seq")
    leaves = hashes.values_list("leaf_hash", flat=True)
    frontier = merkle.Frontier().extend(map(bytes.fromhex, leaves))
    AuditHead.objects.filter(workspace=workspace).update(
        size=frontier.size, frontier=frontier.to_hex()
    )


def exchange(scene: Scene) -> None:
    """Let two events stand in the other order."""
    first, second = scene.event(1), scene.event(2)
    renumber(first, 999)
    renumber(second, 1)
    renumber(first, 2)
    fit_head(scene)


def insert(scene: Scene) -> None:
    """Push events along, and put a copy of one before them that is right in itself."""
    later = AuditEvent.objects.filter(workspace=scene.world.workspace, seq__gte=3)
    for event in later.order_by("-seq"):
        renumber(event, event.seq + 1)
    made, old = scene.event(2), AuditPayload.objects.get(event=scene.event(2))
    made.pk, made.seq = None, 3
    made.save(force_insert=True)
    AuditPayload.objects.create(event=made, salt=old.salt, payload=old.payload)
    forge(made, seq=3)
    fit_head(scene)


def reword(scene: Scene) -> None:
    """Change the words of an event."""
    sql(
        f"UPDATE {PAYLOAD} SET payload = replace(payload, 'month', 'year') WHERE event_id = %s",  # noqa: S608
        [scene.event(2).pk],
    )


def empty(scene: Scene) -> None:
    """Take the words of an event away, as if they had been erased."""
    sql(
        f"UPDATE {PAYLOAD} SET payload = '', salt = '', erased_at = %s WHERE event_id = %s",  # noqa: S608
        ["2026-11-22 10:00:00+00:00", scene.event(2).pk],
    )


def column(scene: Scene) -> None:
    """Change a column that is not handed out."""
    sql(f"UPDATE {EVENT} SET side = 'party1' WHERE id = %s", [scene.event(1).pk])  # noqa: S608


def rewrite_signoff(_scene: Scene) -> None:
    """Let somebody else have signed."""
    changed = sql(
        "UPDATE responsibilities_signoff SET printed_name = 'Somebody Else',"
        " statement = replace(statement, 'Vera Manager', 'Somebody Else') WHERE number = 2"
    )
    assert changed == 1


def unwithdraw(_scene: Scene) -> None:
    """Let a sign-off stand that was taken back, by deleting what replaced it and the withdrawal."""
    sql("DELETE FROM responsibilities_signoff WHERE number = 2")
    sql("DELETE FROM responsibilities_signoffwithdrawal")


def exchange_file(scene: Scene) -> None:
    """Put another file where an evidence file lies."""
    revision = EvidenceRevision.objects.get(evidence__workspace=scene.world.workspace)
    Path(default_storage.path(str(revision.file.name))).write_bytes(png(3, 3))


def rewrite_log(scene: Scene) -> None:
    """Change the first event, and let the server sign the log again from there."""
    sql("DELETE FROM responsibilities_checkpoint")
    forge(scene.event(0), ts="2020-01-01T00:00:00.000000+00:00")
    sql(f"UPDATE {EVENT} SET ts = '2020-01-01 00:00:00+00:00' WHERE id = %s", [scene.event(0).pk])  # noqa: S608
    fit_head(scene)
    checkpoints.issue(actor=system_actor(), workspace=scene.world.workspace)


def rewrite_by_another_key(scene: Scene) -> None:
    """Do the same without the server's key: with one's own, under the server's name."""
    rewrite_log(scene)
    signer = SigningKey(b"f" * 32)
    sql(
        "UPDATE responsibilities_logkey SET public = %s",
        [base64.b64encode(signer.public).decode()],
    )
    made = Checkpoint.objects.get()
    point = notes.Checkpoint(made.origin, made.size, bytes.fromhex(made.root))
    sql("UPDATE responsibilities_checkpoint SET note = %s", [point.sign(signer)])


def change_checkpoint(_scene: Scene) -> None:
    """Change what the server keeps of its first checkpoint."""
    first = Checkpoint.objects.order_by("size")[0]
    note = first.note.replace(f"\n{first.size}\n", f"\n{first.size - 1}\n")
    sql("UPDATE responsibilities_checkpoint SET note = %s WHERE id = %s", [note, first.pk])


def change_head(scene: Scene) -> None:
    """Change the frontier of the head."""
    head = AuditHead.objects.filter(workspace=scene.world.workspace)
    head.update(frontier=["0" * 64, *head.get().frontier[1:]])


ATTACKS: dict[str, tuple[Callable[[Scene], object], ...]] = {
    "an event changed, or back-dated": (backdate,),
    "an event deleted": (delete,),
    "two events exchanged": (exchange,),
    "an event inserted, all others moved along": (insert,),
    "an event's words changed or taken away": (reword, empty),
    "a column beside the leaf changed": (column,),
    "a sign-off or its withdrawal changed or deleted": (rewrite_signoff, unwithdraw),
    "an evidence file exchanged": (exchange_file,),
    "the whole log rewritten, signed again with the same key": (rewrite_log,),
    "the whole log rewritten, signed with another key": (rewrite_by_another_key,),
    "a checkpoint changed": (change_checkpoint,),
    "the head of the log changed": (change_head,),
}
IN_BUNDLES = {
    "the name or a letter in the matrix of a bundle changed": (
        (b"Vera Manager", b"Vero Manager"),
        (b'"letter":"A"', b'"letter":"C"'),
    ),
}


def test_the_table_has_these_lines_and_no_others() -> None:
    assert {*documented()} == {*ATTACKS, *IN_BUNDLES, *IN_PDFS, BACKUP}


def test_nothing_is_found_without_an_attack(scene: Scene) -> None:
    assert by_command(scene) == "not found"
    before = scene.hand_out(files=False).read_bytes()
    for path in (scene.hand_out(files=True), scene.hand_out(files=False)):
        code, text = verify(path, "--key", scene.key, "--checkpoint", str(scene.kept))
        assert code == 0, text
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("name", "attack"),
    [(name, attack) for name, attacks in ATTACKS.items() for attack in attacks],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_an_attack_on_rows(scene: Scene, name: str, attack: Callable[[Scene], object]) -> None:
    before = scene.hand_out(files=False).read_bytes()
    drop_triggers()
    attack(scene)
    bare = scene.hand_out(files=False).rename(scene.folder / "bare.zip")
    full = scene.hand_out(files=True)
    measured = (
        by_command(scene),
        by_verifier(scene, bare, full, before),
        by_verifier(scene, bare, full, before, "--checkpoint", str(scene.kept)),
    )
    assert measured == documented()[name]


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [(name, *change) for name, changes in IN_BUNDLES.items() for change in changes],
)
def test_an_attack_on_a_bundle(scene: Scene, name: str, old: bytes, new: bytes) -> None:
    path = scene.hand_out(files=True)
    before = path.read_bytes()
    files = members(before)
    assert old in files["matrix.json"]
    files["matrix.json"] = files["matrix.json"].replace(old, new)
    path.write_bytes(packed(files))
    found = [
        by_verifier(scene, path, path, before, *options)
        for options in ((), ("--checkpoint", str(scene.kept)))
    ]
    assert ("not in the database", *found) == documented()[name]


def test_an_old_backup_put_back(committing: CommittingDatabase, tmp_path: Path) -> None:
    """A copy of the whole database, made and put back with its own means; see `backup`."""
    scene = Scene(make_world(), tmp_path)
    with committing.backup() as put_back:
        edit(scene.world, KEY, note="Something that somebody regrets")
        scene.keep()
        newest = Checkpoint.objects.order_by("-size")[0].size
        put_back()
    assert Checkpoint.objects.order_by("-size")[0].size < newest
    assert not AuditEvent.objects.filter(workspace=scene.world.workspace, seq=newest - 1).exists()
    bare, full = (scene.hand_out(files=files) for files in (False, True))
    measured = (
        by_command(scene),
        by_verifier(scene, bare, full, b""),
        by_verifier(scene, bare, full, b"", "--checkpoint", str(scene.kept)),
    )
    assert measured == documented()[BACKUP]
