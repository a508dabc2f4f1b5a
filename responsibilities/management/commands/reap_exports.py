"""Close exports whose task has vanished."""

from typing import Any, override

from django.core.management.base import BaseCommand

from responsibilities.services import exports


class Command(BaseCommand):
    """Fails exports that run past their time limit. Each new export does the same first."""

    help = "Fail exports whose task ended without a word, so that people can ask again."

    @override
    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"{exports.reap()} exports closed.")
