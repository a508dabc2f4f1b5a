"""The formats that a matrix can be exported to. A new one is a module and a line here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from responsibilities.choices import ExportFormat
from responsibilities.exchange import json
from responsibilities.exchange.details import Details, Watch
from responsibilities.exchange.pdf import document as pdf
from responsibilities.matrix import Matrix


@dataclass(frozen=True, slots=True)
class Writer:
    """A format: how to write it, and what its files are called.

    `write` raises ExportError when it cannot, ExportStoppedError when the watch says stop.
    """

    write: Callable[[Matrix, Details, Watch], bytes]
    media_type: str
    extension: str


WRITERS: Final[Mapping[str, Writer]] = {
    ExportFormat.PDF: Writer(pdf.write, "application/pdf", "pdf"),
    ExportFormat.JSON: Writer(json.write, "application/json", "json"),
}
