"""Pictures of a matrix as plain geometry: what to draw, where, in which colour.

Templates turn this into SVG for the page and for the PDF. Lengths along the bars are in percent,
so that one drawing fits every width. Colours are those for light ground and print; the page
replaces them by class, so that dark ground works too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from responsibilities import palette
from responsibilities.choices import Letter
from responsibilities.matrix.counts import load_by_team
from responsibilities.matrix.shapes import ItemRow, Matrix, SeatInfo, SectionGroup, TeamColumn

LEVELS = 4
LETTER_ROOM = 5.0
"""A bar has to be this wide, in percent of the longest, to carry its letter."""

_TINTS = (0.0, 0.22, 0.42, 0.64, 1.0)
_WHITE = "#ffffff"


class Measure(StrEnum):
    """What a column of the heat map counts."""

    ASSIGNED = "assigned"
    EVIDENCED = "evidenced"
    SIGNED = "signed"


@dataclass(frozen=True, slots=True)
class HeatColumn:
    """A column of the heat map; `seat` says whose sign-offs are counted."""

    measure: Measure
    seat: SeatInfo | None = None


@dataclass(frozen=True, slots=True)
class HeatCell:
    """How many items have reached the status of this column.

    `total` counts those that can: letters and evidence need an item that applies, sign-offs any.
    """

    column: HeatColumn
    done: int
    total: int

    @property
    def percent(self) -> int:
        """The share in percent, rounded down; 0 where no item can."""
        return 100 * self.done // self.total if self.total else 0

    @property
    def level(self) -> int:
        """The shade, from 0 for none to 4 for all. Only a full cell gets the last one."""
        if not self.total or not self.done:
            return 0
        return LEVELS if self.done == self.total else 1 + (LEVELS - 1) * self.done // self.total

    @property
    def fill(self) -> str:
        """The colour of the cell on light ground and in print."""
        if not self.level:
            return palette.STATE_COLOURS["none"].ground
        return mixed(palette.STATE_COLOURS["good"].sign, _WHITE, _TINTS[self.level])

    @property
    def text(self) -> str:
        """The colour of the figure in the cell: at least 4.5 : 1 against `fill`."""
        if not self.level:
            return palette.STATE_COLOURS["none"].text
        return _WHITE if self.level == LEVELS else palette.INK


@dataclass(frozen=True, slots=True)
class HeatRow:
    """A section with its cells. `total` counts all its items; no section: the whole."""

    section: SectionGroup | None
    total: int
    cells: tuple[HeatCell, ...]


@dataclass(frozen=True, slots=True)
class HeatMap:
    """Sections × statuses: one row per section, and the sum over all of them."""

    columns: tuple[HeatColumn, ...]
    rows: tuple[HeatRow, ...]
    whole: HeatRow


@dataclass(frozen=True, slots=True)
class Segment:
    """A part of a bar: one letter. `x` and `width` are in percent of the longest bar."""

    letter: Letter
    count: int
    x: float
    width: float

    @property
    def middle(self) -> float:
        """Where the letter stands, in percent."""
        return round(self.x + self.width / 2, 3)

    @property
    def has_room(self) -> bool:
        """Whether the letter fits into the segment."""
        return self.width >= LETTER_ROOM

    @property
    def colour(self) -> palette.LetterColour:
        """Fill, border and text on light ground and in print."""
        return palette.LETTER_COLOURS[self.letter.value]


@dataclass(frozen=True, slots=True)
class LoadBar:
    """The letters of one team: `counts` in the order R, A, C, I; `segments` without empty ones."""

    team: TeamColumn
    counts: tuple[tuple[Letter, int], ...]
    segments: tuple[Segment, ...]

    @property
    def total(self) -> int:
        """How many letters the team has."""
        return sum(count for _, count in self.counts)


@dataclass(frozen=True, slots=True)
class LoadSide:
    """The bars of one side's teams."""

    seat: SeatInfo
    bars: tuple[LoadBar, ...]


@dataclass(frozen=True, slots=True)
class LoadChart:
    """Load per team, grouped by side. Sides without teams are left out."""

    sides: tuple[LoadSide, ...]
    longest: int


def heat_map(matrix: Matrix) -> HeatMap:
    """Count, per section and over all, the items assigned, evidenced and signed by each side."""
    columns = (
        HeatColumn(Measure.ASSIGNED),
        HeatColumn(Measure.EVIDENCED),
        *(HeatColumn(Measure.SIGNED, seat) for seat in matrix.seats),
    )
    return HeatMap(
        columns=columns,
        rows=tuple(_heat_row(columns, section.rows, section) for section in matrix.sections),
        whole=_heat_row(columns, matrix.rows, None),
    )


def load_chart(matrix: Matrix) -> LoadChart:
    """Lay the letters of every team out as bars; the longest bar is 100 percent wide."""
    load = load_by_team(matrix)
    longest = max((sum(counts.values()) for counts in load.values()), default=0)
    sides = (
        LoadSide(
            seat=seat,
            bars=tuple(
                LoadBar(
                    team=team,
                    counts=tuple(load[team.id].items()),
                    segments=_segments(load[team.id].items(), longest),
                )
                for team in matrix.teams_of(seat.id)
            ),
        )
        for seat in matrix.seats
    )
    return LoadChart(sides=tuple(side for side in sides if side.bars), longest=longest)


def mixed(colour: str, ground: str, share: float) -> str:
    """Mix `share` of one colour into another, both ``#rrggbb``, channel by channel."""
    channels = zip(_channels(colour), _channels(ground), strict=True)
    return "#" + "".join(f"{round(b + (a - b) * share):02x}" for a, b in channels)


def _channels(colour: str) -> tuple[int, ...]:
    return tuple(int(colour[start : start + 2], 16) for start in (1, 3, 5))


def _reached(column: HeatColumn) -> Callable[[ItemRow], bool]:
    """Return the test that an item passes to be counted in this column."""
    if column.measure is Measure.ASSIGNED:
        return lambda row: row.is_assigned
    if column.measure is Measure.EVIDENCED or column.seat is None:
        return lambda row: row.is_evidenced
    seat_id = column.seat.id
    return lambda row: row.is_signed_by(seat_id)


def _heat_row(
    columns: Sequence[HeatColumn], rows: Iterable[ItemRow], section: SectionGroup | None
) -> HeatRow:
    rows = tuple(rows)
    return HeatRow(
        section=section,
        total=len(rows),
        cells=tuple(_heat_cell(column, rows) for column in columns),
    )


def _heat_cell(column: HeatColumn, rows: Sequence[ItemRow]) -> HeatCell:
    able = [row for row in rows if row.is_applicable or column.measure is Measure.SIGNED]
    return HeatCell(column=column, done=sum(map(_reached(column), able)), total=len(able))


def _segments(counts: Iterable[tuple[Letter, int]], longest: int) -> tuple[Segment, ...]:
    segments, before = [], 0
    for letter, count in counts:
        if count:
            x, end = (round(100 * n / longest, 3) for n in (before, before + count))
            segments.append(Segment(letter, count, x=x, width=round(end - x, 3)))
            before += count
    return tuple(segments)
