"""What stands in the part about releases: attestations, revision history, list of changes."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from responsibilities.exchange.details import Changes, Details
from responsibilities.matrix import Difference, Matrix
from responsibilities.matrix.facts import Aspect
from responsibilities.matrix.release_changes import ItemChange
from responsibilities.matrix.words import Run

WHOLE_LINES = 16
"""The changes of an item stay on one page up to so many lines, estimated."""

_CHARACTERS = 75  # in a line of the column for what changed
_FIELD_ASPECTS = frozenset({Aspect.LETTERS, Aspect.PEOPLE, Aspect.OPTIONS, Aspect.SIGNOFFS})

type Context = dict[str, Any]


@dataclass(frozen=True, slots=True)
class ChangeLine:
    """One difference. Lines with a `field` share a `topic`, which stands on the first of them.

    `runs` are old and new word by word, empty where they have little in common.
    """

    topic: str
    field: str
    old: str
    new: str
    runs: tuple[Run, ...]

    @property
    def is_long(self) -> bool:
        """Whether old and new do not fit into one line."""
        return len(self.old) + len(self.new) > _CHARACTERS


@dataclass(frozen=True, slots=True)
class ChangedItem:
    """An item with what changed in it. `is_here` says that it stands in this file."""

    key: str
    title: str
    kind: str
    lines: tuple[ChangeLine, ...]
    is_here: bool
    may_break: bool


def release_part(matrix: Matrix, details: Details) -> Context:
    """Return what stands in the part about releases."""
    this = details.release
    return {
        "release": this,
        "details": details,
        "revisions": details.revisions,
        "in_force": details.in_force,
        **_changes(details.changes, matrix),
    }


def _changes(changes: Changes | None, matrix: Matrix) -> Context:
    """Return the changes by section; those of items that a filter has left out are not told."""
    if changes is None:
        return {"since": ""}
    comparison = changes.comparison
    is_filtered = len(matrix.rows) < matrix.total
    items = [
        item
        for item in comparison.items
        if item.kind == "removed" or item.key in matrix.by_key or not is_filtered
    ]
    return {
        "since": changes.since,
        "frame": [_line(found, topic=str(found.field)) for found in comparison.frame],
        "changed": len(items),
        "is_filtered": is_filtered,
        "counts": [
            (aspect.label, sum(any(d.aspect == aspect for d in i.differences) for i in items))
            for aspect in Aspect
            if any(d.aspect == aspect for item in items for d in item.differences)
        ],
        "sections": [
            (title, [_changed(item, matrix.by_key) for item in group])
            for title, group in groupby(items, key=lambda item: item.section)
        ],
    }


def _changed(item: ItemChange, here: Collection[str]) -> ChangedItem:
    lines = tuple(_lines(item))
    return ChangedItem(
        key=item.key,
        title=item.title,
        kind=item.kind,
        lines=lines,
        is_here=item.key in here,
        may_break=sum(_height(line) for line in lines) > WHOLE_LINES,
    )


def _lines(item: ItemChange) -> Iterator[ChangeLine]:
    """Yield the differences; those of one aspect have its name on the first of them alone."""
    for aspect, group in groupby(item.differences, key=lambda found: found.aspect):
        for number, found in enumerate(group):
            field = str(found.difference.field)
            if aspect in _FIELD_ASPECTS:
                topic = "" if number else str(aspect.label)
                yield _line(found.difference, topic=topic, field=field)
            else:
                yield _line(found.difference, topic=field)


def _line(difference: Difference, *, topic: str = "", field: str = "") -> ChangeLine:
    found = tuple(difference.runs)
    is_alike = any(run.kind == "same" for run in found)
    return ChangeLine(
        topic=topic,
        field=field,
        old=difference.old,
        new=difference.new,
        runs=tuple(_apart(found)) if is_alike else (),
    )


def _apart(found: Iterable[Run]) -> Iterator[Run]:
    """Yield the runs with a space between old and new, so that they do not read as one word."""
    before = ""
    for run in found:
        if run.kind == "new" and before and not before[-1].isspace():
            yield Run("same", " ")
        before = run.text if run.kind == "old" else ""
        yield run


def _height(line: ChangeLine) -> int:
    """Estimate how many lines a difference takes."""
    texts = [run.text for run in line.runs] or [line.old, line.new]
    return 1 + sum(len(text) for text in texts) // _CHARACTERS + sum(t.count("\n") for t in texts)
