"""Put a new key into place that the old one vouches for."""

from pathlib import Path
from typing import Any, override

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from responsibilities.permissions import system_actor
from responsibilities.services import log_keys
from responsibilities.services.errors import InvalidError


class Command(BaseCommand):
    """Old checkpoints still verify: their public keys stay, and each vouches for the next."""

    help = "Make a new key for signing checkpoints, signed by the old one."

    @override
    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--write-to",
            metavar="FILE",
            default="",
            help="file for the new key, where the old one is in the environment",
        )

    @override
    def handle(self, *args: Any, **options: Any) -> None:
        name = options["write_to"] or settings.REXMATRIX_LOG_KEY_FILE
        if not name:
            msg = "The key is in REXMATRIX_LOG_KEY. Say where the new one goes: --write-to FILE."
            raise CommandError(msg)
        try:
            key = log_keys.rotate(actor=system_actor(), path=Path(name))
        except InvalidError as error:
            raise CommandError(error.message) from error
        except OSError as error:
            msg = f"The new key cannot be written: {error}. The old key still holds."
            raise CommandError(msg) from error
        self.stdout.write(f"New key in {name}.")
        self.stdout.write(f"Verifier key: {log_keys.verifier(key)}")
        self.stdout.write(f"SHA-256 fingerprint: {key.fingerprint}")
        if settings.REXMATRIX_LOG_KEY:
            self.stdout.write(
                "Now set REXMATRIX_LOG_KEY_FILE to this file, remove REXMATRIX_LOG_KEY, and "
                "restart. Until then no checkpoint is signed."
            )
