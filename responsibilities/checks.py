"""System checks: what an operator must hear before the first request."""

import stat
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register  # noqa: A004


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
