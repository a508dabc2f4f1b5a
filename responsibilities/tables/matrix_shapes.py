"""The shapes of the grid as it is printed. Tuples, because a loop of a template unpacks them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from django.utils.safestring import SafeString

from responsibilities.matrix import SeatInfo


class Cell(NamedTuple):
    """One team on one item. `owner` and `people` are words for narrow screens."""

    href: str
    css: str
    label: str
    chips: SafeString
    letters: str
    owner: str
    people: str


class Mark(NamedTuple):
    """A sign beside the letters: evidence, a sign-off, findings. `text` may be empty."""

    css: str
    label: str
    text: str


class GridRow(NamedTuple):
    """One item as it is printed. `reason` says why it does not apply, if it does not."""

    key: str
    href: str
    title: str
    version: int
    css: str
    tag: str
    reason: str
    cells: Sequence[Cell]
    evidence: Mark
    signs: Sequence[Mark]
    findings: Mark


class TeamHead(NamedTuple):
    """The heading of a team's column."""

    name: str
    css: str
    title: str
    empty: bool


class SideHead(NamedTuple):
    """The heading over the teams of one side."""

    organization: str
    kind: str
    party: str
    span: int


class GridSection(NamedTuple):
    """A section heading and its rows."""

    key: str
    title: str
    plane: str
    holder: str
    kind: str
    rows: Sequence[GridRow]


class Grid(NamedTuple):
    """Everything the template of the grid prints.

    `rows` counts the items; `lines` all rows of the table, with its headings.
    """

    sides: Sequence[SideHead]
    teams: Sequence[TeamHead]
    seats: Sequence[SeatInfo]
    sections: Sequence[GridSection]
    columns: int
    rows: int
    lines: int
    density: str
    width: int


class Count(NamedTuple):
    """One figure of the summary line. `kind` draws the dot of a side where there is one."""

    number: int
    label: str
    kind: str = ""
