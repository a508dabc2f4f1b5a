"""The addresses of a release's file: download it, ask for it again."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.core.files.base import ContentFile
from django.test import Client
from django_tasks_db.models import DBTaskResult

from responsibilities.choices import Role
from responsibilities.models import Export, Release, User
from tests.releasing import make_release, propose
from tests.world import World

FILE = "/w/acme/releases/1.0/file"
AGAIN = "/w/acme/releases/1.0/export/"
LIST = "/w/acme/exports/"

type SignIn = Callable[[User | None], Client]


@pytest.fixture
def release(world: World) -> Release:
    """A release in force."""
    return make_release(world)


@pytest.fixture
def manager(world: World, as_user: SignIn) -> Client:
    """The browser of the customer's manager."""
    return as_user(world.user("party1", Role.MANAGER))


def file_of(release: Release, status: str = "done") -> Export:
    """Put the file of a release there."""
    export = Export.objects.create(
        workspace=release.workspace,
        format="pdf",
        status=status,
        release=release,
        edition=release.number,
    )
    if status == "done":
        export.file.save("exports/r.pdf", ContentFile(b"%PDF-1.7"))
    return export


def test_the_file_is_handed_out(release: Release, manager: Client) -> None:
    export = file_of(release)
    for address in (FILE, f"{LIST}{export.pk}/file"):
        response = manager.get(address)
        assert b"".join(response) == b"%PDF-1.7"
        assert response["Content-Type"] == "application/pdf"
        assert response["Content-Disposition"] == 'attachment; filename="acme-release-1.0.pdf"'


@pytest.mark.parametrize("status", ["", "queued", "running", "failed", "cancelled"])
def test_there_is_nothing_before_it_is_made(release: Release, manager: Client, status: str) -> None:
    if status:
        file_of(release, status)
    assert manager.get(FILE).status_code == 404
    assert manager.get("/w/acme/releases/7.7/file").status_code == 404


def test_only_who_exports_gets_it(world: World, release: Release, as_user: SignIn) -> None:
    file_of(release)
    response = as_user(world.user("party1", Role.AUDITOR)).get(FILE)
    assert b"".join(response) == b"%PDF-1.7"
    assert as_user(world.user("party1", Role.READER)).get(FILE).status_code == 403
    assert as_user(world.outsider).get(FILE).status_code == 404
    assert as_user(None).get(FILE).status_code == 302
    assert as_user(world.outsider).get("/w/other/releases/1.0/file").status_code == 404


def test_asking_again_with_and_without_htmx(release: Release, manager: Client) -> None:
    response = manager.post(AGAIN)
    assert (response.status_code, response["Location"]) == (302, LIST)
    assert "release 1.0 is under way" in manager.get(LIST).content.decode()
    export = Export.objects.get(release=release)
    assert DBTaskResult.objects.count() == 1
    response = manager.post(AGAIN, headers={"HX-Request": "true"})
    assert (response.status_code, response["HX-Redirect"]) == (204, LIST)
    assert "has its file already" in manager.get(LIST).content.decode()
    assert Export.objects.get() == export


def test_a_proposal_has_no_file(world: World, manager: Client) -> None:
    propose(world)
    manager.post(AGAIN)
    assert "never in force" in manager.get(LIST).content.decode()
    assert not Export.objects.exists()


def test_readers_do_not_ask(world: World, release: Release, as_user: SignIn) -> None:  # noqa: ARG001
    assert as_user(world.user("party1", Role.READER)).post(AGAIN).status_code == 403
    assert as_user(world.outsider).post(AGAIN).status_code == 404
    assert not Export.objects.exists()


def test_the_list_offers_to_try_again_until_there_is_one(release: Release, manager: Client) -> None:
    file_of(release, "failed")
    html = manager.get(LIST).content.decode()
    assert f'action="{AGAIN}"' in html
    assert "Release 1.0" in html
    assert "made with the release" in html
    file_of(release)
    html = manager.get(LIST).content.decode()
    assert AGAIN not in html
    assert "Download" in html
