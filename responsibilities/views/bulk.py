"""The same change to many selected items at once."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse, QueryDict
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST
from django_htmx.http import reswap, retarget

from responsibilities import matrix as read_model
from responsibilities.forms.matrix import (
    BulkApplicabilityForm,
    BulkAssignForm,
    BulkForm,
    BulkReviewForm,
    SelectionForm,
)
from responsibilities.http import WorkspaceRequest, in_workspace, redirect_to, respond
from responsibilities.matrix import ItemRow, Matrix, MatrixFilter
from responsibilities.models import Item
from responsibilities.permissions import Action, may, may_anywhere
from responsibilities.services import bulk
from responsibilities.services.errors import InvalidError
from responsibilities.tables.matrix_page import page

SIGNED_AT_ONCE = 150
"""More keys than that do not fit into an address."""


@dataclass(frozen=True, slots=True)
class Change:
    """A kind of change: its form, its service, and whether it is the holding side's alone."""

    title: Any
    form: type[BulkForm]
    action: Action
    apply: Callable[..., list[Item]]
    by_holder: bool = True


def _assign(*, what: str, team: uuid.UUID, person: uuid.UUID | None, **kwargs: Any) -> list[Item]:
    if what == "take":
        return bulk.take(team_id=team, **kwargs)
    return bulk.give(team_id=team, person_id=person, **kwargs)


CHANGES: Mapping[str, Change] = {
    "assign": Change(
        gettext_lazy("Assign"), BulkAssignForm, Action.ASSIGN, _assign, by_holder=False
    ),
    "review": Change(
        gettext_lazy("Set the review date"), BulkReviewForm, Action.ITEM_EDIT, bulk.set_review
    ),
    "applicability": Change(
        gettext_lazy("Set whether they apply"),
        BulkApplicabilityForm,
        Action.ITEM_EDIT,
        bulk.set_applicability,
    ),
}


@dataclass(frozen=True, slots=True)
class Selection:
    """The selected items that a change is for, and those that it leaves out."""

    name: str
    query: str
    rows: Sequence[ItemRow]
    seen: Mapping[str, int]
    left_out: Sequence[ItemRow] = ()
    changed: Sequence[str] = ()

    @property
    def fields(self) -> list[tuple[str, str]]:
        """The hidden fields that carry the selection to the next step."""
        items = [("item", f"{row.key}:{self.seen[row.key]}") for row in self.rows]
        return [("change", self.name), ("query", self.query), *items]


@require_POST
@in_workspace()
def matrix_bulk(request: WorkspaceRequest) -> HttpResponse:
    """Ask what to do with the selected items, and do it when that is sent along (``apply``).

    Nothing is written if one of the items has changed since the person saw it; the answer then
    names the items, and goes on from how they are now.
    """
    sent = SelectionForm(request.POST)
    if not sent.is_valid():
        return _refused(request, sent)
    name = sent.cleaned_data["change"]
    if name == "sign":
        return _sign(request, list(sent.cleaned_data["item"]))
    change = CHANGES[name]
    if not may_anywhere(request.actor, change.action):
        raise PermissionDenied
    grid = read_model.load(request.workspace)
    selection = _selection(request, grid, change, sent.cleaned_data)
    data = request.POST if "apply" in request.POST else None
    form = change.form(data, matrix=grid, actor=request.actor)
    if data is None or not form.is_valid():
        return _ask(request, change, selection, form)
    return _apply(request, grid, change, selection, form)


def _selection(
    request: WorkspaceRequest, grid: Matrix, change: Change, data: Mapping[str, Any]
) -> Selection:
    if data["item"].keys() - grid.by_key.keys():
        raise Http404
    rows = [row for row in grid.rows if row.key in data["item"]]
    ours = [
        row
        for row in rows
        if not change.by_holder
        or may(request.actor, change.action, row.holder.id, vacant=row.holder.vacant)
    ]
    return Selection(
        name=data["change"],
        query=data["query"],
        rows=ours,
        seen=data["item"],
        left_out=[row for row in rows if row not in ours],
    )


def _apply(
    request: WorkspaceRequest, grid: Matrix, change: Change, selection: Selection, form: BulkForm
) -> HttpResponse:
    try:
        changed = change.apply(
            actor=request.actor,
            workspace=request.workspace,
            seen={row.key: selection.seen[row.key] for row in selection.rows},
            **form.cleaned_data,
        )
    except bulk.BulkConflictError as conflict:
        now = {row.key: row.version for row in grid.rows}
        form.add_error(None, str(conflict))
        return _ask(request, change, replace(selection, seen=now, changed=conflict.keys), form)
    except InvalidError as refusal:
        form.add_error(refusal.field if refusal.field in form.fields else None, refusal.message)
        return _ask(request, change, selection, form)
    count = len(changed)
    message = ngettext("%(count)s item changed.", "%(count)s items changed.", count)
    if not count:
        message = _("All of these items were like that already.")
    return _done(request, selection.query, message % {"count": count})


def _done(request: WorkspaceRequest, query: str, message: str) -> HttpResponse:
    """Answer the grid under the same filter, with nothing selected."""
    chosen = MatrixFilter.parse(
        QueryDict(query), seat_id=request.membership.seat_id, user_id=request.user.pk
    )
    context = page(read_model.load(request.workspace), chosen, request.actor)
    return respond(
        request,
        fragments={"matrix/_grid.html": context, "matrix/_bulk_closed.html": {}},
        message=message,
        fallback=f"{context['address']}?{context['query']}",
    )


def _ask(
    request: WorkspaceRequest, change: Change, selection: Selection, form: BulkForm
) -> HttpResponse:
    """Show the form of a change: as a dialog for htmx, else as a page."""
    context = {
        "workspace": request.workspace,
        "nav": "matrix",
        "change": change,
        "selection": selection,
        "form": form,
    }
    return _dialog(request, context)


def _refused(request: WorkspaceRequest, sent: SelectionForm) -> HttpResponse:
    errors = [str(message) for messages in sent.errors.values() for message in messages]
    return _dialog(request, {"workspace": request.workspace, "nav": "matrix", "errors": errors})


def _dialog(request: WorkspaceRequest, context: Mapping[str, Any]) -> HttpResponse:
    template = "matrix/_bulk_dialog.html" if request.htmx else "matrix/bulk.html"
    response = HttpResponse(render_to_string(template, dict(context), request))
    patch_vary_headers(response, ("HX-Request",))
    return reswap(retarget(response, "#bulk"), "innerHTML") if request.htmx else response


def _sign(request: WorkspaceRequest, keys: Sequence[str]) -> HttpResponse:
    """Go on to the page that lists the items with what a sign-off covers."""
    if len(keys) > SIGNED_AT_ONCE:
        error = _("Sign at most %(count)s items at once.") % {"count": SIGNED_AT_ONCE}
        context = {"workspace": request.workspace, "nav": "matrix", "errors": [error]}
        return _dialog(request, context)
    query = QueryDict(mutable=True)
    query.setlist("key", list(keys))
    address = reverse("signoff_bulk", kwargs={"slug": request.workspace.slug})
    return redirect_to(request, f"{address}?{query.urlencode()}")
