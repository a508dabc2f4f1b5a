"""Print the offline verifier."""

from typing import Any, override

from django.core.management.base import BaseCommand

from responsibilities.exchange import verifier


class Command(BaseCommand):
    """The same bytes that the application hands out."""

    help = "Print the offline verifier: one file that needs nothing of this project."

    @override
    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(verifier.source().decode(), ending="")
