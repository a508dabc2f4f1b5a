"""The bundle: a ZIP that an auditor can check without us. Written piece by piece, never whole.

Holds every event up to a checkpoint, all checkpoints, the keys, the matrix, every release, what was
signed and attested with its inclusion proofs, the newest PDF, and on request the evidence files and
the PDF of each release. The manifest comes last.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import uuid
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import IO, Any, Final

from django.utils.translation import gettext as _

from responsibilities import canonical, notes
from responsibilities.choices import AuditAction, EvidenceKind, ExportFormat, ExportStatus
from responsibilities.exchange import proof
from responsibilities.exchange.details import attachment
from responsibilities.exchange.proof import LogReading
from responsibilities.matrix import Matrix
from responsibilities.models import (
    AuditEvent,
    Checkpoint,
    EvidenceRevision,
    Export,
    Release,
    Signoff,
    Workspace,
)

BUNDLE_VERSION: Final = 2
_CHUNK: Final = 256 * 1024
# The date of every member: the files say themselves what they are of.
_DATE: Final = (1980, 1, 1, 0, 0, 0)

type Opener = Callable[[str], IO[bytes]]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What goes into a bundle beside the log: stored files by the name they get."""

    matrix: Matrix
    checkpoint: Checkpoint
    prepared: int
    files: Mapping[str, str] = field(default_factory=dict)


def stored_files(
    matrix: Matrix, checkpoint: Checkpoint, *, evidence: bool, releases: bool
) -> dict[str, str]:
    """Return the stored files of a bundle: name in the bundle to name in the storage.

    The newest PDF of the whole draft, if there is one. On request the PDF of each release, and
    the evidence files of the matrix and of each release. A file that the log up to the checkpoint
    does not know is none of them.
    """
    found: dict[str, str] = {}
    made = AuditEvent.objects.filter(
        workspace=matrix.workspace, action=AuditAction.EXPORT_CREATED, seq__lt=checkpoint.size
    )
    known = set(made.values_list("object_id", flat=True))
    files = Export.objects.filter(
        workspace=matrix.workspace, format=ExportFormat.PDF, status=ExportStatus.DONE, query=""
    ).order_by("finished_at")
    for export in files.select_related("release").defer("release__snapshot"):
        if str(export.pk) not in known:
            continue
        if export.release is None:
            found["matrix.pdf"] = str(export.file.name)
        elif releases:
            found[f"releases/{export.release.number}.pdf"] = str(export.file.name)
    if evidence:
        found |= _evidence(matrix)
    return found


def _evidence(matrix: Matrix) -> Iterator[tuple[str, str]]:
    """Yield the evidence files of a matrix and of each release, however old the revision."""
    digests = {
        piece.sha256
        for row in matrix.rows
        for piece in row.evidence
        if piece.kind == EvidenceKind.FILE
    }
    frozen = Release.objects.filter(workspace=matrix.workspace)
    for snapshot in frozen.values_list("snapshot", flat=True).iterator(chunk_size=1):
        digests |= {
            piece["sha256"]
            for section in json.loads(snapshot)["sections"]
            for item in section["items"]
            for piece in item["evidence"]
            if piece["kind"] == EvidenceKind.FILE
        }
    revisions = EvidenceRevision.objects.filter(
        evidence__workspace=matrix.workspace, sha256__in=digests
    ).exclude(file="")
    for row in revisions:
        yield f"evidence/{row.sha256}", str(row.file.name)


class _Sink:
    """A file that cannot be sought in: what was written is taken out again."""

    def __init__(self) -> None:
        self.parts: list[bytes] = []

    def write(self, data: bytes) -> int:
        """Keep what was written until it is taken."""
        self.parts.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        """Do nothing: there is nothing behind this file."""

    def take(self) -> bytes:
        """Return what was written since the last call."""
        data, self.parts = b"".join(self.parts), []
        return data


def write(wanted: Wanted, open_file: Opener) -> Iterator[bytes]:
    """Yield the bytes of a bundle. `open_file` opens a stored file by its name."""
    sink = _Sink()
    listed: dict[str, canonical.Json] = {}
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:  # type: ignore[call-overload]
        for name, chunks in _members(wanted, open_file):
            digest, size = hashlib.sha256(), 0
            info = zipfile.ZipInfo(name, _DATE)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = 0o644 << 16
            with archive.open(info, "w", force_zip64=True) as member:
                for chunk in chunks:
                    digest.update(chunk)
                    size += len(chunk)
                    member.write(chunk)
                    if sum(map(len, sink.parts)) >= _CHUNK:
                        yield sink.take()
            listed[name] = {"sha256": digest.hexdigest(), "size": size}
        manifest = zipfile.ZipInfo("manifest.json", _DATE)
        manifest.compress_type = zipfile.ZIP_DEFLATED
        archive.writestr(manifest, canonical.dumps(_manifest(wanted, listed)))
    yield sink.take()


def _manifest(wanted: Wanted, listed: Mapping[str, canonical.Json]) -> canonical.Json:
    return {
        "v": BUNDLE_VERSION,
        "kind": "rexmatrix-bundle",
        "origin": wanted.checkpoint.origin,
        "size": wanted.checkpoint.size,
        "prepared": wanted.prepared,
        "files": dict(listed),
    }


def _members(wanted: Wanted, open_file: Opener) -> Iterator[tuple[str, Iterable[bytes]]]:
    """Yield name and content of each member but the manifest."""
    checkpoint, workspace = wanted.checkpoint, wanted.matrix.workspace
    yield "README.txt", [_read_me(wanted).encode()]
    yield "keys.json", [canonical.dumps(proof.keys(proof.host_of(checkpoint)))]
    yield "matrix.json", [attachment(wanted.matrix).data]
    log = LogReading(checkpoint)
    yield "events.jsonl", _lines(log.records())
    yield "statements.jsonl", _lines(proof.statements(_signoffs(wanted, log)))
    yield from _releases(workspace, log)
    for pk, digest in itertools.chain(_signed(wanted, log), _attested(workspace, log)):
        seq = log.signed[digest]
        text = notes.proof(index=seq, path=log.tree.inclusion(seq), checkpoint=checkpoint.note)
        yield f"proofs/{pk}.tlog-proof", [text.encode()]
    earlier = Checkpoint.objects.filter(workspace=workspace, size__lte=checkpoint.size)
    for size, note in earlier.order_by("size").values_list("size", "note"):
        yield f"checkpoints/{size:012d}.txt", [note.encode()]
    for name, stored in sorted(wanted.files.items()):
        yield name, _chunks(open_file, stored)


def _signoffs(wanted: Wanted, log: LogReading) -> Iterator[Signoff]:
    """Yield the sign-offs that the log holds; one made since the checkpoint is none of them."""
    found = Signoff.objects.filter(item__workspace=wanted.matrix.workspace)
    for signoff in found.order_by("signed_at", "pk").iterator(chunk_size=200):
        if signoff.statement_digest in log.signed:
            yield signoff


def _signed(wanted: Wanted, log: LogReading) -> Iterator[tuple[uuid.UUID, str]]:
    """Yield the id of each sign-off, and the digest of its statement."""
    for signoff in _signoffs(wanted, log):
        yield signoff.pk, signoff.statement_digest


def _attested(workspace: Workspace, log: LogReading) -> Iterator[tuple[uuid.UUID, str]]:
    """Yield the id of each attestation, and the digest of its statement."""
    for release in proof.releases(log, workspace):
        for attestation in proof.attestations(release, log):
            yield attestation.pk, attestation.statement_digest


def _releases(workspace: Workspace, log: LogReading) -> Iterator[tuple[str, Iterable[bytes]]]:
    """Yield the list of the releases, and the frozen matrix of each, byte for byte."""
    known = proof.releases(log, workspace)
    yield "releases.jsonl", _lines(proof.release_record(release, log) for release in known)
    for release in proof.releases(log, workspace):
        snapshot = Release.objects.values_list("snapshot", flat=True).get(pk=release.pk)
        yield f"releases/{release.number}.json", [snapshot.encode()]


def _lines(values: Iterable[Any]) -> Iterator[bytes]:
    for value in values:
        yield canonical.dumps(value) + b"\n"


def _chunks(open_file: Opener, name: str) -> Iterator[bytes]:
    with open_file(name) as file:
        while chunk := file.read(_CHUNK):
            yield chunk


def _read_me(wanted: Wanted) -> str:
    return _(
        "This bundle holds the audit log of “%(workspace)s” up to event %(last)d, the matrix, "
        "every release, and what was signed and attested.\n\n"
        "Check it without us, with a verifier that you got in another way than this bundle:\n\n"
        "    python verify_rexmatrix.py BUNDLE.zip --key KEY --checkpoint OLD.txt\n\n"
        "Nothing covered by a checkpoint that someone else kept can be changed, removed or "
        "reordered without being noticed. No more than that is promised: not that what was "
        "entered is true, that everything was entered, or what happened before the first "
        "checkpoint that somebody kept.\n"
    ) % {"workspace": wanted.matrix.workspace.name, "last": wanted.checkpoint.size - 1}
