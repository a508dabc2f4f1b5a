"""Puts letters on teams: who is responsible, accountable, consulted, informed."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.core import signing
from django.db import transaction
from django.utils.translation import gettext as _

from responsibilities.choices import AuditAction, Letter
from responsibilities.models import Assignment, Item, Membership, Team, User, Workspace
from responsibilities.permissions import Action, Actor, require, require_anywhere, why_not
from responsibilities.services import audit, items
from responsibilities.services.errors import InvalidError

type Cell = Mapping[str, uuid.UUID | None]
"""The letters of one team on one item: letter → id of the named person, or None."""

UNDO_SECONDS = 120
"""How long a change can be undone. The button goes after ten seconds, unless somebody is on it."""

_UNDO_SALT = "responsibilities.assignments.undo"


@dataclass(frozen=True, slots=True)
class Outcome:
    """The item after the change, and the cells that changed as they were before.

    `undo` is what `undo` takes to put them back; it is empty if nothing changed.
    """

    item: Item
    previous: dict[uuid.UUID, dict[str, uuid.UUID | None]]
    undo: str = ""


@transaction.atomic
def set_cells(
    *,
    actor: Actor,
    workspace: Workspace,
    key: str,
    cells: Mapping[uuid.UUID, Cell],
    seen_version: int,
) -> Outcome:
    """Set the letters of one or more teams on the item `key`, and return what was before.

    A cell is the whole of what the team shall have; an empty one clears it. Giving A to a
    team takes it from the team that had it: one step, one event. Writes nothing if nothing
    changes.

    Raises ConflictError if the item is no longer at `seen_version`; NotAllowedError if a
    team belongs to a side that the actor may not assign for, or if A would be taken from
    another side's team by somebody who does not sit on the holding side; InvalidError for
    an archived or foreign team, a wrong letter, or a person who is not on the team.
    """
    item = items.lock(workspace, key, seen_version)
    teams = teams_in_use(workspace, cells)
    for team in teams.values():
        require(actor, Action.ASSIGN, team.seat)
    before = _cells(item)
    for team_id, cell in cells.items():
        _check(teams[team_id], cell, before.get(team_id, {}))
    wanted = {team: dict(cell) for team, cell in cells.items()}
    _move_accountable(actor, item, before, wanted)
    return _replace(actor, workspace, item, before, wanted)


@transaction.atomic
def undo(*, actor: Actor, workspace: Workspace, key: str, token: str) -> Outcome:
    """Take the actor's own last change to an item back: exactly, and in one step.

    `token` is `Outcome.undo` of that change, signed by this module, so it cannot be made up.
    It holds for the same person on the same side, for the same item, as long as nobody has
    changed the item since, and for two minutes. Under these conditions A may also go back to
    a team that the actor may not assign for: the item is again what it was a moment ago.

    Raises InvalidError for a token that is false, too old or of somebody else, or if a team
    of that time is no longer in use; ConflictError if the item has changed since;
    NotAllowedError if the actor may no longer assign.
    """
    require_anywhere(actor, Action.ASSIGN)
    version, cells = _read_undo(actor, workspace, key, token)
    item = items.lock(workspace, key, version)
    teams_in_use(workspace, cells)
    return _replace(actor, workspace, item, _cells(item), cells, reason="undo")


def why_not_take(actor: Actor, *, holder_id: int, owner_id: int, vacant: bool = False) -> str:
    """Return why the actor may not take A from a team of the side `owner_id`, or an empty text.

    The side that holds the item always may. `vacant` is about the owner's side. No query.
    """
    if actor.is_system or actor.seat_id == holder_id:
        return ""
    return why_not(actor, Action.ASSIGN, owner_id, vacant=vacant)


def _replace(
    actor: Actor,
    workspace: Workspace,
    item: Item,
    before: Mapping[uuid.UUID, Cell],
    wanted: Mapping[uuid.UUID, Cell],
    *,
    reason: str = "",
) -> Outcome:
    """Write what differs, with one audit event. The item is locked and everything is checked."""
    previous = {
        team: dict(before.get(team, {}))
        for team, cell in wanted.items()
        if before.get(team, {}) != cell
    }
    if not previous:
        return Outcome(item, {})
    _write(item, {team: wanted[team] for team in previous})
    items.bump(item)
    audit.append(
        workspace=workspace,
        actor=actor,
        action=AuditAction.ASSIGNMENT_CHANGED,
        subject=audit.Subject("item", item.responsibility.key, item.version),
        label=str(item.responsibility),
        changes=_changes(previous, wanted),
        reason=reason,
        items=[item],
    )
    return Outcome(item, previous, _undo_token(actor, item, previous))


def _undo_token(actor: Actor, item: Item, previous: Mapping[uuid.UUID, Cell]) -> str:
    cells = {
        str(team): {letter: str(person) if person else None for letter, person in cell.items()}
        for team, cell in previous.items()
    }
    return signing.dumps(
        {
            "of": _undo_scope(actor, item.workspace_id, item.responsibility.key),
            "version": item.version,
            "cells": cells,
        },
        salt=_UNDO_SALT,
    )


def _undo_scope(actor: Actor, workspace: uuid.UUID, key: str) -> list[str]:
    """Return whose change to what a token undoes."""
    user = str(actor.user.pk) if actor.user else ""
    return [user, str(actor.seat_id), str(workspace), key]


def _read_undo(
    actor: Actor, workspace: Workspace, key: str, token: str
) -> tuple[int, dict[uuid.UUID, dict[str, uuid.UUID | None]]]:
    refusal = InvalidError(_("This can no longer be undone. Nothing was changed."))
    try:
        data = signing.loads(token, salt=_UNDO_SALT, max_age=UNDO_SECONDS)
    except signing.BadSignature as bad:
        raise refusal from bad
    if data["of"] != _undo_scope(actor, workspace.pk, key):
        raise refusal
    return data["version"], {
        uuid.UUID(team): {
            letter: uuid.UUID(person) if person else None for letter, person in cell.items()
        }
        for team, cell in data["cells"].items()
    }


def teams_in_use(workspace: Workspace, ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, Team]:
    """Return teams of this workspace by id. Raises InvalidError for an archived or foreign one."""
    wanted = set(ids)
    teams = (
        Team.objects.in_use()
        .filter(workspace=workspace, pk__in=wanted)
        .select_related("seat__party", "seat__organization")
        .in_bulk()
    )
    if wanted - teams.keys():
        raise InvalidError(_("This team is not in use in this workspace."))
    return teams


def check_people(team: Team, people: Iterable[uuid.UUID]) -> None:
    """Raise InvalidError unless all these people are on the team now."""
    wanted = set(people)
    if not wanted:
        return
    on_team = set(
        Membership.objects.in_force()
        .filter(team_members__team=team, user__in=wanted)
        .values_list("user_id", flat=True)
    )
    if wanted - on_team:
        message = _("This person is not on the team “%(team)s”.")
        raise InvalidError(message % {"team": team.name}, field="person")


def _check(team: Team, cell: Cell, before: Cell) -> None:
    """Check the letters of a cell and the people who are new in it."""
    if set(cell) - set(Letter.values):
        raise InvalidError(_("A letter has to be R, A, C or I."))
    check_people(
        team,
        (
            person
            for letter, person in cell.items()
            if person and (letter, person) not in before.items()
        ),
    )


def _cells(item: Item) -> dict[uuid.UUID, dict[str, uuid.UUID | None]]:
    cells: dict[uuid.UUID, dict[str, uuid.UUID | None]] = {}
    for team, letter, person in item.assignments.values_list("team_id", "letter", "person_id"):
        cells.setdefault(team, {})[letter] = person
    return cells


def _move_accountable(
    actor: Actor,
    item: Item,
    before: Mapping[uuid.UUID, Cell],
    wanted: dict[uuid.UUID, dict[str, uuid.UUID | None]],
) -> None:
    """Where a cell gets A, take it from the team that has it now."""
    takers = [team for team, cell in wanted.items() if Letter.ACCOUNTABLE in cell]
    if len(takers) > 1:
        raise InvalidError(_("Exactly one team is accountable for an item."))
    if not takers:
        return
    owner = next((team for team, cell in before.items() if Letter.ACCOUNTABLE in cell), None)
    if owner is None or owner in wanted:
        return
    if not actor.is_system and actor.seat_id != item.holder_id:
        seat = Team.objects.select_related("seat__party").get(pk=owner).seat
        require(actor, Action.ASSIGN, seat)
    wanted[owner] = {
        letter: person for letter, person in before[owner].items() if letter != Letter.ACCOUNTABLE
    }


def _write(item: Item, cells: Mapping[uuid.UUID, Cell]) -> None:
    """Replace the letters of these teams. Deletes first, so that A is never there twice."""
    item.assignments.filter(team__in=cells).delete()
    Assignment.objects.bulk_create(
        Assignment(item=item, team_id=team, letter=letter, person_id=person)
        for team, cell in cells.items()
        for letter, person in cell.items()
    )


def _changes(
    previous: Mapping[uuid.UUID, Cell], wanted: Mapping[uuid.UUID, Cell]
) -> list[audit.Change]:
    teams = Team.objects.in_bulk(list(previous))
    ids = {
        person
        for cells in (previous, wanted)
        for cell in cells.values()
        for person in cell.values()
        if person
    }
    names = dict(User.objects.filter(pk__in=ids).values_list("pk", "name")) if ids else {}

    def words(cell: Cell) -> str:
        return ", ".join(
            f"{letter} ({names[person]})" if (person := cell[letter]) else letter
            for letter in Letter.values
            if letter in cell
        )

    return [
        audit.Change(teams[team].name, words(cell), words(wanted[team]))
        for team, cell in previous.items()
    ]
