"""Releases: the list of them, one of them, and the proposal of the next."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from responsibilities import matrix
from responsibilities.choices import ReleaseStatus
from responsibilities.forms.releases import DraftSight, ProposeForm, seal_draft
from responsibilities.http import (
    WorkspaceRequest,
    in_workspace,
    posted,
    redirect_to,
    release_or_404,
)
from responsibilities.matrix import Matrix
from responsibilities.matrix import releases as editions
from responsibilities.matrix.activity import recent
from responsibilities.matrix.counts import side_totals, totals
from responsibilities.matrix.release_changes import count_changes
from responsibilities.models import AuditHead, Export
from responsibilities.permissions import Action, may_anywhere
from responsibilities.services import releases
from responsibilities.services.errors import InvalidError
from responsibilities.tables.findings import found_links
from responsibilities.tables.paging import arrange
from responsibilities.tables.releases import ReleaseRow, ReleaseTable, release_rows

ROWS_PER_PAGE = 25
HAPPENINGS_SHOWN = 10


@require_safe
@in_workspace()
def release_list(request: WorkspaceRequest) -> HttpResponse:
    """Show all releases and proposals, on top what waits and what is in force."""
    rows = _rows(request)
    table = ReleaseTable(rows, slug=request.workspace.slug)
    arrange(table, request, per_page=ROWS_PER_PAGE)
    context = {
        "table": table,
        "proposal": _with_status(rows, ReleaseStatus.PROPOSED),
        "current": _with_status(rows, ReleaseStatus.CURRENT),
        "awaited": bool(releases.awaits(request.actor)),
        "may_release": may_anywhere(request.actor, Action.RELEASE),
    }
    return _page(request, "release_list/page.html", context)


@require_safe
@in_workspace()
def release_detail(request: WorkspaceRequest, number: str) -> HttpResponse:
    """Show what a release is, its exact digest, who attested it, and what became of it."""
    release = release_or_404(request, number)
    row = next(row for row in _rows(request) if row.info.id == release.pk)
    context = {
        "row": row,
        "is_intact": editions.is_intact(release),
        "refusal": releases.obstacle(request.actor, release),
        "may_release": may_anywhere(request.actor, Action.RELEASE),
        "may_export": may_anywhere(request.actor, Action.EXPORT),
        "pdf": Export.objects.of_release(release).first(),
    }
    return _page(request, "release_detail/page.html", context)


@require_safe
@in_workspace(Action.EXPORT)
def release_snapshot(request: WorkspaceRequest, number: str) -> HttpResponse:
    """Hand the frozen matrix out: the canonical JSON whose SHA-256 is the release's digest."""
    release = release_or_404(request, number)
    response = HttpResponse(release.snapshot.encode(), content_type="application/json")
    name = f"{request.workspace.slug}-release-{release.number}.json"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


@require_http_methods(["GET", "HEAD", "POST"])
@in_workspace(Action.RELEASE)
def release_new(request: WorkspaceRequest) -> HttpResponse:
    """Show what a release would freeze, and propose it.

    Nothing is proposed unless the draft is still what was shown. If it is not, the page says
    what happened meanwhile and keeps what was typed.
    """
    numbers = releases.numbers(request.workspace)
    form = ProposeForm(posted(request), membership=request.membership, numbers=numbers)
    if request.method != "POST":
        return _proposal(request, form)
    if not form.is_valid():
        return _proposal(request, form, status=409 if form.is_foreign else 200)
    try:
        release = releases.propose(
            actor=request.actor,
            workspace=request.workspace,
            shown_digest=form.sight.digest,
            step=form.step,
            summary=form.cleaned_data["summary"],
            paper=form.cleaned_data["paper"],
        )
    except releases.DraftChangedError:
        return _proposal(request, form, status=409, shown=form.sight)
    except releases.BlockedError as blocked:
        form.add_error(None, blocked.message)
        return _proposal(request, form, status=409)
    except InvalidError as refused:
        form.add_error(refused.field or None, refused.message)
        return _proposal(request, form, status=409)
    words = _("Release %(number)s is proposed. It waits for the attestation of every side.")
    messages.success(request, words % {"number": release.number})
    return redirect_to(request, _address(request, release.number))


def _proposal(
    request: WorkspaceRequest,
    form: ProposeForm,
    *,
    status: int = 200,
    shown: DraftSight | None = None,
) -> HttpResponse:
    """Show the draft as it is now, and the form. `shown` is what the proposer saw, if it changed.

    With htmx always 200, because the answer is swapped in.
    """
    size = AuditHead.objects.values_list("size", flat=True).get(workspace=request.workspace)
    grid = matrix.load(request.workspace)
    rows = _rows(request)
    digest = matrix.digest(grid)
    found = found_links(grid, request.workspace.slug, blocking=request.workspace.blocking_findings)
    context = {
        **_held(grid),
        "differing": count_changes(editions.current(request.workspace), grid),
        "form": form,
        "digest": digest,
        "shown": seal_draft(DraftSight(digest, size), request.membership),
        "proposal": _with_status(rows, ReleaseStatus.PROPOSED),
        "current": _with_status(rows, ReleaseStatus.CURRENT),
        "blocking": [link for link in found if link.blocks],
        "findings": [link for link in found if not link.blocks],
        "may_edit": may_anywhere(request.actor, Action.WORKSPACE_EDIT),
        "has_changed": shown is not None,
        "happenings": recent(request.workspace, since=shown.size, limit=HAPPENINGS_SHOWN)
        if shown
        else [],
    }
    template = "release_new/_proposal.html" if request.htmx else "release_new/page.html"
    return _page(request, template, context, status=200 if request.htmx else status)


def _held(grid: Matrix) -> dict[str, Any]:
    """Return what stands in a matrix, counted."""
    return {
        "grid": grid,
        "totals": totals(grid.rows, ()),
        "sides": [(side, side.items - side.signed) for side in side_totals(grid)],
    }


def _rows(request: WorkspaceRequest) -> list[ReleaseRow]:
    """Return all releases of the workspace with where each side stands. Four queries."""
    seats = request.workspace.seats.select_related("party", "organization").order_by(
        "party__position"
    )
    return release_rows(editions.releases(request.workspace), seats, request.actor.seat_id)


def _with_status(rows: list[ReleaseRow], status: ReleaseStatus) -> ReleaseRow | None:
    return next((row for row in rows if row.info.status == status), None)


def _address(request: WorkspaceRequest, number: str) -> str:
    slug = request.workspace.slug
    return reverse("release_detail", kwargs={"slug": slug, "number": number})


def _page(
    request: WorkspaceRequest, template: str, context: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    full = {
        "workspace": request.workspace,
        "membership": request.membership,
        "nav": "releases",
        **context,
    }
    response = render(request, template, full, status=status)
    patch_vary_headers(response, ("HX-Request",))
    return response
