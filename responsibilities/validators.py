"""Checks of what people hand in: names, days, links, and what a file really is.

A file is taken only if its extension is on the list and its content is what the extension says.
Nothing is unpacked, rendered or executed, and every read has a limit, so that a hostile file
costs no more than a harmless one. Each function raises ValidationError with words for people.
"""

from __future__ import annotations

import codecs
import datetime as dt
import json
import re
import struct
import unicodedata
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import BinaryIO
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.utils.translation import gettext as _

from responsibilities.images import is_jpeg, is_png, is_webp

FILE_NAME_BYTES = 255
LINK_LENGTH = 2000
CHUNK = 64 * 1024

FIRST_DAY, LAST_DAY = dt.date(1900, 1, 1), dt.date(2200, 12, 31)

_HEAD = 1024
_EML_HEAD = 64 * 1024
_JSON_PARSED = 1024 * 1024
_ZIP_DIRECTORY = 1024 * 1024
_ZIP_UNPACKED = 1024**3
_PDF_TAIL = 4096

# Controls, halves of surrogates, what has no agreed look, and format characters: among these
# are the marks that reorder text and those without a width (Unicode TR 36, 3.1 and 3.8).
_HIDDEN = frozenset({"Cc", "Cf", "Co", "Cs", "Zl", "Zp"})
# These choose among the looks of the symbol or the Han character before them.
_VARIANTS = frozenset(map(chr, [*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0)]))
# Letters, marks and symbols of Unicode that are blank all the same.
_BLANK = _VARIANTS | frozenset(
    "\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2800\u3164\uffa0"
)
# These two decide how letters of some scripts join (Unicode TR 31, 2.3).
_JOINERS = frozenset("\u200c\u200d")
_JOINED = frozenset(
    {"ARABIC", "SYRIAC", "DEVANAGARI", "BENGALI", "GURMUKHI", "GUJARATI", "ORIYA", "TAMIL"}
    | {"TELUGU", "KANNADA", "MALAYALAM", "SINHALA"}
)
# Control characters that text files really have: tab, line ends, form feed, escape (in logs).
_NOT_TEXT = re.compile("[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f\x7f\x80-\x9f]")
# What a browser would take for a page (WHATWG MIME Sniffing, 7.1), for SVG or for a PDF.
_MARKUP = re.compile(
    r"%PDF-|<(?:!doctype|!--|\?xml|\?php|(?:html|head|body|script|iframe|svg|style|title|table|font|"
    r"div|h1|img|form|br|p|a|b)(?=[\s/>]|\Z))",
    re.IGNORECASE,
)
_EML_LINE = re.compile(r"(?P<name>[!-9;-~]+)[ \t]*:|[ \t]")
_EML_NAMES = frozenset({"from", "received", "return-path", "delivered-to", "sender"})
_EML_MORE = frozenset({"date", "message-id", "subject", "mime-version", "to"})


@dataclass(frozen=True, slots=True)
class FileType:
    """What an extension stands for: its media type, a name for people, and the check."""

    media_type: str
    label: str
    check: Callable[[BinaryIO, int], bool]


def clean_name(text: str) -> str:
    """Return a name or title as it is kept: NFC, on one line, single spaces.

    Names stand in statements that people sign and in files that auditors read, so nothing in
    them may be invisible or change the order of what is read. Raises ValidationError for such a
    character, and for marks with no letter to stand on. An empty text stays empty.
    """
    name = " ".join(unicodedata.normalize("NFC", text).split())
    refuse_hidden(name)
    if name and not any(unicodedata.category(char)[0] in "LNPS" for char in name):
        raise ValidationError(_("Nothing of this can be seen. Write a letter or a digit at least."))
    return name


def refuse_hidden(text: str) -> None:
    """Raise ValidationError if something in a line cannot be seen or changes its order."""
    for place, char in enumerate(text):
        if _is_hidden(char) and not _has_sense(text, place):
            message = _(
                "Character %(place)s (%(code)s) cannot be seen, or changes the order of what is "
                "read. Type the text again instead of pasting it."
            )
            raise ValidationError(message % {"place": place + 1, "code": f"U+{ord(char):04X}"})


def _is_hidden(char: str) -> bool:
    return char in _BLANK or unicodedata.category(char) in _HIDDEN


def _has_sense(text: str, place: int) -> bool:
    """Whether a joiner stands between letters of one script that needs it, or a variant fits."""
    before, after = text[place - 1 : place], text[place + 1 : place + 2]
    if text[place] in _VARIANTS and before:
        return unicodedata.category(before) == "So" or _script(before) == "CJK"
    return text[place] in _JOINERS and _script(before) == _script(after) in _JOINED


def _script(char: str) -> str:
    return unicodedata.name(char, "").split(" ")[0] if char else ""


def check_day(day: dt.date) -> None:
    """Refuse a day before 1900 or after 2200.

    The ends of the calendar have no day before or after them, and none in another time zone.
    """
    if not FIRST_DAY <= day <= LAST_DAY:
        message = _("Give a day between the years %(first)s and %(last)s.")
        raise ValidationError(message % {"first": FIRST_DAY.year, "last": LAST_DAY.year})


def clean_file_name(name: str) -> str:
    """Return `name` as it is kept: NFC, the last part of a path, nothing invisible, ≤ 255 bytes.

    Control characters, line breaks and whatever else `clean_name` refuses are taken out;
    a name that is too long loses the end of its stem and keeps its extension. Raises
    ValidationError if nothing is left.
    """
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", name))[-1]
    visible = "".join(char for char in last if not _is_hidden(char))
    stem, dot, extension = " ".join(visible.split()).strip(" .").rpartition(".")
    if not dot:
        stem, extension = extension, ""
    if not stem:
        raise ValidationError(_("The file has no name. Give it one and try again."))
    tail = f"{dot}{extension}".encode()[:64]
    kept = stem.encode()[: FILE_NAME_BYTES - len(tail)]
    return (kept + tail).decode(errors="ignore")


def clean_link(address: str) -> str:
    """Return a link as it is kept. Only http and https, no password, nothing that hides."""
    address = address.strip()
    refuse_hidden(address)
    if len(address) > LINK_LENGTH:
        message = _("The address is too long: at most %(limit)s characters.")
        raise ValidationError(message % {"limit": LINK_LENGTH})
    URLValidator(
        schemes=["http", "https"], message=_("Enter a full address, such as https://example.com/.")
    )(address)
    parts = urlsplit(address)
    if parts.username is not None or parts.password is not None:
        raise ValidationError(
            _("The address carries a user name or password. Take it out: every member sees it.")
        )
    return address


def file_type(file_name: str) -> FileType:
    """Return the type that the extension of a clean file name stands for."""
    extension = file_name.rpartition(".")[2].lower() if "." in file_name else ""
    if extension not in FILE_TYPES:
        raise ValidationError(
            _("Files of this kind are not taken. Taken are: %(kinds)s.") % {"kinds": kinds_taken()}
        )
    return FILE_TYPES[extension]


def check_content(file_name: str, file: BinaryIO, size: int) -> str:
    """Check that `file` is what its name says, and return its media type.

    `file` has to be seekable; it is left at its start. Raises ValidationError for an extension
    that is not on the list, an empty file, and content that does not fit.
    """
    kind = file_type(file_name)
    if size == 0:
        raise ValidationError(_("The file is empty."))
    fits = kind.check(file, size) and (kind.check in _ZIPPED or not _ends_as_zip(file, size))
    file.seek(0)
    if not fits:
        raise ValidationError(
            _(
                "“%(name)s” is not what its name says: its content is not %(kind)s. "
                "Save it in the format that its extension stands for, and try again."
            )
            % {"name": file_name, "kind": kind.label}
        )
    return kind.media_type


def _read(file: BinaryIO, start: int, length: int) -> bytes:
    file.seek(max(0, start))
    return file.read(length)


def _is_pdf(file: BinaryIO, size: int) -> bool:
    """Header at the very first byte: what stands before it could be a page for a browser."""
    tail = _read(file, max(0, size - _PDF_TAIL), _PDF_TAIL)
    return _read(file, 0, 5) == b"%PDF-" and b"%%EOF" in tail


def _ends_as_zip(file: BinaryIO, size: int) -> bool:
    """Whether a ZIP directory ends the file: then it is two things at once."""
    return _zip_end(file, size) is not None


def _zip_end(file: BinaryIO, size: int) -> tuple[int, int, int] | None:
    """Find the end-of-directory record; return its place, and the directory's size and start."""
    start = max(0, size - 22 - 0xFFFF)
    tail = _read(file, start, size - start)
    at = tail.rfind(b"PK\x05\x06")
    while at >= 0:
        if len(tail) >= at + 22:
            length, offset, comment = struct.unpack("<IIH", tail[at + 12 : at + 22])
            if at + 22 + comment == len(tail):
                return start + at, length, offset
        at = tail.rfind(b"PK\x05\x06", 0, at)
    return None


def _members(file: BinaryIO, size: int) -> dict[str, zipfile.ZipInfo] | None:
    """Return what the directory of a ZIP lists, or None if this is no sound ZIP.

    The directory has to be small and to stand right before its end record, so that reading it
    has a limit and nothing is hidden between. Zip64 is for archives far above our limit.
    """
    end = _zip_end(file, size)
    if end is None or _read(file, 0, 2) != b"PK":
        return None
    place, length, offset = end
    if length > _ZIP_DIRECTORY or offset + length != place:
        return None
    if _read(file, place - 20, 4) == b"PK\x06\x07":  # would name another directory, of any size
        return None
    file.seek(0)
    try:
        with zipfile.ZipFile(file) as archive:
            members = {member.filename: member for member in archive.infolist()}
    except (zipfile.BadZipFile, ValueError, NotImplementedError, struct.error):
        return None
    if sum(member.file_size for member in members.values()) > _ZIP_UNPACKED:
        raise ValidationError(
            _("The archive says that it unpacks to more than 1 GB. Take out what nobody reads.")
        )
    return members


def _is_zip(file: BinaryIO, size: int) -> bool:
    return _members(file, size) is not None


def _is_office(main_part: str, main_type: bytes) -> Callable[[BinaryIO, int], bool]:
    """Return the check for an Office Open XML package (ECMA-376, part 2).

    The package has to declare its main part; of its content only the list of content types is
    read, and of that only so much.
    """

    def check(file: BinaryIO, size: int) -> bool:
        members = _members(file, size)
        if members is None or main_part not in members:
            return False
        types = members.get("[Content_Types].xml")
        if types is None or types.flag_bits & 1 or types.file_size > _ZIP_DIRECTORY:
            return False
        if types.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
            return False
        file.seek(0)
        try:
            with zipfile.ZipFile(file) as archive, archive.open(types) as part:
                return main_type in part.read(_ZIP_DIRECTORY)
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError):
            return False

    return check


def _decoded(file: BinaryIO, encoding: str) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder(encoding)()
    file.seek(0)
    while chunk := file.read(CHUNK):
        yield decoder.decode(chunk)
    yield decoder.decode(b"", final=True)


def _encodings(file: BinaryIO) -> tuple[str, ...]:
    """UTF-16 only with its mark; windows-1252 as the last resort, for exports of old tools."""
    if _read(file, 0, 2) in {codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE}:
        return ("utf-16",)
    return ("utf-8-sig", "cp1252")


def _text_head(file: BinaryIO) -> str | None:
    """Return the first part of a text, or None if any of the file is not text or it is markup."""
    for encoding in _encodings(file):
        try:
            head = ""
            for part in _decoded(file, encoding):
                if _NOT_TEXT.search(part):
                    return None
                if len(head) < _EML_HEAD:
                    head += part
        except UnicodeDecodeError:
            continue
        return None if _MARKUP.match(head.lstrip()[:_HEAD]) else head
    return None


def _is_text(file: BinaryIO, _size: int) -> bool:
    return _text_head(file) is not None


def _is_json(file: BinaryIO, size: int) -> bool:
    """RFC 8259. Up to 1 MiB it has to parse; above, only its two ends are looked at.

    Parsing more would cost many times the memory of the file.
    """
    if _text_head(file) is None:
        return False
    encoding = _encodings(file)[0]
    if size > _JSON_PARSED:
        ends = _read(file, 0, 64).strip()[:1] + _read(file, size - 64, 64).strip()[-1:]
        return encoding == "utf-16" or ends in {b"{}", b"[]"}
    try:
        text = "".join(_decoded(file, encoding))
        json.loads(text, parse_int=str, parse_float=str, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        return False
    return True


def _refuse_constant(name: str) -> None:
    raise ValueError(name)  # NaN and Infinity are no JSON


def _is_eml(file: BinaryIO, _size: int) -> bool:
    """Header fields first (RFC 5322, 2.2), among them a sender and one more that mail has."""
    head = _text_head(file)
    if head is None:
        return False
    names = set()
    for line in head[:_EML_HEAD].splitlines():
        if not line:
            break
        field = _EML_LINE.match(line)
        if field is None:
            return False
        names.add((field["name"] or "").lower())
    return bool(names & _EML_NAMES) and bool(names & _EML_MORE)


_OOXML = "application/vnd.openxmlformats-officedocument"
_is_xlsx = _is_office("xl/workbook.xml", f"{_OOXML}.spreadsheetml.sheet.main+xml".encode())
_is_docx = _is_office("word/document.xml", f"{_OOXML}.wordprocessingml.document.main+xml".encode())
_ZIPPED = frozenset({_is_zip, _is_xlsx, _is_docx})
_YAML = FileType("application/yaml", "YAML", _is_text)  # never parsed: aliases can explode
_JPEG = FileType("image/jpeg", "JPEG", is_jpeg)

FILE_TYPES = {
    "pdf": FileType("application/pdf", "PDF", _is_pdf),
    "png": FileType("image/png", "PNG", is_png),
    "jpg": _JPEG,
    "jpeg": _JPEG,
    "webp": FileType("image/webp", "WebP", is_webp),
    "txt": FileType("text/plain", "TXT", _is_text),
    "log": FileType("text/plain", "LOG", _is_text),
    "csv": FileType("text/csv", "CSV", _is_text),
    "json": FileType("application/json", "JSON", _is_json),
    "yaml": _YAML,
    "yml": _YAML,
    "xlsx": FileType(f"{_OOXML}.spreadsheetml.sheet", "XLSX", _is_xlsx),
    "docx": FileType(f"{_OOXML}.wordprocessingml.document", "DOCX", _is_docx),
    "zip": FileType("application/zip", "ZIP", _is_zip),
    "eml": FileType("message/rfc822", "EML", _is_eml),
}


def kinds_taken() -> str:
    """Return the kinds of files that are taken, each once, for people."""
    return ", ".join(dict.fromkeys(kind.label for kind in FILE_TYPES.values()))


IMAGES = frozenset({"image/png", "image/jpeg", "image/webp"})
SHOWN_INLINE = IMAGES | {"application/pdf"}
"""What a browser may show in a tab of its own, under a policy that forbids everything else.

Chromium 156 shows a PDF under ``Content-Security-Policy: sandbox`` (measured); a browser that
does not still has the download.
"""
