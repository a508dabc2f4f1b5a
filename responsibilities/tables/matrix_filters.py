"""The filters of the matrix as menus and chips: what can be chosen, and what is."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext as _

from responsibilities.choices import FindingKind, Letter, Obligation
from responsibilities.matrix import Matrix, MatrixFilter
from responsibilities.matrix.filters import MINE, State

type Options = Iterable[tuple[str, str | Promise]]


class Choice(NamedTuple):
    """One value that can be chosen. `group` names the side that it belongs to, if any."""

    value: str
    label: str
    checked: bool
    group: str = ""


class Group(NamedTuple):
    """The values of one field, as they stand under one heading."""

    name: str
    label: str
    choices: Sequence[Choice]


class Menu(NamedTuple):
    """A menu of the filter bar."""

    name: str
    label: str
    groups: Sequence[Group]


class Chip(NamedTuple):
    """An active filter; `query` is the address without it."""

    field: str
    label: str
    query: str


def menus(matrix: Matrix, chosen: MatrixFilter) -> list[Menu]:
    """Return the menus over the whole, unfiltered matrix."""
    groups = {name: _group(name, label, options, chosen) for name, label, options in _all(matrix)}
    teams = groups["team"]._replace(
        choices=[
            choice._replace(group=team.seat.organization)
            for choice, team in zip(groups["team"].choices, matrix.teams, strict=True)
        ]
    )
    return [
        Menu("state", _("State"), [groups["state"]]),
        Menu("team", _("Team"), [teams]),
        Menu("person", _("Person"), [groups["person"]]),
        Menu("section", _("Section"), [groups["section"]]),
        Menu("more", _("More"), [groups["side"], groups["letter"], groups["obligation"]]),
    ]


def chips(matrix: Matrix, chosen: MatrixFilter) -> list[Chip]:
    """Return the active filters. A value that names nothing here is shown as it stands."""
    found = []
    if chosen.q:
        label = _("Text: %(text)s") % {"text": chosen.q}
        found.append(Chip("q", label, chosen.without("q").query_string()))
    finding = ("finding", _("Finding"), FindingKind.choices)
    fields: list[tuple[str, str, Options]] = [*_all(matrix), finding]
    for name, label, options in fields:
        labels = dict(options)
        for value in getattr(chosen, name):
            words = _("Me") if value == MINE else labels.get(value, _("unknown"))
            query = chosen.without(name, value).query_string()
            found.append(Chip(name, f"{label}: {words}", query))
    return found


def _all(matrix: Matrix) -> list[tuple[str, str, Options]]:
    return [
        ("state", _("State"), list(State.choices)),
        ("team", _("Team"), [(str(team.id), team.name) for team in matrix.teams]),
        ("person", _("Person"), _people(matrix)),
        ("section", _("Section"), [(s.key, s.title) for s in matrix.sections]),
        ("side", _("Held by"), [(seat.key, seat.organization) for seat in matrix.seats]),
        ("letter", _("Letter"), [(letter, f"{letter} · {letter.label}") for letter in Letter]),
        ("obligation", _("Obligation"), list(Obligation.choices)),
    ]


def _people(matrix: Matrix) -> list[tuple[str, str | Promise]]:
    """Return everybody who is on a team or named on an item, by name."""
    people = {person for team in matrix.teams for person in team.people}
    people |= {holding.person for row in matrix.rows for holding in row.holdings if holding.person}
    return [
        (str(person.id), person.name)
        for person in sorted(people, key=lambda person: (person.name.casefold(), person.email))
    ]


def _group(name: str, label: str, options: Options, chosen: MatrixFilter) -> Group:
    values = getattr(chosen, name)
    return Group(
        name, label, [Choice(value, str(words), value in values) for value, words in options]
    )
