"""Says whether a file is a whole image of its kind, by its structure. Nothing is decoded.

Each check takes a seekable file and its size. Reads have a limit: a walk ends after so many
parts, and no part is read but its head.
"""

from __future__ import annotations

from typing import BinaryIO

_PNG = b"\x89PNG\r\n\x1a\n"
_PNG_CHUNKS = 65_536
_JPEG_SEGMENTS = 2_000
_SOS = 0xDA
# Start of frame, in each way to code one (ITU T.81, table B.1).
_SOF = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
# Markers without a length: they cannot stand where segments are listed.
_ALONE = frozenset({0x00, 0x01, *range(0xD0, 0xDA)})


def is_png(file: BinaryIO, size: int) -> bool:
    """Walk the chunks: IHDR first, data, IEND last, nothing after it (PNG, 5.2 to 5.6)."""
    file.seek(0)
    if file.read(8) != _PNG:
        return False
    place, has_data = 8, False
    for number in range(_PNG_CHUNKS):
        head = file.read(8)
        length, name = int.from_bytes(head[:4]), head[4:]
        following = place + 12 + length
        if len(head) < 8 or following > size or not name.isalpha():
            return False
        if (name == b"IHDR") != (number == 0):
            return False
        if number == 0 and (length != 13 or not _has_area(file.read(8))):
            return False
        if name == b"IEND":
            return length == 0 and has_data and following == size
        has_data = has_data or (name == b"IDAT" and length > 0)
        place = file.seek(following)
    return False


def _has_area(sizes: bytes) -> bool:
    return bool(int.from_bytes(sizes[:4]) and int.from_bytes(sizes[4:]))


def is_jpeg(file: BinaryIO, size: int) -> bool:
    """Walk the segments over the frame to the first scan; the last marker ends the file.

    ITU T.81, B.1.1 and B.2. The data of the scans is not looked at.
    """
    file.seek(0)
    if size < 4 or file.read(2) != b"\xff\xd8":
        return False
    has_frame = False
    for _ in range(_JPEG_SEGMENTS):
        marker = _marker(file)
        length = int.from_bytes(file.read(2))
        start = file.tell()
        if marker is None or marker in _ALONE or length < 2 or start + length - 2 > size - 2:
            return False
        if marker in _SOF:
            has_frame = _is_frame(file.read(6), length)
            if not has_frame:
                return False
        if marker == _SOS:
            file.seek(size - 2)
            return has_frame and file.read(2) == b"\xff\xd9"
        file.seek(start + length - 2)
    return False


def _marker(file: BinaryIO) -> int | None:
    """Return the marker that comes next. A few fill bytes may stand before it (B.1.1.2)."""
    if file.read(1) != b"\xff":
        return None
    for _ in range(16):
        byte = file.read(1)
        if byte != b"\xff":
            return byte[0] if byte else None
    return None


def _is_frame(head: bytes, length: int) -> bool:
    """Whether a frame header has a width, and the length that its components need (B.2.2)."""
    if len(head) < 6:
        return False
    return bool(int.from_bytes(head[3:5])) and length == 8 + 3 * head[5] > 8


def is_webp(file: BinaryIO, size: int) -> bool:
    """RIFF whose length is that of the file (RFC 9649, 2.4)."""
    file.seek(0)
    head = file.read(16)
    if len(head) < 16 or head[:4] != b"RIFF" or head[8:15] != b"WEBPVP8":
        return False
    length = int.from_bytes(head[4:8], "little") + 8
    return length <= size <= length + 1
