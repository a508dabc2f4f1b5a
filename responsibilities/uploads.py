"""Takes uploads in: streamed to a temporary file, never whole in memory, never above the limit."""

from __future__ import annotations

from typing import override

from django.conf import settings
from django.core.files.uploadedfile import TemporaryUploadedFile, UploadedFile
from django.core.files.uploadhandler import TemporaryFileUploadHandler
from django.http import HttpRequest
from django.urls import reverse

FORM_ALLOWANCE = 1024 * 1024
"""What the other fields of a form may add to a file."""

LARGEST_READ = 8
"""How many times the limit is read on and dropped, so that the form comes back as it was."""

LARGEST_READ_OF_VISITORS = 2
"""The same where anybody may send a file."""


def limit_of(request: HttpRequest) -> int:
    """Return how many bytes a file may have that is sent to this address."""
    if _is_for_visitors(request):
        return int(settings.REXMATRIX_VERIFY_MAX_BYTES)
    return int(settings.REXMATRIX_EVIDENCE_MAX_BYTES)


def most_read(request: HttpRequest) -> int:
    """Return how many bytes a whole request may have before it is refused unread."""
    times = LARGEST_READ_OF_VISITORS if _is_for_visitors(request) else LARGEST_READ
    return limit_of(request) * times + FORM_ALLOWANCE


def discard(request: HttpRequest) -> None:
    """Remove what an upload that broke off has left, now and not when memory is cleared."""
    for handler in request.upload_handlers:
        handler.upload_interrupted()


def _is_for_visitors(request: HttpRequest) -> bool:
    return request.path_info == reverse("verify")


class LimitedUploadHandler(TemporaryFileUploadHandler):
    """Writes an upload to a temporary file up to the limit, and drops what comes after.

    The file then tells its true size, so that the form can refuse it in words and keep what
    else was entered. The name of the temporary file has no part of the person's own.
    """

    file: TemporaryUploadedFile

    @override
    def new_file(
        self,
        field_name: str,
        file_name: str,
        content_type: str,
        content_length: int | None,
        charset: str | None = None,
        content_type_extra: dict[str, bytes] | None = None,
    ) -> None:
        """Open the temporary file."""
        super(TemporaryFileUploadHandler, self).new_file(
            field_name, file_name, content_type, content_length, charset, content_type_extra
        )
        self.file = TemporaryUploadedFile("upload", content_type, 0, charset)
        self.file.name = file_name
        self.limit = limit_of(self.request) if self.request else 0

    @override
    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        """Write the chunk, unless the file is above the limit with it."""
        if start + len(raw_data) <= self.limit:
            self.file.write(raw_data)

    @override
    def file_complete(self, file_size: int) -> UploadedFile[bytes]:
        """Return the file with the size that was sent."""
        self.file.seek(0)
        self.file.size = file_size
        return self.file
