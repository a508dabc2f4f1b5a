"""What manage.py and the web server do first."""

import os
import sys

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured


def require_settings() -> None:
    """Read the settings now; if one is missing or bad, end with a sentence that names it.

    Django alone would go on without settings for some commands, and give a traceback for others.
    """
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "rexmatrix.settings")
    try:
        _ = settings.INSTALLED_APPS
    except ImproperlyConfigured as error:
        sys.exit(f"Rexmatrix cannot start: {error}")
