"""Starts our own programs as an operator would: in a process, with an environment of their own."""

import os
import subprocess
import sys
from collections.abc import Mapping

from django.conf import settings


def start(values: Mapping[str, str], code: str) -> subprocess.CompletedProcess[str]:
    """Run `manage.py shell` with nothing in the environment but the values."""
    return subprocess.run(
        [sys.executable, "manage.py", "shell", "--no-imports", "-c", code],
        cwd=settings.BASE_DIR,
        env={"PATH": os.environ["PATH"], **values},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
