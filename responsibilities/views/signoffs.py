"""Pages of sign-offs."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from responsibilities.http import WorkspaceRequest, in_workspace


@require_safe
@in_workspace()
def signoff_list(request: WorkspaceRequest) -> HttpResponse:
    """Show the sign-offs of a workspace."""
    return render(
        request, "signoff_list/page.html", {"workspace": request.workspace, "nav": "signoffs"}
    )
