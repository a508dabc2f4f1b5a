"""The evidence register."""

from __future__ import annotations

import django_tables2 as tables
from django.db.models import F, QuerySet
from django.utils.translation import gettext_lazy as _

from responsibilities.models import Evidence

PER_PAGE = 50


def _cell(name: str) -> str:
    return f"evidence_list/_{name}.html"


class EvidenceTable(tables.Table):  # type: ignore[misc]  # untyped library
    """One row per piece of evidence, in its newest revision."""

    title = tables.TemplateColumn(
        template_name=_cell("title"),
        verbose_name=_("Title"),
        attrs={"td": {"class": "title-cell"}},
    )
    side = tables.TemplateColumn(
        template_name=_cell("side"),
        accessor="seat",
        verbose_name=_("Side"),
        order_by=("seat__party__position", "title"),
        attrs={"td": {"class": "evidence-side"}},
    )
    items = tables.TemplateColumn(
        template_name=_cell("items"), verbose_name=_("Items"), orderable=False
    )
    collected = tables.TemplateColumn(
        "{% load ui %}{{ record.current.collected_on|isodate }}",
        verbose_name=_("Collected"),
        order_by="current__collected_on",
        attrs={"td": {"class": "nowrap"}},
    )
    valid = tables.TemplateColumn(
        template_name=_cell("valid"),
        verbose_name=_("Valid until"),
        order_by="current__valid_until",
        attrs={"td": {"class": "nowrap"}},
    )
    size = tables.TemplateColumn(
        "{{ record.current.size|filesizeformat }}",
        verbose_name=_("Size"),
        order_by="current__size",
        attrs={"td": {"class": "num nowrap"}, "th": {"class": "num"}},
    )
    revision = tables.TemplateColumn(
        template_name=_cell("revision"),
        verbose_name=_("Revision"),
        order_by="current__number",
    )

    caption = _("Evidence")
    hx_target = "#evidence-register"

    class Meta:
        attrs = {"class": "table table-stack"}
        order_by = ("title",)
        empty_text = _("No evidence fits this filter.")

    def order_valid(
        self, queryset: QuerySet[Evidence], is_descending: bool
    ) -> tuple[QuerySet[Evidence], bool]:
        """Sort by the last day; what does not expire comes last."""
        day = F("current__valid_until")
        order = day.desc(nulls_first=True) if is_descending else day.asc(nulls_last=True)
        return queryset.order_by(order, "title", "pk"), True
