"""Middleware of our own."""

from collections.abc import Callable

from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponseBase, QueryDict, UnreadablePostError
from django.shortcuts import render

from responsibilities.uploads import discard, limit_of, most_read

NUL = "\x00"


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
        if length.isdecimal() and int(length) > most_read(request):
            return render(request, "413.html", {"limit": limit_of(request)}, status=413)
        return get_response(request)

    return middleware


class RefuseNul:
    """Answer 400 to a request with the NUL character: PostgreSQL has no text with it.

    The address and the cookies are looked at first, before anything reads them; the fields of a
    form when its view is known, so that the body is read once, and only where a view takes it.
    What a file holds is not looked at.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        """Take what answers the request."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Refuse an address or a cookie with NUL. A quoted cookie may have it as ``\\000``."""
        texts = (request.path_info, *request.COOKIES.values())
        if any(NUL in text for text in texts) or _has_nul(request.GET):
            return _refusal(request)
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, _view: object, _args: object, _kwargs: object
    ) -> HttpResponseBase | None:
        """Refuse a form with NUL. Raises BadRequest if the form breaks off."""
        if request.method != "POST":
            return None
        try:
            found = _has_nul(request.POST)
        except UnreadablePostError as broken:
            discard(request)
            msg = "The form did not arrive whole."
            raise BadRequest(msg) from broken
        return _refusal(request) if found else None


def _has_nul(fields: QueryDict) -> bool:
    return any(NUL in text for name, values in fields.lists() for text in (name, *values))


def _refusal(request: HttpRequest) -> HttpResponseBase:
    return render(request, "400.html", {"has_nul": True}, status=400)
