"""A filter of the matrix in words, for people who see only the result."""

from __future__ import annotations

import uuid
from collections.abc import Mapping

from django.utils.translation import gettext as _

from responsibilities.choices import FindingKind, Letter, Obligation
from responsibilities.exchange.details import FilterWords
from responsibilities.matrix import Matrix, MatrixFilter
from responsibilities.matrix.filters import MINE, State


def words(wanted: MatrixFilter, matrix: Matrix, me: str = "") -> tuple[FilterWords, ...]:
    """Return what the filter asks for, in the names of this (unfiltered) matrix.

    `me` is the printed name behind "my items". A value that names nothing here stands as it is.
    """
    us = next((s.organization for s in matrix.seats if s.id == wanted.seat_id), "")
    named = {
        _("Section"): _pick(wanted.section, {s.key: s.title for s in matrix.sections}),
        _("Held by"): _pick(wanted.side, {s.key: s.organization for s in matrix.seats}),
        _("Team"): _pick(wanted.team, {str(t.id): t.name for t in matrix.teams}),
        _("Person"): _pick(wanted.person, {**_people(matrix), MINE: me or _("me")}),
        _("Letter"): _pick(wanted.letter, _labels(dict(Letter.choices))),
        _("Obligation"): _pick(wanted.obligation, _labels(dict(Obligation.choices))),
        _("State"): _pick(wanted.state, _states(us)),
        _("Finding"): _pick(wanted.finding, _labels(dict(FindingKind.choices))),
    }
    text = [FilterWords(_("Text"), (f"“{wanted.q}”",))] if wanted.q else []
    return (*text, *(FilterWords(name, values) for name, values in named.items() if values))


def _pick(values: tuple[str, ...], names: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(names.get(value, value) for value in values)


def _labels(choices: Mapping[str, object]) -> dict[str, str]:
    return {value: str(label) for value, label in choices.items()}


def _states(us: str) -> dict[str, str]:
    """Name the states. "Us" and "them" mean nothing to whoever reads the file: name the side."""
    names = _labels(dict(State.choices))
    if us:
        names[State.UNSIGNED_US] = _("Unsigned by %(side)s") % {"side": us}
        names[State.UNSIGNED_THEM] = _("Unsigned by a side other than %(side)s") % {"side": us}
    return names


def _people(matrix: Matrix) -> dict[str, str]:
    found: dict[uuid.UUID, str] = {}
    for team in matrix.teams:
        found |= {person.id: person.name for person in team.people}
    for row in matrix.rows:
        found |= {h.person.id: h.person.name for h in row.holdings if h.person}
    return {str(key): name for key, name in found.items()}
