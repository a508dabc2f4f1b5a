"""One cell of the matrix: its picker, setting its letters, and taking that back."""

from __future__ import annotations

import uuid
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST
from django_htmx.http import reswap, retarget

from responsibilities import matrix as read_model
from responsibilities.forms.matrix import CellForm
from responsibilities.http import Undo, WorkspaceRequest, announce, in_workspace, respond
from responsibilities.matrix import ItemRow, Matrix, TeamColumn
from responsibilities.matrix.item import history
from responsibilities.models import Item, Workspace
from responsibilities.permissions import Action
from responsibilities.services import assignments
from responsibilities.services.errors import ConflictError, InvalidError
from responsibilities.tables import matrix as tables
from responsibilities.tables import matrix_picker


@require_http_methods(["GET", "HEAD", "POST"])
@in_workspace()
def cell(request: WorkspaceRequest, key: str, team_id: uuid.UUID) -> HttpResponse:
    """Show the picker of a cell; take the letters when they are sent.

    A change that somebody else was faster with answers the row as it is now, and both values.
    """
    grid, row, team = _cell_or_404(request.workspace, key, team_id)
    if request.method != "POST":
        return _picker(request, grid, row, team)
    form = CellForm(request.POST)
    if not form.is_valid():
        errors = [str(message) for messages in form.errors.values() for message in messages]
        return _picker(request, grid, row, team, errors=errors)
    present = row.cells.get(team.id, ())
    wanted = form.cell({h.letter: h.person.id if h.person else None for h in present})
    try:
        outcome = assignments.set_cells(
            actor=request.actor,
            workspace=request.workspace,
            key=key,
            cells={team.id: wanted},
            seen_version=form.cleaned_data["version"],
        )
    except InvalidError as refusal:
        return _picker(request, grid, row, team, errors=[refusal.message])
    except ConflictError:
        return _conflict(request, key, team, wanted)
    return _changed(request, outcome, team, row)


@require_POST
@in_workspace(Action.ASSIGN)
def cell_undo(request: WorkspaceRequest, key: str) -> HttpResponse:
    """Take the person's own last change to an item back.

    Answers the status line alone and tells the page that the item has changed, because the
    button stands on whatever page the person has gone to.
    """
    try:
        assignments.undo(
            actor=request.actor,
            workspace=request.workspace,
            key=key,
            token=request.POST.get("undo", ""),
        )
    except Item.DoesNotExist as missing:
        raise Http404 from missing
    except (ConflictError, InvalidError) as refusal:
        return _said(request, key, str(refusal), wrong=True)
    return _said(request, key, _("Undone: %(key)s is as it was.") % {"key": key})


def _cell_or_404(
    workspace: Workspace, key: str, team_id: uuid.UUID
) -> tuple[Matrix, ItemRow, TeamColumn]:
    """Return the matrix of this one item, its row and the team. Raises Http404 for foreign ones."""
    item = get_object_or_404(Item.objects.filter(workspace=workspace), responsibility__key=key)
    grid = read_model.load(workspace, item_ids=[item.pk])
    team = next((team for team in grid.teams if team.id == team_id), None)
    if team is None:
        raise Http404
    return grid, grid.by_key[key], team


def _frame(
    request: WorkspaceRequest, grid: Matrix, row: ItemRow, team: TeamColumn
) -> dict[str, Any]:
    return {
        "workspace": request.workspace,
        "nav": "matrix",
        "picker": matrix_picker.picker(grid, row, team, request.actor),
    }


def _picker(
    request: WorkspaceRequest,
    grid: Matrix,
    row: ItemRow,
    team: TeamColumn,
    errors: list[str] | None = None,
) -> HttpResponse:
    """Show the picker: as a fragment for htmx, else as a page."""
    context = _frame(request, grid, row, team) | {"errors": errors or []}
    template = "matrix/_picker.html" if request.htmx else "matrix/cell.html"
    response = render(request, template, context)
    patch_vary_headers(response, ("HX-Request",))
    if request.method == "POST" and request.htmx:
        return reswap(retarget(response, "#picker"), "innerHTML")
    return response


def _changed(
    request: WorkspaceRequest, outcome: assignments.Outcome, team: TeamColumn, before: ItemRow
) -> HttpResponse:
    grid = read_model.load(request.workspace)
    row = grid.by_key[before.key]
    message = f"{row.key}, {team.name}: {matrix_picker.written(row.cells.get(team.id, ()))}."
    owner = before.accountable
    if owner and owner.team.id != team.id and owner.team.id in outcome.previous:
        message += " " + _("A moved from %(team)s.") % {"team": owner.team.name}
    address = reverse("cell_undo", kwargs={"slug": request.workspace.slug, "key": row.key})
    return respond(
        request,
        fragments=tables.fragments(grid, row, request.actor) | {"matrix/_picker_closed.html": {}},
        message=message,
        fallback=_back(request, row.key),
        undo=Undo(address, {"undo": outcome.undo}) if outcome.undo else None,
    )


def _conflict(
    request: WorkspaceRequest, key: str, team: TeamColumn, wanted: dict[str, uuid.UUID | None]
) -> HttpResponse:
    """Show the item as it is now, both values, and the choice between them. Nothing is written."""
    grid = read_model.load(request.workspace)
    row = grid.by_key[key]
    context = _frame(request, grid, row, team) | {
        "clash": matrix_picker.clash(row, team, wanted, _last_author(row)),
        "out_of_band": True,
    }
    if not request.htmx:
        return render(request, "matrix/cell.html", context, status=409)
    parts = tables.fragments(grid, row, request.actor) | {"matrix/_conflict.html": context}
    html = [render_to_string(name, values, request) for name, values in parts.items()]
    response = HttpResponse("".join(html))
    patch_vary_headers(response, ("HX-Request",))
    return response


def _last_author(row: ItemRow) -> str:
    """Return who changed the item last, as the log names them."""
    events = history(row, 1).events
    return events[0].actor if events else ""


def _said(request: WorkspaceRequest, key: str, words: str, *, wrong: bool = False) -> HttpResponse:
    """Answer words for the status line, and tell the page that an item has changed."""
    response = respond(
        request, fragments={}, message=words, fallback=_back(request, key), wrong=wrong
    )
    announce(response, key)
    return response


def _back(request: WorkspaceRequest, key: str) -> str:
    address = reverse("matrix", kwargs={"slug": request.workspace.slug})
    return f"{address}#item-{key}"
