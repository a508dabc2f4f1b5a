"""The place in a PDF that a signature is put into afterwards. Used by both sides of the pipe.

The file is written once, with room for the signature (ISO 32000-1, 12.8.1). It is filled without
reading the file as a PDF, and without adding a second revision: whatever is appended later is
somebody else's.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Final

FAR: Final = 9_999_999_999
"""Stands for the three numbers of the byte range until they are known: as wide as any of them."""


class PlaceholderError(Exception):
    """A file has no place for a signature, more than one, or one that is too small."""


def fill(file: bytes, room: int, sign: Callable[[bytes], bytes]) -> bytes:
    """Return the file with what `sign` answers to the SHA-256 of all bytes around the place.

    Raises PlaceholderError unless there is exactly one place of `room` bytes, or when the
    signature is larger than that.
    """
    numbers = f"[ 0 {FAR} {FAR} {FAR} ]".encode()
    mark = b"/ByteRange " + numbers + b" /Contents <" + b"00" * room + b">"
    if file.count(mark) != 1:
        msg = "the file has not exactly one place for a signature"
        raise PlaceholderError(msg)
    at = file.index(mark)
    first, after = at + len(mark) - 2 * room - 2, at + len(mark)
    known = f"[ 0 {first} {after} {len(file) - after} ]".encode().ljust(len(numbers))
    head = file[:at] + b"/ByteRange " + known + b" /Contents "
    digest = hashlib.sha256(head)
    digest.update(memoryview(file)[after:])
    signature = sign(digest.digest())
    if len(signature) > room:
        msg = f"the signature takes {len(signature)} bytes, and there is room for {room}"
        raise PlaceholderError(msg)
    return b"".join(
        (head, b"<", signature.hex().encode().ljust(2 * room, b"0"), b">", file[after:])
    )
