"""Matrix, item and overview as of a release or a day: what was, to read and not to change."""

from __future__ import annotations

import datetime as dt
import hashlib
import re

import pytest
from django.core.files.base import ContentFile
from django.db.models import F
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from responsibilities.choices import Role
from responsibilities.models import Release, RowHistory
from responsibilities.services import evidence
from responsibilities.services.releases import Step
from tests.attacks import drop_triggers, sql
from tests.editions import set_letters
from tests.evidence import HTMX, AsUser
from tests.files import png
from tests.releasing import attest, make_release, propose, withdraw
from tests.responses import Answer, let_go
from tests.signing import attach, edit, sign
from tests.test_query_growth import count_queries, grow
from tests.views.stage import make_stage
from tests.world import World

KEY = "T-S0-01"
MATRIX = reverse("matrix", kwargs={"slug": "acme"})
OVERVIEW = reverse("workspace_overview", kwargs={"slug": "acme"})
ITEM = reverse("item_detail", kwargs={"slug": "acme", "key": KEY})
PAGES = (MATRIX, OVERVIEW, ITEM)
THEN = {"as_of": "1.0"}
CELL = 'aria-label="Duty 0.0, Vendor Inc. Party 0 team 1: '


def text(response: Answer) -> str:
    """Return the page in one line, so that line breaks of the template do not matter."""
    return " ".join(response.content.decode().split())


def main(response: Answer) -> str:
    """Return what stands between the frame of the page."""
    found = re.search("<main.*</main>", text(response))
    assert found
    return found[0]


def change_draft(world: World) -> None:
    """Change letters, note, evidence and sign-offs of the item after the release."""
    set_letters(world, "Party 0 team 1", KEY, {"I": None})
    edit(world, KEY, note="Written after the release.")


@pytest.fixture
def released(world: World) -> World:
    """A world with release 1.0, whose draft went on since."""
    edit(world, KEY, note="Written before the release.")
    attach(world, world.provider, KEY, "first")
    sign(world, "party0", KEY)
    make_release(world)
    attach(world, world.provider, KEY, "second")
    change_draft(world)
    return world


@pytest.fixture
def manager(world: World, as_user: AsUser) -> Client:
    """The provider's manager, who may change nearly everything."""
    return as_user(world.user("party0", Role.MANAGER))


@pytest.mark.usefixtures("released")
def test_the_matrix_shows_the_letters_of_then(manager: Client) -> None:
    assert f"{CELL}Consulted" in text(manager.get(MATRIX, THEN))
    assert f"{CELL}Informed" in text(manager.get(MATRIX))


@pytest.mark.usefixtures("released")
def test_the_item_shows_what_it_said_then(manager: Client) -> None:
    then, now = main(manager.get(ITEM, THEN)), main(manager.get(ITEM))
    assert "Written before the release." in then
    assert "Written after the release." not in then
    assert "Written after the release." in now
    assert "Stale" not in then
    assert "Stale" in now


@pytest.mark.usefixtures("released")
def test_evidence_is_the_revision_of_then(manager: Client) -> None:
    attached = '<span class="nowrap">r'
    assert f"{attached}1 ·" in main(manager.get(ITEM, THEN))
    assert f"{attached}2 ·" in main(manager.get(ITEM))


def test_a_file_of_then_can_be_downloaded_still(world: World, manager: Client) -> None:
    stage = make_stage(world)
    piece = stage.pieces["party0"]
    evidence.revise(
        actor=world.actor("party0"),
        workspace=world.workspace,
        evidence=piece.pk,
        content=evidence.NewFile(ContentFile(png(width=3)), "again.png"),
        collected_on=dt.date(2026, 11, 2),
    )
    address = reverse(
        "evidence_download", kwargs={"slug": "acme", "evidence": piece.pk, "number": 1}
    )
    assert f'href="{address}"' in main(manager.get(ITEM, THEN))
    assert f'href="{address}"' not in main(manager.get(ITEM))
    response = manager.get(address)
    assert response.status_code == 200
    let_go(response)


def test_the_overview_counts_what_was(released: World, manager: Client) -> None:
    then, now = main(manager.get(OVERVIEW, THEN)), main(manager.get(OVERVIEW))
    assert "Sign-off stale" not in then
    assert "Sign-off stale" in now
    assert "What you do next" in now
    assert "What you do next" not in then
    assert "Recent activity" not in then
    assert reverse("workspace_edit", kwargs={"slug": "acme"}) not in then
    team = released.team("Party 0 team 0").pk
    assert f"{MATRIX}?as_of=1.0&section=S0" in then
    assert f"{MATRIX}?as_of=1.0&team={team}" in then
    assert f"{MATRIX}?finding=evidence_missing&amp;as_of=1.0" in then


@pytest.mark.usefixtures("released")
@pytest.mark.parametrize("address", PAGES)
def test_nothing_can_be_changed(manager: Client, address: str) -> None:
    then, now = main(manager.get(address, THEN)), main(manager.get(address))
    changing = (
        'method="post"',
        "hx-post",
        "/cells/",
        "/sign/",
        "/edit/",
        "/withdraw/",
        "evidence/new/",
        "/matrix/bulk/",
        'type="checkbox" name="item"',
        'type="file"',
        "exports",
    )
    assert [word for word in changing if word in then] == []
    assert [word for word in changing if word in now]


@pytest.mark.usefixtures("released")
@pytest.mark.parametrize("address", PAGES)
def test_a_banner_says_what_it_is_and_leads_back(manager: Client, address: str) -> None:
    day = timezone.localdate()
    then = main(manager.get(address, THEN))
    assert f"Release 1.0, in force since {day.day} {day:%B %Y}.</strong> Read-only." in then
    assert f'<a href="{address}">Show the present draft</a>' in then
    assert f"{reverse('release_changes', kwargs={'slug': 'acme'})}?from=1.0&to=draft" in then
    assert reverse("release_detail", kwargs={"slug": "acme", "number": "1.0"}) in then
    assert "Show the present draft" not in main(manager.get(address))


def test_the_banner_of_every_status(released: World, manager: Client) -> None:
    proposal = propose(released, Step.MINOR)
    page = main(manager.get(MATRIX, {"as_of": "1.1"}))
    assert "Vendor Inc., Acme must still attest it." in page
    attest(released, proposal, "party0")
    assert "; Acme must still attest it." in main(manager.get(MATRIX, {"as_of": "1.1"}))
    attest(released, proposal, "party1")
    assert "until release 1.1 took its place on" in main(manager.get(MATRIX, THEN))
    withdraw(released, proposal, "Two duties were left out.")
    page = main(manager.get(MATRIX, {"as_of": "1.1"}))
    assert "Release 1.1, withdrawn on" in page
    assert "Two duties were left out." in page


@pytest.mark.usefixtures("released")
def test_the_edition_travels_with_the_filter(manager: Client) -> None:
    page = main(manager.get(MATRIX, {**THEN, "section": "S0", "letter": "A"}))
    assert '<input type="hidden" name="as_of" value="1.0">' in page
    assert f'href="{MATRIX}?as_of=1.0&amp;letter=A"' in page, "the chip of the section"
    assert f'<a href="{MATRIX}?as_of=1.0" hx-get' in page, "all filters cleared"
    assert 'data-query="as_of=1.0&amp;section=S0&amp;letter=A"' in page
    assert f'href="{ITEM}?as_of=1.0"' in page
    assert "T-S1-01" not in page
    assert f'<a href="{MATRIX}?section=S0&amp;letter=A">Show the present draft</a>' in page
    item = main(manager.get(ITEM, {**THEN, "section": "S0"}))
    assert "1 of 3" in item
    assert "/items/T-S0-02/?as_of=1.0&amp;section=S0" in item
    crumbs = text(manager.get(ITEM, {**THEN, "section": "S0"}))
    assert f'<a href="{MATRIX}?as_of=1.0&amp;section=S0">Matrix</a>' in crumbs


def test_a_filter_asks_the_edition_and_not_the_draft(released: World, manager: Client) -> None:
    for query, there in ((THEN, False), ({}, True)):
        page = main(manager.get(MATRIX, {**query, "state": "stale"}))
        assert (f'id="item-{KEY}"' in page) is there
    assert released.item(KEY).note == "Written after the release."


@pytest.mark.usefixtures("released")
def test_htmx_gets_grid_and_panel_of_then(manager: Client) -> None:
    response = manager.get(MATRIX, THEN, headers={**HTMX, "HX-Target": "grid-view"})
    assert f"{CELL}Consulted" in text(response)
    assert response["HX-Push-Url"] == f"{MATRIX}?as_of=1.0"
    panel = text(manager.get(ITEM, THEN, headers={**HTMX, "HX-Target": "panel"}))
    assert '<span class="badge badge-accent">Release 1.0</span>' in panel
    assert "Written before the release." in panel
    assert "/items/T-S0-02/?as_of=1.0" in panel


def test_a_change_ignores_the_edition(released: World, manager: Client) -> None:
    item = released.item(KEY)
    cell = reverse(
        "cell",
        kwargs={"slug": "acme", "key": KEY, "team_id": released.team("Party 0 team 1").pk},
    )
    response = manager.post(f"{cell}?as_of=1.0", {"version": item.version, "letter": ["C"]})
    assert response.status_code == 302
    assert f"{CELL}Consulted" in text(manager.get(MATRIX))


@pytest.mark.usefixtures("released")
def test_history_is_that_of_the_item(manager: Client) -> None:
    then = main(manager.get(ITEM, THEN))
    assert reverse("item_history", kwargs={"slug": "acme", "key": KEY}) in then
    assert "Item changed" not in then


@pytest.mark.parametrize("role", Role.values)
def test_every_member_may_look(released: World, as_user: AsUser, role: str) -> None:
    client = as_user(released.user("party1", role))
    assert [client.get(address, THEN).status_code for address in PAGES] == [200, 200, 200]


def test_outsiders_and_visitors_may_not(released: World, as_user: AsUser) -> None:
    for query in (THEN, {"as_of": "7.0"}, {"as_of": "nonsense"}):
        for address in PAGES:
            assert as_user(released.outsider).get(address, query).status_code == 404
            assert as_user(None).get(address, query).status_code == 302
    elsewhere = reverse("matrix", kwargs={"slug": "other"})
    response = as_user(released.outsider).get(elsewhere, THEN)
    assert response.status_code == 404, "a release of another workspace is none of theirs"
    assert "There is no release 1.0 in this workspace." in main(response)


@pytest.mark.usefixtures("released")
@pytest.mark.parametrize(
    ("wrong", "status", "said"),
    [
        ("7.0", 404, "There is no release 7.0 in this workspace."),
        ("01.0", 404, "There is no release 01.0 in this workspace."),
        ("nonsense", 400, "“nonsense” is neither the number of a release"),
        ("1", 400, "“1” is neither"),
        ("2026-02-30", 400, "“2026-02-30” is neither"),
        ("٢٠٢٦-٠١-٠١", 400, "is neither"),
        ("<script>", 400, "“&lt;script&gt;” is neither"),
        ("0001-01-01", 404, "This workspace is recorded since"),
        ("9999-12-31", 400, "9999-12-31 is not over yet."),
    ],
)
def test_what_names_no_edition(manager: Client, wrong: str, status: int, said: str) -> None:
    for address in PAGES:
        response = manager.get(address, {"as_of": wrong, "section": "S0"})
        assert response.status_code == status
        assert said in main(response)
        assert f'<a href="{address}?section=S0">Show the present draft</a>' in main(response)


@pytest.mark.usefixtures("released")
def test_today_is_the_draft(manager: Client) -> None:
    today = timezone.localdate()
    response = manager.get(MATRIX, {"as_of": today.isoformat()})
    assert response.status_code == 400
    assert f"{today.isoformat()} is not over yet." in main(response)


@pytest.mark.usefixtures("released")
def test_nothing_chosen_is_the_draft(manager: Client) -> None:
    response = manager.get(MATRIX, {"as_of": " "})
    assert response.status_code == 200
    assert f"{CELL}Informed" in text(response)


@pytest.mark.usefixtures("released")
def test_an_item_that_is_none(manager: Client) -> None:
    address = reverse("item_detail", kwargs={"slug": "acme", "key": "T-NONE"})
    assert manager.get(address, THEN).status_code == 404


@pytest.mark.parametrize("consistently", [False, True])
def test_a_release_that_was_tampered_with_is_not_shown(
    released: World, manager: Client, *, consistently: bool
) -> None:
    release = Release.objects.get(workspace=released.workspace)
    tampered = release.snapshot.replace("Written before the release.", "Put in by hand.")
    drop_triggers()
    sql("UPDATE responsibilities_release SET snapshot = %s", [tampered])
    if consistently:
        digest = hashlib.sha256(tampered.encode()).hexdigest()
        sql("UPDATE responsibilities_release SET digest = %s", [digest])
    for address in PAGES:
        response = manager.get(address, THEN)
        assert response.status_code == 409
        assert "does not fit its digest" in main(response)


@pytest.fixture
def days_ago(world: World) -> str:
    """Put all that is recorded of the world three days back, then change the draft.

    Gives the day before yesterday.
    """
    drop_triggers()
    RowHistory.objects.update(at=F("at") - dt.timedelta(days=3))
    change_draft(world)
    return (timezone.localdate() - dt.timedelta(days=2)).isoformat()


def test_a_day(manager: Client, days_ago: str) -> None:
    assert f"{CELL}Informed" in text(manager.get(MATRIX))
    page = main(manager.get(MATRIX, {"as_of": days_ago}))
    assert f"{CELL}Consulted" in page
    assert (
        "from this server&#x27;s records; nobody attested this state.</strong> Read-only." in page
    )
    assert f'name="as_of" value="{days_ago}"' in page
    item = main(manager.get(ITEM, {"as_of": days_ago}))
    assert "Written after the release." not in item
    assert "No implementation note yet" in item
    assert manager.get(OVERVIEW, {"as_of": days_ago}).status_code == 200


def test_the_day_on_which_it_began(manager: Client, days_ago: str) -> None:
    first = dt.date.fromisoformat(days_ago) - dt.timedelta(days=1)
    assert manager.get(MATRIX, {"as_of": first.isoformat()}).status_code == 200
    before = manager.get(MATRIX, {"as_of": (first - dt.timedelta(days=1)).isoformat()})
    assert before.status_code == 404
    assert f"This workspace is recorded since {first.isoformat()}." in main(before)


@pytest.mark.usefixtures("released")
def test_the_menu_offers_what_there_is(manager: Client) -> None:
    page = main(manager.get(MATRIX, {"section": "S0"}))
    assert f'<a class="menu-item" href="{MATRIX}?section=S0" aria-current="true">' in page
    assert f'<a class="menu-item" href="{MATRIX}?as_of=1.0&amp;section=S0">Release 1.0' in page
    assert '<input type="hidden" name="section" value="S0">' in page
    page = main(manager.get(MATRIX, THEN))
    assert f'<a class="menu-item" href="{MATRIX}?as_of=1.0" aria-current="true">' in page


@pytest.mark.usefixtures("released")
def test_an_export_is_of_the_draft_whatever_the_address_says(manager: Client) -> None:
    page = text(manager.get(reverse("export_list", kwargs={"slug": "acme"}), THEN))
    assert "as_of=1.0" not in page


def test_queries_do_not_grow(world: World, manager: Client) -> None:
    stage = make_stage(world)
    assert stage.proposal
    withdraw(world, stage.proposal)
    grow(stage, 1)
    make_release(world, Step.MINOR)
    before = [count_queries(manager, f"{address}?as_of=1.2") for address in PAGES]
    grow(stage, 2)
    make_release(world, Step.MINOR)
    after = [count_queries(manager, f"{address}?as_of=1.3") for address in PAGES]
    assert after == before
    assert max(before) <= 25
