"""The table role × action × side, spelled out."""

from __future__ import annotations

import pytest

from responsibilities import permissions
from responsibilities.choices import Role, Via
from responsibilities.models import Membership
from responsibilities.permissions import Action, NotAllowedError
from tests.world import World, actor_in

TABLE: dict[Role, str] = {
    Role.MANAGER: "view export workspace.edit member.manage team.manage assign item.edit "
    "evidence.edit sign release",
    Role.CONTRIBUTOR: "view export assign item.edit evidence.edit",
    Role.APPROVER: "view export sign release",
    Role.READER: "view",
    Role.AUDITOR: "view export",
}


@pytest.mark.parametrize("action", Action)
@pytest.mark.parametrize("role", Role)
def test_own_side(world: World, role: Role, action: Action) -> None:
    actor = world.actor("party1", role)
    allowed = action.value in TABLE[role].split()
    assert permissions.may(actor, action, world.customer.pk) is allowed
    assert (permissions.why_not(actor, action, world.customer.pk) == "") is allowed


@pytest.mark.parametrize("action", Action)
@pytest.mark.parametrize("role", Role)
def test_other_side_is_never_changed(world: World, role: Role, action: Action) -> None:
    actor = world.actor("party1", role)
    assert permissions.may(actor, action, world.provider.pk) is False
    assert permissions.why_not(actor, action, world.provider.pk)
    with pytest.raises(NotAllowedError):
        permissions.require(actor, action, world.provider)


@pytest.mark.parametrize("action", Action)
def test_provider_manager_looks_after_a_vacant_side(world: World, action: Action) -> None:
    Membership.objects.filter(seat=world.customer, role=Role.MANAGER).update(role=Role.READER)
    actor = world.actor("party0")
    if action in permissions.CARETAKER_ACTIONS:
        permissions.require(actor, action, world.customer)
    else:
        with pytest.raises(NotAllowedError):
            permissions.require(actor, action, world.customer)


@pytest.mark.parametrize("role", [Role.CONTRIBUTOR, Role.APPROVER, Role.READER])
def test_only_managers_look_after_a_vacant_side(world: World, role: Role) -> None:
    Membership.objects.filter(seat=world.customer, role=Role.MANAGER).update(role=Role.READER)
    with pytest.raises(NotAllowedError):
        permissions.require(world.actor("party0", role), Action.TEAM_MANAGE, world.customer)


def test_customer_manager_does_not_look_after_a_vacant_provider(world: World) -> None:
    Membership.objects.filter(seat=world.provider, role=Role.MANAGER).update(role=Role.READER)
    with pytest.raises(NotAllowedError):
        permissions.require(world.actor("party1"), Action.TEAM_MANAGE, world.provider)


def test_the_system_does_everything_but_sign_and_release(world: World) -> None:
    actor = permissions.system_actor(Via.COMMAND)
    for action in Action:
        allowed = action not in {Action.SIGN, Action.RELEASE}
        assert permissions.may(actor, action, world.customer.pk) is allowed


def test_an_outsider_may_nothing(world: World) -> None:
    actor = actor_in(world.elsewhere, world.outsider)
    for action in Action:
        assert not permissions.may(actor, action, world.customer.pk)
