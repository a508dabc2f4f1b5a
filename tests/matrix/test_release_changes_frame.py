"""What differs around the items of two editions: workspace, sides, teams, people."""

from __future__ import annotations

import datetime as dt

from responsibilities.choices import FindingKind, Role
from responsibilities.models import Membership, Workspace
from responsibilities.services import members, teams
from tests.editions import after, framed, said, set_letters
from tests.signing import sign
from tests.world import World

KEY = "T-S0-01"


def test_workspace(world: World) -> None:
    def change() -> None:
        Workspace.objects.filter(pk=world.workspace.pk).update(
            name="Acme Europe",
            target_date=dt.date(2027, 1, 31),
            blocking_findings=[FindingKind.NO_ACCOUNTABLE.value],
        )

    found = after(world, change)
    assert found.items == ()
    fields = framed(found)
    assert fields[0] == ("Name of the workspace", "Acme", "Acme Europe")
    assert fields[1] == ("Target date", "", "2027-01-31")
    assert fields[2][0] == "Findings that block a release"
    assert fields[2][2] == "Nobody is accountable"


def test_organization(world: World) -> None:
    organization = world.customer.organization
    organization.name = "Acme Holding"

    found = after(world, organization.save)
    assert ("Party 1", "Acme", "Acme Holding") in framed(found)
    assert len(framed(found)) == 1
    assert found.items == ()


def test_a_team_that_is_renamed_is_told_once(world: World) -> None:
    """Its items are not touched, but for what was signed on them: that covers its name."""
    sign(world, "party0", KEY)
    team = world.team("Party 0 team 0")
    found = after(
        world,
        lambda: teams.edit(
            actor=world.actor("party0"), team=team, name="Platform", description="Runs it"
        ),
    )
    assert framed(found) == [
        ("Team of Vendor Inc.", "Party 0 team 0", "Platform"),
        ("What “Platform” does", "", "Runs it"),
    ]
    assert [line[:3] for line in said(found)] == [(KEY, "signoffs", "Vendor Inc.")]
    assert found.same == 5
    assert found.renamed == 5


def test_teams_that_come_and_go(world: World) -> None:
    def add() -> None:
        assert actor.membership
        teams.add(
            actor=actor, workspace=world.workspace, seat=actor.membership.seat, name="Night shift"
        )

    actor = world.actor("party1")
    found = after(world, add)
    assert framed(found) == [("Team of Acme", "", "Night shift")]
    assert (found.items, found.renamed) == ((), 0)
    found = after(
        world, lambda: teams.archive(actor=actor, team=world.team("Night shift"), to=None)
    )
    assert framed(found) == [("Team of Acme", "Night shift", "")]


def test_the_order_of_teams(world: World) -> None:
    found = after(
        world,
        lambda: teams.move(actor=world.actor("party0"), team=world.team("Party 0 team 1"), step=-1),
    )
    assert framed(found) == [
        (
            "Order of the teams of Vendor Inc.",
            "Party 0 team 0, Party 0 team 1",
            "Party 0 team 1, Party 0 team 0",
        )
    ]
    assert found.items == ()


def test_people_on_teams(world: World) -> None:
    ids = {
        role: Membership.objects.get(workspace=world.workspace, user=world.user("party0", role)).pk
        for role in (Role.MANAGER, Role.APPROVER)
    }
    found = after(
        world,
        lambda: teams.change_members(
            actor=world.actor("party0"),
            team=world.team("Party 0 team 0"),
            add=[ids[Role.APPROVER]],
            remove=[ids[Role.MANAGER]],
        ),
    )
    assert framed(found) == [("People on “Party 0 team 0”", "Vera Manager", "Vivian Approver")]


def test_a_named_person_who_leaves(world: World) -> None:
    set_letters(world, "Party 0 team 0", KEY, {"R": Role.CONTRIBUTOR, "A": None})
    membership = Membership.objects.get(
        workspace=world.workspace, user=world.user("party0", Role.CONTRIBUTOR)
    )
    found = after(world, lambda: members.remove(actor=world.actor("party0"), membership=membership))
    assert framed(found) == [
        ("People on “Party 0 team 0”", "Victor Contributor", ""),
        ("Victor Contributor", "member", "no member any more"),
    ]
    assert found.items == ()
