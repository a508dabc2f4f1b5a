"""Checkpoints of the audit log, bundles for auditors, public keys, and the offline verifier."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.files.storage import default_storage
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    JsonResponse,
    StreamingHttpResponse,
)
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from responsibilities.exchange import bundle, proof, verifier
from responsibilities.forms.checkpoints import BundleForm
from responsibilities.http import WorkspaceRequest, in_workspace, respond
from responsibilities.models import AuditHead, Checkpoint
from responsibilities.permissions import Action, may_anywhere
from responsibilities.services import checkpoints
from responsibilities.services import log_keys as keys
from responsibilities.services.errors import InvalidError
from responsibilities.tables.checkpoints import CheckpointTable
from responsibilities.tables.paging import arrange

ROWS_PER_PAGE = 25
LIST = "checkpoint_list/_list.html"


@require_safe
@in_workspace()
def checkpoint_list(request: WorkspaceRequest) -> HttpResponse:
    """Show the checkpoints, the key that signs them, and how to check them without us."""
    return render(request, "checkpoint_list/page.html", _context(request, BundleForm()))


@require_POST
@in_workspace(Action.EXPORT)
def checkpoint_issue(request: WorkspaceRequest) -> HttpResponse:
    """Sign where the log stands now."""
    wrong = False
    try:
        checkpoint = checkpoints.issue(actor=request.actor, workspace=request.workspace)
        message = _("The checkpoint covers all %(size)d events.") % {"size": checkpoint.size}
    except InvalidError as error:
        message, wrong = error.message, True
    return respond(
        request,
        fragments={LIST: _list_context(request)},
        message=message,
        fallback=_address(request),
        wrong=wrong,
    )


@require_safe
@in_workspace()
def checkpoint_file(request: WorkspaceRequest, size: int) -> HttpResponse:
    """Hand a checkpoint out as text: the signed note, byte for byte."""
    found = Checkpoint.objects.filter(workspace=request.workspace)
    checkpoint = get_object_or_404(found, size=size)
    response = HttpResponse(checkpoint.note, content_type="text/plain; charset=utf-8")
    name = f"{request.workspace.slug}-checkpoint-{checkpoint.size}.txt"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


@require_POST
@in_workspace(Action.EXPORT)
def bundle_new(request: WorkspaceRequest) -> HttpResponseBase:
    """Stream a bundle of the log, the matrix and what was signed, as they are now."""
    form = BundleForm(request.POST)
    if not form.is_valid():
        return render(request, "checkpoint_list/page.html", _context(request, form))
    try:
        made = checkpoints.prepare(actor=request.actor, workspace=request.workspace)
    except InvalidError as error:
        form.add_error(None, error.message)
        return render(request, "checkpoint_list/page.html", _context(request, form))
    stored = bundle.stored_files(made.matrix, made.checkpoint, **form.cleaned_data)
    files = {name: path for name, path in stored.items() if default_storage.exists(path)}
    wanted = bundle.Wanted(made.matrix, made.checkpoint, made.seq, files)
    response = StreamingHttpResponse(
        bundle.write(wanted, default_storage.open), content_type="application/zip"
    )
    name = f"{request.workspace.slug}-bundle-{made.checkpoint.size}.zip"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


@login_not_required
@require_safe
def log_keys(request: HttpRequest) -> JsonResponse:
    """Publish the keys that sign checkpoints, the newest first."""
    try:
        known = keys.known()
    except InvalidError as unreadable:
        raise Http404 from unreadable
    return JsonResponse(proof.keys(settings.REXMATRIX_LOG_HOST, known))


@login_not_required
@require_safe
def verifier_file(request: HttpRequest) -> HttpResponse:
    """Hand the offline verifier out."""
    response = HttpResponse(verifier.source(), content_type="text/x-python; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{verifier.FILE_NAME}"'
    return response


def _address(request: WorkspaceRequest) -> str:
    return reverse("checkpoint_list", kwargs={"slug": request.workspace.slug})


def _list_context(request: WorkspaceRequest) -> dict[str, Any]:
    found = Checkpoint.objects.filter(workspace=request.workspace).select_related("key")
    table = CheckpointTable(found, slug=request.workspace.slug)
    arrange(table, request, per_page=ROWS_PER_PAGE)
    newest = found.first()
    size = AuditHead.objects.values_list("size", flat=True).get(workspace=request.workspace)
    return {
        "workspace": request.workspace,
        "table": table,
        "newest": newest,
        "uncovered": size - (newest.size if newest else 0),
        "may_export": may_anywhere(request.actor, Action.EXPORT),
    }


def _context(request: WorkspaceRequest, form: BundleForm) -> dict[str, Any]:
    context = _list_context(request)
    newest = context["newest"]
    return {
        **context,
        "nav": "audit",
        "form": form,
        "key": newest.key if newest else None,
        "verifier_key": keys.verifier(newest.key, newest.origin) if newest else None,
        "verifier_sha256": verifier.sha256(),
    }
