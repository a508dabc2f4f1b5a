"""Moments between two writes, for tests of what a matrix was."""

from __future__ import annotations

import datetime as dt
import time

from django.utils import timezone

MILLISECOND = 0.001


def moment() -> dt.datetime:
    """Return now, after all that was written and before all that will be.

    SQLite's clock counts milliseconds, so this waits until the next one has begun.
    """
    now = timezone.now()
    time.sleep(2 * MILLISECOND)
    return now
