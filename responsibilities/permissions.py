"""The one table of who may do what: role × action × side.

A role gives actions on the side its member sits on. One exception keeps onboarding possible:
a side on which nobody is a manager yet (a *vacant* side) is looked after by the managers of
the provider's side, for everything but evidence and signing.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from enum import StrEnum

from django.utils.translation import gettext as _

from responsibilities.choices import PartyKind, Role, Via
from responsibilities.models import Membership, Seat, User


class Action(StrEnum):
    """What a person may do in a workspace."""

    VIEW = "view"
    EXPORT = "export"
    WORKSPACE_EDIT = "workspace.edit"
    MEMBER_MANAGE = "member.manage"
    TEAM_MANAGE = "team.manage"
    ASSIGN = "assign"
    ITEM_EDIT = "item.edit"
    EVIDENCE_EDIT = "evidence.edit"
    SIGN = "sign"
    RELEASE = "release"


_READ = frozenset({Action.VIEW, Action.EXPORT})
_WORK = _READ | {Action.ASSIGN, Action.ITEM_EDIT, Action.EVIDENCE_EDIT}

PERSONAL_ACTIONS = frozenset({Action.SIGN, Action.RELEASE})
"""What only a person can do, never the system: it is their word that counts."""

ROLE_ACTIONS: dict[str, frozenset[Action]] = {
    Role.MANAGER: _WORK
    | {Action.WORKSPACE_EDIT, Action.MEMBER_MANAGE, Action.TEAM_MANAGE}
    | PERSONAL_ACTIONS,
    Role.CONTRIBUTOR: _WORK,
    Role.APPROVER: _READ | PERSONAL_ACTIONS,
    Role.READER: frozenset({Action.VIEW}),
    Role.AUDITOR: _READ,
}

CARETAKER_ACTIONS = frozenset(
    {Action.MEMBER_MANAGE, Action.TEAM_MANAGE, Action.ASSIGN, Action.ITEM_EDIT}
)

ADD_WORKSPACE = "responsibilities.add_workspace"


class NotAllowedError(Exception):
    """The actor may not do this. The message is for the person and says why."""


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts, through which channel, and as which member.

    `user` is empty for the system itself (commands run by the operator, tasks), which may do
    everything but sign and release. `membership` is that of the workspace at hand, if there is one.
    """

    user: User | None
    via: Via
    membership: Membership | None = None

    @property
    def is_system(self) -> bool:
        """Whether no person acts."""
        return self.user is None

    @property
    def seat_id(self) -> int | None:
        """The side the actor sits on, if any."""
        return self.membership.seat_id if self.membership else None


def system_actor(via: Via = Via.COMMAND) -> Actor:
    """Return the actor for work that no person does."""
    return Actor(user=None, via=via)


def is_vacant(seat: Seat) -> bool:
    """Say whether nobody is a manager of this side yet. One query."""
    return not Membership.objects.in_force().filter(seat=seat, role=Role.MANAGER).exists()


def may_anywhere(actor: Actor, action: Action) -> bool:
    """Say whether the actor's role has this action at all, on whatever side. No query."""
    if actor.is_system:
        return action not in PERSONAL_ACTIONS
    return actor.membership is not None and action in ROLE_ACTIONS[actor.membership.role]


def may(actor: Actor, action: Action, seat_id: int, *, vacant: bool = False) -> bool:
    """Say whether the actor may do `action` on the side `seat_id`. No query.

    `vacant` says that the side has no manager; then the provider's managers look after it.
    """
    if not may_anywhere(actor, action):
        return False
    if actor.is_system or actor.seat_id == seat_id:
        return True
    membership = actor.membership
    return (
        vacant
        and action in CARETAKER_ACTIONS
        and membership is not None
        and membership.role == Role.MANAGER
        and membership.seat.party.kind == PartyKind.PROVIDER
    )


def why_not(actor: Actor, action: Action, seat_id: int, *, vacant: bool = False) -> str:
    """Return the reason why the actor may not do this, or an empty text if they may."""
    if may(actor, action, seat_id, vacant=vacant):
        return ""
    if actor.membership is None:
        return _("You are not a member of this workspace.")
    if not may_anywhere(actor, action):
        role = actor.membership.get_role_display()
        return _("Your role, %(role)s, does not allow this.") % {"role": role}
    return _("This belongs to another side. Only its members can change it.")


def require(actor: Actor, action: Action, seat: Seat) -> None:
    """Raise NotAllowedError unless the actor may do `action` on this side.

    Asks the database whether the side is vacant only if the answer depends on it.
    """
    if may(actor, action, seat.pk):
        return
    if may(actor, action, seat.pk, vacant=True) and is_vacant(seat):
        return
    raise NotAllowedError(why_not(actor, action, seat.pk))


def require_anywhere(actor: Actor, action: Action) -> None:
    """Raise NotAllowedError unless the actor's role has this action on its own side."""
    if not may_anywhere(actor, action):
        raise NotAllowedError(why_not(actor, action, actor.seat_id or 0))


def require_unchanged(actor: Actor, workspace_id: uuid.UUID) -> None:
    """Raise NotAllowedError unless the actor is still the member that they were when they asked.

    For what only a person can do, under the lock of the workspace's log, which whoever changes a
    member takes as well: nobody signs who was removed or moved to another side meanwhile. One
    query.
    """
    known = actor.membership
    if known is None or known.workspace_id != workspace_id:
        raise NotAllowedError(_("You are not a member of this workspace."))
    now = Membership.objects.in_force().filter(pk=known.pk, user=actor.user)
    if not now.filter(seat=known.seat_id, role=known.role).exists():
        raise NotAllowedError(_("Your access has changed meanwhile. Nothing was done."))


def may_add_workspace(user: User) -> bool:
    """Say whether this person may create workspaces (a permission the operator grants)."""
    return user.has_perm(ADD_WORKSPACE)


def actor_id(actor: Actor) -> uuid.UUID | None:
    """Return the opaque id that stands in the audit log, or None for the system."""
    return actor.user.pk if actor.user else None
