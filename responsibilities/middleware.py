"""Middleware of our own."""

from collections.abc import Callable

from django.conf import settings
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render

from responsibilities.uploads import FORM_ALLOWANCE, LARGEST_READ


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


def limit_uploads(
    get_response: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
    """Answer 413 to a request that is far above the limit, before any of it is read.

    A file that is only somewhat too large gets its answer inside the form, which keeps what
    else was entered (see `uploads`).
    """

    def middleware(request: HttpRequest) -> HttpResponseBase:
        length = request.META.get("CONTENT_LENGTH") or "0"
        most = settings.REXMATRIX_EVIDENCE_MAX_BYTES * LARGEST_READ + FORM_ALLOWANCE
        if length.isdecimal() and int(length) > most:
            limit = settings.REXMATRIX_EVIDENCE_MAX_BYTES
            return render(request, "413.html", {"limit": limit}, status=413)
        return get_response(request)

    return middleware


def refuse_nul(
    get_response: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
    """Answer 400 to an address with the NUL character: PostgreSQL has no text with it."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        if "\x00" in request.path_info or "%00" in request.META.get("QUERY_STRING", ""):
            msg = "The address holds a NUL character."
            raise BadRequest(msg)
        return get_response(request)

    return middleware
