"""The revision history of a workspace's releases as it was at one moment.

A file that is made of a release has to stay the same for ever, so it says only what was known when
the release came into force.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from responsibilities.matrix.releases import AttestationInfo, ReleaseInfo, WithdrawalInfo


@dataclass(frozen=True, slots=True)
class Revision:
    """A release or proposal as it was known at one moment.

    `since` is empty for what was not in force then, `until` for what had not ended; `successor` is
    the number of the release that superseded it, "" for none; `previous` that of the one before.
    """

    number: str
    summary: str
    digest: str
    previous: str
    organization: str
    proposer: str
    proposed_at: dt.datetime
    attestations: tuple[AttestationInfo, ...]
    since: dt.datetime | None
    until: dt.datetime | None
    successor: str
    withdrawal: WithdrawalInfo | None


def revisions(known: Iterable[ReleaseInfo], at: dt.datetime) -> tuple[Revision, ...]:
    """Return what was known of releases at a moment, the newest first. No query."""
    then = [info for info in known if info.proposed_at <= at]
    starts = [
        (info.effective_at, info.number)
        for info in then
        if info.effective_at and info.effective_at <= at
    ]
    return tuple(_revision(info, sorted(starts), at) for info in then)


def _revision(
    info: ReleaseInfo, starts: Iterable[tuple[dt.datetime, str]], at: dt.datetime
) -> Revision:
    since = info.effective_at if info.effective_at and info.effective_at <= at else None
    withdrawal = info.withdrawal
    if withdrawal is not None and withdrawal.withdrawn_at > at:
        withdrawal = None
    until = withdrawal.withdrawn_at if withdrawal else None
    successor = ""
    if since is not None:
        later = next(((start, number) for start, number in starts if start > since), None)
        if later is not None and (until is None or later[0] < until):
            until, successor = later
    return Revision(
        number=info.number,
        summary=info.summary,
        digest=info.digest,
        previous=info.previous,
        organization=info.organization,
        proposer=info.proposer_name,
        proposed_at=info.proposed_at,
        attestations=tuple(one for one in info.attestations if one.attested_at <= at),
        since=since,
        until=until,
        successor=successor,
        withdrawal=withdrawal,
    )
