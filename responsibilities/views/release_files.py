"""The file of a release: hand it out, and ask for it again where there is none."""

from __future__ import annotations

from django.contrib import messages
from django.http import FileResponse, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from responsibilities.choices import ExportFormat, ExportStatus
from responsibilities.http import WorkspaceRequest, in_workspace, redirect_to, release_or_404
from responsibilities.models import Export
from responsibilities.permissions import Action
from responsibilities.services.errors import InvalidError
from responsibilities.tasks import queue_release


@require_safe
@in_workspace(Action.EXPORT)
def release_file(request: WorkspaceRequest, number: str) -> HttpResponseBase:
    """Hand the stored PDF of a release out: always the same bytes."""
    export = get_object_or_404(
        Export.objects.exclude(release=None),
        workspace=request.workspace,
        edition=number,
        format=ExportFormat.PDF,
        status=ExportStatus.DONE,
    )
    return FileResponse(
        export.file.open("rb"),
        as_attachment=True,
        filename=export.file_name(request.workspace.slug),
        content_type="application/pdf",
    )


@require_POST
@in_workspace(Action.EXPORT)
def release_export(request: WorkspaceRequest, number: str) -> HttpResponse:
    """Ask for the PDF of a release whose file could not be made; the list shows how far it is."""
    release = release_or_404(request, number)
    try:
        queue_release(actor=request.actor, workspace=request.workspace, release_id=release.pk)
    except InvalidError as refused:
        messages.error(request, refused.message)
    else:
        words = _("The PDF of release %(number)s is under way. It appears in the list when ready.")
        messages.success(request, words % {"number": number})
    return redirect_to(request, reverse("export_list", kwargs={"slug": request.workspace.slug}))
