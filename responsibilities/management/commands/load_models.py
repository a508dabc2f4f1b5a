"""Load the catalog from its fixtures."""

from pathlib import Path
from typing import Any, override

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from responsibilities.permissions import system_actor
from responsibilities.services import catalog


class Command(BaseCommand):
    """Prints one line per version; ends with an error, and loads nothing, on any problem."""

    help = "Check and load all responsibility models, or the fixtures given by path."

    @override
    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "paths", nargs="*", type=Path, help="fixtures to load (default: all there are)"
        )

    @override
    def handle(self, *args: Any, **options: Any) -> None:
        paths: list[Path] = options["paths"] or [
            path
            for directory in settings.FIXTURE_DIRS
            for path in catalog.fixture_paths(Path(directory))
        ]
        try:
            result = catalog.load_models(actor=system_actor(), paths=paths)
        except catalog.CatalogError as error:
            raise CommandError(error.message) from error
        if options["verbosity"] == 0:
            return
        for name in result.loaded:
            self.stdout.write(self.style.SUCCESS(f"{name}: loaded"))
        for name in result.unchanged:
            self.stdout.write(f"{name}: unchanged")
