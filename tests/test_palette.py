"""The palette of print and the tokens of the page are the same colours, and can be read."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from responsibilities import palette
from responsibilities.choices import Letter, PartyKind

APP_CSS = (Path(palette.__file__).parent / "static/responsibilities/css/app.css").read_text(
    encoding="utf-8"
)
TOKENS: dict[str, tuple[str, str]] = {
    name: (light, dark)
    for name, light, dark in re.findall(
        r"--([\w-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\);", APP_CSS
    )
}
SIDES = {"provider": "provider", "customer": "customer", "third_party": "third"}
GROUNDS = ("page", "surface", "raised", "sunken", "hover", "selected", "grid-section")
TONES = ("wrong", "soon", "good", "none")

# WCAG 2.2: text 4.5 : 1 (1.4.3), borders and signs that carry meaning 3 : 1 (1.4.11).
PAIRS: list[tuple[str, str, float]] = [
    *(
        (ink, ground, 4.5)
        for ink in ("ink", "muted", "faint", "accent", *TONES)
        for ground in GROUNDS
    ),
    *((tone, f"{tone}-ground", 4.5) for tone in TONES),
    *((ink, f"{tone}-ground", 4.5) for ink in ("ink", "muted") for tone in TONES),
    *((f"{tone}-sign", ground, 3) for tone in TONES for ground in ("page", "hover")),
    *((f"{tone}-sign", f"{tone}-ground", 3) for tone in TONES),
    *((f"letter-{letter}-text", f"letter-{letter}-fill", 4.5) for letter in "raci"),
    *((f"letter-{x}-border", ground, 3) for x in "rac" for ground in ("page", "hover", "selected")),
    *((f"{side}-text", f"{side}-ground", 4.5) for side in SIDES.values()),
    *(("muted", f"{side}-ground", 4.5) for side in SIDES.values()),
    *(
        (f"{side}-bar", ground, 3)
        for side in SIDES.values()
        for ground in ("page", f"{side}-ground")
    ),
    *(
        (line, ground, 3)
        for line in ("control", "focus")
        for ground in ("page", "surface", "raised")
    ),
    ("accent", "accent-ground", 4.5),
    ("accent-fill", "page", 3),
]


def luminance(colour: str) -> float:
    """Return the relative luminance of ``#rrggbb`` as WCAG 2.2 defines it."""
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (
        value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4
        for value in channels
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two colours, 1 to 21."""
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(("front", "ground", "least"), PAIRS)
def test_tokens_can_be_read_on_their_grounds(
    front: str, ground: str, least: float, theme: int
) -> None:
    assert contrast(TOKENS[front][theme], TOKENS[ground][theme]) >= least


@pytest.mark.parametrize("token", ["accent-fill", "accent-fill-hover"])
@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
def test_white_can_be_read_on_a_primary_button(token: str, theme: int) -> None:
    assert contrast("#ffffff", TOKENS[token][theme]) >= 4.5


@pytest.mark.parametrize("letter", Letter.values)
def test_letters_have_the_same_colours_in_print_and_on_the_page(letter: str) -> None:
    colour = palette.LETTER_COLOURS[letter]
    for part in ("fill", "border", "text"):
        assert TOKENS[f"letter-{letter.lower()}-{part}"][0] == getattr(colour, part)


@pytest.mark.parametrize("kind", PartyKind.values)
def test_sides_have_the_same_tints_in_print_and_on_the_page(kind: str) -> None:
    tint = palette.SIDE_TINTS[kind]
    for part in ("ground", "bar", "text"):
        assert TOKENS[f"{SIDES[kind]}-{part}"][0] == getattr(tint, part)


@pytest.mark.parametrize("tone", TONES)
def test_states_have_the_same_colours_in_print_and_on_the_page(tone: str) -> None:
    colour = palette.STATE_COLOURS[tone]
    assert TOKENS[f"{tone}-ground"][0] == colour.ground
    assert TOKENS[f"{tone}-sign"][0] == colour.sign
    assert TOKENS[tone][0] == colour.text


def test_ink_and_rules_are_the_same_in_print_and_on_the_page() -> None:
    assert TOKENS["ink"][0] == palette.INK
    assert TOKENS["muted"][0] == palette.MUTED
    assert TOKENS["rule"][0] == palette.RULE


def test_letters_differ_without_colour() -> None:
    """In grey, fill and border together tell the four letters apart."""
    greys = {
        letter: (luminance(colour.fill), luminance(colour.border))
        for letter, colour in palette.LETTER_COLOURS.items()
    }
    solid = greys.pop("A")
    assert solid[0] < 0.1, "A is the dark block"
    assert all(fill > 0.7 for fill, _border in greys.values()), "the others are light"
    assert greys["I"][0] == greys["I"][1], "I has no border"
    assert greys["C"][0] == pytest.approx(1), "C is an outline on white"
    assert greys["R"][0] < 0.85, "R is tinted"
    assert max(greys["R"][1], greys["C"][1]) < 0.25, "R and C have a firm border"
