"""The revision history: what was known of releases at one moment, and nothing of later."""

from __future__ import annotations

from responsibilities.matrix.releases import releases
from responsibilities.matrix.revisions import Revision, revisions
from responsibilities.models import Organization, Release
from responsibilities.services.releases import Step
from tests.releasing import make_release, propose, withdraw
from tests.world import World


def known_at(world: World, release: Release) -> dict[str, Revision]:
    """Return the history as it was when a release came into force, by number."""
    assert release.effective_at is not None
    found = revisions(releases(world.workspace), release.effective_at)
    return {one.number: one for one in found}


def test_later_events_do_not_change_it(world: World) -> None:
    first = make_release(world, summary="The first")
    before = known_at(world, first)
    assert list(before) == ["1.0"]
    assert (before["1.0"].since, before["1.0"].until) == (first.effective_at, None)
    assert [one.printed_name for one in before["1.0"].attestations] == [
        "Vera Manager",
        "Clara Manager",
    ]
    make_release(world, Step.MINOR)
    withdraw(world, first)
    assert known_at(world, first) == before


def test_a_release_ends_where_the_next_begins(world: World) -> None:
    make_release(world)
    second = make_release(world, Step.MINOR)
    found = known_at(world, second)
    assert list(found) == ["1.1", "1.0"]
    assert (found["1.0"].until, found["1.0"].successor) == (second.effective_at, "1.1")
    assert found["1.1"].previous == "1.0"
    assert found["1.0"].withdrawal is None


def test_one_withdrawn_in_force_was_superseded_by_nothing(world: World) -> None:
    first = make_release(world)
    withdraw(world, first, "Wrong customer")
    third = make_release(world, Step.MINOR)
    found = known_at(world, third)
    assert found["1.0"].withdrawal is not None
    assert found["1.0"].until == found["1.0"].withdrawal.withdrawn_at
    assert found["1.0"].successor == ""
    assert found["1.1"].previous == ""


def test_one_withdrawn_after_it_was_superseded_says_both(world: World) -> None:
    first = make_release(world)
    second = make_release(world, Step.MINOR)
    withdraw(world, first, "Wrong all along")
    third = make_release(world, Step.MINOR)
    found = known_at(world, third)
    assert (found["1.0"].until, found["1.0"].successor) == (second.effective_at, "1.1")
    assert found["1.0"].withdrawal is not None
    assert known_at(world, second)["1.0"].withdrawal is None


def test_a_proposal_that_was_withdrawn_leaves_its_number(world: World) -> None:
    withdraw(world, propose(world))
    second = make_release(world, Step.MAJOR)
    found = known_at(world, second)
    assert list(found) == ["2.0", "1.0"]
    assert (found["1.0"].since, found["1.0"].until is not None) == (None, True)
    assert found["1.0"].attestations == ()


def test_an_attestation_names_the_organization_that_it_was_given_for(world: World) -> None:
    """Not the name that the organization has today: it stands in no statement."""
    release = make_release(world)
    before = [one.organization for one in known_at(world, release)["1.0"].attestations]
    for organization in Organization.objects.all():
        organization.name += " renamed since"
        organization.save()
    after = [one.organization for one in known_at(world, release)["1.0"].attestations]
    assert after == before
    assert all(after)
