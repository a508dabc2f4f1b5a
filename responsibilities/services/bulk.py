"""Changes many items at once: all of them or none, with one audit event.

Each function takes `seen`: the keys of the items and the version of each that the actor saw.
Items that already are as wanted stay as they are and do not stand in the event.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable, Mapping, Sequence

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from responsibilities.choices import Applicability, AuditAction, Letter
from responsibilities.models import Assignment, Item, Team, Workspace
from responsibilities.permissions import Action, Actor, is_vacant, require
from responsibilities.services import audit
from responsibilities.services.assignments import check_people, teams_in_use, why_not_take
from responsibilities.services.errors import ConflictError, InvalidError
from responsibilities.services.items import clean_text

type Seen = Mapping[str, int]


class BulkConflictError(ConflictError):
    """Items that have changed since the actor saw them. Nothing was written to any item."""

    def __init__(self, keys: Sequence[str]) -> None:
        """Take the keys of the items that changed, in their order."""
        message = ngettext(
            "%(keys)s was changed by somebody else meanwhile. Nothing was written.",
            "These items were changed by somebody else meanwhile: %(keys)s. Nothing was written.",
            len(keys),
        )
        super().__init__(message % {"keys": ", ".join(keys)})
        self.keys = tuple(keys)


@transaction.atomic
def give(
    *,
    actor: Actor,
    workspace: Workspace,
    seen: Seen,
    team_id: uuid.UUID,
    letter: str,
    person_id: uuid.UUID | None = None,
) -> list[Item]:
    """Give a letter on all these items to a team, and return the items that changed.

    A moves from the team that has it. Where the team has the letter already, only a person who
    is given replaces the one named there.

    Raises BulkConflictError; NotAllowedError if the actor may not assign for the team's side;
    InvalidError for an unknown item, team, letter or person, and if A would have to be taken
    from another side's team by somebody who does not sit on the holding side.
    """
    items, team = _prepared(actor, workspace, seen, team_id, letter)
    check_people(team, [person_id] if person_id else [])
    of_team = _holdings(items, team=team_id, letter=letter)
    to_add = [item for item in items if item.pk not in of_team]
    to_name = [x for x in of_team.values() if person_id and x.person_id != person_id]
    owners = _take_accountable(actor, to_add) if letter == Letter.ACCOUNTABLE else {}
    for holding in to_name:
        holding.person_id = person_id
    Assignment.objects.bulk_update(to_name, ["person"])
    Assignment.objects.bulk_create(
        Assignment(item=item, team=team, letter=letter, person_id=person_id) for item in to_add
    )
    named = {holding.item_id for holding in to_name}
    changed = [item for item in items if item.pk not in of_team or item.pk in named]
    _record(
        actor,
        workspace,
        changed,
        {item.pk: (owners.get(item.pk, ""), f"{team.name} {letter}") for item in changed},
    )
    return changed


@transaction.atomic
def take(
    *, actor: Actor, workspace: Workspace, seen: Seen, team_id: uuid.UUID, letter: str
) -> list[Item]:
    """Take a letter on all these items from a team, and return the items that changed.

    Raises what `give` raises.
    """
    items, team = _prepared(actor, workspace, seen, team_id, letter)
    of_team = _holdings(items, team=team_id, letter=letter)
    Assignment.objects.filter(pk__in=[holding.pk for holding in of_team.values()]).delete()
    changed = [item for item in items if item.pk in of_team]
    _record(actor, workspace, changed, {item.pk: (f"{team.name} {letter}", "") for item in changed})
    return changed


@transaction.atomic
def set_review(
    *, actor: Actor, workspace: Workspace, seen: Seen, review_on: dt.date | None
) -> list[Item]:
    """Set the next review of all these items, and return those that changed.

    Raises BulkConflictError, InvalidError for an unknown item, or NotAllowedError if one of
    them is held by a side that the actor may not edit for.
    """
    items = _held(actor, workspace, seen)
    changed = [item for item in items if item.review_on != review_on]
    words = {item.pk: (_day(item.review_on), _day(review_on)) for item in changed}
    Item.objects.filter(pk__in=words).update(review_on=review_on)
    _record(actor, workspace, changed, words)
    return changed


@transaction.atomic
def set_applicability(
    *, actor: Actor, workspace: Workspace, seen: Seen, applicability: str, reason: str
) -> list[Item]:
    """Say of all these items whether they apply, and return those that changed.

    Raises what `set_review` raises, and InvalidError for "not applicable" without a reason.
    """
    reason = clean_text(reason) if applicability == Applicability.NOT_APPLICABLE else ""
    if applicability == Applicability.NOT_APPLICABLE and not reason:
        raise InvalidError(_("Say why the items do not apply."), field="reason")
    items = _held(actor, workspace, seen)
    changed = [
        item
        for item in items
        if (item.applicability, item.applicability_reason) != (applicability, reason)
    ]
    label = str(Applicability(applicability).label)
    after = f"{label}: {reason}" if reason else label
    words = {item.pk: (_applies(item), after) for item in changed}
    Item.objects.filter(pk__in=words).update(
        applicability=applicability, applicability_reason=reason
    )
    _record(actor, workspace, changed, words)
    return changed


def _prepared(
    actor: Actor, workspace: Workspace, seen: Seen, team_id: uuid.UUID, letter: str
) -> tuple[list[Item], Team]:
    if letter not in Letter.values:
        raise InvalidError(_("A letter has to be R, A, C or I."), field="letter")
    team = teams_in_use(workspace, [team_id])[team_id]
    require(actor, Action.ASSIGN, team.seat)
    return _lock(workspace, seen), team


def _held(actor: Actor, workspace: Workspace, seen: Seen) -> list[Item]:
    """Lock the items; the actor has to be allowed to edit for every side that holds one."""
    items = _lock(workspace, seen)
    for seat in {item.holder for item in items}:
        require(actor, Action.ITEM_EDIT, seat)
    return items


def _lock(workspace: Workspace, seen: Seen) -> list[Item]:
    """Lock the items in the order of their ids, so that two writers cannot block each other."""
    items = list(
        Item.objects.select_for_update(of=("self",), no_key=True)
        .filter(workspace=workspace, responsibility__key__in=seen)
        .select_related("responsibility", "holder__party", "holder__organization")
        .order_by("pk")
    )
    if not items:
        raise InvalidError(_("Select at least one item."))
    if len(items) != len(seen):
        raise InvalidError(_("One of these items is not in this workspace."))
    changed = [
        item.responsibility.key for item in items if item.version != seen[item.responsibility.key]
    ]
    if changed:
        raise BulkConflictError(changed)
    return items


def _holdings(
    items: Iterable[Item], *, letter: str, team: uuid.UUID | None = None
) -> dict[int, Assignment]:
    """Return who has this letter, by item; only of one team if `team` is given."""
    holdings = Assignment.objects.filter(item__in=items, letter=letter)
    if team:
        holdings = holdings.filter(team=team)
    return {
        holding.item_id: holding
        for holding in holdings.select_related("team__seat__party", "team__seat__organization")
    }


def _take_accountable(actor: Actor, items: Sequence[Item]) -> dict[int, str]:
    """Take A from whoever has it on these items; return who that was, in words, by item."""
    owners = _holdings(items, letter=Letter.ACCOUNTABLE)
    vacant = {
        seat.pk: is_vacant(seat) for seat in {holding.team.seat for holding in owners.values()}
    }
    refused = [
        item.responsibility.key
        for item in items
        if (owner := owners.get(item.pk))
        and why_not_take(
            actor,
            holder_id=item.holder_id,
            owner_id=owner.team.seat_id,
            vacant=vacant[owner.team.seat_id],
        )
    ]
    if refused:
        message = _("Only the side that holds an item can take A from another side: %(keys)s.")
        raise InvalidError(message % {"keys": ", ".join(refused)}, field="letter")
    Assignment.objects.filter(pk__in=[owner.pk for owner in owners.values()]).delete()
    return {item_id: f"{owner.team.name} A" for item_id, owner in owners.items()}


def _record(
    actor: Actor, workspace: Workspace, items: Sequence[Item], words: Mapping[int, tuple[str, str]]
) -> None:
    """Count the versions of the changed items up, and append the one event."""
    if not items:
        return
    now = timezone.now()
    Item.objects.filter(pk__in=[item.pk for item in items]).update(
        version=F("version") + 1, updated_at=now
    )
    count = len(items)
    label = ngettext("%(count)s item", "%(count)s items", count) % {"count": count}
    audit.append(
        workspace=workspace,
        actor=actor,
        action=AuditAction.ITEMS_BULK_CHANGED,
        subject=audit.Subject("workspace", str(workspace.pk)),
        label=label,
        changes=[
            audit.Change(item.responsibility.key, *words[item.pk])
            for item in sorted(items, key=lambda item: item.responsibility.key)
        ],
        items=items,
    )


def _day(value: dt.date | None) -> str:
    return value.isoformat() if value else ""


def _applies(item: Item) -> str:
    label = str(Applicability(item.applicability).label)
    return f"{label}: {item.applicability_reason}" if item.applicability_reason else label
