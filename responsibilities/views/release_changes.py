"""What differs between two releases, or between a release and the draft: as page and as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from responsibilities import canonical, matrix
from responsibilities.forms.release_changes import DRAFT, ChangesForm
from responsibilities.http import WorkspaceRequest, in_workspace
from responsibilities.matrix import DamagedError, Matrix
from responsibilities.matrix.release_changes import (
    Aspect,
    Comparison,
    compare_editions,
    comparison_document,
)
from responsibilities.matrix.releases import ReleaseInfo, by_number, edition, releases
from responsibilities.models import Workspace


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two editions. Without `info` it is the draft."""

    grid: Matrix
    info: ReleaseInfo | None

    @property
    def label(self) -> str:
        """What people call it."""
        if self.info is None:
            return _("Present draft")
        return _("Release %(number)s") % {"number": self.info.number}

    @property
    def facts(self) -> Mapping[str, canonical.Json]:
        """What the JSON says of it."""
        return {
            "edition": self.info.number if self.info else DRAFT,
            "status": self.info.status.value if self.info else DRAFT,
            "digest": self.info.digest if self.info else matrix.digest(self.grid),
            "as_of": self.grid.today.isoformat(),
        }


@dataclass(frozen=True, slots=True)
class AspectLink:
    """An aspect that differs, in how many items, and the address with it switched on or off."""

    label: str
    count: int
    query: str
    is_chosen: bool


@require_safe
@in_workspace()
def release_changes(request: WorkspaceRequest) -> HttpResponse:
    """Show what differs between two editions; what changes alone with htmx."""
    context: dict[str, Any] = {"workspace": request.workspace, "nav": "releases"}
    infos, status = releases(request.workspace), 200
    if infos:
        form = ChangesForm(request.GET, infos=infos)
        context["form"] = form
        if form.is_valid():
            context |= _compared(request.workspace, form, infos)
            status = 409 if "damaged" in context else 200
        else:
            status = 404 if form.unknown else 400
    part = "_changes" if request.htmx else "page"
    response = render(request, f"release_changes/{part}.html", context, status=status)
    patch_vary_headers(response, ("HX-Request",))
    return response


@require_safe
@in_workspace()
def release_changes_json(request: WorkspaceRequest) -> HttpResponse:
    """Answer all that differs as canonical JSON, to keep."""
    infos = releases(request.workspace)
    if not infos:
        return JsonResponse({"error": _("There is no release yet.")}, status=404)
    form = ChangesForm(request.GET, infos=infos)
    if not form.is_valid():
        wrong = [str(error) for errors in form.errors.values() for error in errors]
        return JsonResponse({"error": " ".join(wrong)}, status=404 if form.unknown else 400)
    try:
        old, new = (_side(request.workspace, number, infos) for number in form.chosen)
    except DamagedError as damaged:
        return JsonResponse({"error": _damaged(damaged)}, status=409)
    document = comparison_document(
        compare_editions(old.grid, new.grid), old=old.facts, new=new.facts
    )
    response = HttpResponse(canonical.dumps(document), content_type="application/json")
    name = f"{request.workspace.slug}-changes-{'-'.join(form.chosen)}.json"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _compared(
    workspace: Workspace, form: ChangesForm, infos: tuple[ReleaseInfo, ...]
) -> dict[str, Any]:
    """Return what the page shows of two editions that are there."""
    try:
        old, new = (_side(workspace, number, infos) for number in form.chosen)
    except DamagedError as damaged:
        return {"damaged": _damaged(damaged)}
    found = compare_editions(old.grid, new.grid)
    chosen = dict(zip(("from", "to"), form.chosen, strict=True))
    kept = set(form.aspects) & set(found.counts)
    return {
        "old": old,
        "new": new,
        "found": found,
        "shown": found.only(kept),
        "is_same_edition": old.info == new.info,
        "aspects": _links(found, chosen, kept),
        "all_query": urlencode(chosen),
        "is_filtered": bool(kept),
    }


def _side(workspace: Workspace, number: str, infos: tuple[ReleaseInfo, ...]) -> Side:
    if number == DRAFT:
        return Side(matrix.load(workspace), None)
    info = next(info for info in infos if info.number == number)
    return Side(edition(workspace, by_number(workspace, number)), info)


def _links(found: Comparison, chosen: Mapping[str, str], kept: set[Aspect]) -> list[AspectLink]:
    """Return a switch for each aspect that differs; several can be on together."""
    links = []
    for aspect, count in found.counts.items():
        wanted = [other.value for other in Aspect if other in kept ^ {aspect}]
        query = urlencode({**chosen, "about": wanted}, doseq=True)
        links.append(AspectLink(str(aspect.label), count, query, aspect in kept))
    return links


def _damaged(damaged: DamagedError) -> str:
    return _(
        "What is stored does not fit its digest (%(what)s), so nothing was compared. Tell the"
        " operator: verify_log checks it."
    ) % {"what": damaged}
