"""The page of the matrix: the grid, filters, counts, and one row."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from responsibilities.choices import Applicability, Letter, Role
from responsibilities.models import Assignment, Item, Team, TeamMember, User
from tests.signing import sign
from tests.world import World, join, make_version, make_workspace

type SignIn = Callable[[User | None], Client]

QUERIES = 13  # session, user, membership, nine of the read model, and one spare for the log-in
HTMX = {"HX-Request": "true"}


@pytest.fixture
def client(world: World, as_user: SignIn) -> Client:
    """The customer's manager."""
    return as_user(world.user("party1", Role.MANAGER))


def get(client: Client, query: str = "", **headers: str) -> str:
    """Return the page of the matrix."""
    response = client.get(f"/w/acme/matrix/{query}", headers=headers)
    assert response.status_code == 200
    return response.content.decode()


def spoken(html: str) -> list[str]:
    """Return the names of all cells, as a screen reader says them."""
    return [
        unescape(name)
        for name in re.findall(r'<a href="[^"]*/cells/[^>]*?aria-label="([^"]*)"', html)
    ]


def keys(html: str) -> list[str]:
    """Return the keys of the rows that are shown."""
    return re.findall(r'data-key="([^"]*)"', html)


def test_cells_speak(client: Client, world: World) -> None:
    Assignment.objects.filter(item=world.item("T-S1-01"), letter=Letter.ACCOUNTABLE).update(
        person=world.user("party1", Role.MANAGER)
    )
    names = spoken(get(client))
    assert len(names) == 6 * 4
    assert "Duty 1.0, Acme Party 1 team 0: Responsible, Accountable (Clara Manager)" in names
    assert "Duty 1.0, Vendor Inc. Party 0 team 1: no letter" in names


def test_the_grid_says_how_large_it_is(client: Client) -> None:
    html = get(client)
    assert 'role="grid"' in html
    assert 'aria-rowcount="10"' in html, "two of headings, two sections, six items"
    assert 'aria-colcount="11"' in html, (
        "box, key, title, four teams, evidence, two sides, findings"
    )


def test_signs_and_reasons_are_spoken(client: Client, world: World) -> None:
    sign(world, "party1", "T-S1-01")
    Item.objects.filter(pk=world.item("T-S1-02").pk).update(
        applicability=Applicability.NOT_APPLICABLE, applicability_reason="We have no cluster"
    )
    html = get(client)
    assert 'aria-label="Acme: Signed (Clara Manager)"' in html
    assert "We have no cluster" in html


def test_names_are_escaped(client: Client, world: World) -> None:
    nasty = "<script>alert(1)</script>\"'"
    Team.objects.filter(pk=world.team("Party 1 team 0").pk).update(name=nasty, description=nasty)
    User.objects.filter(pk=world.user("party1", Role.MANAGER).pk).update(name=nasty)
    Assignment.objects.filter(letter="A", team__seat=world.customer).update(
        person=world.user("party1", Role.MANAGER)
    )
    html = get(client, f"?q={nasty}") + get(client)
    assert "<script>alert" not in html
    assert "&lt;script&gt;alert" in html


def test_filters_combine_and_are_counted(client: Client) -> None:
    html = get(client, "?state=findings&side=party1")
    assert keys(html) == ["T-S1-01", "T-S1-02"]
    assert "<strong>2</strong> of 6 shown" in html
    assert 'href="/w/acme/matrix/?side=party1"' in html, "the chip of the state takes it away"
    assert "Remove filter Held by: Acme" in html
    assert 'href="/w/acme/exports/?side=party1&amp;state=findings"' in html


def test_nothing_found_offers_the_way_back(client: Client) -> None:
    html = get(client, "?q=nothing+like+it")
    assert keys(html) == []
    assert "No item passes these filters" in html
    assert 'href="/w/acme/matrix/"' in html


@pytest.mark.parametrize(
    ("headers", "has_frame", "has_filters"),
    [
        ({}, True, True),
        ({"HX-Request": "true", "HX-Target": "matrix"}, False, True),
        ({"HX-Request": "true", "HX-Target": "grid-view"}, False, False),
    ],
)
def test_htmx_gets_the_part_it_swaps(
    client: Client, headers: dict[str, str], *, has_frame: bool, has_filters: bool
) -> None:
    response = client.get("/w/acme/matrix/", headers=headers)
    html = response.content.decode()
    assert ("<html" in html) is has_frame
    assert ('id="filters"' in html) is has_filters
    assert keys(html)
    assert "HX-Request" in response["Vary"]
    assert "HX-Target" in response["Vary"]


def test_the_address_is_put_in_order_and_pushed_once(client: Client) -> None:
    headers = {"HX-Request": "true", "HX-Target": "grid-view"}
    response = client.get("/w/acme/matrix/?q=&state=findings", headers=headers)
    assert response["HX-Push-Url"] == "/w/acme/matrix/?state=findings"
    headers["HX-Current-URL"] = "http://testserver/w/acme/matrix/?state=findings"
    assert client.get("/w/acme/matrix/?state=findings", headers=headers)["HX-Push-Url"] == "false"
    assert client.get("/w/acme/matrix/?q=", headers=headers)["HX-Push-Url"] == "/w/acme/matrix/"


def test_who_may_not_edit_gets_no_selection(world: World, as_user: SignIn) -> None:
    reader = get(as_user(world.user("party1", Role.READER)))
    assert 'id="selection"' not in reader
    assert "exports/" not in reader.split('id="filters"')[1]
    approver = get(as_user(world.user("party1", Role.APPROVER)))
    assert 'value="sign"' in approver
    assert 'value="assign"' not in approver


def test_cells_of_another_side_are_marked(client: Client) -> None:
    html = get(client)
    assert html.count('class="cell first fixed') == 6, "the provider's first team"
    assert html.count(" fixed") == 12 + 2, "cells of the provider's two teams, and their heads"


def test_one_row(client: Client) -> None:
    response = client.get("/w/acme/matrix/rows/T-S1-01/", headers=HTMX)
    html = response.content.decode()
    assert keys(html) == ["T-S1-01"]
    assert html.count('hx-swap-oob="true"') == 2, "the row and the totals"
    assert "<template>" in html


def test_foreign_rows_and_workspaces_are_not_found(client: Client) -> None:
    assert client.get("/w/acme/matrix/rows/NO-SUCH/").status_code == 404
    assert client.get("/w/other/matrix/").status_code == 404
    assert client.get("/w/other/matrix/rows/T-S1-01/").status_code == 404


def test_only_reading_methods(client: Client) -> None:
    for name, kwargs in (("matrix", {}), ("matrix_row", {"key": "T-S1-01"})):
        address = reverse(name, kwargs={"slug": "acme", **kwargs})
        assert client.post(address).status_code == 405


def test_nobody_else_is_named_in_the_filters(client: Client) -> None:
    html = get(client)
    assert "Clara Manager" in html
    assert "Olga Outsider" not in html


@pytest.mark.django_db
def test_queries_grow_with_nothing(world: World, as_user: SignIn) -> None:
    def count(slug: str, per_section: int, teams: int) -> int:
        version = make_version(per_section=per_section, sections=4, slug=slug)
        workspace = make_workspace(version, slug, slug)
        user = world.user("party0", Role.MANAGER)
        membership = join(workspace, user, "party0", Role.MANAGER)
        for number in range(teams):
            team = Team.objects.create(
                workspace=workspace, seat=membership.seat, name=f"More {number}", position=number
            )
            TeamMember.objects.create(team=team, membership=membership)
        client = as_user(user)
        with CaptureQueriesContext(connection) as queries:
            assert client.get(f"/w/{slug}/matrix/").status_code == 200
        return len(queries)

    small = count("small", 2, 1)
    assert small == count("large", 8, 8)
    assert small <= QUERIES
