"""Make a certificate for trying signed PDFs out."""

from pathlib import Path
from typing import Any, override

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from responsibilities.exchange.pdf import demo


class Command(BaseCommand):
    """Writes files and changes no setting: whoever tries it sets the variables."""

    help = "Make a certificate for trying signed PDFs out. Nobody trusts it."
    requires_system_checks: list[str] = []

    @override
    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "folder",
            nargs="?",
            type=Path,
            default=Path(settings.DATA_DIR) / "demo_certificate",
            help="where the files go (default: demo_certificate in the data folder)",
        )

    @override
    def handle(self, *args: Any, **options: Any) -> None:
        folder: Path = options["folder"].absolute()
        try:
            demo.make(folder, timezone.now())
        except FileExistsError as error:
            msg = f"{error} is there already. Nothing was written; name another folder."
            raise CommandError(msg) from error
        except OSError as error:
            msg = f"The certificate cannot be written: {error}."
            raise CommandError(msg) from error
        self.stdout.write(f"A certificate for {demo.DAYS} days. To sign PDFs with it, set")
        self.stdout.write(f"  REXMATRIX_PDF_CERTIFICATE={folder / demo.SIGNER}")
        self.stdout.write(f"  REXMATRIX_PDF_PASSPHRASE_FILE={folder / demo.PASSPHRASE}")
        self.stdout.write("and restart. Nobody trusts it: a PDF reader will say that the signer is")
        self.stdout.write("unknown, unless it is told to trust the demo authority:")
        self.stdout.write(f"  {folder / demo.AUTHORITY}")
        self.stdout.write("Use a certificate of your own authority for anything but trying.")
