"""The offline verifier on releases: attested ones, proposals, and what somebody made of them."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils import timezone

from responsibilities import canonical
from responsibilities.choices import AuditAction, ExportFormat, ExportStatus, Role, Via
from responsibilities.exchange import proof
from responsibilities.matrix.releases import edition
from responsibilities.models import AuditEvent, Checkpoint, Export, LogKey, Release
from responsibilities.permissions import Actor, system_actor
from responsibilities.services import (
    attestations,
    audit,
    checkpoints,
    erasure,
    evidence,
    log_keys,
    signoffs,
)
from responsibilities.services.evidence_content import NewNote
from responsibilities.services.releases import Step
from tests.evidence import add as add_evidence
from tests.evidence import new_file
from tests.files import png
from tests.releasing import attest, make_release, propose, stored_pdf, withdraw
from tests.signing import AUTHENTICATION, edit, sign
from tests.verifier.bundles import VERIFIER, changed_lines, make_bundle, members, packed, verify
from tests.world import World

KEY = "T-S0-01"
SEED = 20261122

type Files = dict[str, bytes]


@pytest.fixture
def released(world: World) -> World:
    """Release 1.0, then 1.1 that supersedes it, and 2.0 that one side has attested."""
    for content in (new_file(png(), "settings.png"), NewNote("We looked.")):
        add_evidence(world, content, side="party0", title="Proof", items=[KEY])
    signoff = sign(world, "party0", KEY)
    make_release(world, summary="The first")
    signoffs.withdraw(actor=world.actor("party0"), signoff=signoff, reason="Too early")
    edit(world, KEY, note="Since 1.0")
    make_release(world, Step.MINOR, summary="What we learned")
    edit(world, KEY, note="Since 1.1")
    attest(world, propose(world, summary="The next"), "party0")
    return world


@pytest.fixture
def files(released: World) -> Files:
    """The members of an intact bundle."""
    return members(make_bundle(released.workspace, evidence=True)[0])


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where a file to check goes."""
    return tmp_path / "file"


def key() -> str:
    """Return the verifier key as it is published."""
    return str(log_keys.verifier(LogKey.objects.get()))


def check(path: Path, files: Files) -> tuple[int, str]:
    """Check a bundle of these members, with a manifest that fits them."""
    path.write_bytes(packed(files))
    return verify(path, "--key", key())


def change_list(files: Files, change: Callable[[list[dict[str, Any]]], object]) -> None:
    """Change the list of releases."""
    files["releases.jsonl"] = changed_lines(files["releases.jsonl"], change)


def small_pdf(path: Path, files: Files) -> Path:
    """Write a PDF of one page with these attachments: all that the verifier reads in one."""
    with pikepdf.new() as pdf:
        pdf.add_blank_page()
        for name, data in files.items():
            pdf.attachments[name] = data
        pdf.save(path)
    return path


def attached(world: World, number: str = "1.0") -> Files:
    """Return what the PDF of a release carries."""
    major, minor = number.split(".")
    release = Release.objects.get(workspace=world.workspace, major=major, minor=minor)
    checkpoint = checkpoints.issue(actor=system_actor(), workspace=world.workspace)
    return {
        "matrix.json": release.snapshot.encode(),
        "proof.json": proof.proof(edition(world.workspace, release), checkpoint, release=release),
    }


def lines_of(text: str, kind: str) -> list[str]:
    """Return the lines of a table that begin with a word."""
    return [line.split(maxsplit=1)[1] for line in text.split("\n") if line.split()[:1] == [kind]]


def attested_lines(text: str) -> list[str]:
    """Return the lines that say that somebody attested a release."""
    return [line for line in lines_of(text, "checked") if "attested by" in line]


def test_an_intact_bundle_tells_of_each_release(files: Files, path: Path) -> None:
    code, text = check(path, files)
    assert code == 0, text
    assert [line.split(" at ")[0] for line in attested_lines(text)] == [
        f"release {number}: attested by {name}"
        for number in ("1.0", "1.1")
        for name in ("Vera Manager for Vendor Inc.", "Clara Manager for Acme")
    ]
    assert all(line.endswith(" UTC, by password") for line in attested_lines(text))
    notes = lines_of(text, "NOTE")
    assert notes[0] == ("2.0 is a PROPOSAL and no release: attested by 1 of 2 sides, not by Acme")
    assert notes[1].startswith("release 1.0 was SUPERSEDED by 1.1 (event ")
    assert notes[2] == "release 1.1 is the one in force at the end of this log"
    assert "6 inclusion proofs of sign-offs and attestations" in text


def test_the_frozen_matrix_is_a_file_with_the_attested_sha256(
    released: World, files: Files
) -> None:
    """What an auditor does by hand: sha256sum of a file, and the statement that names it."""
    for line in files["releases.jsonl"].splitlines():
        entry = json.loads(line)
        digest = VERIFIER.sha256(files[f"releases/{entry['number']}.json"])
        said = [json.loads(row["statement"]) for row in entry["attestations"]]
        assert {row["release"]["digest"] for row in said} == {digest}
    assert released.workspace.releases.count() == 3


def test_a_withdrawn_release_is_told_and_is_not_in_force(released: World, path: Path) -> None:
    withdraw(released, Release.objects.get(major=1, minor=1))
    withdraw(released, Release.objects.get(major=2), reason="Not yet")
    code, text = check(path, members(make_bundle(released.workspace)[0]))
    assert code == 0, text
    withdrawn = [line for line in lines_of(text, "NOTE") if "WITHDRAWN" in line]
    assert withdrawn[0].startswith("release 1.1 was WITHDRAWN on 2026-")
    assert withdrawn[0].endswith(": Two duties were left out")
    assert withdrawn[1].startswith("the proposal 2.0 was WITHDRAWN on 2026-")
    assert "release 1.0 was SUPERSEDED by 1.1" in text
    assert "in force at the end" not in text


def drop_line(files: Files, at: int) -> None:
    """Take a release out of the list, and its matrix out of the bundle."""
    number = json.loads(files["releases.jsonl"].splitlines()[at])["number"]
    change_list(files, lambda r: r.pop(at))
    del files[f"releases/{number}.json"]


def drop_everything(files: Files) -> None:
    """Take all releases out."""
    for name in [name for name in files if name.startswith("releases")]:
        del files[name]


def forge_digest(files: Files) -> None:
    """Change a frozen matrix, and the digest that the list gives."""
    name = "releases/1.0.json"
    files[name] = files[name].replace(b'"note":""', b'"note":"x"', 1)
    change_list(files, lambda r: r[0].update(digest=VERIFIER.sha256(files[name])))


def forge_statement(files: Files, **values: object) -> None:
    """Change a statement, as if somebody else had attested."""

    def change(records: list[dict[str, Any]]) -> None:
        entry = records[0]["attestations"][0]
        said = json.loads(entry["statement"])
        entry["statement"] = VERIFIER.canonical({**said, **values}).decode()

    change_list(files, change)


def add_release(files: Files) -> None:
    """Add a release that nobody proposed."""
    files["releases/9.0.json"] = files["releases/1.0.json"]
    change_list(files, lambda r: r.append({**r[0], "id": "made-up", "number": "9.0"}))


def complete(records: list[dict[str, Any]]) -> None:
    """Give the proposal the attestation that an earlier release has of the other side."""
    records[2]["attestations"].append(records[0]["attestations"][1])


ATTACKS: dict[str, tuple[Callable[[Files], object], str]] = {
    "a frozen matrix changed": (
        lambda f: f.update({"releases/1.0.json": f["releases/1.0.json"].replace(b"Duty", b"Tidy")}),
        "does not have the SHA-256 that was attested",
    ),
    "its digest changed along": (forge_digest, "no event of the log proposes this number"),
    "two matrices exchanged": (
        lambda f: f.update(
            {
                "releases/1.0.json": f["releases/1.1.json"],
                "releases/1.1.json": f["releases/1.0.json"],
            }
        ),
        "does not have the SHA-256 that was attested",
    ),
    "another number": (
        lambda f: change_list(f, lambda r: r[2].update(number="3.0")),
        "release 3.0: its matrix is missing",
    ),
    "two numbers exchanged": (
        lambda f: change_list(f, lambda r: (r[0].update(number="1.1"), r[1].update(number="1.0"))),
        "no event of the log proposes this number",
    ),
    "another summary": (
        lambda f: change_list(f, lambda r: r[0].update(summary="All agreed")),
        "its summary is not the one that was proposed",
    ),
    "a withdrawal made up": (
        lambda f: change_list(f, lambda r: r[1].update(withdrawal="They said so")),
        "a withdrawal differs from the log",
    ),
    "an attestation taken out": (
        lambda f: change_list(f, lambda r: r[0]["attestations"].pop()),
        "the attestation of release 1.0 that it names is missing",
    ),
    "an attestation twice": (
        lambda f: change_list(f, lambda r: r[2]["attestations"].append(r[2]["attestations"][0])),
        "the log does not hold an attestation, or it stands there twice",
    ),
    "an attestation of another release": (
        lambda f: change_list(f, complete),
        "release 2.0: the log does not hold an attestation",
    ),
    "another name": (
        lambda f: forge_statement(f, signed_at="2020-01-01T00:00:00.000000+00:00"),
        "the log does not hold an attestation",
    ),
    "another id": (
        lambda f: change_list(f, lambda r: r[0]["attestations"][0].update(id="0" * 36)),
        "no inclusion proof under its id",
    ),
    "a release taken out": (lambda f: drop_line(f, 1), "is missing from the bundle"),
    "every release taken out": (drop_everything, "is missing from the bundle"),
    "a release made up": (add_release, "release 9.0: no event of the log proposes"),
    "a release twice": (
        lambda f: change_list(f, lambda r: r.append(r[0])),
        "release 1.0 stands in releases.jsonl twice",
    ),
    "a matrix without a release": (
        lambda f: f.update({"releases/9.0.json": f["releases/1.0.json"]}),
        "releases/9.0.json: releases.jsonl does not list this release",
    ),
    "a matrix in another spelling": (
        lambda f: f.update({"releases/1.0.json": f["releases/1.0.json"] + b"\n"}),
        "releases/1.0.json is not in canonical form",
    ),
    "a PDF made up": (
        lambda f: f.update({"releases/1.0.pdf": b"%PDF-1.7 release 1.0 %%EOF"}),
        "releases/1.0.pdf: not the file of this release",
    ),
}


@pytest.mark.parametrize("attack", [*ATTACKS])
def test_what_somebody_made_of_releases_is_found(attack: str, files: Files, path: Path) -> None:
    change, words = ATTACKS[attack]
    change(files)
    code, text = check(path, files)
    assert code == 1, text
    assert words in text


def test_a_withdrawal_left_out_is_found(released: World, path: Path) -> None:
    withdraw(released, Release.objects.get(major=1, minor=1))
    files = members(make_bundle(released.workspace)[0])
    change_list(files, lambda r: r[1].update(withdrawal=None))
    code, text = check(path, files)
    assert code == 1
    assert "release 1.1: a withdrawal differs from the log" in text


def forged(
    world: World, release: Release, actor: Actor, **signer: canonical.Json
) -> canonical.Json:
    """Append the event of an attestation that no service would let through; return it."""
    assert actor.membership is not None
    said = attestations.statement(
        release=release,
        membership=actor.membership,
        shown=attestations.offer(release, actor.membership),
        authentication=AUTHENTICATION,
        attested_at=timezone.now(),
    )
    assert isinstance(said, dict)
    said["signer"] = {**said["signer"], **signer}
    audit.append(
        workspace=world.workspace,
        actor=actor,
        action=AuditAction.RELEASE_ATTESTED,
        subject=audit.Subject("release", str(release.pk)),
        label="Release",
        changes=[
            audit.Change("matrix SHA-256", "", release.digest),
            audit.Change("statement SHA-256", "", canonical.sha256_hex(said)),
        ],
    )
    return said


@pytest.mark.parametrize(
    ("side", "person", "words"),
    [
        ("party1", "party0", "Vera Manager attested it for two sides"),
        ("party0", "party1", "attests for a side that has no attestation to give"),
    ],
)
def test_a_forged_log_needs_two_people_of_two_sides(
    side: str, person: str, words: str, world: World, path: Path
) -> None:
    """Even whoever writes the log themselves cannot make one person's word that of both sides."""
    release = propose(world)
    attest(world, release, "party0")
    user, membership = world.user(person, Role.MANAGER), world.actor(side).membership
    actor = Actor(user=user, via=Via.WEB, membership=membership)
    said = forged(world, release, actor, id=str(user.pk), name=user.name)
    made = attached_by_hand(world, release, [said])
    code, text = verify(small_pdf(path, made))
    assert code == 1
    assert words in text
    assert attested_lines(text) == []


def attached_by_hand(
    world: World, release: Release, more: list[canonical.Json], **values: object
) -> Files:
    """Return what a PDF would carry, had its maker left nothing unchecked."""
    checkpoint = checkpoints.issue(actor=system_actor(), workspace=world.workspace)
    log = proof.LogReading(checkpoint).read()
    events = AuditEvent.objects.filter(object_type="release").select_related("payload")
    given = [row.statement for row in proof.attestations(release, log)]
    document = {
        "v": 2,
        "kind": "rexmatrix-proof",
        "checkpoint": checkpoint.note,
        "prepared": log.proposed[str(release.pk)],
        **json.loads(canonical.dumps(proof.keys(proof.host_of(checkpoint)))),
        "events": [
            {**proof.record(event), "proof": [s.hex() for s in log.tree.inclusion(event.seq)]}
            for event in events.order_by("seq")
        ],
        "statements": [],
        "consistency": [],
        "release": {
            "id": str(release.pk),
            "number": release.number,
            "digest": release.digest,
            "attestations": [
                {"statement": text}
                for text in (*given, *(canonical.dumps(said).decode() for said in more))
            ],
            **values,
        },
    }
    return {
        "matrix.json": release.snapshot.encode(),
        "proof.json": VERIFIER.canonical(document),
    }


def test_an_attestation_over_another_matrix_is_none(world: World, path: Path) -> None:
    """The statement names the proposal, and a digest that is not the proposal's."""
    release = propose(world)
    attest(world, release, "party0")
    other = Release.objects.get(pk=release.pk)
    other.digest = "0" * 64
    said = forged(world, other, world.actor("party1"))
    code, text = verify(small_pdf(path, attached_by_hand(world, release, [said])))
    assert code == 1
    assert "an attestation is of something else than event" in text
    assert attested_lines(text) == []


def test_the_pdf_of_a_release_names_who_attested_it(released: World, path: Path) -> None:
    code, text = verify(small_pdf(path, attached(released)), "--key", key())
    assert code == 0, text
    assert [line.split(" at ")[0] for line in attested_lines(text)] == [
        "release 1.0: attested by Vera Manager for Vendor Inc.",
        "release 1.0: attested by Clara Manager for Acme",
    ]
    assert "release 1.0: its matrix is the one that event" in text
    assert "whether release 1.0 is still in force: a newer bundle says" in text
    assert lines_of(text, "NOTE") == []


def test_the_pdf_of_a_withdrawn_release_says_so_from_then_on(released: World, path: Path) -> None:
    withdraw(released, Release.objects.get(major=1, minor=0))
    code, text = verify(small_pdf(path, attached(released)), "--key", key())
    assert code == 0, text
    (note,) = lines_of(text, "NOTE")
    assert note.startswith("release 1.0 was WITHDRAWN on 2026-")
    assert note.endswith("Two duties were left out")


def test_what_a_program_reads_of_a_release(released: World, path: Path) -> None:
    release = Release.objects.get(major=1, minor=0)
    small_pdf(path, attached(released))
    text = VERIFIER.run(VERIFIER.arguments([str(path), "--json"]))[1]
    said = json.loads(text)["file"]["release"]
    assert said == {
        "id": str(release.pk),
        "number": "1.0",
        "digest": release.digest,
        "attested": True,
        "withdrawn": False,
    }
    path.write_bytes(make_bundle(released.workspace)[0])
    text = VERIFIER.run(VERIFIER.arguments([str(path), "--json"]))[1]
    assert [(row["number"], row["status"]) for row in json.loads(text)["file"]["releases"]] == [
        ("1.0", "superseded"),
        ("1.1", "current"),
        ("2.0", "proposed"),
    ]


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("matrix.json", b'"letter":"A"', b'"letter":"C"'),
        ("proof.json", b"Clara Manager", b"Clara Managed"),
        ("proof.json", b'"number":"1.0"', b'"number":"1.7"'),
        ("proof.json", b"release.attested", b"release.attestee"),
    ],
)
def test_a_changed_attachment_is_found(
    released: World, name: str, old: bytes, new: bytes, path: Path
) -> None:
    made = attached(released)
    assert old in made[name]
    made[name] = made[name].replace(old, new)
    code, text = verify(small_pdf(path, made), "--key", key())
    assert code == 1, text


def test_a_proposal_never_reads_as_attested(world: World, path: Path) -> None:
    """Not even in a file that somebody made to look like a release."""
    release = propose(world)
    attest(world, release, "party0")
    code, text = verify(small_pdf(path, attached_by_hand(world, release, [])))
    assert code == 1
    assert "the PDF is that of a proposal, not every side has attested it" in text
    assert "1.0 is a PROPOSAL and no release: attested by 1 of 2 sides, not by Acme" in text
    assert attested_lines(text) == []


def test_a_draft_says_that_it_is_one(released: World, path: Path) -> None:
    """A release whose proof was taken out, too: what is left proves no attestation."""
    made = attached(released)
    document = json.loads(made["proof.json"])
    del document["release"]
    made["proof.json"] = VERIFIER.canonical({**document, "v": 1})
    code, text = verify(small_pdf(path, made), "--key", key())
    assert code == 0
    assert lines_of(text, "NOTE") == [
        "this file is a DRAFT: it is no release, and nobody has attested it"
    ]
    assert attested_lines(text) == []
    made["proof.json"] = VERIFIER.canonical(document)
    code, text = verify(small_pdf(path, made), "--key", key())
    assert (code, "not of a kind that this verifier knows" in text) == (2, True)


def test_erasing_a_person_leaves_releases_attested(released: World, path: Path) -> None:
    before = attached(released)
    kept = path.with_name("kept.txt")
    kept.write_text(Checkpoint.objects.latest("size").note, encoding="utf-8")
    erasure.erase(actor=system_actor(), email=released.user("party0", Role.MANAGER).email)
    for made in (before, attached(released)):
        code, text = verify(small_pdf(path, made), "--key", key(), "--checkpoint", str(kept))
        assert code == 0, text
        assert "release 1.0: attested by Vera Manager for Vendor Inc." in text
    path.write_bytes(make_bundle(released.workspace)[0])
    code, text = verify(path, "--key", key(), "--checkpoint", str(kept))
    assert code == 0, text
    assert len(attested_lines(text)) == 4
    assert "erased; their places still hold" in text


def test_the_pdf_of_each_release_is_in_the_bundle_on_request(released: World, path: Path) -> None:
    for number in (0, 1):
        release = Release.objects.get(major=1, minor=number)
        stored_pdf(released, release, b"%%PDF-1.7 edition %d" % number)
    assert "releases/1.0.pdf" not in members(make_bundle(released.workspace)[0])
    files = members(make_bundle(released.workspace, releases=True)[0])
    assert "matrix.pdf" not in files  # that is the draft's, and there is none
    code, text = check(path, files)
    assert code == 0, text
    for number in (0, 1):
        assert files[f"releases/1.{number}.pdf"] == b"%%PDF-1.7 edition %d" % number
        assert f"releases/1.{number}.pdf: byte for byte the file of event" in text
    files["releases/1.0.pdf"] = files["releases/1.1.pdf"]
    code, text = check(path, files)
    assert code == 1
    assert "releases/1.0.pdf: not the file of this release" in text


def test_a_file_that_the_log_does_not_know_yet_stays_out(released: World) -> None:
    """It was finished after the checkpoint that the bundle ends with."""
    export = Export.objects.create(
        workspace=released.workspace,
        format=ExportFormat.PDF,
        status=ExportStatus.DONE,
        finished_at=timezone.now(),
        file=default_storage.save("exports/new.pdf", ContentFile(b"%PDF-1.7")),
    )
    assert "matrix.pdf" not in members(make_bundle(released.workspace)[0])
    assert export.release is None


def test_the_evidence_of_old_releases_is_in_the_bundle(released: World, path: Path) -> None:
    piece = released.workspace.evidence.get(kind="file")
    evidence.revise(
        actor=released.actor("party0"),
        workspace=released.workspace,
        evidence=piece.pk,
        content=new_file(png(3, 3), "settings.png"),
        collected_on=timezone.localdate(),
    )
    files = members(make_bundle(released.workspace, evidence=True)[0])
    assert len([name for name in files if name.startswith("evidence/")]) == 2
    code, text = check(path, files)
    assert code == 0, text
    assert "2 evidence files, byte for byte" in text


STRANGE: tuple[Any, ...] = (None, True, 7, 2**60, "", "x", [], {}, [[]], {"a": {}}, "\ud7ff\x00")


def places(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the way to each value inside a JSON value."""
    if at:
        yield at
    if isinstance(value, (dict, list)):
        for name, part in value.items() if isinstance(value, dict) else enumerate(value):
            yield from places(part, (*at, name))


def with_other(value: Any, at: tuple[Any, ...], other: Any) -> Any:
    """Return a copy of a JSON value with another one in a place."""
    copy = json.loads(json.dumps(value))
    inner = copy
    for name in at[:-1]:
        inner = inner[name]
    inner[at[-1]] = other
    return copy


def assert_refused(path: Path, what: object) -> None:
    code, text = verify(path, "--key", key())
    assert code in (1, 2), (what, text)
    for word in ("Traceback", "TypeError", "KeyError", "AttributeError", "IndexError"):
        assert word not in text, (what, text)


def test_wrong_types_in_the_proof_of_a_release_are_refused_in_words(
    released: World, path: Path
) -> None:
    made = attached(released)
    document = json.loads(made["proof.json"])
    for at in places(document["release"]):
        for strange in STRANGE:
            changed = with_other(document, ("release", *at), strange)
            small_pdf(path, {**made, "proof.json": VERIFIER.canonical(changed)})
            assert_refused(path, (at, strange))


def test_wrong_types_in_the_list_of_releases_are_refused_in_words(files: Files, path: Path) -> None:
    records = [json.loads(line) for line in files["releases.jsonl"].splitlines()]
    for at in places(records[0]):
        for strange in STRANGE:
            changed = with_other(records, (0, *at), strange)
            if changed == records:
                continue
            data = b"".join(VERIFIER.canonical(record) + b"\n" for record in changed)
            path.write_bytes(packed({**files, "releases.jsonl": data}))
            assert_refused(path, (at, strange))


def test_random_changes_of_the_proof_of_a_release_are_found(released: World, path: Path) -> None:
    """A random bit of the matrix, or of what the proof says beside the keys."""
    dice = random.Random(SEED)
    made = attached(released)
    document = json.loads(made["proof.json"])
    parts = {
        name: VERIFIER.canonical(document[name])
        for name in ("checkpoint", "events", "prepared", "release", "statements")
    }
    for _ in range(600):
        name = dice.choice(["matrix.json", *parts])
        whole = parts.get(name, made["matrix.json"])
        data = bytearray(whole)
        data[dice.randrange(len(data))] ^= 1 << dice.randrange(8)
        if name in parts:
            changed = made["proof.json"].replace(whole, bytes(data), 1)
            small_pdf(path, {**made, "proof.json": changed})
        else:
            small_pdf(path, {**made, name: bytes(data)})
        assert_refused(path, (name, bytes(data)))


def test_wrong_types_in_the_events_of_a_release_are_refused_in_words(
    released: World, path: Path
) -> None:
    """Even where the commitment fits: whoever writes a hostile file can compute that."""
    made = attached(released)
    document = json.loads(made["proof.json"])
    events = [
        (at, part)
        for at, event in enumerate(document["events"])
        if '"release.' in event["leaf"]
        for part in ("leaf", "payload")
    ]
    for at, part in events:
        event = document["events"][at]
        value = json.loads(event[part])
        for where in places(value):
            for strange in STRANGE:
                changed = with_other(value, where, strange)
                if changed == value:
                    continue
                other = {**event, part: VERIFIER.canonical(changed).decode()}
                if part == "payload":
                    words = bytes.fromhex(event["salt"]) + other["payload"].encode()
                    leaf = {**json.loads(event["leaf"]), "payload_commit": VERIFIER.sha256(words)}
                    other["leaf"] = VERIFIER.canonical(leaf).decode()
                events_then = [*document["events"][:at], other, *document["events"][at + 1 :]]
                proofs = VERIFIER.canonical({**document, "events": events_then})
                small_pdf(path, {**made, "proof.json": proofs})
                assert_refused(path, (at, part, where, strange))


def test_wrong_types_in_a_frozen_matrix_are_refused_in_words(files: Files, path: Path) -> None:
    matrix = json.loads(files["releases/1.0.json"])
    dice = random.Random(SEED)
    for where in dice.sample(list(places(matrix)), 150):
        changed = with_other(matrix, where, dice.choice(STRANGE))
        if changed != matrix:
            path.write_bytes(packed({**files, "releases/1.0.json": VERIFIER.canonical(changed)}))
            assert_refused(path, where)


def test_random_changes_of_a_bundle_with_releases_are_found(files: Files, path: Path) -> None:
    """A random bit of what belongs to the releases, with a manifest that fits again."""
    dice = random.Random(SEED)
    names = sorted(name for name in files if name.startswith(("releases", "proofs/", "events")))
    for _ in range(400):
        name = dice.choice(names)
        data = bytearray(files[name])
        data[dice.randrange(len(data))] ^= 1 << dice.randrange(8)
        path.write_bytes(packed({**files, name: bytes(data)}))
        assert_refused(path, (name, bytes(data)))
