"""A matrix as it stood at a moment is the matrix that was shown at that moment."""

from __future__ import annotations

import dataclasses
import datetime as dt
from typing import Any

import pytest

from responsibilities import canonical, matrix
from responsibilities.matrix import ItemRow, Matrix
from responsibilities.models import (
    AuditEvent,
)
from tests.moments import moment
from tests.walk import ACTS, walk_through
from tests.world import make_world

STEPS = 120
KEY = "T-S0-01"


@dataclasses.dataclass(frozen=True)
class Seen:
    """What was shown at a moment, and the newest event then."""

    at: dt.datetime
    event: dt.datetime
    document: bytes
    rest: list[Any]


def bytes_of(grid: Matrix) -> bytes:
    """Return the whole matrix as machines read it."""
    return canonical.dumps(matrix.document(grid))


def rest_of(grid: Matrix) -> list[Any]:
    """Return all that a page can show of a matrix, beyond the document."""
    names = [field.name for field in dataclasses.fields(ItemRow)]
    return [
        grid.workspace.name,
        grid.workspace.target_date,
        grid.seats,
        grid.teams,
        grid.team_findings,
        grid.today,
        grid.total,
        *([getattr(row, name) for name in names] for row in grid.rows),
    ]


@pytest.mark.usefixtures("committing")
@pytest.mark.parametrize("seed", [1, 2])
def test_every_moment_of_a_walk_comes_back(seed: int) -> None:
    """Whatever was done: at each moment the matrix is, to the last byte, what it was then."""
    world = make_world()
    seen: list[Seen] = []

    def look() -> None:
        world.workspace.refresh_from_db()
        grid = matrix.load(world.workspace)
        event = AuditEvent.objects.filter(workspace=world.workspace).order_by("seq").last()
        assert event is not None
        seen.append(Seen(moment(), event.ts, bytes_of(grid), rest_of(grid)))

    look()
    done = walk_through(world, STEPS, seed, look)
    assert len(done) == len(ACTS), set(ACTS) - set(done)
    assert len({one.document for one in seen}) > STEPS * 0.6, "a walk that changes little"
    for number, one in enumerate(seen):
        then = matrix.load(world.workspace, at=one.at)
        assert bytes_of(then) == one.document
        assert rest_of(then) == one.rest
        if number:  # before the walk, members joined without an event
            assert bytes_of(matrix.load(world.workspace, at=one.event)) == one.document
