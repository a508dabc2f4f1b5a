"""What happened last: newest first, in words, with the item where there is one."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from responsibilities.matrix.activity import LONGEST_VALUE, recent
from responsibilities.services import workspaces
from tests.signing import edit, sign
from tests.world import World


def test_newest_first_with_item_and_changes(world: World) -> None:
    edit(world, "T-S0-01", note="Runs in the cluster.")
    sign(world, "party0", "T-S0-01")
    signed, changed, created = recent(world.workspace)
    assert (signed.action, signed.key, signed.items) == ("Signed off", "T-S0-01", 1)
    assert signed.changes == ("meaning: Confirmed by the holder",), "digests are left out"
    assert (changed.who, changed.subject) == ("Vera Manager", "T-S0-01 Duty 0.0")
    assert changed.changes == ("implementation note: Runs in the cluster.",)
    assert (created.who, created.action, created.key) == ("The system", "Workspace created", "")


def test_old_and_new_value_are_shown_and_shortened(world: World) -> None:
    edit(world, "T-S0-01", note="old")
    edit(world, "T-S0-01", note="n" * 200)
    edit(world, "T-S0-01", note="")
    gone, long, _, _ = recent(world.workspace)
    assert long.changes[0].startswith("implementation note: old → nnn")
    assert long.changes[0].endswith("…")
    assert len(long.changes[0]) == len("implementation note: old → ") + LONGEST_VALUE
    assert gone.changes[0].endswith("… → –")


def test_no_more_than_the_limit(world: World) -> None:
    for number in range(12):
        edit(world, "T-S0-01", note=f"Note {number}.")
    assert len(recent(world.workspace)) == 10
    assert len(recent(world.workspace, limit=3)) == 3


@pytest.mark.parametrize("events", [1, 9])
def test_two_queries_whatever_happened(world: World, events: int) -> None:
    for number in range(events):
        workspaces.edit(
            actor=world.actor("party0"),
            workspace=world.workspace,
            name=f"Name {number}",
            target_date=None,
        )
    with CaptureQueriesContext(connection) as queries:
        recent(world.workspace)
    assert len(queries) == 2
