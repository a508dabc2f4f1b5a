"""The colours that mean something, once, for the page, the spreadsheet and the PDF.

Plain values for light ground and for print. ``app.css`` carries the same values and those for
dark ground; a test holds the two together. Every pair of text on fill has a contrast of at least
4.5 : 1 (WCAG 2.2, 1.4.3), every border that carries meaning 3 : 1 on white (1.4.11).

The four letters also differ where there is no colour: A is a solid block, R a tint with a firm
border, C an outline, I plain grey without a border. Their hues (260°, 290°, 190°, none) and their
lightness stay apart for readers with protanopia, deuteranopia and tritanopia.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping


class LetterColour(NamedTuple):
    """How one letter is drawn: its ground, its border and the letter itself."""

    fill: str
    border: str
    text: str


class SideTint(NamedTuple):
    """How one side is marked: a quiet ground, a bar or dot beside its name, text on the ground."""

    ground: str
    bar: str
    text: str


class StateColour(NamedTuple):
    """How a state is drawn: its ground, the sign or bar, and text on the ground."""

    ground: str
    sign: str
    text: str


LETTER_COLOURS: Final[Mapping[str, LetterColour]] = {
    "R": LetterColour(fill="#dbe9fb", border="#2a73c9", text="#0d4a94"),
    "A": LetterColour(fill="#4b2a8c", border="#4b2a8c", text="#ffffff"),
    "C": LetterColour(fill="#ffffff", border="#1d857c", text="#0e6a62"),
    "I": LetterColour(fill="#eceef1", border="#eceef1", text="#555d69"),
}

SIDE_TINTS: Final[Mapping[str, SideTint]] = {
    "provider": SideTint(ground="#eaeff5", bar="#5d7795", text="#34475d"),
    "customer": SideTint(ground="#f1f1e3", bar="#7d7c33", text="#4c4b1c"),
    "third_party": SideTint(ground="#f6ebf1", bar="#9a6283", text="#653b54"),
}

STATE_COLOURS: Final[Mapping[str, StateColour]] = {
    "wrong": StateColour(ground="#fdecea", sign="#c4291c", text="#9e1c12"),
    "soon": StateColour(ground="#fdf2d8", sign="#b26a00", text="#7a4a00"),
    "good": StateColour(ground="#e3f3e9", sign="#23804a", text="#17603a"),
    "none": StateColour(ground="#eceef1", sign="#7b8593", text="#555d69"),
}

INK: Final = "#1a2029"
MUTED: Final = "#566070"
RULE: Final = "#e2e5ea"
