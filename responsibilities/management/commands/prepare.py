"""Bring database, models, demo data, the daily task and static files up to date."""

import hashlib
from pathlib import Path
from typing import Any, override

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandParser
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from responsibilities.tasks import schedule_checkpoints


class Command(BaseCommand):
    """Does only what is still to do, so that a second start is quick."""

    help = "Bring database, models, demo data and static files up to date."

    @override
    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--no-static", action="store_true", help="leave the static files as they are"
        )

    @override
    def handle(self, *args: Any, **options: Any) -> None:
        self.migrate()
        call_command("load_models", verbosity=options["verbosity"])
        if settings.REXMATRIX_DEMO and not get_user_model().objects.exists():
            self.stdout.write("Adding the demo data…")
            call_command("seed_demo", verbosity=options["verbosity"])
        schedule_checkpoints(timezone.now())
        if not options["no_static"]:
            self.collect_static()

    def migrate(self) -> None:
        """Apply the migrations that are missing, and make the cache table."""
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            self.stdout.write("Bringing the database up to date…")
            call_command("migrate", interactive=False, verbosity=0)
        call_command("createcachetable", verbosity=0)

    def collect_static(self) -> None:
        """Collect, hash and compress the static files if one of them has changed."""
        stamp = Path(settings.STATIC_ROOT) / ".sources"
        digest = sources_digest()
        if stamp.exists() and stamp.read_text(encoding="ascii") == digest:
            return
        self.stdout.write("Collecting the static files…")
        call_command("collectstatic", interactive=False, clear=True, verbosity=0)
        stamp.write_text(digest, encoding="ascii")


def sources_digest() -> str:
    """Return a digest over name, size and time of change of every static file."""
    digest = hashlib.sha256()
    for finder in get_finders():
        for name, storage in finder.list(ignore_patterns=[]):
            status = Path(storage.path(name)).stat()
            digest.update(f"{name}\0{status.st_size}\0{status.st_mtime_ns}\0".encode())
    return digest.hexdigest()
