"""Where many workspaces stand, for one person. As many queries as for one workspace."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from django.utils import timezone

from responsibilities.choices import Severity
from responsibilities.matrix.counts import items_by_severity, totals, waiting
from responsibilities.matrix.load import load_many
from responsibilities.matrix.releases import awaited
from responsibilities.matrix.shapes import Matrix, SeatInfo
from responsibilities.models import Membership, Workspace


@dataclass(frozen=True, slots=True)
class Waiting:
    """How many items wait for one side, and whether that is the person's own side."""

    seat: SeatInfo
    count: int
    is_us: bool


@dataclass(frozen=True, slots=True)
class Standing:
    """Progress of one workspace, its findings, and for whom its items wait.

    `excluded` counts the items that do not apply; `items` counts them too. `wrong` and `soon`
    count items with findings by the worst of each, `teams` the teams with findings.
    """

    items: int
    excluded: int
    complete: int
    percent: int
    wrong: int
    soon: int
    teams: int
    waiting: tuple[Waiting, ...]
    seats: tuple[SeatInfo, ...]

    @property
    def is_complete(self) -> bool:
        """Whether every item is complete."""
        return self.complete == self.items

    @property
    def waiting_for_us(self) -> int:
        """How many items wait for the person's own side."""
        return sum(side.count for side in self.waiting if side.is_us)


@dataclass(frozen=True, slots=True)
class Target:
    """The target date of a workspace and how far away it is today."""

    day: dt.date
    today: dt.date

    @property
    def days_left(self) -> int:
        """Days until the target date; 0 today and after it."""
        return max(0, (self.day - self.today).days)

    @property
    def days_over(self) -> int:
        """Days since the target date; 0 before it and today."""
        return max(0, (self.today - self.day).days)


def target_of(workspace: Workspace, today: dt.date) -> Target | None:
    """Return the target of a workspace, or None if it has no target date."""
    return Target(workspace.target_date, today) if workspace.target_date else None


@dataclass(slots=True)
class Line:
    """One workspace in the list of a person. `standing` is filled in where it is shown.

    `awaited` is the number of the proposal that waits for this person, "" for none; it is filled
    in with the standing.
    """

    workspace: Workspace
    membership: Membership
    today: dt.date
    standing: Standing | None = None
    awaited: str = ""

    @property
    def target(self) -> Target | None:
        """The target date, if there is one."""
        return target_of(self.workspace, self.today)

    @property
    def last_at(self) -> dt.datetime | None:
        """When something last happened in the workspace."""
        return self.workspace.audit_head.last_at

    @property
    def sort_name(self) -> str:
        """The name as it is sorted."""
        return self.workspace.name.casefold()

    @property
    def sort_target(self) -> dt.date:
        """The target date as it is sorted: none comes last."""
        return self.workspace.target_date or dt.date.max

    @property
    def sort_waiting(self) -> tuple[bool, int]:
        """Whose turn it is as it is sorted: a release weighs more than any number of items."""
        return bool(self.awaited), self.standing.waiting_for_us if self.standing else 0


def lines(memberships: Iterable[Membership]) -> list[Line]:
    """Make a line per membership. Their workspaces have to come with model and audit head."""
    today = timezone.localdate()
    return [Line(membership.workspace, membership, today) for membership in memberships]


def fill_in(wanted: Iterable[Line]) -> None:
    """Load the matrices of the lines that lack one, all at once, and fill their standing in."""
    wanted = [line for line in wanted if line.standing is None]
    matrices = load_many([line.workspace for line in wanted])
    proposals = awaited(line.membership for line in wanted)
    for line, matrix in zip(wanted, matrices, strict=True):
        line.standing = standing(matrix, line.membership.seat_id)
        line.awaited = proposals.get(line.membership.pk, "")


def standing(matrix: Matrix, seat_id: int | None) -> Standing:
    """Return where a workspace stands, as seen from the side `seat_id`."""
    counted = totals(matrix.rows, [seat.id for seat in matrix.seats])
    by_severity = items_by_severity(matrix)
    turns = waiting(matrix)
    return Standing(
        items=counted.items,
        excluded=counted.items - counted.applicable,
        complete=counted.complete,
        percent=counted.percent,
        wrong=by_severity[Severity.WRONG],
        soon=by_severity[Severity.SOON],
        teams=len(matrix.team_findings),
        waiting=tuple(
            Waiting(seat=seat, count=turns[seat.id], is_us=seat.id == seat_id)
            for seat in sorted(matrix.seats, key=lambda seat: seat.id != seat_id)
            if turns[seat.id]
        ),
        seats=matrix.seats,
    )
