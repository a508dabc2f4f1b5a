"""Reads the releases of a workspace: what was proposed, attested, withdrawn, by whom and when."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import uuid
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Prefetch

from responsibilities.choices import Paper, ReleaseStatus, Role
from responsibilities.matrix.shapes import Matrix
from responsibilities.matrix.snapshot import DamagedError, restore
from responsibilities.models import Attestation, Membership, Release, Workspace
from responsibilities.permissions import ROLE_ACTIONS, Action

NUMBER = r"[0-9]{1,4}\.[0-9]{1,4}"
"""How the number of a release looks in an address, as a regular expression."""


@dataclass(frozen=True, slots=True)
class AttestationInfo:
    """One side's attestation, as it was given. `method` says how the person proved who they are.

    `statement` is the canonical JSON that was attested, `statement_digest` its SHA-256.
    """

    side: str
    organization: str
    printed_name: str
    role: Role
    attested_at: dt.datetime
    sentence: str
    method: str
    authenticated_at: dt.datetime
    statement: str
    statement_digest: str


@dataclass(frozen=True, slots=True)
class WithdrawalInfo:
    """Who took a release back, for which side, and why."""

    organization: str
    printed_name: str
    withdrawn_at: dt.datetime
    reason: str


@dataclass(frozen=True, slots=True)
class ReleaseInfo:
    """A release without its snapshot. `previous` is the number of the one before, "" for none.

    `waiting` names the organizations whose attestation a proposal still needs.
    """

    id: uuid.UUID
    number: str
    status: ReleaseStatus
    summary: str
    paper: Paper
    digest: str
    previous: str
    organization: str
    proposer_name: str
    proposed_at: dt.datetime
    effective_at: dt.datetime | None
    attestations: tuple[AttestationInfo, ...]
    waiting: tuple[str, ...]
    withdrawal: WithdrawalInfo | None

    @property
    def was_effective(self) -> bool:
        """Whether every side attested it, whatever became of it later."""
        return self.effective_at is not None


def releases(workspace: Workspace) -> tuple[ReleaseInfo, ...]:
    """Return all releases and proposals of a workspace, the newest first. Three queries."""
    seats = dict(
        workspace.seats.order_by("party__position").values_list("pk", "organization__name")
    )
    found = (
        Release.objects.filter(workspace=workspace)
        .defer("snapshot", "previous__snapshot")
        .select_related("previous", "seat__organization", "withdrawal__seat__organization")
        .prefetch_related(
            Prefetch("attestations", Attestation.objects.select_related("seat__party"))
        )
    )
    return tuple(_release(release, seats) for release in found)


def current(workspace: Workspace) -> Release | None:
    """Return the release that is in force, with its snapshot. One query."""
    return Release.objects.filter(workspace=workspace, status=ReleaseStatus.CURRENT).first()


def by_number(workspace: Workspace, number: str) -> Release:
    """Return a release or proposal by its number, such as 1.0, with its snapshot. One query.

    Raises Release.DoesNotExist for a number that is none, or foreign.
    """
    major, _dot, minor = number.partition(".")
    if not (_is_number(major) and _is_number(minor)):
        raise Release.DoesNotExist(number)
    return Release.objects.get(workspace=workspace, major=int(major), minor=int(minor))


def awaited(memberships: Iterable[Membership]) -> dict[uuid.UUID, str]:
    """Return the number of the proposal that waits for a member, by membership. One query.

    It waits for whoever may release, while neither their side nor they themselves attested it.
    """
    mine = [member for member in memberships if Action.RELEASE in ROLE_ACTIONS[Role(member.role)]]
    numbers: dict[uuid.UUID, str] = {}
    sides: set[tuple[uuid.UUID, int | None]] = set()
    people: set[tuple[uuid.UUID, uuid.UUID | None]] = set()
    for workspace, major, minor, seat, attester in Release.objects.filter(
        workspace__in=[member.workspace_id for member in mine], status=ReleaseStatus.PROPOSED
    ).values_list(
        "workspace_id", "major", "minor", "attestations__seat_id", "attestations__attester_id"
    ):
        numbers[workspace] = f"{major}.{minor}"
        sides.add((workspace, seat))
        people.add((workspace, attester))
    return {
        member.pk: numbers[member.workspace_id]
        for member in mine
        if member.workspace_id in numbers
        and (member.workspace_id, member.seat_id) not in sides
        and (member.workspace_id, member.user_id) not in people
    }


def edition(workspace: Workspace, release: Release) -> Matrix:
    """Return the matrix that a release has frozen. Two queries.

    Raises DamagedError if what is stored is not what was proposed.
    """
    if not is_intact(release):
        raise DamagedError(release.number)
    return restore(workspace, release.snapshot)


def is_intact(release: Release) -> bool:
    """Say whether the snapshot that is stored still has the digest that was attested."""
    return hashlib.sha256(release.snapshot.encode()).hexdigest() == release.digest


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 4 and str(int(text)) == text


def _release(release: Release, seats: dict[int, str]) -> ReleaseInfo:
    given = list(release.attestations.all())
    attested = {attestation.seat_id for attestation in given}
    is_open = release.status == ReleaseStatus.PROPOSED
    withdrawal = getattr(release, "withdrawal", None)
    return ReleaseInfo(
        id=release.pk,
        number=release.number,
        status=ReleaseStatus(release.status),
        summary=release.summary,
        paper=Paper(release.paper),
        digest=release.digest,
        previous=release.previous.number if release.previous else "",
        organization=release.seat.organization.name,
        proposer_name=release.proposer_name,
        proposed_at=release.proposed_at,
        effective_at=release.effective_at,
        attestations=tuple(_attestation(attestation) for attestation in given),
        waiting=tuple(name for pk, name in seats.items() if is_open and pk not in attested),
        withdrawal=WithdrawalInfo(
            organization=withdrawal.seat.organization.name,
            printed_name=withdrawal.printed_name,
            withdrawn_at=withdrawal.withdrawn_at,
            reason=withdrawal.reason,
        )
        if withdrawal
        else None,
    )


def _attestation(attestation: Attestation) -> AttestationInfo:
    said = json.loads(attestation.statement)
    return AttestationInfo(
        side=attestation.seat.party.key,
        organization=said["signer"]["organization"],
        printed_name=attestation.printed_name,
        role=Role(attestation.role),
        attested_at=attestation.attested_at,
        sentence=said["sentence"],
        method=said["authentication"]["method"],
        authenticated_at=dt.datetime.fromisoformat(said["authentication"]["at"]),
        statement=attestation.statement,
        statement_digest=attestation.statement_digest,
    )
