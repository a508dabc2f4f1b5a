"""Counts: progress, whose turn it is, findings by kind, load per team."""

from __future__ import annotations

import pytest
from django.utils import timezone

from responsibilities import matrix
from responsibilities.choices import FindingKind, Letter, Severity
from responsibilities.matrix.counts import (
    findings_by_kind,
    findings_summary,
    items_by_severity,
    load_by_team,
    side_totals,
    totals,
    waiting,
    waits_for,
)
from responsibilities.matrix.filters import MatrixFilter
from responsibilities.models import Assignment, EvidenceRevision
from responsibilities.services import signoffs
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


def test_what_does_not_apply_waits_for_signatures_only(world: World) -> None:
    Assignment.objects.filter(item=world.item(KEY)).delete()
    exclude(world, KEY)
    assert turn(world) == ["party0"], "the holder has to sign that it does not apply"
    assert waiting(matrix.load(world.workspace)) == {world.provider.pk: 3, world.customer.pk: 3}
    sign(world, "party0", KEY)
    assert turn(world) == ["party1"]
    sign(world, "party1", KEY)
    assert turn(world) == [], "without letters and without evidence"
    edit(world, KEY, applicability_reason="For another reason.")
    assert turn(world) == ["party0"]


def test_a_signed_item_without_evidence_waits_for_both(world: World) -> None:
    sign(world, "party0", KEY)
    assert turn(world) == ["party0", "party1"], "one gives evidence, the other can sign already"
    sign(world, "party1", KEY)
    assert turn(world) == ["party0"]


def test_what_a_side_can_sign_waits_for_it(world: World) -> None:
    exclude(world, KEY)
    exclude(world, "T-S0-02")
    sign(world, "party0", "T-S0-02")
    sign(world, "party0", "T-S0-03")
    exclude(world, "T-S1-01", "party1")
    Assignment.objects.filter(item=world.item("T-S1-02")).delete()
    attach(world, world.customer, "T-S1-03")
    sign(world, "party1", "T-S1-03")
    grid = matrix.load(world.workspace)
    to_do = {KEY: "party0", "T-S0-02": "party1", "T-S1-01": "party1", "T-S1-03": "party0"}
    for side in ("party0", "party1"):
        actor = world.actor(side)
        can_sign = {row.key for row in signoffs.waiting(actor, grid)}
        waits = {row.key for row in grid.rows if side in [seat.key for seat in waits_for(row)]}
        unsigned = MatrixFilter(state=("unsigned-us",), seat_id=actor.seat_id).apply(grid)
        assert can_sign <= waits
        assert can_sign <= {row.key for row in unsigned.rows}
        assert {key for key, whose in to_do.items() if whose == side} <= can_sign
        assert waits - can_sign <= {"T-S0-03", "T-S1-02"}, "evidence and letters are missing there"


@pytest.mark.django_db
def test_with_three_parties_every_other_side_is_waited_for() -> None:
    version = make_version(parties=3, sections=3)
    workspace = make_workspace(version, "three", "Three")
    turns = waiting(matrix.load(workspace))
    assert list(turns.values()) == [3, 3, 3]


def test_an_exclusion_that_nobody_signed_is_not_complete(world: World) -> None:
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
    assert (counted.complete, counted.percent) == (1, 16), "one of all six"
    for side in ("party0", "party1"):
        sign(world, side, "T-S0-02")
    grid = matrix.load(world.workspace)
    counted = totals(grid.rows, [seat.id for seat in grid.seats])
    assert counted.signed == {world.provider.pk: 2, world.customer.pk: 2}
    assert (counted.complete, counted.percent) == (2, 33)


def test_without_anything_that_applies_signatures_make_it_complete(world: World) -> None:
    for side, keys in (("party0", range(1, 4)), ("party1", range(1, 4))):
        for number in keys:
            exclude(world, f"T-S{side[-1]}-{number:02}", side)
    grid = matrix.load(world.workspace)
    assert totals(grid.rows, [seat.id for seat in grid.seats]).percent == 0
    for row in grid.rows:
        other = "party1" if row.holder.key == "party0" else "party0"
        sign(world, row.holder.key, row.key)
        sign(world, other, row.key)
    grid = matrix.load(world.workspace)
    assert totals(grid.rows, [seat.id for seat in grid.seats]).percent == 100


def test_totals_of_nothing() -> None:
    counted = totals([], [1, 2])
    assert counted.percent == 0
    assert counted.signed == {1: 0, 2: 0}


def test_side_totals_count_what_a_side_holds_and_what_it_signed(world: World) -> None:
    attach(world, world.provider, KEY)
    sign(world, "party0", KEY)
    provider, customer = side_totals(matrix.load(world.workspace))
    assert (provider.held.applicable, provider.held.evidenced, provider.signed) == (3, 1, 1)
    assert (provider.items, provider.waiting) == (6, 2)
    assert (customer.held.applicable, customer.held.evidenced, customer.signed) == (3, 0, 0)
    assert customer.waiting == 4, "its own three and the one to acknowledge"


def test_complete_is_the_same_as_waiting_for_nobody(world: World) -> None:
    for key in (KEY, "T-S0-02"):
        attach(world, world.provider, key, title=key)
        sign(world, "party0", key)
    sign(world, "party1", KEY)
    exclude(world, "T-S0-03")
    grid = matrix.load(world.workspace)
    counted = totals(grid.rows, [seat.id for seat in grid.seats])
    waited = {row.key for row in grid.rows if waits_for(row)}
    assert counted.complete == 1
    assert waited == {row.key for row in grid.rows} - {KEY}


def test_findings_are_counted_by_kind(world: World) -> None:
    Assignment.objects.filter(item=world.item(KEY), letter=Letter.ACCOUNTABLE).delete()
    world.team("Party 1 team 0").team_members.all().delete()
    grid = matrix.load(world.workspace)
    assert findings_by_kind(grid) == {
        FindingKind.NO_ACCOUNTABLE: 1,
        FindingKind.TEAM_WITHOUT_MEMBERS: 1,
        FindingKind.EVIDENCE_MISSING: 4,
    }
    assert items_by_severity(grid) == {Severity.WRONG: 4, Severity.SOON: 0}, (
        "an item with two findings is one item; the team is none"
    )
    assert [(found.kind, found.severity, found.count) for found in findings_summary(grid)] == [
        (FindingKind.EVIDENCE_MISSING, Severity.WRONG, 4),
        (FindingKind.NO_ACCOUNTABLE, Severity.WRONG, 1),
        (FindingKind.TEAM_WITHOUT_MEMBERS, Severity.SOON, 1),
    ]


def test_an_item_counts_once_for_a_kind_and_by_its_worst_finding(world: World) -> None:
    for side in ("party0", "party1"):
        sign(world, side, "T-S0-03")
    edit(world, "T-S0-03", note="Changed.")
    attach(world, world.provider, KEY)
    EvidenceRevision.objects.update(valid_until=timezone.localdate())
    grid = matrix.load(world.workspace)
    assert len(grid.by_key["T-S0-03"].findings) == 2, "one for each side"
    assert findings_by_kind(grid) == {
        FindingKind.EVIDENCE_MISSING: 3,
        FindingKind.EVIDENCE_EXPIRING: 1,
        FindingKind.SIGNOFF_STALE: 1,
    }
    assert items_by_severity(grid) == {Severity.WRONG: 4, Severity.SOON: 1}
    counted = totals(grid.rows, [seat.id for seat in grid.seats])
    assert counted.with_findings == sum(items_by_severity(grid).values())


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
