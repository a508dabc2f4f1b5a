"""The evidence register, one piece of evidence, its files, and the items it serves."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.contrib import messages
from django.db.models import Q
from django.http import FileResponse, Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from responsibilities.forms.evidence import LinkItemsForm, item_choices
from responsibilities.forms.evidence_filters import EvidenceFilter
from responsibilities.http import Undo, WorkspaceRequest, in_workspace, respond
from responsibilities.matrix import ItemRow, load
from responsibilities.models import Evidence, EvidenceRevision, Item
from responsibilities.permissions import Action, may, may_anywhere, require
from responsibilities.services import evidence as pieces
from responsibilities.services.errors import InvalidError
from responsibilities.tables.evidence import PER_PAGE, EvidenceTable
from responsibilities.tables.paging import arrange
from responsibilities.validators import SHOWN_INLINE

# No script, no plugin, no origin: whatever the bytes are, they are shown and nothing more.
FILE_POLICY = "sandbox; default-src 'none'; img-src 'self'; style-src 'unsafe-inline'"
PICKS = 50


@require_safe
@in_workspace()
def evidence_list(request: WorkspaceRequest) -> HttpResponse:
    """Show the register of evidence: filtered, sorted, in pages."""
    every = Evidence.objects.filter(workspace=request.workspace).with_current().with_items()
    chosen = EvidenceFilter(request.GET, queryset=every, workspace=request.workspace)
    table = EvidenceTable(chosen.qs if chosen.is_valid() else every.none())
    arrange(table, request, per_page=PER_PAGE)
    context = {
        "workspace": request.workspace,
        "nav": "evidence",
        "filter": chosen,
        "table": table,
        "total": Evidence.objects.in_use().filter(workspace=request.workspace).count(),
        "may_edit": may_anywhere(request.actor, Action.EVIDENCE_EDIT),
    }
    template = "_register.html" if request.htmx else "page.html"
    response = render(request, f"evidence_list/{template}", context)
    patch_vary_headers(response, ("HX-Request",))
    return response


@require_safe
@in_workspace()
def evidence_detail(request: WorkspaceRequest, evidence: uuid.UUID) -> HttpResponse:
    """Show a piece of evidence with all its revisions and the items it serves."""
    return render(request, "evidence_detail/page.html", _piece_context(request, evidence))


@require_safe
@in_workspace()
def evidence_download(
    request: WorkspaceRequest, evidence: uuid.UUID, number: int
) -> HttpResponseBase:
    """Send the file of a revision, to be saved and not shown in the browser."""
    return _file(_revision(request, evidence, number), as_attachment=True)


@require_safe
@in_workspace()
def evidence_view(request: WorkspaceRequest, evidence: uuid.UUID, number: int) -> HttpResponseBase:
    """Show a picture or PDF in a tab of its own. Everything else is only for download."""
    revision = _revision(request, evidence, number)
    if revision.media_type not in SHOWN_INLINE:
        raise Http404
    return _file(revision, as_attachment=False)


@require_POST
@in_workspace(Action.EVIDENCE_EDIT)
def evidence_link(request: WorkspaceRequest, evidence: uuid.UUID) -> HttpResponse:
    """Let a piece serve more items."""
    keys = [key for key in request.POST.getlist("keys") if key]
    if not keys:
        return _answer(request, evidence, _("Tick at least one item."), refused=True)
    with _found_or_404(request):
        try:
            piece = pieces.link(
                actor=request.actor, workspace=request.workspace, evidence=evidence, items=keys
            )
        except InvalidError as refusal:
            return _answer(request, evidence, refusal.message, refused=True)
    values = {"title": piece.title, "keys": ", ".join(keys)}
    return _answer(request, evidence, _("“%(title)s” serves %(keys)s now.") % values)


@require_POST
@in_workspace(Action.EVIDENCE_EDIT)
def evidence_unlink(request: WorkspaceRequest, evidence: uuid.UUID) -> HttpResponse:
    """Take a piece off an item. The piece stays."""
    key = request.POST.get("keys", "")
    with _found_or_404(request):
        piece = pieces.unlink(
            actor=request.actor, workspace=request.workspace, evidence=evidence, key=key
        )
    message = _("“%(title)s” no longer serves %(key)s.") % {"title": piece.title, "key": key}
    return _answer(request, evidence, message, undo="evidence_link", keys=key)


@require_POST
@in_workspace(Action.EVIDENCE_EDIT)
def evidence_archive(request: WorkspaceRequest, evidence: uuid.UUID) -> HttpResponse:
    """Take a piece out of use."""
    with _found_or_404(request):
        piece = pieces.archive(actor=request.actor, workspace=request.workspace, evidence=evidence)
    message = _("“%(title)s” archived. Its files are kept.") % {"title": piece.title}
    return _answer(request, evidence, message, undo="evidence_restore")


@require_POST
@in_workspace(Action.EVIDENCE_EDIT)
def evidence_restore(request: WorkspaceRequest, evidence: uuid.UUID) -> HttpResponse:
    """Put an archived piece back in use."""
    with _found_or_404(request):
        piece = pieces.restore(actor=request.actor, workspace=request.workspace, evidence=evidence)
    message = _("“%(title)s” is in use again.") % {"title": piece.title}
    return _answer(request, evidence, message, undo="evidence_archive")


@require_safe
@in_workspace()
def item_evidence(request: WorkspaceRequest, key: str) -> HttpResponse:
    """Show which evidence of one's own side may serve an item too.

    When the item itself asks, by htmx, it gets its list of evidence anew.
    """
    row = _item(request, key)
    if row is None:
        raise Http404
    if request.htmx.target == "item-evidence":
        return render(request, "evidence/_item_evidence.html", _item_context(request, row))
    require(request.actor, Action.EVIDENCE_EDIT, request.membership.seat)
    query = request.GET.get("q", "").strip()[:200]
    found = (
        Evidence.objects.in_use()
        .filter(workspace=request.workspace, seat=request.membership.seat)
        .exclude(links__item=row.id)
        .with_current()
        .with_items()
    )
    for word in query.split():
        found = found.filter(Q(title__icontains=word) | Q(current__file_name__icontains=word))
    context = _item_context(request, row) | {
        "nav": "evidence",
        "found": found[:PICKS],
        "count": found.count(),
        "q": query,
    }
    return render(request, "item_evidence/page.html", context)


def _answer(
    request: WorkspaceRequest,
    evidence: uuid.UUID,
    message: str,
    *,
    refused: bool = False,
    undo: str = "",
    **undo_fields: str,
) -> HttpResponse:
    """Answer a change, or its refusal, where it was made: on the piece, or on the item `back`."""
    template, context, address = _place(request, evidence)
    if refused and not request.htmx:
        messages.error(request, message)
        return redirect(address)
    if refused:
        parts = [
            render_to_string(template, context, request),
            render_to_string(
                "_status.html", {"status_message": message, "status_error": True}, request
            ),
        ]
        return HttpResponse("".join(parts))
    back = request.POST.get("back", "")
    fields = {"oob": "1", **undo_fields, **({"back": back} if back else {})}
    url = reverse(undo, kwargs=_names(request, evidence)) if undo else ""
    response = respond(
        request,
        fragments={template: context},
        message=message,
        fallback=address,
        undo=Undo(url, fields) if undo and "oob" not in request.POST else None,
    )
    response["HX-Trigger"] = "rex:evidence-changed"
    return response


def _place(request: WorkspaceRequest, evidence: uuid.UUID) -> tuple[str, dict[str, Any], str]:
    """Return the fragment, its context and the page of the place where a change was made."""
    back, oob = request.POST.get("back", ""), {"oob": "oob" in request.POST}
    if not back:
        context = _piece_context(request, evidence)
        return "evidence_detail/_piece.html", context | oob, _address(request, context["piece"])
    row = _item(request, back)
    if row is None:
        raise Http404
    context = _item_context(request, row)
    return "evidence/_item_evidence.html", context | oob, _item_address(request, back)


def _piece_context(request: WorkspaceRequest, evidence: uuid.UUID) -> dict[str, Any]:
    piece = get_object_or_404(
        Evidence.objects.filter(workspace=request.workspace).with_current().with_items(),
        pk=evidence,
    )
    served = {item.responsibility.key for item in piece.items.all()}
    choices = [
        (section, [choice for choice in items if choice[0] not in served])
        for section, items in item_choices(request.workspace)
    ]
    return {
        "workspace": request.workspace,
        "nav": "evidence",
        "piece": piece,
        "revisions": piece.revisions.select_related("created_by"),
        "may_edit": may(request.actor, Action.EVIDENCE_EDIT, piece.seat_id),
        "link_form": LinkItemsForm(choices=[group for group in choices if group[1]]),
    }


def _item_context(request: WorkspaceRequest, row: ItemRow) -> dict[str, Any]:
    return {
        "workspace": request.workspace,
        "row": row,
        "may_edit_evidence": may_anywhere(request.actor, Action.EVIDENCE_EDIT),
    }


def _item(request: WorkspaceRequest, key: str) -> ItemRow | None:
    """Return an item of this workspace as the matrix has it, or None."""
    if "\x00" in key:  # PostgreSQL cannot even look for it
        return None
    ids = Item.objects.filter(workspace=request.workspace, responsibility__key=key).values_list(
        "pk", flat=True
    )
    return next(iter(load(request.workspace, item_ids=ids).rows), None) if ids else None


def _revision(request: WorkspaceRequest, evidence: uuid.UUID, number: int) -> EvidenceRevision:
    """Return a revision with a file, of this workspace."""
    return get_object_or_404(
        EvidenceRevision.objects.exclude(file=""),
        evidence__workspace=request.workspace,
        evidence=evidence,
        number=number,
    )


def _file(revision: EvidenceRevision, *, as_attachment: bool) -> FileResponse:
    """Stream a file with everything forbidden that a browser could do with it (RFC 6266)."""
    response = FileResponse(
        revision.file.open("rb"),
        as_attachment=as_attachment,
        filename=revision.file_name,
        content_type=revision.media_type,
    )
    response["Content-Security-Policy"] = FILE_POLICY
    response["Cache-Control"] = "private, no-store"
    response["X-Content-Type-Options"] = "nosniff"
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    return response


@contextmanager
def _found_or_404(request: WorkspaceRequest) -> Iterator[None]:
    """Turn what is not there into a 404; where the answer goes is looked up before the change."""
    back = request.POST.get("back", "")
    if back and _item(request, back) is None:
        raise Http404
    try:
        yield
    except (Evidence.DoesNotExist, Item.DoesNotExist) as missing:
        raise Http404 from missing


def _names(request: WorkspaceRequest, evidence: uuid.UUID) -> dict[str, Any]:
    return {"slug": request.workspace.slug, "evidence": evidence}


def _address(request: WorkspaceRequest, piece: Evidence) -> str:
    return reverse("evidence_detail", kwargs=_names(request, piece.pk))


def _item_address(request: WorkspaceRequest, key: str) -> str:
    return reverse("item_detail", kwargs={"slug": request.workspace.slug, "key": key})
