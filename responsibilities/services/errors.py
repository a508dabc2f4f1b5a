"""What a service raises when it refuses. Messages are for people."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.core.exceptions import ValidationError

from responsibilities.permissions import NotAllowedError

__all__ = ["ConflictError", "InvalidError", "NotAllowedError", "refusing"]


class InvalidError(Exception):
    """The input cannot be taken. `field` names where the message belongs, if anywhere."""

    def __init__(self, message: str, *, field: str = "") -> None:
        """Take the message for the person and the name of the form's field."""
        super().__init__(message)
        self.message = message
        self.field = field


@contextmanager
def refusing(field: str) -> Iterator[None]:
    """Turn what a validator refuses in the block into an InvalidError at `field`."""
    try:
        yield
    except ValidationError as refusal:
        raise InvalidError(refusal.messages[0], field=field) from refusal


class ConflictError(Exception):
    """Somebody changed the record since the actor saw it. Nothing was written."""
