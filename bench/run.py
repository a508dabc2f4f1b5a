"""Measure the application on made-up data, in one run, and print the figures as ratios.

Milliseconds depend on the machine and on who else is using it; ratios within one run, query
counts and bytes hold. `--items`, `--pdf-items` and `--events` take other sizes, none leaves a part
out; `--history` with numbers of rows adds what the row history costs. `--postgres` uses the empty
database that DATABASE_URL names.
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
from django.db import connection

ROOT = Path(__file__).resolve().parent.parent


def set_up(folder: Path, *, postgres: bool = False) -> None:
    """Start the application on an empty database: an embedded one in `folder`, or PostgreSQL."""
    sys.path.insert(0, str(ROOT))
    if postgres and not os.environ.get("DATABASE_URL", "").startswith("postgres"):
        message = "DATABASE_URL names no PostgreSQL database; see .ci/with-postgres."
        raise SystemExit(message)
    if not postgres:
        os.environ.pop("DATABASE_URL", None)
    os.environ |= {
        "REXMATRIX_DATA_DIR": str(folder),
        "REXMATRIX_DEMO": "1",
        "DJANGO_SETTINGS_MODULE": "rexmatrix.settings",
    }
    django.setup()
    if connection.introspection.table_names():
        message = "The database is not empty. Measuring would leave made-up data in it."
        raise SystemExit(message)
    call_command("migrate", verbosity=0, interactive=False)
    call_command("createcachetable", verbosity=0)
    call_command("collectstatic", verbosity=0, interactive=False)


def main() -> None:
    """Measure what was asked for and print it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--items", type=int, nargs="*", default=[43, 370, 1000])
    parser.add_argument("--pdf-items", type=int, nargs="*", default=[43, 370])
    parser.add_argument("--events", type=int, nargs="*", default=[100, 100_000])
    parser.add_argument("--history", type=int, nargs="*", default=[], metavar="ROWS")
    parser.add_argument("--postgres", action="store_true", help="not on the embedded database")
    parser.add_argument("--json", type=Path, help="write the figures to this file too")
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="rexmatrix-bench-"))
    try:
        set_up(folder, postgres=options.postgres)
        # Models can be imported only now, when the settings are known.
        measure = importlib.import_module("bench.measure")
        audit_log = importlib.import_module("bench.audit_log")
        history = importlib.import_module("bench.history")
        logs = audit_log.measure_logs(options.events, folder)
        past = history.measure_history(options.items, options.history) if options.history else ""
        measured = [
            *measure.measure_pages(options.items),
            *measure.measure_pdf(options.pdf_items, folder),
        ]
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    if options.json:
        options.json.write_text(
            json.dumps([asdict(one) for one in (*logs, *measured)], indent=1) + "\n"
        )
    if logs:
        sys.stdout.write(measure.report(logs, "events") + "\n")
    if measured:
        sys.stdout.write(measure.report(measured) + "\n")
    if past:
        sys.stdout.write(f"{past}\n")


if __name__ == "__main__":
    main()
