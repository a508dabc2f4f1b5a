"""The page and the JSON of what differs between two editions."""

from __future__ import annotations

import hashlib
import json

import pytest
from django.test import Client
from django.urls import reverse

from responsibilities.choices import Role
from responsibilities.models import Release
from responsibilities.services.releases import Step
from tests.attacks import drop_triggers, sql
from tests.evidence import HTMX, AsUser
from tests.releasing import make_release, propose, withdraw
from tests.responses import Answer
from tests.signing import attach, edit, sign
from tests.test_query_growth import count_queries, grow
from tests.views.stage import make_stage
from tests.world import World

KEY = "T-S0-01"
PAGE = reverse("release_changes", kwargs={"slug": "acme"})
JSON = reverse("release_changes_json", kwargs={"slug": "acme"})


def text(response: Answer) -> str:
    """Return the page in one line, so that line breaks of the template do not matter."""
    return " ".join(response.content.decode().split())


@pytest.fixture
def released(world: World) -> World:
    """A world with two releases, and a draft that differs from both."""
    make_release(world)
    edit(world, KEY, note="Written for the second release.")
    make_release(world, Step.MINOR)
    edit(world, KEY, note="Written after it.")
    attach(world, world.provider, "T-S0-02", title="Scan report")
    return world


@pytest.mark.parametrize("role", Role.values)
def test_every_member_may_look(released: World, as_user: AsUser, role: str) -> None:
    client = as_user(released.user("party1", role))
    assert client.get(PAGE).status_code == 200
    assert client.get(JSON).status_code == 200


def test_outsiders_and_visitors_may_not(released: World, as_user: AsUser) -> None:
    for address in (PAGE, JSON):
        assert as_user(released.outsider).get(address).status_code == 404
        assert as_user(None).get(address).status_code == 302
        assert as_user(released.user("party0", Role.MANAGER)).post(address).status_code == 405


def test_it_compares_the_release_in_force_with_the_draft(released: World, as_user: AsUser) -> None:
    page = text(as_user(released.user("party0", Role.READER)).get(PAGE))
    assert "Release 1.1" in page
    assert "<strong>2</strong> items differ, 4 are unchanged" in page
    assert "Scan report" in page
    assert '<option value="1.1" selected>Release 1.1 · Current</option>' in page
    assert '<option value="draft" selected>Present draft</option>' in page
    assert '<del class="diff-old">for</del>' in page, "told word by word"


@pytest.mark.usefixtures("released")
def test_any_two_editions_either_way(engineer: Client) -> None:
    forth = text(engineer.get(PAGE, {"from": "1.0", "to": "1.1"}))
    assert '<ins class="diff-new">Written for the second release.</ins>' in forth
    assert "Written after it" not in forth
    assert "<strong>1</strong> item differs, 5 are unchanged" in forth
    back = text(engineer.get(PAGE, {"from": "1.1", "to": "1.0"}))
    assert '<del class="diff-old">Written for the second release.</del>' in back
    assert '<option value="1.0">Release 1.0 · Superseded</option>' in forth
    assert f"/w/acme/items/{KEY}/?as_of=1.1" in forth
    assert f"/w/acme/items/{KEY}/?as_of=1.0" in back


def test_a_release_stays_what_it_was(released: World, engineer: Client) -> None:
    before = engineer.get(JSON, {"from": "1.0", "to": "1.1"}).content
    edit(released, KEY, note="Something else again.")
    assert engineer.get(JSON, {"from": "1.0", "to": "1.1"}).content == before


@pytest.mark.usefixtures("released")
def test_aspects_are_a_filter_in_the_address(engineer: Client) -> None:
    page = text(engineer.get(PAGE))
    assert 'Evidence <span class="count">1</span>' in page
    assert "?from=1.1&amp;to=draft&amp;about=evidence" in page
    page = text(engineer.get(PAGE, {"about": ["evidence"]}))
    assert "Scan report" in page
    assert "Written after it" not in page
    assert "?from=1.1&amp;to=draft&amp;about=note&amp;about=evidence" in page
    page = text(engineer.get(PAGE, {"about": ["evidence", "note"]}))
    assert "Scan report" in page
    assert "Written" in page
    page = text(engineer.get(PAGE, {"about": ["nonsense", "people"]}))
    assert "Scan report" in page, "what differs in nothing leaves everything"


def test_the_frame_comes_first_and_not_under_a_filter(released: World, engineer: Client) -> None:
    team = released.team("Party 0 team 0")
    team.name = "Platform"
    team.save()
    page = text(engineer.get(PAGE))
    assert page.index("Workspace, sides, teams and people") < page.index("Section 0")
    assert "Team of Vendor Inc." in page
    assert "carry a team's new name" in page
    assert "Team of Vendor Inc." not in text(engineer.get(PAGE, {"about": "note"}))


def test_signoffs(released: World, engineer: Client) -> None:
    make_release(released, Step.MINOR)
    sign(released, "party0", KEY)
    page = text(engineer.get(PAGE))
    assert '<ins class="diff-new">Signed by Vera Manager, Manager, ' in page


def test_nothing_differs(world: World, engineer: Client) -> None:
    make_release(world)
    assert "Nothing differs" in text(engineer.get(PAGE))
    assert "This is the same edition twice" in text(
        engineer.get(PAGE, {"from": "1.0", "to": "1.0"})
    )


@pytest.mark.usefixtures("world")
def test_without_a_release(engineer: Client) -> None:
    response = engineer.get(PAGE)
    assert response.status_code == 200
    assert "There is no release yet" in text(response)
    assert reverse("release_list", kwargs={"slug": "acme"}) in text(response)
    response = engineer.get(JSON)
    assert response.status_code == 404
    assert json.loads(response.content) == {"error": "There is no release yet."}


def test_a_proposal_and_a_withdrawn_release_can_be_compared(world: World, engineer: Client) -> None:
    proposal = propose(world)
    assert '<option value="1.0" selected>Release 1.0 · Proposed</option>' in text(
        engineer.get(PAGE)
    )
    withdraw(world, proposal)
    assert "Release 1.0 · Withdrawn" in text(engineer.get(PAGE, {"from": "1.0"}))


@pytest.mark.parametrize(
    ("wrong", "status"),
    [("7.0", 404), ("1.00", 404), ("nonsense", 400), ("1", 400), ("٣.٠", 400)],
)
@pytest.mark.usefixtures("released")
def test_editions_that_are_none(engineer: Client, wrong: str, status: int) -> None:
    for query in ({"from": wrong}, {"to": wrong}):
        response = engineer.get(PAGE, query)
        assert response.status_code == status
        assert "Nothing was compared" in text(response)
        assert "There is no release" in text(response)
        answer = engineer.get(JSON, query)
        assert answer.status_code == status
        assert "There is no release" in json.loads(answer.content)["error"]


def test_a_release_of_another_workspace_is_none(released: World, as_user: AsUser) -> None:
    client = as_user(released.outsider)
    response = client.get(reverse("release_changes", kwargs={"slug": "other"}), {"from": "1.0"})
    assert "There is no release yet" in text(response)


@pytest.mark.parametrize("consistently", [False, True])
def test_a_release_that_was_tampered_with_is_told(
    released: World, engineer: Client, *, consistently: bool
) -> None:
    release = Release.objects.get(workspace=released.workspace, minor=1)
    tampered = release.snapshot.replace("Written for the second release.", "Put in by hand.")
    assert tampered != release.snapshot
    drop_triggers()
    if consistently:
        digest = hashlib.sha256(tampered.encode()).hexdigest()
        sql("UPDATE responsibilities_release SET digest = %s WHERE minor = 1", [digest])
    sql("UPDATE responsibilities_release SET snapshot = %s WHERE minor = 1", [tampered])
    response = engineer.get(PAGE)
    assert response.status_code == 409
    assert "does not fit its digest" in text(response)
    assert "Put in by hand" not in text(response)
    assert engineer.get(JSON).status_code == 409


@pytest.mark.usefixtures("released")
def test_htmx_gets_what_differs_alone(engineer: Client) -> None:
    response = engineer.get(PAGE, headers=HTMX)
    assert text(response).startswith('<div id="changes">')
    assert "<html" not in text(response)
    assert "HX-Request" in response["Vary"]


@pytest.mark.usefixtures("released")
def test_json(engineer: Client) -> None:
    response = engineer.get(JSON, {"from": "1.0", "to": "draft"})
    assert response["Content-Type"] == "application/json"
    assert response["Content-Disposition"] == ('attachment; filename="acme-changes-1.0-draft.json"')
    value = json.loads(response.content)
    assert value["kind"] == "rexmatrix-changes"
    assert value["old"]["digest"] == Release.objects.get(minor=0).digest
    assert value["old"]["status"] == "superseded"
    assert value["new"]["edition"] == "draft"
    assert value["counts"] == {"note": 1, "evidence": 1}
    assert [item["key"] for item in value["items"]] == [KEY, "T-S0-02"]
    assert response.content == engineer.get(JSON, {"from": "1.0", "to": "draft"}).content


def test_queries_do_not_grow(world: World, as_user: AsUser) -> None:
    stage = make_stage(world)
    assert stage.proposal
    withdraw(world, stage.proposal)
    grow(stage, 1)
    client = as_user(world.user("party0", Role.MANAGER))
    before = [count_queries(client, address) for address in (PAGE, JSON)]
    make_release(world, Step.MINOR)
    grow(stage, 2)
    query = "?from=1.2&to=draft"
    assert [count_queries(client, address + query) for address in (PAGE, JSON)] == before
    assert max(before) <= 30
