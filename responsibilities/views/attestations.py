"""Attesting a release for one's side, and withdrawing one with a reason."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from responsibilities.choices import ReleaseStatus
from responsibilities.forms.releases import AttestForm, WithdrawReleaseForm, seal_release
from responsibilities.http import (
    WorkspaceRequest,
    in_workspace,
    posted,
    redirect_to,
    release_or_404,
)
from responsibilities.identity import ask_again, prove_identity
from responsibilities.matrix import releases as editions
from responsibilities.matrix.release_changes import count_changes
from responsibilities.models import Release
from responsibilities.permissions import Action
from responsibilities.services import attestations, releases
from responsibilities.services.errors import ConflictError, InvalidError
from responsibilities.tables.findings import found_links
from responsibilities.tasks import attest_release


@require_http_methods(["GET", "HEAD", "POST"])
@in_workspace(Action.RELEASE)
def release_attest(request: WorkspaceRequest, number: str) -> HttpResponse:
    """Show exactly what an attestation covers; attest when the form is sent.

    A form that is not ours or not of this release, a release that is not what was shown, and one
    that cannot be attested any more answer 409, and nothing is attested.
    """
    release = release_or_404(request, number)
    if releases.obstacle(request.actor, release):
        return _ceremony(request, release, status=409 if request.method == "POST" else 200)
    words = _("Nothing is attested yet. Prove first that it is you, then attest.")
    proof_first = ask_again(request, _address("release_attest", request, number), words=words)
    if proof_first:
        return proof_first
    if request.method != "POST":
        return _ceremony(request, release)
    form = AttestForm(request.POST, membership=request.membership)
    if not form.is_valid() or form.sight.release_id != release.pk:
        return _ceremony(request, release, is_foreign=True, status=409)
    try:
        attestation = attest_release(
            actor=request.actor,
            workspace=request.workspace,
            release_id=release.pk,
            shown=form.sight.shown,
            authentication=prove_identity(request),
        )
    except ConflictError:
        return _ceremony(request, release_or_404(request, number), is_foreign=True, status=409)
    except InvalidError as refused:
        return _ceremony(request, release, refusal=refused.message, status=409)
    messages.success(request, _thanks(attestation.release))
    return redirect_to(request, _address("release_detail", request, number))


def _thanks(release: Release) -> str:
    if release.status == ReleaseStatus.CURRENT:
        words = _("You have attested release %(number)s. It is in force; its PDF is being made.")
    else:
        words = _("You have attested release %(number)s. It waits for the other sides.")
    return words % {"number": release.number}


@require_http_methods(["GET", "HEAD", "POST"])
@in_workspace(Action.RELEASE)
def release_withdraw(request: WorkspaceRequest, number: str) -> HttpResponse:
    """Ask for the reason; withdraw the release when it is given."""
    release = release_or_404(request, number)
    form = WithdrawReleaseForm(posted(request))
    if form.is_valid():
        try:
            releases.withdraw(
                actor=request.actor,
                workspace=request.workspace,
                release_id=release.pk,
                reason=form.cleaned_data["reason"],
            )
        except InvalidError as refused:
            form.add_error(refused.field or None, refused.message)
        else:
            words = _("Release %(number)s is withdrawn.") % {"number": number}
            messages.success(request, words)
            return redirect_to(request, _address("release_detail", request, number))
    return _page(request, "release_withdraw", {"release": release, "form": form})


def _ceremony(
    request: WorkspaceRequest,
    release: Release,
    *,
    refusal: str = "",
    is_foreign: bool = False,
    status: int = 200,
) -> HttpResponse:
    """Show what an attestation covers and the button, or why this cannot be attested."""
    refusal = refusal or releases.obstacle(request.actor, release) or _damage(release)
    offer = attestations.offer(release, request.membership)
    context: dict[str, Any] = {
        "release": release,
        "refusal": refusal,
        "is_foreign": is_foreign,
        "offer": offer,
        "shown": "" if refusal else seal_release(release, offer, request.membership),
    }
    if not _damage(release):
        grid = editions.edition(request.workspace, release)
        context["grid"] = grid
        context["differing"] = count_changes(release.previous, grid)
        context["findings"] = found_links(grid, request.workspace.slug, as_of=release.number)
    return _page(request, "release_attest", context, status=status)


def _damage(release: Release) -> str:
    """Return why nobody should attest what is stored, or "" if it is what was proposed."""
    if editions.is_intact(release):
        return ""
    return _("What is stored is not what was proposed: its SHA-256 differs. Tell the operator.")


def _page(
    request: WorkspaceRequest, folder: str, context: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    """Render a page, or its fragment with htmx, which then always answers 200."""
    full = {
        "workspace": request.workspace,
        "membership": request.membership,
        "nav": "releases",
        **context,
    }
    template = f"{folder}/{'_form' if request.htmx else 'page'}.html"
    response = render(request, template, full, status=200 if request.htmx else status)
    patch_vary_headers(response, ("HX-Request",))
    return response


def _address(name: str, request: WorkspaceRequest, number: str) -> str:
    return reverse(name, kwargs={"slug": request.workspace.slug, "number": number})
