"""Measures of the pages: paper, margins, the columns of the matrix. All in millimetres."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from responsibilities.choices import Paper

# Width and height, upright (ISO 216 and ANSI/ASME Y14.1).
PAPERS: Final[Mapping[str, tuple[float, float]]] = {
    Paper.A4: (210.0, 297.0),
    Paper.LETTER: (215.9, 279.4),
}
MARGIN: Final = 20.0
MARGIN_LANDSCAPE: Final = 14.0

ROTATE_FROM: Final = 10
"""From so many teams on, their names stand upright."""

_SIGNOFF: Final = 15.0
_EVIDENCE: Final = 12.0
_FINDINGS: Final = 12.0
_ITEM_LEAST: Final = 58.0
_TEAM_MOST: Final = 24.0
_ROOM_FOR_ROTATED: Final = 8.0


@dataclass(frozen=True, slots=True)
class MatrixColumns:
    """Widths of the matrix table, as texts for CSS. `rotated` turns the names of the teams."""

    item: str
    team: str
    signoff: str
    evidence: str
    findings: str
    rotated: bool
    count: int


def matrix_columns(paper: str, teams: int, sides: int) -> MatrixColumns:
    """Share the width of a landscape page out among the columns.

    Teams get what the item leaves, up to a width that suits a name; what they do not need goes
    back to the item.
    """
    width = PAPERS[paper][1] - 2 * MARGIN_LANDSCAPE
    fixed = _SIGNOFF * sides + _EVIDENCE + _FINDINGS
    team = min(_TEAM_MOST, (width - fixed - _ITEM_LEAST) / teams) if teams else 0.0
    item = width - fixed - team * teams
    return MatrixColumns(
        item=f"{item:.2f}mm",
        team=f"{team:.2f}mm",
        signoff=f"{_SIGNOFF:.2f}mm",
        evidence=f"{_EVIDENCE:.2f}mm",
        findings=f"{_FINDINGS:.2f}mm",
        rotated=teams >= ROTATE_FROM,
        count=3 + teams + sides,
    )
