"""The place of a signature in bytes that nobody parses."""

from __future__ import annotations

import hashlib

import pytest

from responsibilities.exchange.pdf.placeholder import FAR, PlaceholderError, fill

ROOM = 8
PLACE = f"/ByteRange [ 0 {FAR} {FAR} {FAR} ] /Contents <{'00' * ROOM}>".encode()
FILE = b"before " + PLACE + b" after"


def test_the_digest_is_of_all_bytes_but_the_place_itself() -> None:
    given: list[bytes] = []

    def sign(digest: bytes) -> bytes:
        given.append(digest)
        return b"\xab\xcd"

    filled = fill(FILE, ROOM, sign)
    assert len(filled) == len(FILE)
    numbers = filled[filled.index(b"[") + 1 : filled.index(b"]")].split()
    start, first, after, rest = (int(number) for number in numbers)
    assert start == 0
    assert after + rest == len(filled)
    assert filled[first:after] == b"<abcd" + b"00" * (ROOM - 2) + b">"
    assert given == [hashlib.sha256(filled[:first] + filled[after:]).digest()]


@pytest.mark.parametrize("file", [b"", b"no place", FILE + FILE, FILE.replace(b"00>", b"01>")])
def test_a_file_without_exactly_one_place_is_not_signed(file: bytes) -> None:
    def sign(_digest: bytes) -> bytes:
        pytest.fail("nothing must be signed")

    with pytest.raises(PlaceholderError, match="exactly one place"):
        fill(file, ROOM, sign)


def test_a_signature_must_fit() -> None:
    with pytest.raises(PlaceholderError, match="takes 9 bytes, and there is room for 8"):
        fill(FILE, ROOM, lambda _digest: bytes(9))
