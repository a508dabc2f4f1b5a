"""The steps that the demo is made of, each through the service that people use."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping

from django.utils import timezone

from responsibilities import matrix
from responsibilities.choices import Applicability, Role, Via
from responsibilities.models import Item, Membership, Release, Seat, Team, User, Workspace
from responsibilities.permissions import Actor, system_actor
from responsibilities.services import (
    assignments,
    attestations,
    items,
    members,
    releases,
    signoffs,
    statements,
    teams,
)
from responsibilities.services.demo import northwind_notes
from responsibilities.services.demo.people import DemoPerson

type Letters = Mapping[str, DemoPerson | None]


def user_of(person: DemoPerson) -> User:
    return User.objects.get(email=person.email)


def actor_of(workspace: Workspace, person: DemoPerson) -> Actor:
    membership = Membership.objects.select_related("seat__party", "seat__organization", "user").get(
        workspace=workspace, user__email=person.email
    )
    return Actor(user=membership.user, via=Via.COMMAND, membership=membership)


def signer_of(workspace: Workspace, person: DemoPerson) -> Actor:
    """Nobody signs from the command line; the demo's people signed in the browser."""
    actor = actor_of(workspace, person)
    return Actor(user=actor.user, via=Via.WEB, membership=actor.membership)


def seat_of(workspace: Workspace, kind: str) -> Seat:
    return workspace.seats.select_related("party", "organization").get(party__kind=kind)


def join(workspace: Workspace, entries: Iterable[tuple[DemoPerson, str, Role]]) -> None:
    for person, kind, role in entries:
        members.add(
            actor=system_actor(),
            workspace=workspace,
            seat=seat_of(workspace, kind),
            email=person.email,
            role=role,
        )


def put_on_teams(workspace: Workspace, plan: Mapping[str, tuple[DemoPerson, ...]]) -> None:
    by_email = {m.user.email: m.pk for m in workspace.memberships.select_related("user")}
    for team in workspace.teams.filter(name__in=plan).select_related("seat"):
        teams.change_members(
            actor=system_actor(),
            team=team,
            add=[by_email[person.email] for person in plan[team.name]],
        )


def set_letters(
    workspace: Workspace, key: str, team: str, person: DemoPerson, cell: Letters
) -> None:
    """Set a team's letters on an item, as `person` would."""
    found: Team = workspace.teams.get(name=team)
    assignments.set_cells(
        actor=actor_of(workspace, person),
        workspace=workspace,
        key=key,
        cells={
            found.pk: {letter: user_of(who).pk if who else None for letter, who in cell.items()}
        },
        seen_version=item_of(workspace, key).version,
    )


def item_of(workspace: Workspace, key: str) -> Item:
    return workspace.items.select_related("responsibility", "holder__party").get(
        responsibility__key=key
    )


def describe(workspace: Workspace, key: str, note: str, person: DemoPerson) -> None:
    item = item_of(workspace, key)
    reason = northwind_notes.NOT_APPLICABLE.get(key, "")
    days = northwind_notes.REVIEW_IN_DAYS.get(key)
    items.edit(
        actor=actor_of(workspace, person),
        workspace=workspace,
        key=key,
        seen_version=item.version,
        applicability=Applicability.NOT_APPLICABLE if reason else Applicability.APPLICABLE,
        applicability_reason=reason,
        chosen=northwind_notes.CHOSEN.get(key, {}),
        note=note,
        review_on=timezone.localdate() + dt.timedelta(days=days)
        if days is not None
        else item.review_on,
    )


def sign(workspace: Workspace, person: DemoPerson, keys: Iterable[str]) -> None:
    actor = signer_of(workspace, person)
    if actor.membership is None:
        return
    ids = workspace.items.filter(responsibility__key__in=list(keys)).values_list("pk", flat=True)
    grid = matrix.load(workspace, item_ids=ids)
    signoffs.sign_many(
        actor=actor,
        workspace=workspace,
        shown={row.key: statements.offer(row, actor.membership) for row in grid.rows},
        authentication=statements.Authentication("password", timezone.now()),
    )


def propose(workspace: Workspace, person: DemoPerson, summary: str) -> Release:
    """Propose the next whole number of a release, as the matrix is now."""
    grid = matrix.load(Workspace.objects.with_catalog().get(pk=workspace.pk))
    return releases.propose(
        actor=signer_of(workspace, person),
        workspace=workspace,
        shown_digest=matrix.digest(grid),
        step=releases.Step.MAJOR,
        summary=summary,
    )


def attest(workspace: Workspace, person: DemoPerson, release: Release) -> None:
    """Attest a proposal for the side of this person."""
    actor = signer_of(workspace, person)
    if actor.membership is None:
        return
    releases.attest(
        actor=actor,
        workspace=workspace,
        release_id=release.pk,
        shown=attestations.offer(release, actor.membership),
        authentication=statements.Authentication("password", timezone.now()),
    )
