"""System checks: what an operator must hear before the first request."""

import stat
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register  # noqa: A004
from django.utils import timezone

from responsibilities.exchange.pdf import signing
from responsibilities.exchange.pdf.certificates import SigningError


def is_open_to_others(path: Path) -> bool:
    """Say whether the group or anybody else may do something with this file or folder."""
    return bool(stat.S_IMODE(path.stat().st_mode) & (stat.S_IRWXG | stat.S_IRWXO))


@register(Tags.security)
def check_key_file(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Refuse a generated secret key that others on this machine can read."""
    path = Path(settings.KEY_FILE)
    if settings.PRODUCTION or not path.exists() or not is_open_to_others(path):
        return []
    return [
        Error(
            f"{path} can be read by others.",
            hint=f"chmod 600 {path}; remove it instead if somebody may have read it.",
            id="responsibilities.E001",
        )
    ]


@register(Tags.security)
def check_data_folder(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Warn when the folder with database and evidence is open to others on this machine."""
    path = Path(settings.DATA_DIR)
    if settings.PRODUCTION or not path.exists() or not is_open_to_others(path):
        return []
    return [
        Warning(
            f"{path} is open to others on this machine.",
            hint=f"chmod 700 {path}",
            id="responsibilities.W001",
        )
    ]


@register(Tags.security)
def check_pdf_certificate(
    app_configs: Sequence[AppConfig] | None, **kwargs: Any
) -> list[CheckMessage]:
    """Warn when PDFs are to be signed and cannot be, or soon cannot be.

    A warning, no error: exports of PDFs fail then, but everything else still starts and works.
    """
    now = timezone.now()
    try:
        identity = signing.identity()
        if identity is None:
            return []
        identity.require_fit(now)
    except SigningError as error:
        return [
            Warning(
                str(error),
                hint="No PDF can be exported until this is put right.",
                id="responsibilities.W002",
            )
        ]
    words = identity.warning(now)
    hint = "Put a new one into place before; afterwards no PDF can be exported."
    return [Warning(words, hint=hint, id="responsibilities.W003")] if words else []
