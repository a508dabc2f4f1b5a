"""What an export says of itself, and how it listens to whoever waits for it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from django.utils.translation import gettext as _

from responsibilities import canonical
from responsibilities.choices import Paper
from responsibilities.matrix import Matrix, document
from responsibilities.matrix.release_changes import Comparison
from responsibilities.matrix.revisions import Revision

DRAFT = "DRAFT"
ATTACHMENT_NAME = "matrix.json"
PROOF_NAME = "proof.json"


class ExportError(Exception):
    """The file could not be made. The message is for the person who asked for it."""


class ExportStoppedError(Exception):
    """Somebody cancelled the export. Nothing is left of it."""


@dataclass(frozen=True, slots=True)
class FilterWords:
    """One part of a filter in words: what is filtered by, and the values that pass."""

    label: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Changes:
    """What differs from the release with the number `since`."""

    since: str
    comparison: Comparison


@dataclass(frozen=True, slots=True)
class Details:
    """What stands on the front of an export.

    `requested_by` is the printed name, with `organization` where the person sits on a side.
    `filter` is empty for a whole matrix; `numbers` are those of its sections there, by their
    keys. `proof` is what the offline verifier reads, and `checkpoint` the signed note in it with
    the fingerprint of its key; empty where none was made.

    `release` is what is exported, None for a draft: then nobody asked, and `created_at` is when it
    came into force. `revisions` are all releases up to this one, the newest first; `changes` are
    those since the release before, or in a draft since the one in force.
    """

    edition: str
    created_at: dt.datetime
    requested_by: str
    organization: str
    filter: tuple[FilterWords, ...] = ()
    numbers: Mapping[str, int] = field(default_factory=dict)
    paper: Paper = Paper.A4
    proof: bytes = b""
    checkpoint: str = ""
    fingerprint: str = ""
    release: Revision | None = None
    revisions: tuple[Revision, ...] = ()
    changes: Changes | None = None

    @property
    def is_draft(self) -> bool:
        """Whether this is no attested edition."""
        return self.edition == DRAFT

    @property
    def in_force(self) -> Revision | None:
        """The release that was in force when this was made, if there was one."""
        return next((one for one in self.revisions if one.since and not one.until), None)

    @property
    def words(self) -> str:
        """The edition in words."""
        if self.release is not None:
            return _("Release %(number)s") % {"number": self.release.number}
        if self.is_draft and self.in_force is not None:
            return _("DRAFT after release %(number)s") % {"number": self.in_force.number}
        return self.edition


class Watch(Protocol):
    """Whoever waits for an export."""

    def progress(self, done: int, total: int) -> None:
        """Hear that `done` of `total` steps are finished."""

    def stopped(self) -> bool:
        """Say whether the export is no longer wanted. Asked about twice a second."""

    def notice(self, words: str) -> None:
        """Hear what whoever gets the file must know: it was made, but not quite as wanted."""


@dataclass(frozen=True, slots=True)
class Attachment:
    """The canonical JSON of what is exported, and its SHA-256."""

    data: bytes
    sha256: str


def attachment(matrix: Matrix) -> Attachment:
    """Return the canonical JSON of a matrix with its digest."""
    value = document(matrix)
    return Attachment(data=canonical.dumps(value), sha256=canonical.sha256_hex(value))
