"""What happened last in a workspace, in words. Two queries."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass

from django.db.models import Count, Min
from django.utils.translation import gettext as _

from responsibilities.choices import AuditAction
from responsibilities.matrix import payloads
from responsibilities.models import AuditEvent, AuditSubject, Workspace

CHANGES_SHOWN = 2
LONGEST_VALUE = 60
_DIGEST = re.compile("[0-9a-f]{64}")  # proves much and tells nobody anything


@dataclass(frozen=True, slots=True)
class Happening:
    """One audit event for people. `key` names the item where the event touched only one."""

    at: dt.datetime
    who: str
    action: str
    subject: str
    key: str
    items: int
    changes: tuple[str, ...]


def recent(workspace: Workspace, *, limit: int = 10, since: int = 0) -> list[Happening]:
    """Return the last events of a workspace, newest first, none with a number below `since`."""
    events = list(
        AuditEvent.objects.filter(workspace=workspace, seq__gte=since)
        .select_related("payload")
        .order_by("-seq")[:limit]
    )
    touched = {
        event: (count, key)
        for event, count, key in AuditSubject.objects.filter(event__in=events)
        .values("event")
        .annotate(items=Count("pk"), key=Min("item__responsibility__key"))
        .order_by()
        .values_list("event", "items", "key")
    }
    return [_happening(event, *touched.get(event.pk, (0, ""))) for event in events]


def _happening(event: AuditEvent, items: int, key: str) -> Happening:
    payload = payloads.words(event.payload)
    return Happening(
        at=event.ts,
        who=payload["actor"] or _("The system"),
        action=str(AuditAction(event.action).label),
        subject=payload["label"],
        key=key if items == 1 else "",
        items=items,
        changes=tuple(
            _words(change) for change in payload["changes"] if not _DIGEST.search(change["new"])
        )[:CHANGES_SHOWN],
    )


def _words(change: Mapping[str, str]) -> str:
    """Say what changed; a dash stands for a value that is gone."""
    old, new = _shortened(change["old"]), _shortened(change["new"])
    return f"{change['field']}: {old} → {new or '–'}" if old else f"{change['field']}: {new}"


def _shortened(value: str) -> str:
    if len(value) <= LONGEST_VALUE:
        return value
    return value[: LONGEST_VALUE - 1].rstrip() + "…"
