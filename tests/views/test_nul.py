"""The NUL character gets 400 everywhere: PostgreSQL cannot even be asked for it."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import NoReverseMatch, reverse

from responsibilities.choices import Role
from responsibilities.models import AuditEvent, Evidence, Export
from tests.evidence import KEY, AsUser, at, form
from tests.evidence import add_again as add
from tests.views.route_table import SITE_ROUTES, WORKSPACE_ROUTES
from tests.views.stage import SIDES, Stage, make_stage
from tests.world import World

WORDS = "It holds a NUL character"


@pytest.fixture
def manager(world: World, as_user: AsUser) -> Client:
    """The customer's manager, who gets through almost everywhere."""
    return as_user(world.user("party1", Role.MANAGER))


@pytest.fixture
def stage(world: World) -> Stage:
    """A world in which every address can be opened."""
    return make_stage(world)


def test_no_route_takes_it(stage: Stage, manager: Client) -> None:
    """In the address, or in any field of a form that the route takes."""
    before = AuditEvent.objects.count()
    side = SIDES[1]
    wrong = []
    for route in WORKSPACE_ROUTES:
        address = reverse(route.name, kwargs={"slug": "acme", **route.kwargs(stage, side)})
        wrong += [
            f"{route.name}?{query}"
            for query in ("x=%00", "x%00=1", "page=1&sort=a%00b")
            if manager.get(f"{address}?{query}").status_code != 400
        ]
        wrong += [
            f"{route.name}: {name}"
            for name in {"x", *route.data(stage, side)}
            if manager.post(address, {name: "a\x00b"}).status_code != 400
        ]
    assert not wrong
    assert AuditEvent.objects.count() == before


@pytest.mark.django_db
def test_no_page_of_the_site_takes_it() -> None:
    for site in SITE_ROUTES:
        try:
            address = reverse(site.name)
        except NoReverseMatch:
            address = reverse(site.name, kwargs={"uidb36": "1", "key": "set-password"})
        assert Client().get(f"{address}?q=%00").status_code == 400
        assert Client().post(address, {"email": "a\x00b"}).status_code == 400


@pytest.mark.parametrize(
    "path",
    [
        "items/%00/",
        "items/%00/edit/",
        "items/a%00b/history/",
        "items/%00/sign/",
        "items/%00/evidence/",
        "items/%00/undo/",
        "items/%00/cells/00000000-0000-0000-0000-000000000000/",
        "matrix/rows/%00/",
        "teams/add/%00/",
        "members/add/party0%00/",
        "evidence/new/?item=%00",
        "evidence/?q=%00",
    ],
)
def test_no_path_takes_it(manager: Client, path: str) -> None:
    for answer in (manager.get(f"/w/acme/{path}"), manager.post(f"/w/acme/{path}")):
        assert answer.status_code == 400
        assert WORDS in answer.content.decode()


@pytest.mark.parametrize("key", ["%22", "a%20b", "%C3%A4", "%2e%2e%2f", "x" * 65, "a%0a"])
def test_what_cannot_be_a_key_is_not_looked_up(manager: Client, key: str) -> None:
    for path in (f"items/{key}/", f"matrix/rows/{key}/", f"teams/add/{key}/"):
        assert manager.get(f"/w/acme/{path}").status_code == 404


@pytest.mark.parametrize("fields", [{"keys": "a\x00b"}, {"keys": KEY, "back": "a\x00b"}])
@pytest.mark.parametrize("name", ["evidence_link", "evidence_unlink", "evidence_archive"])
def test_a_piece_stays_as_it_is(
    world: World, manager: Client, name: str, fields: dict[str, str]
) -> None:
    piece = add(world)
    assert manager.post(at(name, piece), fields).status_code == 400
    piece.refresh_from_db()
    assert piece.archived_at is None


def test_a_field_beside_a_file_does_not_take_it_and_the_file_may(
    world: World, manager: Client
) -> None:
    file = SimpleUploadedFile("shot.zip", b"PK\x05\x06" + b"\x00" * 18)
    data = form(file=file, title="a\x00b")
    assert manager.post(at("evidence_new"), data).status_code == 400
    assert not Evidence.objects.filter(workspace=world.workspace).exists()
    file.seek(0)
    answer = manager.post(at("evidence_new"), form(file=file, title="Empty archive"))
    assert answer.status_code == 302
    assert Evidence.objects.get(workspace=world.workspace).title == "Empty archive"


@pytest.mark.django_db
def test_no_cookie_carries_it() -> None:
    client = Client()
    client.cookies["rexmatrix_session"] = "\x00" * 32
    assert client.get("/").status_code == 400


def test_a_kept_query_loses_it(manager: Client) -> None:
    """The query of a filter is text in a field, and is read a second time."""
    data = {"format": "pdf", "paper": "a4", "query": "q=a%00b"}
    assert manager.post("/w/acme/exports/new/", data).status_code == 302
    assert Export.objects.get().query == "q=ab"
