"""Puts files into the storage: checked first, hashed on the way, read back before they count."""

from __future__ import annotations

import hashlib
import io
import logging
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, BinaryIO, cast, override

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.base import File
from django.core.files.storage import default_storage
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _

from responsibilities.services.errors import InvalidError
from responsibilities.validators import CHUNK, check_content, clean_file_name

FOLDER = "evidence"


logger = logging.getLogger(__name__)


class StorageError(InvalidError):
    """The storage failed, or does not hold what was written to it. Nothing was recorded."""

    def __init__(self) -> None:
        """Say it in words; the operator finds the cause in the log."""
        super().__init__(
            _(
                "The file could not be stored. Nothing was saved. Try again; "
                "if it goes on, tell the operator."
            ),
            field="file",
        )


@dataclass(frozen=True, slots=True)
class Stored:
    """A file in the storage: where it is, what it was called, and what its bytes are."""

    name: str
    file_name: str
    sha256: str
    size: int
    media_type: str


@dataclass(frozen=True, slots=True)
class Checked:
    """A file that may be stored: its name as it is kept, and its media type."""

    file_name: str
    media_type: str


class _Hashing(File[bytes]):
    """A file that hashes what is read from it, each byte once, also if it is read again.

    A storage may read a file in any order it likes (S3 reads parts twice to sign them). What
    it reads out of order is not hashed; the digest then differs from that of the bytes read
    back, and the file is refused.
    """

    def __init__(self, file: IO[bytes], limit: int) -> None:
        super().__init__(file, name="")
        self.hash = hashlib.sha256()
        self.hashed = 0
        self.limit = limit

    @override
    def chunks(self, chunk_size: int | None = None) -> Iterator[bytes]:
        """Yield the file from its start."""
        self.seek(0)
        while chunk := self.read(chunk_size or CHUNK):
            yield chunk

    def read(self, size: int = -1) -> bytes:
        """Read on, and hash what has not been hashed yet. Raises InvalidError above the limit."""
        source = cast("IO[bytes]", self.file)
        at = source.tell()
        data = source.read(size)
        if at <= self.hashed < at + len(data):
            self.hash.update(data[self.hashed - at :])
            self.hashed = at + len(data)
        if self.hashed > self.limit:
            raise InvalidError(_too_large(self.hashed), field="file")
        return data


@contextmanager
def stored(file: File[bytes], file_name: str) -> Iterator[Stored]:
    """Store `file` under a random name for as long as the block succeeds.

    If the block raises, the stored file is removed again, so that no bytes stay without a
    record. Raises InvalidError for a file that is refused, StorageError if the storage gives
    back other bytes than it was given.
    """
    kept = check(file, file_name)
    reader = _Hashing(cast("IO[bytes]", file.file), settings.REXMATRIX_EVIDENCE_MAX_BYTES)
    name = f"{FOLDER}/{uuid.uuid4().hex}"
    try:
        yield _write(name, reader, kept)
    except BaseException:
        _remove(name)
        raise


def _write(name: str, reader: _Hashing, kept: Checked) -> Stored:
    try:
        default_storage.save(name, reader)
        held = _read_back(name)
    except InvalidError:
        raise
    except Exception as failure:  # every kind of storage has errors of its own
        logger.exception("storing %s failed", name)
        raise StorageError from failure
    if held != (reader.hash.hexdigest(), reader.hashed):
        logger.error(
            "%s was written with %d bytes and reads back as %d", name, reader.hashed, held[1]
        )
        raise StorageError
    return Stored(name, kept.file_name, *held, kept.media_type)


def _remove(name: str) -> None:
    """Remove a file that no record names. What went wrong before matters more than this."""
    try:
        default_storage.delete(name)
    except Exception:
        logger.exception("%s stays in the storage without a record", name)


def check(file: File[bytes], file_name: str) -> Checked:
    """Check size, name and content of a file. Raises InvalidError with the field ``file``."""
    if file.size > settings.REXMATRIX_EVIDENCE_MAX_BYTES:
        raise InvalidError(_too_large(file.size), field="file")
    try:
        kept = clean_file_name(file_name)
        source = cast("BinaryIO", file.file)
        return Checked(kept, check_content(kept, source, _size(source)))
    except ValidationError as refusal:
        raise InvalidError(refusal.messages[0], field="file") from refusal


def digest_of(file: File[bytes]) -> str:
    """Return the SHA-256 of a file, read in chunks; it is left at its start."""
    file.seek(0)
    hashed = hashlib.sha256()
    while chunk := file.read(CHUNK):
        hashed.update(chunk)
    file.seek(0)
    return hashed.hexdigest()


def _size(file: BinaryIO) -> int:
    """Count the bytes that are really there."""
    return file.seek(0, io.SEEK_END)


def _read_back(name: str) -> tuple[str, int]:
    """Return digest and size of what the storage now holds."""
    hashed, size = hashlib.sha256(), 0
    with default_storage.open(name) as file:
        while chunk := file.read(CHUNK):
            hashed.update(chunk)
            size += len(chunk)
    return hashed.hexdigest(), size


def _too_large(size: int) -> str:
    return _("The file is too large: %(size)s. At most %(limit)s are taken.") % {
        "size": filesizeformat(size),
        "limit": filesizeformat(settings.REXMATRIX_EVIDENCE_MAX_BYTES),
    }
