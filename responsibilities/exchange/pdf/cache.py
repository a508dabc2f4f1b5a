"""Rendered parts on disk, found by what they were made from.

A part is stored under the SHA-256 of everything that decides its bytes, so that an entry is never
wrong, only superfluous. Several processes may use one folder: an entry appears whole or not at
all, and one that vanishes is rendered again.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Final

from responsibilities.exchange.pdf.jobs import Rendered, RenderJob

_DIGEST_BYTES: Final = 32
_UNFINISHED: Final = "new-"
_HOUR: Final = 3600


def key_of(job: RenderJob, versions: str) -> str:
    """Return the name of the entry for a part rendered by an engine of these versions."""
    hasher = hashlib.sha256()
    for text in (versions, job.key, str(job.tagged), job.sheet, job.html):
        data = text.encode()
        hasher.update(len(data).to_bytes(8) + data)
    return hasher.hexdigest()


class PartCache:
    """A folder of rendered parts that does not grow beyond `limit` bytes."""

    def __init__(self, folder: Path, limit: int) -> None:
        """Use this folder; it is made when the first part is stored."""
        self.folder = folder
        self.limit = limit

    def get(self, key: str) -> Rendered | None:
        """Return a part, or None where there is none or its bytes are damaged."""
        path = self.folder / key
        try:
            stored = path.read_bytes()
            os.utime(path)
        except FileNotFoundError:
            return None
        check, data = stored[:_DIGEST_BYTES], stored[_DIGEST_BYTES:]
        if hashlib.sha256(data).digest() != check:
            return None
        return Rendered.unpack(data)

    def put(self, key: str, part: Rendered) -> None:
        """Store a part, then drop those that were not used for longest."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        data = part.pack()
        handle, name = tempfile.mkstemp(dir=self.folder, prefix=_UNFINISHED)
        with os.fdopen(handle, "wb") as file:
            file.write(hashlib.sha256(data).digest() + data)
        Path(name).replace(self.folder / key)
        self._shrink()

    def _shrink(self) -> None:
        entries = []
        for path in self.folder.iterdir():
            with suppress(FileNotFoundError):  # another process was quicker
                status = path.stat()
                if path.name.startswith(_UNFINISHED) and status.st_mtime > time.time() - _HOUR:
                    continue  # another process is writing it
                entries.append((status.st_mtime_ns, status.st_size, path))
        total = sum(size for _, size, _ in entries)
        for _, size, path in sorted(entries):
            if total <= self.limit:
                break
            path.unlink(missing_ok=True)
            total -= size
