"""What a change of a team touches."""

from __future__ import annotations

from responsibilities import matrix
from responsibilities.matrix.teams import Impact, impact
from tests.signing import edit, sign
from tests.world import World


def of(world: World, name: str) -> Impact:
    """Return what a team of the world touches now."""
    return impact(matrix.load(world.workspace), world.team(name).pk)


def test_items_and_those_it_is_accountable_for(world: World) -> None:
    assert of(world, "Party 0 team 0") == Impact(items=6, accountable=3, signoffs=0)
    assert of(world, "Party 0 team 1") == Impact(items=3, accountable=0, signoffs=0)


def test_current_signoffs_of_every_side_and_no_stale_ones(world: World) -> None:
    for key in ("T-S0-01", "T-S0-02"):
        sign(world, "party0", key)
        sign(world, "party1", key)
    sign(world, "party1", "T-S1-01")
    assert of(world, "Party 0 team 0").signoffs == 5
    assert of(world, "Party 0 team 1").signoffs == 4
    edit(world, "T-S0-01", note="Changed since")
    assert of(world, "Party 0 team 0").signoffs == 3
