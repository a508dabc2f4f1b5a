"""Signing, one item or many; withdrawing; the register of sign-offs."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from responsibilities import matrix
from responsibilities.forms.signoffs import (
    BulkSignForm,
    Sight,
    SignForm,
    WithdrawForm,
    seal,
)
from responsibilities.http import WorkspaceRequest, announce, in_workspace, is_in_panel, redirect_to
from responsibilities.identity import ask_again, prove_identity
from responsibilities.matrix import ItemRow, MatrixFilter
from responsibilities.models import Item, Signoff
from responsibilities.permissions import Action, NotAllowedError
from responsibilities.services import signoffs, statements
from responsibilities.services.errors import InvalidError

BULK_LIMIT = 200
ROWS_PER_PAGE = 50


def ask_first(request: WorkspaceRequest, address: str) -> HttpResponse | None:
    """Return the way to a fresh proof of identity and back, if one is needed before signing."""
    words = _("Nothing is signed yet. Prove first that it is you, then sign.")
    return ask_again(request, address, words=words)


@require_http_methods(["GET", "HEAD", "POST"])
@in_workspace(Action.SIGN)
def signoff_sign(request: WorkspaceRequest, key: str) -> HttpResponse:
    """Show what a sign-off of an item covers; sign when the form is sent."""
    row = _row(request, key)
    if request.method == "POST" or not request.htmx:
        proof_first = ask_first(request, _address("signoff_sign", request, key))
        if proof_first:
            return proof_first
    if request.method != "POST":
        return _ceremony(request, row)
    form = SignForm(request.POST, membership=request.membership)
    if not form.is_valid() or key not in form.sights:
        return _ceremony(request, row, form=form)
    sight = form.sights[key]
    try:
        signoff = signoffs.sign(
            actor=request.actor,
            workspace=request.workspace,
            key=key,
            shown=sight.shown,
            authentication=prove_identity(request),
        )
    except signoffs.ChangedError as changed:
        return _conflict(
            request, changed.rows, {key: sight}, _address("signoff_sign", request, key)
        )
    except signoffs.RefusedError as refused:
        return _ceremony(request, _row(request, key), refusal=refused.reasons[key])
    message = _("%(key)s signed.") % {"key": key}
    if not request.htmx:
        messages.success(request, message)
        return HttpResponseRedirect(_address("item_detail", request, key))
    return _receipt(request, _row(request, key), signoff, message)


@require_http_methods(["GET", "HEAD", "POST"])
@in_workspace(Action.SIGN)
def signoff_withdraw(request: WorkspaceRequest, signoff_id: uuid.UUID) -> HttpResponse:
    """Ask for the reason; withdraw the sign-off when it is given."""
    signoff = _signoff(request, signoff_id)
    key = signoff.item.responsibility.key
    form = WithdrawForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            signoffs.withdraw(
                actor=request.actor, signoff=signoff, reason=form.cleaned_data["reason"]
            )
        except InvalidError as refused:
            form.add_error(refused.field or None, refused.message)
        else:
            message = _("Sign-off on %(key)s withdrawn.") % {"key": key}
            if not request.htmx:
                messages.success(request, message)
                return HttpResponseRedirect(_address("item_detail", request, key))
            return _receipt(request, _row(request, key), signoff, message, withdrawn=True)
    refusal = signoffs.why_not_sign(request.actor, signoff.seat_id)
    if refusal:
        raise NotAllowedError(refusal)
    context = {"signoff": signoff, "row": _row(request, key), "form": form}
    return _show(request, "signoff_withdraw", context)


@require_http_methods(["GET", "HEAD", "POST"])
@in_workspace(Action.SIGN)
def signoff_bulk(request: WorkspaceRequest) -> HttpResponse:
    """List items with what is covered; sign those that stay ticked, all or none.

    The address names them (``?key=…&key=…``); without names they are all that wait for us.
    """
    if request.method != "POST":
        return ask_first(request, request.get_full_path()) or _bulk(
            request, request.GET.getlist("key")
        )
    form = BulkSignForm(request.POST, membership=request.membership)
    if not form.is_valid():
        sights = form.cleaned_data.get("shown", {})
        return _bulk(request, list(sights), form=form)
    chosen = form.chosen
    proof_first = ask_first(request, _bulk_address_of(request, chosen))
    if proof_first:
        return proof_first
    try:
        signed = signoffs.sign_many(
            actor=request.actor,
            workspace=request.workspace,
            shown={key: sight.shown for key, sight in chosen.items()},
            authentication=prove_identity(request),
        )
    except signoffs.ChangedError as changed:
        return _conflict(
            request, changed.rows, chosen, _bulk_address_of(request, chosen), many=True
        )
    except signoffs.RefusedError as refused:
        return _bulk(request, list(chosen), refused=refused.reasons)
    message = ngettext("%(count)s item signed.", "%(count)s items signed.", len(signed))
    messages.success(request, message % {"count": len(signed)})
    register = reverse("signoff_list", kwargs={"slug": request.workspace.slug})
    return redirect_to(request, f"{register}?tab=all")


def _bulk_address_of(request: WorkspaceRequest, keys: Iterable[str]) -> str:
    return f"{_bulk_address(request)}?{urlencode([('key', key) for key in keys])}"


def _ceremony(
    request: WorkspaceRequest, row: ItemRow, *, form: SignForm | None = None, refusal: str = ""
) -> HttpResponse:
    """Show exactly what a sign-off covers, and the button; or why it cannot be signed."""
    elsewhere = signoffs.signed_for_other_sides(request.actor, [row.id])
    refusal = refusal or signoffs.obstacle(request.actor, row, elsewhere)
    return _show(
        request,
        "signoff_sign",
        {
            "row": row,
            "form": form,
            "refusal": refusal,
            "offer": statements.offer(row, request.membership),
            "meaning": statements.meaning_of(row, request.membership.seat_id),
            "shown": "" if refusal else seal([row], request.membership),
        },
    )


def _receipt(
    request: WorkspaceRequest,
    row: ItemRow,
    signoff: Signoff,
    message: str,
    *,
    withdrawn: bool = False,
) -> HttpResponse:
    """Show in the panel what was recorded, and which item waits next."""
    grid = matrix.load(request.workspace)
    rows = signoffs.waiting(request.actor, grid)
    order = {found.key: place for place, found in enumerate(grid.rows)}
    after = [found for found in rows if order[found.key] > order[row.key]]
    side = row.side(signoff.seat_id)
    context = {
        "row": row,
        "recorded": side.signoff if side else None,
        "withdrawn": withdrawn,
        "waiting": len(rows),
        "next": next(iter(after or rows), None),
        "status_message": message,
    }
    response = _show(request, "signoff_receipt", context)
    announce(response, row.key)
    return response


def _bulk(
    request: WorkspaceRequest,
    keys: Sequence[str],
    *,
    form: BulkSignForm | None = None,
    refused: Mapping[str, str] | None = None,
) -> HttpResponse:
    """Show the items that can be signed now, and those that cannot, with the reason."""
    grid = matrix.load(request.workspace)
    waiting = signoffs.waiting(request.actor, grid)
    rows = [row for row in waiting if not keys or row.key in keys]
    shown = rows[:BULK_LIMIT]
    blocked: list[tuple[ItemRow, str]] = []
    if keys:
        elsewhere = signoffs.signed_for_other_sides(request.actor, (row.id for row in grid.rows))
        reasons = ((row, signoffs.obstacle(request.actor, row, elsewhere)) for row in grid.rows)
        blocked = [(row, reason) for row, reason in reasons if row.key in keys and reason]
    ticked = request.POST.getlist("key") if form else [row.key for row in shown]
    context = {
        "rows": [
            (row, statements.offer(row, request.membership), row.key in ticked) for row in shown
        ],
        "left_over": len(rows) - len(shown),
        "blocked": blocked,
        "form": form,
        "refused": refused,
        "shown": seal(shown, request.membership),
    }
    return _show(request, "signoff_bulk", context)


def _conflict(
    request: WorkspaceRequest,
    rows: Iterable[ItemRow],
    sights: Mapping[str, Sight],
    again: str,
    *,
    many: bool = False,
) -> HttpResponse:
    """Show what changed between what the signer saw and now. Nothing was signed."""
    rows = list(rows)
    found = matrix.compare([(sights[row.key].content, row) for row in rows])
    context = {
        "changed": list(zip(rows, found, strict=True)),
        "again": again,
        "many": many,
        "row": rows[0],
    }
    response = _show(request, "signoff_conflict", context)
    if not request.htmx:
        response.status_code = 409
    return response


def _show(request: WorkspaceRequest, folder: str, context: Mapping[str, Any]) -> HttpResponse:
    """Render a page, or its panel when htmx asks for that."""
    in_panel = is_in_panel(request)
    full = {
        "workspace": request.workspace,
        "membership": request.membership,
        "nav": "signoffs",
        "in_panel": in_panel,
        "query": MatrixFilter.parse(request.GET).query_string(),
        **context,
    }
    response = render(request, f"{folder}/{'_panel' if in_panel else 'page'}.html", full)
    patch_vary_headers(response, ("HX-Request", "HX-Target"))
    return response


def _row(request: WorkspaceRequest, key: str) -> ItemRow:
    """Return an item of this workspace as it is now. Raises Http404 for a foreign key."""
    item_id = (
        Item.objects.filter(workspace=request.workspace, responsibility__key=key)
        .values_list("pk", flat=True)
        .first()
    )
    if item_id is None:
        raise Http404
    return matrix.load(request.workspace, item_ids=[item_id]).rows[0]


def _signoff(request: WorkspaceRequest, signoff_id: uuid.UUID) -> Signoff:
    """Return a sign-off of this workspace. Raises Http404 for a foreign one."""
    signoff = (
        Signoff.objects.filter(pk=signoff_id, item__workspace=request.workspace)
        .select_related("item__responsibility", "item__workspace", "seat__organization")
        .first()
    )
    if signoff is None:
        raise Http404
    return signoff


def _address(name: str, request: WorkspaceRequest, key: str) -> str:
    """Return the address of a view of an item, with the filter that it was opened from."""
    address = reverse(name, kwargs={"slug": request.workspace.slug, "key": key})
    query = MatrixFilter.parse(request.GET).query_string()
    return f"{address}?{query}" if query else address


def _bulk_address(request: WorkspaceRequest) -> str:
    return reverse("signoff_bulk", kwargs={"slug": request.workspace.slug})
