"""The offline verifier, as it is handed out."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from typing import Final

FILE_NAME: Final = "verify_rexmatrix.py"
PATH: Final = Path(__file__).resolve().parents[1] / "verifier" / FILE_NAME


@cache
def source() -> bytes:
    """Return the bytes of the verifier."""
    return PATH.read_bytes()


@cache
def sha256() -> str:
    """Return the SHA-256 of the verifier as 64 hex digits."""
    return hashlib.sha256(source()).hexdigest()
