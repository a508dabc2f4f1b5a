"""The matrix as a grid: every word, address and class of a page's cells, made ready beforehand.

A large matrix has many thousand cells, so the template only prints, and chips are made once per
letter.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from functools import cache

from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from responsibilities.choices import Letter, Obligation, Severity, SignoffState
from responsibilities.matrix import (
    EvidenceState,
    Holding,
    ItemRow,
    Matrix,
    SideState,
    TeamColumn,
    totals,
)
from responsibilities.permissions import Action, Actor, may
from responsibilities.tables.matrix_shapes import (
    Cell,
    Count,
    Grid,
    GridRow,
    GridSection,
    Mark,
    SideHead,
    TeamHead,
)

OWNING = frozenset({Letter.RESPONSIBLE, Letter.ACCOUNTABLE})
HEAD_LINES = 2
FEW_TEAMS = 4
SOME_TEAMS = 7
# Pixels of the columns as in matrix.css: together the least width of the grid.
FIXED_WIDTH = 48 + 92 + 232 + 2 * 56
TEAM_WIDTHS = {"few": 144, "some": 104, "many": 74}
SIGN_WIDTH = 64


class Columns:
    """What holds for whole columns: addresses, names, and which of them the actor may change."""

    def __init__(self, matrix: Matrix, actor: Actor, as_of: str = "") -> None:
        """Take the matrix for its teams and sides, who looks at it, and which edition it is:
        one that is not the draft has items to read, but no cells to change.
        """
        self.matrix = matrix
        self.prefix, self.suffix = _address_parts(matrix.workspace.slug)
        self.query = f"?as_of={as_of}" if as_of else ""
        self.open = {
            seat.id: not as_of and may(actor, Action.ASSIGN, seat.id, vacant=seat.vacant)
            for seat in matrix.seats
        }
        self.teams = [
            (
                team,
                f"/cells/{team.id}/",
                f"{team.seat.organization} {team.name}",
                self._css(team, first=index == 0 or matrix.teams[index - 1].seat != team.seat),
            )
            for index, team in enumerate(matrix.teams)
        ]

    def _css(self, team: TeamColumn, *, first: bool) -> str:
        css = "cell first" if first else "cell"
        return css if self.open[team.seat.id] else f"{css} fixed"

    def cells(self, row: ItemRow) -> list[Cell]:
        """Return the cells of a row, in the order of the columns."""
        base, title, held = f"{self.prefix}{row.key}", row.title, row.cells
        nothing = _("no letter")
        cells = []
        for team, path, name, css in self.teams:
            holdings = held.get(team.id)
            if holdings is None:
                cells.append(Cell(base + path, css, f"{title}, {name}: {nothing}", _EMPTY, *_NONE))
                continue
            owners = [holding for holding in holdings if holding.letter in OWNING]
            cells.append(
                Cell(
                    base + path,
                    f"{css} owner" if owners else css,
                    f"{title}, {name}: {spoken(holdings)}",
                    _chips(
                        tuple(holding.letter.value for holding in holdings),
                        tuple(dict.fromkeys(h.person.name for h in holdings if h.person)),
                    ),
                    "".join(holding.letter for holding in holdings),
                    team.name if owners else "",
                    ", ".join(dict.fromkeys(h.person.name for h in owners if h.person)),
                )
            )
        return cells

    def row(self, row: ItemRow) -> GridRow:
        """Return a row as it is printed."""
        return GridRow(
            key=row.key,
            href=f"{self.prefix}{row.key}/{self.query}",
            title=row.title,
            version=row.version,
            css="" if row.is_applicable else "not-applicable",
            tag="" if row.obligation == Obligation.REQUIRED else str(row.obligation.label),
            reason="" if row.is_applicable else row.applicability_reason,
            cells=self.cells(row),
            evidence=_evidence(row),
            signs=[_sign(side) for side in row.sides],
            findings=_findings(row),
        )


def grid(matrix: Matrix, actor: Actor, as_of: str = "") -> Grid:
    """Return the matrix, filtered or not, as a grid for this actor. No query.

    `as_of` names the edition, if it is not the draft.
    """
    columns = Columns(matrix, actor, as_of)
    density = _density(len(matrix.teams))
    empty = {finding.team.id for finding in matrix.team_findings if finding.team}
    return Grid(
        sides=[
            SideHead(seat.organization, seat.kind, seat.party, len(teams))
            for seat in matrix.seats
            if (teams := matrix.teams_of(seat.id))
        ],
        teams=[_head(team, css, empty) for team, _path, _name, css in columns.teams],
        seats=matrix.seats,
        sections=[
            GridSection(
                key=section.key,
                title=section.title,
                plane=section.plane if section.plane != section.title else "",
                holder=section.holder.organization,
                kind=section.holder.kind,
                rows=[columns.row(row) for row in section.rows],
            )
            for section in matrix.sections
        ],
        columns=3 + len(matrix.teams) + 1 + len(matrix.seats) + 1,
        rows=len(matrix.rows),
        lines=HEAD_LINES + len(matrix.sections) + len(matrix.rows),
        density=density,
        width=FIXED_WIDTH
        + len(matrix.teams) * TEAM_WIDTHS[density]
        + len(matrix.seats) * SIGN_WIDTH,
    )


def counts(matrix: Matrix) -> list[Count]:
    """Return the figures of the summary line, over all items of the matrix."""
    sums = totals(matrix.rows, [seat.id for seat in matrix.seats])
    signed = _("signed by %(organization)s")
    return [
        Count(sums.items, ngettext("item", "items", sums.items)),
        Count(sums.assigned, _("assigned")),
        Count(sums.evidenced, _("with evidence")),
        *(
            Count(sums.signed[seat.id], signed % {"organization": seat.organization}, seat.kind)
            for seat in matrix.seats
        ),
        Count(sums.with_findings, _("with findings")),
    ]


def fragments(matrix: Matrix, row: ItemRow, actor: Actor) -> dict[str, dict[str, object]]:
    """Return what a change to one item swaps, out of band: its row and the totals."""
    return {
        "matrix/_row_changed.html": {"row": Columns(matrix, actor).row(row)},
        "matrix/_totals.html": {"totals": counts(matrix), "out_of_band": True},
    }


def spoken(holdings: Iterable[Holding]) -> str:
    """Return letters as a person says them: ``Responsible, Accountable (Ada Lovelace)``."""
    return ", ".join(
        f"{holding.letter.label} ({holding.person.name})"
        if holding.person
        else str(holding.letter.label)
        for holding in holdings
    )


def _address_parts(slug: str) -> tuple[str, str]:
    """Return what stands before and after the key in an item's address."""
    before, after = reverse("item_detail", kwargs={"slug": slug, "key": "KEY"}).split("KEY")
    return before, after


def _density(teams: int) -> str:
    """Return how wide a team's column may be: few teams get room, many share it."""
    if teams <= FEW_TEAMS:
        return "few"
    return "some" if teams <= SOME_TEAMS else "many"


def _head(team: TeamColumn, css: str, empty: AbstractSet[uuid.UUID]) -> TeamHead:
    title = team.description or team.name
    if team.id in empty:
        title = _("%(team)s owns duties but has no members.") % {"team": team.name}
    return TeamHead(team.name, css.replace("cell", "team"), title, team.id in empty)


_EMPTY = mark_safe("")
_NONE = ("", "", "")


@cache
def _chip(letter: str) -> SafeString:
    return format_html('<b class="letter letter-{0}">{0}</b>', letter)


def _chips(letters: tuple[str, ...], people: tuple[str, ...]) -> SafeString:
    chips = format_html_join("", "{}", ((_chip(letter),) for letter in letters))
    if not people:
        return chips
    more = "+" if len(people) > 1 else ""
    return format_html('{}<i class="who">{}{}</i>', chips, _initials(people[0]), more)


def _initials(name: str) -> str:
    words = name.split()
    return "".join(word[0] for word in [*words[:1], *words[1:][-1:]]).upper()


def _evidence(row: ItemRow) -> Mark:
    count = len(row.evidence)
    if not count:
        return Mark("tally proof none", _("No evidence"), "")
    label = ngettext("%(count)s piece of evidence", "%(count)s pieces of evidence", count)
    label %= {"count": count}
    states = {piece.state for piece in row.evidence}
    if EvidenceState.EXPIRED in states:
        tone, label = "wrong", _("%(evidence)s, expired") % {"evidence": label}
    elif EvidenceState.EXPIRING in states:
        tone, label = "soon", _("%(evidence)s, about to expire") % {"evidence": label}
    else:
        tone = "good"
    return Mark(f"tally proof {tone}", label, str(count))


_SIGN_CSS = {
    SignoffState.NONE: "sign none",
    SignoffState.CURRENT: "sign current",
    SignoffState.STALE: "sign stale",
    SignoffState.WITHDRAWN: "sign withdrawn",
}


def _sign(side: SideState) -> Mark:
    label = f"{side.seat.organization}: {side.state.label}"
    if side.signoff and side.state != SignoffState.NONE:
        label = f"{label} ({side.signoff.printed_name})"
    return Mark(f"{_SIGN_CSS[side.state]} side-{side.seat.kind}", label, "")


def _findings(row: ItemRow) -> Mark:
    if not row.findings:
        return Mark("tally none", _("No findings"), "")
    wrong = any(finding.severity == Severity.WRONG for finding in row.findings)
    label = "; ".join(str(finding.kind.label) for finding in row.findings)
    return Mark("tally wrong" if wrong else "tally soon", label, str(len(row.findings)))
