"""What differs between two editions of a matrix: two releases, or a release and the draft.

Both are matrices, be they loaded or restored; all names come from them.
What is the same for many items, such as a team's new name, is said once, in the frame.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections import Counter
from collections.abc import Collection, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from django.utils.translation import gettext as _

from responsibilities import canonical
from responsibilities.choices import FindingKind
from responsibilities.matrix.facts import Aspect, Facts, facts_of
from responsibilities.matrix.releases import edition
from responsibilities.matrix.shapes import Difference, ItemRow, Matrix, Person, TeamColumn
from responsibilities.matrix.snapshot import DamagedError
from responsibilities.models import Release

__all__ = [
    "Aspect",
    "Comparison",
    "ItemChange",
    "ItemDifference",
    "compare_editions",
    "comparison_document",
    "count_changes",
]

CHANGES_VERSION = 1


@dataclass(frozen=True, slots=True)
class ItemDifference:
    """One value of an item that differs, and what it is about."""

    aspect: Aspect
    difference: Difference


@dataclass(frozen=True, slots=True)
class ItemChange:
    """An item that is in one edition alone ("added", "removed") or differs ("changed").

    The digests are those of what a sign-off covers, empty where there is no item.
    """

    key: str
    title: str
    section: str
    kind: str
    differences: tuple[ItemDifference, ...]
    old_digest: str
    new_digest: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """What differs, in the order of the model.

    `frame` is what differs in the workspace, its sides, teams and people. `same` counts the items
    without any difference; `renamed` counts those of them that carry another name of a team, so
    that their digest differs.
    """

    items: tuple[ItemChange, ...]
    frame: tuple[Difference, ...]
    same: int
    renamed: int

    @property
    def is_empty(self) -> bool:
        """Whether nothing differs."""
        return not self.items and not self.frame

    @property
    def counts(self) -> dict[Aspect, int]:
        """How many items differ in each aspect; aspects in which none does are left out."""
        counted = Counter(
            aspect for item in self.items for aspect in {d.aspect for d in item.differences}
        )
        return {aspect: counted[aspect] for aspect in Aspect if counted[aspect]}

    def only(self, aspects: Collection[str]) -> Comparison:
        """Return the same with only the differences in these aspects; none stands for all."""
        if not aspects:
            return self
        kept = (
            replace(item, differences=tuple(d for d in item.differences if d.aspect in aspects))
            for item in self.items
        )
        return replace(self, items=tuple(item for item in kept if item.differences))


def compare_editions(old: Matrix, new: Matrix) -> Comparison:
    """Return what differs between two editions of one workspace. No query.

    Left out is what follows from the rest or from the day: findings, version counters, and how
    fresh evidence is.
    """
    changes = []
    same = renamed = 0
    titles = {section.key: section.title for grid in (old, new) for section in grid.sections}
    for key in _merged(old.by_key, new.by_key):
        change = _change(old.by_key.get(key), new.by_key.get(key), titles)
        if change.differences or change.kind != "changed":
            changes.append(change)
            continue
        same += 1
        renamed += change.old_digest != change.new_digest
    return Comparison(tuple(changes), tuple(_frame(old, new)), same, renamed)


def count_changes(previous: Release | None, grid: Matrix) -> int | None:
    """Return how many items of a matrix differ from those of the release before.

    What differs beside the items, such as a team's name, counts as one more. None without a
    release before, or if what is stored of it is damaged. At most two queries.
    """
    if previous is None:
        return None
    try:
        before = edition(grid.workspace, previous)
    except DamagedError:
        return None
    comparison = compare_editions(before, grid)
    return len(comparison.items) + bool(comparison.frame)


def comparison_document(
    comparison: Comparison,
    *,
    old: Mapping[str, canonical.Json],
    new: Mapping[str, canonical.Json],
) -> canonical.Json:
    """Return a comparison as a JSON value with a fixed canonical form.

    `old` and `new` say which editions were compared: number, digest, day.
    """
    return {
        "kind": "rexmatrix-changes",
        "v": CHANGES_VERSION,
        "old": dict(old),
        "new": dict(new),
        "counts": {aspect.value: count for aspect, count in comparison.counts.items()},
        "unchanged": comparison.same,
        "unchanged_but_team_renamed": comparison.renamed,
        "frame": [_words(difference) for difference in comparison.frame],
        "items": [
            {
                "key": item.key,
                "title": item.title,
                "section": item.section,
                "kind": item.kind,
                "old_digest": item.old_digest or None,
                "new_digest": item.new_digest or None,
                "differences": [
                    {"aspect": found.aspect.value, **_words(found.difference)}
                    for found in item.differences
                ],
            }
            for item in comparison.items
        ],
    }


def _words(difference: Difference) -> dict[str, str]:
    return {"field": str(difference.field), "old": difference.old, "new": difference.new}


def _merged[K: Hashable](old: Collection[K], new: Collection[K]) -> list[K]:
    """Return all keys in the new order; one that went keeps its place behind the one before it."""
    there = set(new)
    behind: K | None = None
    gone: dict[K | None, list[K]] = {}
    for key in old:
        if key in there:
            behind = key
        else:
            gone.setdefault(behind, []).append(key)
    return [*gone.get(None, ()), *(key for kept in new for key in (kept, *gone.get(kept, ())))]


def _change(before: ItemRow | None, after: ItemRow | None, titles: Mapping[str, str]) -> ItemChange:
    row = after or before
    if row is None:
        raise ValueError
    was = facts_of(before, titles) if before else {}
    now = facts_of(after, titles) if after else {}
    return ItemChange(
        key=row.key,
        title=row.title,
        section=titles[row.section_key],
        kind="changed" if before and after else "added" if after else "removed",
        differences=tuple(_differences(was, now)),
        old_digest=before.digest if before else "",
        new_digest=after.digest if after else "",
    )


def _differences(was: Facts, now: Facts) -> Iterator[ItemDifference]:
    order = {aspect: place for place, aspect in enumerate(Aspect)}
    for key in sorted(_merged(was, now), key=lambda key: order[key[0]]):
        old, new = was.get(key), now.get(key)
        fact = new or old
        if fact is None or (old and new and old.identity == new.identity):
            continue
        old_words, new_words = old.words if old else "", new.words if new else ""
        if old_words == new_words:
            again = (
                _("another person of this name") if key[0] == Aspect.PEOPLE else _("another one")
            )
            new_words = f"{new_words} ({again})"
        yield ItemDifference(key[0], Difference(fact.field, old_words, new_words))


def _frame(old: Matrix, new: Matrix) -> Iterator[Difference]:
    """Yield what differs around the items."""
    was, now = old.workspace, new.workspace
    yield from _unless_same(_("Name of the workspace"), was.name, now.name)
    yield from _unless_same(_("Target date"), _day(was.target_date), _day(now.target_date))
    yield from _unless_same(
        _("Findings that block a release"),
        _kinds(was.blocking_findings),
        _kinds(now.blocking_findings),
    )
    before = {seat.key: seat for seat in old.seats}
    for seat in new.seats:
        if seat.key in before:
            yield from _unless_same(seat.party, before[seat.key].organization, seat.organization)
    yield from _teams(old, new)
    yield from _people(old, new)


def _teams(old: Matrix, new: Matrix) -> Iterator[Difference]:
    """Yield teams that came, went, or differ in name, description or people; then their order."""
    was, now = ({team.id: team for team in grid.teams} for grid in (old, new))
    stayed = was.keys() & now.keys()
    for key in _merged(was, now):
        before, after = was.get(key), now.get(key)
        team = after or before
        if team is None:
            continue
        label = _("Team of %(organization)s") % {"organization": team.seat.organization}
        yield from _unless_same(label, before.name if before else "", after.name if after else "")
        yield from _unless_same(
            _("What “%(team)s” does") % {"team": team.name},
            before.description if before else "",
            after.description if after else "",
        )
        yield from _members(team.name, before, after)
    for seat in new.seats:
        orders = (
            ", ".join(now[team.id].name for team in grid.teams_of(seat.id) if team.id in stayed)
            for grid in (old, new)
        )
        label = _("Order of the teams of %(organization)s") % {"organization": seat.organization}
        yield from _unless_same(label, *orders)


def _members(
    name: str, before: TeamColumn | None, after: TeamColumn | None
) -> Iterator[Difference]:
    """Yield who left a team and who joined it."""
    was = {person.id: person for person in before.people} if before else {}
    now = {person.id: person for person in after.people} if after else {}
    label = _("People on “%(team)s”") % {"team": name}
    left = ", ".join(person.name for key, person in was.items() if key not in now)
    joined = ", ".join(person.name for key, person in now.items() if key not in was)
    if left or joined:
        yield Difference(label, left, joined)


def _people(old: Matrix, new: Matrix) -> Iterator[Difference]:
    """Yield people who have another name, and people named on items who left or came back."""
    was, now = _known(old), _known(new)
    for key in _merged(was, now):
        before, after = was.get(key), now.get(key)
        if before is None or after is None:
            continue
        yield from _unless_same(_("Name of a person"), before.name, after.name)
        if before.present != after.present:
            yield Difference(after.name, _standing(before), _standing(after))


def _known(grid: Matrix) -> dict[uuid.UUID, Person]:
    """Return everybody who is on a team or named on an item, in that order."""
    people = {person.id: person for team in grid.teams for person in team.people}
    for row in grid.rows:
        for holding in row.holdings:
            if holding.person:
                people.setdefault(holding.person.id, holding.person)
    return people


def _standing(person: Person) -> str:
    return _("member") if person.present else _("no member any more")


def _unless_same(field: str, old: str, new: str) -> Iterator[Difference]:
    if old != new:
        yield Difference(field, old, new)


def _day(day: dt.date | None) -> str:
    return day.isoformat() if day else ""


def _kinds(values: Iterable[str]) -> str:
    return ", ".join(str(kind.label) for kind in FindingKind if kind in values)
