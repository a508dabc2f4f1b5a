"""The list of a person's workspaces: progress, findings, whose turn it is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, override

import django_tables2 as tables
from django.http import HttpRequest
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django_tables2.data import TableListData

from responsibilities.matrix.portfolio import Line, fill_in
from responsibilities.tables.paging import arrange

PER_PAGE = 25
COMPUTED = frozenset({"progress", "findings", "waiting"})
"""Columns that only a loaded matrix can be sorted by."""


class LineData(TableListData):  # type: ignore[misc]  # django-tables2 has no types
    """Lines that load every matrix before a sort needs them, and not otherwise."""

    @override
    def order_by(self, aliases: Sequence[str]) -> None:
        if COMPUTED & {alias.lstrip("-") for alias in aliases}:
            fill_in(self.data)
        super().order_by(aliases)


def _cell(name: str, header: Promise, **options: Any) -> tables.TemplateColumn:
    return tables.TemplateColumn(
        template_name=f"workspace_list/_{name}.html", verbose_name=header, **options
    )


class WorkspaceTable(tables.Table):  # type: ignore[misc]
    """One row per workspace."""

    name = _cell(
        "name", _("Workspace"), order_by="sort_name", attrs={"td": {"class": "title-cell"}}
    )
    side = _cell("side", _("Your side"), order_by=("membership__seat__party__name", "sort_name"))
    progress = _cell(
        "progress",
        _("Progress"),
        order_by="standing__percent",
        attrs={"td": {"class": "progress-cell"}},
    )
    findings = _cell(
        "findings",
        _("Findings"),
        order_by=("-standing__wrong", "-standing__soon", "-standing__teams"),
    )
    waiting = _cell("waiting", _("Waiting for"), order_by="-sort_waiting")
    target = _cell("target", _("Target date"), order_by="sort_target")
    last = _cell(
        "last", _("Last activity"), order_by="-last_at", attrs={"td": {"class": "last-cell"}}
    )

    caption = _("Workspaces")
    hx_target = "#workspaces"

    class Meta:
        attrs = {"class": "table table-stack workspaces"}
        order_by = "name"
        empty_text = _("No workspace fits this search. Try another word.")


def workspace_table(lines: Sequence[Line], request: HttpRequest) -> WorkspaceTable:
    """Return the table sorted and cut into pages as the address says, with its page loaded."""
    table = WorkspaceTable(LineData(list(lines)))
    arrange(table, request, per_page=PER_PAGE)
    fill_in(row.record for row in table.paginated_rows)
    return table
