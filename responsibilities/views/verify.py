"""The page that checks a file that somebody was handed. No account; nothing of the file is kept."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from allauth.core import ratelimit
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.files.uploadedfile import TemporaryUploadedFile
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from responsibilities.exchange import checking, verifier
from responsibilities.forms.verify import VerifyForm
from responsibilities.matrix import provenance
from responsibilities.models import LogKey
from responsibilities.services import log_keys
from responsibilities.services.errors import InvalidError

RATE = "verify_file"
MINUTE = 60
SOON = 10
NAME_LENGTH = 120


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def verify(request: HttpRequest) -> HttpResponse:
    """Show the form; check a file and say what there is to say of it."""
    if request.method != "POST":
        return _page(request, VerifyForm())
    if not ratelimit.consume(request, action=RATE):
        return _refusal(
            request,
            _(
                "Too many files came from your address in the last minute. Wait a minute, then "
                "try again. Nothing was checked."
            ),
            status=429,
            wait=MINUTE,
        )
    form = VerifyForm(request.POST, request.FILES)
    if not form.is_valid():
        return _page(request, form)
    file: TemporaryUploadedFile = form.cleaned_data["file"]
    try:
        checked = checking.check(
            Path(file.temporary_file_path()),
            key=form.cleaned_data["key"],
            checkpoints=form.cleaned_data["checkpoints"],
        )
    except checking.BusyError:
        return _refusal(
            request,
            _(
                "The server is checking other files. Wait a few seconds, then try again. Nothing "
                "was checked."
            ),
            status=503,
            wait=SOON,
        )
    return _page(request, VerifyForm(), _result(checked, file.name or ""))


def _refusal(request: HttpRequest, reason: str, *, status: int, wait: int) -> HttpResponse:
    response = _page(request, VerifyForm(), {"refusal": reason}, status=status)
    response["Retry-After"] = str(wait)
    return response


def _result(checked: checking.Checked, name: str) -> dict[str, Any]:
    judgement = provenance.judge(checked.verdict, checked.claim)
    shown = "".join(c for c in name if c.isprintable())[:NAME_LENGTH]
    host = checked.claim.origin.rpartition("/ws/")[0]
    return {
        "checked": checked,
        "judgement": judgement,
        "file_name": shown,
        "names_us": judgement.outcome is provenance.Outcome.FOREIGN
        and host == settings.REXMATRIX_LOG_HOST,
    }


def _page(
    request: HttpRequest, form: VerifyForm, more: dict[str, Any] | None = None, status: int = 200
) -> HttpResponse:
    context = {
        "form": form,
        "keys": _keys(),
        "host": settings.REXMATRIX_LOG_HOST,
        "verifier_sha256": verifier.sha256(),
        **(more or {}),
    }
    return render(request, "verify/page.html", context, status=status)


def _keys() -> list[LogKey]:
    """Return the keys of this server, the newest first; none if they cannot be read."""
    try:
        return log_keys.known()
    except InvalidError:
        return []
