"""The portfolio: where workspaces stand for one person, in as many queries as for one."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from responsibilities import matrix
from responsibilities.choices import Role
from responsibilities.matrix.portfolio import (
    Target,
    fill_in,
    lines,
    standing,
    target_of,
)
from responsibilities.models import Membership, Workspace
from tests.signing import attach, sign
from tests.world import World, join, make_user, make_workspace

TODAY = dt.date(2026, 11, 22)


def test_standing_as_seen_from_a_side(world: World) -> None:
    attach(world, world.provider, "T-S0-01")
    sign(world, "party0", "T-S0-01")
    grid = matrix.load(world.workspace)
    ours = standing(grid, world.provider.pk)
    assert (ours.items, ours.excluded, ours.complete, ours.wrong, ours.soon) == (6, 0, 0, 3, 0)
    assert [(side.seat.key, side.count, side.is_us) for side in ours.waiting] == [
        ("party0", 2, True),
        ("party1", 4, False),
    ]
    assert ours.waiting_for_us == 2
    theirs = standing(grid, world.customer.pk)
    assert [(side.seat.key, side.is_us) for side in theirs.waiting] == [
        ("party1", True),
        ("party0", False),
    ], "one's own side comes first"


def test_a_side_that_is_waited_for_by_nobody_is_left_out(world: World) -> None:
    world.workspace.items.exclude(responsibility__key="T-S0-01").update(
        applicability="not_applicable", applicability_reason="None here."
    )
    for row in matrix.load(world.workspace).rows:
        if row.key != "T-S0-01":
            sign(world, row.holder.key, row.key)
            sign(world, "party1" if row.holder.key == "party0" else "party0", row.key)
    attach(world, world.provider, "T-S0-01")
    sign(world, "party0", "T-S0-01")
    now = standing(matrix.load(world.workspace), world.provider.pk)
    assert [side.seat.key for side in now.waiting] == ["party1"]
    assert (now.waiting_for_us, now.is_complete) == (0, False)
    sign(world, "party1", "T-S0-01")
    assert standing(matrix.load(world.workspace), world.provider.pk).is_complete


@pytest.mark.parametrize(
    ("days", "left", "over"), [(3, 3, 0), (1, 1, 0), (0, 0, 0), (-1, 0, 1), (-30, 0, 30)]
)
def test_days_to_the_target(days: int, left: int, over: int) -> None:
    target = Target(TODAY + dt.timedelta(days=days), TODAY)
    assert (target.days_left, target.days_over) == (left, over)


def test_no_target_sorts_last() -> None:
    assert target_of(Workspace(), TODAY) is None
    line = lines([Membership(workspace=Workspace(name="a"))])[0]
    assert line.target is None
    assert line.sort_target == dt.date.max


def test_only_what_lacks_a_standing_is_loaded(world: World) -> None:
    user = make_user("Paula Portfolio")
    for number in range(3):
        workspace = make_workspace(world.version, f"w{number}", f"Customer {number}")
        join(workspace, user, "party0", Role.MANAGER)
    mine = lines(
        Membership.objects.filter(user=user).select_related("workspace__model_version__model")
    )
    with CaptureQueriesContext(connection) as one:
        fill_in(mine[:1])
    with CaptureQueriesContext(connection) as rest:
        fill_in(mine)
    assert len(one) == len(rest)
    assert all(line.standing for line in mine)
    with CaptureQueriesContext(connection) as again:
        fill_in(mine)
    assert len(again) == 0
