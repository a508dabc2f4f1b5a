"""Compares the releases of a workspace with what its log says of them.

The log is replayed: it says which matrix was proposed under which number, who attested it for
which side, what was withdrawn, and so which status each release has now.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

from responsibilities.choices import AuditAction, ReleaseStatus
from responsibilities.matrix.releases import is_intact
from responsibilities.models import Attestation, AuditEvent, Release, ReleaseWithdrawal
from responsibilities.services.statements import moment
from responsibilities.services.verification_report import Report

LONGEST = dt.timedelta(hours=1)
"""How much earlier than its event a row may say that it was written."""


@dataclass(frozen=True, slots=True)
class Telling:
    """What one event says of a release. The words are None where the payload is erased."""

    seq: int
    release: str
    action: str
    at: dt.datetime
    side: str
    person: str
    name: str | None
    reason: str | None
    changes: Mapping[str, str]

    @classmethod
    def of(cls, event: AuditEvent, payload: Mapping[str, Any] | None) -> Self:
        """Return what an event with this payload says."""
        words = payload or {}
        return cls(
            seq=event.seq,
            release=event.object_id,
            action=event.action,
            at=event.ts,
            side=event.side,
            person=str(event.actor_id),
            name=words.get("actor"),
            reason=words.get("reason"),
            changes={str(c.get("field")): str(c.get("new")) for c in words.get("changes", ())},
        )

    @property
    def matrix(self) -> str:
        """The SHA-256 of the matrix that it names."""
        return self.changes.get("matrix SHA-256", "")

    @property
    def statement(self) -> str:
        """The SHA-256 of the statement that it names."""
        return self.changes.get("statement SHA-256", "")


@dataclass
class _Log:
    """The events of one release, by what they are of."""

    proposed: list[Telling] = field(default_factory=list)
    attested: list[Telling] = field(default_factory=list)
    withdrawn: list[Telling] = field(default_factory=list)

    def add(self, telling: Telling) -> None:
        """Put an event where it belongs."""
        if telling.action == AuditAction.RELEASE_PROPOSED:
            self.proposed.append(telling)
        elif telling.action == AuditAction.RELEASE_ATTESTED:
            self.attested.append(telling)
        elif telling.action == AuditAction.RELEASE_WITHDRAWN:
            self.withdrawn.append(telling)


@dataclass
class _Replay:
    """What the events make of the releases.

    `complete` are those that every side attested; `previous` is what was in force at a proposal.
    """

    status: dict[str, ReleaseStatus] = field(default_factory=dict)
    complete: set[str] = field(default_factory=set)
    previous: dict[str, str | None] = field(default_factory=dict)


def check(report: Report, tellings: Sequence[Telling]) -> None:
    """Compare every release, attestation and withdrawal with the events, in order of the log."""
    logs: dict[str, _Log] = {}
    for telling in tellings:
        logs.setdefault(telling.release, _Log()).add(telling)
    rows = Release.objects.filter(workspace=report.workspace)
    rows = rows.select_related("seat__party", "withdrawal__seat__party")
    rows = rows.prefetch_related("attestations__seat__party").order_by("major", "minor")
    found: dict[str, Release] = {}
    sides: dict[str, set[str]] = {}
    attested = 0
    for row in rows.iterator(chunk_size=50):
        key, log = str(row.pk), logs.get(str(row.pk), _Log())
        sides[key] = _snapshot(report, row)
        _proposal(report, row, log)
        attested += _attestations(report, row, log, sides[key])
        _withdrawal(report, row, log)
        row.snapshot = ""  # the next row brings its own
        found[key] = row
    _replayed(report, found, _replay(tellings, sides))
    for key in logs.keys() - found.keys():
        first = min(telling.seq for telling in tellings if telling.release == key)
        report.fail("the release that it names is gone", first)
    report.checked.append(f"snapshots and statuses of {len(found)} releases")
    report.checked.append(f"statements and digests of {attested} attestations")


def _snapshot(report: Report, row: Release) -> set[str]:
    """Check a snapshot against its digest; return the sides of the matrix in it."""
    if not is_intact(row):
        report.fail(f"release {row.number}: the snapshot does not fit its digest")
    try:
        return {str(side["key"]) for side in json.loads(row.snapshot)["sides"]}
    except (ValueError, KeyError, TypeError, RecursionError):
        report.fail(f"release {row.number}: the snapshot cannot be read")
        return set()


def _proposal(report: Report, row: Release, log: _Log) -> None:
    if len(log.proposed) != 1:
        report.fail(f"release {row.number}: the log does not hold its proposal")
        return
    (said,) = log.proposed
    pairs = {
        "digest": (row.digest, said.matrix),
        "number": (row.number, said.changes.get("number")),
        "summary": (row.summary, said.reason),
        "side": (row.seat.party.key, said.side),
        "proposer": (str(row.proposed_by_id), said.person),
        "printed name": (row.proposer_name, said.name),
        "time": (_fits(row.proposed_at, said.at), True),
    }
    _tell(report, f"release {row.number}", pairs, said.seq)


def _attestations(report: Report, row: Release, log: _Log, sides: set[str]) -> int:
    """Check the attestations of a release, and return how many there are."""
    name = f"release {row.number}"
    given = list(row.attestations.all())
    events = {said.statement: said for said in log.attested}
    for attestation in given:
        said = events.pop(attestation.statement_digest, None)
        digest = hashlib.sha256(attestation.statement.encode()).hexdigest()
        if digest != attestation.statement_digest:
            report.fail(f"{name}: an attestation does not fit its digest")
        if said is None:
            report.fail(f"{name}: no event of the log names an attestation of it")
        else:
            _tell(report, name, _pairs(row, attestation, said), said.seq)
    for left in events.values():
        report.fail(f"the attestation of {name} that it names is gone or changed", left.seq)
    people: set[str] = set()
    open_sides = set(sides)
    for said in log.attested:
        if said.person in people or said.side not in open_sides:
            report.fail(f"{name} needs an attestation by another person for each side", said.seq)
        people.add(said.person)
        open_sides.discard(said.side)
    return len(given)


def _pairs(row: Release, attestation: Attestation, event: Telling) -> dict[str, tuple[Any, Any]]:
    """Return what row, event and statement of an attestation say of the same things."""
    try:
        said = json.loads(attestation.statement)
        release, signer = said["release"], said["signer"]
        return {
            "release": (str(row.pk), release["id"]),
            "number": (row.number, release["number"]),
            "digest": (row.digest, release["digest"]),
            "digest in the log": (row.digest, event.matrix),
            "signer": (str(attestation.attester_id), signer["id"]),
            "signer in the log": (str(attestation.attester_id), event.person),
            "printed name": (attestation.printed_name, signer["name"]),
            "side": (attestation.seat.party.key, signer["side"]),
            "side in the log": (attestation.seat.party.key, event.side),
            "role": (attestation.role, signer["role"]),
            "time": (moment(attestation.attested_at), said["signed_at"]),
        }
    except (ValueError, KeyError, TypeError, RecursionError):
        return {"statement": ("readable", "unreadable")}


def _withdrawal(report: Report, row: Release, log: _Log) -> None:
    name = f"release {row.number}"
    withdrawal: ReleaseWithdrawal | None = getattr(row, "withdrawal", None)
    if withdrawal is None:
        for said in log.withdrawn:
            report.fail(f"the withdrawal of {name} that it names is gone", said.seq)
    elif len(log.withdrawn) != 1:
        report.fail(f"{name}: the log does not hold its withdrawal")
    else:
        (said,) = log.withdrawn
        pairs = {
            "reason of the withdrawal": (withdrawal.reason, said.reason),
            "side of the withdrawal": (withdrawal.seat.party.key, said.side),
            "person of the withdrawal": (str(withdrawal.withdrawn_by_id), said.person),
            "name of the withdrawal": (withdrawal.printed_name, said.name),
            "time of the withdrawal": (_fits(withdrawal.withdrawn_at, said.at), True),
        }
        _tell(report, name, pairs, said.seq)


def _replay(tellings: Iterable[Telling], sides: Mapping[str, set[str]]) -> _Replay:
    """Return what the events make of the releases, one after the other."""
    done, given = _Replay(), dict[str, set[str]]()
    current: str | None = None
    for said in tellings:
        key = said.release
        if said.action == AuditAction.RELEASE_PROPOSED:
            done.status[key], done.previous[key] = ReleaseStatus.PROPOSED, current
        elif said.action == AuditAction.RELEASE_WITHDRAWN:
            done.status[key] = ReleaseStatus.WITHDRAWN
            current = None if current == key else current
        elif said.action == AuditAction.RELEASE_ATTESTED:
            given.setdefault(key, set()).add(said.side)
            is_open = done.status.get(key) == ReleaseStatus.PROPOSED
            if is_open and given[key] >= sides.get(key, {""}):
                if current is not None:
                    done.status[current] = ReleaseStatus.SUPERSEDED
                done.status[key], current = ReleaseStatus.CURRENT, key
                done.complete.add(key)
    return done


def _replayed(report: Report, rows: Mapping[str, Release], done: _Replay) -> None:
    """Compare the rows with what the events make of them."""
    for key, row in rows.items():
        name, said = f"release {row.number}", done.status.get(key)
        if row.status != said:
            report.fail(f"{name}: it is {row.status}, the log says {said or 'nothing'}")
        previous = str(row.previous_id) if row.previous_id else None
        if previous != done.previous.get(key):
            report.fail(f"{name}: the release before it is not the one that was in force")
        last = max((one.attested_at for one in row.attestations.all()), default=None)
        if row.effective_at != (last if key in done.complete else None):
            report.fail(f"{name}: it did not come into force with its last attestation")


def _tell(report: Report, name: str, pairs: Mapping[str, tuple[Any, Any]], seq: int) -> None:
    wrong = [key for key, (column, value) in pairs.items() if column != value]
    if wrong:
        report.fail(f"{name} differs from what was logged or signed: {', '.join(wrong)}", seq)


def _fits(written: dt.datetime, logged: dt.datetime) -> bool:
    """Say whether a row can have been written in the transaction of an event."""
    return dt.timedelta(0) <= logged - written <= LONGEST
