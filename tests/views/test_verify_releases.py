"""The page that checks files, on releases: who attested them, and what became of them."""

from __future__ import annotations

from responsibilities.models import Release
from responsibilities.services.releases import Step
from tests.releasing import attest, make_release, propose, withdraw
from tests.signing import edit
from tests.verifier.bundles import make_bundle
from tests.views.test_verify import OURS, outcome, page_of, post
from tests.world import World


def test_it_says_who_attested_and_what_became_of_each_release(world: World) -> None:
    make_release(world)
    edit(world, "T-S0-01", note="Since 1.0")
    make_release(world, Step.MINOR)
    withdraw(world, Release.objects.get(minor=1))
    attest(world, propose(world), "party0")
    page = page_of(post(make_bundle(world.workspace)[0]))
    assert outcome(page) == OURS
    assert "release 1.0: attested by Vera Manager for Vendor Inc." in page
    notes = page.partition("What you must know")[2].partition("</ul>")[0]
    for said in (
        "2.0 is a PROPOSAL and no release: attested by 1 of 2 sides",
        "release 1.0 was SUPERSEDED by 1.1",
        "release 1.1 was WITHDRAWN on",
    ):
        assert said in notes, said
    assert "release 2.0: attested" not in page


def test_it_says_nothing_of_releases_where_there_are_none(world: World) -> None:
    assert "What you must know" not in page_of(post(make_bundle(world.workspace)[0]))
