"""Reading releases: what is fetched, and what is refused."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from responsibilities.matrix import DamagedError
from responsibilities.matrix.release_changes import count_changes
from responsibilities.matrix.releases import edition, releases
from tests.attacks import drop_triggers, sql
from tests.editions import now
from tests.releasing import make_release
from tests.signing import edit
from tests.world import World


def test_a_list_leaves_the_snapshots_where_they_are(world: World) -> None:
    make_release(world)
    make_release(world)
    with CaptureQueriesContext(connection) as queries:
        infos = releases(world.workspace)
    assert [(info.number, info.previous) for info in infos] == [("2.0", "1.0"), ("1.0", "")]
    assert len(queries) == 3
    assert not any("snapshot" in query["sql"] for query in queries)


def test_a_release_that_is_not_what_was_proposed_makes_no_matrix(world: World) -> None:
    release = make_release(world)
    edit(world, "T-S0-01", note="Written after the release.")
    assert count_changes(release, now(world)) == 1
    drop_triggers()
    sql("UPDATE responsibilities_release SET snapshot = snapshot || ' '")
    release.refresh_from_db()
    with pytest.raises(DamagedError, match=r"1\.0"):
        edition(world.workspace, release)
    assert count_changes(release, now(world)) is None
    assert count_changes(None, now(world)) is None
