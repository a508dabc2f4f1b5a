"""What stands on a team: items with its letters, and the sign-offs that cover its name."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from responsibilities.choices import SignoffState
from responsibilities.matrix.shapes import Matrix


@dataclass(frozen=True, slots=True)
class Impact:
    """What a change of a team touches: `items` with its letters, current `signoffs` on them,
    and of the items those for which the team is `accountable`.
    """

    items: int
    accountable: int
    signoffs: int


def impact(matrix: Matrix, team_id: uuid.UUID) -> Impact:
    """Return what renaming or archiving this team touches."""
    rows = [row for row in matrix.rows if team_id in row.cells]
    return Impact(
        items=len(rows),
        accountable=sum(
            row.accountable is not None and row.accountable.team.id == team_id for row in rows
        ),
        signoffs=sum(side.state == SignoffState.CURRENT for row in rows for side in row.sides),
    )
