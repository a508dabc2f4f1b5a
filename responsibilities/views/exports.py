"""Exports: ask for one, watch it, cancel it, download it."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from typing import Any

from django.http import FileResponse, Http404, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import get_object_or_404, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from responsibilities import matrix
from responsibilities.choices import ExportStatus
from responsibilities.exchange import filters
from responsibilities.forms.exports import ExportForm
from responsibilities.http import WorkspaceRequest, in_workspace, respond
from responsibilities.matrix import Matrix, MatrixFilter
from responsibilities.models import Export, Membership
from responsibilities.permissions import Action, may_anywhere
from responsibilities.services import exports
from responsibilities.services.errors import InvalidError
from responsibilities.tables.exports import ExportTable, export_rows
from responsibilities.tables.paging import arrange
from responsibilities.tasks import queue_export

ROWS_PER_PAGE = 25
MEDIA_TYPES = {"pdf": "application/pdf", "json": "application/json"}

LIST = "export_list/_list.html"
FORM = "export_list/_form.html"


@require_safe
@in_workspace()
def export_list(request: WorkspaceRequest) -> HttpResponse:
    """Show the exports, and the form for a new one with the filter of the address.

    With htmx only the list: it asks again every second while an export is under way, and
    ``?watched=`` names those, so that their end can be told.
    """
    if request.htmx:
        context = _list_context(request)
        ended = _ended(request)
        content = render_to_string(LIST, context, request)
        if ended:
            content += render_to_string("_status.html", ended, request)
        response = HttpResponse(content)
    else:
        query = _filter_of(request, request.GET).query_string()
        form = ExportForm(initial={"query": query})
        response = render(request, "export_list/page.html", _page_context(request, form))
    patch_vary_headers(response, ("HX-Request",))
    return response


@require_POST
@in_workspace(Action.EXPORT)
def export_new(request: WorkspaceRequest) -> HttpResponse:
    """Ask for an export; a task makes it."""
    form = ExportForm(request.POST)
    if form.is_valid():
        try:
            queue_export(
                actor=request.actor,
                workspace=request.workspace,
                format=form.cleaned_data["format"],
                paper=form.cleaned_data["paper"],
                wanted=_filter_of(request, QueryDict(form.cleaned_data["query"])),
            )
        except InvalidError as error:
            form.add_error(error.field or None, error.message)
    if form.errors:
        template = FORM if request.htmx else "export_list/page.html"
        return render(request, template, _page_context(request, form))
    return respond(
        request,
        fragments={
            FORM: _form_context(request, form),
            LIST: {**_list_context(request), "out_of_band": True},
        },
        message=_("The export is under way. It appears in the list when it is ready."),
        fallback=_address(request),
    )


@require_POST
@in_workspace(Action.EXPORT)
def export_cancel(request: WorkspaceRequest, export_id: uuid.UUID) -> HttpResponse:
    """Cancel an export that waits or runs."""
    message, wrong = _("The export was cancelled. Nothing is left of it."), False
    try:
        exports.cancel(actor=request.actor, workspace=request.workspace, export_id=export_id)
    except Export.DoesNotExist as missing:
        raise Http404 from missing
    except InvalidError as error:
        message, wrong = error.message, True
    return respond(
        request,
        fragments={LIST: _list_context(request)},
        message=message,
        fallback=_address(request),
        wrong=wrong,
    )


@require_safe
@in_workspace(Action.EXPORT)
def export_file(request: WorkspaceRequest, export_id: uuid.UUID) -> HttpResponseBase:
    """Hand the file of a finished export out, always as a download."""
    export = get_object_or_404(
        Export, pk=export_id, workspace=request.workspace, status=ExportStatus.DONE
    )
    return FileResponse(
        export.file.open("rb"),
        as_attachment=True,
        filename=export.file_name(request.workspace.slug),
        content_type=MEDIA_TYPES[export.format],
    )


def _address(request: WorkspaceRequest) -> str:
    return reverse("export_list", kwargs={"slug": request.workspace.slug})


def _filter_of(request: WorkspaceRequest, query: QueryDict) -> MatrixFilter:
    return MatrixFilter.parse(query, seat_id=request.actor.seat_id, user_id=request.user.pk)


def _page_context(request: WorkspaceRequest, form: ExportForm) -> dict[str, Any]:
    return {**_list_context(request), **_form_context(request, form), "nav": "exports"}


def _form_context(request: WorkspaceRequest, form: ExportForm) -> dict[str, Any]:
    """Return the form with its filter in words, and how many items pass it."""
    query = QueryDict(form["query"].value() or "")
    wanted = _filter_of(request, query)
    context: dict[str, Any] = {
        "workspace": request.workspace,
        "form": form,
        "may_export": may_anywhere(request.actor, Action.EXPORT),
        "query": wanted.query_string(),
    }
    if wanted.is_active:
        grid = matrix.load(request.workspace)
        context["filter_words"] = filters.words(wanted, grid, me=request.user.name)
        context["shown"], context["total"] = len(wanted.apply(grid).rows), grid.total
    return context


def _list_context(request: WorkspaceRequest) -> dict[str, Any]:
    found = list(
        Export.objects.filter(workspace=request.workspace)
        .select_related("requested_by")
        .order_by("-created_at")
    )
    running = [
        export
        for export in found
        if export.status in {ExportStatus.QUEUED, ExportStatus.RUNNING}
        and not exports.is_abandoned(export)
    ]
    may_export = may_anywhere(request.actor, Action.EXPORT)
    rows = export_rows(
        found,
        filters=_filters_in_words(request, found),
        abandoned={export.pk for export in found if exports.is_abandoned(export)},
        cancellable={export.pk for export in running if exports.may_cancel(request.actor, export)},
        retryable=_retryable(found) if may_export else (),
    )
    table = ExportTable(rows, slug=request.workspace.slug, may_export=may_export)
    arrange(table, request, per_page=ROWS_PER_PAGE)
    return {
        "workspace": request.workspace,
        "table": table,
        "running": running,
        "watched": ",".join(str(export.pk) for export in running),
        "may_export": may_export,
    }


def _retryable(found: Iterable[Export]) -> set[uuid.UUID]:
    """Return the exports that failed. A release has one file: what failed before it is past."""
    alive, ended = set(), []
    for export in found:
        if export.status == ExportStatus.FAILED or exports.is_abandoned(export):
            ended.append(export)
        elif export.status == ExportStatus.CANCELLED:
            ended += [export] if export.release_id else []
        else:
            alive.add(export.release_id)
    return {e.pk for e in ended if e.release_id is None or e.release_id not in alive}


def _filters_in_words(request: WorkspaceRequest, found: Iterable[Export]) -> dict[uuid.UUID, str]:
    """Return the filters by export. Loads the matrix only where there is a filter."""
    filtered = [export for export in found if export.query]
    if not filtered:
        return {}
    grid = matrix.load(request.workspace)
    seats = dict(
        Membership.objects.filter(workspace=request.workspace).values_list("user_id", "seat_id")
    )
    return {export.pk: _in_words(export, grid, seats) for export in filtered}


def _in_words(export: Export, grid: Matrix, seats: dict[uuid.UUID, int]) -> str:
    user_id = export.requested_by_id
    wanted = MatrixFilter.parse(
        QueryDict(export.query),
        seat_id=seats.get(user_id) if user_id else None,
        user_id=user_id,
    )
    name = export.requested_by.name if export.requested_by else ""
    return "; ".join(
        f"{part.label}: {', '.join(part.values)}" for part in filters.words(wanted, grid, me=name)
    )


def _ended(request: WorkspaceRequest) -> dict[str, Any]:
    """Return what the live line says of watched exports that have ended, if there are any."""
    watched = _ids(request.GET.get("watched", "").split(","))
    ended = Export.objects.filter(
        workspace=request.workspace,
        pk__in=watched,
        status__in=[ExportStatus.DONE, ExportStatus.FAILED],
    ).first()
    if ended is None:
        return {}
    if ended.status == ExportStatus.DONE:
        return {"status_message": _("The export is ready.")}
    return {"status_message": _("The export failed. The list says why."), "status_error": True}


def _ids(values: Sequence[str]) -> list[uuid.UUID]:
    found = []
    for value in values[:ROWS_PER_PAGE]:
        try:
            found.append(uuid.UUID(value))
        except ValueError:
            continue
    return found
