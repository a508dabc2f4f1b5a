"""Filters of the matrix. A filter is what stands in the address, nothing more."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields, replace
from typing import Any, Self

from django.db import models
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from responsibilities.choices import Letter, Obligation, SignoffState
from responsibilities.matrix.shapes import EvidenceState, ItemRow, Matrix


class State(models.TextChoices):
    """States that a person can filter by."""

    UNASSIGNED = "unassigned", _("Unassigned")
    NO_EVIDENCE = "no-evidence", _("No evidence")
    EXPIRING = "expiring", _("Evidence expired or expiring")
    STALE = "stale", _("Sign-off stale")
    UNSIGNED_US = "unsigned-us", _("Unsigned by us")
    UNSIGNED_THEM = "unsigned-them", _("Unsigned by them")
    FINDINGS = "findings", _("With findings")
    NOT_APPLICABLE = "not-applicable", _("Not applicable")


MINE = "me"

type Check = Callable[[ItemRow, "MatrixFilter"], bool]


@dataclass(frozen=True, slots=True)
class MatrixFilter:
    """A filter. Values of one field are alternatives; fields, and states, all have to hold.

    `seat_id` and `user_id` say who "us" and "me" are; they do not stand in the address. `as_of`
    names the edition that is filtered, if it is not the draft; it leaves nothing out.
    """

    q: str = ""
    section: tuple[str, ...] = ()
    side: tuple[str, ...] = ()
    team: tuple[str, ...] = ()
    person: tuple[str, ...] = ()
    letter: tuple[str, ...] = ()
    obligation: tuple[str, ...] = ()
    state: tuple[str, ...] = ()
    finding: tuple[str, ...] = ()
    seat_id: int | None = None
    user_id: uuid.UUID | None = None
    as_of: str = ""

    @classmethod
    def parse(
        cls,
        query: QueryDict,
        *,
        seat_id: int | None = None,
        user_id: uuid.UUID | None = None,
        as_of: str = "",
    ) -> Self:
        """Read a filter from an address. Unknown parameters and values are left out.

        The edition is not read: only a page that shows one says so, with `as_of`.
        """
        lists = {
            name: tuple(dict.fromkeys(value for value in query.getlist(name) if value))
            for name in _LISTS
        }
        lists["letter"] = tuple(v for v in lists["letter"] if v in Letter.values)
        lists["obligation"] = tuple(v for v in lists["obligation"] if v in Obligation.values)
        lists["state"] = tuple(v for v in lists["state"] if v in State.values)
        q = query.get("q", "").replace("\x00", "").strip()[:200]  # a kept query may have %00
        return cls(q=q, seat_id=seat_id, user_id=user_id, as_of=as_of, **lists)

    @property
    def is_active(self) -> bool:
        """Whether the filter leaves anything out."""
        return bool(self.q or any(getattr(self, name) for name in _LISTS))

    def query_string(self) -> str:
        """Return the filter as it stands in an address, in a fixed order."""
        query = QueryDict(mutable=True)
        if self.as_of:
            query["as_of"] = self.as_of
        if self.q:
            query["q"] = self.q
        for name in _LISTS:
            query.setlist(name, list(getattr(self, name)))
        return query.urlencode()

    def without(self, name: str, value: str = "") -> Self:
        """Return the filter without one value of a field, or without the whole field."""
        if name == "q":
            return replace(self, q="")
        left = tuple(v for v in getattr(self, name) if value and v != value)
        changed: dict[str, Any] = {name: left}
        return replace(self, **changed)

    def matches(self, row: ItemRow) -> bool:
        """Say whether a row passes."""
        return all(check(row, self) for check in _CHECKS)

    def apply(self, matrix: Matrix) -> Matrix:
        """Return the matrix with the rows that pass; sections left empty go."""
        if not self.is_active:
            return matrix
        sections = (
            replace(section, rows=tuple(row for row in section.rows if self.matches(row)))
            for section in matrix.sections
        )
        return replace(matrix, sections=tuple(s for s in sections if s.rows))


def _text(row: ItemRow, wanted: MatrixFilter) -> bool:
    if not wanted.q:
        return True
    text = f"{row.key} {row.title} {row.statement} {row.note}".casefold()
    return all(word in text for word in wanted.q.casefold().split())


def _owners(row: ItemRow, wanted: MatrixFilter) -> bool:
    """One letter of the row has to fit team, person and letter together."""
    if not (wanted.team or wanted.person or wanted.letter):
        return True
    people = {str(wanted.user_id) if value == MINE else value for value in wanted.person}
    mine = wanted.user_id if MINE in wanted.person else None
    return any(
        (not wanted.team or str(holding.team.id) in wanted.team)
        and (not wanted.letter or holding.letter in wanted.letter)
        and (
            not people
            or (holding.person is not None and str(holding.person.id) in people)
            or (
                mine is not None
                and holding.person is None
                and any(person.id == mine for person in holding.team.people)
            )
        )
        for holding in row.holdings
    )


def _unsigned_by_them(row: ItemRow, wanted: MatrixFilter) -> bool:
    return any(
        side.state != SignoffState.CURRENT for side in row.sides if side.seat.id != wanted.seat_id
    )


_STATE_CHECKS: dict[str, Check] = {
    State.UNASSIGNED: lambda row, _: row.is_applicable and not row.is_assigned,
    State.NO_EVIDENCE: lambda row, _: row.is_applicable and not row.evidence,
    State.EXPIRING: lambda row, _: any(p.state != EvidenceState.FRESH for p in row.evidence),
    State.STALE: lambda row, _: any(s.state == SignoffState.STALE for s in row.sides),
    State.UNSIGNED_US: lambda row, f: f.seat_id is not None and not row.is_signed_by(f.seat_id),
    State.UNSIGNED_THEM: _unsigned_by_them,
    State.FINDINGS: lambda row, _: bool(row.findings),
    State.NOT_APPLICABLE: lambda row, _: not row.is_applicable,
}


def _among(values: Iterable[str], value: str) -> bool:
    return not values or value in values


_CHECKS: tuple[Check, ...] = (
    _text,
    lambda row, f: _among(f.section, row.section_key),
    lambda row, f: _among(f.side, row.holder.key),
    lambda row, f: _among(f.obligation, row.obligation),
    _owners,
    lambda row, f: all(_STATE_CHECKS[state](row, f) for state in f.state),
    lambda row, f: not f.finding or any(x.kind in f.finding for x in row.findings),
)

_NO_LISTS = {"q", "seat_id", "user_id", "as_of"}
_LISTS = tuple(f.name for f in fields(MatrixFilter) if f.name not in _NO_LISTS)
