"""Small real files for the demo's evidence, made here so that none has to be shipped."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Sequence
from email.message import EmailMessage
from xml.sax.saxutils import escape

import pikepdf

_ZIP_TIME = (2026, 11, 2, 9, 0, 0)
_SHEET = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def pdf(title: str, lines: Sequence[str]) -> bytes:
    """Return a one-page PDF (A4) with a heading and lines of Latin-1 text."""
    document = pikepdf.new()
    page = document.add_blank_page(page_size=(595, 842))
    fonts = {
        name: pikepdf.Dictionary(
            Type=pikepdf.Name.Font,
            Subtype=pikepdf.Name.Type1,
            BaseFont=pikepdf.Name(base),
            Encoding=pikepdf.Name.WinAnsiEncoding,
        )
        for name, base in (("/H", "/Helvetica-Bold"), ("/T", "/Helvetica"))
    }
    page.Resources = pikepdf.Dictionary(Font=pikepdf.Dictionary(fonts))
    words = ["BT", "/H 17 Tf", "64 766 Td", f"({_pdf_text(title)}) Tj", "/T 10 Tf", "0 -34 Td"]
    for line in lines:
        words += [f"({_pdf_text(line)}) Tj", "0 -16 Td"]
    content = "\n".join([*words, "ET"]).encode("cp1252", "replace")
    page.Contents = document.make_stream(content)
    with document.open_metadata(set_pikepdf_as_editor=False) as metadata:
        metadata["dc:title"] = title
    buffer = io.BytesIO()
    document.save(buffer, deterministic_id=True)
    return buffer.getvalue()


def _pdf_text(text: str) -> str:
    return text.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")


def png(values: Sequence[int], *, width: int = 640, height: int = 240) -> bytes:
    """Return a PNG with a plain bar chart of `values` (0 to 100): a dashboard screenshot."""
    paper, bar, line = b"\xfb\xfc\xfd", b"\x3b\x6e\xa8", b"\xd5\xda\xe1"
    slot = width // len(values)
    rows = []
    for y in range(height):
        row = bytearray()
        level = 100 - 100 * y // height
        ground = line if y % (height // 4) == 0 else paper
        for x in range(width):
            in_bar = slot // 5 < x % slot < slot * 4 // 5
            value = values[min(x // slot, len(values) - 1)]
            row += bar if in_bar and level <= value else ground
        rows.append(b"\x00" + bytes(row))
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        (
            _png_chunk(b"IHDR", header),
            _png_chunk(b"IDAT", zlib.compress(b"".join(rows), 9)),
            _png_chunk(b"IEND", b""),
        )
    )


def _png_chunk(kind: bytes, data: bytes) -> bytes:
    checksum = struct.pack(">I", zlib.crc32(kind + data))
    return struct.pack(">I", len(data)) + kind + data + checksum


def archive(members: Sequence[tuple[str, str]]) -> bytes:
    """Return a ZIP of text files, given as (name, text), with a fixed time."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as target:
        for name, text in members:
            entry = zipfile.ZipInfo(name, _ZIP_TIME)
            entry.compress_type = zipfile.ZIP_DEFLATED
            target.writestr(entry, text)
    return buffer.getvalue()


_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_MAIN = "application/vnd.openxmlformats-officedocument.spreadsheetml"
# The parts of a workbook around its one sheet (ECMA-376, the least that opens).
_WORKBOOK = (
    (
        "[Content_Types].xml",
        (
            f'<Types xmlns="{_PACKAGE}/content-types">'
            '<Default Extension="rels" '
            'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
            '<Default Extension="xml" ContentType="application/xml"/>'
            f'<Override PartName="/xl/workbook.xml" ContentType="{_MAIN}.sheet.main+xml"/>'
            '<Override PartName="/xl/worksheets/sheet1.xml" '
            f'ContentType="{_MAIN}.worksheet+xml"/></Types>'
        ),
    ),
    (
        "_rels/.rels",
        (
            f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="rId1" '
            f'Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>'
        ),
    ),
    (
        "xl/workbook.xml",
        (
            f'<workbook xmlns="{_SHEET}" xmlns:r="{_OFFICE}"><sheets>'
            '<sheet name="Sheet1" sheetId="1" r:id="rId1"/></sheets></workbook>'
        ),
    ),
    (
        "xl/_rels/workbook.xml.rels",
        (
            f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="rId1" '
            f'Type="{_OFFICE}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>'
        ),
    ),
)


def xlsx(rows: Sequence[Sequence[str]]) -> bytes:
    """Return a workbook with one sheet of text cells."""
    cells = "".join(
        "<row>"
        + "".join(f'<c t="inlineStr"><is><t>{escape(value)}</t></is></c>' for value in row)
        + "</row>"
        for row in rows
    )
    sheet = f'<worksheet xmlns="{_SHEET}"><sheetData>{cells}</sheetData></worksheet>'
    parts = (*_WORKBOOK, ("xl/worksheets/sheet1.xml", sheet))
    return archive([(name, _XML + content) for name, content in parts])


def mail(sender: str, to: str, subject: str, body: str) -> bytes:
    """Return a mail as it is filed (RFC 5322)."""
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = sender, to, subject
    message["Date"] = "Mon, 02 Nov 2026 09:12:00 +0000"
    message["Message-ID"] = "<20261102091200.1@northwind.example>"
    message.set_content(body)
    return message.as_bytes()
