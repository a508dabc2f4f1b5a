"""Measures of the pages: paper, margins, the columns of the matrix. All in millimetres."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from responsibilities.choices import Paper
from responsibilities.exchange.pdf import fonts

# Width and height, upright (ISO 216 and ANSI/ASME Y14.1).
PAPERS: Final[Mapping[str, tuple[float, float]]] = {
    Paper.A4: (210.0, 297.0),
    Paper.LETTER: (215.9, 279.4),
}
MARGIN: Final = 20.0
MARGIN_LANDSCAPE: Final = 14.0

KEY: Final = 15.5
"""What the key of an item takes of its column in the matrix."""

_POINT: Final = 25.4 / 72
_HEAD_SIZE: Final = 7.0 * _POINT
_HEAD_FACE: Final = "IBMPlexSansCondensed-Medium.ttf"

_GAP: Final = 2.5  # before the sign-offs and before the counts
_SIGNOFF: Final = 16.5
_EVIDENCE: Final = 12.0
_FINDINGS: Final = 11.0
_ITEM_LEAST: Final = 58.5
_TEAM_MOST: Final = 24.0
_PADDING: Final = 0.8  # both sides of a head together


@dataclass(frozen=True, slots=True)
class MatrixColumns:
    """Widths of the matrix table, as texts for CSS.

    `rotated` says that the names of the teams stand upright. The first of the sign-offs and the
    evidence carry the gap before them. `count` is how many columns there are.
    """

    item: str
    team: str
    first_signoff: str
    signoff: str
    evidence: str
    findings: str
    rotated: bool
    count: int


def matrix_columns(paper: str, teams: Sequence[str], sides: int) -> MatrixColumns:
    """Share the width of a landscape page out among the columns; `teams` are their names.

    Teams get what the item leaves, up to a width that suits a name; what they do not need goes
    back to the item. When a word of a name is wider than its column, the names stand upright.
    """
    width = PAPERS[paper][1] - 2 * MARGIN_LANDSCAPE
    fixed = _SIGNOFF * sides + _EVIDENCE + _FINDINGS + 2 * _GAP
    team = min(_TEAM_MOST, (width - fixed - _ITEM_LEAST) / len(teams)) if teams else 0.0
    words = (word for name in teams for word in name.split())
    longest = max((fonts.width(word, _HEAD_FACE, _HEAD_SIZE) for word in words), default=0.0)
    return MatrixColumns(
        item=_mm(width - fixed - team * len(teams)),
        team=_mm(team),
        first_signoff=_mm(_SIGNOFF + _GAP),
        signoff=_mm(_SIGNOFF),
        evidence=_mm(_EVIDENCE + _GAP),
        findings=_mm(_FINDINGS),
        rotated=longest > team - _PADDING,
        count=3 + len(teams) + sides,
    )


_RUNNING_SIZE: Final = 7.5 * _POINT
_RUNNING_FACE: Final = "IBMPlexSans-Regular.ttf"
_DRAFT: Final = 17.0  # the mark before the name
_DRAFT_OF: Final = 80.0  # the words after the model, and the page number


@dataclass(frozen=True, slots=True)
class RunningHead:
    """What a running head says, cut to the room there is."""

    name: str
    title: str
    model: str
    landscape: bool
    with_letters: bool


def running_head(
    paper: str, *, name: str, title: str, model: str, landscape: bool, with_letters: bool
) -> RunningHead:
    """Cut workspace, part and model to the widths that the style sheet gives them.

    An ellipsis made by the renderer would carry the whole text in its character map, which
    readers refuse.
    """
    margin = MARGIN_LANDSCAPE if landscape else MARGIN
    room = PAPERS[paper][int(landscape)] - 2 * margin
    return RunningHead(
        name=_fitted(name, 0.44 * room - _DRAFT),
        title=_fitted(title, 0.54 * room),
        model=_fitted(model, room - _DRAFT_OF),
        landscape=landscape,
        with_letters=with_letters,
    )


def _fitted(text: str, room: float) -> str:
    if fonts.width(text, _RUNNING_FACE, _RUNNING_SIZE) <= room:
        return text
    while text and fonts.width(f"{text}…", _RUNNING_FACE, _RUNNING_SIZE) > room:
        text = text[:-1]
    return f"{text.rstrip()}…"


def _mm(length: float) -> str:
    return f"{length:.2f}mm"
