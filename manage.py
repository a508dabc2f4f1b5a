#!/usr/bin/env python3
"""Run Django's commands and our own: `manage.py help` lists them."""

import os
import sys


def main() -> None:
    """Name the settings, then run the command of the command line."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "rexmatrix.settings")
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line

    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        sys.exit(f"Rexmatrix cannot start: {error}")
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
