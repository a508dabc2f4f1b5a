"""Findings: what is wrong, computed from the rows and never stored."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence

from django.utils.translation import gettext as _

from responsibilities.choices import FindingKind, Letter, Meaning, Obligation, SignoffState
from responsibilities.matrix.shapes import (
    EvidenceState,
    Finding,
    Holding,
    ItemRow,
    SectionGroup,
    TeamColumn,
)

EVIDENCE_OBLIGATIONS = frozenset({Obligation.REQUIRED, Obligation.CONDITIONAL})


def item_findings(row: ItemRow, today: dt.date) -> tuple[Finding, ...]:
    """Return the findings of one item. An item that does not apply can only be stale."""
    found: list[tuple[FindingKind, str]] = []
    if row.is_applicable:
        found += _assignment_findings(row)
        found += _evidence_findings(row)
    found += _stale(row)
    if row.is_applicable:
        found += _review(row, today)
        found += _sole_responsible(row)
    return tuple(Finding(kind=kind, detail=detail, key=row.key) for kind, detail in found)


def team_findings(
    teams: Sequence[TeamColumn], sections: Sequence[SectionGroup]
) -> tuple[Finding, ...]:
    """Return a finding for each team that owns an item that applies and has nobody on it."""
    owners = {
        holding.team.id
        for section in sections
        for row in section.rows
        if row.is_applicable
        for holding in row.holdings
        if holding.letter in {Letter.RESPONSIBLE, Letter.ACCOUNTABLE}
    }
    return tuple(
        Finding(
            kind=FindingKind.TEAM_WITHOUT_MEMBERS,
            detail=_("%(team)s (%(organization)s) owns duties but has no members.")
            % {"team": team.name, "organization": team.seat.organization},
            team=team,
        )
        for team in teams
        if team.id in owners and not team.people
    )


def _assignment_findings(row: ItemRow) -> Iterator[tuple[FindingKind, str]]:
    letters = {holding.letter for holding in row.holdings}
    if letters and letters <= {Letter.CONSULTED, Letter.INFORMED}:
        yield (
            FindingKind.ONLY_CONSULTED_INFORMED,
            _("Teams are consulted or informed, but nobody does it and nobody answers for it."),
        )
    else:
        if Letter.ACCOUNTABLE not in letters:
            yield FindingKind.NO_ACCOUNTABLE, _("No team is accountable.")
        if Letter.RESPONSIBLE not in letters:
            yield FindingKind.NO_RESPONSIBLE, _("No team is responsible.")
    accountable = row.accountable
    if accountable and accountable.team.seat.id != row.holder.id:
        yield (
            FindingKind.ACCOUNTABLE_ELSEWHERE,
            _("%(team)s of %(other)s is accountable, but %(holder)s holds this duty.")
            % {
                "team": accountable.team.name,
                "other": accountable.team.seat.organization,
                "holder": row.holder.organization,
            },
        )
    for detail in dict.fromkeys(map(_departure, row.holdings)):
        if detail:
            yield FindingKind.OWNER_LEFT, detail


def _departure(holding: Holding) -> str:
    """Say where the named person is missing: on the side, or on the team. "" if nowhere."""
    if holding.person is None or not holding.is_off_team:
        return ""
    name, team = holding.person.name, holding.team
    if not holding.person.present:
        return _("%(name)s is no longer a member on %(organization)s's side.") % {
            "name": name,
            "organization": team.seat.organization,
        }
    return _("%(name)s is no longer on %(team)s.") % {"name": name, "team": team.name}


def _evidence_findings(row: ItemRow) -> Iterator[tuple[FindingKind, str]]:
    if not row.evidence and row.obligation in EVIDENCE_OBLIGATIONS:
        yield FindingKind.EVIDENCE_MISSING, _("There is no evidence.")
    for piece in row.evidence:
        values = {"title": piece.title, "date": piece.valid_until}
        if piece.state == EvidenceState.EXPIRED:
            yield FindingKind.EVIDENCE_EXPIRED, _("“%(title)s” was valid until %(date)s.") % values
        elif piece.state == EvidenceState.EXPIRING:
            yield FindingKind.EVIDENCE_EXPIRING, _("“%(title)s” is valid until %(date)s.") % values


def _stale(row: ItemRow) -> Iterator[tuple[FindingKind, str]]:
    for side in row.sides:
        if side.state == SignoffState.STALE:
            yield (
                FindingKind.SIGNOFF_STALE,
                _("The item has changed since %(organization)s signed it.")
                % {"organization": side.seat.organization},
            )


def _review(row: ItemRow, today: dt.date) -> Iterator[tuple[FindingKind, str]]:
    if row.review_on and row.review_on < today:
        yield (
            FindingKind.REVIEW_OVERDUE,
            _("The review was due on %(date)s.") % {"date": row.review_on},
        )


def _sole_responsible(row: ItemRow) -> Iterator[tuple[FindingKind, str]]:
    responsible = {
        person.id
        for holding in row.holdings_with(Letter.RESPONSIBLE)
        for person in ((holding.person,) if holding.person else holding.team.people)
    }
    for side in row.sides:
        signoff = side.signoff
        if (
            signoff
            and side.state == SignoffState.CURRENT
            and signoff.meaning == Meaning.CONFIRM
            and responsible == {signoff.signer_id}
        ):
            yield (
                FindingKind.SIGNER_SOLE_RESPONSIBLE,
                _("%(name)s signed and is the only person responsible.")
                % {"name": signoff.printed_name},
            )
