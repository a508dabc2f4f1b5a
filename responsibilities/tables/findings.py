"""Findings by kind, each with the way to the items or teams that have it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from urllib.parse import urlencode

from django.urls import reverse

from responsibilities.choices import FindingKind, Severity
from responsibilities.matrix import Matrix
from responsibilities.matrix.counts import findings_summary


@dataclass(frozen=True, slots=True)
class FoundLink:
    """A kind of finding, how many items or teams have it, and the way to them.

    `blocks` says that no release is possible with it.
    """

    label: str
    severity: Severity
    count: int
    url: str
    blocks: bool = False


def found_links(
    grid: Matrix, slug: str, *, as_of: str = "", blocking: Collection[str] = ()
) -> list[FoundLink]:
    """Return the findings of a matrix by kind: those that block, what is wrong, what will be.

    Findings of items lead to the filtered matrix, of the release `as_of` if there is one;
    findings of teams to the teams, which a release does not show.
    """
    teams = "" if as_of else reverse("team_list", kwargs={"slug": slug})
    items = reverse("matrix", kwargs={"slug": slug})
    then = {"as_of": as_of} if as_of else {}
    found = [
        FoundLink(
            label=str(found.kind.label),
            severity=found.severity,
            count=found.count,
            url=teams
            if found.kind == FindingKind.TEAM_WITHOUT_MEMBERS
            else f"{items}?{urlencode({'finding': found.kind.value, **then})}",
            blocks=found.kind in blocking,
        )
        for found in findings_summary(grid)
    ]
    return sorted(found, key=lambda link: not link.blocks)
