"""The canonical JSON of a matrix: what machines read, what a PDF carries, what is hashed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from responsibilities import canonical
from responsibilities.choices import Letter
from responsibilities.matrix.content import CONTENT_VERSION
from responsibilities.matrix.shapes import (
    EvidenceInfo,
    Finding,
    ItemRow,
    Matrix,
    SectionGroup,
    SideState,
    TeamColumn,
)

DOCUMENT_VERSION = 2

_LETTERS = tuple(Letter)
_SAME = (
    "key",
    "title",
    "statement",
    "obligation",
    "condition",
    "holder",
    "applicability",
    "applicability_reason",
    "chosen",
    "note",
)


def _day(value: dt.date | None) -> str | None:
    return value.isoformat() if value else None


def _moment(value: dt.datetime | None) -> str | None:
    return value.astimezone(dt.UTC).isoformat(timespec="microseconds") if value else None


def document(matrix: Matrix) -> canonical.Json:
    """Return the matrix as a JSON value with a fixed canonical form.

    It says nothing of when or by whom it was made: the same matrix gives the same bytes.
    """
    workspace = matrix.workspace
    version = workspace.model_version
    return {
        "v": DOCUMENT_VERSION,
        "workspace": {
            "id": str(workspace.pk),
            "slug": workspace.slug,
            "name": workspace.name,
            "target_date": _day(workspace.target_date),
            "blocking_findings": sorted(workspace.blocking_findings),
        },
        "model": {
            "slug": version.model.slug,
            "title": version.model.title,
            "publisher": version.model.publisher,
            "version": version.label,
            "digest": version.digest,
        },
        "as_of": _day(matrix.today),
        "items_in_workspace": matrix.total,
        "sides": [
            {
                "key": seat.key,
                "party": seat.party,
                "kind": seat.kind,
                "organization": seat.organization,
                "teams": [_team(team) for team in matrix.teams_of(seat.id)],
            }
            for seat in matrix.seats
        ],
        "sections": [_section(section) for section in matrix.sections],
        "team_findings": _findings(matrix.team_findings),
    }


def content_of(item: Mapping[str, Any], model: Mapping[str, Any]) -> canonical.Json:
    """Return what a sign-off of an item covers, made again from the document: `item_content`."""
    assignments = sorted(
        item["assignments"], key=lambda a: (a["side"], a["team"], _LETTERS.index(a["letter"]))
    )
    return {
        "v": CONTENT_VERSION,
        "model": model["slug"],
        "version": model["version"],
        **{name: item[name] for name in _SAME},
        "assignments": [
            {
                "side": assignment["side"],
                "team": assignment["team"],
                "name": assignment["team_name"],
                "letter": assignment["letter"],
                "person": assignment["person"],
            }
            for assignment in assignments
        ],
        "evidence": sorted(
            (
                {"id": piece["id"], "rev": piece["revision"], "sha256": piece["sha256"]}
                for piece in item["evidence"]
            ),
            key=lambda piece: str(piece["id"]),
        ),
    }


def digest(matrix: Matrix) -> str:
    """Return the SHA-256 of the canonical document as 64 hex digits."""
    return canonical.sha256_hex(document(matrix))


def _team(team: TeamColumn) -> canonical.Json:
    return {
        "id": str(team.id),
        "name": team.name,
        "description": team.description,
        "people": [{"id": str(person.id), "name": person.name} for person in team.people],
    }


def _section(section: SectionGroup) -> canonical.Json:
    return {
        "key": section.key,
        "title": section.title,
        "plane": section.plane,
        "summary": section.summary,
        "holder": section.holder.key,
        "items": [_item(row) for row in section.rows],
    }


def _item(row: ItemRow) -> canonical.Json:
    return {
        "key": row.key,
        "title": row.title,
        "statement": row.statement,
        "obligation": row.obligation.value,
        "condition": row.condition,
        "options": [dict(option) for option in row.options],
        "guidance": row.guidance,
        "evidence_hints": list(row.evidence_hints),
        "review_interval_months": row.review_interval_months,
        "controls": [dict(control) for control in row.controls],
        "holder": row.holder.key,
        "applicability": row.applicability.value,
        "applicability_reason": row.applicability_reason,
        "chosen": dict(row.chosen),
        "note": row.note,
        "review_on": _day(row.review_on),
        "version": row.version,
        "updated_at": _moment(row.updated_at),
        "assignments": [
            {
                "side": holding.team.seat.key,
                "team": str(holding.team.id),
                "team_name": holding.team.name,
                "letter": holding.letter.value,
                "person": str(holding.person.id) if holding.person else None,
                "person_name": holding.person.name if holding.person else None,
                "person_present": holding.person.present if holding.person else None,
            }
            for holding in row.holdings
        ],
        "evidence": [_evidence(piece) for piece in row.evidence],
        "sign_offs": [_side(side) for side in row.sides],
        "findings": _findings(row.findings),
        "digest": row.digest,
    }


def _evidence(piece: EvidenceInfo) -> canonical.Json:
    return {
        "id": str(piece.id),
        "revision": piece.number,
        "revision_id": str(piece.revision_id),
        "title": piece.title,
        "kind": piece.kind.value,
        "side": piece.seat.key,
        "file_name": piece.file_name,
        "url": piece.url,
        "text": piece.text,
        "sha256": piece.sha256,
        "size": piece.size,
        "media_type": piece.media_type,
        "collected_on": _day(piece.collected_on),
        "valid_until": _day(piece.valid_until),
    }


def _side(side: SideState) -> canonical.Json:
    signoff = side.signoff
    return {
        "side": side.seat.key,
        "state": side.state.value,
        "sign_off": {
            "id": str(signoff.id),
            "number": signoff.number,
            "signer": str(signoff.signer_id),
            "printed_name": signoff.printed_name,
            "role": signoff.role.value,
            "meaning": signoff.meaning.value,
            "signed_at": _moment(signoff.signed_at),
            "item_digest": signoff.item_digest,
            "statement_digest": signoff.statement_digest,
            "withdrawn_at": _moment(signoff.withdrawn_at),
            "withdrawal_reason": signoff.withdrawal_reason,
        }
        if signoff
        else None,
    }


def _findings(findings: Sequence[Finding]) -> canonical.Json:
    return [
        {
            "kind": finding.kind.value,
            "severity": finding.severity.value,
            "detail": str(finding.detail),
            "team": str(finding.team.id) if finding.team else None,
        }
        for finding in findings
    ]
