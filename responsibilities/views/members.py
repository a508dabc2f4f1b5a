"""Members: who may do what here, on which side, until when."""

from __future__ import annotations

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.db.models import Max
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from responsibilities.choices import Role
from responsibilities.forms.members import ROLE_MEANINGS, MemberAddForm, MemberForm
from responsibilities.http import (
    WorkspaceRequest,
    in_workspace,
    page_or_dialog,
    posted,
    redirect_to,
    respond,
)
from responsibilities.models import (
    Assignment,
    AuditEvent,
    Membership,
    Seat,
    Signoff,
    TeamMember,
    Workspace,
)
from responsibilities.permissions import Action, Actor, may, may_anywhere, require, why_not
from responsibilities.services import members
from responsibilities.services.errors import InvalidError
from responsibilities.tables.members import MemberTable
from responsibilities.tables.paging import arrange

form_methods = require_http_methods(["GET", "HEAD", "POST"])
_ROLE_ORDER = {role.value: position for position, role in enumerate(Role)}


type Found = tuple[Membership, tuple[str, ...], dt.datetime | None]
"""A member, the names of their teams, and when they changed something last."""


@dataclass(frozen=True, slots=True)
class MemberRow:
    """A member as the page lists them. The `*_sort` values put the empty ones last."""

    id: uuid.UUID
    slug: str
    name: str
    email: str
    is_you: bool
    is_active: bool
    role: str
    role_order: int
    teams: tuple[str, ...]
    expires: dt.datetime | None
    expires_sort: dt.datetime
    has_ended: bool
    last_seen: dt.datetime | None
    last_sort: dt.datetime


@dataclass(frozen=True, slots=True)
class Side:
    """The members of one side, and whether the person may change them; `reason` says why not."""

    seat: Seat
    table: MemberTable
    count: int
    vacant: bool
    reason: str
    is_caretaker: bool


@require_safe
@in_workspace()
def member_list(request: WorkspaceRequest) -> HttpResponse:
    """Show the members of each side; the regions alone with htmx, which sorts them."""
    template = "member_list/_sides.html" if request.htmx else "member_list/page.html"
    response = render(request, template, _list_context(request))
    patch_vary_headers(response, ("HX-Request",))
    return response


@form_methods
@in_workspace(Action.MEMBER_MANAGE)
def member_add(request: WorkspaceRequest, party: str) -> HttpResponse:
    """Let somebody who has an account into the side of this party."""
    seat = get_object_or_404(
        Seat.objects.select_related("party", "organization"),
        workspace=request.workspace,
        party__key=party,
    )
    require(request.actor, Action.MEMBER_MANAGE, seat)
    is_first = not Membership.objects.in_force().filter(seat=seat, role=Role.MANAGER).exists()
    form = MemberAddForm(posted(request), initial={"role": Role.MANAGER if is_first else ""})
    if request.method == "POST" and form.is_valid():
        try:
            member = members.add(
                actor=request.actor, workspace=request.workspace, seat=seat, **form.cleaned_data
            )
        except InvalidError as refusal:
            _refuse(form, refusal)
        else:
            return _changed(request, _("%(name)s was added.") % {"name": member.user.name})
    return _show(
        request,
        form,
        title=_("Add a member for %(organization)s") % {"organization": seat.organization.name},
        submit=_("Add member"),
        body="member_list/_first_note.html" if is_first else "",
        seat=seat,
    )


@form_methods
@in_workspace(Action.MEMBER_MANAGE)
def member_edit(request: WorkspaceRequest, member_id: uuid.UUID) -> HttpResponse:
    """Change a member's role, and when access ends."""
    member = _member(request, member_id)
    ends = timezone.localtime(member.expires_at).date() if member.expires_at else None
    form = MemberForm(posted(request), initial={"role": member.role, "expires_on": ends})
    if request.method == "POST" and form.is_valid():
        try:
            members.edit(actor=request.actor, membership=member, **form.cleaned_data)
        except InvalidError as refusal:
            _refuse(form, refusal)
        else:
            return _changed(
                request,
                _("%(name)s was saved.") % {"name": member.user.name},
                about_me=member.user_id == request.user.pk,
            )
    return _show(
        request,
        form,
        title=_("Edit %(name)s") % {"name": member.user.name},
        submit=_("Save"),
        body="member_list/_edit_note.html",
        member=member,
        is_you=member.user_id == request.user.pk,
        is_last_manager=members.last_manager(member),
    )


@form_methods
@in_workspace(Action.MEMBER_MANAGE)
def member_remove(request: WorkspaceRequest, member_id: uuid.UUID) -> HttpResponse:
    """Take somebody out of the workspace; say before what stays."""
    member = _member(request, member_id)
    form = forms.Form(posted(request))
    is_you = member.user_id == request.user.pk
    if request.method == "POST" and form.is_valid():
        try:
            members.remove(actor=request.actor, membership=member)
        except InvalidError as refusal:
            _refuse(form, refusal)
        else:
            if is_you:
                return redirect_to(request, reverse("workspace_list"))
            return _changed(request, _("%(name)s was removed.") % {"name": member.user.name})
    is_last = members.last_manager(member)
    return _show(
        request,
        form,
        title=_("Remove %(name)s?") % {"name": member.user.name},
        submit=_("Remove %(name)s") % {"name": member.user.name},
        danger=True,
        can_submit=not is_last,
        body="member_list/_remove_note.html",
        member=member,
        is_you=is_you,
        is_last_manager=is_last,
        signed=Signoff.objects.filter(
            item__workspace=request.workspace, signer=member.user_id
        ).count(),
        named=Assignment.objects.filter(item__workspace=request.workspace, person=member.user_id)
        .values("item")
        .distinct()
        .count(),
        teams=[name for _membership, name in _team_names(request, membership=member.pk)],
    )


def _member(request: WorkspaceRequest, member_id: uuid.UUID) -> Membership:
    """Return a member of the workspace; 404 for a foreign one, 403 without the right."""
    member = get_object_or_404(
        Membership.objects.select_related("user", "seat__party", "seat__organization"),
        workspace=request.workspace,
        pk=member_id,
    )
    require(request.actor, Action.MEMBER_MANAGE, member.seat)
    return member


def _team_names(request: WorkspaceRequest, **where: Any) -> list[tuple[uuid.UUID, str]]:
    return list(
        TeamMember.objects.filter(
            team__workspace=request.workspace, team__archived_at=None, **where
        )
        .order_by("team__position", "team__name")
        .values_list("membership_id", "team__name")
    )


def _list_context(request: WorkspaceRequest) -> dict[str, Any]:
    return {
        "workspace": request.workspace,
        "nav": "members",
        "sides": _sides(request),
        "role_meanings": [(role.label, ROLE_MEANINGS[role]) for role in Role],
    }


def _sides(request: WorkspaceRequest) -> list[Side]:
    """Return the sides with their members. Four queries, however many there are."""
    teams: dict[uuid.UUID, list[str]] = defaultdict(list)
    for membership, name in _team_names(request):
        teams[membership].append(name)
    last = _last_changes(request.workspace)
    found: dict[int, list[Membership]] = defaultdict(list)
    for member in Membership.objects.filter(workspace=request.workspace).select_related("user"):
        found[member.seat_id].append(member)
    seats = Seat.objects.filter(workspace=request.workspace).select_related("party", "organization")
    return [
        _side(
            request,
            seat,
            [
                (member, tuple(teams[member.pk]), last.get(member.user_id))
                for member in found[seat.pk]
            ],
        )
        for seat in seats
    ]


def _last_changes(workspace: Workspace) -> dict[uuid.UUID | None, dt.datetime]:
    """Return when each person changed something in the workspace last."""
    return dict(
        AuditEvent.objects.filter(workspace=workspace)
        .exclude(actor_id=None)
        .order_by()
        .values("actor_id")
        .annotate(last=Max("ts"))
        .values_list("actor_id", "last")
    )


def _side(request: WorkspaceRequest, seat: Seat, found: Sequence[Found]) -> Side:
    now = timezone.now()
    actor = request.actor
    vacant = not any(m.role == Role.MANAGER and _is_in_force(m, now) for m, _t, _l in found)
    allowed = may(actor, Action.MEMBER_MANAGE, seat.pk, vacant=vacant)
    table = MemberTable(
        [_row(request, member, teams, last) for member, teams, last in found],
        caption=_("Members of %(organization)s") % {"organization": seat.organization.name},
        prefix=f"{seat.party.key}-",
        exclude=() if allowed else ("actions",),
    )
    arrange(table, request, per_page=None)
    return Side(
        seat=seat,
        table=table,
        count=len(found),
        vacant=vacant,
        reason=_refusal(actor, seat, vacant=vacant),
        is_caretaker=allowed and actor.seat_id != seat.pk,
    )


def _refusal(actor: Actor, seat: Seat, *, vacant: bool) -> str:
    """Return why the person may not change the members of a side; empty if they may."""
    refusal = why_not(actor, Action.MEMBER_MANAGE, seat.pk, vacant=vacant)
    if refusal and may_anywhere(actor, Action.MEMBER_MANAGE):
        words = _("Only managers of %(organization)s let people in or out.")
        return words % {"organization": seat.organization.name}
    return refusal


def _is_in_force(member: Membership, now: dt.datetime) -> bool:
    return member.user.is_active and (member.expires_at is None or member.expires_at > now)


def _row(
    request: WorkspaceRequest,
    member: Membership,
    teams: tuple[str, ...],
    last: dt.datetime | None,
) -> MemberRow:
    never = dt.datetime.max.replace(tzinfo=dt.UTC)
    return MemberRow(
        id=member.pk,
        slug=request.workspace.slug,
        name=member.user.name,
        email=member.user.email,
        is_you=member.user_id == request.user.pk,
        is_active=member.user.is_active,
        role=member.get_role_display(),
        role_order=_ROLE_ORDER[member.role],
        teams=teams,
        expires=member.expires_at,
        expires_sort=member.expires_at or never,
        has_ended=not _is_in_force(member, timezone.now()),
        last_seen=last,
        last_sort=last or dt.datetime.min.replace(tzinfo=dt.UTC),
    )


def _show(
    request: WorkspaceRequest, form: forms.Form, *, title: str, submit: str, **context: Any
) -> HttpResponse:
    return page_or_dialog(
        request,
        "people_form",
        {
            "workspace": request.workspace,
            "nav": "members",
            "form": form,
            "title": title,
            "submit": submit,
            "back": reverse("member_list", args=[request.workspace.slug]),
            "back_label": _("Members"),
            "can_submit": True,
            **context,
        },
    )


def _refuse(form: forms.Form, refusal: InvalidError) -> None:
    form.add_error(refusal.field if refusal.field in form.fields else None, refusal.message)


def _changed(request: WorkspaceRequest, message: str, *, about_me: bool = False) -> HttpResponse:
    """Answer with the list as it is now. After a change of one's own role, with a whole page."""
    address = reverse("member_list", args=[request.workspace.slug])
    if about_me and request.htmx:
        return redirect_to(request, address)
    fragments = (
        {"member_list/_sides.html": {**_list_context(request), "out_of_band": True}}
        if request.htmx
        else {}
    )
    return respond(request, fragments=fragments, message=message, fallback=address)
