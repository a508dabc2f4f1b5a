"""Many items at once, through the page."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from django.test import Client

from responsibilities.choices import Role
from responsibilities.models import Assignment, AuditEvent, User
from responsibilities.services import assignments
from tests.world import World

type SignIn = Callable[[User | None], Client]

ADDRESS = "/w/acme/matrix/bulk/"
HTMX = {"HX-Request": "true"}
OURS = ["T-S1-01:1", "T-S1-02:1"]


@pytest.fixture
def client(world: World, as_user: SignIn) -> Client:
    """The customer's manager."""
    return as_user(world.user("party1", Role.MANAGER))


def post(client: Client, change: str, item: list[str], **data: Any) -> Any:
    """Send a step of a bulk change, as htmx does."""
    return client.post(ADDRESS, {"change": change, "item": item, **data}, headers=HTMX)


def words(response: Any) -> str:
    """Return what a person reads."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", response.content.decode())).split())


def assign(world: World, **data: Any) -> dict[str, Any]:
    """Return the fields that give I to the customer's second team."""
    team = str(world.team("Party 1 team 1").pk)
    return {"apply": "1", "what": "give", "letter": "I", "team": team, **data}


def informed(world: World) -> int:
    """Count the items on which the customer's second team has I."""
    return Assignment.objects.filter(team=world.team("Party 1 team 1"), letter="I").count()


def test_it_asks_first(client: Client, world: World) -> None:
    response = post(client, "assign", OURS)
    html = response.content.decode()
    assert response["HX-Retarget"] == "#bulk"
    assert "Assign: 2 items" in words(response)
    assert 'value="T-S1-01:1"' in html
    assert "Party 0 team 0" not in html, "teams of another side are not offered"
    assert informed(world) == 0


def test_it_is_a_page_without_htmx(client: Client) -> None:
    response = client.post(ADDRESS, {"change": "review", "item": OURS})
    assert response.status_code == 200
    assert b"<html" in response.content


def test_assign_answers_the_grid_under_the_same_filter(client: Client, world: World) -> None:
    events = AuditEvent.objects.filter(workspace=world.workspace).count()
    response = post(client, "assign", OURS, query="section=S1", **assign(world))
    html = response.content.decode()
    assert informed(world) == 2
    assert AuditEvent.objects.filter(workspace=world.workspace).count() == events + 1
    assert re.findall(r'data-key="([^"]*)"', html) == ["T-S1-01", "T-S1-02", "T-S1-03"]
    assert "2 items changed." in words(response)
    assert '<div id="bulk" hx-swap-oob="innerHTML"></div>' in html


def test_without_htmx_it_goes_back_to_the_filter(client: Client, world: World) -> None:
    response = client.post(
        ADDRESS, {"change": "assign", "item": OURS, "query": "section=S1", **assign(world)}
    )
    assert response.status_code == 302
    assert response["Location"] == "/w/acme/matrix/?section=S1"


def test_take(client: Client, world: World) -> None:
    data = assign(world, what="take", letter="C")
    assert "2 items changed." in words(post(client, "assign", OURS, **data))
    assert "like that already" in words(post(client, "assign", ["T-S1-01:2"], **data))


def test_changed_meanwhile_writes_nothing_and_names_the_items(client: Client, world: World) -> None:
    assignments.set_cells(
        actor=world.actor("party1", Role.CONTRIBUTOR),
        workspace=world.workspace,
        key="T-S1-02",
        cells={world.team("Party 1 team 0").pk: {"R": None}},
        seen_version=1,
    )
    response = post(client, "assign", OURS, **assign(world))
    assert "T-S1-02 was changed by somebody else meanwhile" in words(response)
    assert "T-S1-02 Duty 1.1 changed meanwhile" in words(response)
    assert informed(world) == 0
    items = re.findall(r'name="item" value="([^"]*)"', response.content.decode())
    assert items == ["T-S1-01:1", "T-S1-02:2"], "pressed again, it goes on from here"
    assert "2 items changed." in words(post(client, "assign", items, **assign(world)))


def test_items_of_another_side_are_left_out_with_words(client: Client, world: World) -> None:
    both = ["T-S0-01:1", *OURS]
    response = post(client, "review", both)
    assert "1 selected item is held by another side and stays as it is: T-S0-01" in words(response)
    post(client, "review", both, apply="1", review_on="2027-03-01")
    assert str(world.item("T-S1-01").review_on) == "2027-03-01"
    assert world.item("T-S0-01").version == 1
    alone = post(client, "applicability", ["T-S0-01:1"])
    assert "held by another side" in words(alone)
    assert b"<form" not in alone.content


def test_a_reason_is_needed(client: Client, world: World) -> None:
    data = {"apply": "1", "applicability": "not_applicable"}
    response = post(client, "applicability", OURS, reason=" ", **data)
    assert "Say why the items do not apply." in words(response)
    assert response["HX-Retarget"] == "#bulk"
    post(client, "applicability", OURS, reason="Not bought", **data)
    assert world.item("T-S1-02").applicability_reason == "Not bought"


@pytest.mark.parametrize(
    ("data", "says"),
    [
        ({"change": "assign"}, "Select at least one item."),
        ({"change": "assign", "item": "T-S1-01"}, "cannot be read"),
        ({"change": "assign", "item": "T-S1-01:x"}, "cannot be read"),
        ({"change": "destroy", "item": OURS}, "destroy"),
    ],
)
def test_a_bad_selection_is_refused(client: Client, data: dict[str, Any], says: str) -> None:
    response = client.post(ADDRESS, data, headers=HTMX)
    assert response.status_code == 200
    assert says in words(response)


def test_bad_fields_are_refused_in_the_dialog(client: Client, world: World) -> None:
    foreign = world.elsewhere.teams.first()
    assert foreign is not None
    for wrong in (
        {"team": str(foreign.pk)},
        {"team": str(world.team("Party 0 team 0").pk)},
        {"letter": "X"},
        {"person": str(world.outsider.pk)},
    ):
        response = post(client, "assign", OURS, **assign(world, **wrong))
        assert response["HX-Retarget"] == "#bulk"
        assert 'aria-invalid="true"' in response.content.decode()
    assert informed(world) == 0


def test_a_person_has_to_be_on_the_chosen_team(client: Client, world: World) -> None:
    clara = str(world.user("party1", Role.MANAGER).pk)
    response = post(client, "assign", OURS, **assign(world, person=clara))
    assert "not on the team" in words(response)


def test_a_foreign_item_is_not_found(client: Client) -> None:
    assert post(client, "assign", ["NO-SUCH:1"]).status_code == 404


def test_sign_goes_on_to_the_page_of_sign_offs(client: Client) -> None:
    response = client.post(ADDRESS, {"change": "sign", "item": OURS})
    assert response.status_code == 302
    assert response["Location"] == "/w/acme/sign-offs/sign/?key=T-S1-01&key=T-S1-02"
    many = [f"T-S1-{number}:1" for number in range(151)]
    assert "at most 150" in words(post(client, "sign", many))


def test_roles_and_methods(world: World, as_user: SignIn, client: Client) -> None:
    assert client.get(ADDRESS).status_code == 405
    for role in (Role.READER, Role.APPROVER, Role.AUDITOR):
        answer = post(as_user(world.user("party1", role)), "assign", OURS, **assign(world))
        assert answer.status_code == 403
    assert post(as_user(world.outsider), "assign", OURS).status_code == 404
    assert as_user(None).post(ADDRESS).status_code == 302
    assert informed(world) == 0
