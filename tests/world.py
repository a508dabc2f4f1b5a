"""A small world for tests: one model, two workspaces, named people. Made by the real services."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from functools import cached_property

from responsibilities.choices import Letter, Obligation, PartyKind, Role, VersionStatus, Via
from responsibilities.models import (
    DefaultAssignment,
    Item,
    Membership,
    ModelVersion,
    Party,
    Responsibility,
    ResponsibilityModel,
    Seat,
    Section,
    Team,
    TeamMember,
    TeamTemplate,
    User,
    Workspace,
)
from responsibilities.permissions import Actor, system_actor
from responsibilities.services import workspaces

PASSWORD = "correct horse battery staple"


def make_user(name: str) -> User:
    """Make a user whose address is made of the name."""
    address = f"{name.lower().replace(' ', '.')}@people.example"
    return User.objects.create_user(address, PASSWORD, name=name)


def make_version(
    *, parties: int = 2, sections: int = 2, per_section: int = 3, slug: str = "test-model"
) -> ModelVersion:
    """Make a published model version.

    Party 0 is the provider, 1 the customer, others third parties; section n is held by party
    n modulo `parties`. Each party has two starter teams; the first of the holder's is R and A,
    the second C, and the first of every other party's is I.
    """
    model = ResponsibilityModel.objects.create(
        slug=slug, title="Test model", publisher="Test publisher"
    )
    version = ModelVersion.objects.create(
        model=model,
        label="1",
        status=VersionStatus.PUBLISHED,
        released_on=dt.date(2026, 11, 1),
        digest="0" * 64,
    )
    kinds = [PartyKind.PROVIDER, PartyKind.CUSTOMER]
    sides = [
        Party.objects.create(
            version=version,
            key=f"party{n}",
            name=f"Party {n}",
            kind=kinds[n] if n < len(kinds) else PartyKind.THIRD_PARTY,
            position=n,
        )
        for n in range(parties)
    ]
    teams = {
        party.pk: [
            TeamTemplate.objects.create(
                version=version,
                key=f"{party.key}-team{n}",
                party=party,
                name=f"{party.name} team {n}",
                position=n,
            )
            for n in range(2)
        ]
        for party in sides
    }
    for n in range(sections):
        holder = sides[n % parties]
        section = Section.objects.create(
            version=version,
            key=f"S{n}",
            title=f"Section {n}",
            plane="Test plane",
            holder=holder,
            position=n,
        )
        for m in range(per_section):
            duty = Responsibility.objects.create(
                version=version,
                section=section,
                key=f"T-S{n}-{m + 1:02d}",
                title=f"Duty {n}.{m}",
                statement=f"Do duty {m} of section {n}.",
                obligation=Obligation.OPTIONAL if m == 2 else Obligation.REQUIRED,
                options=[{"key": "tool", "name": "Tool", "choices": ["Hammer", "Saw"]}]
                if m == 0
                else [],
                evidence_hints=["Export of the settings"],
                position=m,
            )
            first, second = teams[holder.pk]
            letters = [
                (first, Letter.RESPONSIBLE),
                (first, Letter.ACCOUNTABLE),
                (second, Letter.CONSULTED),
                *(
                    (teams[party.pk][0], Letter.INFORMED)
                    for party in sides
                    if party.pk != holder.pk
                ),
            ]
            DefaultAssignment.objects.bulk_create(
                DefaultAssignment(responsibility=duty, team=team, letter=letter)
                for team, letter in letters
            )
    return version


@dataclass
class World:
    """Two workspaces of one model.

    In `workspace` sit, on each side, a manager, a contributor, an approver and a reader, and
    an auditor on the customer's. `outsider` manages the customer's side of `elsewhere` and is
    no member of `workspace`. The first team of each side has that side's manager and
    contributor on it.
    """

    version: ModelVersion
    workspace: Workspace
    elsewhere: Workspace
    outsider: User
    people: dict[tuple[str, str], User] = field(default_factory=dict)

    def user(self, side: str, role: str) -> User:
        """Return a person by side key (``party0``, ``party1``) and role."""
        return self.people[side, role]

    def actor(self, side: str, role: str = Role.MANAGER) -> Actor:
        """Return a person as an actor in `workspace`."""
        return actor_in(self.workspace, self.user(side, role))

    @cached_property
    def provider(self) -> Seat:
        """The provider's side."""
        return self.workspace.seats.select_related("party").get(party__key="party0")

    @cached_property
    def customer(self) -> Seat:
        """The customer's side."""
        return self.workspace.seats.select_related("party").get(party__key="party1")

    def team(self, name: str) -> Team:
        """Return a team by name, such as ``Party 0 team 1``."""
        return self.workspace.teams.get(name=name)

    def item(self, key: str) -> Item:
        """Return an item as it is in the database now. ``T-S0-01`` is held by the provider."""
        return self.workspace.items.select_related("responsibility").get(responsibility__key=key)


def actor_in(workspace: Workspace, user: User) -> Actor:
    """Return `user` as an actor in `workspace`, in the browser."""
    membership = Membership.objects.select_related("seat__party", "user").get(
        workspace=workspace, user=user
    )
    return Actor(user=user, via=Via.WEB, membership=membership)


def join(workspace: Workspace, user: User, side: str, role: str) -> Membership:
    """Put a person on a side of a workspace."""
    seat = workspace.seats.get(party__key=side)
    return Membership.objects.create(workspace=workspace, seat=seat, user=user, role=role)


def make_workspace(version: ModelVersion, slug: str, customer: str) -> Workspace:
    """Make a workspace with the starter teams and no members."""
    names = ["Vendor Inc.", customer, "Third Ltd.", "Fourth Ltd."]
    parties = Party.objects.filter(version=version)
    return workspaces.create(
        actor=system_actor(),
        version=version,
        name=customer,
        slug=slug,
        organizations={
            party.key: name for party, name in zip(parties, names[: len(parties)], strict=True)
        },
    )


def make_world() -> World:
    """Make the world. See `World`."""
    version = make_version()
    world = World(
        version=version,
        workspace=make_workspace(version, "acme", "Acme"),
        elsewhere=make_workspace(version, "other", "Other"),
        outsider=make_user("Olga Outsider"),
    )
    join(world.elsewhere, world.outsider, "party1", Role.MANAGER)
    for side, names in (("party0", "Vera Victor Vivian Vincent"), ("party1", "Clara Carl Cleo Cy")):
        roles = (Role.MANAGER, Role.CONTRIBUTOR, Role.APPROVER, Role.READER)
        for role, first in zip(roles, names.split(), strict=True):
            _add(world, side, role, first)
        for role in (Role.MANAGER, Role.CONTRIBUTOR):
            TeamMember.objects.create(
                team=world.workspace.teams.get(seat__party__key=side, name__endswith="team 0"),
                membership=Membership.objects.get(
                    workspace=world.workspace, user=world.user(side, role)
                ),
            )
    _add(world, "party1", Role.AUDITOR, "Ada")
    return world


def _add(world: World, side: str, role: str, first: str) -> None:
    user = make_user(f"{first} {role.title()}")
    join(world.workspace, user, side, role)
    world.people[side, role] = user
