"""Makes a matrix of a frozen document again, so that a release shows like the present draft."""

from __future__ import annotations

import copy
import datetime as dt
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from responsibilities import canonical
from responsibilities.choices import (
    Applicability,
    EvidenceKind,
    FindingKind,
    Letter,
    Meaning,
    Obligation,
    Role,
    SignoffState,
)
from responsibilities.matrix.document import content_of
from responsibilities.matrix.load import freshness
from responsibilities.matrix.shapes import (
    EvidenceInfo,
    Finding,
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
from responsibilities.models import Item, Seat, Workspace

type Entry = Mapping[str, Any]


class DamagedError(Exception):
    """A frozen document does not fit the digests in it."""


@dataclass
class _Parts:
    """What the entries of a document refer to."""

    model: Entry
    today: dt.date
    seats: dict[str, SeatInfo] = field(default_factory=dict)
    teams: dict[str, TeamColumn] = field(default_factory=dict)
    item_ids: dict[str, int] = field(default_factory=dict)


def restore(workspace: Workspace, snapshot: str | bytes) -> Matrix:
    """Return the matrix of a document that `document` made of this workspace. Two queries.

    It says what the document says: names, findings and sign-offs as they were on its day. What no
    document holds is left out: addresses of people, and sign-offs before the newest of a side.
    `document` of the result is the same document again. Raises DamagedError if an item does not
    fit its digest.
    """
    value = cast("Entry", canonical.loads(snapshot))
    parts = _Parts(model=value["model"], today=dt.date.fromisoformat(value["as_of"]))
    ids = dict(
        Seat.objects.filter(workspace=workspace).values_list("party__key", "pk"),
    )
    parts.item_ids = dict(
        Item.objects.filter(workspace=workspace).values_list("responsibility__key", "pk")
    )
    for position, side in enumerate(value["sides"]):
        _add_side(parts, side, position, ids[side["key"]])
    then = copy.copy(workspace)
    then.name = value["workspace"]["name"]
    then.target_date = _day(value["workspace"]["target_date"])
    then.blocking_findings = value["workspace"]["blocking_findings"]
    return Matrix(
        workspace=then,
        seats=tuple(parts.seats.values()),
        teams=tuple(parts.teams.values()),
        sections=tuple(_section(section, parts) for section in value["sections"]),
        team_findings=_findings(value["team_findings"], "", parts),
        today=parts.today,
        total=value["items_in_workspace"],
    )


def _day(value: str | None) -> dt.date | None:
    return dt.date.fromisoformat(value) if value else None


def _moment(value: str | None) -> dt.datetime | None:
    return dt.datetime.fromisoformat(value) if value else None


def _add_side(parts: _Parts, side: Entry, position: int, seat_id: int) -> None:
    seat = SeatInfo(
        id=seat_id,
        key=side["key"],
        organization=side["organization"],
        party=side["party"],
        kind=side["kind"],
        position=position,
        vacant=False,
    )
    parts.seats[seat.key] = seat
    for team in side["teams"]:
        parts.teams[team["id"]] = TeamColumn(
            id=uuid.UUID(team["id"]),
            name=team["name"],
            description=team["description"],
            seat=seat,
            people=tuple(_person(person["id"], person["name"]) for person in team["people"]),
        )


def _person(key: str, name: str, *, present: bool = True) -> Person:
    return Person(id=uuid.UUID(key), name=name, email="", present=present)


def _section(section: Entry, parts: _Parts) -> SectionGroup:
    return SectionGroup(
        key=section["key"],
        title=section["title"],
        plane=section["plane"],
        summary=section["summary"],
        holder=parts.seats[section["holder"]],
        rows=tuple(_row(item, section["key"], parts) for item in section["items"]),
    )


def _row(item: Entry, section_key: str, parts: _Parts) -> ItemRow:
    row = ItemRow(
        id=parts.item_ids[item["key"]],
        key=item["key"],
        title=item["title"],
        statement=item["statement"],
        obligation=Obligation(item["obligation"]),
        condition=item["condition"],
        options=item["options"],
        guidance=item["guidance"],
        evidence_hints=item["evidence_hints"],
        review_interval_months=item["review_interval_months"],
        controls=item["controls"],
        section_key=section_key,
        holder=parts.seats[item["holder"]],
        applicability=Applicability(item["applicability"]),
        applicability_reason=item["applicability_reason"],
        chosen=item["chosen"],
        note=item["note"],
        review_on=_day(item["review_on"]),
        version=item["version"],
        updated_at=dt.datetime.fromisoformat(item["updated_at"]),
        holdings=tuple(_holding(entry, parts) for entry in item["assignments"]),
        evidence=tuple(_evidence(entry, parts) for entry in item["evidence"]),
        content=content_of(item, parts.model),
    )
    if row.digest != item["digest"]:
        raise DamagedError(row.key)
    row.sides = tuple(_side(entry, row, parts) for entry in item["sign_offs"])
    row.findings = _findings(item["findings"], row.key, parts)
    return row


def _holding(entry: Entry, parts: _Parts) -> Holding:
    person = None
    if entry["person"]:
        person = _person(entry["person"], entry["person_name"], present=entry["person_present"])
    return Holding(parts.teams[entry["team"]], Letter(entry["letter"]), person)


def _evidence(entry: Entry, parts: _Parts) -> EvidenceInfo:
    valid_until = _day(entry["valid_until"])
    return EvidenceInfo(
        id=uuid.UUID(entry["id"]),
        revision_id=uuid.UUID(entry["revision_id"]),
        number=entry["revision"],
        title=entry["title"],
        kind=EvidenceKind(entry["kind"]),
        seat=parts.seats[entry["side"]],
        file_name=entry["file_name"],
        url=entry["url"],
        text=entry["text"],
        sha256=entry["sha256"],
        size=entry["size"],
        media_type=entry["media_type"],
        collected_on=dt.date.fromisoformat(entry["collected_on"]),
        valid_until=valid_until,
        state=freshness(valid_until, parts.today),
    )


def _side(entry: Entry, row: ItemRow, parts: _Parts) -> SideState:
    seat, shown = parts.seats[entry["side"]], entry["sign_off"]
    signoff = None
    if shown:
        signoff = SignoffInfo(
            id=uuid.UUID(shown["id"]),
            seat=seat,
            number=shown["number"],
            signer_id=uuid.UUID(shown["signer"]),
            printed_name=shown["printed_name"],
            role=Role(shown["role"]),
            meaning=Meaning(shown["meaning"]),
            signed_at=dt.datetime.fromisoformat(shown["signed_at"]),
            item_digest=shown["item_digest"],
            statement_digest=shown["statement_digest"],
            withdrawn_at=_moment(shown["withdrawn_at"]),
            withdrawal_reason=shown["withdrawal_reason"],
        )
    return SideState(
        seat=seat,
        is_holder=seat.id == row.holder.id,
        state=SignoffState(entry["state"]),
        signoff=signoff,
    )


def _findings(entries: Iterable[Entry], key: str, parts: _Parts) -> tuple[Finding, ...]:
    return tuple(
        Finding(
            kind=FindingKind(entry["kind"]),
            detail=entry["detail"],
            key=key,
            team=parts.teams[entry["team"]] if entry["team"] else None,
        )
        for entry in entries
    )
