"""Recomputes an audit log from its rows, and says what was checked and what does not fit.

Reads row by row: what stays in memory is 64 bytes for each event. What it finds is judged by the
server's own database; only a checkpoint that somebody else kept can judge the server.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from responsibilities import canonical, merkle, notes
from responsibilities.choices import AuditAction
from responsibilities.merkle import Frontier, Tree
from responsibilities.models import (
    AuditEvent,
    AuditHead,
    AuditPayload,
    Checkpoint,
    EvidenceRevision,
    LogKey,
    Signoff,
    SignoffWithdrawal,
    Workspace,
)
from responsibilities.services import audit, checkpoints, log_keys, verification_releases
from responsibilities.services.verification_releases import Telling
from responsibilities.services.verification_report import Report

STATEMENT = "statement SHA-256"
_LEAF_KEYS = {"v", "ws", "seq", "ts", "actor", "action", "object", "payload_commit"}
_BULK_STATEMENT = re.compile(rf"{STATEMENT} ([0-9a-f]{{64}})$")
_RANGES = re.compile(r"[0-9]+(-[0-9]+)?(, [0-9]+(-[0-9]+)?)*")


@dataclass
class _Seen:
    """What the events said, for the checks that follow."""

    tree: Tree = field(default_factory=Tree)
    statements: dict[str, int] = field(default_factory=dict)
    withdrawn: dict[str, int] = field(default_factory=dict)
    evidence: set[str] = field(default_factory=set)
    evidence_erased: set[str] = field(default_factory=set)
    erased: list[int] = field(default_factory=list)
    announced: set[int] = field(default_factory=set)
    releases: list[Telling] = field(default_factory=list)


def verify(
    workspace: Workspace, *, kept: Sequence[str] = (), open_file: Callable[[str], Any] | None = None
) -> Report:
    """Check everything in a workspace that the log covers.

    `kept` are checkpoints that somebody kept elsewhere; `open_file` opens a stored evidence file
    by its name, and without it the files are left alone.
    """
    report, seen = Report(workspace), _Seen()
    _events(report, seen)
    _erasures(report, seen)
    _head(report, seen)
    _checkpoints(report, seen)
    if not sum(_kept(report, seen, note) for note in kept):
        report.unchecked.append("whether an earlier state was put back: give --checkpoint FILE")
    _signoffs(report, seen)
    verification_releases.check(report, seen.releases)
    _evidence(report, seen, open_file)
    return report


def _events(report: Report, seen: _Seen) -> None:
    rows = AuditEvent.objects.filter(workspace=report.workspace).select_related("payload")
    count = erased = 0
    for event in rows.order_by("seq").iterator(chunk_size=1000):
        if event.seq != seen.tree.size:
            report.fail(
                "this sequence number is missing, or the rows have another order", seen.tree.size
            )
            while seen.tree.size < event.seq:  # keep the places of the events that follow
                seen.tree.append(merkle.EMPTY_ROOT)
        leaf = event.leaf.encode()
        seen.tree.append(merkle.leaf_hash(leaf))
        count += 1
        said = _leaf(report, event)
        payload = _payload(report, event, said)
        if event.object_type == "release":
            seen.releases.append(Telling.of(event, payload))
        if payload is None:
            erased += 1
            if event.object_type == "evidence":
                seen.evidence_erased.add(event.object_id)
        else:
            _collect(seen, event, payload)
    report.checked.append(f"canonical bytes, sequence, leaf hashes and columns of {count} events")
    report.checked.append(f"payload commitments of {count - erased} events; {erased} were erased")
    seen.erased = list(
        AuditPayload.objects.filter(event__workspace=report.workspace, erased_at__isnull=False)
        .order_by("event__seq")
        .values_list("event__seq", flat=True)
    )


def _leaf(report: Report, event: AuditEvent) -> Mapping[str, Any]:
    """Check the leaf against its hash, its canonical form and the columns beside it."""
    if merkle.leaf_hash(event.leaf.encode()).hex() != event.leaf_hash:
        report.fail("the leaf does not fit its hash", event.seq)
    try:
        said = json.loads(event.leaf)
        fits = canonical.dumps(said) == event.leaf.encode() and set(said) == _LEAF_KEYS
        columns = {
            "ws": str(event.workspace_id),
            "seq": event.seq,
            "ts": event.ts.isoformat(timespec="microseconds"),
            "action": event.action,
            "id": str(event.actor_id) if event.actor_id else None,
            "side": event.side,
            "object": (event.object_type, event.object_id),
        }
        in_leaf = {
            **{key: said[key] for key in ("ws", "seq", "ts", "action")},
            **{key: said["actor"][key] for key in ("id", "side")},
            "object": (said["object"]["type"], said["object"]["id"]),
        }
    except (ValueError, KeyError, TypeError, RecursionError):
        report.fail("the leaf cannot be read", event.seq)
        return {}
    if not fits:
        report.fail("the leaf is not in canonical form", event.seq)
    wrong = sorted(key for key, value in columns.items() if in_leaf[key] != value)
    if wrong:
        report.fail(f"columns differ from the leaf: {', '.join(wrong)}", event.seq)
    checked: Mapping[str, Any] = said
    return checked


def _payload(
    report: Report, event: AuditEvent, leaf: Mapping[str, Any]
) -> Mapping[str, Any] | None:
    """Check the payload against its commitment; return it, or None if there is none to read."""
    payload: AuditPayload | None = getattr(event, "payload", None)
    if payload is None:
        report.fail("the payload is missing", event.seq)
        return None
    if payload.is_erased:
        if payload.salt or payload.payload:
            report.fail("the payload is said to be erased and is not", event.seq)
        return None
    try:
        salt = bytes.fromhex(payload.salt)
        value: Mapping[str, Any] = json.loads(payload.payload)
    except (ValueError, RecursionError):
        report.fail("the payload cannot be read", event.seq)
        return None
    if audit.payload_commit(salt, payload.payload.encode()) != leaf.get("payload_commit"):
        report.fail("the payload does not fit its commitment", event.seq)
    return value


def _collect(seen: _Seen, event: AuditEvent, payload: Mapping[str, Any]) -> None:
    """Remember what this event says of sign-offs, evidence and erasures."""
    changes = [(str(c.get("field")), str(c.get("new"))) for c in payload.get("changes", ())]
    if event.action == AuditAction.SIGNOFF_SIGNED:
        seen.statements |= {new: event.seq for name, new in changes if name == STATEMENT}
    elif event.action == AuditAction.SIGNOFF_BULK_SIGNED:
        found = (_BULK_STATEMENT.search(new) for _name, new in changes)
        seen.statements |= {match[1]: event.seq for match in found if match}
    elif event.action == AuditAction.SIGNOFF_WITHDRAWN:
        seen.withdrawn[event.object_id] = event.seq
    elif event.action.startswith("evidence."):
        seen.evidence |= {digest for _name, new in changes for digest in _digests(new)}
    elif event.action == AuditAction.PERSON_ERASED:
        for _name, new in changes:
            seen.announced |= set(_numbers(new))


def _digests(text: str) -> list[str]:
    return re.findall(r"\b[0-9a-f]{64}\b", text)


def _numbers(text: str) -> Iterable[int]:
    """Yield the numbers of a list such as ``3, 17-19``."""
    if _RANGES.fullmatch(text):
        for part in text.split(", "):
            first, _dash, last = part.partition("-")
            yield from range(int(first), int(last or first) + 1)


def _erasures(report: Report, seen: _Seen) -> None:
    for seq in seen.erased:
        if seq not in seen.announced:
            report.fail("the payload is gone, and no event says that it was erased", seq)
    if seen.erased:
        report.checked.append(f"an event announces each of {len(seen.erased)} erased payloads")


def _head(report: Report, seen: _Seen) -> None:
    head = AuditHead.objects.filter(workspace=report.workspace).first()
    expected = Frontier().extend(seen.tree.leaf(index) for index in range(seen.tree.size))
    if head is None:
        report.fail("the log has no head")
    elif head.size != expected.size:
        report.fail(
            f"the head says {head.size} events, there are {expected.size}",
            min(head.size, expected.size),
        )
    elif head.frontier != expected.to_hex():
        report.fail("the head does not fit the events")
    report.checked.append("size and frontier of the head")


def _checkpoints(report: Report, seen: _Seen) -> None:
    keys = list(LogKey.objects.order_by("pk"))
    for before, key in itertools.pairwise(keys):
        if not _vouched(before, key):
            report.fail(f"log key {key.fingerprint[:16]}… is not signed by the key before it")
    found = Checkpoint.objects.filter(workspace=report.workspace).select_related("key")
    count = 0
    for row in found.order_by("size").iterator(chunk_size=200):
        count += 1
        try:
            point = checkpoints.opened(row)
        except ValueError as error:
            report.fail(f"checkpoint of size {row.size}: {error}")
            continue
        if (point.size, point.root.hex(), point.origin) != (row.size, row.root, row.origin):
            report.fail(f"checkpoint of size {row.size}: its columns differ from its note")
        _root(report, seen, point, f"checkpoint of size {row.size}")
    report.checked.append(f"signature, root and consistency of {count} checkpoints")


def _vouched(before: LogKey, key: LogKey) -> bool:
    """Say whether the note of a rotation is signed by both keys and names them."""
    lines = key.rotation.split("\n")
    try:
        host = lines[1]
        old, new = log_keys.verifier(before, host), log_keys.verifier(key, host)
        opened = notes.open_note(key.rotation, [old, new])
    except (ValueError, IndexError):
        return False
    says = opened.text.startswith(f"{log_keys.ROTATION_HEADER}\n{host}\nold {old}\nnew {new}\n")
    return says and set(opened.keys) == {old, new}


def _kept(report: Report, seen: _Seen, note: str) -> bool:
    """Check a checkpoint that was kept elsewhere; say whether it is one of this workspace."""
    origin = note.partition("\n")[0]
    try:
        keys = [log_keys.verifier(key, origin) for key in LogKey.objects.all()]
        point = notes.Checkpoint.open(note, keys)
    except ValueError as error:
        report.fail(f"kept checkpoint: {error}")
        return False
    if not point.origin.endswith(f"/ws/{report.workspace.pk}"):
        return False
    _root(report, seen, point, f"kept checkpoint of size {point.size}")
    report.checked.append(f"consistency with the kept checkpoint of size {point.size}")
    return True


def _root(report: Report, seen: _Seen, point: notes.Checkpoint, name: str) -> None:
    if point.size > seen.tree.size:
        report.fail(
            f"{name}: the log is shorter now, an earlier state was put back", seen.tree.size
        )
    elif seen.tree.root(point.size) != point.root:
        report.fail(f"{name}: an event before {point.size} was changed, removed or reordered")


def _signoffs(report: Report, seen: _Seen) -> None:
    rows = Signoff.objects.filter(item__workspace=report.workspace)
    rows = rows.select_related("seat__party", "item__responsibility")
    present: set[str] = set()
    count = 0
    for row in rows.order_by("pk").iterator(chunk_size=500):
        count += 1
        present.add(row.statement_digest)
        name = f"sign-off {row.pk}"
        if (
            _sha256(row.statement) != row.statement_digest
            or _sha256(row.content) != row.item_digest
        ):
            report.fail(f"{name}: statement or content does not fit its digest")
        if row.statement_digest not in seen.statements:
            report.fail(f"{name}: no event of the log names its statement")
        wrong = _differences(row)
        if wrong:
            report.fail(f"{name}: columns differ from the statement: {', '.join(wrong)}")
    for digest, seq in seen.statements.items():
        if digest not in present:
            report.fail("the sign-off that it names is gone or changed", seq)
    withdrawn = SignoffWithdrawal.objects.filter(signoff__item__workspace=report.workspace)
    ids = {str(pk) for pk in withdrawn.values_list("signoff_id", flat=True)}
    for missing in sorted(set(seen.withdrawn) - ids):
        report.fail("the withdrawal that it names is gone", seen.withdrawn[missing])
    for added in sorted(ids - set(seen.withdrawn)):
        report.fail(f"the withdrawal of sign-off {added} is not in the log")
    report.checked.append(f"statements and digests of {count} sign-offs, {len(ids)} withdrawals")


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _differences(row: Signoff) -> list[str]:
    """Return the columns of a sign-off that differ from its statement."""
    try:
        said = json.loads(row.statement)
        pairs = {
            "item": (row.item.responsibility.key, said["item"]["key"]),
            "item digest": (row.item_digest, said["item"]["digest"]),
            "meaning": (row.meaning, said["meaning"]),
            "signer": (str(row.signer_id), said["signer"]["id"]),
            "printed name": (row.printed_name, said["signer"]["name"]),
            "side": (row.seat.party.key, said["signer"]["side"]),
            "role": (row.role, said["signer"]["role"]),
            "time": (row.signed_at.isoformat(timespec="microseconds"), said["signed_at"]),
        }
    except (ValueError, KeyError, TypeError, RecursionError):
        return ["the statement cannot be read"]
    return [name for name, (column, value) in pairs.items() if column != value]


def _evidence(report: Report, seen: _Seen, open_file: Callable[[str], Any] | None) -> None:
    rows = EvidenceRevision.objects.filter(evidence__workspace=report.workspace).order_by("pk")
    count = files = 0
    for row in rows.iterator(chunk_size=500):
        count += 1
        name = f"evidence {row.evidence_id} revision {row.number}"
        if row.sha256 not in seen.evidence and str(row.evidence_id) not in seen.evidence_erased:
            report.fail(f"{name}: no event of the log names its SHA-256")
        if not row.file:
            if _sha256(row.url or row.text) != row.sha256:
                report.fail(f"{name}: the text does not fit its SHA-256")
        elif open_file is not None:
            files += 1
            if _sha256_of_file(open_file, str(row.file.name)) != row.sha256:
                report.fail(f"{name}: the file is missing or does not fit its SHA-256")
    report.checked.append(f"SHA-256 of {count} evidence revisions in the log")
    if open_file is None:
        report.unchecked.append("the bytes of evidence files: give --evidence")
    else:
        report.checked.append(f"the bytes of {files} evidence files")


def _sha256_of_file(open_file: Callable[[str], Any], name: str) -> str:
    """Return the SHA-256 of a stored file, or an empty text if it is not there."""
    try:
        with open_file(name) as file:
            digest = hashlib.sha256()
            while chunk := file.read(1024 * 1024):
                digest.update(chunk)
    except OSError:
        return ""
    return digest.hexdigest()
