"""Write an export of a workspace to a file."""

from pathlib import Path
from typing import Any, override

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.http import QueryDict

from responsibilities.choices import ExportFormat, ExportStatus, Paper
from responsibilities.matrix import MatrixFilter
from responsibilities.models import Workspace
from responsibilities.permissions import system_actor
from responsibilities.services import exports
from responsibilities.tasks import make_export


class Command(BaseCommand):
    """Makes the file here and now, by the same way as a task does, and keeps it as an export."""

    help = "Write an export of a workspace (its RACI PDF, or canonical JSON) to a file."

    @override
    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slug", help="the workspace, as in its address")
        parser.add_argument("--format", choices=ExportFormat.values, default=ExportFormat.PDF.value)
        parser.add_argument("--output", type=Path, required=True, help="the file to write")
        parser.add_argument("--paper", choices=Paper.values, default=Paper.A4.value)
        parser.add_argument(
            "--query", default="", help='a filter as in the address of the matrix: "state=findings"'
        )

    @override
    def handle(self, *args: Any, **options: Any) -> None:
        slug, output = options["slug"], options["output"]
        try:
            workspace = Workspace.objects.with_catalog().get(slug=slug)
        except Workspace.DoesNotExist as missing:
            msg = f"There is no workspace “{slug}”."
            raise CommandError(msg) from missing
        export = exports.request(
            actor=system_actor(),
            workspace=workspace,
            format=options["format"],
            paper=options["paper"],
            wanted=MatrixFilter.parse(QueryDict(options["query"])),
        )
        make_export(export.pk)
        export.refresh_from_db()
        if export.status != ExportStatus.DONE:
            raise CommandError(export.error or str(export.get_status_display()))
        with export.file.open("rb") as file:
            output.write_bytes(file.read())
        self.stdout.write(f"{output}: {export.size} bytes, SHA-256 {export.sha256}")
