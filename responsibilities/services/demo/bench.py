"""Large data for measuring: a made-up model of any size, and workspaces of it."""

from __future__ import annotations

import datetime as dt

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from responsibilities import canonical, matrix
from responsibilities.choices import Letter, Obligation, PartyKind, Role, VersionStatus, Via
from responsibilities.models import (
    DefaultAssignment,
    Membership,
    ModelVersion,
    Party,
    Responsibility,
    ResponsibilityModel,
    Section,
    TeamTemplate,
    User,
    Workspace,
)
from responsibilities.permissions import Actor, system_actor
from responsibilities.services import evidence, signoffs, statements, workspaces
from responsibilities.services.errors import InvalidError
from responsibilities.services.evidence_content import NewNote

ITEMS_PER_SECTION = 25
TEAMS = {PartyKind.PROVIDER: 4, PartyKind.CUSTOMER: 5}
EVERY_NTH_WITH_EVIDENCE = 4
STATEMENT = (
    "Review the settings of component {n}, keep them in line with the agreed policy, document "
    "every exception with its reason and its end, and retain the record for the next audit."
)


@transaction.atomic
def seed(*, workspace_count: int, items: int) -> list[Workspace]:
    """Add `workspace_count` workspaces of a model with `items` responsibilities and nine teams.

    Every fourth item has evidence, and the provider has signed its own items. Returns the
    workspaces. Raises InvalidError unless REXMATRIX_DEMO is on, or for counts below one.
    """
    if not settings.REXMATRIX_DEMO:
        msg = "Made-up data belongs on the embedded default only: REXMATRIX_DEMO is off."
        raise InvalidError(msg)
    if workspace_count < 1 or items < 1:
        msg = "Both counts have to be at least 1."
        raise InvalidError(msg)
    version = _version(items)
    people = [_person(kind, version) for kind in TEAMS]
    return [_workspace(version, people, n) for n in range(1, workspace_count + 1)]


def _version(items: int) -> ModelVersion:
    label = timezone.now().strftime("%Y%m%d%H%M%S%f")
    model, _ = ResponsibilityModel.objects.get_or_create(
        slug=f"bench-{items}",
        defaults={"title": f"Measuring model, {items} items", "publisher": "Rexmatrix"},
    )
    version = ModelVersion.objects.create(
        model=model,
        label=label,
        status=VersionStatus.PUBLISHED,
        released_on=timezone.localdate(),
        digest=canonical.sha256_hex({"bench": items, "label": label}),
    )
    parties = Party.objects.bulk_create(
        Party(version=version, key=kind.value, name=str(kind.label), kind=kind, position=n)
        for n, kind in enumerate(TEAMS)
    )
    teams = TeamTemplate.objects.bulk_create(
        TeamTemplate(
            version=version,
            party=party,
            key=f"{party.key}-{n}",
            name=f"{party.name} team {n + 1}",
            position=n,
        )
        for party in parties
        for n in range(TEAMS[PartyKind(party.kind)])
    )
    _add_duties(version, parties, teams, items)
    return version


def _add_duties(
    version: ModelVersion, parties: list[Party], teams: list[TeamTemplate], items: int
) -> None:
    sections = Section.objects.bulk_create(
        Section(
            version=version,
            key=f"S{n:03}",
            title=f"Section {n + 1}",
            plane="Plane",
            holder=parties[n % len(parties)],
            position=n,
        )
        for n in range(-(-items // ITEMS_PER_SECTION))
    )
    duties = Responsibility.objects.bulk_create(
        Responsibility(
            version=version,
            section=sections[n // ITEMS_PER_SECTION],
            key=f"BM-{n + 1:05}",
            title=f"Settings of component {n + 1}",
            statement=STATEMENT.format(n=n + 1),
            obligation=Obligation.OPTIONAL if n % 10 == 9 else Obligation.REQUIRED,
            evidence_hints=["Export of the settings with date"],
            controls=[{"framework": "NIST SP 800-53 Rev. 5", "control": "CM-6"}],
            position=n % ITEMS_PER_SECTION,
        )
        for n in range(items)
    )
    DefaultAssignment.objects.bulk_create(
        DefaultAssignment(responsibility=duty, team=team, letter=letter)
        for n, duty in enumerate(duties)
        for team, letter in _letters(n, duty.section.holder, teams)
    )


def _letters(n: int, holder: Party, teams: list[TeamTemplate]) -> list[tuple[TeamTemplate, Letter]]:
    own = [team for team in teams if team.party == holder]
    others = [team for team in teams if team.party != holder]
    first = own[n % len(own)]
    return [
        (first, Letter.RESPONSIBLE),
        (first, Letter.ACCOUNTABLE),
        (own[(n + 1) % len(own)], Letter.CONSULTED),
        (others[n % len(others)], Letter.CONSULTED),
        (others[(n + 1) % len(others)], Letter.INFORMED),
    ]


def _person(kind: PartyKind, version: ModelVersion) -> User:
    return User.objects.create_user(
        f"bench-{kind}-{version.pk}@bench.example",
        settings.REXMATRIX_DEMO_PASSWORD,
        name=f"Bench {kind.label}",
    )


def _workspace(version: ModelVersion, people: list[User], n: int) -> Workspace:
    provider, customer = people
    workspace = workspaces.create(
        actor=system_actor(),
        version=version,
        name=f"Bench {n} of {version.model.slug}",
        slug=f"{version.model.slug}-{version.pk}-{n}",
        organizations={
            PartyKind.PROVIDER: "Bench vendor",
            PartyKind.CUSTOMER: f"Bench customer {n}",
        },
        manager=provider,
        manager_party=PartyKind.PROVIDER,
    )
    Membership.objects.create(
        workspace=workspace,
        seat=workspace.seats.get(party__kind=PartyKind.CUSTOMER),
        user=customer,
        role=Role.MANAGER,
    )
    membership = Membership.objects.select_related("seat__party", "seat__organization", "user").get(
        workspace=workspace, user=provider
    )
    actor = Actor(user=provider, via=Via.WEB, membership=membership)
    _prove_and_sign(workspace, actor, membership)
    return workspace


def _prove_and_sign(workspace: Workspace, actor: Actor, membership: Membership) -> None:
    grid = matrix.load(workspace)
    today = timezone.localdate()
    for row in grid.rows[::EVERY_NTH_WITH_EVIDENCE]:
        evidence.add(
            actor=actor,
            workspace=workspace,
            content=NewNote(f"Settings of {row.key} were exported and compared with the policy."),
            collected_on=today - dt.timedelta(days=10),
            title=f"Export for {row.key}",
            items=[row.key],
        )
    held = [row for row in matrix.load(workspace).rows if row.holder.id == membership.seat_id]
    signoffs.sign_many(
        actor=actor,
        workspace=workspace,
        shown={row.key: statements.offer(row, membership) for row in held},
        authentication=statements.Authentication("password", timezone.now()),
    )
