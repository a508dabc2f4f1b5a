"""THE read model: the grid, its findings and its counts, in a constant number of queries.

Page, PDF, XLSX, CSV, JSON, OSCAL and API all read this and nothing else.
"""

from responsibilities.matrix.changes import compare, since_signing
from responsibilities.matrix.content import difference, item_content
from responsibilities.matrix.counts import Totals, totals
from responsibilities.matrix.document import digest, document
from responsibilities.matrix.filters import MatrixFilter
from responsibilities.matrix.load import EXPIRING_WITHIN, freshness, load, load_many
from responsibilities.matrix.past import NotYetError, recorded_since
from responsibilities.matrix.shapes import (
    Difference,
    EvidenceInfo,
    EvidenceState,
    Finding,
    Holding,
    ItemRow,
    Matrix,
    Person,
    SeatInfo,
    SectionGroup,
    SideState,
    SignoffInfo,
    TeamColumn,
)
from responsibilities.matrix.snapshot import DamagedError, restore

__all__ = [
    "EXPIRING_WITHIN",
    "DamagedError",
    "Difference",
    "EvidenceInfo",
    "EvidenceState",
    "Finding",
    "Holding",
    "ItemRow",
    "Matrix",
    "MatrixFilter",
    "NotYetError",
    "Person",
    "SeatInfo",
    "SectionGroup",
    "SideState",
    "SignoffInfo",
    "TeamColumn",
    "Totals",
    "compare",
    "difference",
    "digest",
    "document",
    "freshness",
    "item_content",
    "load",
    "load_many",
    "recorded_since",
    "restore",
    "since_signing",
    "totals",
]
