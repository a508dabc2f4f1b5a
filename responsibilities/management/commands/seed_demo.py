"""Add the demo data to an empty database."""

from typing import Any, override

from django.core.management.base import BaseCommand, CommandError

from responsibilities.matrix.releases import current
from responsibilities.permissions import system_actor
from responsibilities.services.demo import seed
from responsibilities.services.errors import InvalidError
from responsibilities.tasks import queue_release


class Command(BaseCommand):
    """Adds people, three workspaces and their evidence, and asks for the PDF of a release.

    Refused in production.
    """

    help = "Add the demo data to an empty database (embedded default only)."

    @override
    def handle(self, *args: Any, **options: Any) -> None:
        try:
            workspaces = seed.seed()
        except InvalidError as refusal:
            raise CommandError(refusal.message) from refusal
        for workspace in workspaces:
            if release := current(workspace):
                queue_release(actor=system_actor(), workspace=workspace, release_id=release.pk)
        names = ", ".join(workspace.name for workspace in workspaces)
        self.stdout.write(f"Added the demo workspaces {names}.")
