"""The audit log: every change of a workspace, and each event with its hashes."""

from __future__ import annotations

import json

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_safe

from responsibilities.forms.audit import AuditFilterForm
from responsibilities.http import WorkspaceRequest, in_workspace
from responsibilities.matrix import log
from responsibilities.models import AuditHead, Seat
from responsibilities.services import audit
from responsibilities.tables.audit import AuditTable, address_of
from responsibilities.tables.paging import arrange

EVENTS_PER_PAGE = 50


@require_safe
@in_workspace()
def audit_list(request: WorkspaceRequest) -> HttpResponse:
    """Show the events, newest first, filtered; the list alone with htmx."""
    workspace = request.workspace
    seats = _seats(request)
    form = AuditFilterForm(request.GET, seats=seats.values(), people=log.people(workspace))
    wanted = form.wanted
    table = AuditTable(log.events(workspace, wanted), slug=workspace.slug, seats=seats)
    arrange(table, request, per_page=EVENTS_PER_PAGE)
    context = {
        "workspace": workspace,
        "nav": "audit",
        "form": form,
        "table": table,
        "is_filtered": wanted.is_active,
        "total": AuditHead.objects.values_list("size", flat=True).get(workspace=workspace),
    }
    template = "audit_list/_log.html" if request.htmx else "audit_list/page.html"
    response = render(request, template, context)
    patch_vary_headers(response, ("HX-Request",))
    return response


@require_safe
@in_workspace()
def audit_detail(request: WorkspaceRequest, seq: int) -> HttpResponse:
    """Show one event with its leaf, its hashes, and whether they fit together."""
    workspace = request.workspace
    event = get_object_or_404(log.events(workspace, log.LogFilter()), seq=seq)
    size = AuditHead.objects.values_list("size", flat=True).get(workspace=workspace)
    leaf = json.loads(event.leaf)
    payload = event.payload
    entry = log.read(event)
    commitment = audit.payload_commit(bytes.fromhex(payload.salt), payload.payload.encode())
    payload_fits = payload.is_erased or commitment == leaf["payload_commit"]
    return render(
        request,
        "audit_detail/page.html",
        {
            "workspace": workspace,
            "nav": "audit",
            "event": event,
            "entry": entry,
            "seat": _seats(request).get(event.side),
            "link": address_of(workspace.slug, entry),
            "items": log.touched_items(event),
            "commitment": leaf["payload_commit"],
            "fits": audit.leaf_hash(event.leaf.encode()) == event.leaf_hash and payload_fits,
            "newer": seq + 1 if seq + 1 < size else None,
            "older": seq - 1 if seq else None,
        },
    )


def _seats(request: WorkspaceRequest) -> dict[str, Seat]:
    seats = Seat.objects.filter(workspace=request.workspace).select_related("party", "organization")
    return {seat.party.key: seat for seat in seats}
