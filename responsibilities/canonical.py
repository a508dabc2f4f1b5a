"""Canonical JSON: the one byte form of every record that is hashed.

Follows the subset of RFC 8785 (JSON Canonicalization Scheme) that the design allows: strings,
integers below 2**53, booleans, null, arrays and objects with ASCII keys. Strings are brought to
Unicode NFC first. For this subset the result equals ``json.dumps`` with sorted keys and no
white space, so a verifier needs no JCS library.
"""

from __future__ import annotations

import hashlib
import json
import unicodedata
from collections.abc import Mapping, Sequence

type Json = str | int | bool | Sequence[Json] | Mapping[str, Json] | None

_LARGEST_INTEGER = 2**53 - 1


def _normal(value: object) -> object:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return unicodedata.normalize("NFC", value)
    if isinstance(value, int):
        if abs(value) > _LARGEST_INTEGER:
            msg = f"integer {value} is outside the safe range of RFC 8785"
            raise ValueError(msg)
        return value
    if isinstance(value, Mapping):
        for key in value:
            if not isinstance(key, str) or not key.isascii():
                msg = f"object key {key!r} is not an ASCII string"
                raise ValueError(msg)
        return {key: _normal(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_normal(item) for item in value]
    msg = f"{type(value).__name__} has no canonical form"
    raise ValueError(msg)


def dumps(value: Json) -> bytes:
    """Return the canonical UTF-8 bytes of `value`.

    Raises ValueError for floats, large integers, non-ASCII keys and any other type.
    """
    return json.dumps(
        _normal(value), sort_keys=True, separators=(",", ":"), ensure_ascii=False
    ).encode()


def sha256_hex(value: Json) -> str:
    """Return the SHA-256 of the canonical bytes of `value` as 64 hex digits."""
    return hashlib.sha256(dumps(value)).hexdigest()


def loads(data: str | bytes) -> Json:
    """Return the value of JSON text that `dumps` made.

    Raises ValueError if `data` is not JSON.
    """
    value: Json = json.loads(data)
    return value
