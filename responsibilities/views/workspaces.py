"""Pages of overview."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from responsibilities.http import SignedInRequest, WorkspaceRequest, in_workspace, signed_in


@require_safe
@in_workspace()
def workspace_overview(request: WorkspaceRequest) -> HttpResponse:
    """Show the overview of a workspace."""
    return render(
        request, "workspace_overview/page.html", {"workspace": request.workspace, "nav": "overview"}
    )


@require_safe
@signed_in
def workspace_list(request: SignedInRequest) -> HttpResponse:
    """Show the workspaces of the person who is signed in."""
    return render(request, "workspace_list/page.html")


@require_safe
@signed_in
def workspace_new(request: SignedInRequest) -> HttpResponse:
    """Show the form for a new workspace."""
    return render(request, "workspace_new/page.html")
