"""The pages of exports: ask, watch, cancel, download, each with and without htmx."""

from __future__ import annotations

import uuid
from collections.abc import Callable

import pytest
from django.core.files.base import ContentFile
from django.test import Client
from django_tasks_db.models import DBTaskResult

from responsibilities.choices import ExportStatus, Role
from responsibilities.models import Export, Membership, User
from tests.world import World

LIST = "/w/acme/exports/"
NEW = "/w/acme/exports/new/"
HTMX = {"HX-Request": "true"}

type SignIn = Callable[[User | None], Client]


@pytest.fixture
def manager(world: World, as_user: SignIn) -> Client:
    """The browser of the customer's manager."""
    return as_user(world.user("party1", Role.MANAGER))


def export(world: World, status: str, role: str = Role.MANAGER, **fields: object) -> Export:
    """Put an export into the list."""
    return Export.objects.create(
        workspace=world.workspace,
        format="json",
        status=status,
        requested_by=world.user("party1", role),
        **fields,
    )


def done(world: World) -> Export:
    """Put a finished export into the list."""
    made = export(world, "done", size=2, sha256="ab" * 32)
    made.file.save("exports/x.json", ContentFile(b"{}"))
    return made


def file_address(made: Export) -> str:
    """Return where the file is downloaded."""
    return f"/w/acme/exports/{made.pk}/file"


def test_the_empty_list_says_what_to_do(manager: Client) -> None:
    html = manager.get(LIST).content.decode()
    assert "No exports yet" in html
    assert 'name="format" value="pdf"' in html
    assert "hx-trigger" not in html


def test_the_filter_of_the_address_stands_in_words(manager: Client) -> None:
    html = manager.get(LIST, {"side": "party0", "letter": ["A", "R"]}).content.decode()
    assert "Held by: Vendor Inc." in html
    assert "Letter: Accountable, Responsible" in html
    assert "<strong>3 of 6</strong>" in html
    assert 'name="query" value="side=party0&amp;letter=A&amp;letter=R"' in html


def test_asking_with_and_without_htmx(manager: Client) -> None:
    data = {"format": "pdf", "paper": "letter", "query": "side=party0&junk=1"}
    response = manager.post(NEW, data)
    assert (response.status_code, response["Location"]) == (302, LIST)
    response = manager.post(NEW, data, headers=HTMX)
    html = response.content.decode()
    assert response.status_code == 200
    assert 'id="export-form"' in html
    assert 'id="exports" hx-swap-oob="true"' in html
    assert "The export is under way." in html
    assert [e.query for e in Export.objects.all()] == ["side=party0", "side=party0"]
    assert {e.paper for e in Export.objects.all()} == {"letter"}
    assert DBTaskResult.objects.count() == 2


@pytest.mark.parametrize("data", [{}, {"format": "docx"}, {"format": "pdf", "paper": "a3"}])
def test_bad_input_keeps_the_form(manager: Client, data: dict[str, str]) -> None:
    for headers in ({}, HTMX):
        response = manager.post(NEW, data, headers=headers)
        assert response.status_code == 200
        assert "Please correct this" in response.content.decode()
        assert ('id="exports"' in response.content.decode()) is not bool(headers)
    assert not Export.objects.exists()


def test_too_many_at_once_is_told_in_the_form(world: World, manager: Client) -> None:
    for _number in range(3):
        export(world, "queued")
    html = manager.post(NEW, {"format": "json"}, headers=HTMX).content.decode()
    assert "You already have 3 exports under way" in html
    assert Export.objects.count() == 3


def test_the_list_asks_again_only_while_something_runs(world: World, manager: Client) -> None:
    running = export(world, "running", progress=42)
    html = manager.get(LIST, headers=HTMX).content.decode()
    assert 'hx-trigger="every 1s"' in html
    assert f"?watched={running.pk}" in html
    assert '<progress max="100" value="42"' in html
    assert 'id="export-form"' not in html
    Export.objects.update(status=ExportStatus.DONE)
    html = manager.get(f"{LIST}?watched={running.pk}", headers=HTMX).content.decode()
    assert "every 1s" not in html
    assert "The export is ready." in html


def test_a_failed_export_says_why_and_can_be_asked_for_again(world: World, manager: Client) -> None:
    failed = export(world, "failed", error="It was <b>too</b> large.", query="side=party0")
    html = manager.get(f"{LIST}?watched={failed.pk},nonsense", headers=HTMX).content.decode()
    assert "It was &lt;b&gt;too&lt;/b&gt; large." in html
    assert "The export failed." in html
    assert "Try again" in html
    assert "Held by: Vendor Inc." in html


def test_an_abandoned_export_is_shown_as_failed(world: World, manager: Client) -> None:
    export(world, "running", started_at="2020-01-01T00:00:00Z")
    html = manager.get(LIST).content.decode()
    assert "ended without a word" in html
    assert "Try again" in html
    assert "every 1s" not in html
    assert Export.objects.get().status == ExportStatus.RUNNING  # reading writes nothing


def test_cancelling_with_and_without_htmx(world: World, manager: Client) -> None:
    first, second = export(world, "queued"), export(world, "running")
    response = manager.post(f"{LIST}{first.pk}/cancel/")
    assert (response.status_code, response["Location"]) == (302, LIST)
    html = manager.post(f"{LIST}{second.pk}/cancel/", headers=HTMX).content.decode()
    assert "The export was cancelled." in html
    assert set(Export.objects.values_list("status", flat=True)) == {"cancelled"}
    html = manager.post(f"{LIST}{second.pk}/cancel/", headers=HTMX).content.decode()
    assert "has ended already" in html
    assert 'data-tone="wrong"' in html


def test_only_some_may_cancel(world: World, as_user: SignIn) -> None:
    made = export(world, "queued", Role.CONTRIBUTOR)
    approver = as_user(world.user("party1", Role.APPROVER))
    assert "Cancel" not in approver.get(LIST).content.decode()
    assert approver.post(f"{LIST}{made.pk}/cancel/").status_code == 403
    assert (
        as_user(world.user("party1", Role.READER)).post(f"{LIST}{made.pk}/cancel/").status_code
        == 403
    )
    assert as_user(world.outsider).post(f"{LIST}{made.pk}/cancel/").status_code == 404
    contributor = as_user(world.user("party1", Role.CONTRIBUTOR))
    assert "Cancel" in contributor.get(LIST).content.decode()
    assert contributor.post(f"{LIST}{uuid.uuid4()}/cancel/").status_code == 404
    assert contributor.post(f"{LIST}{made.pk}/cancel/").status_code == 302


def test_download(world: World, manager: Client) -> None:
    made = done(world)
    assert file_address(made) in manager.get(LIST).content.decode()
    response = manager.get(file_address(made))
    assert response.status_code == 200
    assert b"".join(response) == b"{}"
    day = made.created_at.strftime("%Y-%m-%d")
    assert response["Content-Disposition"] == f'attachment; filename="acme-{day}-draft.json"'
    assert response["Content-Type"] == "application/json"
    assert response["X-Content-Type-Options"] == "nosniff"


def test_download_checks_the_right_again(world: World, as_user: SignIn, manager: Client) -> None:
    made = done(world)
    address = file_address(made)
    assert as_user(None).get(address).status_code == 302
    assert as_user(world.outsider).get(address).status_code == 404
    assert as_user(world.user("party1", Role.READER)).get(address).status_code == 403
    assert manager.get(f"/w/other/exports/{made.pk}/file").status_code == 404
    Membership.objects.filter(user=world.user("party1", Role.MANAGER)).delete()
    assert manager.get(address).status_code == 404


@pytest.mark.parametrize("status", ["queued", "running", "failed", "cancelled"])
def test_only_finished_exports_can_be_downloaded(
    world: World, manager: Client, status: str
) -> None:
    assert manager.get(file_address(export(world, status))).status_code == 404


def test_readers_see_the_list_and_no_form(world: World, as_user: SignIn) -> None:
    made = done(world)
    reader = as_user(world.user("party1", Role.READER))
    html = reader.get(LIST).content.decode()
    assert "ab" * 6 in html
    assert 'id="export-form"' not in html
    assert file_address(made) not in html
    assert reader.post(NEW, {"format": "json"}).status_code == 403


def test_wrong_methods(world: World, manager: Client) -> None:
    made = done(world)
    assert manager.post(LIST).status_code == 405
    assert manager.get(NEW).status_code == 405
    assert manager.get(f"{LIST}{made.pk}/cancel/").status_code == 405
    assert manager.post(file_address(made)).status_code == 405
