"""What stands on the pages of each part. The templates say how."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from django.utils.translation import gettext as _

from responsibilities.choices import FindingKind, Letter, Severity
from responsibilities.exchange.details import ATTACHMENT_NAME, Attachment, Details
from responsibilities.exchange.pdf.codes import verify_link
from responsibilities.exchange.pdf.layout import MatrixColumns
from responsibilities.matrix import (
    EvidenceInfo,
    EvidenceState,
    Finding,
    Holding,
    ItemRow,
    Matrix,
    SeatInfo,
    SectionGroup,
    SideState,
    totals,
)
from responsibilities.matrix.charts import heat_map, load_chart

LINK_SCHEMES = frozenset({"http", "https", "mailto"})
LONG_SHEET = 34
"""A sheet of more lines than this, estimated, may break over pages; shorter ones stay whole."""

GROUP_ROWS = 40
"""From so many rows on, the next section of the matrix starts a group of its own."""

type Context = dict[str, Any]


def safe_link(address: str) -> str:
    """Return an address that may become a link, or "" for any other scheme or none."""
    try:
        scheme = urlsplit(address).scheme.lower()
    except ValueError:
        return ""
    return address if scheme in LINK_SCHEMES else ""


@dataclass(frozen=True, slots=True)
class Numbered:
    """A section with its number, counted from 1 in the whole matrix; a filter leaves gaps."""

    number: int
    group: SectionGroup
    is_first: bool

    @property
    def title(self) -> str:
        """The title of the section."""
        return self.group.title


def numbered(matrix: Matrix, details: Details) -> tuple[Numbered, ...]:
    """Number the sections that have rows, as the details say or else one after the other."""
    return tuple(
        Numbered(details.numbers.get(group.key, n), group, is_first=n == 1)
        for n, group in enumerate(matrix.sections, start=1)
    )


def facts(matrix: Matrix, details: Details, attached: Attachment) -> Context:
    """Return what cover, running heads and last page say about the file."""
    workspace = matrix.workspace
    version = workspace.model_version
    names = {"workspace": workspace.name, "model": version.model.title, "edition": details.words}
    sides = ", ".join(seat.organization for seat in matrix.seats)
    return {
        "title": _("About this file"),
        "file_title": _("%(workspace)s: responsibility matrix (%(edition)s)") % names,
        "file_description": _("RACI matrix of %(workspace)s after the model %(model)s") % names,
        "author": sides if details.release else details.requested_by,
        "workspace": workspace,
        "version": version,
        "model": version.model,
        "matrix": matrix,
        "details": details,
        "attached": attached,
        "attachment_name": ATTACHMENT_NAME,
        "shown": len(matrix.rows),
        "verify": verify_link(),
    }


def guide(matrix: Matrix) -> Context:
    """Return what the legend needs: the day that findings refer to."""
    return {"today": matrix.today}


def teams(matrix: Matrix) -> Context:
    """Return the sides with their teams and people."""
    return {"sides": [(seat, matrix.teams_of(seat.id)) for seat in matrix.seats]}


@dataclass(frozen=True, slots=True)
class FindingLine:
    """A finding in the list of gaps: about an item, or about a team."""

    finding: Finding
    row: ItemRow | None


@dataclass(frozen=True, slots=True)
class FindingGroup:
    """All findings of one kind."""

    kind: FindingKind
    severity: Severity
    lines: tuple[FindingLine, ...]

    @property
    def shared(self) -> str:
        """What all of them say, or "" if it is not the same; then items need no line each."""
        details = {str(line.finding.detail) for line in self.lines}
        return details.pop() if len(details) == 1 else ""


def summary(matrix: Matrix, sections: Iterable[Numbered]) -> Context:
    """Return the counts and the two pictures."""
    counts = totals(matrix.rows, [seat.id for seat in matrix.seats])
    heat = heat_map(matrix)
    return {
        "totals": counts,
        "signed": [(seat, counts.signed[seat.id]) for seat in matrix.seats],
        "finding_total": sum(1 for _finding in matrix.findings()),
        "heat": heat,
        "heat_rows": [
            (section.number, row) for section, row in zip(sections, heat.rows, strict=True)
        ],
        "loads": load_chart(matrix),
    }


def findings(matrix: Matrix) -> Context:
    """Return all findings by kind."""
    groups = _finding_groups(matrix)
    return {
        "today": matrix.today,
        "groups": groups,
        "finding_total": sum(len(group.lines) for group in groups),
    }


def _finding_groups(matrix: Matrix) -> list[FindingGroup]:
    """Group the findings by kind: what is wrong first, then what needs attention."""
    by_kind: dict[FindingKind, list[FindingLine]] = {}
    for finding in matrix.findings():
        row = matrix.by_key.get(finding.key)
        by_kind.setdefault(finding.kind, []).append(FindingLine(finding, row))
    groups = [
        FindingGroup(kind, by_kind[kind][0].finding.severity, tuple(by_kind[kind]))
        for kind in FindingKind
        if kind in by_kind
    ]
    return sorted(groups, key=lambda group: group.severity is not Severity.WRONG)


def matrix_groups(sections: Iterable[Numbered]) -> Iterator[tuple[Numbered, ...]]:
    """Yield the sections in groups that are rendered together.

    A group flows over its pages without gaps; a new one starts on a new page. So a group is
    large enough to fill pages, and small enough that a change renders only a part anew.
    """
    group: list[Numbered] = []
    for section in sections:
        group.append(section)
        if sum(len(one.group.rows) for one in group) >= GROUP_ROWS:
            yield tuple(group)
            group = []
    if group:
        yield tuple(group)


@dataclass(frozen=True, slots=True)
class MatrixLine:
    """A row of the matrix: `cells` are the letters of each team, in the order of the columns."""

    row: ItemRow
    cells: tuple[tuple[Letter, ...], ...]

    @property
    def is_urgent(self) -> bool:
        """Whether one of the findings is something wrong."""
        return any(finding.severity is Severity.WRONG for finding in self.row.findings)

    @property
    def is_evidence_old(self) -> bool:
        """Whether a piece of the evidence has expired."""
        return any(piece.state == EvidenceState.EXPIRED for piece in self.row.evidence)


def matrix_part(matrix: Matrix, sections: Sequence[Numbered], columns: MatrixColumns) -> Context:
    """Return a group of sections of the matrix, as one table."""
    return {
        "matrix": matrix,
        "is_first": sections[0].is_first,
        "columns": columns,
        "sides": [(seat, matrix.teams_of(seat.id)) for seat in matrix.seats],
        "sections": [
            (section, [_matrix_line(matrix, row) for row in section.group.rows])
            for section in sections
        ],
    }


def _matrix_line(matrix: Matrix, row: ItemRow) -> MatrixLine:
    cells = (row.cells.get(team.id, ()) for team in matrix.teams)
    return MatrixLine(row, tuple(tuple(h.letter for h in holdings) for holdings in cells))


@dataclass(frozen=True, slots=True)
class Sheet:
    """One item on its sheet. `chosen` pairs options with what was chosen."""

    row: ItemRow
    ownership: str
    owners: tuple[Holding, ...]
    chosen: tuple[tuple[str, str], ...]
    controls: tuple[tuple[str, str], ...]
    evidence: tuple[tuple[EvidenceInfo, str], ...]
    may_break: bool


def items_part(section: Numbered) -> Context:
    """Return the sheets of one section's items."""
    return {"section": section, "sheets": [_sheet(row) for row in section.group.rows]}


def _sheet(row: ItemRow) -> Sheet:
    by_framework: dict[str, list[str]] = {}
    for control in row.controls:
        by_framework.setdefault(control["framework"], []).append(control["control"])
    return Sheet(
        row=row,
        ownership=ownership(row),
        owners=tuple(h for letter in Letter for h in row.holdings_with(letter)),
        chosen=tuple((option["name"], row.chosen.get(option["key"], "")) for option in row.options),
        controls=tuple((name, ", ".join(ids)) for name, ids in by_framework.items()),
        evidence=tuple((piece, safe_link(piece.url)) for piece in row.evidence),
        may_break=_lines(row) > LONG_SHEET,
    )


def ownership(row: ItemRow) -> str:
    """Say in words whose the item is: one side's, shared, nobody's yet, or not applicable.

    The sides that answer for it or do it count; those that are consulted or informed do not.
    """
    if not row.is_applicable:
        return _("Not applicable")
    sides: dict[int, SeatInfo] = {}
    for holding in row.holdings:
        if holding.letter in {Letter.RESPONSIBLE, Letter.ACCOUNTABLE}:
            sides[holding.team.seat.id] = holding.team.seat
    names = [seat.organization for seat in sorted(sides.values(), key=lambda s: s.position)]
    if not names:
        return _("Nobody yet")
    if len(names) == 1:
        return names[0]
    return _("Shared: %(sides)s") % {"sides": ", ".join(names)}


def _lines(row: ItemRow) -> int:
    """Estimate how many lines a sheet takes."""
    prose = len(row.statement) + len(row.note) + len(row.applicability_reason)
    return (
        8
        + prose // 90
        + len(row.holdings)
        + 3 * len(row.evidence)
        + sum(len(piece.text) for piece in row.evidence) // 90
        + 3 * sum(side.signoff is not None for side in row.sides)
        + len(row.findings)
    )


@dataclass(frozen=True, slots=True)
class RegisteredEvidence:
    """A piece of evidence with the items that it serves."""

    piece: EvidenceInfo
    link: str
    keys: tuple[str, ...]


def evidence(matrix: Matrix) -> Context:
    """Return all evidence of the rows, by title."""
    return {"evidence": _registered(matrix)}


def signoffs(matrix: Matrix) -> Context:
    """Return the newest sign-offs of the rows, in their order."""
    return {"signoffs": list(_signoffs(matrix))}


def _registered(matrix: Matrix) -> Sequence[RegisteredEvidence]:
    pieces: dict[Any, tuple[EvidenceInfo, list[str]]] = {}
    for row in matrix.rows:
        for piece in row.evidence:
            pieces.setdefault(piece.id, (piece, []))[1].append(row.key)
    found = sorted(pieces.values(), key=lambda entry: (entry[0].title.casefold(), entry[0].sha256))
    return [RegisteredEvidence(piece, safe_link(piece.url), tuple(keys)) for piece, keys in found]


def _signoffs(matrix: Matrix) -> Iterator[tuple[ItemRow, SideState]]:
    for row in matrix.rows:
        for side in row.sides:
            if side.signoff is not None:
                yield row, side
