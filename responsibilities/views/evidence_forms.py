"""The forms of evidence: a new piece, a new revision, title and dates."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.forms import Form
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from responsibilities.choices import EvidenceKind
from responsibilities.forms.evidence import ADD_FORMS, REVISE_FORMS, AddForm, EditForm
from responsibilities.http import WorkspaceRequest, in_workspace, redirect_to
from responsibilities.models import Evidence, Item
from responsibilities.permissions import Action, require
from responsibilities.services import evidence as pieces
from responsibilities.services.errors import InvalidError


@require_http_methods(["GET", "HEAD", "POST"])
@in_workspace(Action.EVIDENCE_EDIT)
def evidence_new(request: WorkspaceRequest) -> HttpResponse:
    """Show the form for a new piece of the kind in the address; take it when it is sent.

    `item` in the address ticks an item and leads back to it. With `quick` among the fields the
    answer is one row for a list of uploads.
    """
    kind, key = request.GET.get("kind", EvidenceKind.FILE), request.GET.get("item", "")
    there = Item.objects.filter(workspace=request.workspace, responsibility__key=key).exists()
    if kind not in ADD_FORMS or (key and not there):
        raise Http404
    shown = {"kind": kind, "key": key}
    if request.method != "POST":
        form = ADD_FORMS[kind](workspace=request.workspace, initial={"items": [key]})
        return _form(request, "evidence_new", form, **shown)
    form = ADD_FORMS[kind](request.POST, request.FILES, workspace=request.workspace)
    piece = twin = None
    if form.is_valid():
        try:
            piece = _add(request, form)
        except pieces.AlreadyThereError as already:
            twin = already.piece
            form.add_error("file", already.message)
        except InvalidError as refusal:
            _show_refusal(form, refusal)
    if "quick" in request.POST:
        return _upload_row(request, form, piece=piece, twin=twin, key=key)
    if piece is None:
        return _form(request, "evidence_new", form, twin=twin, **shown)
    messages.success(request, _("“%(title)s” added.") % {"title": piece.title})
    if key:
        names = {"slug": request.workspace.slug, "key": key}
        return redirect_to(request, reverse("item_detail", kwargs=names))
    return redirect_to(request, _address(request, piece))


@require_http_methods(["GET", "HEAD", "POST"])
@in_workspace(Action.EVIDENCE_EDIT)
def evidence_revise(request: WorkspaceRequest, evidence: uuid.UUID) -> HttpResponse:
    """Show the form for a new revision of a piece; take it when it is sent."""
    piece = _own_piece(request, evidence)
    form_class = REVISE_FORMS[piece.kind]
    if request.method != "POST":
        return _form(request, "evidence_revise", form_class(), piece=piece)
    form = form_class(request.POST, request.FILES)
    if form.is_valid():
        try:
            revision = pieces.revise(
                actor=request.actor,
                workspace=request.workspace,
                evidence=piece.pk,
                content=form.content(),
                collected_on=form.cleaned_data["collected_on"],
                valid_until=form.cleaned_data["valid_until"],
            )
        except InvalidError as refusal:
            _show_refusal(form, refusal)
        else:
            values = {"title": piece.title, "number": revision.number}
            messages.success(request, _("“%(title)s”: revision %(number)s added.") % values)
            return redirect_to(request, _address(request, piece))
    return _form(request, "evidence_revise", form, piece=piece)


@require_http_methods(["GET", "HEAD", "POST"])
@in_workspace(Action.EVIDENCE_EDIT)
def evidence_edit(request: WorkspaceRequest, evidence: uuid.UUID) -> HttpResponse:
    """Show the form for title and dates of a piece; take it when it is sent."""
    piece = _own_piece(request, evidence)
    if request.method != "POST":
        now = piece.current
        first = {
            "title": piece.title,
            "collected_on": now.collected_on if now else None,
            "valid_until": now.valid_until if now else None,
        }
        return _form(request, "evidence_edit", EditForm(initial=first), piece=piece)
    form = EditForm(request.POST)
    if form.is_valid():
        try:
            pieces.edit(
                actor=request.actor,
                workspace=request.workspace,
                evidence=piece.pk,
                **form.cleaned_data,
            )
        except InvalidError as refusal:
            _show_refusal(form, refusal)
        else:
            messages.success(request, _("“%(title)s” saved.") % form.cleaned_data)
            return redirect_to(request, _address(request, piece))
    return _form(request, "evidence_edit", form, piece=piece)


def _add(request: WorkspaceRequest, form: AddForm) -> Evidence:
    values = form.cleaned_data
    return pieces.add(
        actor=request.actor,
        workspace=request.workspace,
        content=form.content(),
        title=values["title"],
        collected_on=values["collected_on"],
        valid_until=values["valid_until"],
        items=values["items"],
        even_if_there=values.get("even_if_there", False),
    )


def _upload_row(request: WorkspaceRequest, form: AddForm, **context: Any) -> HttpResponse:
    """Answer one file of several: it is in, or why it is not."""
    file = request.FILES.get("file")
    context |= {
        "workspace": request.workspace,
        "errors": [message for errors in form.errors.values() for message in errors],
        "name": file.name if isinstance(file, UploadedFile) else "",
    }
    return render(request, "evidence/_upload_row.html", context)


def _form(request: WorkspaceRequest, template: str, form: Form, **extra: Any) -> HttpResponse:
    """Show a form: the fragment for htmx, else its page."""
    context = {"workspace": request.workspace, "nav": "evidence", "form": form, **extra}
    part = "_form.html" if request.htmx else "page.html"
    response = render(request, f"{template}/{part}", context)
    patch_vary_headers(response, ("HX-Request",))
    return response


def _show_refusal(form: Form, refusal: InvalidError) -> None:
    form.add_error(refusal.field if refusal.field in form.fields else None, refusal.message)


def _own_piece(request: WorkspaceRequest, evidence: uuid.UUID) -> Evidence:
    """Return a piece that the person may change. Raises Http404 or NotAllowedError."""
    piece = get_object_or_404(
        Evidence.objects.filter(workspace=request.workspace).with_current(), pk=evidence
    )
    require(request.actor, Action.EVIDENCE_EDIT, piece.seat)
    return piece


def _address(request: WorkspaceRequest, piece: Evidence) -> str:
    return reverse("evidence_detail", kwargs={"slug": request.workspace.slug, "evidence": piece.pk})
