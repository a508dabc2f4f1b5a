"""One item as its page shows it: the row, its place in the matrix, what changed, its history."""

from __future__ import annotations

import datetime as dt
import json
import re
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.core.paginator import Page, Paginator

from responsibilities.choices import AuditAction, Via
from responsibilities.matrix import payloads
from responsibilities.matrix.changes import since_signing
from responsibilities.matrix.filters import MatrixFilter
from responsibilities.matrix.load import load
from responsibilities.matrix.shapes import Difference, ItemRow, Matrix, SectionGroup
from responsibilities.models import AuditEvent, Item, Workspace

EVENTS_PER_PAGE = 20
# Each change of such an event is about one item and names it.
_ABOUT_MANY = frozenset({AuditAction.SIGNOFF_BULK_SIGNED, AuditAction.ITEMS_BULK_CHANGED})
_DIGEST = re.compile(r"\b([0-9a-f]{12})[0-9a-f]{52}\b")


@dataclass(frozen=True, slots=True)
class Place:
    """An item by key and title, to go to."""

    key: str
    title: str


@dataclass(frozen=True, slots=True)
class ItemPage:
    """One item and what stands around it.

    `grid` has all teams, and this row at least. `position` and `count` are those of the filter, 0
    for an item that the filter leaves out. `changes` gives what changed since each stale
    sign-off, by its id.
    """

    grid: Matrix
    section: SectionGroup
    row: ItemRow
    position: int
    count: int
    previous: Place | None
    next: Place | None
    changes: Mapping[uuid.UUID, Sequence[Difference]]


@dataclass(frozen=True, slots=True)
class Event:
    """One event of an item's history, in words. Without a name the system acted.

    `about` names what else the event is about, such as a piece of evidence.
    """

    seq: int
    at: dt.datetime
    action: AuditAction
    actor: str
    side: str
    via: Via
    about: str
    changes: Sequence[Difference]
    reason: str


@dataclass(frozen=True, slots=True)
class History:
    """One page of an item's history. `page` knows the pages before and after it."""

    events: Sequence[Event]
    page: Page[AuditEvent]


def load_item(workspace: Workspace, key: str, wanted: MatrixFilter) -> ItemPage:
    """Return the item `key` and its neighbours in the filtered matrix.

    Raises Item.DoesNotExist for a foreign key. The number of queries does not depend on how
    many items there are.
    """
    item_id = Item.objects.values_list("pk", flat=True).get(
        workspace=workspace, responsibility__key=key
    )
    grid = load(workspace, item_ids=[item_id])
    return _page(grid, key, _places(workspace, wanted))


def item_of(grid: Matrix, key: str, wanted: MatrixFilter) -> ItemPage:
    """Return the item `key` of a whole matrix, such as a release, and its neighbours there.

    Raises Item.DoesNotExist for a key that is not in it. Three queries at most.
    """
    if key not in grid.by_key:
        raise Item.DoesNotExist(key)
    return _page(grid, key, [Place(row.key, row.title) for row in wanted.apply(grid).rows])


def _page(grid: Matrix, key: str, places: Sequence[Place]) -> ItemPage:
    row = grid.by_key[key]
    section = next(section for section in grid.sections if row in section.rows)
    index = next((i for i, place in enumerate(places) if place.key == key), None)
    return ItemPage(
        grid=grid,
        section=section,
        row=row,
        position=0 if index is None else index + 1,
        count=len(places),
        previous=places[index - 1] if index else None,
        next=places[index + 1] if index is not None and index + 1 < len(places) else None,
        changes=since_signing([row]),
    )


def history(row: ItemRow, page: str | int) -> History:
    """Return one page of the events that touched an item, the latest first. Two queries.

    Of an event about many items, only what it says of this one. A page that is not there becomes
    the nearest.
    """
    events = AuditEvent.objects.for_item(row.id).select_related("payload").order_by("-seq")
    found = Paginator(events, EVENTS_PER_PAGE).get_page(page)
    sides = {side.seat.key: side.seat.organization for side in row.sides}
    return History([_event(event, row.key, sides) for event in found], found)


def _places(workspace: Workspace, wanted: MatrixFilter) -> list[Place]:
    if wanted.is_active:
        return [Place(row.key, row.title) for row in wanted.apply(load(workspace)).rows]
    return [
        Place(key, title)
        for key, title in Item.objects.filter(workspace=workspace)
        .order_by(
            "responsibility__section__position",
            "responsibility__section__key",
            "responsibility__position",
            "responsibility__key",
        )
        .values_list("responsibility__key", "responsibility__title")
    ]


def _event(event: AuditEvent, key: str, sides: Mapping[str, str]) -> Event:
    payload = payloads.words(event.payload)
    action = AuditAction(event.action)
    return Event(
        seq=event.seq,
        at=event.ts,
        action=action,
        actor=payload["actor"],
        side=sides.get(event.side, ""),
        via=Via(json.loads(event.leaf)["actor"]["via"]),
        about=payload["label"]
        if event.object_type == "evidence" and not event.payload.is_erased
        else "",
        changes=[
            Difference(change["field"], _shortened(change["old"]), _shortened(change["new"]))
            for change in payload["changes"]
            if action not in _ABOUT_MANY or change["field"] == key
        ],
        reason=payload["label"] if event.payload.is_erased else payload["reason"],
    )


def _shortened(text: str) -> str:
    """Shorten SHA-256 digests to what tells them apart; the audit log has them whole."""
    return _DIGEST.sub(r"\1…", text)
