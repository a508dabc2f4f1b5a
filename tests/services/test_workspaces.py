"""Workspaces: made in a constant number of queries, refused with a reason, audited once."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from responsibilities.choices import AuditAction, Letter, Role, VersionStatus, Via
from responsibilities.models import (
    Assignment,
    AuditEvent,
    Item,
    Membership,
    ModelVersion,
    Organization,
    Party,
    User,
    Workspace,
)
from responsibilities.permissions import Actor, NotAllowedError, system_actor
from responsibilities.services import workspace_setup, workspaces
from responsibilities.services.errors import InvalidError
from responsibilities.services.workspaces import months_after
from tests.world import World, make_user, make_version

TOMORROW = timezone.localdate() + dt.timedelta(days=1)
YESTERDAY = timezone.localdate() - dt.timedelta(days=1)


def make(version: ModelVersion, **values: Any) -> Workspace:
    """Make a workspace, as the operator unless told."""
    parties = Party.objects.filter(version=version)
    wanted: dict[str, Any] = {
        "actor": system_actor(),
        "version": version,
        "name": "Acme",
        "slug": "acme",
        "organizations": {party.key: f"Organization {party.key}" for party in parties},
    }
    return workspaces.create(**(wanted | values))


@pytest.fixture
def creator(db: None) -> User:  # noqa: ARG001 (the fixture opens the database)
    """A person who may create workspaces."""
    user = make_user("Nora New")
    user.user_permissions.add(Permission.objects.get(codename="add_workspace"))
    return User.objects.get(pk=user.pk)


@pytest.mark.django_db
def test_it_has_seats_teams_items_letters_and_a_manager(creator: User) -> None:
    version = make_version()
    workspace = make(
        version,
        actor=Actor(user=creator, via=Via.WEB),
        manager=creator,
        manager_party="party0",
        target_date=TOMORROW,
    )
    assert workspace.created_by == creator
    assert workspace.target_date == TOMORROW
    assert [seat.organization.name for seat in workspace.seats.all()] == [
        "Organization party0",
        "Organization party1",
    ]
    assert workspace.teams.count() == 4
    assert workspace.items.count() == 6
    for item in workspace.items.all():
        letters = [assignment.letter for assignment in item.assignments.all()]
        assert letters.count(Letter.ACCOUNTABLE) == 1
        assert Letter.RESPONSIBLE in letters
        assert item.review_on == months_after(timezone.localdate(), 12)
    membership = Membership.objects.get(workspace=workspace)
    assert (membership.user, membership.role) == (creator, Role.MANAGER)
    assert membership.seat.party.key == "party0"


@pytest.mark.django_db
def test_one_event_says_from_what_and_for_whom(creator: User) -> None:
    workspace = make(
        make_version(),
        actor=Actor(user=creator, via=Via.WEB),
        manager=creator,
        manager_party="party0",
    )
    event = AuditEvent.objects.get(workspace=workspace)
    assert (event.seq, event.action) == (0, AuditAction.WORKSPACE_CREATED)
    assert event.actor_id == creator.pk
    payload = json.loads(event.payload.payload)
    assert payload["label"] == "Acme"
    assert {change["field"]: change["new"] for change in payload["changes"]} == {
        "model": "Test model 1",
        "Party 0": "Organization party0",
        "Party 1": "Organization party1",
        "manager": "Nora New",
    }


@pytest.mark.django_db
def test_without_template_there_are_items_and_nothing_else() -> None:
    workspace = make(make_version(), use_template=False)
    assert workspace.items.count() == 6
    assert workspace.teams.count() == 0
    assert not Assignment.objects.filter(item__workspace=workspace).exists()


@pytest.mark.django_db
def test_three_parties() -> None:
    workspace = make(make_version(parties=3, sections=3))
    assert workspace.seats.count() == 3
    holders = set(Item.objects.filter(workspace=workspace).values_list("holder__party__key"))
    assert holders == {("party0",), ("party1",), ("party2",)}


@pytest.mark.django_db
def test_queries_do_not_grow_with_the_model() -> None:
    def count(slug: str, sections: int, per_section: int) -> int:
        version = make_version(sections=sections, per_section=per_section, slug=slug)
        with CaptureQueriesContext(connection) as queries:
            workspace = make(version, slug=slug)
        assert workspace.items.count() == sections * per_section
        return len(queries)

    assert count("small", 1, 43) == count("large", 8, 50)


@pytest.mark.django_db
def test_a_person_needs_the_right(world: World) -> None:
    actor = Actor(user=world.user("party0", Role.MANAGER), via=Via.WEB)
    with pytest.raises(NotAllowedError):
        make(world.version, actor=actor, slug="third")
    assert not Workspace.objects.filter(slug="third").exists()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"slug": "new"}, "slug"),
        ({"slug": "NEW"}, "slug"),
        ({"slug": "all"}, "slug"),
        ({"slug": "a b"}, "slug"),
        ({"slug": "-a"}, "slug"),
        ({"slug": "ä"}, "slug"),
        ({"slug": "a" * 61}, "slug"),
        ({"name": "  "}, "name"),
        ({"name": "n" * 121}, "name"),
        ({"target_date": YESTERDAY}, "target_date"),
        ({"organizations": {"party0": "Vendor", "party1": " "}}, "organization_party1"),
        ({"organizations": {"party0": "v" * 121, "party1": "c"}}, "organization_party0"),
        ({"manager_party": "nobody"}, "manager_party"),
    ],
)
def test_refused_beside_the_field(creator: User, values: dict[str, Any], field: str) -> None:
    version = make_version()
    with pytest.raises(InvalidError) as refused:
        make(version, **({"manager": creator, "manager_party": "party0"} | values))
    assert refused.value.field == field
    assert refused.value.message
    assert not Workspace.objects.exists()
    assert not Organization.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize("status", [VersionStatus.DRAFT, VersionStatus.WITHDRAWN])
def test_only_published_versions(status: VersionStatus) -> None:
    version = make_version()
    version.status = status
    version.save()
    with pytest.raises(InvalidError) as refused:
        make(version)
    assert refused.value.field == "version"


@pytest.mark.django_db
def test_second_at_one_address_is_refused_whatever_the_case() -> None:
    version = make_version()
    make(version)
    for slug in ("acme", "ACME"):
        with pytest.raises(InvalidError) as refused:
            make(version, slug=slug)
        assert refused.value.field == "slug"
    assert Workspace.objects.count() == 1
    assert Organization.objects.count() == 2


@pytest.mark.django_db
def test_empty_address_is_made_from_the_name() -> None:
    version = make_version()
    names = ["Müller & Söhne", "Müller & Söhne", "New", "北風", "x" * 120]
    slugs = [make(version, name=name, slug="").slug for name in names]
    assert slugs == ["muller-sohne", "muller-sohne-2", "new-2", "workspace", "x" * 55]


@pytest.mark.django_db
def test_organizations_are_shared_by_name() -> None:
    version = make_version()
    names = {"party0": "Vendor", "party1": "Vendor"}
    make(version, organizations=names)
    make(version, slug="second", organizations=names)
    assert Organization.objects.count() == 1


@pytest.mark.django_db
def test_which_version_a_reference_names() -> None:
    old = make_version()
    new = ModelVersion.objects.create(
        model=old.model,
        label="2",
        status=VersionStatus.PUBLISHED,
        released_on=dt.date(2026, 12, 1),
    )
    assert workspace_setup.published_version("test-model") == new
    assert workspace_setup.published_version("test-model@1") == old
    for wrong in ("test-model@3", "other", "other@1", ""):
        with pytest.raises(InvalidError):
            workspace_setup.published_version(wrong)


@pytest.mark.django_db
def test_default_organizations() -> None:
    version = make_version(parties=3)
    assert workspace_setup.default_organizations(version, customer="Acme") == {
        "party0": "Test publisher",
        "party1": "Acme",
        "party2": "Party 2",
    }
    named = workspace_setup.default_organizations(
        version, customer="Acme", named={"party2": "Cloud"}
    )
    assert named["party2"] == "Cloud"
    with pytest.raises(InvalidError, match="party0, party1, party2"):
        workspace_setup.default_organizations(version, named={"party9": "Nobody"})
    assert workspace_setup.provider_party(version) == "party0"


def test_edit_renames_and_moves_the_date_with_one_event(world: World) -> None:
    events = AuditEvent.objects.filter(workspace=world.workspace).count()
    workspaces.edit(
        actor=world.actor("party1"),
        workspace=world.workspace,
        name=" Acme Corp ",
        target_date=TOMORROW,
    )
    world.workspace.refresh_from_db()
    assert (world.workspace.name, world.workspace.target_date) == ("Acme Corp", TOMORROW)
    assert AuditEvent.objects.filter(workspace=world.workspace).count() == events + 1
    workspaces.edit(
        actor=world.actor("party1"),
        workspace=world.workspace,
        name="Acme Corp",
        target_date=TOMORROW,
    )
    assert AuditEvent.objects.filter(workspace=world.workspace).count() == events + 1


def test_what_blocks_a_release_is_part_of_the_one_event(world: World) -> None:
    events = AuditEvent.objects.filter(workspace=world.workspace).count()
    chosen = ["review_overdue", "no_accountable", "review_overdue"]
    for _time in range(2):
        workspaces.edit(
            actor=world.actor("party1"),
            workspace=world.workspace,
            name="Acme Corp",
            target_date=None,
            blocking_findings=chosen,
        )
    world.workspace.refresh_from_db()
    assert world.workspace.blocking_findings == ["no_accountable", "review_overdue"]
    assert AuditEvent.objects.filter(workspace=world.workspace).count() == events + 1
    event = AuditEvent.objects.filter(workspace=world.workspace).latest("seq")
    assert json.loads(event.payload.payload)["changes"] == [
        {"field": "name", "old": "Acme", "new": "Acme Corp"},
        {
            "field": "findings that block a release",
            "old": "Nobody is accountable, Nobody is responsible, Accountable on another side, "
            "Sign-off stale",
            "new": "Nobody is accountable, Review overdue",
        },
    ]


def test_without_a_choice_what_blocks_stays(world: World) -> None:
    before = list(world.workspace.blocking_findings)
    for chosen, expected in ((None, before), ([], [])):
        workspaces.edit(
            actor=world.actor("party0"),
            workspace=world.workspace,
            name="Acme",
            target_date=None,
            blocking_findings=chosen,
        )
        world.workspace.refresh_from_db()
        assert world.workspace.blocking_findings == expected
    with pytest.raises(InvalidError) as refused:
        workspaces.edit(
            actor=world.actor("party0"),
            workspace=world.workspace,
            name="Acme",
            target_date=None,
            blocking_findings=["bad_mood"],
        )
    assert refused.value.field == "blocking_findings"


@pytest.mark.parametrize("role", [Role.CONTRIBUTOR, Role.APPROVER, Role.READER])
def test_only_managers_edit(world: World, role: str) -> None:
    for side in ("party0", "party1"):
        with pytest.raises(NotAllowedError):
            workspaces.edit(
                actor=world.actor(side, role),
                workspace=world.workspace,
                name="Other",
                target_date=None,
                blocking_findings=[],
            )
    world.workspace.refresh_from_db()
    assert world.workspace.name == "Acme"
    assert world.workspace.blocking_findings


def test_a_past_date_may_stay_but_not_come(world: World) -> None:
    Workspace.objects.filter(pk=world.workspace.pk).update(target_date=YESTERDAY)
    workspaces.edit(
        actor=world.actor("party0"),
        workspace=world.workspace,
        name="Renamed",
        target_date=YESTERDAY,
    )
    with pytest.raises(InvalidError) as refused:
        workspaces.edit(
            actor=world.actor("party0"),
            workspace=world.workspace,
            name="Renamed",
            target_date=YESTERDAY - dt.timedelta(days=1),
        )
    assert refused.value.field == "target_date"


@pytest.mark.parametrize(
    ("day", "months", "then"),
    [
        (dt.date(2026, 11, 22), 1, dt.date(2026, 12, 22)),
        (dt.date(2026, 11, 22), 2, dt.date(2027, 1, 22)),
        (dt.date(2026, 11, 30), 3, dt.date(2027, 2, 28)),
        (dt.date(2027, 11, 30), 3, dt.date(2028, 2, 29)),
        (dt.date(2028, 2, 29), 12, dt.date(2029, 2, 28)),
        (dt.date(2026, 12, 31), 12, dt.date(2027, 12, 31)),
        (dt.date(2026, 12, 31), 2, dt.date(2027, 2, 28)),
        (dt.date(2026, 1, 31), 0, dt.date(2026, 1, 31)),
        (dt.date(2026, 10, 31), 1, dt.date(2026, 11, 30)),
        (dt.date(2026, 11, 30), 13, dt.date(2027, 12, 30)),
    ],
)
def test_months_after(day: dt.date, months: int, then: dt.date) -> None:
    assert months_after(day, months) == then
