"""Reading releases: what is fetched, what is refused, for whom a proposal waits."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from responsibilities.choices import Role
from responsibilities.matrix import DamagedError
from responsibilities.matrix.release_changes import count_changes
from responsibilities.matrix.releases import awaited, edition, releases
from responsibilities.models import Membership
from tests.attacks import drop_triggers, sql
from tests.editions import now
from tests.releasing import attest, make_release, propose, withdraw
from tests.signing import edit
from tests.world import World, join, make_workspace


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


def waits_for(world: World) -> set[tuple[str, str]]:
    """Return for whom a proposal waits, by party and role."""
    members = list(
        Membership.objects.filter(workspace=world.workspace).select_related("seat__party")
    )
    numbers = awaited(members)
    assert set(numbers.values()) <= {"1.0"}
    return {(member.seat.party.key, member.role) for member in members if member.pk in numbers}


def test_a_proposal_waits_for_who_may_attest_it_until_their_side_has(world: World) -> None:
    assert waits_for(world) == set()
    release = propose(world)
    both = {
        (party, role) for party in ("party0", "party1") for role in (Role.MANAGER, Role.APPROVER)
    }
    assert waits_for(world) == both
    attest(world, release, "party0")
    assert waits_for(world) == {(party, role) for party, role in both if party == "party1"}
    withdraw(world, release)
    assert waits_for(world) == set()


def test_a_proposal_does_not_wait_for_who_attested_it_for_another_side(world: World) -> None:
    release = propose(world)
    attest(world, release, "party0")
    member = Membership.objects.get(user=world.user("party0", Role.MANAGER))
    member.seat = world.customer
    assert awaited([member]) == {}


def test_all_proposals_are_found_with_one_query(world: World) -> None:
    propose(world)
    user = world.user("party1", Role.MANAGER)
    for number in range(3):
        join(make_workspace(world.version, f"w{number}", "C"), user, "party0", Role.MANAGER)
    members = list(Membership.objects.filter(user=user))
    with CaptureQueriesContext(connection) as queries:
        assert list(awaited(members).values()) == ["1.0"]
    assert len(queries) == 1
