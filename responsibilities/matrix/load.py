"""Loads matrices: a constant number of queries, however many workspaces, items and teams."""

from __future__ import annotations

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby

from django.db.models import F
from django.utils import timezone

from responsibilities.choices import (
    Applicability,
    EvidenceKind,
    Letter,
    Meaning,
    Obligation,
    Role,
    SignoffState,
)
from responsibilities.matrix.content import item_content
from responsibilities.matrix.findings import item_findings, team_findings
from responsibilities.matrix.shapes import (
    EvidenceInfo,
    EvidenceState,
    Holding,
    ItemRow,
    Matrix,
    Person,
    SeatInfo,
    SectionGroup,
    SideState,
    SignoffInfo,
    TeamColumn,
)
from responsibilities.models import (
    Assignment,
    EvidenceLink,
    Item,
    Membership,
    Seat,
    Section,
    Signoff,
    Team,
    TeamMember,
    User,
    Workspace,
)

EXPIRING_WITHIN = dt.timedelta(days=30)
_LETTER_ORDER = {letter.value: position for position, letter in enumerate(Letter)}


@dataclass
class _Parts:
    """Everything fetched, keyed so that rows can be put together without a query."""

    today: dt.date
    sections: dict[int, Section] = field(default_factory=dict)
    seats: dict[int, SeatInfo] = field(default_factory=dict)
    seats_of: dict[uuid.UUID, list[SeatInfo]] = field(default_factory=lambda: defaultdict(list))
    present: set[tuple[int, uuid.UUID]] = field(default_factory=set)
    teams: dict[uuid.UUID, TeamColumn] = field(default_factory=dict)
    teams_of: dict[uuid.UUID, list[TeamColumn]] = field(default_factory=lambda: defaultdict(list))
    holdings: dict[int, list[Holding]] = field(default_factory=lambda: defaultdict(list))
    evidence: dict[int, list[EvidenceInfo]] = field(default_factory=lambda: defaultdict(list))
    signoffs: dict[tuple[int, int], list[SignoffInfo]] = field(
        default_factory=lambda: defaultdict(list)
    )


def load(workspace: Workspace, *, item_ids: Iterable[int] | None = None) -> Matrix:
    """Return the matrix of one workspace, as of now. Ten queries.

    `item_ids` limits the rows (for one row after a change); counts are then of those rows.
    """
    return load_many([workspace], item_ids=item_ids)[0]


def load_many(
    workspaces: Sequence[Workspace], *, item_ids: Iterable[int] | None = None
) -> list[Matrix]:
    """Return the matrices of several workspaces in their order. As many queries as for one."""
    if not workspaces:
        return []
    items = Item.objects.filter(workspace__in=workspaces)
    if item_ids is not None:
        items = items.filter(pk__in=list(item_ids))
    found = list(
        items.select_related("responsibility").order_by(
            "workspace_id",
            "responsibility__section__position",
            "responsibility__section__key",
            "responsibility__position",
            "responsibility__key",
        )
    )
    scope = {"item__in": [item.pk for item in found]} if item_ids is not None else {}
    parts = _Parts(today=timezone.localdate())
    _fetch_sections(parts, workspaces)
    _fetch_sides(parts, workspaces)
    _fetch_teams(parts, workspaces)
    _fetch_holdings(parts, workspaces, scope)
    _fetch_evidence(parts, workspaces, scope)
    _fetch_signoffs(parts, workspaces, scope)
    items_of: dict[uuid.UUID, list[Item]] = defaultdict(list)
    for item in found:
        items_of[item.workspace_id].append(item)
    return [_matrix(workspace, items_of[workspace.pk], parts) for workspace in workspaces]


def _fetch_sections(parts: _Parts, workspaces: Sequence[Workspace]) -> None:
    """Fetch sections apart: joined, each would come again with every one of its items."""
    versions = {workspace.model_version_id for workspace in workspaces}
    for section in Section.objects.filter(version__in=versions).select_related("holder"):
        parts.sections[section.pk] = section


def _fetch_sides(parts: _Parts, workspaces: Sequence[Workspace]) -> None:
    managed: set[int] = set()
    for seat_id, user_id, role in (
        Membership.objects.in_force()
        .filter(workspace__in=workspaces)
        .values_list("seat_id", "user_id", "role")
    ):
        parts.present.add((seat_id, user_id))
        if role == Role.MANAGER:
            managed.add(seat_id)
    seats = Seat.objects.filter(workspace__in=workspaces).select_related("party", "organization")
    for seat in seats.order_by("party__position", "party__key"):
        info = SeatInfo(
            id=seat.pk,
            key=seat.party.key,
            organization=seat.organization.name,
            party=seat.party.name,
            kind=seat.party.kind,
            position=seat.party.position,
            vacant=seat.pk not in managed,
        )
        parts.seats[seat.pk] = info
        parts.seats_of[seat.workspace_id].append(info)


def _person(parts: _Parts, seat_id: int, user: User) -> Person:
    present = (seat_id, user.pk) in parts.present
    return Person(id=user.pk, name=user.name, email=user.email, present=present)


def _fetch_teams(parts: _Parts, workspaces: Sequence[Workspace]) -> None:
    people: dict[uuid.UUID, list[Person]] = defaultdict(list)
    for member in (
        TeamMember.objects.filter(team__workspace__in=workspaces)
        .filter(membership__seat=F("team__seat"))
        .select_related("membership__user")
        .order_by("membership__user__name")
    ):
        membership = member.membership
        person = _person(parts, membership.seat_id, membership.user)
        if person.present:
            people[member.team_id].append(person)
    for team in (
        Team.objects.in_use()
        .filter(workspace__in=workspaces)
        .order_by("seat__party__position", "position", "name")
    ):
        column = TeamColumn(
            id=team.pk,
            name=team.name,
            description=team.description,
            seat=parts.seats[team.seat_id],
            people=tuple(people[team.pk]),
        )
        parts.teams[team.pk] = column
        parts.teams_of[team.workspace_id].append(column)


def _fetch_holdings(
    parts: _Parts, workspaces: Sequence[Workspace], scope: dict[str, list[int]]
) -> None:
    persons: dict[tuple[int, uuid.UUID], Person] = {}
    for item_id, team_id, letter, user_id, name, email in (
        Assignment.objects.filter(team__workspace__in=workspaces, **scope)
        .order_by("team__seat__party__position", "team__position", "team__name")
        .values_list(
            "item_id",
            "team_id",
            "letter",
            "person_id",
            "person__name",
            "person__email",
        )
    ):
        if team_id not in parts.teams:
            continue
        person = None
        if user_id is not None:
            key = (parts.teams[team_id].seat.id, user_id)
            if key not in persons:
                persons[key] = Person(user_id, name, email, key in parts.present)
            person = persons[key]
        parts.holdings[item_id].append(Holding(parts.teams[team_id], Letter(letter), person))
    columns = {team_id: position for position, team_id in enumerate(parts.teams)}
    for holdings in parts.holdings.values():
        holdings.sort(key=lambda h: (columns[h.team.id], _LETTER_ORDER[h.letter]))


def freshness(valid_until: dt.date | None, today: dt.date) -> EvidenceState:
    """Return how fresh evidence is on a day: expiring for its last 30 days, expired after."""
    if valid_until is None or valid_until > today + EXPIRING_WITHIN:
        return EvidenceState.FRESH
    return EvidenceState.EXPIRED if valid_until < today else EvidenceState.EXPIRING


def _fetch_evidence(
    parts: _Parts, workspaces: Sequence[Workspace], scope: dict[str, list[int]]
) -> None:
    links = EvidenceLink.objects.filter(
        evidence__workspace__in=workspaces, evidence__archived_at=None, **scope
    )
    infos: dict[uuid.UUID, EvidenceInfo] = {}
    for link in links.select_related("evidence__current").order_by(
        "evidence__title", "evidence__created_at"
    ):
        piece, revision = link.evidence, link.evidence.current
        if revision is None:
            continue
        if piece.pk not in infos:
            infos[piece.pk] = EvidenceInfo(
                id=piece.pk,
                revision_id=revision.pk,
                number=revision.number,
                title=piece.title,
                kind=EvidenceKind(piece.kind),
                seat=parts.seats[piece.seat_id],
                file_name=revision.file_name,
                url=revision.url,
                text=revision.text,
                sha256=revision.sha256,
                size=revision.size,
                media_type=revision.media_type,
                collected_on=revision.collected_on,
                valid_until=revision.valid_until,
                state=freshness(revision.valid_until, parts.today),
            )
        parts.evidence[link.item_id].append(infos[piece.pk])


def _fetch_signoffs(
    parts: _Parts, workspaces: Sequence[Workspace], scope: dict[str, list[int]]
) -> None:
    """Collect the sign-offs of each side on each item, newest first."""
    for signoff in (
        Signoff.objects.filter(item__workspace__in=workspaces, **scope)
        .select_related("withdrawal")
        .defer("content", "statement")
        .order_by("-number")
    ):
        withdrawal = getattr(signoff, "withdrawal", None)
        parts.signoffs[signoff.item_id, signoff.seat_id].append(
            SignoffInfo(
                id=signoff.pk,
                seat=parts.seats[signoff.seat_id],
                number=signoff.number,
                signer_id=signoff.signer_id,
                printed_name=signoff.printed_name,
                role=Role(signoff.role),
                meaning=Meaning(signoff.meaning),
                signed_at=signoff.signed_at,
                item_digest=signoff.item_digest,
                statement_digest=signoff.statement_digest,
                withdrawn_at=withdrawal.withdrawn_at if withdrawal else None,
                withdrawal_reason=withdrawal.reason if withdrawal else "",
            )
        )


def _side(row: ItemRow, seat: SeatInfo, signed: Sequence[SignoffInfo]) -> SideState:
    signoff = signed[0] if signed else None
    if signoff is None:
        state = SignoffState.NONE
    elif signoff.withdrawn_at:
        state = SignoffState.WITHDRAWN
    elif signoff.item_digest == row.digest:
        state = SignoffState.CURRENT
    else:
        state = SignoffState.STALE
    return SideState(
        seat=seat,
        is_holder=seat.id == row.holder.id,
        state=state,
        signoff=signoff,
        earlier=tuple(signed[1:]),
    )


def _row(workspace: Workspace, item: Item, parts: _Parts) -> ItemRow:
    duty = item.responsibility
    version = workspace.model_version
    holder = parts.seats[item.holder_id]
    holdings = tuple(parts.holdings.get(item.pk, ()))
    evidence = tuple(parts.evidence.get(item.pk, ()))
    row = ItemRow(
        id=item.pk,
        key=duty.key,
        title=duty.title,
        statement=duty.statement,
        obligation=Obligation(duty.obligation),
        condition=duty.condition,
        options=duty.options,
        guidance=duty.guidance,
        evidence_hints=duty.evidence_hints,
        review_interval_months=duty.review_interval_months,
        controls=duty.controls,
        section_key=parts.sections[duty.section_id].key,
        holder=holder,
        applicability=Applicability(item.applicability),
        applicability_reason=item.applicability_reason,
        chosen=item.chosen,
        note=item.note,
        review_on=item.review_on,
        version=item.version,
        updated_at=item.updated_at,
        holdings=holdings,
        evidence=evidence,
        content=item_content(
            item, (version.model.slug, version.label), holder.key, holdings, evidence
        ),
    )
    row.sides = tuple(
        _side(row, seat, parts.signoffs.get((item.pk, seat.id), ()))
        for seat in parts.seats_of[workspace.pk]
    )
    row.findings = item_findings(row, parts.today)
    return row


def _matrix(workspace: Workspace, items: Sequence[Item], parts: _Parts) -> Matrix:
    seats = tuple(parts.seats_of[workspace.pk])
    by_party = {seat.key: seat for seat in seats}
    sections = []
    for section_id, group in groupby(items, key=lambda item: item.responsibility.section_id):
        members = list(group)
        section = parts.sections[section_id]
        sections.append(
            SectionGroup(
                key=section.key,
                title=section.title,
                plane=section.plane,
                summary=section.summary,
                holder=by_party[section.holder.key],
                rows=tuple(_row(workspace, item, parts) for item in members),
            )
        )
    teams = tuple(parts.teams_of[workspace.pk])
    matrix = Matrix(
        workspace=workspace,
        seats=seats,
        teams=teams,
        sections=tuple(sections),
        team_findings=(),
        today=parts.today,
        total=len(items),
    )
    return replace(matrix, team_findings=team_findings(teams, matrix.sections))
