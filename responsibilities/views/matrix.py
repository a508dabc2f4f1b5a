"""The matrix: the page, the part of it that a filter changes, and one row of it."""

from __future__ import annotations

from dataclasses import replace

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_safe
from django_htmx.http import push_url

from responsibilities import matrix as read_model
from responsibilities.http import (
    WorkspaceRequest,
    editions_context,
    in_workspace,
    may_show_then,
)
from responsibilities.matrix import MatrixFilter
from responsibilities.tables.matrix import fragments
from responsibilities.tables.matrix_page import page


@require_safe
@in_workspace()
@may_show_then
def matrix(request: WorkspaceRequest) -> HttpResponse:
    """Show the matrix of a workspace, or of an edition of it, filtered by the address.

    With htmx a change of the filter bar answers the grid and its counts alone, anything else
    (a chip taken away, all filters cleared) the filter bar as well.
    """
    then = request.then
    chosen = MatrixFilter.parse(
        request.GET,
        seat_id=request.membership.seat_id,
        user_id=request.user.pk,
        as_of=then.text if then else "",
    )
    everything = then.matrix if then else read_model.load(request.workspace)
    context = page(everything, chosen, request.actor)
    context |= editions_context(request, replace(chosen, as_of="").query_string())
    context["workspace"] = request.workspace
    if not request.htmx:
        response = render(request, "matrix/page.html", context)
    else:
        part = "grid" if request.htmx.target == "grid-view" else "view"
        names = (f"matrix/_{part}.html", "matrix/_announced.html")
        response = HttpResponse("".join(render_to_string(name, context, request) for name in names))
        query = f"?{context['query']}" if context["query"] else ""
        shown = f"{context['address']}{query}"
        push_url(response, False if request.htmx.current_url_abs_path == shown else shown)
    patch_vary_headers(response, ("HX-Request", "HX-Target"))
    return response


@require_safe
@in_workspace()
def matrix_row(request: WorkspaceRequest, key: str) -> HttpResponse:
    """Answer one row as it is now, and the totals."""
    grid = read_model.load(request.workspace)
    row = grid.by_key.get(key)
    if row is None:
        raise Http404
    parts = [
        render_to_string(name, context, request)
        for name, context in fragments(grid, row, request.actor).items()
    ]
    return HttpResponse("".join(parts))
