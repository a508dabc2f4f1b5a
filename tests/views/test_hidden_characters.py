"""Names that hide something are refused beside their field, and what was typed stays."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from responsibilities.choices import Role
from responsibilities.models import AuditEvent, Organization, Team, User, Workspace
from responsibilities.permissions import system_actor
from responsibilities.services import accounts, evidence, teams, workspaces
from responsibilities.services.errors import InvalidError
from tests.evidence import AsUser, add, at, form
from tests.views.test_teams import of_team, page, url
from tests.views.test_workspaces import entries
from tests.world import World

TURNED = "Acme\u202egnp"
EMPTY = "\u200b"
TWIN = "Party 0 team 1\u200b"


@pytest.fixture
def manager(world: World, as_user: AsUser) -> Client:
    """The provider's manager, who may create workspaces too."""
    user = world.user("party0", Role.MANAGER)
    accounts.allow_creating(actor=system_actor(), user=user)
    return as_user(user)


@pytest.mark.parametrize("name", [TURNED, EMPTY, TWIN])
def test_every_form_refuses_them(world: World, manager: Client, name: str) -> None:
    team = world.team("Party 0 team 0")
    old = world.team("Party 0 team 1")
    teams.archive(actor=world.actor("party0"), team=old, to=None)
    piece = add(world, side="party0")
    today = timezone.localdate().isoformat()
    link = {"collected_on": today, "url": "https://example.com/"}
    new = reverse("workspace_new")
    forms: dict[str, tuple[str, str, dict[str, Any]]] = {
        "team": ("name", url("team_add", party="party0"), {"name": name, "description": "K"}),
        "edit": ("name", of_team("team_edit", team), {"name": name, "description": "K"}),
        "what": ("description", of_team("team_edit", team), {"name": "K", "description": name}),
        "back": ("name", of_team("team_restore", old), {"name": name}),
        "title": ("title", at("evidence_new") + "?kind=link", {**link, "title": name}),
        "file": ("title", at("evidence_new"), form(title=name)),
        "edited": ("title", at("evidence_edit", piece), {"title": name, "collected_on": today}),
        "link": ("url", at("evidence_new") + "?kind=link", {**link, "title": "K"}),
        "workspace": ("name", url("workspace_edit"), {"name": name}),
        "new": ("name", new, entries(world.version, name=name)),
        "side": (
            "organization_party1",
            new,
            entries(world.version, organization_party1=name),
        ),
    }
    forms["link"][2]["url"] = f"https://example.com/{name}"
    events = AuditEvent.objects.count()
    for field, address, data in forms.values():
        answer = manager.post(address, data)
        text = page(answer)
        assert list(answer.context["form"].errors) == [field]
        assert 'aria-invalid="true"' in text
        assert name in text, "what was typed stays"
    assert AuditEvent.objects.count() == events


def test_a_name_is_compared_as_it_is_kept(manager: Client) -> None:
    for name in ("  Party 0   team 1", "PARTY 0 TEAM\u00a01"):
        text = page(manager.post(url("team_add", party="party0"), {"name": name}))
        assert "already has a team with this name" in text
    assert manager.post(url("team_add", party="party0"), {"name": "Cafe\u0301"}).status_code == 302
    text = page(manager.post(url("team_add", party="party0"), {"name": "Caf\u00e9"}))
    assert "already has a team with this name" in text
    assert Team.objects.filter(name="Caf\u00e9").count() == 1


@pytest.mark.parametrize("name", [TURNED, EMPTY, "\u3164"])
def test_services_refuse_them_too(world: World, name: str) -> None:
    """Commands call them without a form."""
    actor = world.actor("party0")
    sides = {"party0": "Vendor Inc.", "party1": "Northwind"}
    events = AuditEvent.objects.count()
    with pytest.raises(InvalidError) as refused:
        accounts.add(actor=system_actor(), email="new@people.example", name=name)
    assert refused.value.field == "name"
    with pytest.raises(InvalidError) as refused:
        teams.add(actor=actor, workspace=world.workspace, seat=world.provider, name=name)
    assert refused.value.field == "name"
    with pytest.raises(InvalidError) as refused:
        workspaces.create(
            actor=system_actor(), version=world.version, name=name, slug="", organizations=sides
        )
    assert refused.value.field == "name"
    with pytest.raises(InvalidError) as refused:
        workspaces.create(
            actor=system_actor(),
            version=world.version,
            name="Northwind",
            slug="",
            organizations={**sides, "party1": name},
        )
    assert refused.value.field == "organization_party1"
    with pytest.raises(InvalidError) as refused:
        evidence.add(
            actor=actor,
            workspace=world.workspace,
            content=evidence.NewNote("A note"),
            title=name,
            collected_on=timezone.localdate(),
        )
    assert refused.value.field == "title"
    assert AuditEvent.objects.count() == events
    assert not User.objects.filter(email="new@people.example").exists()
    assert not Workspace.objects.filter(name="Northwind").exists()


def test_names_are_kept_clean(world: World) -> None:
    user = accounts.add(actor=system_actor(), email="n@people.example", name=" Zoe\u0308  Ruiz ")
    assert user.name == "Zo\u00eb Ruiz"
    workspaces.create(
        actor=system_actor(),
        version=world.version,
        name=" North\twind ",
        slug="",
        organizations={"party0": "Vendor  Inc. ", "party1": " North  wind"},
    )
    assert Workspace.objects.filter(name="North wind").exists()
    assert Organization.objects.filter(name="North wind").count() == 1
    assert Organization.objects.filter(name="Vendor Inc.").count() == 1
