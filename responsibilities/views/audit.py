"""Pages of audit log."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from responsibilities.http import WorkspaceRequest, in_workspace


@require_safe
@in_workspace()
def audit_list(request: WorkspaceRequest) -> HttpResponse:
    """Show the audit log of a workspace."""
    return render(request, "audit_list/page.html", {"workspace": request.workspace, "nav": "audit"})
