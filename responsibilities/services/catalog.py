"""Loads the catalog from its fixtures: all of them or nothing, as often as one likes.

The catalog stands outside every workspace, so nothing here appends to an audit log. What
protects a published version is that it never changes: a fixture that differs from it is refused.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from django.db import models, transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from responsibilities.canonical import Json
from responsibilities.choices import VersionStatus
from responsibilities.models import DefaultAssignment, ModelVersion, ResponsibilityModel
from responsibilities.permissions import Actor
from responsibilities.services.catalog_content import (
    LETTER,
    MODEL,
    PARTS,
    VERSION,
    Difference,
    Fixture,
    Kind,
    Row,
    content_digest,
    differences,
    kind_differences,
    stored_content,
)
from responsibilities.services.catalog_fixtures import Problem, Reader
from responsibilities.services.errors import InvalidError, NotAllowedError

DIFFERENCES_SHOWN = 5
LONGEST_VALUE = 80
LEAD = 20  # characters shown before the first difference


class CatalogError(InvalidError):
    """Fixtures that cannot be loaded. `problems` holds every reason; nothing was written."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        """Take all problems; the message shows one on each line."""
        count = len(problems)
        title = ngettext(
            "Nothing was loaded: %(count)s problem.",
            "Nothing was loaded: %(count)s problems.",
            count,
        )
        super().__init__("\n".join([title % {"count": count}, *map(str, problems)]))
        self.problems = tuple(problems)


@dataclass(frozen=True, slots=True)
class LoadResult:
    """The versions that were written and those that were there already, as “slug label”."""

    loaded: tuple[str, ...]
    unchanged: tuple[str, ...]


def fixture_paths(directory: Path) -> list[Path]:
    """Return the fixtures below a directory, ``<model>/<version>.json``, in order of name."""
    return sorted(directory.glob("*/*.json"))


@transaction.atomic
def load_models(
    *, actor: Actor, paths: Sequence[Path] = (), directory: Path | None = None
) -> LoadResult:
    """Load model versions from fixtures, given by path or all below a directory.

    Only the operator may do this: raises NotAllowedError for a person. Raises CatalogError,
    with every problem of every file, when a fixture is malformed or when it would change a
    version that is not a draft; then nothing is written.
    """
    if not actor.is_system:
        raise NotAllowedError(_("Only the operator can load models, with a command."))
    every = [*paths, *(fixture_paths(directory) if directory else [])]
    if not every:
        where = directory or "–"
        raise CatalogError([Problem(str(where), "", _("there is no fixture to load"))])
    fixtures, problems = _read(every)
    stored = [(fixture, _stored(fixture)) for fixture in fixtures]
    for fixture, version in stored:
        problems += _refusals(fixture, version)
    if problems:
        raise CatalogError(problems)
    loaded: list[str] = []
    unchanged: list[str] = []
    for fixture, version in stored:
        if _is_new(fixture, version):
            _write(fixture, version)
            loaded.append(fixture.name)
        else:
            unchanged.append(fixture.name)
    return LoadResult(loaded=tuple(loaded), unchanged=tuple(unchanged))


def _read(paths: Sequence[Path]) -> tuple[list[Fixture], list[Problem]]:
    """Read all files; return those that can be made out, and every problem found."""
    fixtures: list[Fixture] = []
    problems: list[Problem] = []
    for path in paths:
        reader = Reader(path)
        fixture = reader.read()
        problems += reader.problems
        if fixture is not None:
            problems += _clashes(fixture, fixtures)
            fixtures.append(fixture)
    return fixtures, problems


def _clashes(fixture: Fixture, others: Sequence[Fixture]) -> Iterator[Problem]:
    """Give what a file says otherwise than a file before it: one version, or one model, twice."""
    for other in others:
        if other.name == fixture.name:
            text = _("is in %(file)s as well") % {"file": other.file}
            yield Problem(fixture.file, fixture.name, text)
        elif (
            other.slug == fixture.slug and other.content[MODEL.name] != fixture.content[MODEL.name]
        ):
            text = _("describes the model otherwise than %(file)s") % {"file": other.file}
            yield Problem(fixture.file, fixture.slug, text)


def _stored(fixture: Fixture) -> ModelVersion | None:
    """Return the version in the database that a fixture is about, if it is there."""
    versions = ModelVersion.objects.filter(model__slug=fixture.slug, label=fixture.label)
    return versions.first()


def _is_new(fixture: Fixture, version: ModelVersion | None) -> bool:
    """Say whether a fixture brings anything that the database does not have yet."""
    if version is None or version.status != fixture.status:
        return True
    return {fixture.digest} != {version.digest, content_digest(stored_content(version))}


def _refusals(fixture: Fixture, version: ModelVersion | None) -> Iterator[Problem]:
    """Give the reasons why a fixture may not replace what is in the database."""
    if version is None or version.status == VersionStatus.DRAFT:
        yield from _model_refusals(fixture)
        return
    steps = {version.status, VersionStatus.WITHDRAWN}
    if fixture.status not in steps:
        text = _("is %(old)s in the database and cannot become %(new)s again")
        values = {"old": version.status, "new": fixture.status}
        yield Problem(fixture.file, fixture.name, text % values)
    found = differences(stored_content(version), fixture.content)
    if version.digest != fixture.digest:
        found.append(Difference(fixture.label, "digest", version.digest, fixture.digest))
    if found:
        yield Problem(fixture.file, fixture.name, _described(version, found))


def _model_refusals(fixture: Fixture) -> Iterator[Problem]:
    """Give the reason, if any, why a new version may not describe its model as it does.

    The title and publisher of a model are part of every version's digest: they stay as they are
    once a version is published.
    """
    frozen = ModelVersion.objects.filter(model__slug=fixture.slug).exclude(
        status=VersionStatus.DRAFT
    )
    version = frozen.first()
    if version is None:
        return
    old = stored_content(version)[MODEL.name]
    found = list(kind_differences(MODEL, old, fixture.content[MODEL.name]))
    if found:
        yield Problem(fixture.file, fixture.name, _described(version, found))


def _described(version: ModelVersion, found: Sequence[Difference]) -> str:
    """Say in words what a fixture would change: the first differences, and how many follow."""
    text = _("is %(status)s and cannot change, but the file differs from the database:")
    lines = [text % {"status": version.status}, *map(_line, found[:DIFFERENCES_SHOWN])]
    more = len(found) - DIFFERENCES_SHOWN
    if more > 0:
        rest = ngettext("and %(count)s difference more", "and %(count)s differences more", more)
        lines.append(rest % {"count": more})
    lines.append(_("Give the changed content a new version label."))
    return "\n    ".join(lines)


def _line(found: Difference) -> str:
    if found.field:
        old, new = _shown(found.old, found.new)
        return f"{found.key} {found.field}: {old} → {new}"
    text = _("%(key)s: %(kind)s removed") if found.new is None else _("%(key)s: %(kind)s added")
    return text % {"key": found.key, "kind": found.old or found.new}


def _shown(*values: Json) -> list[str]:
    """Return values as JSON; of long ones the part where they first differ."""
    texts = [json.dumps(value, ensure_ascii=False) for value in values]
    start = 0
    if max(map(len, texts)) > LONGEST_VALUE:
        same = itertools.takewhile(lambda pair: len(set(pair)) == 1, zip(*texts, strict=False))
        start = max(sum(1 for _pair in same) - LEAD, 0)
    return [
        ("…" if start else "")
        + text[start : start + LONGEST_VALUE]
        + ("…" if text[start + LONGEST_VALUE :] else "")
        for text in texts
    ]


def _write(fixture: Fixture, version: ModelVersion | None) -> None:
    """Write a fixture: a new version, a draft with changed content, or a new status."""
    if version is not None and version.status != VersionStatus.DRAFT:
        version.status = fixture.status
        version.save(update_fields=["status"])
        return
    model = fixture.content[MODEL.name][0]
    owner, _created = ResponsibilityModel.objects.update_or_create(
        slug=fixture.slug, defaults=_defaults(MODEL, model)
    )
    stated = {"status": fixture.status, "digest": fixture.digest}
    written, _created = ModelVersion.objects.update_or_create(
        model=owner,
        label=fixture.label,
        defaults=_defaults(VERSION, fixture.content[VERSION.name][0]) | stated,
    )
    _write_parts(fixture, written)


def _defaults(kind: Kind, row: Row) -> dict[str, Json]:
    return {name: row[name] for name in kind.plain if name not in kind.identity}


def _write_parts(fixture: Fixture, version: ModelVersion) -> None:
    """Bring the parts of a version to what the fixture says, keeping those that have stayed."""
    DefaultAssignment.objects.filter(responsibility__version=version).delete()
    parts: dict[str, dict[Json, models.Model]] = {}
    for kind in PARTS:
        rows = fixture.content[kind.name]
        kind.model._default_manager.bulk_create(
            [kind.model(version=version, **_values(kind, row, parts)) for row in rows],
            update_conflicts=True,
            unique_fields=["version", "key"],
            update_fields=[name for name in kind.hashed if name != "key"],
        )
        stored = kind.model._default_manager.filter(version=version)
        parts[kind.name] = {part.key: part for part in stored}  # type: ignore[attr-defined]
    DefaultAssignment.objects.bulk_create(
        DefaultAssignment(**_values(LETTER, row, parts)) for row in fixture.content[LETTER.name]
    )
    _remove_parts(fixture, version)


def _values(
    kind: Kind, row: Row, parts: Mapping[str, Mapping[Json, models.Model]]
) -> dict[str, object]:
    """Return a row's values for its database model, references as the records they name."""
    values: dict[str, object] = {name: row[name] for name in kind.plain}
    for name, target in kind.references.items():
        values[name] = None if row[name] is None else parts[target][row[name]]
    return values


def _remove_parts(fixture: Fixture, version: ModelVersion) -> None:
    """Remove the parts of a draft that the fixture no longer has.

    Raises CatalogError when a workspace uses one of them.
    """
    for kind in reversed(PARTS):
        kept = [row["key"] for row in fixture.content[kind.name]]
        gone = kind.model._default_manager.filter(version=version).exclude(key__in=kept)
        try:
            gone.delete()
        except models.ProtectedError as error:
            text = _("a workspace uses a %(kind)s that the file no longer has: %(keys)s")
            keys = ", ".join(sorted(gone.values_list("key", flat=True)))
            problem = Problem(fixture.file, fixture.name, text % {"kind": kind.name, "keys": keys})
            raise CatalogError([problem]) from error
