"""The register of sign-offs, and one sign-off with its statement."""

from __future__ import annotations

import datetime as dt
import json
import uuid

from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_safe

from responsibilities import matrix
from responsibilities.forms.signoffs import RegisterFilterForm
from responsibilities.http import WorkspaceRequest, in_workspace
from responsibilities.models import Signoff
from responsibilities.services import signoffs, statements
from responsibilities.tables.paging import arrange
from responsibilities.tables.signoffs import SignoffTable, entries, select

ROWS_PER_PAGE = 50
REGISTER = "register"


@require_safe
@in_workspace()
def signoff_list(request: WorkspaceRequest) -> HttpResponse:
    """Show what waits for our side, or the register of all sign-offs (``?tab=all``)."""
    grid = matrix.load(request.workspace)
    waiting = signoffs.waiting(request.actor, grid)
    tab = "all" if request.GET.get("tab") == "all" else "waiting"
    found = entries(grid)
    seat_id = request.actor.seat_id
    page = Paginator(waiting, ROWS_PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "workspace": request.workspace,
        "nav": "signoffs",
        "tab": tab,
        "waiting": len(waiting),
        "page": page,
        "lines": [(row, row.side(seat_id), statements.meaning_of(row, seat_id)) for row in page],
        "given": len(found),
        "sign_refusal": signoffs.why_not_sign(request.actor),
    }
    if tab == "all":
        form = RegisterFilterForm(
            request.GET,
            seats=grid.seats,
            people={str(entry.signer_id): entry.name for entry in found},
        )
        table = SignoffTable(select(found, form.wanted()), slug=request.workspace.slug)
        arrange(table, request, per_page=ROWS_PER_PAGE)
        context |= {"form": form, "table": table, "filtered": bool(form.wanted())}
    is_part = request.htmx.target == REGISTER
    template = "signoff_list/_register.html" if is_part else "signoff_list/page.html"
    response = render(request, template, context)
    patch_vary_headers(response, ("HX-Request", "HX-Target"))
    return response


@require_safe
@in_workspace()
def signoff_detail(request: WorkspaceRequest, signoff_id: uuid.UUID) -> HttpResponse:
    """Show one sign-off: who, when, meaning, the statement that was signed, what it covers."""
    signoff = (
        Signoff.objects.filter(pk=signoff_id, item__workspace=request.workspace)
        .select_related("seat__party", "seat__organization", "withdrawal__withdrawn_by")
        .first()
    )
    if signoff is None:
        raise Http404
    grid = matrix.load(request.workspace, item_ids=[signoff.item_id])
    row = grid.rows[0]
    said = json.loads(signoff.statement)
    side = row.side(signoff.seat_id)
    is_newest = bool(side and side.signoff and side.signoff.id == signoff.pk)
    (changes,) = matrix.compare([(json.loads(signoff.content), row)])
    return render(
        request,
        "signoff_detail/page.html",
        {
            "workspace": request.workspace,
            "nav": "signoffs",
            "signoff": signoff,
            "withdrawal": getattr(signoff, "withdrawal", None),
            "row": row,
            "said": said,
            "authenticated_at": dt.datetime.fromisoformat(said["authentication"]["at"]),
            "side": side,
            "is_newest": is_newest,
            "changes": changes,
            "may_withdraw": is_newest
            and not hasattr(signoff, "withdrawal")
            and not signoffs.why_not_sign(request.actor, signoff.seat_id),
        },
    )
