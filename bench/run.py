"""Measure the application on made-up data, in one run, and print the figures as ratios.

Milliseconds depend on the machine and on who else is using it; ratios within one run, query
counts and bytes hold. `--items` and `--pdf-items` take other sizes.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import shutil
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

import django
from django.core.management import call_command

ROOT = Path(__file__).resolve().parent.parent


def set_up(folder: Path) -> None:
    """Start the application on an empty embedded database in `folder`."""
    sys.path.insert(0, str(ROOT))
    os.environ.pop("DATABASE_URL", None)
    os.environ |= {
        "REXMATRIX_DATA_DIR": str(folder),
        "REXMATRIX_DEMO": "1",
        "DJANGO_SETTINGS_MODULE": "rexmatrix.settings",
    }
    django.setup()
    call_command("migrate", verbosity=0, interactive=False)
    call_command("createcachetable", verbosity=0)
    call_command("collectstatic", verbosity=0, interactive=False)


def main() -> None:
    """Measure what was asked for and print it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--items", type=int, nargs="*", default=[43, 370, 1000])
    parser.add_argument("--pdf-items", type=int, nargs="*", default=[43, 370])
    parser.add_argument("--json", type=Path, help="write the figures to this file too")
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="rexmatrix-bench-"))
    try:
        set_up(folder)
        # Models can be imported only now, when the settings are known.
        measure = importlib.import_module("bench.measure")
        measured = [
            *measure.measure_pages(options.items),
            *measure.measure_pdf(options.pdf_items, folder),
        ]
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    if options.json:
        options.json.write_text(json.dumps([asdict(one) for one in measured], indent=1) + "\n")
    sys.stdout.write(measure.report(measured) + "\n")


if __name__ == "__main__":
    main()
