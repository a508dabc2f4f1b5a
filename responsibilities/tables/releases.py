"""The list of releases, and where each side stands with one of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

import django_tables2 as tables
from django.utils.translation import gettext_lazy

from responsibilities.matrix.releases import AttestationInfo, ReleaseInfo
from responsibilities.models import Seat


@dataclass(frozen=True, slots=True)
class SideStanding:
    """One side and its attestation of a release, if it has given one."""

    kind: str
    organization: str
    is_own: bool
    attestation: AttestationInfo | None


@dataclass(frozen=True, slots=True)
class ReleaseRow:
    """A release as lists and pages show it. `successor` is the number that superseded it, or ""."""

    info: ReleaseInfo
    sides: tuple[SideStanding, ...]
    successor: str


def release_rows(
    infos: Iterable[ReleaseInfo], seats: Iterable[Seat], own_seat_id: int | None
) -> list[ReleaseRow]:
    """Put all releases of a workspace together with its sides, in their order. No query."""
    seats, infos = tuple(seats), tuple(infos)
    after = {info.previous: info.number for info in infos if info.was_effective}
    return [
        ReleaseRow(info, _standings(info, seats, own_seat_id), after.get(info.number, ""))
        for info in infos
    ]


def _standings(
    info: ReleaseInfo, seats: Iterable[Seat], own_seat_id: int | None
) -> tuple[SideStanding, ...]:
    given = {attestation.side: attestation for attestation in info.attestations}
    return tuple(
        SideStanding(
            kind=seat.party.kind,
            organization=seat.organization.name,
            is_own=seat.pk == own_seat_id,
            attestation=given.get(seat.party.key),
        )
        for seat in seats
    )


class ReleaseTable(tables.Table):  # type: ignore[misc]  # django-tables2 has no types
    """Releases: number, status, what has changed, by whom, attested by whom, in force from.

    Newest first; not to be sorted otherwise, because each continues the one below it.
    """

    caption = gettext_lazy("Releases")

    number = tables.TemplateColumn(
        template_name="release_list/_number.html",
        accessor="info__number",
        verbose_name=gettext_lazy("Release"),
        attrs={"td": {"class": "title-cell"}},
    )
    status = tables.TemplateColumn(
        template_name="release_list/_status.html",
        accessor="info__status",
        verbose_name=gettext_lazy("Status"),
    )
    summary = tables.TemplateColumn(
        "{{ value|truncatechars:200 }}",
        accessor="info__summary",
        verbose_name=gettext_lazy("What has changed"),
        attrs={"td": {"class": "release-summary"}},
    )
    proposed = tables.TemplateColumn(
        template_name="release_list/_proposed.html",
        accessor="info__proposed_at",
        verbose_name=gettext_lazy("Proposed"),
    )
    attested = tables.TemplateColumn(
        template_name="release_list/_attested.html",
        accessor="sides",
        verbose_name=gettext_lazy("Attested"),
    )
    effective = tables.TemplateColumn(
        template_name="release_list/_effective.html",
        accessor="info__effective_at",
        empty_values=(),
        verbose_name=gettext_lazy("In force from"),
        attrs={"td": {"class": "release-when"}},
    )
    digest = tables.TemplateColumn(
        "{% load ui %}{% digest value %}",
        accessor="info__digest",
        verbose_name=gettext_lazy("SHA-256"),
    )

    class Meta:
        orderable = False
        attrs: ClassVar[dict[str, str]] = {"class": "table table-stack releases"}

    def __init__(self, rows: list[ReleaseRow], *, slug: str) -> None:
        """Take the workspace's slug for the links."""
        super().__init__(rows)
        self.slug = slug
