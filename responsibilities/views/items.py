"""The page of one item, whole or as a panel beside the matrix."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe
from django_htmx.http import retarget

from responsibilities.forms.items import ItemForm, merge, reopened, service_values
from responsibilities.http import (
    WorkspaceRequest,
    announce,
    editions_context,
    in_workspace,
    is_in_panel,
    may_show_then,
    respond,
)
from responsibilities.matrix import Difference, ItemRow, MatrixFilter, SideState
from responsibilities.matrix.as_of import Edition
from responsibilities.matrix.item import ItemPage, history, item_of, load_item
from responsibilities.models import Item
from responsibilities.permissions import Action, may, may_anywhere, why_not
from responsibilities.services import items, signoffs
from responsibilities.services.errors import ConflictError, InvalidError, NotAllowedError


@require_safe
@in_workspace()
@may_show_then
def item_detail(request: WorkspaceRequest, key: str) -> HttpResponse:
    """Show an item, of the draft or of an edition: the whole page, or the panel for htmx."""
    if request.then:
        context = _past_context(request, request.then, key)
    else:
        context = _context(request, _load(request, key))
    template = "_panel.html" if is_in_panel(request) else "page.html"
    response = render(request, f"item_detail/{template}", context)
    patch_vary_headers(response, ("HX-Request", "HX-Target"))
    return response


@require_safe
@in_workspace()
def item_history(request: WorkspaceRequest, key: str) -> HttpResponse:
    """Show one page of an item's history: alone, or as a fragment."""
    page = _load(request, key)
    context = _frame(request, page) | _history(request, page)
    template = "item_detail/_history.html" if request.htmx else "item_history/page.html"
    response = render(request, template, context)
    patch_vary_headers(response, ("HX-Request",))
    return response


@require_http_methods(["GET", "HEAD", "POST"])
@in_workspace()
def item_edit(request: WorkspaceRequest, key: str) -> HttpResponse:
    """Show the form of an item; take it when it is sent."""
    page = _load(request, key)
    refusal = _edit_refusal(request, page.row)
    if refusal:
        raise NotAllowedError(refusal)
    if request.method != "POST":
        return _form(request, page, ItemForm(row=page.row))
    form = ItemForm(request.POST, row=page.row)
    if not form.is_valid():
        return _form(request, page, form)
    return _save(request, page, form)


def _save(request: WorkspaceRequest, page: ItemPage, form: ItemForm) -> HttpResponse:
    """Save a valid form. After somebody else's save, put both together or show both."""
    values, version = form.values(), form.cleaned_data["version"]
    if version != page.row.version:
        merged = merge(form, page.row)
        values, version = dict(merged.values), page.row.version
        if merged.clashes:
            return _form(request, page, reopened(page.row, values), clashes=merged.clashes)
    try:
        items.edit(
            actor=request.actor,
            workspace=request.workspace,
            key=page.row.key,
            seen_version=version,
            **service_values(values),
        )
    except InvalidError as refused:
        form.add_error(refused.field or None, refused.message)
        return _form(request, page, form)
    except ConflictError as meanwhile:
        form.add_error(None, str(meanwhile))
        return _form(request, _load(request, page.row.key), form)
    saved = _load(request, page.row.key)
    response = respond(
        request,
        fragments={"item_detail/_item.html": _context(request, saved)},
        message=_("%(key)s saved.") % {"key": saved.row.key},
        fallback=_address(request, saved.row.key),
    )
    if request.htmx:
        retarget(response, "#item")  # the form sits in its section; a save renews the whole item
        announce(response, saved.row.key)
    return response


def _form(request: WorkspaceRequest, page: ItemPage, form: ItemForm, **extra: Any) -> HttpResponse:
    """Show the form: a fragment for htmx, else a page."""
    context = _frame(request, page) | {"form": form, **extra}
    if request.htmx:
        response = render(request, "item_edit/_form.html", context)
    else:
        response = render(request, "item_edit/page.html", context)
    patch_vary_headers(response, ("HX-Request",))
    return response


def _load(request: WorkspaceRequest, key: str) -> ItemPage:
    """Load an item of this workspace, in the order of the filter in the address."""
    try:
        return load_item(request.workspace, key, _wanted(request))
    except Item.DoesNotExist as missing:
        raise Http404 from missing


def _wanted(request: WorkspaceRequest, as_of: str = "") -> MatrixFilter:
    return MatrixFilter.parse(
        request.GET, seat_id=request.membership.seat_id, user_id=request.user.pk, as_of=as_of
    )


def _edit_refusal(request: WorkspaceRequest, row: ItemRow) -> str:
    """Return why the person may not edit the item, or an empty text. Names the holding side."""
    actor, holder = request.actor, row.holder
    refusal = why_not(actor, Action.ITEM_EDIT, holder.id, vacant=holder.vacant)
    if refusal and may_anywhere(actor, Action.ITEM_EDIT):
        return _("%(holder)s holds this duty and edits it.") % {"holder": holder.organization}
    return refusal


def _address(request: WorkspaceRequest, key: str) -> str:
    """Return the address of an item, with the filter that it was opened from."""
    address = reverse("item_detail", kwargs={"slug": request.workspace.slug, "key": key})
    query = MatrixFilter.parse(request.GET).query_string()
    return f"{address}?{query}" if query else address


def _keeps_focus(request: WorkspaceRequest, page: ItemPage) -> bool:
    """Say whether the link that was pressed is there again, so that it keeps the focus."""
    pressed = request.htmx.trigger
    return (pressed == "item-previous" and page.previous is not None) or (
        pressed == "item-next" and page.next is not None
    )


def _frame(request: WorkspaceRequest, page: ItemPage) -> dict[str, Any]:
    """Return what every template of an item needs."""
    return {
        "workspace": request.workspace,
        "nav": "matrix",
        "in_panel": is_in_panel(request),
        "page": page,
        "row": page.row,
        "query": MatrixFilter.parse(request.GET).query_string(),
    }


def _history(request: WorkspaceRequest, page: ItemPage) -> dict[str, Any]:
    return {"history": history(page.row, request.GET.get("page", "1"))}


def _past_context(request: WorkspaceRequest, then: Edition, key: str) -> dict[str, Any]:
    """Return what an item of an edition shows: nothing to change, and no history."""
    wanted = _wanted(request, then.text)
    try:
        page = item_of(then.matrix, key, wanted)
    except Item.DoesNotExist as missing:
        raise Http404 from missing
    return (
        _frame(request, page)
        | editions_context(request, MatrixFilter.parse(request.GET).query_string())
        | {
            "query": wanted.query_string(),
            "day": then.matrix.today,
            "sides": _sides(page),
            "keeps_focus": _keeps_focus(request, page),
        }
    )


def _sides(page: ItemPage) -> list[tuple[SideState, Sequence[Difference]]]:
    """Return where each side stands, and what changed since its sign-off if that is stale."""
    return [
        (side, page.changes.get(side.signoff.id, ()) if side.signoff else ())
        for side in page.row.sides
    ]


def _context(request: WorkspaceRequest, page: ItemPage) -> dict[str, Any]:
    """Return everything that the item shows."""
    row, actor = page.row, request.actor
    sign_refusal = signoffs.why_not_sign(actor)
    if not sign_refusal:
        elsewhere = signoffs.signed_for_other_sides(actor, [row.id])
        sign_refusal = signoffs.obstacle(actor, row, elsewhere)
    return (
        _frame(request, page)
        | _history(request, page)
        | {
            "edit_refusal": _edit_refusal(request, row),
            "may_edit_evidence": may_anywhere(actor, Action.EVIDENCE_EDIT),
            "assignable": {
                team.id
                for team in page.grid.teams
                if may(actor, Action.ASSIGN, team.seat.id, vacant=team.seat.vacant)
            },
            "free_teams": [team for team in page.grid.teams if team.id not in row.cells],
            "sides": _sides(page),
            "keeps_focus": _keeps_focus(request, page),
            "my_seat_id": actor.seat_id,
            "sign_refusal": sign_refusal,
            "may_sign": not signoffs.why_not_sign(actor),
        }
    )
