"""Small real files of every kind that is taken, and hostile ones that are not."""

from __future__ import annotations

import io
import json
import struct
import zipfile
import zlib

from PIL import Image

OOXML = "application/vnd.openxmlformats-officedocument"


def chunk(name: bytes, data: bytes) -> bytes:
    """A chunk of a PNG."""
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png(width: int = 2, height: int = 2) -> bytes:
    """A PNG with one colour."""
    rows = b"".join(b"\x00" + b"\x24\x48\x8f" * width for _ in range(height))
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )


PNG_HEAD = png()[:33]
PNG_END = chunk(b"IEND", b"")


def jpeg(*, progressive: bool = False) -> bytes:
    """A JPEG with one colour; `progressive` has another frame and several scans."""
    buffer = io.BytesIO()
    image = Image.new("RGB", (16, 8), (36, 72, 143))
    exif = Image.Exif()
    exif[0x010E] = "A picture"
    image.save(buffer, "JPEG", progressive=progressive, exif=exif, comment=b"By hand")
    return buffer.getvalue()


JPEG_START = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00"
JPEG_FRAME = b"\xff\xc0\x00\x0b\x08\x00\x01\x00\x01\x01\x01\x11\x00"
JPEG_SCAN = b"\xff\xda\x00\x08\x01\x01\x00\x00\x3f\x00\x7f"
JPEG_END = b"\xff\xd9"


def webp() -> bytes:
    """A lossless WebP of one pixel."""
    data = b"\x2f\x00\x00\x00\x10\x07\x10\x11\x11\x88\x88\xfe\x07\x00"
    body = b"WEBPVP8L" + struct.pack("<I", len(data)) + data
    return b"RIFF" + struct.pack("<I", len(body)) + body


def pdf() -> bytes:
    """A PDF without pages."""
    return (
        b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
        b"2 0 obj<</Type/Pages/Count 0/Kids[]>>endobj\n"
        b"trailer<</Root 1 0 R/Size 3>>\nstartxref\n0\n%%EOF\n"
    )


def archive(members: dict[str, bytes]) -> bytes:
    """A ZIP of these members."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as made:
        for name, data in members.items():
            made.writestr(name, data)
    return buffer.getvalue()


def office(part: str, main_type: str) -> bytes:
    """An Office Open XML package with one part."""
    types = f'<Types><Override PartName="/{part}" ContentType="{main_type}"/></Types>'
    return archive({"[Content_Types].xml": types.encode(), part: b"<x/>", "_rels/.rels": b"<x/>"})


def xlsx() -> bytes:
    """A workbook."""
    return office("xl/workbook.xml", f"{OOXML}.spreadsheetml.sheet.main+xml")


def docx() -> bytes:
    """A document."""
    return office("word/document.xml", f"{OOXML}.wordprocessingml.document.main+xml")


def bomb(megabytes: int = 2) -> bytes:
    """A ZIP whose one member inflates a thousandfold."""
    return archive({"zeros.bin": b"\x00" * megabytes * 1024 * 1024})


def with_declared_size(data: bytes, size: int) -> bytes:
    """The same ZIP, whose directory claims that the first member unpacks to `size` bytes."""
    at = data.rindex(b"PK\x01\x02") + 24
    return data[:at] + struct.pack("<I", size) + data[at + 4 :]


EML = (
    b"Received: from mail.example (mail.example [192.0.2.1])\r\n\tby mx.example; 1 Nov 2026\r\n"
    b"From: Ada <ada@example.com>\r\nTo: Bo <bo@example.com>\r\nSubject: Review\r\n"
    b"Date: Sat, 1 Nov 2026 10:00:00 +0000\r\n\r\nReviewed.\r\n"
)

GOOD: dict[str, tuple[bytes, str]] = {
    "report.pdf": (pdf(), "application/pdf"),
    "screen.png": (png(), "image/png"),
    "photo.jpg": (jpeg(), "image/jpeg"),
    "PHOTO.JPEG": (jpeg(progressive=True), "image/jpeg"),
    "fill bytes.jpg": (JPEG_START + b"\xff\xff" + JPEG_FRAME + JPEG_SCAN + JPEG_END, "image/jpeg"),
    "picture.webp": (webp(), "image/webp"),
    "notes.txt": ("Prüfung\r\nerledigt\n".encode(), "text/plain"),
    "utf16.txt": ("Prüfung\n".encode("utf-16"), "text/plain"),
    "old-tool.csv": ("Name;Größe\r\nA;1\r\n".encode("cp1252"), "text/csv"),
    "table.csv": (b"a,b\n1,2\n", "text/csv"),
    "run.log": (b"\x1b[32mOK\x1b[0m done\n", "text/plain"),
    "policy.json": (
        json.dumps({"kind": "NetworkPolicy", "n": [1, 2.5]}).encode(),
        "application/json",
    ),
    "policy.yaml": (b"---\nkind: NetworkPolicy\nspec: {}\n", "application/yaml"),
    "values.yml": (b"a: &x [1]\nb: *x\n", "application/yaml"),
    "book.xlsx": (xlsx(), f"{OOXML}.spreadsheetml.sheet"),
    "paper.docx": (docx(), f"{OOXML}.wordprocessingml.document"),
    "bundle.zip": (archive({"a.txt": b"a", "b/c.txt": b"c"}), "application/zip"),
    "empty.zip": (archive({}), "application/zip"),
    "mail.eml": (EML, "message/rfc822"),
}

HTML = b"<!DOCTYPE html><html><script>alert(1)</script></html>"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'
EXE = b"MZ\x90\x00\x03\x00\x00\x00\x04\x00\x00\x00\xff\xff\x00\x00"

HOSTILE: dict[str, tuple[str, bytes]] = {
    "HTML with a PDF behind it": ("report.pdf", HTML + pdf()),
    "PDF without an end": ("report.pdf", b"%PDF-1.4\n" + b"a" * 10_000),
    "PDF that is a ZIP too": ("report.pdf", pdf() + archive({"a.class": b"x"})),
    "program as PDF": ("report.pdf", EXE),
    "SVG as PNG": ("picture.png", SVG),
    "PNG with a page behind it": ("picture.png", png() + HTML),
    "PNG that is a ZIP too": ("picture.png", png() + archive({"a.class": b"x"})),
    "JPEG that is a ZIP too": ("photo.jpg", jpeg() + archive({"a.class": b"x"})),
    "JPEG with a page behind it": ("photo.jpg", jpeg() + HTML),
    "JPEG cut off": ("photo.jpg", jpeg()[:-2]),
    "JPEG that only begins": ("photo.jpg", b"\xff\xd8\xff\xe0" + HTML),
    "JPEG of a start and an end": ("photo.jpg", JPEG_START + JPEG_END),
    "JPEG without a frame": ("photo.jpg", JPEG_START + JPEG_SCAN + JPEG_END),
    "JPEG without a scan": ("photo.jpg", JPEG_START + JPEG_FRAME + JPEG_END),
    "JPEG without a width": (
        "photo.jpg",
        JPEG_START
        + JPEG_FRAME.replace(b"\x00\x01\x00\x01", b"\x00\x01\x00\x00")
        + JPEG_SCAN
        + JPEG_END,
    ),
    "JPEG with a segment past its end": (
        "photo.jpg",
        b"\xff\xd8\xff\xe0\xff\xff" + HTML + JPEG_END,
    ),
    "JPEG with text between segments": (
        "photo.jpg",
        JPEG_START + HTML + JPEG_FRAME + JPEG_SCAN + JPEG_END,
    ),
    "JPEG of segments without end": (
        "photo.jpg",
        JPEG_START + b"\xff\xfe\x00\x02" * 100_000 + JPEG_FRAME + JPEG_SCAN + JPEG_END,
    ),
    "PNG without data": ("picture.png", PNG_HEAD + PNG_END),
    "PNG that begins with data": (
        "picture.png",
        PNG_HEAD[:8] + chunk(b"IDAT", b"x") + PNG_HEAD[8:] + PNG_END,
    ),
    "PNG with a second head": (
        "picture.png",
        PNG_HEAD + chunk(b"IDAT", b"x") + PNG_HEAD[8:] + PNG_END,
    ),
    "PNG without an area": (
        "picture.png",
        PNG_HEAD[:8] + chunk(b"IHDR", bytes(13)) + chunk(b"IDAT", b"x") + PNG_END,
    ),
    "PNG with a chunk past its end": (
        "picture.png",
        PNG_HEAD + b"\x7f\xff\xff\xffIDAT" + HTML + PNG_END,
    ),
    "PNG with text between chunks": ("picture.png", PNG_HEAD + HTML + png()[33:]),
    "PNG with a page before its end": ("picture.png", png()[:-12] + HTML + PNG_END),
    "PNG cut off": ("picture.png", png()[:-12]),
    "PNG with two ends": ("picture.png", png() + PNG_END),
    "PNG of chunks without end": (
        "picture.png",
        PNG_HEAD + chunk(b"tEXt", b"") * 100_000 + chunk(b"IDAT", b"x") + PNG_END,
    ),
    "GIF as JPEG": ("photo.jpg", b"GIF89a/*"),
    "WebP of another length": ("picture.webp", webp() + HTML),
    "HTML as text": ("notes.txt", HTML),
    "HTML after a mark and spaces": ("notes.txt", b"\xef\xbb\xbf \r\n\t<ScRiPt >alert(1)</script>"),
    "HTML in UTF-16": ("notes.txt", HTML.decode().encode("utf-16")),
    "SVG as text": ("notes.txt", SVG),
    "XML as YAML": ("values.yaml", b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "b">]>'),
    "comment before HTML as CSV": ("table.csv", b"<!-- --><img src=x onerror=alert(1)>"),
    "program as text": ("run.log", EXE),
    "NUL in a text": ("notes.txt", b"a\x00b"),
    "NUL far behind": ("notes.txt", b"a" * 200_000 + b"\x00"),
    "JSON that does not parse": ("policy.json", b'{"a": 1,}'),
    "JSON with NaN": ("policy.json", b'{"a": NaN}'),
    "JSON nested very deep": ("policy.json", b"[" * 200_000 + b"]" * 200_000),
    "HTML as JSON": ("policy.json", HTML),
    "mail without headers": ("mail.eml", b"Just a text\n\nwith lines\n"),
    "mail without a sender": ("mail.eml", b"Subject: x\nDate: y\n\nbody\n"),
    "HTML as mail": ("mail.eml", HTML),
    "ZIP that is only called so": ("bundle.zip", b"PK\x03\x04 no directory"),
    "ZIP with a program before it": ("bundle.zip", EXE + archive({"a.txt": b"a"})),
    "plain ZIP as workbook": ("book.xlsx", archive({"a.txt": b"a"})),
    "document as workbook": ("book.xlsx", docx()),
    "workbook that lacks its part": (
        "book.xlsx",
        archive({"[Content_Types].xml": f"{OOXML}.spreadsheetml.sheet.main+xml".encode()}),
    ),
    "workbook with macros": (
        "book.xlsx",
        office("xl/workbook.xml", "application/vnd.ms-excel.sheet.macroEnabled.main+xml"),
    ),
    "text as workbook": ("book.xlsx", b"a;b\n"),
    "empty file": ("notes.txt", b""),
    "page": ("page.html", HTML),
    "drawing": ("drawing.svg", SVG),
    "program": ("setup.exe", EXE),
    "no extension": ("Makefile", b"all:\n"),
    "hidden second extension": ("report.pdf.exe", pdf()),
    "extension turned around": ("report\u202efdp.exe", pdf()),
}

NAMES: dict[str, str] = {
    "report.pdf": "report.pdf",
    "../../etc/passwd.txt": "passwd.txt",
    "C:\\Users\\me\\report.pdf": "report.pdf",
    "a\x00b.pdf": "ab.pdf",
    "a\r\nSet-Cookie: x=1.pdf": "aSet-Cookie: x=1.pdf",
    "report\u202efdp.txt": "reportfdp.txt",
    "\u2066a\u2069.pdf": "a.pdf",
    "Pru\u0308fung.pdf": "Prüfung.pdf",
    "  two   spaces .pdf": "two spaces .pdf",
    "日本語.pdf": "日本語.pdf",
    "CON.pdf": "CON.pdf",
    "quote\"and'semi;colon.pdf": "quote\"and'semi;colon.pdf",
    "line\u2028break.pdf": "linebreak.pdf",
    "zero\u200bwidth\ufeff.pdf": "zerowidth.pdf",
}
