"""The grid as it is printed: widths, addresses, words, and what the actor may change."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.urls import reverse

from responsibilities import matrix
from responsibilities.choices import Letter, Role
from responsibilities.matrix import MatrixFilter
from responsibilities.models import Assignment, Membership, Team
from responsibilities.tables import matrix as tables
from responsibilities.tables import matrix_filters, matrix_picker
from tests.world import World

STYLES = Path("responsibilities/static/responsibilities/css/matrix.css")
REM = 16


def style(selector: str, name: str) -> float:
    """Return the first value of a custom property under a selector, in pixels."""
    text = (settings.BASE_DIR / STYLES).read_text(encoding="utf-8")
    found = re.search(rf"{re.escape(selector)} {{[^}}]*?{name}: ([\d.]+)rem;", text)
    assert found is not None, f"{selector} has no {name}"
    return float(found[1]) * REM


def test_the_widths_are_those_of_the_sheet() -> None:
    page = ".canvas-matrix"
    gutter, inset = 24, 8
    assert {
        "few": style(".raci-few", "--w-team"),
        "some": style(".raci-some", "--w-team"),
        "many": style(page, "--w-team"),
    } == tables.TEAM_WIDTHS
    assert style(page, "--w-sign") == tables.SIGN_WIDTH
    first = style(page, "--w-check") + gutter - inset + style(page, "--w-key")
    assert first + style(page, "--w-title") + 2 * style(page, "--w-mark") == tables.FIXED_WIDTH


@pytest.mark.parametrize(("teams", "density"), [(4, "few"), (7, "some"), (9, "many")])
def test_the_more_teams_the_narrower(world: World, teams: int, density: str) -> None:
    Team.objects.bulk_create(
        Team(workspace=world.workspace, seat=world.customer, name=f"More {number}")
        for number in range(teams - 4)
    )
    grid = tables.grid(matrix.load(world.workspace), world.actor("party0"))
    assert grid.density == density
    assert len(grid.teams) == teams
    assert grid.columns == 3 + teams + 1 + 2 + 1


def test_addresses_are_those_of_the_routes(world: World) -> None:
    grid = tables.grid(matrix.load(world.workspace), world.actor("party0"))
    row = grid.sections[0].rows[0]
    team = world.team("Party 0 team 1").pk
    assert row.href == reverse("item_detail", kwargs={"slug": "acme", "key": row.key})
    assert row.cells[1].href == reverse(
        "cell", kwargs={"slug": "acme", "key": row.key, "team_id": team}
    )


def test_only_what_may_be_changed_is_open(world: World) -> None:
    def fixed(side: str, role: Role) -> list[bool]:
        grid = tables.grid(matrix.load(world.workspace), world.actor(side, role))
        return ["fixed" in cell.css for cell in grid.sections[0].rows[0].cells]

    assert fixed("party0", Role.CONTRIBUTOR) == [False, False, True, True]
    assert fixed("party1", Role.MANAGER) == [True, True, False, False]
    assert fixed("party0", Role.READER) == [True] * 4
    Membership.objects.filter(seat=world.customer, role=Role.MANAGER).update(role=Role.READER)
    assert fixed("party0", Role.MANAGER) == [False] * 4, "a vacant side is looked after"


def test_people_are_named_in_words_and_initials(world: World) -> None:
    holdings = Assignment.objects.filter(item=world.item("T-S0-01"))
    holdings.filter(letter=Letter.RESPONSIBLE).update(person=world.user("party0", Role.MANAGER))
    holdings.filter(letter=Letter.ACCOUNTABLE).update(person=world.user("party0", Role.CONTRIBUTOR))
    grid = tables.grid(matrix.load(world.workspace), world.actor("party0"))
    cell = grid.sections[0].rows[0].cells[0]
    assert cell.label.endswith("Responsible (Vera Manager), Accountable (Victor Contributor)")
    assert cell.people == "Vera Manager, Victor Contributor"
    assert (cell.letters, cell.owner) == ("RA", "Party 0 team 0")
    assert "VM+" in cell.chips


def test_a_team_that_owns_and_has_nobody_is_flagged(world: World) -> None:
    Assignment.objects.filter(letter="C", team=world.team("Party 0 team 1")).update(letter="R")
    grid = tables.grid(matrix.load(world.workspace), world.actor("party0"))
    assert [(head.name, head.empty) for head in grid.teams if head.empty] == [
        ("Party 0 team 1", True)
    ]


def test_the_picker_offers_the_team_and_whoever_is_named(world: World) -> None:
    approver = world.user("party0", Role.APPROVER)
    Assignment.objects.filter(item=world.item("T-S0-01"), letter="R").update(person=approver)
    everything = matrix.load(world.workspace)
    team = next(team for team in everything.teams if team.name == "Party 0 team 0")
    picker = matrix_picker.picker(
        everything, everything.by_key["T-S0-01"], team, world.actor("party0")
    )
    assert [person.name for person in picker.people] == [
        "Vera Manager",
        "Victor Contributor",
        "Vivian Approver",
    ]
    assert [letter.checked for letter in picker.letters] == [True, True, False, False]


def test_menus_show_what_is_chosen(world: World) -> None:
    everything = matrix.load(world.workspace)
    chosen = MatrixFilter(section=("S1",), letter=("A",))
    checked = [
        (group.name, choice.value)
        for menu in matrix_filters.menus(everything, chosen)
        for group in menu.groups
        for choice in group.choices
        if choice.checked
    ]
    assert checked == [("section", "S1"), ("letter", "A")]
    assert [(chip.label, chip.query) for chip in matrix_filters.chips(everything, chosen)] == [
        ("Section: Section 1", "letter=A"),
        ("Letter: A · Accountable", "section=S1"),
    ]
