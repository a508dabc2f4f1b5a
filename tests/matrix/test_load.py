"""The read model: right, and in a constant number of queries."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from responsibilities import matrix
from responsibilities.choices import FindingKind, SignoffState
from tests.world import World, make_version, make_workspace


def test_rows_columns_and_findings(world: World) -> None:
    grid = matrix.load(world.workspace)
    assert [section.key for section in grid.sections] == ["S0", "S1"]
    assert [team.name for team in grid.teams] == [
        "Party 0 team 0",
        "Party 0 team 1",
        "Party 1 team 0",
        "Party 1 team 1",
    ]
    row = grid.by_key["T-S0-01"]
    assert row.is_assigned
    assert row.holder.organization == "Vendor Inc."
    assert [side.state for side in row.sides] == [SignoffState.NONE, SignoffState.NONE]
    assert [finding.kind for finding in row.findings] == [FindingKind.EVIDENCE_MISSING]
    assert not grid.by_key["T-S0-03"].findings, "an optional duty needs no evidence"


@pytest.mark.django_db
def test_queries_do_not_grow() -> None:
    def count(slug: str, per_section: int) -> int:
        version = make_version(per_section=per_section, sections=4, slug=slug)
        workspace = make_workspace(version, slug, slug)
        with CaptureQueriesContext(
            connection,
        ) as queries:
            matrix.digest(matrix.load(workspace))
        return len(queries)

    assert count("small", 2) == count("large", 8)


def test_same_matrix_same_digest(world: World) -> None:
    assert matrix.digest(matrix.load(world.workspace)) == matrix.digest(
        matrix.load(world.workspace)
    )
