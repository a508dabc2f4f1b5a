"""Letters: moved in one step, audited once, refused with a reason."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, transaction

from responsibilities.choices import AuditAction, Role
from responsibilities.models import Assignment, AuditEvent
from responsibilities.permissions import NotAllowedError
from responsibilities.services import assignments
from responsibilities.services.errors import ConflictError, InvalidError
from tests.world import World

KEY = "T-S0-01"


def letters(world: World, key: str = KEY) -> dict[str, str]:
    """Return the letters on an item by team name."""
    cells: dict[str, str] = {}
    for team, letter in Assignment.objects.filter(item=world.item(key)).values_list(
        "team__name", "letter"
    ):
        cells[team] = "".join(sorted(cells.get(team, "") + letter))
    return cells


def test_accountable_moves_in_one_step_and_one_event(world: World) -> None:
    events = AuditEvent.objects.filter(workspace=world.workspace).count()
    outcome = assignments.set_cells(
        actor=world.actor("party0"),
        workspace=world.workspace,
        key=KEY,
        cells={world.team("Party 0 team 1").pk: {"A": None, "C": None}},
        seen_version=1,
    )
    assert letters(world) == {"Party 0 team 0": "R", "Party 0 team 1": "AC", "Party 1 team 0": "I"}
    assert AuditEvent.objects.filter(workspace=world.workspace).count() == events + 1
    assert AuditEvent.objects.first().action == AuditAction.ASSIGNMENT_CHANGED  # type: ignore[union-attr]
    assignments.set_cells(
        actor=world.actor("party0"),
        workspace=world.workspace,
        key=KEY,
        cells=outcome.previous,
        seen_version=outcome.item.version,
    )
    assert letters(world) == {"Party 0 team 0": "AR", "Party 0 team 1": "C", "Party 1 team 0": "I"}


def test_database_itself_holds_the_one_a_rule(world: World) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Assignment.objects.create(
            item=world.item(KEY), team=world.team("Party 0 team 1"), letter="A"
        )


def test_lost_update_is_refused(world: World) -> None:
    cells = {world.team("Party 0 team 1").pk: {"I": None}}
    actor = world.actor("party0")
    assignments.set_cells(
        actor=actor, workspace=world.workspace, key=KEY, cells=cells, seen_version=1
    )
    with pytest.raises(ConflictError):
        assignments.set_cells(
            actor=actor, workspace=world.workspace, key=KEY, cells={}, seen_version=1
        )


@pytest.mark.parametrize(
    ("side", "role", "allowed"),
    [
        ("party0", Role.MANAGER, True),
        ("party0", Role.CONTRIBUTOR, True),
        ("party0", Role.APPROVER, False),
        ("party0", Role.READER, False),
        ("party1", Role.MANAGER, False),
        ("party1", Role.AUDITOR, False),
    ],
)
def test_who_may_assign_for_the_provider(
    world: World, side: str, role: Role, *, allowed: bool
) -> None:
    def change() -> None:
        assignments.set_cells(
            actor=world.actor(side, role),
            workspace=world.workspace,
            key=KEY,
            cells={world.team("Party 0 team 1").pk: {"I": None}},
            seen_version=1,
        )

    if allowed:
        change()
        assert letters(world)["Party 0 team 1"] == "I"
    else:
        with pytest.raises(NotAllowedError):
            change()
        assert letters(world)["Party 0 team 1"] == "C"


def test_only_the_holding_side_takes_the_a_from_another_side(world: World) -> None:
    with pytest.raises(NotAllowedError):
        assignments.set_cells(
            actor=world.actor("party1"),
            workspace=world.workspace,
            key=KEY,
            cells={world.team("Party 1 team 0").pk: {"A": None}},
            seen_version=1,
        )
    assert letters(world)["Party 0 team 0"] == "AR"


def test_a_person_has_to_be_on_the_team(world: World) -> None:
    stranger = world.user("party0", Role.APPROVER)
    with pytest.raises(InvalidError):
        assignments.set_cells(
            actor=world.actor("party0"),
            workspace=world.workspace,
            key=KEY,
            cells={world.team("Party 0 team 0").pk: {"R": stranger.pk, "A": None}},
            seen_version=1,
        )


def test_a_foreign_team_is_refused(world: World) -> None:
    foreign = world.elsewhere.teams.first()
    assert foreign is not None
    with pytest.raises(InvalidError):
        assignments.set_cells(
            actor=world.actor("party0"),
            workspace=world.workspace,
            key=KEY,
            cells={foreign.pk: {"I": None}},
            seen_version=1,
        )
