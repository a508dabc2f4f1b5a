"""The register of sign-offs."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import django_tables2 as tables
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from responsibilities.choices import SignoffState
from responsibilities.matrix import ItemRow, Matrix, SignoffInfo

REPLACED = "replaced"


@dataclass(frozen=True, slots=True)
class Entry:
    """One sign-off in the register. `state` is a SignoffState or "replaced"."""

    id: uuid.UUID
    key: str
    title: str
    side: str
    side_kind: str
    side_name: str
    signer_id: uuid.UUID
    name: str
    role: str
    meaning: str
    signed_at: dt.datetime
    state: str
    digest: str


def entries(grid: Matrix) -> list[Entry]:
    """Return every sign-off of a matrix, the latest first. No query."""
    found = [entry for row in grid.rows for entry in _of_row(row)]
    return sorted(found, key=lambda entry: entry.signed_at, reverse=True)


def select(found: list[Entry], wanted: Mapping[str, str]) -> list[Entry]:
    """Keep the entries that fit the filters side, state and person."""
    return [
        entry
        for entry in found
        if wanted.get("side", entry.side) == entry.side
        and wanted.get("state", entry.state) == entry.state
        and wanted.get("person", str(entry.signer_id)) == str(entry.signer_id)
    ]


def _of_row(row: ItemRow) -> Iterator[Entry]:
    for side in row.sides:
        if side.signoff:
            yield _entry(row, side.signoff, side.state)
        for signoff in side.earlier:
            yield _entry(row, signoff, SignoffState.WITHDRAWN if signoff.withdrawn_at else REPLACED)


def _entry(row: ItemRow, signoff: SignoffInfo, state: str) -> Entry:
    return Entry(
        id=signoff.id,
        key=row.key,
        title=row.title,
        side=signoff.seat.key,
        side_kind=signoff.seat.kind,
        side_name=signoff.seat.organization,
        signer_id=signoff.signer_id,
        name=signoff.printed_name,
        role=str(signoff.role.label),
        meaning=str(signoff.meaning.label),
        signed_at=signoff.signed_at,
        state=state,
        digest=signoff.item_digest,
    )


class SignoffTable(tables.Table):  # type: ignore[misc]  # django-tables2 has no types
    """Sign-offs: item, side, who, role, meaning, when, state, digest."""

    caption = gettext_lazy("Sign-offs")
    hx_target = "#register"

    key = tables.Column(
        verbose_name=gettext_lazy("Item"), attrs={"td": {"class": "title-cell"}}, order_by="key"
    )
    side_name = tables.TemplateColumn(
        "{% load ui %}{% side record.side_kind record.side_name %}",
        verbose_name=gettext_lazy("Side"),
    )
    name = tables.Column(verbose_name=gettext_lazy("Signed by"))
    role = tables.Column(verbose_name=gettext_lazy("Role"))
    meaning = tables.Column(verbose_name=gettext_lazy("Meaning"))
    signed_at = tables.TemplateColumn(
        "{% load ui %}{% timestamp record.signed_at %}",
        verbose_name=gettext_lazy("When"),
        attrs={"td": {"class": "nowrap"}},
    )
    state = tables.TemplateColumn(
        template_name="signoff_list/_state.html", verbose_name=gettext_lazy("State")
    )
    digest = tables.TemplateColumn(
        "{% load ui %}{% digest record.digest %}",
        verbose_name=gettext_lazy("Item digest"),
        orderable=False,
    )

    class Meta:
        attrs: ClassVar[dict[str, str]] = {"class": "table table-stack register"}
        order_by = "-signed_at"

    def __init__(self, *args: Any, slug: str, **kwargs: Any) -> None:
        """Take the workspace's slug, for the links."""
        kwargs.setdefault("empty_text", _("No sign-off fits these filters."))
        super().__init__(*args, **kwargs)
        self.slug = slug

    def render_key(self, record: Entry) -> SafeString:
        """Link to the sign-off, with the title of the item under the key."""
        address = reverse("signoff_detail", kwargs={"slug": self.slug, "signoff_id": record.id})
        return format_html(
            '<a href="{}">{}</a> <span class="muted">{}</span>', address, record.key, record.title
        )
