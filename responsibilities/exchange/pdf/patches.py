"""Two changes to pydyf 0.13, which writes for WeasyPrint. Both leave the pages as they are.

Each is made only where the library has the shape that it was written for; another release runs
unchanged, only slower.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from typing import Protocol

import pydyf

DEFLATE_LEVEL = 6  # pydyf asks for 9: 5 % more time for 4 % less bytes


class _Kids(Protocol):
    """A file of pydyf: `pages` holds three entries for each page, the first is its number."""

    pages: dict[str, Sequence[int]]


class _Deflate:
    """The part of the zlib module that pydyf uses, with a level of our own."""

    compress = staticmethod(zlib.compress)
    error = zlib.error

    @staticmethod
    def compressobj(*_args: object, **_options: object) -> zlib._Compress:
        """Return a compressor of `DEFLATE_LEVEL`, whatever level was asked for."""
        return zlib.compressobj(DEFLATE_LEVEL)


def _page_references(pdf: _Kids) -> tuple[bytes, ...]:
    """Return the references to all pages, built anew only when a page was added.

    Upstream builds this tuple again for every structure element, which makes writing a tagged
    file quadratic.
    """
    kids = pdf.pages["Kids"]
    kept: tuple[int, tuple[bytes, ...]] | None = pdf.__dict__.get("_kept_references")
    if kept is None or kept[0] != len(kids):
        kept = (len(kids), tuple(b"%d 0 R" % number for number in kids[::3]))
        pdf.__dict__["_kept_references"] = kept
    return kept[1]


def apply() -> None:
    """Make both changes in this process."""
    if isinstance(getattr(pydyf.PDF, "page_references", None), property):
        pydyf.PDF.page_references = property(_page_references)
    if getattr(pydyf, "zlib", None) is zlib:
        pydyf.zlib = _Deflate()
