"""What a service raises when it refuses. Messages are for people."""

from __future__ import annotations

from responsibilities.permissions import NotAllowedError

__all__ = ["ConflictError", "InvalidError", "NotAllowedError"]


class InvalidError(Exception):
    """The input cannot be taken. `field` names where the message belongs, if anywhere."""

    def __init__(self, message: str, *, field: str = "") -> None:
        """Take the message for the person and the name of the form's field."""
        super().__init__(message)
        self.message = message
        self.field = field


class ConflictError(Exception):
    """Somebody changed the record since the actor saw it. Nothing was written."""
