"""A filter in words."""

from __future__ import annotations

from django.http import QueryDict

from responsibilities import matrix
from responsibilities.exchange.details import FilterWords
from responsibilities.exchange.filters import words
from responsibilities.matrix import MatrixFilter
from tests.world import World


def in_words(world: World, query: str, me: str = "") -> dict[str, tuple[str, ...]]:
    """Return the words of a filter by label, for somebody of the customer's side."""
    wanted = MatrixFilter.parse(QueryDict(query), seat_id=world.customer.pk)
    found = words(wanted, matrix.load(world.workspace), me=me)
    assert all(isinstance(part, FilterWords) for part in found)
    return {part.label: part.values for part in found}


def test_names_stand_for_ids(world: World) -> None:
    team = world.team("Party 1 team 0")
    person = world.user("party1", "manager")
    query = f"section=S1&side=party0&team={team.pk}&person={person.pk}&letter=A&letter=R"
    assert in_words(world, query) == {
        "Section": ("Section 1",),
        "Held by": ("Vendor Inc.",),
        "Team": ("Party 1 team 0",),
        "Person": ("Clara Manager",),
        "Letter": ("Accountable", "Responsible"),
    }


def test_us_and_me_are_named(world: World) -> None:
    query = "state=unsigned-us&state=unsigned-them&person=me&q=backup"
    assert in_words(world, query, me="Clara Manager") == {
        "Text": ("“backup”",),
        "Person": ("Clara Manager",),
        "State": ("Unsigned by Acme", "Unsigned by a side other than Acme"),
    }


def test_an_unknown_value_stands_as_it_is(world: World) -> None:
    assert in_words(world, "section=gone&finding=evidence_missing") == {
        "Section": ("gone",),
        "Finding": ("Evidence missing",),
    }


def test_no_filter_has_no_words(world: World) -> None:
    assert in_words(world, "") == {}
