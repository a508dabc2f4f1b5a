"""Counts over a matrix: progress overall, per side, per section, load per team."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import chain

from responsibilities.choices import FindingKind, Letter, Severity, SignoffState
from responsibilities.matrix.shapes import SOON_KINDS, ItemRow, Matrix, SeatInfo


@dataclass(frozen=True, slots=True)
class Totals:
    """Counts over some rows.

    `assigned` and `evidenced` count items that apply, because the others need no letters and no
    evidence. The rest counts all items: that an item does not apply is signed like any other.
    `signed` is the number of current sign-offs by seat id; `complete` counts the items that wait
    for nobody (see `waits_for`).
    """

    items: int
    applicable: int
    assigned: int
    evidenced: int
    signed: Mapping[int, int]
    complete: int
    with_findings: int

    @property
    def percent(self) -> int:
        """Complete items in percent of all, rounded down."""
        return 100 * self.complete // self.items if self.items else 0


def totals(rows: Iterable[ItemRow], seat_ids: Iterable[int]) -> Totals:
    """Count over `rows`, for the sides in `seat_ids`."""
    rows, seat_ids = tuple(rows), tuple(seat_ids)
    applicable = [row for row in rows if row.is_applicable]
    return Totals(
        items=len(rows),
        applicable=len(applicable),
        assigned=sum(row.is_assigned for row in applicable),
        evidenced=sum(row.is_evidenced for row in applicable),
        signed={seat: sum(row.is_signed_by(seat) for row in rows) for seat in seat_ids},
        complete=sum(not waits_for(row) for row in rows),
        with_findings=sum(bool(row.findings) for row in rows),
    )


def findings_by_kind(matrix: Matrix) -> dict[FindingKind, int]:
    """Count what has findings of each kind, in the order of `FindingKind`, without the empty ones.

    An item, or a team, counts once per kind, as often as it shows behind a link to this kind.
    """
    of_items = (kind for row in matrix.rows for kind in {found.kind for found in row.findings})
    counted = Counter(chain((found.kind for found in matrix.team_findings), of_items))
    return {kind: counted[kind] for kind in FindingKind if counted[kind]}


@dataclass(frozen=True, slots=True)
class KindCount:
    """How many items, or teams, have findings of one kind."""

    kind: FindingKind
    severity: Severity
    count: int


def findings_summary(matrix: Matrix) -> list[KindCount]:
    """Return the findings by kind: what is wrong before what will be, the many before the few."""
    counts = [
        KindCount(kind, Severity.SOON if kind in SOON_KINDS else Severity.WRONG, count)
        for kind, count in findings_by_kind(matrix).items()
    ]
    return sorted(counts, key=lambda found: (found.severity == Severity.SOON, -found.count))


@dataclass(frozen=True, slots=True)
class SideTotals:
    """Where one side stands: counts over the items it holds, and what it signed of all.

    `signed` and `items` count all items of the matrix, `waiting` those whose turn is its.
    """

    seat: SeatInfo
    held: Totals
    signed: int
    items: int
    waiting: int


def side_totals(matrix: Matrix) -> list[SideTotals]:
    """Count for each side, in the order of the sides."""
    seat_ids = [seat.id for seat in matrix.seats]
    overall, turns = totals(matrix.rows, seat_ids), waiting(matrix)
    return [
        SideTotals(
            seat=seat,
            held=totals((row for row in matrix.rows if row.holder.id == seat.id), seat_ids),
            signed=overall.signed[seat.id],
            items=overall.items,
            waiting=turns[seat.id],
        )
        for seat in matrix.seats
    ]


def items_by_severity(matrix: Matrix) -> dict[Severity, int]:
    """Count the items with findings, each once, by the worst; every severity is there.

    So the sum is the number of items with findings. Findings of teams are not in it.
    """
    counted = Counter(
        Severity.WRONG
        if any(finding.severity == Severity.WRONG for finding in row.findings)
        else Severity.SOON
        for row in matrix.rows
        if row.findings
    )
    return {severity: counted[severity] for severity in Severity}


def waits_for(row: ItemRow) -> tuple[SeatInfo, ...]:
    """Return the sides whose turn it is on this item; none when it is complete.

    The holder's, until it has assigned the item, given evidence and signed; every other side's
    from the holder's signature to its own. What does not apply needs no letters and no evidence,
    but the same signatures: nobody gets rid of a duty without the others knowing.
    """
    if not row.is_signed_by(row.holder.id):
        return (row.holder,)
    is_ready = not row.is_applicable or (row.is_assigned and row.is_evidenced)
    return tuple(
        side.seat
        for side in row.sides
        if (not is_ready if side.is_holder else side.state != SignoffState.CURRENT)
    )


def waiting(matrix: Matrix) -> dict[int, int]:
    """Count, by seat id, the items on which it is this side's turn. See `waits_for`."""
    counted = Counter(seat.id for row in matrix.rows for seat in waits_for(row))
    return {seat.id: counted[seat.id] for seat in matrix.seats}


def load_by_team(matrix: Matrix) -> dict[uuid.UUID, dict[Letter, int]]:
    """Count the letters that each team has, over items that apply."""
    load = {team.id: dict.fromkeys(Letter, 0) for team in matrix.teams}
    for row in matrix.rows:
        if row.is_applicable:
            for holding in row.holdings:
                load[holding.team.id][holding.letter] += 1
    return load
