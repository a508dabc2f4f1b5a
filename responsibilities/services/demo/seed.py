"""Fills an empty database with the demo, through the same services that people use."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from django.conf import settings
from django.contrib.auth.models import Permission
from django.db import transaction
from django.utils import timezone

from responsibilities.choices import PartyKind, Role
from responsibilities.models import ModelVersion, Party, User, Workspace
from responsibilities.permissions import system_actor
from responsibilities.services import evidence, workspaces
from responsibilities.services.demo import northwind, people, steps
from responsibilities.services.errors import InvalidError
from responsibilities.services.evidence_content import NewNote

ASTRO = ("astro-remote-execution", "2026-11")
KUBERNETES = ("kubernetes-managed-service", "2026-11")


def seed() -> list[Workspace]:
    """Add the demo's people and three workspaces, and return the workspaces.

    Raises InvalidError where the demo does not belong: unless REXMATRIX_DEMO is on, and where
    there already is somebody.
    """
    if not settings.REXMATRIX_DEMO:
        msg = "Demo data belongs on the embedded default only: REXMATRIX_DEMO is off."
        raise InvalidError(msg)
    if User.objects.exists():
        msg = "The database is not empty. Demo data goes only into an empty one."
        raise InvalidError(msg)
    with transaction.atomic():
        _add_people()
        first = _workspace(ASTRO, "northwind", people.NORTHWIND, {}, 45)
        northwind.fill(first)
        globex = _workspace(ASTRO, "globex", people.GLOBEX, {}, 90)
        _begin_globex(globex)
        contoso = _workspace(
            KUBERNETES, "contoso", people.CONTOSO, {PartyKind.THIRD_PARTY: people.CLOUD}, 60
        )
        _begin_contoso(contoso)
    return [first, globex, contoso]


def _add_people() -> None:
    for person in people.EVERYBODY:
        password = settings.REXMATRIX_DEMO_PASSWORD if person.signs_in else None
        User.objects.create_user(person.email, password, name=person.name)
    permission = Permission.objects.get(
        codename="add_workspace", content_type__app_label="responsibilities"
    )
    steps.user_of(people.MARA).user_permissions.add(permission)


def _workspace(
    version: tuple[str, str],
    slug: str,
    customer: str,
    others: Mapping[str, str],
    days: int,
) -> Workspace:
    chosen = ModelVersion.objects.get_by_natural_key(*version)
    names = {PartyKind.PROVIDER: people.VENDOR, PartyKind.CUSTOMER: customer, **others}
    parties = list(Party.objects.filter(version=chosen))
    return workspaces.create(
        actor=system_actor(),
        version=chosen,
        name=customer,
        slug=slug,
        organizations={party.key: names[PartyKind(party.kind)] for party in parties},
        manager=steps.user_of(people.MARA),
        manager_party=next(p.key for p in parties if p.kind == PartyKind.PROVIDER),
        target_date=timezone.localdate() + dt.timedelta(days=days),
    )


def _begin_globex(workspace: Workspace) -> None:
    steps.join(workspace, [(people.CARMEN, PartyKind.CUSTOMER, Role.MANAGER)])
    steps.put_on_teams(workspace, {"Data Platform": (people.CARMEN,)})
    steps.describe(
        workspace, "RE-SCR-01", "HashiCorp Vault is planned; decision in January.", people.CARMEN
    )


def _begin_contoso(workspace: Workspace) -> None:
    steps.join(
        workspace,
        [
            (people.HANA, PartyKind.THIRD_PARTY, Role.MANAGER),
            (people.OMAR, PartyKind.CUSTOMER, Role.MANAGER),
            (people.PRIYA, PartyKind.PROVIDER, Role.CONTRIBUTOR),
        ],
    )
    steps.put_on_teams(
        workspace,
        {
            "Cloud Operations": (people.HANA,),
            "Cluster Operations": (people.MARA, people.PRIYA),
            "Security Operations": (people.PRIYA,),
            "Platform Ownership": (people.OMAR,),
            "Product Engineering": (people.OMAR,),
        },
    )
    evidence.add(
        actor=steps.actor_of(workspace, people.HANA),
        workspace=workspace,
        content=NewNote("ISO/IEC 27001 certificate of all regions, valid until 30 June 2027."),
        collected_on=timezone.localdate() - dt.timedelta(days=60),
        title="Certificate of the data centres",
        items=["KW-PHY-01", "KW-PHY-02"],
    )
    steps.sign(workspace, people.HANA, ["KW-PHY-01", "KW-PHY-02"])
    steps.sign(workspace, people.MARA, ["KW-PHY-01", "KW-NOD-01", "KW-NOD-02"])
    steps.sign(workspace, people.OMAR, ["KW-PHY-01", "KW-NOD-01", "KW-IDN-01"])
    proposal = steps.propose(
        workspace, people.OMAR, "First edition, before the cluster goes into production."
    )
    steps.attest(workspace, people.HANA, proposal)
