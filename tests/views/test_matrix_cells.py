"""One cell: the picker, setting letters, conflicts, and undo."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape

import pytest
from django.test import Client
from django.urls import reverse

from responsibilities.choices import Letter, Role
from responsibilities.models import Assignment, AuditEvent, TeamMember, User
from responsibilities.services import assignments
from tests.world import World

type SignIn = Callable[[User | None], Client]

HTMX = {"HX-Request": "true"}
KEY = "T-S1-01"


@pytest.fixture
def client(world: World, as_user: SignIn) -> Client:
    """The customer's manager."""
    return as_user(world.user("party1", Role.MANAGER))


def address(world: World, team: str, key: str = KEY) -> str:
    """Return the address of a cell."""
    return reverse("cell", kwargs={"slug": "acme", "key": key, "team_id": world.team(team).pk})


def letters(world: World, team: str, key: str = KEY) -> dict[str, str]:
    """Return the letters of a cell and the names on them."""
    return {
        assignment.letter: assignment.person.name if assignment.person else ""
        for assignment in Assignment.objects.filter(
            item=world.item(key), team=world.team(team)
        ).select_related("person")
    }


def text(html: str) -> str:
    """Return what a person reads."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


def test_the_picker_says_what_will_happen(client: Client, world: World) -> None:
    html = client.get(address(world, "Party 1 team 1"), headers=HTMX).content.decode()
    assert "<html" not in html
    assert "Moves from Party 1 team 0." in text(html)
    assert html.count('type="checkbox"') == 4
    assert html.count("checked") == 1
    assert "Nobody is on Party 1 team 1 yet" in text(html)


def test_the_picker_is_a_page_without_htmx(client: Client, world: World) -> None:
    html = client.get(address(world, "Party 1 team 0")).content.decode()
    assert "<html" in html
    assert "Clara Manager" in html


def test_who_may_not_edit_sees_why(client: Client, world: World, as_user: SignIn) -> None:
    theirs = client.get(address(world, "Party 0 team 0"), headers=HTMX).content.decode()
    assert "Party 0 team 0 is a team of Vendor Inc." in text(theirs)
    assert "<form" not in theirs
    reader = as_user(world.user("party1", Role.READER))
    mine = reader.get(address(world, "Party 1 team 0"), headers=HTMX).content.decode()
    assert "Your role, Reader, does not allow this." in text(mine)
    assert "Responsible" in text(mine), "the letters are shown all the same"


def test_a_that_cannot_be_taken_is_barred_with_the_reason(client: Client, world: World) -> None:
    html = client.get(address(world, "Party 1 team 0", "T-S0-01"), headers=HTMX).content.decode()
    assert re.search(r'value="A" disabled', html)
    assert "Party 0 team 0 has it, and only Vendor Inc. can take it from there." in text(html)


def test_letters_are_set_with_people(client: Client, world: World) -> None:
    carl = world.user("party1", Role.CONTRIBUTOR)
    response = client.post(
        address(world, "Party 1 team 0"),
        {"version": 1, "letter": ["R", "A"], "person_R": str(carl.pk), "person_A": ""},
        headers=HTMX,
    )
    html = response.content.decode()
    assert response.status_code == 200
    assert letters(world, "Party 1 team 0") == {"R": "Carl Contributor", "A": ""}
    assert 'id="item-T-S1-01"' in html
    assert 'data-version="2"' in html
    assert 'id="totals"' in html
    assert 'id="status"' in html
    assert '<div id="picker" hx-swap-oob="innerHTML"></div>' in html
    assert "T-S1-01, Party 1 team 0: R (Carl Contributor), A." in text(html)
    assert len(re.findall("<tr ", html)) == 1, "only this row"


def test_a_letter_set_by_key_keeps_the_people(client: Client, world: World) -> None:
    carl = world.user("party1", Role.CONTRIBUTOR)
    Assignment.objects.filter(item=world.item(KEY), letter=Letter.RESPONSIBLE).update(person=carl)
    client.post(
        address(world, "Party 1 team 0"), {"version": 1, "letter": ["R", "A", "I"]}, headers=HTMX
    )
    assert letters(world, "Party 1 team 0") == {"R": "Carl Contributor", "A": "", "I": ""}


def test_the_picker_keeps_a_person_who_is_off_the_team(client: Client, world: World) -> None:
    carl = world.user("party1", Role.CONTRIBUTOR)
    Assignment.objects.filter(item=world.item(KEY), letter=Letter.RESPONSIBLE).update(person=carl)
    TeamMember.objects.filter(membership__user=carl).delete()
    picker = client.get(address(world, "Party 1 team 0"), headers=HTMX).content.decode()
    assert f'<option value="{carl.pk}" selected>' in picker
    sent = {"version": 1, "letter": ["R", "A", "C"], "person_R": str(carl.pk), "person_A": ""}
    client.post(address(world, "Party 1 team 0"), sent, headers=HTMX)
    assert letters(world, "Party 1 team 0") == {"R": "Carl Contributor", "A": "", "C": ""}
    late = client.post(address(world, "Party 1 team 0"), sent, headers=HTMX).content.decode()
    assert "Yours R (Carl Contributor), A, C" in text(late), "a conflict names the person too"


def test_a_moves_and_undo_brings_it_back(client: Client, world: World) -> None:
    events = AuditEvent.objects.filter(workspace=world.workspace).count()
    response = client.post(
        address(world, "Party 1 team 1"), {"version": 1, "letter": ["A", "C"]}, headers=HTMX
    )
    html = response.content.decode()
    assert "A moved from Party 1 team 0." in text(html)
    token = re.search(r'name="undo" value="([^"]+)"', html)
    assert token is not None
    undo = reverse("cell_undo", kwargs={"slug": "acme", "key": KEY})
    assert client.get(undo).status_code == 405
    response = client.post(undo, {"undo": unescape(token[1])}, headers=HTMX)
    assert "is as it was" in response.content.decode()
    assert '"rex:item-changed": {"key": "T-S1-01"}' in response["HX-Trigger"]
    assert letters(world, "Party 1 team 0") == {"R": "", "A": ""}
    assert letters(world, "Party 1 team 1") == {"C": ""}
    assert AuditEvent.objects.filter(workspace=world.workspace).count() == events + 2


def test_undo_too_late_says_so(client: Client, world: World) -> None:
    outcome = assignments.set_cells(
        actor=world.actor("party1"),
        workspace=world.workspace,
        key=KEY,
        cells={world.team("Party 1 team 1").pk: {"I": None}},
        seen_version=1,
    )
    client.post(address(world, "Party 1 team 0"), {"version": 2, "letter": "R"}, headers=HTMX)
    undo = reverse("cell_undo", kwargs={"slug": "acme", "key": KEY})
    response = client.post(undo, {"undo": outcome.undo}, headers=HTMX)
    assert response.status_code == 200
    assert 'data-tone="wrong"' in response.content.decode()
    assert letters(world, "Party 1 team 1") == {"I": ""}
    assert client.post(undo, {"undo": "x"}).status_code == 302


def test_the_second_of_two_sees_both_values(client: Client, world: World) -> None:
    assignments.set_cells(
        actor=world.actor("party1", Role.CONTRIBUTOR),
        workspace=world.workspace,
        key=KEY,
        cells={world.team("Party 1 team 1").pk: {"R": None}},
        seen_version=1,
    )
    response = client.post(
        address(world, "Party 1 team 1"), {"version": 1, "letter": ["C", "I"]}, headers=HTMX
    )
    html = response.content.decode()
    assert response.status_code == 200
    assert letters(world, "Party 1 team 1") == {"R": ""}, "nothing was overwritten"
    assert 'id="item-T-S1-01"' in html
    assert 'data-version="2"' in html
    assert "Carl Contributor changed this item" in text(html)
    assert "Yours C, I Now R" in text(html)
    fields = re.findall(r'type="hidden" name="(version|letter|person_.)" value="([^"]*)"', html)
    sent: dict[str, list[str]] = {}
    for name, value in fields:
        sent.setdefault(name, []).append(value)
    client.post(address(world, "Party 1 team 1"), sent, headers=HTMX)
    assert letters(world, "Party 1 team 1") == {"C": "", "I": ""}


def test_a_conflict_without_htmx_is_a_page(client: Client, world: World) -> None:
    response = client.post(address(world, "Party 1 team 1"), {"version": 9, "letter": "R"})
    assert response.status_code == 409
    assert "Apply mine" in response.content.decode()
    assert letters(world, "Party 1 team 1") == {"C": ""}


def test_without_htmx_a_change_goes_back_to_its_row(client: Client, world: World) -> None:
    response = client.post(address(world, "Party 1 team 1"), {"version": 1})
    assert response.status_code == 302
    assert response["Location"] == "/w/acme/matrix/#item-T-S1-01"
    assert letters(world, "Party 1 team 1") == {}


@pytest.mark.parametrize(
    "data",
    [
        {"letter": "R"},
        {"version": "x", "letter": "R"},
        {"version": 1, "letter": "X"},
        {"version": 1, "letter": "R", "person_R": "nobody"},
    ],
)
def test_bad_input_is_refused_in_the_picker(
    client: Client, world: World, data: dict[str, object]
) -> None:
    response = client.post(address(world, "Party 1 team 1"), data, headers=HTMX)
    assert response.status_code == 200
    assert response["HX-Retarget"] == "#picker"
    assert 'role="alert"' in response.content.decode()
    assert letters(world, "Party 1 team 1") == {"C": ""}


def test_people_of_other_teams_and_workspaces_are_refused(client: Client, world: World) -> None:
    for person in (world.outsider, world.user("party0", Role.MANAGER)):
        response = client.post(
            address(world, "Party 1 team 0"),
            {"version": 1, "letter": "R", "person_R": str(person.pk)},
            headers=HTMX,
        )
        assert "not on the team" in response.content.decode()
    assert letters(world, "Party 1 team 0") == {"R": "", "A": ""}


def test_foreign_teams_items_and_workspaces_are_not_found(client: Client, world: World) -> None:
    foreign = world.elsewhere.teams.first()
    assert foreign is not None
    for slug, key, team in (
        ("acme", KEY, foreign.pk),
        ("acme", "NO-SUCH", world.team("Party 1 team 0").pk),
        ("other", KEY, foreign.pk),
    ):
        path = reverse("cell", kwargs={"slug": slug, "key": key, "team_id": team})
        assert client.get(path).status_code == 404
        assert client.post(path, {"version": 1, "letter": "R"}).status_code == 404
    assert client.post("/w/acme/items/NO-SUCH/undo/", {"undo": "x"}).status_code in {302, 404}


def test_extra_fields_change_nothing(client: Client, world: World) -> None:
    client.post(
        address(world, "Party 1 team 1"),
        {"version": 1, "letter": "C", "role": "manager", "workspace": "other", "is_staff": "true"},
        headers=HTMX,
    )
    assert letters(world, "Party 1 team 1") == {"C": ""}
    assert not TeamMember.objects.filter(team=world.team("Party 1 team 1")).exists()
    assert world.item(KEY).version == 1
