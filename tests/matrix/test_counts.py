"""Counts: progress, whose turn it is, findings by kind, load per team."""

from __future__ import annotations

import pytest

from responsibilities import matrix
from responsibilities.choices import FindingKind, Letter, Severity
from responsibilities.matrix.counts import (
    findings_by_kind,
    findings_by_severity,
    findings_summary,
    load_by_team,
    side_totals,
    totals,
    waiting,
    waits_for,
)
from responsibilities.models import Assignment
from tests.signing import attach, edit, exclude, sign
from tests.world import World, make_version, make_workspace

KEY = "T-S0-01"
"""Held by the provider, assigned from the start."""


def turn(world: World, key: str = KEY) -> list[str]:
    """Return for whom an item waits."""
    return [seat.key for seat in waits_for(matrix.load(world.workspace).by_key[key])]


def test_an_item_waits_for_its_holder_then_for_the_other_side(world: World) -> None:
    assert turn(world) == ["party0"], "there is no evidence"
    attach(world, world.provider, KEY)
    assert turn(world) == ["party0"], "the holder has not signed"
    sign(world, "party0", KEY)
    assert turn(world) == ["party1"]
    sign(world, "party1", KEY)
    assert turn(world) == []
    edit(world, KEY, note="Changed.")
    assert turn(world) == ["party0"], "both sign-offs are stale, and the holder signs first"


def test_an_item_without_letters_waits_for_its_holder(world: World) -> None:
    Assignment.objects.filter(item=world.item("T-S1-01")).delete()
    assert turn(world, "T-S1-01") == ["party1"]


def test_what_does_not_apply_waits_for_nobody(world: World) -> None:
    exclude(world, KEY)
    assert turn(world) == []
    assert waiting(matrix.load(world.workspace)) == {world.provider.pk: 2, world.customer.pk: 3}


@pytest.mark.django_db
def test_with_three_parties_every_other_side_is_waited_for() -> None:
    version = make_version(parties=3, sections=3)
    workspace = make_workspace(version, "three", "Three")
    turns = waiting(matrix.load(workspace))
    assert list(turns.values()) == [3, 3, 3]


def test_totals_count_what_applies(world: World) -> None:
    exclude(world, "T-S0-02")
    attach(world, world.provider, KEY)
    sign(world, "party0", KEY)
    grid = matrix.load(world.workspace)
    counted = totals(grid.rows, [seat.id for seat in grid.seats])
    assert (counted.items, counted.applicable, counted.assigned) == (6, 5, 5)
    assert counted.evidenced == 1
    assert counted.signed == {world.provider.pk: 1, world.customer.pk: 0}
    assert (counted.complete, counted.percent) == (0, 0)
    sign(world, "party1", KEY)
    grid = matrix.load(world.workspace)
    counted = totals(grid.rows, [seat.id for seat in grid.seats])
    assert (counted.complete, counted.percent) == (1, 20)


def test_totals_of_nothing() -> None:
    counted = totals([], [1, 2])
    assert counted.percent == 0
    assert counted.signed == {1: 0, 2: 0}


def test_side_totals_count_what_a_side_holds_and_what_it_signed(world: World) -> None:
    attach(world, world.provider, KEY)
    sign(world, "party0", KEY)
    provider, customer = side_totals(matrix.load(world.workspace))
    assert (provider.held.applicable, provider.held.evidenced, provider.signed) == (3, 1, 1)
    assert (provider.applicable, provider.waiting) == (6, 2)
    assert (customer.held.applicable, customer.held.evidenced, customer.signed) == (3, 0, 0)
    assert customer.waiting == 4, "its own three and the one to acknowledge"


def test_complete_is_the_same_as_waiting_for_nobody(world: World) -> None:
    for key in (KEY, "T-S0-02"):
        attach(world, world.provider, key, title=key)
        sign(world, "party0", key)
    sign(world, "party1", KEY)
    grid = matrix.load(world.workspace)
    counted = totals(grid.rows, [seat.id for seat in grid.seats])
    assert counted.complete == sum(row.is_applicable and not waits_for(row) for row in grid.rows)


def test_findings_are_counted_by_kind_and_severity(world: World) -> None:
    Assignment.objects.filter(item=world.item(KEY), letter=Letter.ACCOUNTABLE).delete()
    world.team("Party 1 team 0").team_members.all().delete()
    grid = matrix.load(world.workspace)
    assert findings_by_kind(grid) == {
        FindingKind.NO_ACCOUNTABLE: 1,
        FindingKind.TEAM_WITHOUT_MEMBERS: 1,
        FindingKind.EVIDENCE_MISSING: 4,
    }
    assert findings_by_severity(grid) == {Severity.WRONG: 5, Severity.SOON: 1}
    assert [(found.kind, found.severity, found.count) for found in findings_summary(grid)] == [
        (FindingKind.EVIDENCE_MISSING, Severity.WRONG, 4),
        (FindingKind.NO_ACCOUNTABLE, Severity.WRONG, 1),
        (FindingKind.TEAM_WITHOUT_MEMBERS, Severity.SOON, 1),
    ]


def test_load_counts_letters_on_what_applies(world: World) -> None:
    team = world.team("Party 0 team 0")
    before = load_by_team(matrix.load(world.workspace))[team.pk]
    assert before == {
        Letter.RESPONSIBLE: 3,
        Letter.ACCOUNTABLE: 3,
        Letter.CONSULTED: 0,
        Letter.INFORMED: 3,
    }
    exclude(world, KEY)
    after = load_by_team(matrix.load(world.workspace))[team.pk]
    assert (after[Letter.RESPONSIBLE], after[Letter.ACCOUNTABLE]) == (2, 2)
