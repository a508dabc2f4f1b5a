"""Recompute the audit logs from their rows."""

from pathlib import Path
from typing import Any, override

from django.core.files.storage import default_storage
from django.core.management.base import BaseCommand, CommandError, CommandParser

from responsibilities.models import Workspace
from responsibilities.services import verification
from responsibilities.services.verification_report import Report

SHOWN = 20


class Command(BaseCommand):
    """Checks every event, payload, checkpoint, sign-off and, if asked, every evidence file."""

    help = "Recompute the audit logs from their rows; fail if anything differs."

    @override
    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("workspace", nargs="?", help="address of one workspace; default: all")
        parser.add_argument("--evidence", action="store_true", help="read every evidence file too")
        parser.add_argument(
            "--checkpoint",
            action="append",
            default=[],
            metavar="FILE",
            help="a checkpoint that was kept elsewhere; may be given several times",
        )

    @override
    def handle(self, *args: Any, **options: Any) -> None:
        found = Workspace.objects.order_by("slug")
        if options["workspace"]:
            found = found.filter(slug=options["workspace"])
            if not found:
                msg = f"There is no workspace {options['workspace']}."
                raise CommandError(msg)
        try:
            kept = [Path(name).read_text(encoding="utf-8") for name in options["checkpoint"]]
        except (OSError, UnicodeDecodeError) as error:
            msg = f"A checkpoint cannot be read: {error}"
            raise CommandError(msg) from error
        open_file = default_storage.open if options["evidence"] else None
        reports = [
            self.told(verification.verify(workspace, kept=kept, open_file=open_file))
            for workspace in found.iterator()
        ]
        bad = [report for report in reports if report.found]
        if bad:
            first = "; ".join(f"{report.workspace.slug}: {_first(report)}" for report in bad)
            msg = f"The log does not hold. {first}"
            raise CommandError(msg)
        self.stdout.write(self.style.SUCCESS("Everything that was checked fits."))

    def told(self, report: Report) -> Report:
        """Write what was checked, what was not, and what failed."""
        self.stdout.write(f"{report.workspace.slug}")
        for text in report.checked:
            self.stdout.write(f"  checked      {text}")
        for text in report.unchecked:
            self.stdout.write(f"  not checked  {text}")
        for problem in report.problems[:SHOWN]:
            self.stdout.write(self.style.ERROR(f"  FAILED       {problem}"))
        if report.found > SHOWN:
            self.stdout.write(self.style.ERROR(f"  FAILED       and {report.found - SHOWN} more"))
        return report


def _first(report: Report) -> str:
    if report.first_bad is None:
        return str(report.problems[0])
    return f"first bad sequence number {report.first_bad}"
