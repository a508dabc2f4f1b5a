"""What a file carries so that the offline verifier can check it: events, proofs, statements, keys.

Reads the log up to one checkpoint. An event stands here as its leaf, its payload and its salt, so
that a reader can recompute everything; an erased payload is null, and its place still holds.
Nothing later than the checkpoint gets in: the same checkpoint gives the same bytes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from responsibilities import canonical
from responsibilities.choices import AuditAction
from responsibilities.matrix import Matrix
from responsibilities.merkle import Tree
from responsibilities.models import (
    Attestation,
    AuditEvent,
    Checkpoint,
    LogKey,
    Release,
    ReleaseWithdrawal,
    Signoff,
    Workspace,
)
from responsibilities.notes import VerifierKey

PROOF_VERSION = 1
RELEASE_PROOF_VERSION = 2
MOST_EARLIER = 200
_SIGNING = (
    AuditAction.SIGNOFF_SIGNED,
    AuditAction.SIGNOFF_BULK_SIGNED,
    AuditAction.RELEASE_ATTESTED,
)
_WITHDRAWING = (AuditAction.SIGNOFF_WITHDRAWN, AuditAction.RELEASE_WITHDRAWN)
_DIGEST = re.compile(r"\b[0-9a-f]{64}\b")


class UnattestedError(Exception):
    """At the checkpoint a release was not attested by every side: it proves nothing."""


@dataclass
class LogReading:
    """The log up to a checkpoint: its tree, and which event names what.

    `signed` has the events by the digests of statements, `withdrawn` by the ids of sign-offs and
    releases, `proposed` by the ids of releases.
    """

    checkpoint: Checkpoint
    tree: Tree = field(default_factory=Tree)
    signed: dict[str, int] = field(default_factory=dict)
    withdrawn: dict[str, int] = field(default_factory=dict)
    proposed: dict[str, int] = field(default_factory=dict)

    def records(self) -> Iterator[dict[str, Any]]:
        """Yield every event as it is handed out, in order, and learn from it on the way."""
        events = (
            AuditEvent.objects.filter(
                workspace=self.checkpoint.workspace_id, seq__lt=self.checkpoint.size
            )
            .select_related("payload")
            .order_by("seq")
        )
        for event in events.iterator(chunk_size=1000):
            self.tree.append(bytes.fromhex(event.leaf_hash))
            self._learn(event)
            yield record(event)

    def read(self) -> LogReading:
        """Read the whole log without handing it out, and return self."""
        for _record in self.records():
            pass
        return self

    def _learn(self, event: AuditEvent) -> None:
        if event.action in _SIGNING:
            payload = {} if event.payload.is_erased else json.loads(event.payload.payload)
            for change in payload.get("changes", ()):
                self.signed |= dict.fromkeys(_DIGEST.findall(change["new"]), event.seq)
        elif event.action in _WITHDRAWING:
            self.withdrawn[event.object_id] = event.seq
        elif event.action == AuditAction.RELEASE_PROPOSED:
            self.proposed[event.object_id] = event.seq


def record(event: AuditEvent) -> dict[str, Any]:
    """Return an event as it is handed out."""
    payload = event.payload
    return {
        "seq": event.seq,
        "leaf": event.leaf,
        "payload": None if payload.is_erased else payload.payload,
        "salt": None if payload.is_erased else payload.salt,
    }


def keys(host: str, known: Iterable[LogKey] | None = None) -> canonical.Json:
    """Return public keys, the newest first, as they are published; all without `known`."""
    return {
        "host": host,
        "keys": [
            {
                "verifier_key": str(VerifierKey(host, key.raw)),
                "fingerprint": key.fingerprint,
                "since": key.created_at.isoformat(timespec="seconds"),
                "rotation": key.rotation,
            }
            for key in (LogKey.objects.order_by("-pk") if known is None else known)
        ],
    }


def statements(signoffs: Iterable[Signoff]) -> Iterator[canonical.Json]:
    """Yield what was signed: the statement, and the content it covers."""
    for signoff in signoffs:
        yield {
            "id": str(signoff.pk),
            "statement": signoff.statement,
            "content": signoff.content,
        }


def host_of(checkpoint: Checkpoint) -> str:
    """Return the host that a log is named after."""
    return checkpoint.origin.partition("/ws/")[0]


def attestations(release: Release, log: LogReading) -> list[Attestation]:
    """Return the attestations of a release that the log holds, in the order of the log."""
    found = [row for row in release.attestations.all() if row.statement_digest in log.signed]
    return sorted(found, key=lambda row: log.signed[row.statement_digest])


def releases(log: LogReading, workspace: Workspace) -> Iterator[Release]:
    """Yield the releases and proposals that the log holds, the oldest first, without snapshots."""
    found = Release.objects.filter(workspace=workspace).defer("snapshot")
    found = found.select_related("withdrawal").prefetch_related("attestations")
    for release in found.order_by("major", "minor").iterator(chunk_size=50):
        if str(release.pk) in log.proposed:
            yield release


def release_record(release: Release, log: LogReading) -> canonical.Json:
    """Return what a bundle's list says of a release, as it was at the checkpoint of the log.

    `withdrawal` is the reason, and null for a release that nobody has withdrawn.
    """
    withdrawal: ReleaseWithdrawal | None = getattr(release, "withdrawal", None)
    if str(release.pk) not in log.withdrawn:
        withdrawal = None
    return {
        **_named(release),
        "attestations": [
            {"id": str(row.pk), "statement": row.statement} for row in attestations(release, log)
        ],
        "summary": release.summary,
        "withdrawal": withdrawal.reason if withdrawal else None,
    }


def _named(release: Release) -> dict[str, canonical.Json]:
    return {"id": str(release.pk), "number": release.number, "digest": release.digest}


def proof(
    matrix: Matrix,
    checkpoint: Checkpoint,
    prepared: int | None = None,
    *,
    release: Release | None = None,
) -> bytes:
    """Return the proof that a PDF of this matrix carries, as canonical JSON.

    `prepared` is the number of the event that names the matrix; for a release it is the event of
    its proposal. Holds only the events that the sign-offs in the matrix and the release need, each
    with its inclusion proof, and a consistency proof from each of the last checkpoints before.
    Depends on nothing but the matrix, the release and the log up to the checkpoint.

    Raises UnattestedError unless the log up to the checkpoint holds the proposal of the release
    and an attestation for every side of the matrix.
    """
    log = LogReading(checkpoint).read()
    shown = _shown(matrix)
    given = _attested(matrix, release, log) if release else []
    if release:
        prepared = log.proposed[str(release.pk)]
    if prepared is None:
        message = "a proof needs the event that names the matrix, or a release"
        raise ValueError(message)
    document: dict[str, Any] = {
        "v": RELEASE_PROOF_VERSION if release else PROOF_VERSION,
        "kind": "rexmatrix-proof",
        "checkpoint": checkpoint.note,
        "prepared": prepared,
        **_mapping(keys(host_of(checkpoint), _keys_then(checkpoint))),
        "events": list(_events(log, {prepared, *_needed(log, shown, prepared, release, given)})),
        "statements": list(statements(shown)),
        "consistency": list(_consistency(log)),
    }
    if release:
        signed: canonical.Json = [{"statement": row.statement} for row in given]
        document["release"] = {**_named(release), "attestations": signed}
    return canonical.dumps(document)


def _attested(matrix: Matrix, release: Release, log: LogReading) -> list[Attestation]:
    given = attestations(release, log)
    complete = {row.seat_id for row in given} == {seat.id for seat in matrix.seats}
    if str(release.pk) not in log.proposed or not complete:
        raise UnattestedError(release.number)
    return given


def _needed(
    log: LogReading,
    shown: Iterable[Signoff],
    prepared: int,
    release: Release | None,
    given: Iterable[Attestation],
) -> Iterator[int]:
    """Yield the events that the sign-offs in a matrix and its release need.

    What the log does not hold is left to the verifier to miss; what happened to a sign-off after
    the matrix was frozen is no matter of this file.
    """
    for signoff in shown:
        found = (log.signed.get(signoff.statement_digest), log.withdrawn.get(str(signoff.pk)))
        yield from (seq for seq in found if seq is not None and seq < prepared)
    for attestation in given:
        yield log.signed[attestation.statement_digest]
    if release and str(release.pk) in log.withdrawn:
        yield log.withdrawn[str(release.pk)]


def _events(log: LogReading, wanted: Iterable[int]) -> Iterator[canonical.Json]:
    """Yield events, each with the proof that it stands in the log of the checkpoint."""
    events = AuditEvent.objects.filter(
        workspace=log.checkpoint.workspace_id, seq__in=sorted(wanted)
    ).select_related("payload")
    for event in events.order_by("seq"):
        yield {**record(event), "proof": [step.hex() for step in log.tree.inclusion(event.seq)]}


def _consistency(log: LogReading) -> Iterator[canonical.Json]:
    """Yield the proofs that the log of the checkpoint continues those of the last ones before."""
    earlier = Checkpoint.objects.filter(
        workspace=log.checkpoint.workspace_id, size__lt=log.checkpoint.size
    ).order_by("-size")
    for size in earlier.values_list("size", flat=True)[:MOST_EARLIER]:
        yield {"size": size, "proof": [step.hex() for step in log.tree.consistency(size)]}


def _keys_then(checkpoint: Checkpoint) -> Iterable[LogKey]:
    """Return the keys that there were when the checkpoint was signed: by the newest, always."""
    return LogKey.objects.filter(pk__lte=checkpoint.key_id).order_by("-pk")


def _mapping(value: canonical.Json) -> Mapping[str, canonical.Json]:
    if not isinstance(value, Mapping):
        raise TypeError
    return value


def _shown(matrix: Matrix) -> list[Signoff]:
    ids = [side.signoff.id for row in matrix.rows for side in row.sides if side.signoff]
    return list(Signoff.objects.filter(pk__in=ids).order_by("signed_at", "pk"))
