"""Add the demo data to an empty database."""

from typing import Any, override

from django.core.management.base import BaseCommand, CommandError

from responsibilities.services.demo import seed
from responsibilities.services.errors import InvalidError


class Command(BaseCommand):
    """Adds people, three workspaces and their evidence. Refused in production."""

    help = "Add the demo data to an empty database (embedded default only)."

    @override
    def handle(self, *args: Any, **options: Any) -> None:
        try:
            workspaces = seed.seed()
        except InvalidError as refusal:
            raise CommandError(refusal.message) from refusal
        names = ", ".join(workspace.name for workspace in workspaces)
        self.stdout.write(f"Added the demo workspaces {names}.")
