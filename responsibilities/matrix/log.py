"""Reads the audit log of a workspace: filtered, newest first, in words."""

from __future__ import annotations

import datetime as dt
import json
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import models
from django.db.models import Count, Exists, OuterRef, Q, Subquery
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from responsibilities.choices import AuditAction, Via
from responsibilities.matrix import payloads
from responsibilities.models import AuditEvent, AuditSubject, User, Workspace

SYSTEM = "system"


class Group(models.TextChoices):
    """Kinds of events that a person can filter by. The value is the first word of the action."""

    WORKSPACE = "workspace", gettext_lazy("Workspace")
    MEMBER = "member", gettext_lazy("Members")
    TEAM = "team", gettext_lazy("Teams")
    ASSIGNMENT = "assignment", gettext_lazy("Letters")
    ITEM = "item", gettext_lazy("Items")
    EVIDENCE = "evidence", gettext_lazy("Evidence")
    SIGNOFF = "signoff", gettext_lazy("Sign-offs")
    RELEASE = "release", gettext_lazy("Releases")
    EXPORT = "export", gettext_lazy("Exports")
    PERSON = "person", gettext_lazy("Erasures")


_WORDS_OF = {Group.ITEM: ("item", "items")}


@dataclass(frozen=True, slots=True)
class LogFilter:
    """What to keep. Empty values keep everything; `item` is a key or the beginning of keys."""

    group: str = ""
    side: str = ""
    person: str = ""
    item: str = ""
    since: dt.date | None = None
    until: dt.date | None = None

    @property
    def is_active(self) -> bool:
        """Whether anything is left out."""
        return self != LogFilter()


@dataclass(frozen=True, slots=True)
class Entry:
    """One event in words. `items` counts the items it touched, `key` names the only one."""

    event: AuditEvent
    who: str
    via: str
    label: str
    reason: str
    changes: tuple[Mapping[str, str], ...]
    key: str
    items: int


def events(workspace: Workspace, wanted: LogFilter) -> models.QuerySet[AuditEvent]:
    """Return the events that `wanted` keeps, with payload, newest first.

    Each has `item_count`, and `item_key` of one item that it touched.
    """
    found = AuditEvent.objects.filter(workspace=workspace)
    if wanted.group:
        words = _WORDS_OF.get(Group(wanted.group), (wanted.group,))
        found = found.filter(
            action__in=[a.value for a in AuditAction if a.value.split(".")[0] in words]
        )
    if wanted.side:
        found = found.filter(side=wanted.side)
    if wanted.person:
        found = found.filter(actor_id=None if wanted.person == SYSTEM else uuid.UUID(wanted.person))
    if wanted.item:
        touched = AuditSubject.objects.filter(
            event=OuterRef("pk"), item__responsibility__key__istartswith=wanted.item
        )
        found = found.filter(Exists(touched))
    return found.filter(_days(wanted)).select_related("payload").annotate(**_subjects())


def _days(wanted: LogFilter) -> Q:
    """Bounds in time, not in dates, so that the index on the time can be used."""
    days = Q()
    if wanted.since:
        days &= Q(ts__gte=_midnight(wanted.since))
    if wanted.until:
        days &= Q(ts__lt=_midnight(wanted.until + dt.timedelta(days=1)))
    return days


def _midnight(day: dt.date) -> dt.datetime:
    return timezone.make_aware(dt.datetime.combine(day, dt.time.min))


def _subjects() -> dict[str, Any]:
    subjects = AuditSubject.objects.filter(event=OuterRef("pk")).order_by()
    return {
        "item_count": Subquery(
            subjects.values("event").annotate(items=Count("pk")).values("items")
        ),
        "item_key": Subquery(subjects.values("item__responsibility__key")[:1]),
    }


def read(event: AuditEvent) -> Entry:
    """Return an event that `events` gave, in words. No query."""
    payload = payloads.words(event.payload)
    count: int = getattr(event, "item_count", None) or 0
    return Entry(
        event=event,
        who=payload["actor"] or _("The system"),
        via=str(Via(json.loads(event.leaf)["actor"]["via"]).label),
        label=payload["label"],
        reason=payload["reason"],
        changes=tuple(payload["changes"]),
        key=getattr(event, "item_key", None) or "" if count == 1 else "",
        items=count,
    )


def people(workspace: Workspace) -> list[tuple[str, str]]:
    """Return id and name of everybody who acted in the workspace. One query."""
    acted = AuditEvent.objects.filter(workspace=workspace).order_by().values("actor_id")
    return [
        (str(pk), name)
        for pk, name in User.objects.filter(pk__in=acted).order_by("name").values_list("pk", "name")
    ]


def touched_items(event: AuditEvent) -> Iterable[tuple[str, str]]:
    """Return key and title of the items that an event touched. One query."""
    return (
        AuditSubject.objects.filter(event=event)
        .order_by("item__responsibility__key")
        .values_list("item__responsibility__key", "item__responsibility__title")
    )
