"""Lists keep their length and their page whatever the address says."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.core.files.base import ContentFile
from django.test import Client
from django.utils import timezone

from responsibilities.choices import ExportFormat, Role
from responsibilities.models import Export
from responsibilities.permissions import system_actor
from responsibilities.services import checkpoints, evidence
from responsibilities.tables.workspaces import PER_PAGE
from tests.world import World, join, make_workspace

LISTS = (
    "",
    "w/acme/evidence/",
    "w/acme/sign-offs/",
    "w/acme/sign-offs/?tab=all",
    "w/acme/audit/",
    "w/acme/audit/checkpoints/",
    "w/acme/exports/",
    "w/acme/members/",
    "w/acme/items/T-S0-01/history/",
)
ODD = (
    "per_page=-1",
    "per_page=0",
    "per_page=1000000",
    "per_page=abc",
    "page=-1",
    "page=0",
    "page=abc",
    "page=1.5",
    "page=99999",
    "page=" + "9" * 4000,
    "page=" + "9" * 5000,
    "page=",
    "sort=junk",
    "sort=--name&sort=-&sort=,",
    "sort=pk__password",
    "party0-sort=junk&party0-page=-1&party0-per_page=-1",
)


@pytest.fixture
def filled(world: World) -> World:
    """A workspace with something in every list."""
    manager = world.actor("party1")
    evidence.add(
        actor=manager,
        workspace=world.workspace,
        content=evidence.NewFile(ContentFile(b"x"), "x.txt"),
        collected_on=timezone.localdate(),
    )
    checkpoints.issue(actor=system_actor(), workspace=world.workspace)
    Export.objects.create(
        workspace=world.workspace, format=ExportFormat.PDF, requested_by=manager.user
    )
    return world


@pytest.mark.parametrize("address", LISTS)
def test_odd_addresses_are_taken_gently(
    filled: World, as_user: Callable[..., Client], address: str
) -> None:
    client = as_user(filled.user("party1", Role.MANAGER))
    joint = "&" if "?" in address else "?"
    statuses = {query: client.get(f"/{address}{joint}{query}").status_code for query in ODD}
    assert statuses == dict.fromkeys(ODD, 200)


def test_a_page_has_its_length_and_no_other(world: World, as_user: Callable[..., Client]) -> None:
    user = world.user("party1", Role.MANAGER)
    for n in range(PER_PAGE):
        join(make_workspace(world.version, f"w{n}", f"Customer {n}"), user, "party1", Role.READER)
    client = as_user(user)

    def shown(query: str) -> str:
        html = client.get(f"/?{query}").content.decode()
        found = re.search(r"(\d+–\d+ of \d+)</span>", html)
        assert found
        return found[1]

    first, last = f"1–{PER_PAGE} of {PER_PAGE + 1}", f"{PER_PAGE + 1}–{PER_PAGE + 1} of 26"
    for query in ("", "per_page=1", "per_page=1000000", "per_page=-1", "page=abc", "page="):
        assert shown(query) == first
    for query in ("page=2", "page=99999", "page=-1", "page=2&per_page=1"):
        assert shown(query) == last
