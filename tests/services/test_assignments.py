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


CUSTOMERS = "T-S1-01"
"""An item that the customer's side holds."""


def take_from_the_provider(world: World) -> assignments.Outcome:
    """Let the customer take A on its own item from the provider, which is the holder's right."""
    Assignment.objects.filter(item=world.item(CUSTOMERS), letter="A").update(
        team=world.team("Party 0 team 0")
    )
    return assignments.set_cells(
        actor=world.actor("party1"),
        workspace=world.workspace,
        key=CUSTOMERS,
        cells={world.team("Party 1 team 1").pk: {"A": None}},
        seen_version=1,
    )


def undo(
    world: World, token: str, *, side: str = "party1", role: Role = Role.MANAGER
) -> assignments.Outcome:
    """Take a change to the customer's item back."""
    return assignments.undo(
        actor=world.actor(side, role), workspace=world.workspace, key=CUSTOMERS, token=token
    )


def test_undo_gives_a_back_even_to_the_other_side(world: World) -> None:
    outcome = take_from_the_provider(world)
    assert letters(world, CUSTOMERS)["Party 1 team 1"] == "A"
    events = AuditEvent.objects.filter(workspace=world.workspace).count()
    undone = undo(world, outcome.undo)
    assert undone.item.version == outcome.item.version + 1
    assert letters(world, CUSTOMERS) == {
        "Party 0 team 0": "AI",
        "Party 1 team 0": "R",
        "Party 1 team 1": "C",
    }
    assert AuditEvent.objects.filter(workspace=world.workspace).count() == events + 1
    assert '"reason":"undo"' in AuditEvent.objects.first().payload.payload  # type: ignore[union-attr]


def test_without_undo_the_same_step_is_refused(world: World) -> None:
    outcome = take_from_the_provider(world)
    with pytest.raises(NotAllowedError):
        assignments.set_cells(
            actor=world.actor("party1"),
            workspace=world.workspace,
            key=CUSTOMERS,
            cells=outcome.previous,
            seen_version=outcome.item.version,
        )
    assert letters(world, CUSTOMERS)["Party 1 team 1"] == "A"


def test_an_undo_is_itself_undone(world: World) -> None:
    again = undo(world, undo(world, take_from_the_provider(world).undo).undo)
    assert letters(world, CUSTOMERS)["Party 1 team 1"] == "A"
    assert again.item.version == 4


@pytest.mark.parametrize(
    ("side", "role", "refusal"),
    [
        ("party1", Role.CONTRIBUTOR, InvalidError),
        ("party0", Role.MANAGER, InvalidError),
        ("party1", Role.READER, NotAllowedError),
    ],
)
def test_nobody_undoes_for_somebody_else(
    world: World, side: str, role: Role, refusal: type[Exception]
) -> None:
    outcome = take_from_the_provider(world)
    with pytest.raises(refusal):
        undo(world, outcome.undo, side=side, role=role)
    assert letters(world, CUSTOMERS)["Party 1 team 1"] == "A"


def test_undo_is_refused_after_another_change(world: World) -> None:
    outcome = take_from_the_provider(world)
    assignments.set_cells(
        actor=world.actor("party1", Role.CONTRIBUTOR),
        workspace=world.workspace,
        key=CUSTOMERS,
        cells={world.team("Party 1 team 0").pk: {"I": None}},
        seen_version=outcome.item.version,
    )
    with pytest.raises(ConflictError):
        undo(world, outcome.undo)
    assert letters(world, CUSTOMERS)["Party 1 team 0"] == "I"


def test_undo_is_refused_for_another_item(world: World) -> None:
    outcome = take_from_the_provider(world)
    with pytest.raises(InvalidError):
        assignments.undo(
            actor=world.actor("party1"),
            workspace=world.workspace,
            key="T-S1-02",
            token=outcome.undo,
        )


def test_a_made_up_or_old_token_is_refused(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    outcome = take_from_the_provider(world)
    for token in ("", "x", outcome.undo[:-1], f"{outcome.undo}x"):
        with pytest.raises(InvalidError):
            undo(world, token)
    monkeypatch.setattr(assignments, "UNDO_SECONDS", -1)
    with pytest.raises(InvalidError):
        undo(world, outcome.undo)
    assert letters(world, CUSTOMERS)["Party 1 team 1"] == "A"


def test_undo_is_refused_when_a_team_is_gone(world: World) -> None:
    outcome = take_from_the_provider(world)
    team = world.team("Party 0 team 0")
    team.archived_at = world.workspace.created_at
    team.save()
    with pytest.raises(InvalidError):
        undo(world, outcome.undo)


def test_a_letter_keeps_a_person_who_has_left_the_team(world: World) -> None:
    stranger = world.user("party0", Role.APPROVER)
    Assignment.objects.filter(item=world.item(KEY), letter="R").update(person=stranger)
    outcome = assignments.set_cells(
        actor=world.actor("party0"),
        workspace=world.workspace,
        key=KEY,
        cells={world.team("Party 0 team 0").pk: {"R": stranger.pk, "A": None, "C": None}},
        seen_version=1,
    )
    assert letters(world)["Party 0 team 0"] == "ACR"
    assert outcome.previous[world.team("Party 0 team 0").pk] == {"R": stranger.pk, "A": None}
    with pytest.raises(InvalidError, match="not on the team"):
        assignments.set_cells(
            actor=world.actor("party0"),
            workspace=world.workspace,
            key=KEY,
            cells={world.team("Party 0 team 0").pk: {"R": stranger.pk, "A": stranger.pk}},
            seen_version=2,
        )


def test_nothing_changed_nothing_written(world: World) -> None:
    events = AuditEvent.objects.count()
    outcome = assignments.set_cells(
        actor=world.actor("party0"),
        workspace=world.workspace,
        key=KEY,
        cells={world.team("Party 0 team 1").pk: {"C": None}},
        seen_version=1,
    )
    assert (outcome.previous, outcome.undo, outcome.item.version) == ({}, "", 1)
    assert AuditEvent.objects.count() == events
