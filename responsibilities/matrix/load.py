"""Loads matrices: a constant number of queries, however many workspaces, items and teams."""

from __future__ import annotations

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby

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
from responsibilities.matrix import past, rows
from responsibilities.matrix.content import item_content
from responsibilities.matrix.findings import item_findings, team_findings
from responsibilities.matrix.rows import Rows
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
from responsibilities.models import Evidence, EvidenceRevision, Item, Section, Workspace

EXPIRING_WITHIN = dt.timedelta(days=30)
_LETTER_ORDER = {letter.value: position for position, letter in enumerate(Letter)}


@dataclass
class _Parts:
    """The rows in shape and in order, keyed so that a matrix can be put together."""

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


def load(
    workspace: Workspace,
    *,
    item_ids: Iterable[int] | None = None,
    at: dt.datetime | None = None,
) -> Matrix:
    """Return the matrix of one workspace, as of now or as it stood at a moment. Ten queries.

    `item_ids` limits the rows (for one row after a change); counts are then of those rows. `at`
    is an aware moment, taken as its whole millisecond; findings are those of its local day, and
    one that is yet to come is now. What stands and what does not in a past matrix: `matrix.past`.
    Raises NotYetError for a moment before the first that was recorded of the workspace.
    """
    if at is None or at >= timezone.now():
        return load_many([workspace], item_ids=item_ids)[0]
    return _put_together(past.fetch(workspace, at, item_ids), timezone.localdate(at))[0]


def load_many(
    workspaces: Sequence[Workspace], *, item_ids: Iterable[int] | None = None
) -> list[Matrix]:
    """Return the matrices of several workspaces in their order. As many queries as for one."""
    if not workspaces:
        return []
    return _put_together(rows.fetch(workspaces, item_ids), timezone.localdate())


def _put_together(fetched: Rows, today: dt.date) -> list[Matrix]:
    """Make matrices of rows, whenever they are from.

    All order is made here and not by the database, whose idea of the alphabet depends on where it
    runs: the same matrix is the same document everywhere, now and then.
    """
    parts = _Parts(today=today, sections={section.pk: section for section in fetched.sections})
    _add_sides(parts, fetched)
    _add_teams(parts, fetched)
    _add_holdings(parts, fetched)
    _add_evidence(parts, fetched)
    _add_signoffs(parts, fetched)
    items_of: dict[uuid.UUID, list[Item]] = defaultdict(list)
    for item in sorted(fetched.items, key=lambda item: _place(parts, item)):
        items_of[item.workspace_id].append(item)
    return [_matrix(workspace, items_of[workspace.pk], parts) for workspace in fetched.workspaces]


def _place(parts: _Parts, item: Item) -> tuple[int, str, int, str]:
    duty = item.responsibility
    section = parts.sections[duty.section_id]
    return section.position, section.key, duty.position, duty.key


def _add_sides(parts: _Parts, fetched: Rows) -> None:
    managed: set[int] = set()
    for seat_id, user_id, role in fetched.presences:
        parts.present.add((seat_id, user_id))
        if role == Role.MANAGER:
            managed.add(seat_id)
    for seat in sorted(fetched.seats, key=lambda seat: (seat.party.position, seat.party.key)):
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


def _add_teams(parts: _Parts, fetched: Rows) -> None:
    people: dict[uuid.UUID, list[Person]] = defaultdict(list)
    for team_id, seat_id, user in fetched.members:
        if (seat_id, user.pk) in parts.present:
            people[team_id].append(Person(user.pk, user.name, user.email, present=True))
    for team in sorted(
        fetched.teams,
        key=lambda team: (parts.seats[team.seat_id].position, team.position, team.name, team.pk),
    ):
        column = TeamColumn(
            id=team.pk,
            name=team.name,
            description=team.description,
            seat=parts.seats[team.seat_id],
            people=tuple(sorted(people[team.pk], key=lambda person: (person.name, person.id))),
        )
        parts.teams[team.pk] = column
        parts.teams_of[team.workspace_id].append(column)


def _add_holdings(parts: _Parts, fetched: Rows) -> None:
    persons: dict[tuple[int, uuid.UUID], Person] = {}
    for item_id, team_id, letter, user_id, name, email in fetched.assignments:
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


def _add_evidence(parts: _Parts, fetched: Rows) -> None:
    infos: dict[uuid.UUID, EvidenceInfo] = {}
    for item_id, piece in sorted(
        fetched.links, key=lambda link: (link[1].title, link[1].created_at, link[1].pk)
    ):
        if piece.current is None:
            continue
        if piece.pk not in infos:
            infos[piece.pk] = _evidence(parts, piece, piece.current)
        parts.evidence[item_id].append(infos[piece.pk])


def _evidence(parts: _Parts, piece: Evidence, revision: EvidenceRevision) -> EvidenceInfo:
    return EvidenceInfo(
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


def _add_signoffs(parts: _Parts, fetched: Rows) -> None:
    """Collect the sign-offs of each side on each item, newest first."""
    for signoff, withdrawal in sorted(fetched.signoffs, key=lambda pair: -pair[0].number):
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
