"""The offline verifier on bundles: intact ones, changed ones, and hostile ones."""

from __future__ import annotations

import base64
import io
import json
import random
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pytest_django.fixtures import Settings

from responsibilities import merkle, notes
from responsibilities.models import Checkpoint, LogKey
from responsibilities.notes import SigningKey
from responsibilities.permissions import system_actor
from responsibilities.services import checkpoints, erasure, log_keys, signoffs
from responsibilities.services.evidence_content import NewNote
from tests.evidence import add as add_evidence
from tests.evidence import new_file
from tests.files import png
from tests.signing import edit, sign
from tests.verifier.bundles import (
    FILE,
    VERIFIER,
    changed_lines,
    make_bundle,
    members,
    packed,
    verify,
)
from tests.world import World

KEY = "T-S0-01"
SEED = 20261122


@pytest.fixture
def lived(world: World) -> World:
    """A workspace with sign-offs, one withdrawn, one stale, with evidence and a checkpoint."""
    for content in (new_file(png(), "settings.png"), NewNote("We looked.")):
        add_evidence(world, content, side="party0", title="Proof", items=[KEY])
    withdrawn = sign(world, "party0", KEY)
    signoffs.withdraw(actor=world.actor("party0"), signoff=withdrawn, reason="Too early")
    sign(world, "party0", KEY)
    sign(world, "party1", KEY)
    sign(world, "party0", "T-S0-02")
    checkpoints.issue(actor=system_actor(), workspace=world.workspace)
    edit(world, "T-S0-02", note="Changed since")
    return world


@pytest.fixture
def old(lived: World, tmp_path: Path) -> Path:
    """The checkpoint that somebody kept before the bundle was made."""
    path = tmp_path / "old.txt"
    path.write_text(Checkpoint.objects.get(workspace=lived.workspace).note, encoding="utf-8")
    return path


@pytest.fixture
def bundle(lived: World, old: Path, tmp_path: Path) -> Path:
    """A bundle with its evidence file."""
    assert old.exists()
    path = tmp_path / "bundle.zip"
    path.write_bytes(make_bundle(lived.workspace, evidence=True)[0])
    return path


def key() -> str:
    """Return the verifier key as it is published."""
    return str(log_keys.verifier(LogKey.objects.order_by("-pk")[0]))


def test_an_intact_bundle(bundle: Path, old: Path) -> None:
    code, text = verify(bundle, "--key", key(), "--checkpoint", str(old))
    assert code == 0, text
    for said in (
        "signed by the key that was given",
        "consistency with 1 checkpoints that somebody kept",
        "4 signed statements",
        "4 inclusion proofs",
        "1 evidence files, byte for byte",
        "1 notes and links",
        "INTACT",
    ):
        assert said in text
    assert "FAILED" not in text


def test_it_says_what_it_did_not_check(lived: World, tmp_path: Path) -> None:
    path = tmp_path / "bundle.zip"
    path.write_bytes(make_bundle(lived.workspace)[0])
    code, text = verify(path)
    assert code == 0
    for said in (
        "not checked  whose key signed",
        "not checked  whether the log was rewritten as a whole",
        "not checked  1 evidence files: give --evidence DIR",
        "not checked  the bytes of a PDF",
        "not checked  the words of README.txt",
    ):
        assert said in text


def test_alone_in_a_process_without_our_code(bundle: Path, old: Path, tmp_path: Path) -> None:
    """As an auditor runs it: another folder, isolated from our packages on the path."""
    copy = tmp_path / "elsewhere" / "verify_rexmatrix.py"
    copy.parent.mkdir()
    copy.write_bytes(FILE.read_bytes())
    command = [
        sys.executable,
        "-I",
        copy.name,
        str(bundle),
        "--key",
        key(),
        "--checkpoint",
        str(old),
    ]
    done = subprocess.run(command, cwd=copy.parent, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert "INTACT" in done.stdout
    source = FILE.read_text(encoding="utf-8")
    assert "django" not in source.lower()
    assert "responsibilities." not in source


def change_events(
    change: Callable[[list[dict[str, Any]]], object],
) -> Callable[[dict[str, bytes]], object]:
    """Return a change of a bundle that changes its events."""

    def apply(files: dict[str, bytes]) -> None:
        files["events.jsonl"] = changed_lines(files["events.jsonl"], change)

    return apply


def forged(record: dict[str, Any], **values: object) -> None:
    """Change the leaf of a record."""
    record["leaf"] = VERIFIER.canonical({**json.loads(record["leaf"]), **values}).decode()


def renumber(records: list[dict[str, Any]]) -> None:
    """Number the records and their leaves anew."""
    for seq, record in enumerate(records):
        record["seq"] = seq
        forged(record, seq=seq)


def drop(records: list[dict[str, Any]], at: int) -> None:
    """Remove a record, and close the gap."""
    del records[at]
    renumber(records)


def insert(records: list[dict[str, Any]]) -> None:
    """Add a copy of a record, and make room for it."""
    records.insert(2, dict(records[2]))
    renumber(records)


def append(records: list[dict[str, Any]]) -> None:
    """Add a copy of the last record behind it."""
    records.append(dict(records[-1]))
    renumber(records)


def swap(records: list[dict[str, Any]]) -> None:
    """Exchange two records, and number them anew."""
    records[1], records[2] = records[2], records[1]
    renumber(records)


def replace_in(name: str, old_text: bytes, new_text: bytes) -> Callable[[dict[str, bytes]], object]:
    """Return a change of a member's text."""

    def apply(files: dict[str, bytes]) -> None:
        for member in [m for m in files if m.startswith(name)]:
            assert old_text in files[member], member
            files[member] = files[member].replace(old_text, new_text)

    return apply


def first_of(files: dict[str, bytes], prefix: str) -> str:
    """Return the first member whose name begins so."""
    return min(name for name in files if name.startswith(prefix))


def with_fingerprint(data: bytes) -> bytes:
    """Return the document of keys with a fingerprint that is of no key in it."""
    document = json.loads(data)
    document["keys"][0]["fingerprint"] = "0" * 64
    return bytes(VERIFIER.canonical(document))


ATTACKS: dict[str, Callable[[dict[str, bytes]], object]] = {
    "back-dated": change_events(lambda r: forged(r[1], ts="2020-01-01T00:00:00.000000+00:00")),
    "another actor": change_events(
        lambda r: forged(r[1], actor={"id": None, "side": "", "via": "web"})
    ),
    "payload changed": change_events(
        lambda r: r[1].update(payload=r[1]["payload"].replace("Proof", "Prove"))
    ),
    "payload taken away": change_events(lambda r: r[1].update(payload=None, salt=None)),
    "event removed": change_events(lambda r: drop(r, 2)),
    "event removed, gap left": change_events(lambda r: r.pop(2)),
    "last event removed": change_events(lambda r: r.pop()),
    "first event removed": change_events(lambda r: drop(r, 0)),
    "event inserted": change_events(insert),
    "events reordered": change_events(swap),
    "event appended": change_events(append),
    "white space in a leaf": change_events(lambda r: r[1].update(leaf=r[1]["leaf"] + " ")),
    "statement changed": replace_in("statements.jsonl", b"Vera", b"Vero"),
    "statement removed": lambda f: f.update(
        {"statements.jsonl": f["statements.jsonl"].split(b"\n", 1)[1]}
    ),
    "matrix: another name": replace_in("matrix.json", b"Vera Manager", b"Vero Manager"),
    "matrix: another letter": replace_in("matrix.json", b'"letter":"A"', b'"letter":"C"'),
    "matrix: stale shown as current": replace_in("matrix.json", b'"stale"', b'"current"'),
    "checkpoint changed": replace_in("checkpoints/", b"\n\n", b"\n\n\n"),
    "proof changed": replace_in("proofs/", b"index ", b"index 1"),
    "evidence file exchanged": lambda f: f.update({first_of(f, "evidence/"): b"something else"}),
    "evidence file of nobody": lambda f: f.update({f"evidence/{VERIFIER.sha256(b'x')}": b"x"}),
    "another fingerprint": lambda f: f.update({"keys.json": with_fingerprint(f["keys.json"])}),
    "a PDF of nobody": lambda f: f.update({"matrix.pdf": b"%PDF-1.7"}),
}


@pytest.mark.parametrize("name", ATTACKS)
def test_every_change_is_found(bundle: Path, name: str, tmp_path: Path) -> None:
    files = members(bundle.read_bytes())
    ATTACKS[name](files)
    path = tmp_path / "changed.zip"
    path.write_bytes(packed(files))
    code, text = verify(path, "--key", key())
    assert code == 1, text
    assert "FAILED" in text


def test_a_file_that_does_not_fit_the_manifest(bundle: Path, tmp_path: Path) -> None:
    files = members(bundle.read_bytes())
    files["README.txt"] += b"!"
    path = tmp_path / "changed.zip"
    path.write_bytes(packed(files, manifest=False))
    code, text = verify(path)
    assert code == 1
    assert "README.txt: does not fit the manifest" in text


def test_a_log_signed_anew_is_found_by_the_key_or_by_an_old_checkpoint(
    bundle: Path, old: Path, tmp_path: Path
) -> None:
    """Whoever holds the server's data can make a log that is right in itself."""
    files = members(bundle.read_bytes())
    forger = SigningKey(b"f" * 32)
    resign(files, forger)
    path = tmp_path / "forged.zip"
    path.write_bytes(packed(files))
    code, text = verify(path)
    assert code == 0, text
    assert "not checked  whose key signed" in text
    assert verify(path, "--key", key())[0] == 1
    assert verify(path, "--checkpoint", str(old))[0] == 1


def resign(files: dict[str, bytes], signer: SigningKey) -> None:
    """Rewrite an event of the past, and sign the log again with another key."""
    files["events.jsonl"] = changed_lines(
        files["events.jsonl"],
        lambda r: forged(r[0], ts="2020-01-01T00:00:00.000000+00:00"),
    )
    leaves = [json.loads(line)["leaf"].encode() for line in files["events.jsonl"].splitlines()]
    tree = merkle.Tree(merkle.leaf_hash(leaf) for leaf in leaves)
    for name in [n for n in files if n.startswith("checkpoints/")]:
        origin, size = files[name].decode().split("\n")[:2]
        point = notes.Checkpoint(origin, int(size), tree.root(int(size)))
        files[name] = point.sign(signer).encode()
    newest = files[max(n for n in files if n.startswith("checkpoints/"))].decode()
    for name in [n for n in files if n.startswith("proofs/")]:
        index = int(files[name].decode().split("\n")[1].removeprefix("index "))
        path = tree.inclusion(index)
        files[name] = notes.proof(index=index, path=path, checkpoint=newest).encode()
    host = origin.partition("/ws/")[0]
    entry = {"verifier_key": str(signer.verifier(host)), "rotation": ""}
    files["keys.json"] = VERIFIER.canonical({"host": host, "keys": [entry]})


def test_an_earlier_state_put_back_is_found(lived: World, bundle: Path, tmp_path: Path) -> None:
    """The bundle is older than a checkpoint that somebody kept."""
    edit(lived, KEY, note="Something that somebody regrets")
    newest = tmp_path / "newest.txt"
    checkpoint = checkpoints.issue(actor=system_actor(), workspace=lived.workspace)
    newest.write_text(checkpoint.note, encoding="utf-8")
    code, text = verify(bundle, "--key", key(), "--checkpoint", str(newest))
    assert code == 1
    assert "it covers" in text


def test_a_checkpoint_of_another_log_is_refused(lived: World, bundle: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.txt"
    checkpoint = checkpoints.issue(actor=system_actor(), workspace=lived.elsewhere)
    other.write_text(checkpoint.note, encoding="utf-8")
    code, text = verify(bundle, "--checkpoint", str(other))
    assert code == 1
    assert "another log" in text


def test_any_key_of_a_rotation_is_enough(world: World, tmp_path: Path, settings: Settings) -> None:
    """Each rotation is signed by both keys, so whoever holds one of them can trust the rest."""
    secret, path = tmp_path / "log_key", tmp_path / "bundle.zip"
    secret.write_text(base64.b64encode(b"k" * 32).decode(), encoding="ascii")
    settings.REXMATRIX_LOG_KEY, settings.REXMATRIX_LOG_KEY_FILE = "", str(secret)
    checkpoints.issue(actor=system_actor(), workspace=world.workspace)
    first = key()
    for number in range(2):
        log_keys.rotate(actor=system_actor(), path=secret)
        edit(world, KEY, note=f"After rotation {number}")
        checkpoints.issue(actor=system_actor(), workspace=world.workspace)
    path.write_bytes(make_bundle(world.workspace)[0])
    for trusted in (first, key()):
        code, text = verify(path, "--key", trusted)
        assert code == 0, text
    stranger = str(SigningKey(b"s" * 32).verifier("matrix.example.com"))
    assert verify(path, "--key", stranger)[0] == 1
    files = members(path.read_bytes())
    files["keys.json"] = files["keys.json"].replace(b"rotation v1", b"rotation v2")
    path.write_bytes(packed(files))
    assert verify(path, "--key", first)[0] == 1  # nobody vouches for the later keys any more


def test_a_key_may_be_given_as_a_file(lived: World, tmp_path: Path) -> None:
    bundle_file, lines, document = (tmp_path / name for name in ("b.zip", "key.txt", "keys.json"))
    bundle_file.write_bytes(make_bundle(lived.workspace)[0])
    lines.write_text(f"{key()}\n", encoding="utf-8")
    document.write_bytes(members(bundle_file.read_bytes())["keys.json"])
    for given in (lines, document):
        assert verify(bundle_file, "--key", str(given))[0] == 0
    code, text = verify(bundle_file, "--key", "nonsense")
    assert code == 2
    assert "--key is no verifier key" in text


def test_erased_words_leave_the_bundle_intact(lived: World, old: Path, tmp_path: Path) -> None:
    user = lived.user("party0", "manager")
    erasure.erase(actor=system_actor(), email=user.email)
    path = tmp_path / "erased.zip"
    path.write_bytes(make_bundle(lived.workspace, evidence=True)[0])
    code, text = verify(path, "--key", key(), "--checkpoint", str(old))
    assert code == 0, text
    assert "erased; their places still hold" in text


def test_evidence_from_a_folder(lived: World, tmp_path: Path) -> None:
    path, folder = tmp_path / "bundle.zip", tmp_path / "evidence"
    path.write_bytes(make_bundle(lived.workspace)[0])
    folder.mkdir()
    (folder / "settings.png").write_bytes(png())
    code, text = verify(path, "--evidence", str(folder))
    assert code == 0
    assert "1 evidence files, byte for byte" in text
    (folder / "settings.png").write_bytes(png(3, 3))
    code, text = verify(path, "--evidence", str(folder))
    assert code == 1
    assert "neither matrix nor log knows these bytes" in text


def hostile() -> dict[str, bytes]:
    """Files that are no bundles, or that want to do harm."""
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("manifest.json", b" " * (80 * 1024**2))
    twice = io.BytesIO()
    with zipfile.ZipFile(twice, "w") as archive:
        archive.writestr("manifest.json", b"{}")
        with pytest.warns(UserWarning, match="Duplicate"):
            archive.writestr("manifest.json", b"{}")
    return {
        "empty": b"",
        "text": b"hello",
        "half a ZIP": b"PK\x03\x04" + b"\x00" * 40,
        "a bomb": bomb.getvalue(),
        "a name twice": twice.getvalue(),
        "a way out": packed({"../../etc/passwd": b"x"}, manifest=False),
        "no manifest": packed({"README.txt": b"x"}, manifest=False),
        "deep": packed({"manifest.json": b"[" * 200_000}, manifest=False),
        "deep enough": packed({"manifest.json": b"[" * 90 + b"]" * 90}, manifest=False),
        "a list": packed({"manifest.json": b"[]"}, manifest=False),
        "floats": packed({"manifest.json": b'{"v":1.0}'}, manifest=False),
        "a huge number": packed({"manifest.json": b"9" * 100_000}, manifest=False),
        "no UTF-8": packed({"manifest.json": b'{"v":"\xff"}'}, manifest=False),
        "a lone surrogate": packed({"manifest.json": b'{"kind":"\\ud800"}'}, manifest=False),
        "half a PDF": b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog",
    }


@pytest.mark.parametrize("name", [*hostile()])
def test_hostile_files_cannot_be_verified_and_give_no_traceback(name: str, tmp_path: Path) -> None:
    path = tmp_path / "hostile"
    path.write_bytes(hostile()[name])
    code, text = verify(path)
    assert code == 2, text
    assert "CANNOT BE VERIFIED" in text
    assert "Traceback" not in text


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    command = [sys.executable, "-I", str(FILE), str(tmp_path / "nothing")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (2, "")
    assert "CANNOT BE VERIFIED: it cannot be read" in done.stdout


def test_what_a_file_says_cannot_steer_the_terminal(bundle: Path, tmp_path: Path) -> None:
    files = members(bundle.read_bytes())
    files["statements.jsonl"] = changed_lines(
        files["statements.jsonl"], lambda r: r[0].update(id="\x1b[2J\x07", statement="{}")
    )
    path = tmp_path / "steering.zip"
    path.write_bytes(packed(files))
    assert "\x1b" not in verify(path)[1]


def test_random_changes_are_found_and_none_crashes(bundle: Path, tmp_path: Path) -> None:
    """Change a random byte of a random member, with a manifest that fits again."""
    dice = random.Random(SEED)
    files = members(bundle.read_bytes())
    path = tmp_path / "random.zip"
    known = ("manifest.json", "README.txt", "keys.json")
    names = sorted(name for name, data in files.items() if data and name not in known)
    for _ in range(400):
        name = dice.choice(names)
        data = bytearray(files[name])
        at = dice.randrange(len(data))
        data[at] ^= 1 << dice.randrange(8)
        path.write_bytes(packed({**files, name: bytes(data)}))
        code, text = verify(path, "--key", key())
        assert code in (1, 2), (name, at, text)
