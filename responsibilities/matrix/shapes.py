"""The shapes of the read model. Plain values, no queries behind them."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING, Any

from django.utils.functional import Promise

from responsibilities import canonical
from responsibilities.choices import (
    Applicability,
    EvidenceKind,
    FindingKind,
    Letter,
    Meaning,
    Obligation,
    Role,
    Severity,
    SignoffState,
)
from responsibilities.matrix.words import Run, runs

if TYPE_CHECKING:
    from responsibilities.models import Workspace

SOON_KINDS = frozenset(
    {
        FindingKind.TEAM_WITHOUT_MEMBERS,
        FindingKind.EVIDENCE_EXPIRING,
        FindingKind.SIGNER_SOLE_RESPONSIBLE,
    }
)


class EvidenceState(StrEnum):
    """Freshness of a piece of evidence today."""

    FRESH = "fresh"
    EXPIRING = "expiring"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Person:
    """A person on a side. `present` says whether they are a member of that side now."""

    id: uuid.UUID
    name: str
    email: str
    present: bool


@dataclass(frozen=True, slots=True)
class SeatInfo:
    """A side. `vacant` says that nobody on it is a manager yet."""

    id: int
    key: str
    organization: str
    party: str
    kind: str
    position: int
    vacant: bool


@dataclass(frozen=True, slots=True)
class TeamColumn:
    """A team and the people on it, in the order of the columns."""

    id: uuid.UUID
    name: str
    description: str
    seat: SeatInfo
    people: tuple[Person, ...]


@dataclass(frozen=True, slots=True)
class Holding:
    """One letter of one team on an item, with the named person if there is one."""

    team: TeamColumn
    letter: Letter
    person: Person | None

    @property
    def is_off_team(self) -> bool:
        """Whether the named person is no longer on the team, be it that they left the side."""
        return self.person is not None and all(p.id != self.person.id for p in self.team.people)


@dataclass(frozen=True, slots=True)
class EvidenceInfo:
    """A piece of evidence in its newest revision. `size` is in bytes."""

    id: uuid.UUID
    revision_id: uuid.UUID
    number: int
    title: str
    kind: EvidenceKind
    seat: SeatInfo
    file_name: str
    url: str
    text: str
    sha256: str
    size: int
    media_type: str
    collected_on: dt.date
    valid_until: dt.date | None
    state: EvidenceState


@dataclass(frozen=True, slots=True)
class SignoffInfo:
    """A sign-off as it was given; withdrawn if `withdrawn_at` is set."""

    id: uuid.UUID
    seat: SeatInfo
    number: int
    signer_id: uuid.UUID
    printed_name: str
    role: Role
    meaning: Meaning
    signed_at: dt.datetime
    item_digest: str
    statement_digest: str
    withdrawn_at: dt.datetime | None
    withdrawal_reason: str


@dataclass(frozen=True, slots=True)
class SideState:
    """Where one side stands with one item: its newest sign-off and what that is worth now.

    `earlier` holds the sign-offs before the newest, the latest of them first.
    """

    seat: SeatInfo
    is_holder: bool
    state: SignoffState
    signoff: SignoffInfo | None
    earlier: tuple[SignoffInfo, ...] = ()


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong with an item (`key`) or with a team (`team`); `detail` says it in words."""

    kind: FindingKind
    detail: str | Promise
    key: str = ""
    team: TeamColumn | None = None

    @property
    def severity(self) -> Severity:
        """Red for what is wrong, amber for what will be."""
        return Severity.SOON if self.kind in SOON_KINDS else Severity.WRONG


@dataclass(frozen=True, slots=True)
class Difference:
    """One value of an item that differs between two states, in words."""

    field: str | Promise
    old: str
    new: str

    @property
    def runs(self) -> list[Run]:
        """Old and new put together word by word, where they have something in common."""
        return runs(self.old, self.new)


@dataclass(eq=False)
class ItemRow:
    """One item with everything that any output shows of it."""

    id: int
    key: str
    title: str
    statement: str
    obligation: Obligation
    condition: str
    options: Sequence[Mapping[str, Any]]
    guidance: str
    evidence_hints: Sequence[str]
    review_interval_months: int
    controls: Sequence[Mapping[str, str]]
    section_key: str
    holder: SeatInfo
    applicability: Applicability
    applicability_reason: str
    chosen: Mapping[str, str]
    note: str
    review_on: dt.date | None
    version: int
    updated_at: dt.datetime
    holdings: tuple[Holding, ...]
    evidence: tuple[EvidenceInfo, ...]
    content: canonical.Json = field(repr=False)
    sides: tuple[SideState, ...] = ()
    findings: tuple[Finding, ...] = ()

    @cached_property
    def digest(self) -> str:
        """The item digest: SHA-256 of the canonical content, 64 hex digits."""
        return canonical.sha256_hex(self.content)

    @property
    def is_applicable(self) -> bool:
        """Whether the item applies in this workspace."""
        return self.applicability == Applicability.APPLICABLE

    @property
    def chosen_options(self) -> tuple[tuple[str, str], ...]:
        """The options by name with what was chosen, empty for nothing yet."""
        return tuple((o["name"], self.chosen.get(o["key"], "")) for o in self.options)

    @cached_property
    def cells(self) -> dict[uuid.UUID, tuple[Holding, ...]]:
        """The letters by team id, in the order R, A, C, I."""
        cells: dict[uuid.UUID, tuple[Holding, ...]] = {}
        for holding in self.holdings:
            cells[holding.team.id] = (*cells.get(holding.team.id, ()), holding)
        return cells

    def holdings_with(self, letter: Letter) -> tuple[Holding, ...]:
        """Return the holdings that have this letter."""
        return tuple(holding for holding in self.holdings if holding.letter == letter)

    @property
    def by_letter(self) -> tuple[tuple[Letter, tuple[Holding, ...]], ...]:
        """The holdings of each letter, in the order R, A, C, I."""
        return tuple((letter, self.holdings_with(letter)) for letter in Letter)

    @property
    def accountable(self) -> Holding | None:
        """The one holding with an A, if any."""
        return next(iter(self.holdings_with(Letter.ACCOUNTABLE)), None)

    @property
    def is_assigned(self) -> bool:
        """Whether somebody is responsible and somebody is accountable."""
        letters = {holding.letter for holding in self.holdings}
        return {Letter.RESPONSIBLE, Letter.ACCOUNTABLE} <= letters

    @property
    def is_evidenced(self) -> bool:
        """Whether there is evidence that has not expired."""
        return any(piece.state != EvidenceState.EXPIRED for piece in self.evidence)

    def side(self, seat_id: int | None) -> SideState | None:
        """Return where this side stands, or None for a side that is not in the workspace."""
        return next((side for side in self.sides if side.seat.id == seat_id), None)

    def is_signed_by(self, seat_id: int) -> bool:
        """Whether this side's sign-off is current."""
        side = self.side(seat_id)
        return side is not None and side.state == SignoffState.CURRENT


@dataclass(frozen=True, slots=True)
class SectionGroup:
    """A section and its rows, in the order of the model."""

    key: str
    title: str
    plane: str
    summary: str
    holder: SeatInfo
    rows: tuple[ItemRow, ...]


@dataclass(eq=False)
class Matrix:
    """The whole matrix of one workspace, or the part of it that a filter leaves.

    `total` counts the items before filtering; `today` is the day that findings refer to.
    """

    workspace: Workspace
    seats: tuple[SeatInfo, ...]
    teams: tuple[TeamColumn, ...]
    sections: tuple[SectionGroup, ...]
    team_findings: tuple[Finding, ...]
    today: dt.date
    total: int

    @cached_property
    def rows(self) -> tuple[ItemRow, ...]:
        """All rows in order."""
        return tuple(row for section in self.sections for row in section.rows)

    @cached_property
    def by_key(self) -> dict[str, ItemRow]:
        """The rows by item key."""
        return {row.key: row for row in self.rows}

    def findings(self) -> Iterator[Finding]:
        """Yield the findings of the teams, then of the rows."""
        yield from self.team_findings
        for row in self.rows:
            yield from row.findings

    def teams_of(self, seat_id: int) -> tuple[TeamColumn, ...]:
        """Return the teams of one side."""
        return tuple(team for team in self.teams if team.seat.id == seat_id)

    def seat(self, seat_id: int) -> SeatInfo:
        """Return a side by its id. Raises KeyError for a foreign one."""
        for seat in self.seats:
            if seat.id == seat_id:
                return seat
        raise KeyError(seat_id)
