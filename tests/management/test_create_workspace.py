"""The command creates what the form creates, and says in one sentence why it does not."""

from __future__ import annotations

import datetime as dt
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from responsibilities.choices import Role
from responsibilities.models import AuditEvent, Membership, User, Workspace
from tests.world import make_user, make_version

DAY = (timezone.localdate() + dt.timedelta(days=30)).isoformat()
OPTIONS = (
    "--model=test-model",
    "--customer=Northwind",
    "--name=Northwind platform",
    "--manager=ann@people.example",
)


@pytest.fixture
def ann(db: None) -> User:  # noqa: ARG001 (the fixture opens the database)
    """The manager of the workspace. May not create one herself."""
    return make_user("Ann")


def create(*arguments: str) -> str:
    """Run the command and return what it says."""
    out = StringIO()
    call_command("create_workspace", *OPTIONS, *arguments, stdout=out, no_color=True)
    return out.getvalue()


@pytest.mark.usefixtures("ann")
def test_created_with_defaults(ann: User) -> None:
    make_version()
    assert create() == "Northwind platform: created at /w/northwind-platform/\n"
    workspace = Workspace.objects.get()
    assert [seat.organization.name for seat in workspace.seats.all()] == [
        "Test publisher",
        "Northwind",
    ]
    assert workspace.teams.count() == 4
    membership = Membership.objects.get()
    assert (membership.user, membership.role) == (ann, Role.MANAGER)
    assert membership.seat.party.key == "party0"
    assert AuditEvent.objects.get().actor_id is None


@pytest.mark.usefixtures("ann")
def test_created_with_everything_given() -> None:
    make_version(parties=3, sections=3)
    create(
        "--model=test-model@1",
        "--slug=nw",
        "--organization=party0=Vendor Inc.",
        "--organization=party2=Cloud = Ltd.",
        "--no-template",
        f"--target-date={DAY}",
    )
    workspace = Workspace.objects.get()
    assert (workspace.slug, str(workspace.target_date)) == ("nw", DAY)
    assert [seat.organization.name for seat in workspace.seats.all()] == [
        "Vendor Inc.",
        "Northwind",
        "Cloud = Ltd.",
    ]
    assert workspace.teams.count() == 0


@pytest.mark.usefixtures("ann")
@pytest.mark.parametrize(
    ("argument", "message"),
    [
        ("--model=other", "no published model version “other”"),
        ("--model=test-model@2", "no published model version"),
        ("--manager=bob@people.example", "add_user bob@people.example"),
        ("--slug=new", "reserved"),
        ("--name= ", "name"),
        ("--target-date=2001-01-01", "past"),
        ("--target-date=tomorrow", "target-date"),
        ("--organization=party9=X", "party0, party1"),
        ("--organization=party1", "organization"),
        ("--customer= ", "Party 1"),
    ],
)
def test_refused_in_a_sentence(argument: str, message: str) -> None:
    make_version()
    with pytest.raises(CommandError, match=message):
        create(argument)
    assert not Workspace.objects.exists()


@pytest.mark.usefixtures("ann")
def test_taken_address() -> None:
    make_version()
    create("--slug=nw")
    with pytest.raises(CommandError, match="already a workspace"):
        create("--slug=nw")
    create()
    create()
    slugs = set(Workspace.objects.values_list("slug", flat=True))
    assert slugs == {"nw", "northwind-platform", "northwind-platform-2"}
