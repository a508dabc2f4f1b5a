"""A frozen document comes back as the matrix that it was made of."""

from __future__ import annotations

import json

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django.fixtures import Settings

from responsibilities import canonical, matrix
from responsibilities.choices import SignoffState
from responsibilities.models import Workspace
from tests.signing import attach, edit, sign
from tests.world import World

KEY = "T-S0-01"


def frozen(workspace: Workspace) -> str:
    """Return the document of a workspace as a release keeps it."""
    return canonical.dumps(matrix.document(matrix.load(workspace))).decode()


@pytest.mark.django_db
@pytest.mark.parametrize("slug", ["northwind", "contoso"])
def test_the_demo_comes_back_whole(settings: Settings, slug: str) -> None:
    settings.REXMATRIX_DEMO = True
    call_command("load_models", verbosity=0)
    call_command("seed_demo", verbosity=0)
    workspace = Workspace.objects.with_catalog().get(slug=slug)
    text = frozen(workspace)
    again = matrix.restore(workspace, text)
    assert canonical.dumps(matrix.document(again)).decode() == text
    now = matrix.load(workspace)
    assert [row.content for row in again.rows] == [row.content for row in now.rows]
    assert matrix.totals(again.rows, [seat.id for seat in again.seats]) == matrix.totals(
        now.rows, [seat.id for seat in now.seats]
    )
    for then, row in zip(again.rows, now.rows, strict=True):
        assert [side.state for side in then.sides] == [side.state for side in row.sides]
        assert [(f.kind, str(f.detail)) for f in then.findings] == [
            (f.kind, str(f.detail)) for f in row.findings
        ]
        assert [h.is_off_team for h in then.holdings] == [h.is_off_team for h in row.holdings]
        assert then.is_evidenced == row.is_evidenced


def test_it_stays_as_it_was(world: World) -> None:
    attach(world, world.provider, KEY)
    sign(world, "party0", KEY)
    text = frozen(world.workspace)
    edit(world, KEY, note="Changed since.")
    row = matrix.restore(world.workspace, text).by_key[KEY]
    assert row.note == ""
    side = row.side(world.provider.pk)
    assert side is not None
    assert side.state == SignoffState.CURRENT
    assert matrix.load(world.workspace).by_key[KEY].note == "Changed since."


def test_it_takes_two_queries(world: World) -> None:
    text = frozen(world.workspace)
    with CaptureQueriesContext(
        connection,
    ) as queries:
        matrix.restore(world.workspace, text)
    assert len(queries) == 2


def test_an_item_that_does_not_fit_its_digest_is_refused(world: World) -> None:
    value = json.loads(frozen(world.workspace))
    value["sections"][0]["items"][0]["note"] = "put in by hand"
    with pytest.raises(matrix.DamagedError, match=KEY):
        matrix.restore(world.workspace, json.dumps(value))
