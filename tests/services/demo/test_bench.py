"""Made-up data has the size that was asked for."""

from __future__ import annotations

import pytest
from django.core.management import CommandError, call_command
from pytest_django.fixtures import Settings

from responsibilities import matrix
from responsibilities.models import Workspace


@pytest.mark.django_db
def test_size_of_made_up_data(settings: Settings) -> None:
    settings.REXMATRIX_DEMO = True
    call_command("seed_bench", workspaces=2, items=60, verbosity=0)
    grids = matrix.load_many(list(Workspace.objects.with_catalog()))
    assert [len(grid.rows) for grid in grids] == [60, 60]
    assert {len(grid.teams) for grid in grids} == {9}
    assert all(row.is_assigned for grid in grids for row in grid.rows)
    with pytest.raises(CommandError, match="at least 1"):
        call_command("seed_bench", workspaces=0, items=1)
