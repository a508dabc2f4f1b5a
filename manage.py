#!/usr/bin/env python3
"""Run Django's commands and our own: `manage.py help` lists them."""

import sys

from django.core.management import execute_from_command_line

from rexmatrix.start import require_settings

if __name__ == "__main__":
    require_settings()
    try:
        execute_from_command_line(sys.argv)
    except KeyboardInterrupt:
        sys.exit(130)
