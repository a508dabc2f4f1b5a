"""The offline verifier, as it is handed out."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib import resources
from typing import Final

FILE_NAME: Final = "verify_rexmatrix.py"


@cache
def source() -> bytes:
    """Return the bytes of the verifier."""
    return resources.files("responsibilities.verifier").joinpath(FILE_NAME).read_bytes()


@cache
def sha256() -> str:
    """Return the SHA-256 of the verifier as 64 hex digits."""
    return hashlib.sha256(source()).hexdigest()
