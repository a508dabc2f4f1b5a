"""What tests ask of responses."""

from typing import Protocol

from django.core.signals import request_finished
from django.db import close_old_connections
from django.http import HttpResponseBase


class Answer(Protocol):
    """A whole answer, as Django's test client gives it."""

    status_code: int
    content: bytes


def let_go(response: HttpResponseBase) -> None:
    """Close a response without closing the test's connection, as Django's test client does.

    A closed response ends its request, and the end of a request closes a connection that is in a
    transaction; on PostgreSQL the rest of the test would have none.
    """
    request_finished.disconnect(close_old_connections)
    try:
        response.close()
    finally:
        request_finished.connect(close_old_connections)
