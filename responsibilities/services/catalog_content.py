"""The content of a model version as plain data: the shape that is hashed and compared.

The same shape comes out of a fixture and out of the database. The digest of a version is the
SHA-256 of its canonical JSON and covers every field of every record but the version's status
and the digest itself.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from django.db import models

from responsibilities import canonical
from responsibilities.canonical import Json
from responsibilities.models import (
    DefaultAssignment,
    ModelVersion,
    Party,
    Responsibility,
    ResponsibilityModel,
    Section,
    TeamTemplate,
)

type Row = dict[str, Json]
type Content = dict[str, list[Row]]


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of record in a fixture: its fields, and which of them name other records."""

    name: str
    model: type[models.Model]
    identity: tuple[str, ...]
    plain: tuple[str, ...]
    references: Mapping[str, str] = field(default_factory=dict)
    optional: frozenset[str] = frozenset()
    unhashed: tuple[str, ...] = ()
    owner: str = "version"

    @property
    def hashed(self) -> tuple[str, ...]:
        """The fields that the digest covers, references as the key they name."""
        return (*self.plain, *self.references)


MODEL = Kind(
    "responsibilitymodel",
    ResponsibilityModel,
    identity=("slug",),
    plain=("slug", "title", "publisher", "source_url", "summary"),
    owner="",
)
VERSION = Kind(
    "modelversion",
    ModelVersion,
    identity=("label",),
    plain=("label", "released_on", "summary", "references"),
    unhashed=("status", "digest"),
    owner="model",
)
PARTY = Kind(
    "party",
    Party,
    identity=("key",),
    plain=("key", "position", "name", "kind", "description"),
)
TEAM = Kind(
    "teamtemplate",
    TeamTemplate,
    identity=("key",),
    plain=("key", "position", "name", "description"),
    references={"party": PARTY.name},
)
SECTION = Kind(
    "section",
    Section,
    identity=("key",),
    plain=("key", "position", "title", "plane", "summary"),
    references={"holder": PARTY.name},
)
RESPONSIBILITY = Kind(
    "responsibility",
    Responsibility,
    identity=("key",),
    plain=(
        "key",
        "position",
        "title",
        "statement",
        "obligation",
        "condition",
        "options",
        "guidance",
        "evidence_hints",
        "review_interval_months",
        "controls",
    ),
    references={"section": SECTION.name, "holder": PARTY.name},
    optional=frozenset({"holder"}),
)
LETTER = Kind(
    "defaultassignment",
    DefaultAssignment,
    identity=("responsibility", "team", "letter"),
    plain=("letter",),
    references={"responsibility": RESPONSIBILITY.name, "team": TEAM.name},
    owner="",
)

# In the order in which records can be written: what is named comes before what names it.
PARTS = (PARTY, TEAM, SECTION, RESPONSIBILITY)
KINDS = {kind.name: kind for kind in (MODEL, VERSION, *PARTS, LETTER)}


@dataclass(frozen=True, slots=True)
class Fixture:
    """One file: the version it holds, the status and digest that it states, its content."""

    file: str
    slug: str
    label: str
    status: str
    digest: str
    content: Content

    @property
    def name(self) -> str:
        """The version as a person names it."""
        return f"{self.slug} {self.label}"


@dataclass(frozen=True, slots=True)
class Difference:
    """One field that is not what it was, or a record that came or went (no field)."""

    key: str
    field: str
    old: Json
    new: Json


def identity(kind: Kind, row: Row) -> str:
    """Return the words that name a row within its version: its key, or the letter's parts."""
    return " ".join(str(row[name]) for name in kind.identity)


def ordered(content: Content) -> Content:
    """Return the content with each kind's rows in the order of their keys."""
    return {
        name: sorted(content[name], key=lambda row: identity(kind, row))
        for name, kind in KINDS.items()
    }


def content_digest(content: Content) -> str:
    """Return the SHA-256 of the content's canonical JSON as 64 hex digits."""
    return canonical.sha256_hex(ordered(content))


def plain_value(value: object) -> Json:
    """Return a field's value as JSON: dates become ISO text, the rest stays as it is."""
    if isinstance(value, dt.date):
        return value.isoformat()
    return value  # type: ignore[return-value]  # model fields hold text, numbers and JSON


def stored_rows(kind: Kind, queryset: models.QuerySet[models.Model]) -> list[Row]:
    """Read rows of one kind from the database, in one query."""
    columns = (*kind.plain, *(f"{name}__key" for name in kind.references))
    return [
        {name: plain_value(value) for name, value in zip(kind.hashed, values, strict=True)}
        for values in queryset.values_list(*columns)
    ]


def stored_content(version: ModelVersion) -> Content:
    """Read the content of a version from the database, in seven queries."""
    content = {
        MODEL.name: stored_rows(MODEL, ResponsibilityModel.objects.filter(pk=version.model_id)),
        VERSION.name: stored_rows(VERSION, ModelVersion.objects.filter(pk=version.pk)),
        LETTER.name: stored_rows(
            LETTER, DefaultAssignment.objects.filter(responsibility__version=version)
        ),
    }
    for kind in PARTS:
        content[kind.name] = stored_rows(kind, kind.model._default_manager.filter(version=version))
    return content


def differences(old: Content, new: Content) -> list[Difference]:
    """Return what differs between two contents, kind by kind in the order of the keys."""
    return [
        difference
        for name, kind in KINDS.items()
        for difference in kind_differences(kind, old[name], new[name])
    ]


def kind_differences(
    kind: Kind, old_rows: Iterable[Row], new_rows: Iterable[Row]
) -> Iterator[Difference]:
    """Give what differs between two sets of rows of one kind, in the order of the keys."""
    old = {identity(kind, row): row for row in old_rows}
    new = {identity(kind, row): row for row in new_rows}
    for key in sorted(old.keys() | new.keys()):
        if key not in new:
            yield Difference(key, "", kind.name, None)
        elif key not in old:
            yield Difference(key, "", None, kind.name)
        else:
            for name in kind.hashed:
                if canonical.dumps(old[key][name]) != canonical.dumps(new[key][name]):
                    yield Difference(key, name, old[key][name], new[key][name])
