"""What goes to a rendering process and what comes back. Plain values, sent through a pipe."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True, slots=True)
class Attached:
    """A file to be carried inside the PDF, with the relationship "Data" (PDF/A-3, annex E)."""

    name: str
    data: bytes
    description: str
    created_at: dt.datetime


@dataclass(frozen=True, slots=True)
class RenderJob:
    """One part to render.

    `key` is short, ASCII and unique in the file: it becomes part of the ids of structure
    elements. A part without `tagged` carries no structure (running heads are artifacts).
    """

    key: str
    html: str
    sheet: str
    tagged: bool = True
    attached: tuple[Attached, ...] = ()


@dataclass(frozen=True, slots=True)
class Rendered:
    """A rendered part: its bytes, its number of pages, and the page (from 0) of each anchor."""

    data: bytes
    pages: int
    anchors: Mapping[str, int]
    warnings: tuple[str, ...] = ()

    def pack(self) -> bytes:
        """Return the part as one line of JSON and the bytes of the PDF."""
        head = {"pages": self.pages, "anchors": dict(self.anchors), "warnings": self.warnings}
        return json.dumps(head).encode() + b"\n" + self.data

    @classmethod
    def unpack(cls, packed: bytes) -> Self:
        """Return the part that `pack` gave."""
        head, _, data = packed.partition(b"\n")
        fields = json.loads(head)
        return cls(data, fields["pages"], fields["anchors"], tuple(fields["warnings"]))


@dataclass(frozen=True, slots=True)
class OutlineEntry:
    """A bookmark. Entries come in reading order; `level` counts from 1."""

    level: int
    title: str
    anchor: str


@dataclass(frozen=True, slots=True)
class MergePart:
    """A part on its way into the file. `running` is the page of the running heads that it gets."""

    data: bytes
    running: int


@dataclass(frozen=True, slots=True)
class SignaturePlace:
    """Where a signature goes: `room` bytes, and what stands beside it in the signature dictionary.

    `tooltip` and `alternative` are for people who hear the form field. Nothing here is secret.
    """

    room: int
    name: str
    reason: str
    signed_at: dt.datetime
    tooltip: str
    alternative: str


@dataclass(frozen=True, slots=True)
class MergeJob:
    """Everything that makes the file. The first part gives metadata and attachments.

    `labels` names the targets of links for people who hear them; `page_words` is a text with
    ``{page}`` and ``{pages}``; `plain_pages` is how many first pages stay without running heads.
    With a `signature` the file gets a place for one.
    """

    parts: tuple[MergePart, ...]
    running: bytes
    outline: tuple[OutlineEntry, ...]
    labels: Mapping[str, str]
    page_words: str
    plain_pages: int = 1
    signature: SignaturePlace | None = None


@dataclass(frozen=True, slots=True)
class Limits:
    """What one process may use. `seconds` is processor time for one job."""

    memory_bytes: int
    seconds: int
