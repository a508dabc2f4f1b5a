"""What views share: the typed request, scoping, htmx answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import wraps
from typing import Any, Concatenate

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseRedirect,
    QueryDict,
)
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils.cache import patch_vary_headers
from django_htmx.http import trigger_client_event
from django_htmx.middleware import HtmxDetails

from responsibilities.choices import Via
from responsibilities.matrix import releases
from responsibilities.matrix.as_of import AsOfError, Edition, edition_at, offered
from responsibilities.models import Membership, Release, User, Workspace
from responsibilities.permissions import Action, Actor, NotAllowedError, may_anywhere, why_not
from responsibilities.tables.as_of import banner, menu


class SignedInRequest(HttpRequest):
    """A request of a person who is signed in."""

    user: User
    htmx: HtmxDetails


class WorkspaceRequest(SignedInRequest):
    """A request inside a workspace that the person is a member of."""

    workspace: Workspace
    membership: Membership
    actor: Actor
    then: Edition | None


type View[**P] = Callable[Concatenate[HttpRequest, P], HttpResponse]
type SignedInView[**P] = Callable[Concatenate[SignedInRequest, P], HttpResponse]
type WorkspaceView[**P] = Callable[Concatenate[WorkspaceRequest, P], HttpResponseBase]


def signed_in[**P](view: SignedInView[P]) -> View[P]:
    """Let only people who are signed in through; others go to the login page."""
    return login_required(view)  # type: ignore[return-value]


def in_workspace[**P](
    action: Action = Action.VIEW,
) -> Callable[[WorkspaceView[P]], Callable[..., HttpResponseBase]]:
    """Scope a view to the workspace in its address.

    Anonymous visitors go to the login page, outsiders get 404, members whose role lacks
    `action` get 403 with the reason, and so does a NotAllowedError that the view raises. The
    view gets `request.workspace`, `request.membership` and `request.actor`.
    """

    def decorate(view: WorkspaceView[P]) -> Callable[..., HttpResponseBase]:
        @wraps(view)
        @login_required
        def scoped(
            request: WorkspaceRequest, slug: str, *args: P.args, **kwargs: P.kwargs
        ) -> HttpResponseBase:
            membership = membership_or_404(request.user, slug)
            request.membership = membership
            request.workspace = membership.workspace
            request.actor = Actor(user=request.user, via=Via.WEB, membership=membership)
            if not may_anywhere(request.actor, action):
                raise PermissionDenied(why_not(request.actor, action, membership.seat_id))
            try:
                return view(request, *args, **kwargs)
            except NotAllowedError as refusal:
                raise PermissionDenied(str(refusal)) from refusal

        return scoped

    return decorate


def may_show_then[**P](view: WorkspaceView[P]) -> WorkspaceView[P]:
    """Let a page show another edition than the draft: a release or a day, by ``?as_of=``.

    The view gets it as `request.then`, None for the draft. What names no edition is answered by a
    page that says why, and leads back.
    """

    @wraps(view)
    def chosen(request: WorkspaceRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        text = request.GET.get("as_of", "").strip()
        try:
            request.then = edition_at(request.workspace, text) if text else None
        except AsOfError as wrong:
            kept = request.GET.copy()
            kept.pop("as_of")
            editions = menu(offered(request.workspace), kept.urlencode(), None)
            context = {"workspace": request.workspace, "wrong": wrong, "editions": editions}
            return render(request, "as_of/page.html", context, status=wrong.status)
        return view(request, *args, **kwargs)

    return chosen


def editions_context(request: WorkspaceRequest, query: str) -> dict[str, Any]:
    """Return what a page needs for its menu of editions, and for its banner if it shows one.

    `query` is the rest of the address. One query.
    """
    then = request.then
    return {
        "editions": menu(offered(request.workspace), query, then),
        "then": banner(then) if then else None,
    }


def membership_or_404(user: User, slug: str) -> Membership:
    """Return the person's membership in force, with workspace, model and seat. One query.

    Raises Http404 for outsiders, so that they cannot tell a foreign workspace from none.
    """
    membership = (
        Membership.objects.in_force()
        .filter(user=user, workspace__slug=slug)
        .select_related(
            "workspace__model_version__model", "seat__party", "seat__organization", "user"
        )
        .first()
    )
    if membership is None:
        raise Http404
    return membership


def release_or_404(request: WorkspaceRequest, number: str) -> Release:
    """Return a release or proposal of the workspace by its number, with its snapshot. One query.

    Raises Http404 for a number that is none.
    """
    try:
        return releases.by_number(request.workspace, number)
    except Release.DoesNotExist as missing:
        raise Http404 from missing


@dataclass(frozen=True, slots=True)
class Undo:
    """Where to post what in order to take a change back."""

    url: str
    fields: Mapping[str, str]


def respond(
    request: SignedInRequest,
    *,
    fragments: Mapping[str, Mapping[str, Any]],
    message: str,
    fallback: str,
    undo: Undo | None = None,
    wrong: bool = False,
) -> HttpResponse:
    """Answer a change: fragments for htmx, a redirect to `fallback` without it.

    `fragments` maps template names to contexts: the first is swapped into the target, the
    others have to carry ``hx-swap-oob``. The message goes to the aria-live line, with an
    Undo button where `undo` is given; `wrong` says that nothing was changed.
    """
    if not request.htmx:
        messages.add_message(request, messages.ERROR if wrong else messages.SUCCESS, message)
        return HttpResponseRedirect(fallback)
    parts = [
        render_to_string(template, dict(context), request)
        for template, context in fragments.items()
    ]
    status = {
        "status_message": message,
        "status_error": wrong,
        "undo_url": undo.url if undo else "",
        "undo_fields": undo.fields if undo else {},
    }
    parts.append(render_to_string("_status.html", status, request))
    response = HttpResponse("".join(parts))
    patch_vary_headers(response, ("HX-Request",))
    return response


def posted(request: HttpRequest) -> QueryDict | None:
    """Return what was posted, for a form that is bound on POST only."""
    return request.POST if request.method == "POST" else None


def page_or_dialog(request: SignedInRequest, name: str, context: Mapping[str, Any]) -> HttpResponse:
    """Show a form of folder `name`: as a dialog to swap in with htmx, else as a page of its own."""
    template = f"{name}/_dialog.html" if request.htmx else f"{name}/page.html"
    response = render(request, template, dict(context))
    patch_vary_headers(response, ("HX-Request",))
    return response


def is_in_panel(request: SignedInRequest) -> bool:
    """Say whether htmx asks for what stands in the panel beside the matrix."""
    return bool(request.htmx) and (
        request.htmx.target == "panel" or request.headers.get("X-Panel") == "1"
    )


def announce(response: HttpResponse, key: str) -> None:
    """Tell the page that an item has changed, so that the matrix beside it renews its row."""
    trigger_client_event(response, "rex:item-changed", {"key": key})


def redirect_to(request: SignedInRequest, address: str) -> HttpResponse:
    """Send the browser on, as a full page load with htmx or a redirect without it."""
    if request.htmx:
        response = HttpResponse(status=204)
        response["HX-Redirect"] = address
        return response
    return redirect(address)
