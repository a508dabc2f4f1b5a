"""Running heads and page numbers, which are known only when all parts are together.

Both are artifacts (ISO 32000-1, 14.8.2.2): they are not read aloud on every page. The running
heads come as pages rendered by WeasyPrint, one per part, and are put on as form XObjects, so that
any script is shaped properly. "Page x of y" differs on each page and is set here, in a font of
just those characters.
"""

from __future__ import annotations

import io
from typing import Final

import pikepdf
from fontTools import subset
from fontTools.ttLib import TTFont
from pikepdf import Array, Dictionary, Name, Object, Page, Pdf, String

from responsibilities.exchange.pdf import fonts

SIZE: Final = 7.5  # points
RIGHT: Final = 56.69  # 20 mm, the outer margin of portrait pages
RIGHT_LANDSCAPE: Final = 39.69  # 14 mm
BASELINE: Final = 30.2  # above the lower edge, level with the foot of the running heads
_GREY: Final = "0.337 0.376 0.439 rg"
_UNITS: Final = 1000
_NAME: Final = Name("/REXPGN+IBMPlexSans")


class PageNumberFont:
    """A subset of our text face with the characters of the page numbers, embedded once.

    A composite font with two-byte codes that are glyph numbers (ISO 32000-1, 9.7).
    """

    def __init__(self, target: Pdf, characters: str) -> None:
        """Embed the font. Raises KeyError for a character that the face does not have."""
        data = _subset(characters)
        face = TTFont(io.BytesIO(data), recalcTimestamp=False)
        table = face.getBestCmap()
        scale = _UNITS / face["head"].unitsPerEm
        self._glyphs: dict[str, int] = {
            c: face.getGlyphID(table[ord(c)]) for c in sorted(set(characters))
        }
        self._widths: dict[int, int] = {
            glyph: round(face["hmtx"][table[ord(c)]][0] * scale)
            for c, glyph in self._glyphs.items()
        }
        descendant = Dictionary(
            Type=Name.Font,
            Subtype=Name.CIDFontType2,
            BaseFont=_NAME,
            CIDSystemInfo=Dictionary(
                Registry=String("Adobe"), Ordering=String("Identity"), Supplement=0
            ),
            FontDescriptor=target.make_indirect(_descriptor(target, face, data, scale)),
            W=self._width_array(),
            CIDToGIDMap=Name.Identity,
        )
        self.object: Object = target.make_indirect(
            Dictionary(
                Type=Name.Font,
                Subtype=Name.Type0,
                BaseFont=_NAME,
                Encoding=Name("/Identity-H"),
                DescendantFonts=Array([target.make_indirect(descendant)]),
                ToUnicode=target.make_stream(self._to_unicode()),
            )
        )

    def encode(self, text: str) -> str:
        """Return `text` as the hex digits of a string operand."""
        return "".join(f"{self._glyphs[c]:04x}" for c in text)

    def width(self, text: str) -> float:
        """Return how wide `text` runs, in points."""
        return sum(self._widths[self._glyphs[c]] for c in text) * SIZE / _UNITS

    def _width_array(self) -> Array:
        widths = Array()
        for glyph in sorted(self._widths):
            widths.append(glyph)
            widths.append(Array([self._widths[glyph]]))
        return widths

    def _to_unicode(self) -> bytes:
        pairs = "\n".join(f"<{glyph:04x}> <{ord(c):04x}>" for c, glyph in self._glyphs.items())
        return (
            "/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n"
            "/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def\n"
            "/CMapName /Adobe-Identity-UCS def\n/CMapType 2 def\n"
            "1 begincodespacerange\n<0000> <ffff>\nendcodespacerange\n"
            f"{len(self._glyphs)} beginbfchar\n{pairs}\nendbfchar\n"
            "endcmap\nCMapName currentdict /CMap defineresource pop\nend\nend"
        ).encode()


class Stamper:
    """Puts running heads and page numbers on pages."""

    def __init__(self, target: Pdf, running: bytes, page_words: str, total: int) -> None:
        """Take the pages of running heads and the words around the numbers."""
        self._words = page_words
        self._total = total
        self._font = PageNumberFont(target, page_words.format(page="", pages="") + "0123456789")
        with pikepdf.open(io.BytesIO(running)) as source:
            self._heads = [target.copy_foreign(page.as_form_xobject()) for page in source.pages]

    def stamp(self, page: Page, head: int, number: int) -> None:
        """Put the running head `head` and the number on a page."""
        resources = page.obj.Resources
        if "/XObject" not in resources:
            resources.XObject = Dictionary()
        resources.XObject["/RunningHead"] = self._heads[head]
        resources.Font["/PageNumber"] = self._font.object
        left, bottom, right, top = (float(edge) for edge in page.mediabox)
        height = top - bottom
        margin = RIGHT_LANDSCAPE if right - left > height else RIGHT
        text = self._words.format(page=number, pages=self._total)
        x = right - margin - self._font.width(text)
        page.contents_add(
            (
                # WeasyPrint leaves the page upside down; turn it back first.
                f"q 1 0 0 -1 0 {height:.3f} cm "
                "/Artifact <</Type /Pagination /Subtype /Header>> BDC /RunningHead Do EMC "
                "/Artifact <</Type /Pagination /Subtype /Footer>> BDC "
                f"BT {_GREY} /PageNumber {SIZE} Tf {x:.3f} {BASELINE} Td "
                f"<{self._font.encode(text)}> Tj ET EMC Q"
            ).encode(),
            prepend=False,
        )


def _descriptor(target: Pdf, face: TTFont, data: bytes, scale: float) -> Dictionary:
    """Return the font descriptor, with the font program in it."""
    head, horizontal, metrics = face["head"], face["hhea"], face["OS/2"]
    box = (head.xMin, head.yMin, head.xMax, head.yMax)
    return Dictionary(
        Type=Name.FontDescriptor,
        FontName=_NAME,
        Flags=4,
        FontBBox=Array([round(value * scale) for value in box]),
        ItalicAngle=0,
        Ascent=round(horizontal.ascent * scale),
        Descent=round(horizontal.descent * scale),
        CapHeight=round(metrics.sCapHeight * scale),
        StemV=80,
        CIDSet=target.make_stream(_bits(face["maxp"].numGlyphs)),
        FontFile2=target.make_stream(data, Length1=len(data)),
    )


def _subset(characters: str) -> bytes:
    face = TTFont(io.BytesIO(fonts.read(fonts.PAGE_NUMBER_FACE)), recalcTimestamp=False)
    options = subset.Options()
    options.hinting = False
    options.layout_features = []
    options.name_IDs = [1, 6]
    options.notdef_outline = True
    subsetter = subset.Subsetter(options)
    subsetter.populate(text=characters)
    subsetter.subset(face)
    out = io.BytesIO()
    face.save(out)
    return out.getvalue()


def _bits(count: int) -> bytes:
    """Return a bit string in which the first `count` bits are set, highest bit first."""
    return bytes(
        sum(0x80 >> bit for bit in range(8) if 8 * byte + bit < count)
        for byte in range(-(-count // 8))
    )
