"""Write an export of a workspace, or of one of its releases, to a file."""

from pathlib import Path
from typing import Any, override

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.http import QueryDict

from responsibilities.choices import ExportFormat, ExportStatus, Paper
from responsibilities.matrix import MatrixFilter
from responsibilities.matrix.releases import by_number, is_intact
from responsibilities.models import Export, Release, Workspace
from responsibilities.permissions import system_actor
from responsibilities.services import exports
from responsibilities.services.errors import InvalidError
from responsibilities.tasks import make_export


class Command(BaseCommand):
    """Makes the file here and now, by the same way as a task does, and keeps it as an export."""

    help = "Write an export of a workspace (its RACI PDF, or canonical JSON) to a file."

    @override
    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slug", help="the workspace, as in its address")
        parser.add_argument("--format", choices=ExportFormat.values, default=ExportFormat.PDF.value)
        parser.add_argument("--output", type=Path, required=True, help="the file to write")
        parser.add_argument("--paper", choices=Paper.values, help="a4 unless said otherwise")
        parser.add_argument(
            "--query", default="", help='a filter as in the address of the matrix: "state=findings"'
        )
        parser.add_argument(
            "--release",
            metavar="NUMBER",
            help="a release instead of the draft, such as 1.0: the stored PDF, or what was frozen",
        )

    @override
    def handle(self, *args: Any, **options: Any) -> None:
        slug, output = options["slug"], options["output"]
        try:
            workspace = Workspace.objects.with_catalog().get(slug=slug)
        except Workspace.DoesNotExist as missing:
            msg = f"There is no workspace “{slug}”."
            raise CommandError(msg) from missing
        if options["release"] is None:
            export = exports.request(
                actor=system_actor(),
                workspace=workspace,
                format=options["format"],
                paper=options["paper"] or Paper.A4,
                wanted=MatrixFilter.parse(QueryDict(options["query"])),
            )
            self._write(output, *_made(export))
            return
        if options["query"] or options["paper"]:
            msg = "A release has its own paper and is always whole: leave --paper and --query out."
            raise CommandError(msg)
        release = _release(workspace, options["release"])
        if options["format"] == ExportFormat.JSON:
            self._write(output, release.snapshot.encode(), release.digest)
        else:
            self._write(output, *_made(_export_of(release)))

    def _write(self, output: Path, data: bytes, sha256: str) -> None:
        output.write_bytes(data)
        self.stdout.write(f"{output}: {len(data)} bytes, SHA-256 {sha256}")


def _release(workspace: Workspace, number: str) -> Release:
    try:
        release = by_number(workspace, number)
    except Release.DoesNotExist as missing:
        msg = f"There is no release “{number}” of this workspace."
        raise CommandError(msg) from missing
    if not is_intact(release):
        msg = f"What is stored of release {number} does not fit its digest any more."
        raise CommandError(msg)
    return release


def _export_of(release: Release) -> Export:
    """Return the export of a release's file: the one there is, or one asked for now."""
    exports.reap()
    there = Export.objects.of_release(release).filter(format=ExportFormat.PDF).first()
    if there is not None:
        return there
    try:
        return exports.request_release(
            actor=system_actor(), workspace=release.workspace, release_id=release.pk
        )
    except InvalidError as refused:
        raise CommandError(refused.message) from refused


def _made(export: Export) -> tuple[bytes, str]:
    """Return the bytes of an export and their digest; makes them unless they are there."""
    if export.status != ExportStatus.DONE:
        make_export(export.pk)
        export.refresh_from_db()
    if export.status != ExportStatus.DONE:
        raise CommandError(export.error or str(export.get_status_display()))
    with export.file.open("rb") as file:
        return file.read(), export.sha256
