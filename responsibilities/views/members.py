"""Pages of members."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from responsibilities.http import WorkspaceRequest, in_workspace


@require_safe
@in_workspace()
def member_list(request: WorkspaceRequest) -> HttpResponse:
    """Show the members of a workspace."""
    return render(
        request, "member_list/page.html", {"workspace": request.workspace, "nav": "members"}
    )
