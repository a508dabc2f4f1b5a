"""Middleware of our own."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase


def no_store(
    get_response: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
    """Forbid caches to keep a page, unless its view has said something itself (RFC 9111 §5.2.2).

    Static files never reach this: WhiteNoise answers them before.
    """

    def middleware(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        response.headers.setdefault("Cache-Control", "private, no-store")
        return response

    return middleware
