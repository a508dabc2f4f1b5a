"""The content of an item that a sign-off covers, and the difference between two contents."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, cast

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from responsibilities import canonical
from responsibilities.choices import Applicability, Letter, Obligation
from responsibilities.matrix.shapes import Difference, EvidenceInfo, Holding
from responsibilities.models import Item

CONTENT_VERSION = 1

_LETTERS = tuple(Letter)

_SIMPLE_FIELDS: tuple[tuple[str, str | Promise], ...] = (
    ("version", _("Model version")),
    ("title", _("Title")),
    ("statement", _("Statement")),
    ("obligation", _("Obligation")),
    ("condition", _("Condition")),
    ("holder", _("Holding party")),
    ("applicability", _("Applicability")),
    ("applicability_reason", _("Reason")),
    ("note", _("Implementation note")),
)


def item_content(
    item: Item,
    model: Sequence[str],
    holder: str,
    holdings: Iterable[Holding],
    evidence: Iterable[EvidenceInfo],
) -> canonical.Json:
    """Return what a sign-off of this item covers, ready for `canonical.dumps`.

    `model` is the slug of the model and the label of its version; `holder` the key of the
    holding party. People stand in it by their opaque id, teams by id and name. Comments, the
    review date and the order of the columns are outside.
    """
    responsibility = item.responsibility
    return {
        "v": CONTENT_VERSION,
        "model": model[0],
        "version": model[1],
        "key": responsibility.key,
        "title": responsibility.title,
        "statement": responsibility.statement,
        "obligation": responsibility.obligation,
        "condition": responsibility.condition,
        "holder": holder,
        "applicability": item.applicability,
        "applicability_reason": item.applicability_reason,
        "chosen": item.chosen,
        "note": item.note,
        "assignments": [
            {
                "side": holding.team.seat.key,
                "team": str(holding.team.id),
                "name": holding.team.name,
                "letter": holding.letter.value,
                "person": str(holding.person.id) if holding.person else None,
            }
            for holding in sorted(holdings, key=_place)
        ],
        "evidence": sorted(
            (
                {"id": str(piece.id), "rev": piece.number, "sha256": piece.sha256}
                for piece in evidence
            ),
            key=lambda piece: str(piece["id"]),
        ),
    }


def _place(holding: Holding) -> tuple[str, str, int]:
    """Order letters by what they are, so that moving a column changes nothing that is signed."""
    return holding.team.seat.key, str(holding.team.id), _LETTERS.index(holding.letter)


def difference(
    old: canonical.Json,
    new: canonical.Json,
    *,
    people: Mapping[uuid.UUID, str],
    evidence: Mapping[uuid.UUID, str],
    options: Mapping[str, str],
) -> list[Difference]:
    """Return what differs between two contents, in words.

    `people` and `evidence` give names and titles by id, `options` names by option key; what
    they lack is shown by its id.
    """
    before, after = cast("Mapping[str, Any]", old), cast("Mapping[str, Any]", new)
    found = list(_simple(before, after))
    for key in sorted({*before["chosen"], *after["chosen"]}):
        was, now = before["chosen"].get(key, ""), after["chosen"].get(key, "")
        if was != now:
            found.append(Difference(options.get(key, key), was, now))
    found += _assignments(before["assignments"], after["assignments"], people)
    found += _evidence(before["evidence"], after["evidence"], evidence)
    return found


def _simple(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Difference]:
    words = {
        "applicability": dict(Applicability.choices),
        "obligation": dict(Obligation.choices),
    }
    for key, label in _SIMPLE_FIELDS:
        if before[key] != after[key]:
            names = words.get(key, {})
            yield Difference(
                label,
                str(names.get(before[key], before[key])),
                str(names.get(after[key], after[key])),
            )


def _assignments(
    before: Sequence[Mapping[str, Any]],
    after: Sequence[Mapping[str, Any]],
    people: Mapping[uuid.UUID, str],
) -> Iterator[Difference]:
    def by_team(rows: Sequence[Mapping[str, Any]]) -> dict[str, list[str]]:
        teams: dict[str, list[str]] = {}
        for row in rows:
            word = str(Letter(row["letter"]).label)
            if row["person"]:
                name = people.get(uuid.UUID(row["person"]), row["person"])
                word = f"{word} ({name})"
            teams.setdefault(row["team"], []).append(word)
        return teams

    names = {row["team"]: row["name"] for row in before}
    renamed = {
        row["team"]: (names[row["team"]], row["name"])
        for row in after
        if names.get(row["team"], row["name"]) != row["name"]
    }
    for was_name, now_name in renamed.values():
        yield Difference(_("Team name"), was_name, now_name)
    names |= {row["team"]: row["name"] for row in after}
    was, now = by_team(before), by_team(after)
    for team in sorted(names, key=lambda key: names[key]):
        if was.get(team) != now.get(team):
            yield Difference(
                names[team], ", ".join(was.get(team, ())), ", ".join(now.get(team, ()))
            )


def _evidence(
    before: Sequence[Mapping[str, Any]],
    after: Sequence[Mapping[str, Any]],
    titles: Mapping[uuid.UUID, str],
) -> Iterator[Difference]:
    def words(piece: Mapping[str, Any] | None) -> str:
        if piece is None:
            return ""
        title = titles.get(uuid.UUID(piece["id"]), piece["id"])
        return f"{title}, r{piece['rev']}, SHA-256 {piece['sha256'][:12]}…"

    was = {piece["id"]: piece for piece in before}
    now = {piece["id"]: piece for piece in after}
    for key in sorted({*was, *now}):
        if was.get(key) != now.get(key):
            yield Difference(_("Evidence"), words(was.get(key)), words(now.get(key)))
