"""Pictures: right counts, bars that add up, figures that can be read, SVG that is well-formed."""

from __future__ import annotations

import itertools
import re
from xml.etree import ElementTree as ET

import pytest
from django.template.loader import render_to_string

from responsibilities import matrix, palette
from responsibilities.choices import Letter
from responsibilities.matrix.charts import (
    LEVELS,
    HeatCell,
    HeatColumn,
    Measure,
    heat_map,
    load_chart,
    mixed,
)
from responsibilities.models import Assignment, Workspace
from tests.signing import attach, exclude, sign
from tests.world import World, make_version, make_workspace

ASSIGNED = HeatColumn(Measure.ASSIGNED)


def cell(done: int, total: int) -> HeatCell:
    """Make a cell."""
    return HeatCell(ASSIGNED, done, total)


def luminance(colour: str) -> float:
    """Return the relative luminance of a colour (WCAG 2.2)."""
    channels = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    red, green, blue = (
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours (WCAG 2.2)."""
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def test_heat_map_counts_by_section_and_side(world: World) -> None:
    attach(world, world.provider, "T-S0-01")
    sign(world, "party0", "T-S0-01")
    exclude(world, "T-S0-02")
    heat = heat_map(matrix.load(world.workspace))
    assert [column.seat.key if column.seat else column.measure for column in heat.columns] == [
        Measure.ASSIGNED,
        Measure.EVIDENCED,
        "party0",
        "party1",
    ]
    figures = [[row.total, *(cell.done for cell in row.cells)] for row in heat.rows]
    assert figures == [[3, 2, 1, 1, 0], [3, 3, 0, 0, 0]]
    assert [heat.whole.total, *(cell.done for cell in heat.whole.cells)] == [6, 5, 1, 1, 0]
    assert [cell.total for cell in heat.whole.cells] == [5, 5, 6, 6], "who signs, signs all"
    sign(world, "party0", "T-S0-02")
    assert heat_map(matrix.load(world.workspace)).rows[0].cells[2].done == 2


@pytest.mark.django_db
def test_one_column_per_side() -> None:
    workspace = make_workspace(make_version(parties=4, sections=4), "four", "Four")
    assert len(heat_map(matrix.load(workspace)).columns) == 6


@pytest.mark.parametrize(
    ("done", "total", "level"),
    [
        (0, 0, 0),
        (0, 9, 0),
        (1, 100, 1),
        (32, 99, 1),
        (33, 99, 2),
        (66, 99, 3),
        (98, 99, 3),
        (9, 9, 4),
    ],
)
def test_only_a_full_cell_gets_the_last_shade(done: int, total: int, level: int) -> None:
    assert cell(done, total).level == level


def test_percent_is_rounded_down() -> None:
    assert [cell(*pair).percent for pair in ((0, 0), (1, 3), (42, 43), (43, 43))] == [
        0,
        33,
        97,
        100,
    ]


def test_every_shade_can_be_told_and_read() -> None:
    cells = [cell(0, 9), cell(1, 9), cell(4, 9), cell(7, 9), cell(9, 9)]
    assert [shade.level for shade in cells] == list(range(LEVELS + 1))
    for shade in cells:
        assert contrast(shade.fill, shade.text) >= 4.5
    greens = [luminance(shade.fill) for shade in cells[1:]]
    assert greens == sorted(greens, reverse=True), "the more, the darker, in grey print too"
    assert all(light / dark > 1.15 for light, dark in itertools.pairwise(greens))


def test_mixed() -> None:
    assert mixed("#000000", "#ffffff", 0) == "#ffffff"
    assert mixed("#000000", "#ffffff", 1) == "#000000"
    assert mixed("#ff0080", "#00ff80", 0.5) == "#808080"


def test_bars_add_up_and_the_longest_is_full(world: World) -> None:
    load = load_chart(matrix.load(world.workspace))
    assert [side.seat.key for side in load.sides] == ["party0", "party1"]
    bars = [bar for side in load.sides for bar in side.bars]
    assert load.longest == max(bar.total for bar in bars) == 9
    for bar in bars:
        assert [letter for letter, _ in bar.counts] == list(Letter)
        assert sum(part.width for part in bar.segments) == pytest.approx(
            100 * bar.total / 9, abs=0.01
        )
        end = 0.0
        for part in bar.segments:
            assert part.count > 0
            assert part.x == pytest.approx(end, abs=0.01)
            assert part.x < part.middle < part.x + part.width
            assert part.colour == palette.LETTER_COLOURS[part.letter]
            end = part.x + part.width


@pytest.mark.django_db
def test_a_narrow_segment_carries_no_letter() -> None:
    workspace = make_workspace(make_version(sections=1, per_section=30), "many", "Many")
    team = workspace.teams.get(name="Party 0 team 0")
    Assignment.objects.create(item=workspace.items.all()[0], team=team, letter=Letter.CONSULTED)
    bar = load_chart(matrix.load(workspace)).sides[0].bars[0]
    assert {part.letter: part.has_room for part in bar.segments} == {
        Letter.RESPONSIBLE: True,
        Letter.ACCOUNTABLE: True,
        Letter.CONSULTED: False,
    }


@pytest.mark.django_db
def test_without_letters_there_are_bars_without_length() -> None:
    workspace = make_workspace(make_version(), "bare", "Bare")
    Assignment.objects.all().delete()
    load = load_chart(matrix.load(workspace))
    assert load.longest == 0
    assert all(bar.segments == () for side in load.sides for bar in side.bars)


def test_without_teams_there_is_no_chart(world: World) -> None:
    Assignment.objects.all().delete()
    world.workspace.teams.all().delete()
    assert load_chart(matrix.load(Workspace.objects.get(pk=world.workspace.pk))).sides == ()


def test_drawings_are_well_formed_and_have_no_inline_style(world: World) -> None:
    grid = matrix.load(world.workspace)
    drawings = [
        render_to_string("charts/_load_bar.svg", {"bar": bar})
        for side in load_chart(grid).sides
        for bar in side.bars
    ] + [
        render_to_string("charts/_heat_cell.svg", {"cell": shown})
        for row in heat_map(grid).rows
        for shown in row.cells
    ]
    for drawing in drawings:
        root = ET.fromstring(drawing)  # noqa: S314 (our own template)
        assert root.tag == "svg"
        assert not any("style" in element.attrib for element in root.iter())
    parts = re.findall(r'x="([\d.]+)%" y="0.5" width="([\d.]+)%"', drawings[0])
    assert [(float(x), float(width)) for x, width in parts] == [
        (0.0, 33.333),
        (33.333, 33.334),
        (66.667, 33.333),
    ]
