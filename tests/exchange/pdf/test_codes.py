"""The QR code on the last page: the right one, drawn as lines, large enough, and spoken."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import pikepdf
import pytest
import segno
from django.test import override_settings

from responsibilities.exchange.pdf.codes import verify_link
from tests.exchange.pdf.samples import Written, squeezed

MM = 72 / 25.4
ADDRESS = "http://127.0.0.1:8000/verify/"

type Modules = set[tuple[int, int]]


def drawn(page: pikepdf.Page) -> tuple[Modules, float]:
    """Return the dark modules of the code on a page, and the size of one in millimetres.

    The code is the path of the most strokes; everything else on the page is text or a rule.
    """
    scale, outer = 1.0, list[float]()
    strokes: list[Modules] = []
    best: list[Modules] = []
    size, at = 0.0, (0.0, 0.0)
    for instruction in pikepdf.parse_content_stream(page):
        operands: list[Any] = list(instruction.operands)
        match str(instruction.operator):
            case "q":
                outer.append(scale)
            case "Q":
                scale = outer.pop()
            case "cm":
                scale *= float(operands[0])
            case "m":
                at = (float(operands[0]), float(operands[1]))
            case "l" if float(operands[1]) == at[1]:
                strokes.append({(x, int(at[1])) for x in range(int(at[0]), int(operands[0]))})
            case "B" | "S" | "f":
                if len(strokes) > len(best):
                    best, size = strokes, scale / MM
                strokes = []
    return set().union(*best), size


def expected(address: str) -> Modules:
    """Return the dark modules of the code of an address."""
    rows = segno.make(address, error="m", micro=False, boost_error=False).matrix
    return {(x, y) for y, row in enumerate(rows) for x, module in enumerate(row) if module}


def figures(node: pikepdf.Object) -> Iterator[pikepdf.Object]:
    """Yield the figures below an element of the structure tree."""
    kids: Any = node.get("/K", [])
    for kid in kids if isinstance(kids, pikepdf.Array) else [kids]:
        if isinstance(kid, pikepdf.Dictionary) and "/S" in kid:
            if kid.S == "/Figure":
                yield kid
            yield from figures(kid)


@pytest.mark.parametrize("name", ["rich", "wide", "narrow"])
def test_the_last_page_leads_to_the_check(name: str, request: pytest.FixtureRequest) -> None:
    written: Written = request.getfixturevalue(name)
    assert ADDRESS in squeezed(written.pages()[-1])
    with pikepdf.open(io.BytesIO(written.data)) as pdf:
        page = pdf.pages[-1]
        modules, size = drawn(page)
        assert modules == expected(ADDRESS)
        width = max(x for x, _y in modules) + 1
        assert 22 <= width * size <= 26
        (figure,) = figures(pdf.Root.StructTreeRoot)
        assert str(figure.Alt) == f"QR code that leads to {ADDRESS}"
        left, foot, right, head = (float(edge) for edge in figure.A.BBox)
        assert figure.Pg.objgen == page.obj.objgen
        assert 0 < left < right < float(page.mediabox[2])
        assert 0 < foot < head < float(page.mediabox[3]) / 2  # in the lower half
        assert (right - left, head - foot) == pytest.approx([width * size * MM] * 2, abs=0.01)
        links = [str(note.A.URI) for note in page.get("/Annots", []) if "/A" in note]
        assert ADDRESS in links


def test_a_change_of_one_module_would_be_found(rich: Written) -> None:
    with pikepdf.open(io.BytesIO(rich.data)) as pdf:
        modules, _size = drawn(pdf.pages[-1])
    assert modules != expected(ADDRESS.replace("8000", "8001"))


def test_the_address_is_the_one_people_use() -> None:
    with override_settings(REXMATRIX_BASE_URL="https://matrix.example.com"):
        link = verify_link()
    assert link.address == "https://matrix.example.com/verify/"
    assert "<title>QR code that leads to https://matrix.example.com/verify/</title>" in link.code
    assert "style=" not in link.code
    assert "href" not in link.code
