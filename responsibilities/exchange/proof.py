"""What a file carries so that the offline verifier can check it: events, proofs, statements, keys.

Reads the log up to one checkpoint. An event stands here as its leaf, its payload and its salt, so
that a reader can recompute everything; an erased payload is null, and its place still holds.
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
from responsibilities.models import AuditEvent, Checkpoint, LogKey, Signoff
from responsibilities.notes import VerifierKey

PROOF_VERSION = 1
MOST_EARLIER = 200
_SIGNING = (AuditAction.SIGNOFF_SIGNED, AuditAction.SIGNOFF_BULK_SIGNED)
_DIGEST = re.compile(r"\b[0-9a-f]{64}\b")


@dataclass
class LogReading:
    """The log up to a checkpoint: its tree, and which event names which digest or sign-off."""

    checkpoint: Checkpoint
    tree: Tree = field(default_factory=Tree)
    signed: dict[str, int] = field(default_factory=dict)
    withdrawn: dict[str, int] = field(default_factory=dict)

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
        elif event.action == AuditAction.SIGNOFF_WITHDRAWN:
            self.withdrawn[event.object_id] = event.seq


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


def proof(matrix: Matrix, checkpoint: Checkpoint, prepared: int) -> bytes:
    """Return the proof that a PDF of this matrix carries, as canonical JSON.

    `prepared` is the number of the event that names the matrix. Holds only the events that the
    sign-offs in the matrix need, each with its inclusion proof, and a consistency proof from each
    of the last checkpoints before.
    """
    log = LogReading(checkpoint).read()
    shown = _shown(matrix)
    wanted = {prepared}
    for signoff in shown:  # what the log does not hold is left to the verifier to miss
        found = (log.signed.get(signoff.statement_digest), log.withdrawn.get(str(signoff.pk)))
        wanted |= {seq for seq in found if seq is not None}
    earlier = Checkpoint.objects.filter(
        workspace=checkpoint.workspace_id, size__lt=checkpoint.size
    ).values_list("size", flat=True)[:MOST_EARLIER]
    events = AuditEvent.objects.filter(
        workspace=checkpoint.workspace_id, seq__in=sorted(wanted)
    ).select_related("payload")
    document: Mapping[str, Any] = {
        "v": PROOF_VERSION,
        "kind": "rexmatrix-proof",
        "checkpoint": checkpoint.note,
        "prepared": prepared,
        **_mapping(keys(host_of(checkpoint))),
        "events": [
            {**record(event), "proof": [step.hex() for step in log.tree.inclusion(event.seq)]}
            for event in events.order_by("seq")
        ],
        "statements": list(statements(shown)),
        "consistency": [
            {"size": size, "proof": [step.hex() for step in log.tree.consistency(size)]}
            for size in earlier
        ],
    }
    return canonical.dumps(document)


def _mapping(value: canonical.Json) -> Mapping[str, canonical.Json]:
    if not isinstance(value, Mapping):
        raise TypeError
    return value


def _shown(matrix: Matrix) -> list[Signoff]:
    ids = [side.signoff.id for row in matrix.rows for side in row.sides if side.signoff]
    return list(Signoff.objects.filter(pk__in=ids).order_by("signed_at", "pk"))
