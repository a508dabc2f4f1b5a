"""Pages of matrix."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from responsibilities.http import WorkspaceRequest, in_workspace


@require_safe
@in_workspace()
def matrix(request: WorkspaceRequest) -> HttpResponse:
    """Show the matrix of a workspace."""
    return render(request, "matrix/page.html", {"workspace": request.workspace, "nav": "matrix"})
