"""The list of workspaces, a new one, its overview, and its name and target date."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from responsibilities import matrix
from responsibilities.choices import Letter, PartyKind, ReleaseStatus, VersionStatus, Via
from responsibilities.forms.workspaces import WorkspaceEditForm, WorkspaceForm
from responsibilities.http import (
    SignedInRequest,
    WorkspaceRequest,
    editions_context,
    in_workspace,
    may_show_then,
    signed_in,
)
from responsibilities.matrix import releases as editions
from responsibilities.matrix.activity import recent
from responsibilities.matrix.charts import heat_map, load_chart
from responsibilities.matrix.counts import side_totals
from responsibilities.matrix.portfolio import lines, standing, target_of
from responsibilities.matrix.releases import ReleaseInfo
from responsibilities.matrix.steps import Place, Step, next_steps
from responsibilities.models import (
    Membership,
    ModelVersion,
    Organization,
    Party,
    Seat,
    TeamTemplate,
    User,
)
from responsibilities.permissions import Action, Actor, may_add_workspace, may_anywhere
from responsibilities.services import releases, signoffs, workspaces
from responsibilities.services.errors import InvalidError
from responsibilities.tables.findings import found_links
from responsibilities.tables.workspaces import workspace_table

_PLACES = {
    Place.MATRIX: "matrix",
    Place.SIGN: "signoff_bulk",
    Place.TEAMS: "team_list",
    Place.MEMBERS: "member_list",
}


@dataclass(frozen=True, slots=True)
class StepLink:
    """A step and the way to where it is done."""

    text: str
    url: str


@require_safe
@signed_in
def workspace_list(request: SignedInRequest) -> HttpResponse:
    """Show the workspaces of the person who is signed in; htmx gets the table alone."""
    mine = _memberships(request.user)
    wanted = request.GET.get("q", "").strip()[:200]
    context = {
        "table": workspace_table(lines(_search(mine, wanted)), request),
        "total": mine.count(),
        "q": wanted,
        "may_add": may_add_workspace(request.user),
    }
    template = "workspace_list/_list.html" if request.htmx else "workspace_list/page.html"
    response = render(request, template, context)
    patch_vary_headers(response, ("HX-Request",))
    return response


def _memberships(user: User) -> QuerySet[Membership]:
    return (
        Membership.objects.in_force()
        .filter(user=user)
        .select_related(
            "workspace__model_version__model",
            "workspace__audit_head",
            "seat__party",
            "seat__organization",
        )
    )


def _search(memberships: QuerySet[Membership], wanted: str) -> QuerySet[Membership]:
    """Keep the workspaces in which every word stands: in name, address, model or organization."""
    for word in wanted.split():
        organization = Seat.objects.filter(
            workspace=OuterRef("workspace"), organization__name__icontains=word
        )
        memberships = memberships.filter(
            Q(workspace__name__icontains=word)
            | Q(workspace__slug__icontains=word)
            | Q(workspace__model_version__model__title__icontains=word)
            | Exists(organization)
        )
    return memberships


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def workspace_new(request: SignedInRequest) -> HttpResponse:
    """Show the form for a new workspace, and make it.

    A POST with ``choose`` only draws the form again for another model and keeps what was typed.
    """
    if not may_add_workspace(request.user):
        raise PermissionDenied(_("Ask the operator for the right to create workspaces."))
    versions = ModelVersion.objects.filter(status=VersionStatus.PUBLISHED).select_related("model")
    version = _chosen_version(request, versions)
    if version is None:
        return render(request, "workspace_new/page.html", {"form": None})
    options: dict[str, Any] = {
        "versions": versions,
        "version": version,
        "suggested": _suggested(request.user, version),
    }
    if request.method != "POST" or "choose" in request.POST:
        form = WorkspaceForm(initial=request.POST.dict(), **options)
        return _new_page(request, form)
    form = WorkspaceForm(request.POST, **options)
    if not form.is_valid():
        return _new_page(request, form)
    try:
        workspace = workspaces.create(
            actor=Actor(user=request.user, via=Via.WEB),
            version=version,
            name=form.workspace_name(),
            slug=form.cleaned_data["slug"],
            organizations=form.organizations(),
            manager=request.user,
            manager_party=form.cleaned_data["manager_party"],
            use_template=form.cleaned_data["use_template"],
            target_date=form.cleaned_data["target_date"],
        )
    except InvalidError as error:
        form.refuse(error.field, error.message)
        return _new_page(request, form)
    messages.success(request, _("“%(name)s” is ready.") % {"name": workspace.name})
    return redirect("workspace_overview", slug=workspace.slug)


def _new_page(request: SignedInRequest, form: WorkspaceForm) -> HttpResponse:
    """Draw the form; htmx, which asks when another model is chosen, gets the parties alone."""
    page = "workspace_new/_parties.html" if request.htmx else "workspace_new/page.html"
    organizations = Organization.objects.filter(
        seats__workspace__in=_memberships(request.user).values("workspace")
    )
    context = {
        "form": form,
        "starter_teams": TeamTemplate.objects.filter(version=form.model_version).select_related(
            "party"
        ),
        "organizations": organizations.distinct(),
    }
    response = render(request, page, context)
    patch_vary_headers(response, ("HX-Request",))
    return response


def _chosen_version(
    request: SignedInRequest, versions: QuerySet[ModelVersion]
) -> ModelVersion | None:
    """Return the version that is chosen in the form, or else the one this person used last."""
    by_id = {str(version.pk): version for version in versions}
    chosen = by_id.get(request.POST.get("version", ""))
    if chosen is None:
        last = _memberships(request.user).order_by("-workspace__created_at").first()
        chosen = by_id.get(str(last.workspace.model_version_id)) if last else None
    return chosen or next(iter(by_id.values()), None)


def _suggested(user: User, version: ModelVersion) -> dict[str, str]:
    """Suggest organizations: the publisher as provider, and whom this person sat with last."""
    suggested = dict.fromkeys(
        Party.objects.filter(version=version, kind=PartyKind.PROVIDER).values_list(
            "key", flat=True
        ),
        version.model.publisher,
    )
    seats = (
        Seat.objects.filter(
            memberships__in=Membership.objects.in_force().filter(user=user),
            party__version__model=version.model_id,
        )
        .order_by("workspace__created_at")
        .values_list("party__key", "organization__name")
    )
    return suggested | dict(seats)


@require_safe
@in_workspace()
@may_show_then
def workspace_overview(request: WorkspaceRequest) -> HttpResponse:
    """Show where a workspace stands, what to do next, and what happened last.

    Of an edition that is not the draft, where it stood.
    """
    then = request.then
    grid = then.matrix if then else matrix.load(request.workspace)
    context = {
        "workspace": request.workspace,
        "shown": grid.workspace,
        "nav": "overview",
        "standing": standing(grid, request.actor.seat_id),
        "target": target_of(grid.workspace, grid.today),
        "sides": side_totals(grid),
        "findings": found_links(grid, request.workspace.slug, as_of=then.text if then else ""),
        "heat": heat_map(grid),
        "load": load_chart(grid),
        "letters": Letter.choices,
        "own_seat_id": request.actor.seat_id,
        **editions_context(request, ""),
    }
    if not then:
        context |= {
            "steps": _steps(grid, request),
            "activity": recent(request.workspace),
            **_in_progress(request),
            "may_edit": may_anywhere(request.actor, Action.WORKSPACE_EDIT),
        }
    return render(request, "workspace_overview/page.html", context)


def _steps(grid: matrix.Matrix, request: WorkspaceRequest) -> list[StepLink]:
    actor, slug = request.actor, request.workspace.slug
    to_sign = 0 if signoffs.why_not_sign(actor) else len(signoffs.waiting(actor, grid))
    steps = next_steps(grid, actor, to_sign=to_sign, to_attest=releases.awaits(actor))
    return [StepLink(step.text, _place_of(step, slug)) for step in steps]


def _place_of(step: Step, slug: str) -> str:
    if step.place == Place.RELEASE:
        return reverse("release_attest", kwargs={"slug": slug, "number": step.release})
    return _address(_PLACES[step.place], slug, step.query)


def _in_progress(request: WorkspaceRequest) -> dict[str, ReleaseInfo | None]:
    """Return the release that is in force and the proposal that waits. Three queries."""
    found = {info.status: info for info in editions.releases(request.workspace)}
    return {
        "current": found.get(ReleaseStatus.CURRENT),
        "proposal": found.get(ReleaseStatus.PROPOSED),
    }


def _address(name: str, slug: str, query: str) -> str:
    address = reverse(name, kwargs={"slug": slug})
    return f"{address}?{query}" if query else address


@require_http_methods(["GET", "HEAD", "POST"])
@in_workspace(Action.WORKSPACE_EDIT)
def workspace_edit(request: WorkspaceRequest) -> HttpResponse:
    """Change name and target date of a workspace, and what blocks its releases.

    ``?back=release`` leads back to the proposal of a release, from where one comes to the latter.
    """
    workspace = request.workspace
    if request.method != "POST":
        return _edit_page(request, WorkspaceEditForm.of(workspace))
    form = WorkspaceEditForm(request.POST)
    if not form.is_valid():
        return _edit_page(request, form)
    try:
        workspaces.edit(actor=request.actor, workspace=workspace, **form.cleaned_data)
    except InvalidError as error:
        form.refuse(error.field, error.message)
        return _edit_page(request, form)
    messages.success(request, _("Saved."))
    return redirect(_before_edit(request))


def _before_edit(request: WorkspaceRequest) -> str:
    """Return the address from which one came to the form."""
    name = "release_new" if request.GET.get("back") == "release" else "workspace_overview"
    return reverse(name, kwargs={"slug": request.workspace.slug})


def _edit_page(request: WorkspaceRequest, form: WorkspaceEditForm) -> HttpResponse:
    context = {
        "workspace": request.workspace,
        "nav": "overview",
        "form": form,
        "back": _before_edit(request),
    }
    return render(request, "workspace_edit/page.html", context)
