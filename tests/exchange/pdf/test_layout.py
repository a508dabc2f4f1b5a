"""Widths of the matrix: they fill the page, and names of teams stay legible."""

from __future__ import annotations

from dataclasses import fields

import pytest

from responsibilities.choices import Paper
from responsibilities.exchange.pdf import fonts, layout

NAMES = ("Control Plane SRE", "Agent Engineering", "Cloud Infrastructure & Network")


def millimetres(width: str) -> float:
    """Read a width."""
    return float(width.removesuffix("mm"))


@pytest.mark.parametrize("paper", Paper)
@pytest.mark.parametrize("count", [0, 1, 2, 9, 14])
@pytest.mark.parametrize("sides", [2, 3])
def test_columns_fill_the_page(paper: Paper, count: int, sides: int) -> None:
    columns = layout.matrix_columns(paper, ["Team"] * count, sides)
    widths = {
        field.name: millimetres(getattr(columns, field.name))
        for field in fields(columns)
        if field.name not in {"rotated", "count"}
    }
    assert all(width >= 0 for width in widths.values())
    whole = (
        widths["item"]
        + count * widths["team"]
        + widths["first_signoff"]
        + (sides - 1) * widths["signoff"]
        + widths["evidence"]
        + widths["findings"]
    )
    assert whole == pytest.approx(layout.PAPERS[paper][1] - 2 * layout.MARGIN_LANDSCAPE, abs=0.2)
    assert columns.count == 3 + count + sides


def test_names_stand_upright_when_a_word_does_not_fit() -> None:
    nine = [*NAMES, *["Team"] * 6]
    assert not layout.matrix_columns(Paper.A4, nine, 2).rotated
    assert layout.matrix_columns(Paper.A4, [*nine, *["Team"] * 5], 2).rotated
    assert layout.matrix_columns(Paper.A4, ["Donaudampfschifffahrtsgesellschaft"], 2).rotated


def test_running_heads_are_cut_to_their_room() -> None:
    def head(name: str, *, landscape: bool) -> layout.RunningHead:
        return layout.running_head(
            Paper.A4, name=name, title="T", model="M", landscape=landscape, with_letters=False
        )

    assert head("Northwind", landscape=False).name == "Northwind"
    narrow, wide = (head("Northwind " * 20, landscape=turned).name for turned in (False, True))
    assert narrow.endswith("…")
    assert len(narrow) < len(wide) < 200


def test_text_is_measured() -> None:
    assert fonts.width("", "IBMPlexSans-Regular.ttf", 10) == 0
    one = fonts.width("m", "IBMPlexMono-Regular.ttf", 10)
    assert one == pytest.approx(6)
    assert fonts.width("mil", "IBMPlexMono-Regular.ttf", 10) == pytest.approx(3 * one)
    assert fonts.width("中", "IBMPlexMono-Regular.ttf", 10) == 10
