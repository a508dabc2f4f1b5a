"""The audit log as a table."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import django_tables2 as tables
from django.http import HttpRequest
from django.urls import reverse
from django.utils.text import Truncator
from django.utils.translation import gettext_lazy as _

from responsibilities.matrix import words
from responsibilities.matrix.log import Entry, read
from responsibilities.models import AuditEvent, Seat

CHANGES_SHOWN = 2
VALUE_LENGTH = 90
DIGEST = re.compile(r"\b([0-9a-f]{12})[0-9a-f]{52}\b")
LIST_OF = {
    "team": "team_list",
    "member": "member_list",
    "export": "export_list",
    "release": "release_list",
    "workspace": "workspace_overview",
}


class AuditTable(tables.Table):  # type: ignore[misc]  # the library has no types
    """One row per event: number, time, who, what, on what, and what changed."""

    seq = tables.TemplateColumn(
        template_name="audit_list/_seq.html",
        verbose_name=_("No."),
        attrs={"td": {"class": "num"}, "th": {"class": "num"}},
    )
    ts = tables.TemplateColumn(
        template_name="audit_list/_when.html",
        verbose_name=_("When"),
        orderable=False,
        attrs={"td": {"class": "nowrap"}},
    )
    who = tables.TemplateColumn(
        template_name="audit_list/_who.html",
        verbose_name=_("Who"),
        orderable=False,
        attrs={"td": {"class": "audit-who"}},
    )
    side = tables.TemplateColumn(
        template_name="audit_list/_side.html",
        verbose_name=_("Side"),
        orderable=False,
        attrs={"td": {"class": "audit-minor"}},
    )
    via = tables.Column(
        accessor="pk",
        verbose_name=_("Via"),
        orderable=False,
        attrs={"td": {"class": "audit-minor muted nowrap"}},
    )
    action = tables.Column(
        verbose_name=_("Action"), orderable=False, attrs={"td": {"class": "audit-who"}}
    )
    subject = tables.TemplateColumn(
        template_name="audit_list/_object.html",
        verbose_name=_("Object"),
        orderable=False,
        attrs={"td": {"class": "audit-object"}},
    )
    changes = tables.TemplateColumn(
        template_name="audit_list/_changes.html",
        verbose_name=_("What changed"),
        orderable=False,
        attrs={"td": {"class": "audit-changes"}},
    )

    class Meta:
        attrs = {"class": "table table-stack audit-table"}
        order_by = ("-seq",)

    caption = _("Audit log")
    hx_target = "#log"

    def __init__(self, *args: Any, slug: str, seats: Mapping[str, Seat], **kwargs: Any) -> None:
        """Take the workspace's address, and its sides by party key."""
        super().__init__(*args, **kwargs)
        self.slug = slug
        self.seats = seats
        self._entries: dict[int, Entry] = {}

    def entry(self, event: AuditEvent) -> Entry:
        """Return the event in words, read once per row."""
        if event.pk not in self._entries:
            self._entries[event.pk] = read(event)
        return self._entries[event.pk]

    def render_via(self, record: AuditEvent) -> str:
        """Return the channel in words."""
        return self.entry(record).via

    def before_render(self, request: HttpRequest) -> None:
        """Hang words and address on the rows of the page, for the templates of the cells."""
        for row in self.paginated_rows:
            event = row.record
            event.entry = self.entry(event)
            event.seat = self.seats.get(event.side)
            event.slug = self.slug
            event.link = address_of(self.slug, event.entry)
            event.first_changes = [_short(change) for change in event.entry.changes[:CHANGES_SHOWN]]
            event.more = len(event.entry.changes) - len(event.first_changes)


def _short(change: Mapping[str, str]) -> dict[str, Any]:
    """Shorten values for the list; the event's page has all of them.

    Digests to twelve digits, texts that changed in places to those places (`runs`).
    """
    old, new = (DIGEST.sub(r"\1…", change[name]) for name in ("old", "new"))
    parts = words.runs(old, new)
    in_places = any(run.kind == "same" for run in parts)
    return {
        "field": change["field"],
        "old": _cut(old),
        "new": _cut(new),
        "runs": [_cut_run(run) for run in parts] if in_places else [],
    }


def _cut_run(run: words.Run) -> words.Run:
    """Shorten a stretch: of what stayed the same, both ends are left."""
    if run.kind != "same" or len(run.text) <= VALUE_LENGTH:
        return replace(run, text=_cut(run.text))
    end = VALUE_LENGTH // 3
    return replace(run, text=f"{run.text[:end].rstrip()} … {run.text[-end:].lstrip()}")


def _cut(text: str) -> str:
    return Truncator(text).chars(VALUE_LENGTH)


def address_of(slug: str, entry: Entry) -> str:
    """Return the page of what an event is about, or an empty text where there is none."""
    event = entry.event
    if entry.key:
        return reverse("item_detail", args=[slug, entry.key])
    if event.object_type == "evidence":
        return reverse("evidence_detail", args=[slug, event.object_id])
    route = LIST_OF.get(event.object_type)
    return reverse(route, args=[slug]) if route else ""
