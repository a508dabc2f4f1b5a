"""Finishes the structure tree that WeasyPrint writes: heads of cells, places of figures.

WeasyPrint 70 writes no ``/Scope`` (its issue 2508), names a header that spans columns for the first
of them only, miscounts columns below cells that span rows, and counts ids from the start in every
document. Here the cells of each table are laid on a grid, and every data cell names the headers of
its columns and of its row (ISO 32000-1, table 349; ISO 14289-1, 7.5).

The boxes of figures come in the pixels of the layout, from the top of the page; readers expect
points from its foot (ISO 32000-1, table 345).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any, Protocol

import pydyf


class PdfFile(Protocol):
    """A file that pydyf is about to write. Its objects are dictionaries, streams and others."""

    objects: Sequence[Any]


type Element = dict[str, Any]

POINTS = 0.75
"""Points in a pixel of the layout."""


def finish(pdf: PdfFile, prefix: str) -> None:
    """Give all tables of a file scopes, ids and headers, and figures their place.

    Ids begin with `prefix`.
    """
    for number, table in enumerate(_all(pdf, "/Table")):
        _finish_table(pdf, table, f"{prefix}-{number}")
    for figure in _all(pdf, "/Figure"):
        _finish_figure(pdf, figure)


def _all(pdf: PdfFile, kind: str) -> list[Element]:
    """Return the structure elements of a kind, in the order of the file."""
    return [
        element
        for element in pdf.objects
        if isinstance(element, dict)
        and element.get("Type") == "/StructElem"
        and element.get("S") == kind
    ]


def _finish_figure(pdf: PdfFile, figure: Element) -> None:
    page = pdf.objects[int(figure["Pg"].split()[0])]
    height = float(page["MediaBox"][3])
    left, top, right, bottom = (POINTS * float(edge) for edge in figure["A"]["BBox"])
    figure["A"]["BBox"] = pydyf.Array([left, height - bottom, right, height - top])


def _finish_table(pdf: PdfFile, table: Element, prefix: str) -> None:
    heads: dict[int, list[pydyf.String]] = defaultdict(list)
    taken: set[tuple[int, int]] = set()
    for y, (row, in_head) in enumerate(_rows(pdf, table)):
        cells = list(_placed(pdf, row, y, taken))
        ids = {}
        for x, cell in cells:
            if cell["S"] == "/TH":
                ids[x] = cell["ID"] = pydyf.String(f"{prefix}-{y}-{x}")
                cell["A"]["Scope"] = "/Column" if in_head else "/Row"
        if in_head:
            for x, cell in cells:
                if x in ids:
                    for column in range(x, x + cell["A"].get("ColSpan", 1)):
                        heads[column].append(ids[x])
                else:
                    cell["A"].pop("Headers", None)
            continue
        for x, cell in cells:
            if cell["S"] == "/TD":
                columns = range(x, x + cell["A"].get("ColSpan", 1))
                names = [name for column in columns for name in heads[column]]
                cell["A"]["Headers"] = pydyf.Array([*ids.values(), *dict.fromkeys(names)])


def _rows(pdf: PdfFile, element: Element) -> Iterator[tuple[Element, bool]]:
    """Yield the rows of a table in order, and whether each stands in its head."""
    for child in _children(pdf, element):
        if child["S"] == "/TR":
            yield child, element["S"] == "/THead"
        else:
            yield from _rows(pdf, child)


def _placed(
    pdf: PdfFile, row: Element, y: int, taken: set[tuple[int, int]]
) -> Iterator[tuple[int, Element]]:
    """Yield the cells of a row with their columns; `taken` are places of cells that reach down."""
    x = 0
    for cell in _children(pdf, row):
        if cell["S"] not in {"/TH", "/TD"}:
            continue
        cell.setdefault("A", pydyf.Dictionary({"O": "/Table"}))
        while (y, x) in taken:
            x += 1
        yield x, cell
        width, height = cell["A"].get("ColSpan", 1), cell["A"].get("RowSpan", 1)
        taken |= {(y + j, x + i) for j in range(1, height) for i in range(width)}
        x += width


def _children(pdf: PdfFile, element: Element) -> Iterator[Element]:
    """Yield the structure elements below an element, without marked content and links."""
    for kid in element["K"]:
        if isinstance(kid, bytes):
            child = pdf.objects[int(kid.split()[0])]
            if child.get("Type") == "/StructElem":
                yield child
