"""Adds, names, orders, staffs, archives and restores teams: the columns of the matrix."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping
from typing import Literal

from django.db import IntegrityError, transaction
from django.db.models import F, Max
from django.utils import timezone
from django.utils.translation import gettext as _

from responsibilities.choices import AuditAction, Letter
from responsibilities.models import (
    Assignment,
    Item,
    Membership,
    Seat,
    Team,
    TeamMember,
    Workspace,
)
from responsibilities.permissions import Action, Actor, require
from responsibilities.services import audit
from responsibilities.services.errors import InvalidError, refusing
from responsibilities.validators import clean_name

type Step = Literal[-1, 1]
"""One place to the front, or one to the back."""

NAME_LENGTH = 80
DESCRIPTION_LENGTH = 300


@transaction.atomic
def add(
    *, actor: Actor, workspace: Workspace, seat: Seat, name: str, description: str = ""
) -> Team:
    """Add a team at the end of its side, and return it.

    Raises NotAllowedError unless the actor manages this side, InvalidError for an empty or too
    long name, or one that another team of the side has.
    """
    require(actor, Action.TEAM_MANAGE, seat)
    name, description = _checked(name, description)
    team = Team(
        workspace=workspace,
        seat=seat,
        name=name,
        description=description,
        position=_last_position(seat) + 1,
    )
    _save(team)
    _record(
        actor,
        team,
        AuditAction.TEAM_ADDED,
        [
            audit.Change(_("side"), "", seat.organization.name),
            audit.Change(_("name"), "", name),
            *_unless_same(_("description"), "", description),
        ],
    )
    return team


@transaction.atomic
def edit(*, actor: Actor, team: Team, name: str, description: str) -> Team:
    """Rename or describe a team, and return it. Writes nothing if nothing changed.

    A sign-off covers the names of teams, so a new name makes the sign-offs of the team's items
    stale. Raises as `add` does, and InvalidError for an archived team.
    """
    team = _locked_in_use(actor, team)
    name, description = _checked(name, description)
    changes = [
        *_unless_same(_("name"), team.name, name),
        *_unless_same(_("description"), team.description, description),
    ]
    if not changes:
        return team
    renamed = team.name != name
    team.name, team.description = name, description
    _save(team)
    touched = Item.objects.filter(assignments__team=team).distinct() if renamed else ()
    _record(actor, team, AuditAction.TEAM_CHANGED, changes, items=touched)
    return team


@transaction.atomic
def move(*, actor: Actor, team: Team, step: Step) -> bool:
    """Move a team one place among the teams of its side; say whether it moved.

    At the end of the row it stays, and nothing is written. The order is not part of what a
    sign-off covers. Raises NotAllowedError, and InvalidError for an archived team.
    """
    team = _locked_in_use(actor, team)
    row = list(
        Team.objects.select_for_update(no_key=True)
        .in_use()
        .filter(seat=team.seat_id)
        .order_by("position", "name")
    )
    was = next(place for place, other in enumerate(row) if other.pk == team.pk)
    now = was + step
    if not 0 <= now < len(row):
        return False
    row[was], row[now] = row[now], row[was]
    for position, other in enumerate(row):
        other.position = position
    Team.objects.bulk_update(row, ["position"])
    change = audit.Change(_("place on its side"), str(was + 1), str(now + 1))
    _record(actor, team, AuditAction.TEAM_MOVED, [change])
    return True


@transaction.atomic
def change_members(
    *,
    actor: Actor,
    team: Team,
    add: Collection[uuid.UUID] = (),
    remove: Collection[uuid.UUID] = (),
) -> bool:
    """Put members on a team and take others off, by membership id; say whether that changed it.

    Taking the difference, not the whole list, keeps what somebody else did meanwhile. Letters
    that name a person keep the name. Raises NotAllowedError, and InvalidError for an archived
    team or for somebody who is no member of the team's side now.
    """
    team = _locked_in_use(actor, team)
    # Locked, so that nobody is put on the team while they leave the workspace.
    known = {
        member.pk: member
        for member in Membership.objects.select_for_update(of=("self",), no_key=True)
        .filter(seat=team.seat_id, pk__in={*add, *remove})
        .select_related("user")
        .order_by("pk")
    }
    in_force = set(
        Membership.objects.in_force()
        .filter(seat=team.seat_id, pk__in=set(add))
        .values_list("pk", flat=True)
    )
    if set(add) - in_force:
        raise InvalidError(
            _("Only members of the team's own side can be on it. Nothing was changed."),
            field="members",
        )
    there = set(TeamMember.objects.filter(team=team).values_list("membership_id", flat=True))
    joining = [known[pk] for pk in dict.fromkeys(add) if pk not in there]
    leaving = [known[pk] for pk in dict.fromkeys(remove) if pk in there and pk in known]
    if not joining and not leaving:
        return False
    TeamMember.objects.bulk_create(TeamMember(team=team, membership=who) for who in joining)
    TeamMember.objects.filter(team=team, membership__in=leaving).delete()
    changes = [
        *(audit.Change(_("joined"), "", who.user.name) for who in joining),
        *(audit.Change(_("left"), who.user.name, "") for who in leaving),
    ]
    _record(actor, team, AuditAction.TEAM_MEMBERS_CHANGED, changes)
    return True


@transaction.atomic
def archive(*, actor: Actor, team: Team, to: Team | None) -> int:
    """Take a team out of use, and return how many items it had letters on.

    Its letters go to the team `to` of the same side, or away. Where `to` has the letter on the
    item already, the two become one and keep the person of `to`; a named person goes along only
    if they are on `to`. The versions of the items go up. One event for all of it.

    Raises NotAllowedError, and InvalidError if the team is archived already or `to` is not
    another team in use on the same side.
    """
    # Every item is locked, so that no letter is put on the team while it goes.
    items = {
        item.pk: item
        for item in Item.objects.select_for_update(of=("self",), no_key=True)
        .filter(workspace=team.workspace_id)
        .select_related("responsibility")
        .order_by("pk")
    }
    team = _locked_in_use(actor, team)
    if to is not None:
        to = _locked_target(team, to)
    before = _letters(team)
    target_before = _letters(to) if to else {}
    Assignment.objects.filter(team=team).delete()
    if to:
        _hand_over(before, target_before, to)
    touched = sorted((items[pk] for pk in before), key=lambda item: item.responsibility.key)
    Item.objects.filter(pk__in=list(before)).update(
        version=F("version") + 1, updated_at=timezone.now()
    )
    team.archived_at = timezone.now()
    team.save(update_fields=["archived_at"])
    changes = [audit.Change(_("letters moved to"), "", to.name)] if to else []
    changes += [
        audit.Change(
            item.responsibility.key,
            f"{team.name}: {_words(before[item.pk])}",
            f"{to.name}: {_words({*before[item.pk], *target_before.get(item.pk, ())})}"
            if to
            else "",
        )
        for item in touched
    ]
    _record(actor, team, AuditAction.TEAM_ARCHIVED, changes, items=touched)
    return len(touched)


@transaction.atomic
def restore(*, actor: Actor, team: Team, name: str) -> Team:
    """Bring an archived team back at the end of its side, with its people, without letters.

    `name` is the old one, or a new one where another team has taken it meanwhile. Raises as
    `add` does, and InvalidError if the team is in use.
    """
    team = _locked(team)
    require(actor, Action.TEAM_MANAGE, team.seat)
    if team.archived_at is None:
        raise InvalidError(_("“%(team)s” is in use already.") % {"team": team.name})
    name, _description = _checked(name, team.description)
    changes = _unless_same(_("name"), team.name, name)
    team.name, team.archived_at = name, None
    team.position = _last_position(team.seat) + 1
    _save(team)
    _record(actor, team, AuditAction.TEAM_RESTORED, changes)
    return team


def _locked(team: Team) -> Team:
    return (
        Team.objects.select_for_update(of=("self",), no_key=True)
        .select_related("workspace", "seat__party", "seat__organization")
        .get(pk=team.pk)
    )


def _locked_in_use(actor: Actor, team: Team) -> Team:
    team = _locked(team)
    require(actor, Action.TEAM_MANAGE, team.seat)
    if team.archived_at is not None:
        raise InvalidError(
            _("“%(team)s” is archived. Restore it before you change it.") % {"team": team.name}
        )
    return team


def _locked_target(team: Team, to: Team) -> Team:
    to = _locked(to)
    if to.pk == team.pk or to.seat_id != team.seat_id or to.archived_at is not None:
        raise InvalidError(_("Choose another team of the same side, in use."), field="to")
    return to


def _checked(name: str, description: str) -> tuple[str, str]:
    """Return name and description on one line each. Raises InvalidError for a bad one."""
    with refusing("name"):
        name = clean_name(name)
    with refusing("description"):
        description = clean_name(description)
    if not name:
        raise InvalidError(_("Give the team a name."), field="name")
    for field, value, limit in (
        ("name", name, NAME_LENGTH),
        ("description", description, DESCRIPTION_LENGTH),
    ):
        if len(value) > limit:
            raise InvalidError(
                _("Use at most %(limit)s characters.") % {"limit": limit}, field=field
            )
    return name, description


def _save(team: Team) -> None:
    """Save a team; the database refuses a name that its side has already."""
    try:
        with transaction.atomic():
            team.save()
    except IntegrityError as clash:
        raise InvalidError(
            _("This side already has a team with this name."), field="name"
        ) from clash


def _last_position(seat: Seat) -> int:
    last = Team.objects.in_use().filter(seat=seat).aggregate(last=Max("position"))["last"]
    return -1 if last is None else last


def _letters(team: Team) -> dict[int, dict[str, uuid.UUID | None]]:
    """Return what a team has: letter and named person by item id."""
    letters: dict[int, dict[str, uuid.UUID | None]] = {}
    for item, letter, person in Assignment.objects.filter(team=team).values_list(
        "item_id", "letter", "person_id"
    ):
        letters.setdefault(item, {})[letter] = person
    return letters


def _hand_over(
    letters: Mapping[int, Mapping[str, uuid.UUID | None]],
    there: Mapping[int, Collection[str]],
    to: Team,
) -> None:
    on_team = set(
        Membership.objects.in_force()
        .filter(team_members__team=to)
        .values_list("user_id", flat=True)
    )
    Assignment.objects.bulk_create(
        Assignment(
            item_id=item, team=to, letter=letter, person_id=person if person in on_team else None
        )
        for item, cell in letters.items()
        for letter, person in cell.items()
        if letter not in there.get(item, ())
    )


def _words(letters: Collection[str]) -> str:
    return ", ".join(letter for letter in Letter.values if letter in letters)


def _unless_same(field: str, old: str, new: str) -> list[audit.Change]:
    return [] if old == new else [audit.Change(field, old, new)]


def _record(
    actor: Actor,
    team: Team,
    action: AuditAction,
    changes: Collection[audit.Change],
    *,
    items: Collection[Item] = (),
) -> None:
    audit.append(
        workspace=team.workspace,
        actor=actor,
        action=action,
        subject=audit.Subject("team", str(team.pk)),
        label=team.name,
        changes=list(changes),
        items=items,
    )
