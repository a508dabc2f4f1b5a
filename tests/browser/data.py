"""What the browser tests find in the database. Runs inside `manage.py shell`, once per session."""

from __future__ import annotations

from responsibilities.choices import Role
from responsibilities.models import ModelVersion, Team, TeamMember, User, Workspace
from responsibilities.permissions import system_actor
from responsibilities.services import accounts, workspaces
from tests.editions import set_letters
from tests.releasing import make_release
from tests.signing import edit
from tests.world import World, join, make_user, make_world

ASTRO = "astro-remote-execution"
SIDES = {"astronomer": "party0", "customer": "party1"}


def make_harbor(world: World) -> Workspace:
    """Make a workspace of the 43 items: one member per side and role, all teams with people."""
    harbor = workspaces.create(
        actor=system_actor(),
        version=ModelVersion.objects.get(model__slug=ASTRO),
        name="Harbor Logistics",
        slug="harbor",
        organizations={"astronomer": "Astronomer", "customer": "Harbor Logistics"},
    )
    for side, of_world in SIDES.items():
        members = [
            join(harbor, world.user(of_world, role), side, role)
            for role in (Role.MANAGER, Role.CONTRIBUTOR, Role.APPROVER, Role.READER)
        ]
        TeamMember.objects.bulk_create(
            TeamMember(team=team, membership=member)
            for team in Team.objects.filter(workspace=harbor, seat__party__key=side)
            for member in members[:3]
        )
    join(harbor, world.user("party1", Role.AUDITOR), "customer", Role.AUDITOR)
    return harbor


def make_teams(workspace: Workspace, count: int) -> None:
    """Bring a workspace to `count` teams with long names, all on the customer's side."""
    seat = workspace.seats.get(party__key="customer")
    there = workspace.teams.count()
    Team.objects.bulk_create(
        Team(
            workspace=workspace,
            seat=seat,
            name=f"Infrastructure Reliability & Networking {number}",
            position=number,
        )
        for number in range(there, count)
    )


def make_wide(world: World) -> Workspace:
    """Make a workspace of the 43 items with fourteen teams, some with very long names."""
    wide = workspaces.create(
        actor=system_actor(),
        version=ModelVersion.objects.get(model__slug=ASTRO),
        name="Wide Harbor",
        slug="wide",
        organizations={"astronomer": "Astronomer", "customer": "Wide Harbor"},
    )
    join(wide, world.user("party0", Role.MANAGER), "astronomer", Role.MANAGER)
    make_teams(wide, 14)
    return wide


def make_creator() -> User:
    """Make a person who may create workspaces and is in none."""
    creator = make_user("Nora Creator")
    accounts.allow_creating(actor=system_actor(), user=creator)
    return creator


def release_acme() -> None:
    """Release the small workspace, then change one of its items. Run by the tests that need it."""
    acme = Workspace.objects.with_catalog().get(slug="acme")
    members = acme.memberships.select_related("user", "seat__party")
    world = World(
        version=acme.model_version,
        workspace=acme,
        elsewhere=Workspace.objects.get(slug="other"),
        outsider=User.objects.get(name="Olga Outsider"),
        people={(member.seat.party.key, member.role): member.user for member in members},
    )
    make_release(world)
    set_letters(world, "Party 0 team 1", "T-S0-01", {"I": None})
    edit(world, "T-S0-01", note="Written after the release.")


def make_all() -> None:
    """Make everything: the small world, and on the published model `harbor` and `wide`."""
    world = make_world()
    make_creator()
    make_harbor(world)
    make_wide(world)
