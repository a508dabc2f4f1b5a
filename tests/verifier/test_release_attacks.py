"""The table of attacks on releases in docs/attacks.md, line by line, as in `test_attacks`."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from django.db import connection

from responsibilities.models import Attestation, Release
from responsibilities.permissions import system_actor
from responsibilities.services import checkpoints
from responsibilities.services.releases import Step
from tests.attacks import documented, drop_triggers, sql
from tests.releasing import attest, make_release, propose, withdraw
from tests.signing import edit
from tests.verifier.bundles import VERIFIER, changed_lines, members, packed, verify
from tests.verifier.test_attacks import KEY, Scene, by_command, by_verifier
from tests.verifier.test_releases import attached, attached_by_hand, small_pdf
from tests.world import World

TABLE = "attack on a release"
RELEASE = "responsibilities_release"
ATTESTATION = "responsibilities_attestation"


class ReleaseScene(Scene):
    """A scene with releases: 1.0 superseded by 1.1, 1.2 withdrawn, 2.0 attested by one side."""

    def __post_init__(self) -> None:
        """Live the life, and release."""
        super().__post_init__()
        world = self.world
        make_release(world)
        edit(world, KEY, note="Since 1.0")
        make_release(world, Step.MINOR)
        withdraw(world, propose(world, Step.MINOR))
        attest(world, propose(world), "party0")
        self.keep()
        checkpoints.prepare(actor=system_actor(), workspace=world.workspace)


@pytest.fixture
def scene(world: World, tmp_path: Path) -> ReleaseScene:
    """A scene in the database of the test's transaction."""
    return ReleaseScene(world, tmp_path)


def pk(major: int, minor: int) -> str:
    """Return the key of a release, as the database stores it."""
    found = Release.objects.get(major=major, minor=minor).pk
    return found.hex if connection.vendor == "sqlite" else str(found)


def forge_snapshot() -> None:
    """Change a frozen matrix."""
    change = f"UPDATE {RELEASE} SET snapshot = replace(snapshot, 'Duty', 'Tidy') WHERE id = %s"  # noqa: S608
    assert sql(change, [pk(1, 0)]) == 1


def forge_digest() -> None:
    """Change a frozen matrix, and make its digest fit."""
    forge_snapshot()
    row = Release.objects.get(major=1, minor=0)
    digest = hashlib.sha256(row.snapshot.encode()).hexdigest()
    sql(f"UPDATE {RELEASE} SET digest = %s WHERE id = %s", [digest, pk(1, 0)])  # noqa: S608


def renumber() -> None:
    """Give a proposal another number."""
    sql(f"UPDATE {RELEASE} SET major = 9 WHERE id = %s", [pk(2, 0)])  # noqa: S608


def reword() -> None:
    """Change what a release is said to have changed."""
    sql(f"UPDATE {RELEASE} SET summary = 'Nothing' WHERE id = %s", [pk(1, 0)])  # noqa: S608


def forge_attestation() -> None:
    """Let somebody else have attested, with a digest that fits."""
    row = Attestation.objects.filter(release__major=1, release__minor=0)[0]
    text = row.statement.replace("Vera Manager", "Vito Manager")
    assert text != row.statement
    sql(
        f"UPDATE {ATTESTATION} SET statement = %s, statement_digest = %s, printed_name = %s"  # noqa: S608
        " WHERE statement_digest = %s",
        [text, hashlib.sha256(text.encode()).hexdigest(), "Vito Manager", row.statement_digest],
    )


def delete_attestation() -> None:
    """Delete an attestation."""
    assert sql(f"DELETE FROM {ATTESTATION} WHERE release_id = %s", [pk(2, 0)]) == 1  # noqa: S608


def move_attestation() -> None:
    """Complete a proposal with an attestation that another release had."""
    row = Attestation.objects.get(release__major=1, release__minor=0, seat__party__key="party1")
    sql(
        f"UPDATE {ATTESTATION} SET release_id = %s WHERE statement_digest = %s",  # noqa: S608
        [pk(2, 0), row.statement_digest],
    )


def delete_release() -> None:
    """Delete a proposal with what hangs on it."""
    delete_attestation()
    assert sql(f"DELETE FROM {RELEASE} WHERE id = %s", [pk(2, 0)]) == 1  # noqa: S608


def unwithdraw() -> None:
    """Let a proposal wait again that was withdrawn."""
    sql(f"UPDATE {RELEASE} SET status = 'withdrawn' WHERE id = %s", [pk(2, 0)])  # noqa: S608
    sql("DELETE FROM responsibilities_releasewithdrawal")
    sql(f"UPDATE {RELEASE} SET status = 'proposed' WHERE id = %s", [pk(1, 2)])  # noqa: S608


def set_status() -> None:
    """Let a superseded release be withdrawn."""
    sql(f"UPDATE {RELEASE} SET status = 'withdrawn' WHERE id = %s", [pk(1, 0)])  # noqa: S608


ATTACKS: dict[str, tuple[Callable[[], object], ...]] = {
    "its matrix changed, or the digest as well": (forge_snapshot, forge_digest),
    "its number or summary changed": (renumber, reword),
    "an attestation changed or deleted": (forge_attestation, delete_attestation),
    "an attestation moved to a proposal": (move_attestation,),
    "a release deleted": (delete_release,),
    "a withdrawal undone": (unwithdraw,),
    "its status set by hand": (set_status,),
}


def change_snapshot(files: dict[str, bytes]) -> None:
    """Change a frozen matrix in a bundle."""
    files["releases/1.1.json"] = files["releases/1.1.json"].replace(b"Duty", b"Tidy")


def leave_out(files: dict[str, bytes]) -> None:
    """Take a release out of a bundle."""
    files["releases.jsonl"] = changed_lines(files["releases.jsonl"], lambda r: r.pop(0))
    del files["releases/1.0.json"]


def complete(files: dict[str, bytes]) -> None:
    """Give a proposal in a bundle the attestation of another release."""
    files["releases.jsonl"] = changed_lines(
        files["releases.jsonl"],
        lambda r: r[3]["attestations"].append(r[0]["attestations"][1]),
    )


IN_BUNDLES: dict[str, tuple[Callable[[dict[str, bytes]], object], ...]] = {
    "a release in a bundle changed, left out or completed": (change_snapshot, leave_out, complete),
}
PROPOSAL = "a proposal made to look like a release in a PDF"
IN_PDF = "matrix or attestations in the PDF of a release changed"


def test_the_table_has_these_lines_and_no_others() -> None:
    assert {*documented(TABLE)} == {*ATTACKS, *IN_BUNDLES, PROPOSAL, IN_PDF}


def test_nothing_is_found_without_an_attack(scene: ReleaseScene) -> None:
    assert by_command(scene) == "not found"
    path = scene.hand_out(files=False)
    code, text = verify(path, "--key", scene.key, "--checkpoint", str(scene.kept))
    assert code == 0, text


@pytest.mark.parametrize(
    ("name", "attack"),
    [(name, attack) for name, attacks in ATTACKS.items() for attack in attacks],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_an_attack_on_rows(scene: ReleaseScene, name: str, attack: Callable[[], object]) -> None:
    before = scene.hand_out(files=False).read_bytes()
    drop_triggers()
    attack()
    path = scene.hand_out(files=False)
    measured = (
        by_command(scene),
        by_verifier(scene, path, path, before),
        by_verifier(scene, path, path, before, "--checkpoint", str(scene.kept)),
    )
    assert measured == documented(TABLE)[name]


@pytest.mark.parametrize(
    ("name", "attack"),
    [(name, attack) for name, attacks in IN_BUNDLES.items() for attack in attacks],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_an_attack_on_a_bundle(
    scene: ReleaseScene, name: str, attack: Callable[[dict[str, bytes]], object]
) -> None:
    path = scene.hand_out(files=False)
    before = path.read_bytes()
    files = members(before)
    attack(files)
    path.write_bytes(packed(files))
    assert in_file(scene, path, before) == documented(TABLE)[name]


def in_file(scene: ReleaseScene, path: Path, before: bytes) -> tuple[str, ...]:
    """Return what finds an attack on a file, in the words of the guide."""
    found = [
        by_verifier(scene, path, path, before, *options)
        for options in ((), ("--checkpoint", str(scene.kept)))
    ]
    return "not in the database", *found


@pytest.mark.parametrize("name", ["matrix.json", "proof.json"])
def test_an_attack_on_the_pdf_of_a_release(scene: ReleaseScene, name: str) -> None:
    made = attached(scene.world)
    path = scene.folder / "release.pdf"
    before = small_pdf(path, made).read_bytes()
    code, text = verify(path, "--key", scene.key, "--checkpoint", str(scene.kept))
    assert code == 0, text
    if name == "matrix.json":
        made[name] = made[name].replace(b"Duty", b"Tidy")
    else:
        document = json.loads(made[name])
        document["release"]["attestations"].pop()
        made[name] = VERIFIER.canonical(document)
    assert in_file(scene, small_pdf(path, made), before) == documented(TABLE)[IN_PDF]


def test_a_proposal_made_to_look_like_a_release(scene: ReleaseScene) -> None:
    proposal = Release.objects.get(major=2)
    path = small_pdf(scene.folder / "f.pdf", attached_by_hand(scene.world, proposal, []))
    assert in_file(scene, path, b"") == documented(TABLE)[PROPOSAL]
