"""The rows that matrices are made of, fetched as they are now. A constant number of queries."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db.models import F

from responsibilities.models import (
    Assignment,
    Evidence,
    EvidenceLink,
    Item,
    Membership,
    Seat,
    Section,
    Signoff,
    SignoffWithdrawal,
    Team,
    TeamMember,
    User,
    Workspace,
)

type Scope = dict[str, list[int]]


@dataclass(frozen=True, slots=True)
class Rows:
    """All rows behind some matrices, of one moment and in any order.

    `items` come with their responsibility, `sections` with their holder, `seats` with party and
    organization, `links` with evidence and its revision. `presences` are seat, user and role of
    each membership in force; `members` team, seat and user of each person on a team;
    `assignments` item, team, letter, and id, name and address of the person. A sign-off comes with
    its withdrawal, if it was withdrawn.
    """

    workspaces: Sequence[Workspace]
    items: Sequence[Item]
    sections: Sequence[Section]
    seats: Sequence[Seat]
    presences: Sequence[tuple[int, uuid.UUID, str]]
    teams: Sequence[Team]
    members: Sequence[tuple[uuid.UUID, int, User]]
    assignments: Sequence[tuple[int, uuid.UUID, str, uuid.UUID | None, str, str]]
    links: Sequence[tuple[int, Evidence]]
    signoffs: Sequence[tuple[Signoff, SignoffWithdrawal | None]]


def fetch(workspaces: Sequence[Workspace], item_ids: Iterable[int] | None) -> Rows:
    """Return the rows of some workspaces as they are now; of these items only, where given."""
    items = Item.objects.filter(workspace__in=workspaces)
    if item_ids is not None:
        items = items.filter(pk__in=list(item_ids))
    found = list(items.select_related("responsibility").order_by())
    scope = {"item__in": [item.pk for item in found]} if item_ids is not None else {}
    # Sections come apart: joined, each would come again with every one of its items.
    versions = {workspace.model_version_id for workspace in workspaces}
    seats = Seat.objects.filter(workspace__in=workspaces)
    return Rows(
        workspaces=workspaces,
        items=found,
        sections=list(Section.objects.filter(version__in=versions).select_related("holder")),
        seats=list(seats.select_related("party", "organization").order_by()),
        presences=list(
            Membership.objects.in_force()
            .filter(workspace__in=workspaces)
            .order_by()
            .values_list("seat_id", "user_id", "role")
        ),
        teams=list(Team.objects.in_use().filter(workspace__in=workspaces).order_by()),
        members=_members(workspaces),
        assignments=list(
            Assignment.objects.filter(team__workspace__in=workspaces, **scope)
            .order_by()
            .values_list(
                "item_id", "team_id", "letter", "person_id", "person__name", "person__email"
            )
        ),
        links=_links(workspaces, scope),
        signoffs=_signoffs(workspaces, scope),
    )


def _members(workspaces: Sequence[Workspace]) -> list[tuple[uuid.UUID, int, User]]:
    members = (
        TeamMember.objects.filter(team__workspace__in=workspaces)
        .filter(membership__seat=F("team__seat"))
        .select_related("membership__user")
        .order_by()
    )
    return [(one.team_id, one.membership.seat_id, one.membership.user) for one in members]


def _links(workspaces: Sequence[Workspace], scope: Scope) -> list[tuple[int, Evidence]]:
    links = EvidenceLink.objects.filter(
        evidence__workspace__in=workspaces, evidence__archived_at=None, **scope
    )
    fetched = links.select_related("evidence__current").order_by()
    return [(link.item_id, link.evidence) for link in fetched]


def _signoffs(
    workspaces: Sequence[Workspace], scope: Scope
) -> list[tuple[Signoff, SignoffWithdrawal | None]]:
    signoffs = (
        Signoff.objects.filter(item__workspace__in=workspaces, **scope)
        .select_related("withdrawal")
        .defer("content", "statement")
        .order_by()
    )
    return [(signoff, getattr(signoff, "withdrawal", None)) for signoff in signoffs]
