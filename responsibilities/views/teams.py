"""Teams: the columns of the matrix, who is on them, and what they carry."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from django import forms
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from responsibilities import matrix
from responsibilities.choices import Letter
from responsibilities.forms.teams import (
    TeamArchiveForm,
    TeamForm,
    TeamPeopleForm,
    TeamRestoreForm,
)
from responsibilities.http import WorkspaceRequest, in_workspace, page_or_dialog, posted, respond
from responsibilities.matrix import Finding, SeatInfo, TeamColumn
from responsibilities.matrix.counts import load_by_team
from responsibilities.matrix.teams import impact
from responsibilities.models import Assignment, Membership, Seat, Team, Workspace
from responsibilities.permissions import Action, Actor, may, may_anywhere, require, why_not
from responsibilities.services import teams
from responsibilities.services.errors import InvalidError

form_methods = require_http_methods(["GET", "HEAD", "POST"])


@dataclass(frozen=True, slots=True)
class TeamRow:
    """A team as the page lists it: its people, its letters over items that apply."""

    column: TeamColumn
    letters: tuple[tuple[Letter, int], ...]
    finding: Finding | None
    is_first: bool
    is_last: bool


@dataclass(frozen=True, slots=True)
class Side:
    """The teams of one side, and whether the person may change them; `reason` says why not."""

    seat: SeatInfo
    rows: tuple[TeamRow, ...]
    archived: tuple[Team, ...]
    reason: str
    is_caretaker: bool


@require_safe
@in_workspace()
def team_list(request: WorkspaceRequest) -> HttpResponse:
    """Show the teams of each side."""
    return render(request, "team_list/page.html", _list_context(request))


@form_methods
@in_workspace(Action.TEAM_MANAGE)
def team_add(request: WorkspaceRequest, party: str) -> HttpResponse:
    """Add a team to the side of this party."""
    seat = get_object_or_404(
        Seat.objects.select_related("party", "organization"),
        workspace=request.workspace,
        party__key=party,
    )
    require(request.actor, Action.TEAM_MANAGE, seat)
    form = TeamForm(posted(request))
    if request.method == "POST" and form.is_valid():
        try:
            team = teams.add(
                actor=request.actor, workspace=request.workspace, seat=seat, **form.cleaned_data
            )
        except InvalidError as refusal:
            _refuse(form, refusal)
        else:
            return _changed(request, _("“%(team)s” was added.") % {"team": team.name})
    return _show(
        request,
        form,
        title=_("Add a team for %(organization)s") % {"organization": seat.organization.name},
        submit=_("Add team"),
    )


@form_methods
@in_workspace(Action.TEAM_MANAGE)
def team_edit(request: WorkspaceRequest, team_id: uuid.UUID) -> HttpResponse:
    """Rename or describe a team; say before which sign-offs a new name makes stale."""
    team = _team(request, team_id)
    form = TeamForm(posted(request), initial={"name": team.name, "description": team.description})
    if request.method == "POST" and form.is_valid():
        try:
            teams.edit(actor=request.actor, team=team, **form.cleaned_data)
        except InvalidError as refusal:
            _refuse(form, refusal)
        else:
            name = form.cleaned_data["name"]
            return _changed(request, _("“%(team)s” was saved.") % {"team": name})
    return _show(
        request,
        form,
        title=_("Edit “%(team)s”") % {"team": team.name},
        submit=_("Save"),
        body="team_list/_rename_note.html",
        impact=impact(matrix.load(request.workspace), team.pk),
    )


@form_methods
@in_workspace(Action.TEAM_MANAGE)
def team_people(request: WorkspaceRequest, team_id: uuid.UUID) -> HttpResponse:
    """Put members of the side on a team, and take them off."""
    team = _team(request, team_id)
    on_team = set(team.team_members.values_list("membership_id", flat=True))
    in_force = set(
        Membership.objects.in_force().filter(seat=team.seat).values_list("pk", flat=True)
    )
    members = [
        member
        for member in Membership.objects.filter(seat=team.seat).select_related("user")
        if member.pk in on_team | in_force
    ]
    form = TeamPeopleForm(
        posted(request), members=members, initial={"members": [str(pk) for pk in on_team]}
    )
    if request.method == "POST" and form.is_valid():
        try:
            teams.change_members(
                actor=request.actor, team=team, add=form.joining, remove=form.leaving
            )
        except InvalidError as refusal:
            _refuse(form, refusal)
        else:
            return _changed(request, _people_message(team, form.leaving))
    return _show(
        request,
        form,
        title=_("People on “%(team)s”") % {"team": team.name},
        submit=_("Save"),
        body="" if members else "team_list/_nobody_to_choose.html",
        can_submit=bool(members),
    )


@require_POST
@in_workspace(Action.TEAM_MANAGE)
def team_move(request: WorkspaceRequest, team_id: uuid.UUID) -> HttpResponse:
    """Move a team one place up or down on its side."""
    team = _team(request, team_id)
    step = {"up": -1, "down": 1}.get(request.POST.get("to", ""))
    if step is None:
        raise Http404
    moved = teams.move(actor=request.actor, team=team, step=-1 if step < 0 else 1)
    if moved:
        message = _("“%(team)s” was moved.") % {"team": team.name}
    else:
        message = _("“%(team)s” is at the end already.") % {"team": team.name}
    return _changed(request, message)


@form_methods
@in_workspace(Action.TEAM_MANAGE)
def team_archive(request: WorkspaceRequest, team_id: uuid.UUID) -> HttpResponse:
    """Take a team out of use; ask where its letters go."""
    team = _team(request, team_id)
    grid = matrix.load(request.workspace)
    others = [column for column in grid.teams_of(team.seat_id) if column.id != team.pk]
    touched = impact(grid, team.pk)
    form: forms.Form
    if touched.items:
        form = TeamArchiveForm(posted(request), teams=others)
    else:
        form = forms.Form(posted(request))
    if request.method == "POST" and form.is_valid():
        chosen = form.target if isinstance(form, TeamArchiveForm) else None
        to = _team(request, chosen) if chosen else None
        try:
            count = teams.archive(actor=request.actor, team=team, to=to)
        except InvalidError as refusal:
            _refuse(form, refusal)
        else:
            return _changed(request, _archived_message(team, to, count))
    return _show(
        request,
        form,
        title=_("Archive “%(team)s”?") % {"team": team.name},
        submit=_("Archive team"),
        danger=True,
        body="team_list/_archive_note.html",
        impact=touched,
    )


@form_methods
@in_workspace(Action.TEAM_MANAGE)
def team_restore(request: WorkspaceRequest, team_id: uuid.UUID) -> HttpResponse:
    """Bring an archived team back, without letters."""
    team = _team(request, team_id)
    form = TeamRestoreForm(posted(request), initial={"name": team.name})
    if request.method == "POST" and form.is_valid():
        try:
            team = teams.restore(actor=request.actor, team=team, name=form.cleaned_data["name"])
        except InvalidError as refusal:
            _refuse(form, refusal)
        else:
            return _changed(
                request, _("“%(team)s” is back, without letters.") % {"team": team.name}
            )
    return _show(
        request,
        form,
        title=_("Restore “%(team)s”?") % {"team": team.name},
        submit=_("Restore team"),
        body="team_list/_restore_note.html",
    )


def _team(request: WorkspaceRequest, team_id: uuid.UUID) -> Team:
    """Return a team of the workspace; 404 for a foreign one, 403 without the right."""
    team = get_object_or_404(
        Team.objects.select_related("seat__party", "seat__organization"),
        workspace=request.workspace,
        pk=team_id,
    )
    require(request.actor, Action.TEAM_MANAGE, team.seat)
    return team


def _list_context(request: WorkspaceRequest) -> dict[str, Any]:
    return {
        "workspace": request.workspace,
        "nav": "teams",
        "sides": _sides(request.workspace, request.actor),
    }


def _sides(workspace: Workspace, actor: Actor) -> list[Side]:
    grid = matrix.load(workspace)
    loads = load_by_team(grid)
    findings = {finding.team.id: finding for finding in grid.team_findings if finding.team}
    archived = list(
        Team.objects.filter(workspace=workspace).exclude(archived_at=None).order_by("name")
    )
    sides = []
    for seat in grid.seats:
        columns = grid.teams_of(seat.id)
        rows = tuple(
            TeamRow(
                column=column,
                letters=tuple(loads[column.id].items()),
                finding=findings.get(column.id),
                is_first=column == columns[0],
                is_last=column == columns[-1],
            )
            for column in columns
        )
        allowed = may(actor, Action.TEAM_MANAGE, seat.id, vacant=seat.vacant)
        sides.append(
            Side(
                seat=seat,
                rows=rows,
                archived=tuple(team for team in archived if team.seat_id == seat.id),
                reason=_refusal(actor, seat),
                is_caretaker=allowed and actor.seat_id != seat.id,
            )
        )
    return sides


def _refusal(actor: Actor, seat: SeatInfo) -> str:
    """Return why the person may not change the teams of a side, or an empty text if they may."""
    refusal = why_not(actor, Action.TEAM_MANAGE, seat.id, vacant=seat.vacant)
    if refusal and may_anywhere(actor, Action.TEAM_MANAGE):
        words = _("Only managers of %(organization)s change its teams.")
        return words % {"organization": seat.organization}
    return refusal


def _show(
    request: WorkspaceRequest, form: forms.Form, *, title: str, submit: str, **context: Any
) -> HttpResponse:
    return page_or_dialog(
        request,
        "people_form",
        {
            "workspace": request.workspace,
            "nav": "teams",
            "form": form,
            "title": title,
            "submit": submit,
            "back": reverse("team_list", args=[request.workspace.slug]),
            "back_label": _("Teams"),
            "can_submit": True,
            **context,
        },
    )


def _refuse(form: forms.Form, refusal: InvalidError) -> None:
    form.add_error(refusal.field if refusal.field in form.fields else None, refusal.message)


def _changed(request: WorkspaceRequest, message: str) -> HttpResponse:
    fragments = (
        {"team_list/_sides.html": {**_list_context(request), "out_of_band": True}}
        if request.htmx
        else {}
    )
    return respond(
        request,
        fragments=fragments,
        message=message,
        fallback=reverse("team_list", args=[request.workspace.slug]),
    )


def _people_message(team: Team, leaving: set[uuid.UUID]) -> str:
    message = _("The people on “%(team)s” were saved.") % {"team": team.name}
    named = (
        Assignment.objects.filter(team=team, person__memberships__in=leaving)
        .values("item")
        .distinct()
        .count()
    )
    if named:
        message += " " + ngettext(
            "A letter on %(count)s item still names somebody who left; change it in the matrix.",
            "Letters on %(count)s items still name somebody who left; change them in the matrix.",
            named,
        ) % {"count": named}
    return message


def _archived_message(team: Team, to: Team | None, count: int) -> str:
    values = {"team": team.name, "count": count, "to": to.name if to else ""}
    if to:
        return (
            ngettext(
                "“%(team)s” is archived. Its letters on %(count)s item went to “%(to)s”.",
                "“%(team)s” is archived. Its letters on %(count)s items went to “%(to)s”.",
                count,
            )
            % values
        )
    return _("“%(team)s” is archived.") % values
