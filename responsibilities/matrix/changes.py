"""What changed in items since somebody saw or signed them, in words."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, cast

from responsibilities import canonical
from responsibilities.choices import SignoffState
from responsibilities.matrix.content import difference
from responsibilities.matrix.shapes import Difference, ItemRow
from responsibilities.models import Evidence, Signoff, User

type Pair = tuple[canonical.Json, ItemRow]


def compare(pairs: Iterable[Pair]) -> list[list[Difference]]:
    """Return for each (earlier content, row as it is now) what differs. Two queries."""
    pairs = list(pairs)
    contents = [content for pair in pairs for content in (pair[0], pair[1].content)]
    people = dict(
        User.objects.filter(pk__in=set(_ids(contents, "assignments", "person"))).values_list(
            "pk", "name"
        )
    )
    titles = dict(
        Evidence.objects.filter(pk__in=set(_ids(contents, "evidence", "id"))).values_list(
            "pk", "title"
        )
    )
    return [
        difference(
            old,
            row.content,
            people=people,
            evidence=titles,
            options={option["key"]: option["name"] for option in row.options},
        )
        for old, row in pairs
    ]


def since_signing(rows: Sequence[ItemRow]) -> dict[uuid.UUID, list[Difference]]:
    """Return what changed since each stale sign-off of `rows`, by its id. Three queries."""
    stale = {
        side.signoff.id: row
        for row in rows
        for side in row.sides
        if side.signoff and side.state == SignoffState.STALE
    }
    if not stale:
        return {}
    signed = dict(Signoff.objects.filter(pk__in=stale).values_list("pk", "content"))
    found = compare((json.loads(signed[key]), row) for key, row in stale.items())
    return dict(zip(stale, found, strict=True))


def _ids(contents: Iterable[canonical.Json], part: str, name: str) -> Iterator[uuid.UUID]:
    for content in contents:
        for entry in cast("Mapping[str, Any]", content)[part]:
            if entry[name]:
                yield uuid.UUID(entry[name])
