"""Says whether this server made a file that the verifier has looked at, and what changed since.

Only for a file that is proven to be ours, and then only counts and dates: whoever brings the file
may know what stands in it, and nothing else.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from responsibilities.choices import AuditAction, ExportStatus
from responsibilities.matrix.load import load
from responsibilities.models import (
    AuditEvent,
    AuditHead,
    Checkpoint,
    Export,
    Release,
    Workspace,
)

_ABOUT_RELEASES = (
    AuditAction.RELEASE_PROPOSED,
    AuditAction.RELEASE_ATTESTED,
    AuditAction.RELEASE_WITHDRAWN,
)


class Verdict(StrEnum):
    """What the verifier says."""

    INTACT = "intact"
    CHANGED = "changed"
    UNVERIFIABLE = "unverifiable"


class Outcome(StrEnum):
    """What there is to say of a file."""

    OURS = "ours"
    FOREIGN = "foreign"
    CHANGED = "changed"
    UNVERIFIABLE = "unverifiable"


@dataclass(frozen=True, slots=True)
class Claim:
    """What a file says of itself: true only as far as the verifier says so.

    `sha256` is of the file as it came; `note` of its newest checkpoint; `root` and `matrix` are
    digests in it, and `items` those of its items by key. All digests have 64 hex digits.
    """

    sha256: str
    kind: str = ""
    origin: str = ""
    size: int = 0
    root: str = ""
    note: str = ""
    matrix: str = ""
    items: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ReleaseNow:
    """The release that a file shows, as it stands now."""

    number: str
    status: str
    label: str
    since: dt.datetime | None


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where a file of ours comes from, and what has happened since.

    `made_at` is when the file was finished, or when the log of a bundle was signed. `release` is
    None for a draft and for a bundle. `releases_since` counts those events that are about
    releases; `last_at` is when the last event since was appended.
    """

    made_at: dt.datetime
    release: ReleaseNow | None
    items: int
    items_changed: int
    events_since: int
    releases_since: int
    last_at: dt.datetime | None


@dataclass(frozen=True, slots=True)
class Judgement:
    """The outcome. `is_other_file` says that our proof stands in a file that we did not make."""

    outcome: Outcome
    provenance: Provenance | None = None
    is_other_file: bool = False


def judge(verdict: Verdict, claim: Claim) -> Judgement:
    """Return what there is to say of a file. At most fifteen queries; writes nothing.

    The bytes of each PDF are known, so one that carries a proof of ours and has other bytes was
    changed where the verifier cannot look: on its pages. A bundle is ours by its log.
    """
    if verdict is not Verdict.INTACT:
        return Judgement(Outcome(verdict.value))
    checkpoint = _checkpoint(claim)
    if checkpoint is None:
        return Judgement(Outcome.FOREIGN)
    if claim.kind == "bundle":
        return Judgement(Outcome.OURS, _provenance(claim, checkpoint, None))
    export = (
        Export.objects.filter(
            workspace=checkpoint.workspace_id, sha256=claim.sha256, status=ExportStatus.DONE
        )
        .select_related("release__withdrawal")
        .defer("release__snapshot")
        .order_by("finished_at")
        .first()
    )
    if export is None:
        return Judgement(Outcome.CHANGED, is_other_file=True)
    return Judgement(Outcome.OURS, _provenance(claim, checkpoint, export))


def _checkpoint(claim: Claim) -> Checkpoint | None:
    """Return the checkpoint that a file ends with, if this server signed that very note."""
    try:
        workspace_id = uuid.UUID(claim.origin.rpartition("/ws/")[2])
    except ValueError:
        return None
    found = (
        Checkpoint.objects.filter(workspace=workspace_id, size=claim.size, root=claim.root)
        .select_related("workspace__model_version__model")
        .first()
    )
    if found is None or hashlib.sha256(found.note.encode()).hexdigest() != claim.note:
        return None
    return found


def _provenance(claim: Claim, checkpoint: Checkpoint, export: Export | None) -> Provenance:
    head = AuditHead.objects.get(workspace=checkpoint.workspace_id)
    since = max(0, head.size - checkpoint.size)
    finished = export.finished_at if export else None
    return Provenance(
        made_at=finished or checkpoint.issued_at,
        release=_now(export.release) if export and export.release else None,
        items=len(claim.items),
        items_changed=_changed(claim, checkpoint.workspace),
        events_since=since,
        releases_since=AuditEvent.objects.filter(
            workspace=checkpoint.workspace_id, action__in=_ABOUT_RELEASES, seq__gte=checkpoint.size
        ).count(),
        last_at=head.last_at if since else None,
    )


def _changed(claim: Claim, workspace: Workspace) -> int:
    """Count the items of the file that are otherwise now."""
    now = {row.key: row.digest for row in load(workspace).rows}
    return sum(now.get(key) != digest for key, digest in claim.items.items())


def _now(release: Release) -> ReleaseNow:
    withdrawal = getattr(release, "withdrawal", None)
    return ReleaseNow(
        number=release.number,
        status=release.status,
        label=str(release.get_status_display()),
        since=withdrawal.withdrawn_at if withdrawal else release.effective_at,
    )
