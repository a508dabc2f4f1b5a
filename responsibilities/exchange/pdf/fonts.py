"""The fonts that are shipped and embedded: IBM Plex, under the SIL Open Font License."""

from __future__ import annotations

import hashlib
import io
from functools import cache
from pathlib import Path
from typing import Final

from fontTools.ttLib import TTFont

FOLDER: Final = Path(__file__).resolve().parents[2] / "static/responsibilities/fonts/pdf"
SCHEME: Final = "app:"

# Family, weight and file. There is no italic: emphasis is by weight and by place.
FACES: Final = (
    ("Plex", 400, "IBMPlexSans-Regular.ttf"),
    ("Plex", 500, "IBMPlexSans-Medium.ttf"),
    ("Plex", 600, "IBMPlexSans-SemiBold.ttf"),
    ("Plex Condensed", 400, "IBMPlexSansCondensed-Regular.ttf"),
    ("Plex Condensed", 500, "IBMPlexSansCondensed-Medium.ttf"),
    ("Plex Condensed", 600, "IBMPlexSansCondensed-SemiBold.ttf"),
    ("Plex Mono", 400, "IBMPlexMono-Regular.ttf"),
)
PAGE_NUMBER_FACE: Final = "IBMPlexSans-Regular.ttf"


@cache
def read(name: str) -> bytes:
    """Return the bytes of a font. Raises KeyError for a file that is not one of ours."""
    if name not in {file for _, _, file in FACES}:
        raise KeyError(name)
    return (FOLDER / name).read_bytes()


@cache
def digest() -> str:
    """Return one SHA-256 over all fonts: other fonts, other pages."""
    hasher = hashlib.sha256()
    for _, _, name in FACES:
        hasher.update(hashlib.sha256(read(name)).digest())
    return hasher.hexdigest()


def face_rules() -> str:
    """Return the ``@font-face`` rules. Their addresses are answered by the engine's fetcher."""
    return "\n".join(
        f'@font-face {{ font-family: "{family}"; font-weight: {weight}; src: url({SCHEME}{name}) }}'
        for family, weight, name in FACES
    )


@cache
def _advances(name: str) -> tuple[dict[int, str], dict[str, tuple[int, int]], int]:
    face = TTFont(io.BytesIO(read(name)), recalcTimestamp=False)
    return face.getBestCmap(), dict(face["hmtx"].metrics), face["head"].unitsPerEm


def width(text: str, name: str, size: float) -> float:
    """Return how wide a text runs in this face at `size`, in the unit of `size`.

    Without kerning. A character that the face lacks counts as wide as the em.
    """
    characters, metrics, em = _advances(name)
    glyphs = (characters.get(ord(c)) for c in text)
    return sum(metrics[glyph][0] if glyph else em for glyph in glyphs) * size / em
