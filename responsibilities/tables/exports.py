"""The list of exports."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, override

import django_tables2 as tables
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext_lazy

from responsibilities.models import Export


@dataclass(frozen=True, slots=True)
class ExportRow:
    """An export as the list shows it.

    `filter` says in words what was left out; `is_abandoned` that its task has vanished.
    """

    export: Export
    filter: str
    is_abandoned: bool
    may_cancel: bool
    may_retry: bool

    @property
    def requester(self) -> str:
        """Who asked: the printed name, or nothing for the system."""
        return self.export.requested_by.name if self.export.requested_by else ""


def export_rows(
    exports: Iterable[Export],
    *,
    filters: Mapping[uuid.UUID, str],
    abandoned: Collection[uuid.UUID],
    cancellable: Collection[uuid.UUID],
    retryable: Collection[uuid.UUID],
) -> list[ExportRow]:
    """Put exports together with what is known about them by id. No query."""
    return [
        ExportRow(
            export=export,
            filter=filters.get(export.pk, ""),
            is_abandoned=export.pk in abandoned,
            may_cancel=export.pk in cancellable,
            may_retry=export.pk in retryable,
        )
        for export in exports
    ]


class _Column(tables.TemplateColumn):  # type: ignore[misc]  # django-tables2 has no types
    """A column drawn by a template; a cell in which it draws nothing is really empty."""

    empty_values = ()

    @override
    def render(self, *args: Any, **kwargs: Any) -> SafeString:
        drawn: str = super().render(*args, **kwargs).strip()
        return mark_safe(drawn)  # noqa: S308  # what a template of ours has drawn


class ExportTable(tables.Table):  # type: ignore[misc]  # django-tables2 has no types
    """Exports: what, edition, filter, who and when, state, size and digest, and what can be done.

    Newest first; not to be sorted otherwise, so that one under way never moves.
    """

    caption = gettext_lazy("Exports")

    format = _Column(
        template_name="export_list/_what.html",
        verbose_name=gettext_lazy("Export"),
        attrs={"td": {"class": "title-cell"}},
    )
    filter = _Column(
        '{% load i18n %}{% if value %}{{ value }}{% else %}<span class="muted">'
        '{% translate "everything" %}</span>{% endif %}',
        verbose_name=gettext_lazy("Filter"),
    )
    requester = _Column(
        template_name="export_list/_who.html",
        verbose_name=gettext_lazy("Asked for"),
    )
    status = _Column(
        template_name="export_list/_state.html",
        verbose_name=gettext_lazy("State"),
        attrs={"td": {"class": "export-state"}},
    )
    size = _Column(
        "{% if record.export.size %}{{ record.export.size|filesizeformat }}{% endif %}",
        verbose_name=gettext_lazy("Size"),
        attrs={"td": {"class": "num nowrap"}, "th": {"class": "num"}},
    )
    sha256 = _Column(template_name="export_list/_digest.html", verbose_name="SHA-256")
    actions = _Column(
        template_name="export_list/_actions.html",
        verbose_name=gettext_lazy("Actions"),
        attrs={"td": {"class": "num"}, "th": {"class": "num"}},
    )

    class Meta:
        orderable = False
        attrs: ClassVar[dict[str, str]] = {"class": "table table-stack exports"}
        empty_text = gettext_lazy("No exports yet. Ask for the first one above.")

    def __init__(self, rows: list[ExportRow], *, slug: str, may_export: bool) -> None:
        """Take the workspace's slug for the links, and whether the person may export."""
        super().__init__(rows)
        self.slug = slug
        self.may_export = may_export
