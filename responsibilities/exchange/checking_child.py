"""Limits this process, then runs the verifier in it. `checking` starts it as a script, isolated.

    python -I checking_child.py MEMORY SECONDS OUTPUT VERIFIER [ARGUMENT]...

Knows nothing of ours: no settings, no database. The limits hold for whatever the verifier loads.
"""

from __future__ import annotations

import os
import resource
import runpy
import sys

OPEN_FILES = 64
NICENESS = 10
"""People at work go first: anybody may have a file checked, and each check may take a core."""


def main() -> None:
    """Set the limits on memory, processor time, output and open files; they cannot be raised."""
    memory, seconds, output = map(int, sys.argv[1:4])
    sys.argv = sys.argv[4:]
    for kind, most in (
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_FSIZE, output),
        (resource.RLIMIT_NOFILE, OPEN_FILES),
    ):
        resource.setrlimit(kind, (most, most))
    os.nice(NICENESS)
    runpy.run_path(sys.argv[0], run_name="__main__")


if __name__ == "__main__":
    main()
