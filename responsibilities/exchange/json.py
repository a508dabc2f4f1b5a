"""Writes the canonical JSON of a matrix: the same bytes that the PDF carries."""

from __future__ import annotations

from responsibilities.exchange.details import Details, Watch, attachment
from responsibilities.matrix import Matrix


def write(matrix: Matrix, _details: Details, watch: Watch) -> bytes:
    """Return the canonical JSON. It says nothing of when or by whom it was made."""
    data = attachment(matrix).data
    watch.progress(1, 1)
    return data
