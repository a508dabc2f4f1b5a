"""Doubling the data does not raise the number of queries: of any page of a workspace."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from responsibilities import matrix
from responsibilities.choices import ExportFormat, ExportStatus, Letter, Role
from responsibilities.models import (
    Assignment,
    Export,
    Item,
    Membership,
    Responsibility,
    Team,
    TeamMember,
    Workspace,
)
from responsibilities.services import evidence, teams
from tests.moments import moment
from tests.responses import let_go
from tests.signing import sign
from tests.views.route_table import WORKSPACE_ROUTES, Route, nothing
from tests.views.stage import HELD_BY, SIDES, Stage, make_stage
from tests.world import World, join, make_user, make_workspace

PAGES = [route for route in WORKSPACE_ROUTES if route.get]
TIMES = 3


def grow(stage: Stage, number: int) -> None:
    """Add to each side a team, people, items with letters, evidence, a sign-off, exports."""
    world = stage.world
    for side in SIDES:
        actor = world.actor(side)
        assert actor.membership
        seat = actor.membership.seat
        team = teams.add(
            actor=actor, workspace=world.workspace, seat=seat, name=f"Team {side} {number}"
        )
        people = [
            join(world.workspace, make_user(f"P{number}{n} {side}"), side, Role.CONTRIBUTOR)
            for n in range(TIMES)
        ]
        TeamMember.objects.bulk_create(TeamMember(team=team, membership=who) for who in people)
        keys = [_add_item(world, side, team, people[n], f"{number}{n}") for n in range(TIMES)]
        for n, key in enumerate(keys):
            evidence.add(
                actor=actor,
                workspace=world.workspace,
                content=evidence.NewNote(f"Proof {side} {number} {n}"),
                title=f"Proof {side} {number} {n}",
                collected_on=dt.date(2026, 11, 1),
                items=[key, HELD_BY[side]],
            )
        sign(world, side, keys[0])
        Export.objects.create(
            workspace=world.workspace,
            format=ExportFormat.PDF,
            status=ExportStatus.QUEUED,
            query=f"team={team.pk}",
            requested_by=people[0].user,
        )
        gone = teams.add(
            actor=actor, workspace=world.workspace, seat=seat, name=f"Gone {side} {number}"
        )
        teams.archive(actor=actor, team=gone, to=None)


def _add_item(world: World, side: str, team: Team, who: Membership, number: str) -> str:
    """Add an item that the side holds, with letters of the team, one of them with a name."""
    like = world.item(HELD_BY[side])
    duty = Responsibility.objects.get(pk=like.responsibility_id)
    duty.pk, duty.key = None, f"{duty.section.key}-NEW-{number}"
    duty.position = 90
    duty.save()
    item = Item.objects.create(
        workspace=world.workspace, responsibility=duty, holder_id=like.holder_id
    )
    Assignment.objects.bulk_create(
        Assignment(item=item, team=team, letter=letter, person=person)
        for letter, person in ((Letter.RESPONSIBLE, None), (Letter.ACCOUNTABLE, who.user))
    )
    return duty.key


def count_queries(client: Client, address: str) -> int:
    """Return how many queries a page takes, once the session and the like are warm."""
    let_go(client.get(address))
    with CaptureQueriesContext(connection) as queries:
        response = client.get(address)
    assert response.status_code == 200, address
    let_go(response)
    return len(queries)


def address_of(route: Route, stage: Stage) -> str:
    """Return the address of a page of the provider's side."""
    return reverse(route.name, kwargs={"slug": "acme", **route.kwargs(stage, "party0")})


def test_pages_of_a_workspace(world: World) -> None:
    """All pages against one world: it is dear to make, and a page changes nothing."""
    stage = make_stage(world)
    grow(stage, 1)
    client = Client()
    client.force_login(world.user("party0", Role.MANAGER))
    addresses = {route.name: address_of(route, stage) for route in PAGES}
    before = {name: count_queries(client, address) for name, address in addresses.items()}
    for number in range(2, 5):
        grow(stage, number)
    after = {name: count_queries(client, address) for name, address in addresses.items()}
    assert after == before
    assert all(count <= 40 for count in before.values()), before


@pytest.mark.parametrize("role", [Role.READER, Role.AUDITOR])
def test_pages_of_people_who_only_read(world: World, role: str) -> None:
    stage = make_stage(world)
    grow(stage, 1)
    client = Client()
    client.force_login(world.user("party1", role))
    pages = [route for route in PAGES if route.get and role in route.get.roles]
    addresses = {r.name: address_of(r, stage) for r in pages if r.kwargs is nothing}
    before = {name: count_queries(client, address) for name, address in addresses.items()}
    grow(stage, 2)
    after = {name: count_queries(client, address) for name, address in addresses.items()}
    assert after == before


def test_the_list_of_workspaces(world: World) -> None:
    client = Client()
    person = world.user("party0", Role.MANAGER)
    client.force_login(person)
    before = count_queries(client, reverse("workspace_list"))
    for number in range(TIMES):
        join(
            make_workspace(world.version, f"more{number}", f"More {number}"),
            person,
            "party0",
            Role.MANAGER,
        )
    assert count_queries(client, reverse("workspace_list")) == before


def test_a_matrix_of_another_day(world: World) -> None:
    """Neither what is there nor how often it changed makes a past matrix take more queries."""
    stage = make_stage(world)

    def count() -> int:
        then = moment()
        world.workspace.items.update(note=f"Changed {then}")
        workspace = Workspace.objects.get(pk=world.workspace.pk)
        with CaptureQueriesContext(connection) as queries:
            matrix.digest(matrix.load(workspace, at=then))
        return len(queries)

    grow(stage, 1)
    before = count()
    for number in range(2, 5):
        grow(stage, number)
        world.workspace.items.update(note=f"Note {number}")
    assert count() == before <= 10
