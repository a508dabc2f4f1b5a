#!/usr/bin/env python3
"""Checks what Rexmatrix hands out, offline: an exported PDF, or a bundle (ZIP).

A release counts as attested if the log holds its proposal and, for every side of its matrix, the
attestation of another person over the same bytes.

    python verify_rexmatrix.py FILE [--key KEY] [--checkpoint OLD]... [--evidence DIR] [--pdf PDF]

One file. Needs Python 3.10 or newer and `cryptography`; `pypdf` as well when FILE is a PDF.
Ends with 0 if everything that was checked is intact, 1 if something was changed, 2 if it cannot
be verified. Prints what was checked, what was not, and what failed; with --json as one JSON object.

Follows RFC 6962 (Merkle tree), RFC 9162 section 2.1 (proofs), C2SP signed-note, tlog-checkpoint
and tlog-proof, and the subset of RFC 8785 (canonical JSON) without numbers other than integers.

Nothing covered by a checkpoint that someone else kept can be changed, removed or reordered without
being noticed. Not more: it does not say that what was entered is true, that everything was
entered, or what happened before the first checkpoint that somebody kept.
"""

from __future__ import annotations

import argparse
import base64
import binascii
import hashlib
import io
import json
import logging
import os
import re
import sys
import threading
import unicodedata
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

VERSION = "2"
INTACT, TAMPERED, UNVERIFIABLE = 0, 1, 2

MOST_FILE = 4 * 1024**3
MOST_PDF = 512 * 1024**2
MOST_JSON = 64 * 1024**2
MOST_LINE = 8 * 1024**2
MOST_MEMBERS = 50_000
MOST_EVENTS = 5_000_000
MOST_RELEASES = 2_000
MOST_DEPTH = 40
MOST_MEMORY = 3 * 1024**3
MOST_FAILURES = 25
SECONDS = 900
CHUNK = 1024 * 1024

LEAF_KEYS = {"v", "ws", "seq", "ts", "actor", "action", "object", "payload_commit"}
SIGNING = {"signoff.signed", "signoff.bulk_signed"}
NAMING = {"export.prepared", "release.proposed"}
HEX64 = re.compile(r"[0-9a-f]{64}")
MEMBER = re.compile(
    r"manifest\.json|README\.txt|keys\.json|matrix\.json|matrix\.pdf|events\.jsonl|"
    r"statements\.jsonl|checkpoints/[0-9]{12}\.txt|proofs/[0-9a-f-]{36}\.tlog-proof|"
    r"evidence/[0-9a-f]{64}|releases\.jsonl|releases/[0-9]{1,4}\.[0-9]{1,4}\.(json|pdf)"
)
NUMBER = re.compile(r"[0-9]{1,4}\.[0-9]{1,4}")
CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f]")
KEY_NAME = re.compile(r"[^\s+]+")
LETTERS = "RACI"
MESSAGE_DIGEST = bytes.fromhex("2a864886f70d010904")  # 1.2.840.113549.1.9.4


class Unverifiable(Exception):  # noqa: N818 (it is no error of ours)
    """The file cannot be verified: unreadable, too large, or not of ours."""


class Report:
    """What was checked, what was not, and what failed."""

    def __init__(self) -> None:
        self.checked: list[str] = []
        self.unchecked: list[str] = []
        self.failed: list[str] = []
        self.notes: list[str] = []
        self.failures = 0
        self.said: dict[str, Any] = {}  # what the file says of itself, proved or not

    def check(self, holds: bool, done: str, wrong: str = "") -> bool:
        """Note that something was checked and holds, or that it does not."""
        if holds:
            self.checked.append(done)
        else:
            self.fail(wrong or done)
        return holds

    def fail(self, text: str) -> None:
        """Note a failure; past the first few only their number."""
        self.failures += 1
        if len(self.failed) < MOST_FAILURES:
            self.failed.append(text)

    def skip(self, text: str) -> None:
        """Note something that was not checked."""
        self.unchecked.append(text)

    def note(self, text: str) -> None:
        """Note what a reader must know of an intact file: that a release was withdrawn, say."""
        self.notes.append(text)

    def table(self) -> str:
        """Return everything as a table."""
        lines = [f"  checked      {text}" for text in self.checked]
        lines += [f"  NOTE         {text}" for text in self.notes]
        lines += [f"  not checked  {text}" for text in self.unchecked]
        lines += [f"  FAILED       {text}" for text in self.failed]
        if self.failures > len(self.failed):
            lines.append(f"  FAILED       and {self.failures - len(self.failed)} more")
        return "\n".join(printable(line) for line in lines)

    def document(self, verdict: str, reason: str) -> str:
        """Return everything as JSON, in ASCII."""
        return json.dumps(
            {
                "v": 1,
                "verdict": verdict,
                "reason": printable(reason),
                "checked": [printable(text) for text in self.checked],
                "notes": [printable(text) for text in self.notes],
                "not_checked": [printable(text) for text in self.unchecked],
                "failed": [printable(text) for text in self.failed],
                "failures": self.failures,
                "file": self.said,
            }
        )


def printable(text: str) -> str:
    """Return a text without anything that could steer a terminal."""
    return "".join(c if c.isprintable() else "?" for c in text)[:400]


# --- Hashes and the Merkle tree -------------------------------------------------------------------


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def leaf_hash(entry: bytes) -> bytes:
    return hashlib.sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


class Frontier:
    """The complete subtrees of a log, largest first; RFC 6962, section 2.1."""

    def __init__(self) -> None:
        self.size = 0
        self.nodes: list[bytes] = []

    def append(self, leaf: bytes) -> None:
        rest = self.size
        while rest & 1:
            leaf = node_hash(self.nodes.pop(), leaf)
            rest >>= 1
        self.nodes.append(leaf)
        self.size += 1

    def root(self) -> bytes:
        if not self.nodes:
            return hashlib.sha256().digest()
        root = self.nodes[-1]
        for node in reversed(self.nodes[:-1]):
            root = node_hash(node, root)
        return root


def included(index: int, size: int, leaf: bytes, proof: Sequence[bytes], root: bytes) -> bool:
    """RFC 9162, section 2.1.3.2."""
    if not 0 <= index < size or any(len(step) != 32 for step in proof):
        return False
    at, last, node = index, size - 1, leaf
    for step in proof:
        if last == 0:
            return False
        if at & 1 or at == last:
            node = node_hash(step, node)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            node = node_hash(node, step)
        at, last = at >> 1, last >> 1
    return last == 0 and node == root


def consistent(first: Checkpoint, second: Checkpoint, proof: Sequence[bytes]) -> bool:
    """RFC 9162, section 2.1.4.2."""
    if not 0 < first.size <= second.size or any(len(step) != 32 for step in proof):
        return False
    if first.size == second.size:
        return not proof and first.root == second.root
    if not proof:
        return False
    steps = [first.root, *proof] if first.size & (first.size - 1) == 0 else list(proof)
    at, last = first.size - 1, second.size - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    old = new = steps[0]
    for step in steps[1:]:
        if last == 0:
            return False
        if at & 1 or at == last:
            old, new = node_hash(step, old), node_hash(step, new)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            new = node_hash(new, step)
        at, last = at >> 1, last >> 1
    return last == 0 and old == first.root and new == second.root


# --- Signed notes and checkpoints (C2SP) ----------------------------------------------------------


def unbase64(text: str) -> bytes:
    """Return the bytes of base64 in its one canonical spelling; raise ValueError otherwise."""
    try:
        data = base64.b64decode(text, validate=True)
    except binascii.Error as bad:
        raise ValueError("base64 is malformed") from bad
    if base64.b64encode(data).decode() != text:
        raise ValueError("base64 is not in its canonical spelling")
    return data


def unhex(text: str) -> bytes:
    """Return the bytes of hex digits in lower case; raise ValueError for another spelling."""
    data = bytes.fromhex(text)
    if data.hex() != text:
        raise ValueError("hex digits are not in their canonical spelling")
    return data


class Key:
    """An Ed25519 public key under a name: ``name+id+base64(1 ‖ key)``."""

    def __init__(self, name: str, public: bytes) -> None:
        if not KEY_NAME.fullmatch(name) or CONTROL.search(name) or len(public) != 32:
            raise ValueError("a verifier key is malformed")
        self.name, self.public = name, public

    @property
    def id(self) -> bytes:
        seed = self.name.encode() + b"\n\x01" + self.public
        return hashlib.sha256(seed).digest()[:4]

    @property
    def fingerprint(self) -> str:
        return sha256(self.public)

    def under(self, name: str) -> Key:
        return Key(name, self.public)

    def __str__(self) -> str:
        return f"{self.name}+{self.id.hex()}+{base64.b64encode(bytes([1]) + self.public).decode()}"

    @classmethod
    def parse(cls, text: str) -> Key:
        name, identifier, encoded = text.strip().split("+", 2)
        data = unbase64(encoded)
        if data[:1] != b"\x01":
            raise ValueError("only Ed25519 keys are known")
        key = cls(name, data[1:])
        if key.id.hex() != identifier:
            raise ValueError("the id of a verifier key does not fit")
        return key


def open_note(note: str, keys: Iterable[Key]) -> tuple[str, list[Key]]:
    """Return the text of a note and the keys that signed it; raise ValueError if none did."""
    from cryptography.exceptions import InvalidSignature  # noqa: PLC0415 (said if it is missing)
    from cryptography.hazmat.primitives.asymmetric.ed25519 import (  # noqa: PLC0415
        Ed25519PublicKey,
    )

    if len(note) > 65536 or CONTROL.search(note):
        raise ValueError("a note is too long or holds control characters")
    body, blank, signatures = note.rpartition("\n\n")
    if not blank or not body or not signatures.endswith("\n"):
        raise ValueError("a note is malformed")
    text, held = body + "\n", []
    known = {(key.name, key.id): key for key in keys}
    lines = signatures[:-1].split("\n")
    if len(lines) > 16:
        raise ValueError("a note has too many signatures")
    for line in lines:
        dash, _space, rest = line.partition(" ")
        name, _space, encoded = rest.partition(" ")
        data = unbase64(encoded)
        if dash != "—" or not KEY_NAME.fullmatch(name) or len(data) < 5:
            raise ValueError("a signature line is malformed")
        key = known.get((name, data[:4]))
        if key is None:
            continue
        try:
            Ed25519PublicKey.from_public_bytes(key.public).verify(data[4:], text.encode())
        except InvalidSignature as bad:
            raise ValueError("a signature does not hold") from bad
        held.append(key)
    if not held:
        raise ValueError("no key that is trusted has signed it")
    return text, held


class Checkpoint:
    """Origin, size and root of a log, signed."""

    def __init__(self, origin: str, size: int, root: bytes) -> None:
        self.origin, self.size, self.root = origin, size, root

    @classmethod
    def open(cls, note: str, keys: Iterable[Key]) -> Checkpoint:
        """Return the checkpoint of a note; raise ValueError unless a trusted key signed it."""
        origin = note.partition("\n")[0]
        text, _held = open_note(note, [key.under(origin) for key in keys])
        lines = text.split("\n")
        if len(lines) != 4 or lines[3] or not re.fullmatch(r"0|[1-9][0-9]{0,15}", lines[1]):
            raise ValueError("a checkpoint is malformed")
        root = unbase64(lines[2])
        if len(root) != 32:
            raise ValueError("the root of a checkpoint is malformed")
        return cls(origin, int(lines[1]), root)


# --- JSON -----------------------------------------------------------------------------------------


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands twice in an object")
    return found


def _integer(text: str) -> int:
    if len(text) > 17:
        raise ValueError("a number is too large")
    return int(text)


def _no_number(_text: str) -> Any:
    raise ValueError("a number is no integer")


def parse(data: bytes | str) -> Any:
    """Return JSON of the subset we use; raise ValueError for anything else."""
    try:
        value = json.loads(
            data,
            object_pairs_hook=_pairs,
            parse_int=_integer,
            parse_float=_no_number,
            parse_constant=_no_number,
        )
    except RecursionError as deep:
        raise ValueError("JSON is nested too deeply") from deep
    _depth(value)
    return value


def _depth(value: Any) -> None:
    level = [value]
    for _ in range(MOST_DEPTH):
        level = [
            child
            for node in level
            if isinstance(node, (dict, list))
            for child in (node.values() if isinstance(node, dict) else node)
        ]
        if not level:
            return
    raise ValueError("JSON is nested too deeply")


def canonical(value: Any) -> bytes:
    """Return the canonical bytes: sorted keys, no white space, Unicode NFC."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return unicodedata.normalize("NFC", text).encode()


# --- What the log says ----------------------------------------------------------------------------


class Log:
    """What the events say that is needed to judge statements, matrix, PDF and evidence."""

    def __init__(self) -> None:
        self.leaves: dict[int, bytes] = {}
        self.statements: dict[str, int] = {}
        self.ids: dict[str, str] = {}
        self.withdrawn: dict[str, int] = {}
        self.evidence: set[str] = set()
        self.prepared: dict[str, int] = {}
        self.created: dict[str, int] = {}
        self.made: dict[int, set[str]] = {}
        self.editions: dict[str, Edition] = {}
        self.erased: set[int] = set()
        self.announced: set[int] = set()
        self.events = 0

    def read(self, report: Report, seq: int, record: Mapping[str, Any], workspace: str) -> bytes:
        """Check one event and remember what it says; return its leaf hash."""
        leaf = record["leaf"]
        data = leaf.encode()
        said = parse(leaf)
        self.events += 1
        if canonical(said) != data or set(said) != LEAF_KEYS:
            report.fail(f"event {seq}: the leaf is not in canonical form")
        if said.get("seq") != seq or said.get("ws") != workspace:
            report.fail(f"event {seq}: the leaf has another number or belongs to another log")
        payload, salt = record["payload"], record["salt"]
        if payload is None:
            self.erased.add(seq)
        elif sha256(unhex(salt) + payload.encode()) != said.get("payload_commit"):
            report.fail(f"event {seq}: the payload does not fit its commitment")
        else:
            self._collect(seq, said, parse(payload))
        self._edition(seq, said, None if payload is None else parse(payload))
        return leaf_hash(data)

    def _collect(self, seq: int, leaf: Mapping[str, Any], payload: Mapping[str, Any]) -> None:
        action = leaf["action"]
        values = [str(change["new"]) for change in payload["changes"]]
        digests = [digest for value in values for digest in HEX64.findall(value)]
        if action in SIGNING:
            self.leaves[seq] = leaf_hash(canonical(leaf))
            self.statements.update((digest, seq) for digest in digests)
        elif action == "signoff.withdrawn":
            self.withdrawn[leaf["object"]["id"]] = seq
        elif action.startswith("evidence."):
            self.evidence.update(digests)
        elif action in NAMING:
            self.prepared.update((digest, seq) for digest in digests)
        elif action == "export.created":
            self.created.update((digest, seq) for digest in digests)
            self.made[seq] = set(digests)
        elif action == "person.erased":
            for value in values:
                for first, last in re.findall(r"([0-9]{1,12})(?:-([0-9]{1,12}))?", value):
                    low, high = int(first), int(last or first)
                    if 0 <= high - low <= MOST_EVENTS:
                        self.announced.update(range(low, high + 1))

    def _edition(
        self, seq: int, leaf: Mapping[str, Any], payload: Mapping[str, Any] | None
    ) -> None:
        """Remember what an event says of a release; without words, only who did what when."""
        _release, dot, verb = str(leaf["action"]).partition("release.")
        if not dot or verb not in {"proposed", "attested", "withdrawn"}:
            return
        shaped(leaf, LEAF, f"event {seq}")
        edition = self.editions.setdefault(leaf["object"]["id"], Edition())
        words = {} if payload is None else payload
        said = {str(change["field"]): str(change["new"]) for change in words.get("changes", ())}
        getattr(edition, verb)[seq] = {
            "at": leaf["ts"],
            "signer": leaf["actor"]["id"],
            "side": leaf["actor"]["side"],
            "matrix": said.get("matrix SHA-256"),
            "statement": said.get("statement SHA-256"),
            "number": said.get("number"),
            "reason": words.get("reason"),
        }
        if verb == "attested":
            self.leaves[seq] = leaf_hash(canonical(leaf))


class Edition:
    """What the events say of one release, by their numbers."""

    def __init__(self) -> None:
        self.proposed: dict[int, dict[str, Any]] = {}
        self.attested: dict[int, dict[str, Any]] = {}
        self.withdrawn: dict[int, dict[str, Any]] = {}


def check_erasures(report: Report, log: Log) -> None:
    for seq in sorted(log.erased - log.announced):
        report.fail(f"event {seq}: the payload is gone, and no event says that it was erased")
    if log.erased:
        report.skip(f"the words of {len(log.erased)} events: erased; their places still hold")


def check_statements(
    report: Report,
    log: Log,
    records: Iterable[Mapping[str, Any]],
    complete: bool,
) -> dict[str, Mapping[str, Any]]:
    """Check each signed statement against the log; return the statements by their digest."""
    found: dict[str, Mapping[str, Any]] = {}
    for record in records:
        text = record["statement"]
        digest = sha256(text.encode())
        said = parse(text)
        if canonical(said) != text.encode():
            report.fail(f"sign-off {record['id']}: the statement is not in canonical form")
        content = record.get("content")
        if content is not None and sha256(content.encode()) != said["item"]["digest"]:
            report.fail(f"sign-off {record['id']}: the content does not fit the signed digest")
        if digest not in log.statements:
            report.fail(f"sign-off {record['id']}: the log does not hold its statement")
        found[digest] = said
        log.ids[digest] = str(record["id"])
    if complete:
        named = {digest for digest in log.statements if digest not in found}
        contents = {said["item"]["digest"] for said in found.values()}
        for digest in sorted(named - contents):
            report.fail(f"event {log.statements[digest]}: a signed statement is missing")
    report.checked.append(f"{len(found)} signed statements, each in an event of the log")
    return found


def content_of(item: Mapping[str, Any], model: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a sign-off of this item covers, made again from the matrix."""
    same = (
        "key title statement obligation condition holder applicability applicability_reason "
        "chosen note"
    )
    assignments = sorted(
        item["assignments"], key=lambda a: (a["side"], a["team"], LETTERS.index(a["letter"]))
    )
    return {
        "v": 1,
        "model": model["slug"],
        "version": model["version"],
        **{name: item[name] for name in same.split()},
        "assignments": [
            {
                "side": a["side"],
                "team": a["team"],
                "name": a["team_name"],
                "letter": a["letter"],
                "person": a["person"],
            }
            for a in assignments
        ],
        "evidence": sorted(
            (
                {"id": e["id"], "rev": e["revision"], "sha256": e["sha256"]}
                for e in item["evidence"]
            ),
            key=lambda e: str(e["id"]),
        ),
    }


def check_matrix(
    report: Report, log: Log, data: bytes, statements: Mapping[str, Mapping[str, Any]]
) -> Mapping[str, Any]:
    """Check that the log names this matrix, and that its sign-offs are the ones it shows."""
    matrix: Mapping[str, Any] = parse(data)
    if canonical(matrix) != data:
        report.fail("matrix.json is not in canonical form")
    digest = sha256(data)
    report.check(
        digest in log.prepared,
        f"the matrix is the one that event {log.prepared.get(digest)} names",
        "no event of the log names this matrix: matrix.json was changed or exchanged",
    )
    named = log.prepared.get(digest)
    items = items_of(matrix)
    report.said |= {
        "matrix": digest,
        "prepared": named,
        "items": {str(item["key"]): str(item["digest"]) for item in items},
    }
    check_items(report, log, matrix, statements, named, "the matrix")
    return matrix


def items_of(matrix: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [item for section in matrix["sections"] for item in section["items"]]


def check_items(
    report: Report,
    log: Log,
    matrix: Mapping[str, Any],
    statements: Mapping[str, Mapping[str, Any]],
    named: int | None,
    name: str,
) -> None:
    """Check the digests of the items and the sign-offs that a matrix shows.

    `named` is the event that names the matrix: a later one changes nothing in it.
    """
    items, signed = items_of(matrix), 0
    end = MOST_EVENTS if named is None else named
    for item in items:
        if sha256(canonical(content_of(item, matrix["model"]))) != item["digest"]:
            report.fail(f"item {item['key']}: what is shown does not fit its digest")
        for side in item["sign_offs"]:
            shown = side["sign_off"]
            if shown:
                signed += 1
                _signoff(report, log, item, side, statements)
                if log.statements.get(shown["statement_digest"], 0) > end:
                    report.fail(f"item {item['key']}: signed only after {name} was frozen")
                if bool(shown["withdrawn_at"]) != (log.withdrawn.get(shown["id"], end) < end):
                    report.fail(f"item {item['key']}: a withdrawal differs from the log")
    report.checked.append(f"digests of {len(items)} items and {signed} sign-offs shown in {name}")


def _signoff(
    report: Report,
    log: Log,
    item: Mapping[str, Any],
    side: Mapping[str, Any],
    statements: Mapping[str, Mapping[str, Any]],
) -> None:
    shown = side["sign_off"]
    name = f"item {item['key']}, sign-off of {side['side']}"
    said = statements.get(shown["statement_digest"])
    if said is None:
        report.fail(f"{name}: its statement is missing")
        return
    pairs = (
        (log.ids[shown["statement_digest"]], shown["id"]),
        (said["item"]["key"], item["key"]),
        (said["item"]["digest"], shown["item_digest"]),
        (said["signer"]["name"], shown["printed_name"]),
        (said["signer"]["side"], side["side"]),
        (said["meaning"], shown["meaning"]),
        (said["signed_at"], shown["signed_at"]),
    )
    if any(one != other for one, other in pairs):
        report.fail(f"{name}: shown otherwise than it was signed")
    if side["state"] == "current" and shown["item_digest"] != item["digest"]:
        report.fail(f"{name}: shown as current, but the item has changed since")


def pieces_of(matrix: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """Return the evidence in a matrix by its SHA-256."""
    return {piece["sha256"]: piece for item in items_of(matrix) for piece in item["evidence"]}


def check_evidence(
    report: Report,
    pieces: Mapping[str, Mapping[str, Any]],
    files: Mapping[str, str],
    log: Log,
    given: bool,
) -> None:
    """Check evidence: notes and links by their text, files by what was given."""
    texts = absent = present = 0
    for digest, piece in pieces.items():
        if piece["kind"] != "file":
            texts += 1
            if sha256((piece["url"] or piece["text"]).encode()) != digest:
                report.fail(f"evidence {piece['title']}: its text does not fit its SHA-256")
        elif digest in files:
            present += 1
        else:
            absent += 1
    if texts:
        report.checked.append(f"{texts} notes and links of evidence")
    if present:
        report.checked.append(f"{present} evidence files, byte for byte")
    if absent:
        where = "none of the given files has their SHA-256" if given else "give --evidence DIR"
        report.skip(f"{absent} evidence files: {where}")
    for digest, name in files.items():
        if digest not in pieces and digest not in log.evidence:
            report.fail(f"evidence file {name}: neither matrix nor log knows these bytes")


# --- Releases -------------------------------------------------------------------------------------

LEAF = {"ts": str, "actor": {"id": str, "side": str}, "object": {"id": str}}
RELEASE = {"id": str, "number": str, "digest": str, "attestations": [{"statement": str}]}
LISTED = {
    **RELEASE,
    "attestations": [{"id": str, "statement": str}],
    "summary": str,
    "withdrawal": (str, type(None)),
}
SIDES = {"sides": [{"key": str, "organization": str}]}
ATTESTATION = {
    "kind": str,
    "workspace": {"id": str},
    "release": {"id": str, "number": str, "digest": str},
    "signer": {"id": str, "name": str, "side": str, "organization": str},
    "authentication": {"method": str},
    "signed_at": str,
}


def shaped(value: Any, shape: Any, name: str) -> Any:
    """Return a value if it has this shape; an object may have more entries than are asked for."""
    if isinstance(shape, dict):
        if not isinstance(value, dict):
            raise Unverifiable(f"{name} is not an object")
        for key, part in shape.items():
            if key not in value:
                raise Unverifiable(f"{name} has no entry {key}")
            shaped(value[key], part, f"{name}, {key}")
    elif isinstance(shape, list):
        if not isinstance(value, list):
            raise Unverifiable(f"{name} is not a list")
        for number, part in enumerate(value):
            shaped(part, shape[0], f"{name} {number}")
    elif not isinstance(value, shape):
        raise Unverifiable(f"{name} is of the wrong type")
    return value


def moment(text: str) -> str:
    """Return a time as people read it."""
    return text[:19].replace("T", " ") + " UTC" if text.endswith("+00:00") else text


def check_release(
    report: Report,
    log: Log,
    release: Mapping[str, Any],
    matrix: Mapping[str, Any],
    sha: str,
    workspace: str,
) -> int | None:
    """Check a release against the log; return the event that completed it, None for a proposal.

    `sha` is the SHA-256 of its matrix. A release needs a proposal that names number and matrix,
    and from each side of the matrix the attestation of another person over the same matrix.
    """
    name, before = f"release {release['number']}", report.failures
    edition = log.editions.get(release["id"], Edition())
    if sha != release["digest"]:
        report.fail(f"{name}: its matrix does not have the SHA-256 that was attested")
    proposed = [
        seq
        for seq, said in edition.proposed.items()
        if (said["matrix"], said["number"]) == (release["digest"], release["number"])
    ]
    if len(proposed) != 1 or len(edition.proposed) != 1:
        report.fail(f"{name}: no event of the log proposes this number with this matrix")
        return None
    sides = {
        side["key"]: side["organization"] for side in shaped(matrix, SIDES, f"{name}")["sides"]
    }
    found = check_attestations(report, edition, release, proposed[0], sides, workspace)
    missing = [organization for side, organization in sides.items() if side not in found]
    if report.failures > before:
        return None
    if missing:
        told = f"attested by {len(found)} of {len(sides)} sides, not by {', '.join(missing)}"
        report.note(f"{release['number']} is a PROPOSAL and no release: {told}")
        return None
    report.checked.append(f"{name}: its matrix is the one that event {proposed[0]} proposes")
    for _seq, said in found.values():
        signer, how = said["signer"], said["authentication"]["method"]
        report.checked.append(
            f"{name}: attested by {signer['name']} for {signer['organization']} "
            f"at {moment(said['signed_at'])}, by {how}"
        )
    return max(seq for seq, _said in found.values())


def check_attestations(
    report: Report,
    edition: Edition,
    release: Mapping[str, Any],
    proposed: int,
    sides: Mapping[str, str],
    workspace: str,
) -> dict[str, tuple[int, Mapping[str, Any]]]:
    """Check each attestation; return event and statement of those that hold, by side."""
    name = f"release {release['number']}"
    events = {said["statement"]: seq for seq, said in edition.attested.items()}
    same = {key: release[key] for key in ("id", "number", "digest")}
    found: dict[str, tuple[int, Mapping[str, Any]]] = {}
    for attestation in release["attestations"]:
        text = attestation["statement"]
        seq = events.pop(sha256(text.encode()), None)
        if seq is None:
            report.fail(f"{name}: the log does not hold an attestation, or it stands there twice")
            continue
        said = shaped(parse(text), ATTESTATION, f"{name}: an attestation")
        event, side = edition.attested[seq], said["signer"]["side"]
        fits = (
            canonical(said) == text.encode()
            and said["kind"] == "attestation"
            and said["workspace"]["id"] == workspace
            and {key: said["release"][key] for key in same} == same
            and event["matrix"] == release["digest"]
            and (said["signer"]["id"], side) == (event["signer"], event["side"])
            and seq > proposed
        )
        if not fits:
            report.fail(f"{name}: an attestation is of something else than event {seq} says")
        elif side not in sides or side in found:
            report.fail(f"{name}: event {seq} attests for a side that has no attestation to give")
        elif any(said["signer"]["id"] == other["signer"]["id"] for _seq, other in found.values()):
            report.fail(f"{name}: {said['signer']['name']} attested it for two sides")
        else:
            found[side] = seq, said
    for seq in events.values():
        report.fail(f"event {seq}: the attestation of {name} that it names is missing")
    return found


def tell_withdrawn(report: Report, name: str, edition: Edition) -> bool:
    """Note that the log says that a release or proposal was withdrawn."""
    for seq, said in edition.withdrawn.items():
        why = said["reason"] or "the reason is erased"
        report.note(f"{name} was WITHDRAWN on {moment(said['at'])} (event {seq}): {why}")
    return bool(edition.withdrawn)


def check_release_of_pdf(
    report: Report,
    log: Log,
    proof: Mapping[str, Any],
    matrix: Mapping[str, Any],
    workspace: str,
) -> None:
    """Check that a PDF is the release that it says it is, attested by every side."""
    release = proof.get("release")
    if release is None:
        report.note("this file is a DRAFT: it is no release, and nobody has attested it")
        return
    release = shaped(release, RELEASE, "the release")
    name = f"release {release['number']}"
    before = report.failures
    done = check_release(report, log, release, matrix, report.said["matrix"], workspace)
    if done is None and report.failures == before:
        report.fail(f"{name}: the PDF is that of a proposal, not every side has attested it")
    withdrawn = tell_withdrawn(report, name, log.editions.get(release["id"], Edition()))
    report.skip(f"whether {name} is still in force: a newer bundle says what became of it")
    report.said["release"] = {
        "id": release["id"],
        "number": release["number"],
        "digest": release["digest"],
        "attested": done is not None and report.failures == before,
        "withdrawn": withdrawn,
    }


def check_releases(
    report: Report,
    bundle: Bundle,
    log: Log,
    statements: Mapping[str, Mapping[str, Any]],
    proofs: Mapping[str, int],
    workspace: str,
) -> dict[str, Mapping[str, Any]]:
    """Check every release of a bundle; return the evidence in them by its SHA-256."""
    listed: dict[str, str] = {}
    complete: dict[str, int] = {}
    pieces: dict[str, Mapping[str, Any]] = {}
    for release in listed_releases(report, bundle):
        number = release["number"]
        listed[release["id"]] = number
        data = bundle.read(f"releases/{number}.json")
        matrix = parse(data)
        if canonical(matrix) != data:
            report.fail(f"releases/{number}.json is not in canonical form")
        edition = log.editions.get(release["id"], Edition())
        named = min(edition.proposed, default=None)
        check_items(report, log, matrix, statements, named, f"release {number}")
        pieces |= pieces_of(matrix)
        done = check_release(report, log, release, matrix, sha256(data), workspace)
        check_listed(report, release, edition, proofs)
        if done is not None:
            complete[release["id"]] = done
        pdf = f"releases/{number}.pdf"
        if pdf in bundle.names:
            check_release_file(report, log, pdf, bundle.digest(pdf)[0], release["digest"])
    for key in sorted(set(log.editions) - set(listed)):
        known = log.editions[key]
        seq = min([*known.proposed, *known.attested, *known.withdrawn])
        report.fail(f"event {seq}: the release that it names is missing from the bundle")
    tell_statuses(report, log, listed, complete)
    return pieces


def listed_releases(report: Report, bundle: Bundle) -> Iterator[Mapping[str, Any]]:
    """Yield the releases in the list of a bundle, whose file is there; each number once."""
    files = {name for name in bundle.names if name.startswith("releases/")}
    ids: set[str] = set()
    numbers: set[str] = set()
    for line in bundle.lines("releases.jsonl") if "releases.jsonl" in bundle.names else ():
        release = shaped(parse(line), LISTED, f"releases.jsonl, line {len(ids) + 1}")
        number = release["number"]
        if not NUMBER.fullmatch(number) or len(ids) >= MOST_RELEASES:
            raise Unverifiable("releases.jsonl has too many releases, or one without a number")
        if release["id"] in ids or number in numbers:
            report.fail(f"release {number} stands in releases.jsonl twice")
            continue
        ids.add(release["id"])
        numbers.add(number)
        if f"releases/{number}.json" in files:
            yield release
        else:
            report.fail(f"release {number}: its matrix is missing from the bundle")
    for name in sorted(files):
        if name.partition("/")[2].rpartition(".")[0] not in numbers:
            report.fail(f"{name}: releases.jsonl does not list this release")


def check_listed(
    report: Report, release: Mapping[str, Any], edition: Edition, proofs: Mapping[str, int]
) -> None:
    """Check what only the list says: summary, withdrawal, and the proofs of the attestations."""
    name = f"release {release['number']}"
    for said in edition.proposed.values():
        if said["reason"] not in (None, release["summary"]):
            report.fail(f"{name}: its summary is not the one that was proposed")
    reasons = [said["reason"] for said in edition.withdrawn.values()]
    told = release["withdrawal"]
    if (told is None) == bool(reasons) or any(r not in (None, told) for r in reasons):
        report.fail(f"{name}: a withdrawal differs from the log")
    for attestation in release["attestations"]:
        seq = proofs.get(f"proofs/{attestation['id']}.tlog-proof", -1)
        if edition.attested.get(seq, {}).get("statement") != sha256(
            attestation["statement"].encode()
        ):
            report.fail(f"{name}: an attestation has no inclusion proof under its id")


def check_release_file(report: Report, log: Log, name: str, digest: str, matrix: str) -> None:
    """Check the PDF of a release against the event that its export appended."""
    seq = log.created.get(digest)
    report.check(
        seq is not None and matrix in log.made[seq],
        f"{name}: byte for byte the file of event {seq}",
        f"{name}: not the file of this release that the log knows",
    )


def tell_statuses(
    report: Report, log: Log, listed: Mapping[str, str], complete: Mapping[str, int]
) -> None:
    """Note which release is in force at the end of the log, and what became of the others.

    The one that was completed last is, unless it was withdrawn; the one before never is again.
    """
    order = sorted(complete, key=lambda key: complete[key])
    told = []
    for key, number in listed.items():
        status = "attested" if key in complete else "proposed"
        edition = log.editions.get(key, Edition())
        name = f"release {number}" if key in complete else f"the proposal {number}"
        if tell_withdrawn(report, name, edition):
            status = "withdrawn"
        elif key in complete and key != order[-1]:
            status, later = "superseded", order[order.index(key) + 1]
            report.note(f"{name} was SUPERSEDED by {listed[later]} (event {complete[later]})")
        elif key in complete:
            status = "current"
            report.note(f"{name} is the one in force at the end of this log")
        told.append({"id": key, "number": number, "status": status})
    report.said["releases"] = told


# --- Keys -----------------------------------------------------------------------------------------


def trusted_keys(report: Report, document: Mapping[str, Any], given: Sequence[str]) -> list[Key]:
    """Return the keys to trust: those given and those they vouch for, else those in the file."""
    entries = list(document["keys"])
    if len(entries) > 1000:
        raise Unverifiable("the file holds too many keys")
    held = [Key.parse(entry["verifier_key"]) for entry in entries]  # the newest first
    for entry, key in zip(entries, held, strict=True):
        if entry.get("fingerprint", key.fingerprint) != key.fingerprint:
            report.fail(f"the fingerprint of a key is not its own: it is {key.fingerprint}")
    if not given:
        report.skip("whose key signed the checkpoints: give --key, received in another way")
        return held
    wanted = [Key.parse(text) for text in given]
    trusted = {key.public for key in wanted}
    links = [
        {held[i].public, held[i + 1].public}
        for i in range(len(held) - 1)
        if vouched(str(entries[i]["rotation"]), held[i + 1], held[i])
    ]
    for _ in links:  # each rotation is signed by both keys, so trust goes both ways
        for link in links:
            if link & trusted:
                trusted |= link
    found = [key for key in held if key.public in trusted]
    report.check(
        bool(found),
        "the checkpoints are signed by the key that was given, or by one it vouches for",
        "the file was signed with another key than the one that was given",
    )
    for key in wanted:
        if "/ws/" in key.name:
            report.check(
                all(key.name == name for name in document["names"]),
                "the key that was given belongs to this log",
                "the key that was given belongs to another log",
            )
    return found + wanted


def vouched(note: str, old: Key, new: Key) -> bool:
    """Say whether a note of a rotation names both keys and is signed by both."""
    try:
        host = note.split("\n")[1]
        pair = [old.under(host), new.under(host)]
        text, held = open_note(note, pair)
    except (ValueError, IndexError):
        return False
    head = f"rexmatrix log key rotation v1\n{host}\nold {pair[0]}\nnew {pair[1]}\n"
    return text.startswith(head) and {key.public for key in held} == {key.public for key in pair}


def read_keys(values: Sequence[str]) -> list[str]:
    """Return verifier keys from arguments: a key, a file with one a line, or the key document."""
    found: list[str] = []
    for value in values:
        path = Path(value)
        if len(value) < 1000 and path.is_file():
            text = read_text(path)
            if text.lstrip().startswith("{"):
                found += [entry["verifier_key"] for entry in parse(text)["keys"]]
            else:
                found += [line for line in text.split("\n") if line.strip()]
        else:
            found.append(value)
    for text in found:
        try:
            Key.parse(text)
        except ValueError as bad:
            raise Unverifiable(f"--key is no verifier key and no file with one ({bad})") from bad
    return found


def read_text(path: Path) -> str:
    if path.stat().st_size > MOST_LINE:
        raise Unverifiable(f"{path.name} is too large")
    return path.read_text(encoding="utf-8")


# --- A bundle -------------------------------------------------------------------------------------


class Bundle:
    """A ZIP whose members are counted, named, and inflated within limits."""

    def __init__(self, path: Path) -> None:
        self.zip = zipfile.ZipFile(path)
        infos = self.zip.infolist()
        names = [info.filename for info in infos]
        if len(names) > MOST_MEMBERS or len(set(names)) != len(names):
            raise Unverifiable("the ZIP has too many members, or one name twice")
        strange = [name for name in names if not MEMBER.fullmatch(name)]
        if strange:
            raise Unverifiable(f"the ZIP holds a member that is no part of a bundle: {strange[0]}")
        if any(info.flag_bits & 1 for info in infos):
            raise Unverifiable("the ZIP is encrypted")
        self.names = set(names)
        self.inflated = 0

    def chunks(self, name: str) -> Iterator[bytes]:
        """Yield the bytes of a member; what is really inflated counts, not what it claims."""
        if name not in self.names:
            raise Unverifiable(f"the bundle has no {name}")
        with self.zip.open(name) as file:
            while chunk := file.read(CHUNK):
                self.inflated += len(chunk)
                if self.inflated > 3 * MOST_FILE:
                    raise Unverifiable("the bundle inflates to too much")
                yield chunk

    def read(self, name: str, most: int = MOST_JSON) -> bytes:
        parts, size = [], 0
        for chunk in self.chunks(name):
            size += len(chunk)
            if size > most:
                raise Unverifiable(f"{name} is too large")
            parts.append(chunk)
        return b"".join(parts)

    def lines(self, name: str) -> Iterator[bytes]:
        """Yield the lines of a member. Newline is the only character that ends one."""
        rest = b""
        for chunk in self.chunks(name):
            *whole, rest = (rest + chunk).split(b"\n")
            yield from whole
            if len(rest) > MOST_LINE:
                raise Unverifiable(f"a line of {name} is too long")
        if rest:
            yield rest

    def digest(self, name: str) -> tuple[str, int]:
        digest, size = hashlib.sha256(), 0
        for chunk in self.chunks(name):
            digest.update(chunk)
            size += len(chunk)
        return digest.hexdigest(), size


def verify_bundle(report: Report, path: Path, options: argparse.Namespace) -> None:
    report.said["kind"] = "bundle"
    bundle = Bundle(path)
    manifest = parse(bundle.read("manifest.json"))
    check_manifest(report, bundle, manifest)
    notes = {
        name: bundle.read(name, MOST_LINE).decode()
        for name in sorted(bundle.names)
        if name.startswith("checkpoints/")
    }
    if not notes:
        raise Unverifiable("the bundle has no checkpoint")
    origin = next(iter(notes.values())).partition("\n")[0]
    document = {**parse(bundle.read("keys.json")), "names": [origin]}
    keys = trusted_keys(report, document, options.key)
    points = open_checkpoints(report, notes, keys)
    if points:
        newest = max(points, key=lambda name: points[name].size)
        tell_point(report, points[newest], notes[newest])
    old = open_checkpoints(report, options.old, keys)
    log = replay(report, bundle, points, old, origin)
    check_erasures(report, log)
    records = (parse(line) for line in bundle.lines("statements.jsonl"))
    statements = check_statements(report, log, records, complete=True)
    proofs = check_proofs(report, bundle, log, points, keys)
    for digest, key in log.ids.items():
        if proofs.get(f"proofs/{key}.tlog-proof") != log.statements.get(digest):
            report.fail(f"sign-off {key}: it has no inclusion proof under its id")
    matrix = check_matrix(report, log, bundle.read("matrix.json"), statements)
    workspace = origin.rpartition("/ws/")[2]
    pieces = check_releases(report, bundle, log, statements, proofs, workspace)
    pieces |= pieces_of(matrix)
    files = {name.partition("/")[2]: name for name in bundle.names if name.startswith("evidence/")}
    for digest, name in files.items():
        if bundle.digest(name)[0] != digest:
            report.fail(f"{name}: the bytes do not fit the SHA-256 in its name")
    check_evidence(report, pieces, files | options.files, log, bool(files or options.evidence))
    check_pdf_bytes(report, bundle, log, options)
    if "README.txt" in bundle.names:
        report.skip("the words of README.txt, and since when keys are used: no log holds them")


def check_manifest(report: Report, bundle: Bundle, manifest: Mapping[str, Any]) -> None:
    if manifest.get("kind") != "rexmatrix-bundle" or manifest.get("v") not in (1, 2):
        raise Unverifiable("the manifest is not that of a bundle this verifier knows")
    listed = manifest["files"]
    for name in sorted(set(listed) ^ (bundle.names - {"manifest.json"})):
        report.fail(f"{name}: not both in the manifest and in the bundle")
    for name in sorted(set(listed) & bundle.names):
        if bundle.digest(name) != (listed[name]["sha256"], listed[name]["size"]):
            report.fail(f"{name}: does not fit the manifest")
    report.checked.append(f"SHA-256 of {len(listed)} files against the manifest")


def tell_point(report: Report, point: Checkpoint, note: str) -> None:
    """Note which checkpoint the file ends with."""
    report.said |= {
        "origin": point.origin,
        "size": point.size,
        "root": point.root.hex(),
        "note": sha256(note.encode()),
    }


def open_checkpoints(
    report: Report, notes: Mapping[str, str], keys: Sequence[Key]
) -> dict[str, Checkpoint]:
    found = {}
    for name, note in notes.items():
        try:
            found[name] = Checkpoint.open(note, keys)
        except ValueError as bad:
            report.fail(f"{name}: {bad}")
    return found


def replay(
    report: Report,
    bundle: Bundle,
    points: Mapping[str, Checkpoint],
    old: Mapping[str, Checkpoint],
    origin: str,
) -> Log:
    """Read every event, and compare the root with each checkpoint as its size is reached."""
    log, frontier = Log(), Frontier()
    waiting = awaited(report, {**points, **old}, origin)
    workspace = origin.rpartition("/ws/")[2]
    compare(report, waiting, frontier)
    for line in bundle.lines("events.jsonl"):
        record = parse(line)
        if record["seq"] != frontier.size:
            report.fail(f"event {frontier.size}: missing, or the events have another order")
            raise Unfinished
        if frontier.size >= MOST_EVENTS:
            raise Unverifiable("the log has too many events for this verifier")
        frontier.append(log.read(report, frontier.size, record, workspace))
        compare(report, waiting, frontier)
    for left in waiting.values():
        for name, point in left:
            report.fail(f"{name}: it covers {point.size} events, the log here has {frontier.size}")
    newest = max((point.size for point in points.values()), default=0)
    report.check(
        newest == frontier.size,
        f"canonical bytes, sequence and commitments of {frontier.size} events",
        f"events from {newest} on are covered by no checkpoint",
    )
    report.checked.append(f"root and signature of {len(points)} checkpoints of the bundle")
    tell_kept(report, old)
    return log


def awaited(
    report: Report, points: Mapping[str, Checkpoint], origin: str
) -> dict[int, list[tuple[str, Checkpoint]]]:
    """Return the checkpoints of this log by their size."""
    waiting: dict[int, list[tuple[str, Checkpoint]]] = {}
    for name, point in points.items():
        if point.origin != origin:
            report.fail(f"{name}: it is a checkpoint of another log, {point.origin}")
        else:
            waiting.setdefault(point.size, []).append((name, point))
    return waiting


def compare(
    report: Report, waiting: dict[int, list[tuple[str, Checkpoint]]], frontier: Frontier
) -> None:
    """Compare the root with the checkpoints of the size that was just reached."""
    for name, point in waiting.pop(frontier.size, ()):
        if point.root != frontier.root():
            report.fail(f"{name}: an event before {point.size} was changed, removed or moved")


class Unfinished(Exception):  # noqa: N818 (it is no error of ours)
    """A failure after which nothing more can be said."""


def tell_kept(report: Report, old: Mapping[str, Checkpoint]) -> None:
    if old:
        report.checked.append(f"consistency with {len(old)} checkpoints that somebody kept")
    else:
        report.skip(
            "whether the log was rewritten as a whole: give --checkpoint OLD, kept elsewhere"
        )


def check_proofs(
    report: Report,
    bundle: Bundle,
    log: Log,
    points: Mapping[str, Checkpoint],
    keys: Sequence[Key],
) -> dict[str, int]:
    """Check each C2SP tlog-proof: the event of a sign-off or attestation is in a checkpoint.

    Return the events that are proved, by the names of the proofs.
    """
    found: dict[str, int] = {}
    names = sorted(name for name in bundle.names if name.startswith("proofs/"))
    for name in names:
        text = bundle.read(name, MOST_LINE).decode()
        head, _blank, note = text.partition("\n\n")
        lines = head.split("\n")
        index = lines[1].removeprefix("index ") if len(lines) > 1 else ""
        try:
            if lines[0] != "c2sp.org/tlog-proof@v1" or not re.fullmatch(
                "0|[1-9][0-9]{0,15}", index
            ):
                raise ValueError("it is malformed")
            point = Checkpoint.open(note, keys)
            leaf = log.leaves.get(int(index))
            path = [unbase64(line) for line in lines[2:]]
            if leaf is None or not included(int(index), point.size, leaf, path, point.root):
                raise ValueError("the event is not in the log of its checkpoint")
            if all((point.size, point.root) != (p.size, p.root) for p in points.values()):
                raise ValueError("its checkpoint is none of the bundle")
            found[name] = int(index)
        except ValueError as bad:
            report.fail(f"{name}: {bad}")
    report.checked.append(f"{len(names)} inclusion proofs of sign-offs and attestations")
    return found


def check_pdf_bytes(report: Report, bundle: Bundle, log: Log, options: argparse.Namespace) -> None:
    """Check the PDF, in the bundle or given, against the event that its export appended."""
    digests = {}
    if "matrix.pdf" in bundle.names:
        digests["matrix.pdf"] = bundle.digest("matrix.pdf")[0]
    if options.pdf:
        digests[options.pdf.name] = file_digest(options.pdf)
    for name, digest in digests.items():
        report.check(
            digest in log.created,
            f"{name}: byte for byte the file of event {log.created.get(digest)}",
            f"{name}: not a file that the log knows; it was changed after the export",
        )
    if not digests and any(name.endswith(".pdf") for name in bundle.names):
        report.skip("the bytes of a PDF other than those of the releases: give --pdf PDF")
    elif not digests:
        report.skip("the bytes of a PDF: there is none in the bundle; give --pdf PDF")


# --- A PDF ----------------------------------------------------------------------------------------


def verify_pdf(report: Report, path: Path, options: argparse.Namespace) -> None:
    report.said["kind"] = "pdf"
    data = path.read_bytes()
    if b"%%EOF" not in data:
        raise Unverifiable("the PDF is incomplete")
    report.check(
        data.count(b"%%EOF") == 1 and data.rstrip().endswith(b"%%EOF"),
        "nothing was appended to the PDF",
        "the PDF was changed after the export: something was appended to it",
    )
    attached = attachments(data)
    check_signature(report, data)
    for name in ("matrix.json", "proof.json"):
        if name not in attached:
            raise Unverifiable(f"the PDF has no attachment {name}: it carries no proof")
    proof = parse(attached["proof.json"])
    known = {1: "release" not in proof, 2: "release" in proof}
    if proof.get("kind") != "rexmatrix-proof" or not known.get(proof.get("v")):
        raise Unverifiable("proof.json is not of a kind that this verifier knows")
    note = proof["checkpoint"]
    origin = note.partition("\n")[0]
    keys = trusted_keys(report, {**proof, "names": [origin]}, options.key)
    try:
        point = Checkpoint.open(note, keys)
    except ValueError as bad:
        report.fail(f"the checkpoint of the PDF: {bad}")
        raise Unfinished from bad
    tell_point(report, point, note)
    report.checked.append(f"signature of the checkpoint, {point.size} events, {point.origin}")
    log = proved_events(report, proof, point)
    kept_with_proofs(report, proof, point, open_checkpoints(report, options.old, keys))
    statements = check_statements(report, log, proof["statements"], complete=False)
    matrix = check_matrix(report, log, attached["matrix.json"], statements)
    if proof["prepared"] != report.said["prepared"]:
        report.fail("the proof names another event than the one that names the matrix")
    check_release_of_pdf(report, log, proof, matrix, point.origin.rpartition("/ws/")[2])
    check_evidence(report, pieces_of(matrix), options.files, log, bool(options.evidence))
    report.skip("the events that this PDF does not need: a bundle holds them all")


def check_signature(report: Report, data: bytes) -> bool:
    """Check the digital signature of a PDF, if it has one: is every byte as it was signed?

    ISO 32000-1, 12.8.1. The signature must cover the file from its first byte to its last; a
    file that a PDF tool saved again has its bytes elsewhere.
    """
    try:
        found = signature_of(data)
    except (ImportError, MemoryError):  # says nothing of the file
        raise
    except Exception:  # noqa: BLE001 (a parser may raise anything on hostile bytes)
        report.fail("the digital signature of the PDF cannot be read")
        return False
    if found is None:
        report.skip(
            "what the pages show: only the bundle's log knows the SHA-256 of the whole file"
        )
        return False
    (start, first, after, rest), contents = found
    place = b"<" + contents.hex().encode() + b">"
    whole = start == 0 and first > 0 and rest > 0 and after + rest == len(data)
    if not whole or data[first:after] != place:
        report.fail("the PDF was changed after it was signed: the signature covers another file")
        return False
    try:
        signer = signer_of(contents, hashlib.sha256(data[:first] + data[after:]).digest())
    except (ImportError, MemoryError):
        raise
    except Exception:  # noqa: BLE001 (the same)
        signer = None
    if signer is None:
        report.fail("the PDF was changed after it was signed: its digital signature does not hold")
        return False
    name, fingerprint = signer
    report.checked.append(f"every byte around the digital signature is as {name} signed it")
    report.skip(f"whose certificate that is: compare its SHA-256, {fingerprint}")
    return True


def signature_of(data: bytes) -> tuple[list[int], bytes] | None:
    """Return byte range and contents of the signature of a PDF, or None if it has none."""
    from pypdf import PdfReader  # noqa: PLC0415 (only a PDF needs it)

    form = PdfReader(io.BytesIO(data)).root_object.get("/AcroForm")
    fields = [field.get_object() for field in form.get_object()["/Fields"]] if form else []
    signed = [field["/V"] for field in fields if field.get("/FT") == "/Sig" and "/V" in field]
    if not signed:
        return None
    (signature,) = (value.get_object() for value in signed)
    numbers = [int(number) for number in signature["/ByteRange"]]
    if len(numbers) != 4 or min(numbers) < 0:
        raise ValueError("the byte range is malformed")
    contents = signature["/Contents"]
    return numbers, getattr(contents, "original_bytes", contents)


def der(data: bytes) -> Iterator[tuple[int, bytes, bytes]]:
    """Yield tag, value and whole encoding of the DER values that follow one another."""
    while data:
        size, head = data[1], 2
        if size > 0x80:
            head += size - 0x80
            size = int.from_bytes(data[2:head], "big")
        if data[1] == 0x80 or head + size > len(data):
            raise ValueError("DER is malformed")
        yield data[0], data[head : head + size], data[: head + size]
        data = data[head + size :]


def signer_of(contents: bytes, digest: bytes) -> tuple[str, str] | None:
    """Return name and fingerprint of the certificate that signed a digest, or None if none did.

    CMS SignedData (RFC 5652) with one signer and signed attributes, SHA-256, RSA or ECDSA.
    """
    from cryptography import x509  # noqa: PLC0415 (said if it is missing)

    _tag, content, whole = next(der(contents))
    if contents[len(whole) :].strip(b"\0"):
        return None  # only zeros fill the room that is left
    _kind, wrapped = (value for _tag, value, _whole in der(content))
    parts = list(der(next(der(wrapped))[1]))
    _version, _sid, _digest, attributes, _algorithm, signature, *_unsigned = der(
        next(der(parts[-1][1]))[1]
    )
    said = []
    for _tag, attribute, _whole in der(attributes[1]):
        kind, values = (value for _tag, value, _whole in der(attribute))
        if kind == MESSAGE_DIGEST:
            said += [value for _tag, value, _whole in der(values)]
    if said != [digest]:
        return None
    covered = b"\x31" + attributes[2][1:]  # signed as the SET that they are
    for tag, certificates, _whole in parts:
        for _tag, _value, one in der(certificates) if tag == 0xA0 else ():
            certificate = x509.load_der_x509_certificate(one)
            if signed_by(certificate.public_key(), signature[1], covered):
                return certificate.subject.rfc4514_string(), sha256(one)
    return None


def signed_by(key: Any, signature: bytes, data: bytes) -> bool:
    """Say whether a key made this signature with SHA-256."""
    from cryptography.exceptions import InvalidSignature  # noqa: PLC0415 (said if it is missing)
    from cryptography.hazmat.primitives import hashes  # noqa: PLC0415
    from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa  # noqa: PLC0415

    try:
        if isinstance(key, rsa.RSAPublicKey):
            key.verify(signature, data, padding.PKCS1v15(), hashes.SHA256())
        else:
            key.verify(signature, data, ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        return False
    return True


def attachments(data: bytes) -> dict[str, bytes]:
    """Return the files attached to a PDF, by name."""
    logging.getLogger("pypdf").setLevel(logging.CRITICAL)  # it warns of what we judge ourselves
    try:
        from pypdf import PdfReader  # noqa: PLC0415 (only a PDF needs it)
    except ImportError as missing:
        raise Unverifiable("a PDF needs the package pypdf: pip install pypdf") from missing
    try:
        found = {
            str(name): [bytes(part) for part in parts]
            for name, parts in PdfReader(io.BytesIO(data)).attachments.items()
        }
    except Exception as broken:  # a parser may raise anything on hostile bytes
        raise Unverifiable(f"the PDF cannot be read ({type(broken).__name__})") from broken
    for name, parts in found.items():
        if len(set(parts)) != 1 or len(parts[0]) > MOST_JSON:
            raise Unverifiable(f"the attachment {name} stands there twice, or is too large")
    return {name: parts[0] for name, parts in found.items()}


def proved_events(report: Report, proof: Mapping[str, Any], point: Checkpoint) -> Log:
    """Check the events that the PDF brings along, each with its inclusion proof."""
    log = Log()
    workspace = point.origin.rpartition("/ws/")[2]
    for record in proof["events"]:
        seq = record["seq"]
        if not isinstance(seq, int):
            raise ValueError("a sequence number is malformed")
        leaf = log.read(report, seq, record, workspace)
        path = [unhex(step) for step in record["proof"]]
        if not included(seq, point.size, leaf, path, point.root):
            report.fail(f"event {seq}: not in the log of the checkpoint")
    report.checked.append(f"{log.events} events, each with its inclusion proof")
    return log


def kept_with_proofs(
    report: Report, proof: Mapping[str, Any], point: Checkpoint, old: Mapping[str, Checkpoint]
) -> None:
    proofs = {entry["size"]: entry["proof"] for entry in proof["consistency"]}
    done: dict[str, Checkpoint] = {}
    for name, kept in old.items():
        if kept.origin != point.origin:
            report.fail(f"{name}: it is a checkpoint of another log, {kept.origin}")
        elif kept.size > point.size:
            report.skip(f"{name}: it is newer than the PDF; a newer bundle is needed")
        elif kept.size != point.size and kept.size not in proofs:
            report.skip(f"{name}: the PDF has no proof for its size; a bundle is needed")
        else:
            steps = [unhex(step) for step in proofs.get(kept.size, ())]
            if kept.size == point.size:
                steps = []
            done[name] = kept
            if not consistent(kept, point, steps):
                report.fail(f"{name}: the log of the PDF does not continue it")
    tell_kept(report, done or {})


# --- The program ----------------------------------------------------------------------------------


def file_digest(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def evidence_files(folder: str) -> dict[str, str]:
    """Return the SHA-256 of every file below a folder. Links are not followed."""
    found: dict[str, str] = {}
    for root, _folders, names in os.walk(folder):
        for name in sorted(names):
            path = Path(root) / name
            if path.is_file() and not path.is_symlink():
                found[file_digest(path)] = name
            if len(found) > MOST_MEMBERS:
                raise Unverifiable("the evidence folder holds too many files")
    return found


def arguments(argv: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Check a PDF or a bundle of Rexmatrix, offline.")
    parser.add_argument("file", type=Path, help="an exported PDF, or a bundle (ZIP)")
    parser.add_argument(
        "--key", action="append", default=[], help="verifier key, or a file with it"
    )
    parser.add_argument(
        "--checkpoint", action="append", default=[], type=Path, help="a checkpoint that you kept"
    )
    parser.add_argument("--evidence", default="", help="folder with evidence files")
    parser.add_argument("--pdf", type=Path, help="PDF to find in the log of a bundle")
    parser.add_argument("--seconds", type=int, default=SECONDS, help="give up after so long")
    parser.add_argument("--memory", type=int, default=MOST_MEMORY, help="bytes it may take")
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    return parser.parse_args(argv)


def limit(seconds: int, memory: int, as_json: bool) -> threading.Timer:
    """Bound memory where the system can, and time everywhere."""
    try:
        import resource  # noqa: PLC0415 (not on every system)

        _soft, hard = resource.getrlimit(resource.RLIMIT_AS)
        most = memory if hard == resource.RLIM_INFINITY else min(memory, hard)
        resource.setrlimit(resource.RLIMIT_AS, (most, hard))
    except (ImportError, ValueError, OSError):
        pass  # the limits on sizes still hold

    def give_up() -> None:
        reason = f"it took longer than {seconds} seconds"
        said = verdict_of(Report(), reason, as_json)[1]
        sys.stdout.write(said + "\n")
        sys.stdout.flush()
        os._exit(UNVERIFIABLE)

    timer = threading.Timer(max(1, seconds), give_up)
    timer.daemon = True
    timer.start()
    return timer


def examine(report: Report, options: argparse.Namespace) -> None:
    size = options.file.stat().st_size
    with options.file.open("rb") as file:
        head = file.read(1024)
    options.key = read_keys(options.key)
    options.old = {f"kept {path.name}": read_text(path) for path in options.checkpoint}
    options.files = evidence_files(options.evidence) if options.evidence else {}
    if head.startswith(b"PK\x03\x04") and size <= MOST_FILE:
        verify_bundle(report, options.file, options)
    elif b"%PDF-" in head and size <= MOST_PDF:
        verify_pdf(report, options.file, options)
    else:
        raise Unverifiable("it is neither a PDF nor a ZIP, or it is too large")


def run(options: argparse.Namespace) -> tuple[int, str]:
    """Return the exit code and what to print."""
    report, reason = Report(), ""
    try:
        examine(report, options)
    except Unfinished:
        report.skip("everything after the first failure")
    except Unverifiable as refused:
        reason = str(refused)
    except ImportError as missing:
        reason = f"the package {missing.name or missing} is missing: pip install cryptography"
    except MemoryError:
        reason = "it needs more memory than is allowed"
    except OSError as error:
        reason = f"it cannot be read ({error.strerror or type(error).__name__})"
    except KeyError as absent:
        reason = f"its content is malformed (there is no {absent})"
    except (TypeError, AttributeError, IndexError):
        reason = "its content is malformed (something in it is of the wrong type)"
    except Exception as strange:  # noqa: BLE001 (hostile bytes must not give a traceback)
        reason = f"its content is malformed ({type(strange).__name__}: {strange})"
    return verdict_of(report, reason, options.json)


def verdict_of(report: Report, reason: str, as_json: bool) -> tuple[int, str]:
    """Return the exit code and what to print: a table and the verdict, or JSON."""
    if report.failures:
        code, name, verdict = TAMPERED, "changed", "CHANGED: something does not fit."
    elif reason:
        code, name, verdict = UNVERIFIABLE, "unverifiable", f"CANNOT BE VERIFIED: {reason}."
    else:
        code, name, verdict = INTACT, "intact", "INTACT: everything that was checked fits."
    if as_json:
        return code, report.document(name, reason)
    parts = [report.table(), f"  ended early  {reason}" if reason and report.failures else ""]
    return code, "\n".join(
        printable(part) if i else part for i, part in enumerate([*parts, verdict]) if part
    )


def main() -> int:
    options = arguments(sys.argv[1:])
    timer = limit(options.seconds, options.memory, options.json)
    code, text = run(options)
    timer.cancel()
    encoding = sys.stdout.encoding or "utf-8"
    sys.stdout.write(text.encode(encoding, "replace").decode(encoding) + "\n")
    return code


if __name__ == "__main__":
    sys.exit(main())
