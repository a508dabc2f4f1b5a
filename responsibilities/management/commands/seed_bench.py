"""Add large made-up data for measuring."""

from typing import Any, override

from django.core.management.base import BaseCommand, CommandError, CommandParser

from responsibilities.services.demo import bench
from responsibilities.services.errors import InvalidError


class Command(BaseCommand):
    """Adds a made-up model and workspaces of it. Refused in production."""

    help = "Add workspaces of a made-up model for measuring (embedded default only)."

    @override
    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--workspaces", type=int, default=1, help="how many workspaces")
        parser.add_argument("--items", type=int, default=43, help="how many items in each")

    @override
    def handle(self, *args: Any, **options: Any) -> None:
        try:
            made = bench.seed(workspace_count=options["workspaces"], items=options["items"])
        except InvalidError as refusal:
            raise CommandError(refusal.message) from refusal
        for workspace in made:
            self.stdout.write(workspace.slug)
