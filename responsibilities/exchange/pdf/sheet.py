"""The style sheet of the PDF: one template, filled with the palette and the paper."""

from __future__ import annotations

from functools import cache

from django.template.loader import render_to_string

from responsibilities import palette
from responsibilities.exchange.pdf import layout


@cache
def render(paper: str) -> str:
    """Return the style sheet for this paper."""
    width, height = layout.PAPERS[paper]
    return render_to_string(
        "pdf/sheet.css",
        {
            "width": width,
            "height": height,
            "margin": layout.MARGIN,
            "margin_landscape": layout.MARGIN_LANDSCAPE,
            "key": layout.KEY,
            "letters": palette.LETTER_COLOURS.items(),
            "sides": palette.SIDE_TINTS.items(),
            "ink": palette.INK,
            "muted": palette.MUTED,
            "rule": palette.RULE,
            "wrong": palette.STATE_COLOURS["wrong"].text,
            "soon": palette.STATE_COLOURS["soon"].text,
            "good": palette.STATE_COLOURS["good"].text,
        },
    )
