"""Pages of exports."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from responsibilities.http import WorkspaceRequest, in_workspace


@require_safe
@in_workspace()
def export_list(request: WorkspaceRequest) -> HttpResponse:
    """Show the exports of a workspace."""
    return render(
        request, "export_list/page.html", {"workspace": request.workspace, "nav": "exports"}
    )
