"""Reads one fixture of the catalog into plain data, without touching the database.

A fixture is Django's JSON with natural keys and holds exactly one model version. Reading does not
stop at the first problem: its author gets them all, each with file and key. What the content
says is checked once every record can be read.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext as _

from responsibilities import canonical
from responsibilities.canonical import Json
from responsibilities.services.catalog_checks import check_fixture
from responsibilities.services.catalog_content import (
    KINDS,
    MODEL,
    VERSION,
    Content,
    Fixture,
    Kind,
    Row,
    plain_value,
)

APP_LABEL = "responsibilities"
NUL = "\0"
NUL_IN_JSON = rb"\u0000"


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong, at which key of which file."""

    file: str
    key: str
    message: str

    def __str__(self) -> str:
        """Return one line for the person who wrote the file."""
        return ": ".join(part for part in (self.file, self.key, self.message) if part)


class Reader:
    """Reads one file; `problems` fills up while it reads and checks."""

    def __init__(self, path: Path) -> None:
        """Take the path of the fixture."""
        self.path = path
        self.file = f"{path.parent.name}/{path.name}"
        self.problems: list[Problem] = []
        self.content: Content = {name: [] for name in KINDS}
        self.version_fields: Row = {}
        self.foreign: list[tuple[str, str, Json]] = []

    def read(self) -> Fixture | None:
        """Read and check the file; return what it holds, or None if it cannot be made out.

        What is returned may still have problems in its content.
        """
        for number, record in enumerate(self.records(), start=1):
            self.take(number, record)
        if not self.problems:
            self.check_one_version()
        if self.problems:
            return None
        fixture = Fixture(
            file=self.file,
            slug=str(self.content[MODEL.name][0]["slug"]),
            label=str(self.content[VERSION.name][0]["label"]),
            status=str(self.version_fields["status"]),
            digest=str(self.version_fields["digest"]),
            content=self.content,
        )
        self.problems += [Problem(self.file, *found) for found in check_fixture(fixture)]
        self.problems += [Problem(self.file, *found) for found in self.check_foreign(fixture)]
        return fixture

    def problem(self, key: str, message: str) -> None:
        """Note a problem at this key."""
        self.problems.append(Problem(self.file, key, message))

    def records(self) -> list[object]:
        """Return the records of the file; none, with a problem noted, if it is not a list."""
        try:
            records = json.loads(self.path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            self.problem("", _("cannot be read: %(error)s") % {"error": error})
            return []
        if not isinstance(records, list):
            self.problem("", _("is not a list of records"))
            return []
        return records

    def take(self, number: int, record: object) -> None:
        """Check one record's form and add its row to the content."""
        where = _("record %(number)s") % {"number": number}
        if not isinstance(record, dict) or record.keys() != {"model", "fields"}:
            self.problem(where, _("must have “model” and “fields” and nothing else"))
            return
        fields = record["fields"]
        kind = KINDS.get(str(record["model"]).removeprefix(f"{APP_LABEL}."))
        if kind is None or not isinstance(fields, dict):
            self.problem(where, _("is of no kind that belongs into a model"))
            return
        wanted = {*kind.hashed, *kind.unhashed, *filter(None, [kind.owner])}
        for name in sorted(wanted ^ fields.keys()):
            text = (
                _("field “%(name)s” is missing")
                if name in wanted
                else _("field “%(name)s” is unknown")
            )
            self.problem(where, text % {"name": name})
        if wanted == fields.keys():
            self.add(kind, where, fields)

    def add(self, kind: Kind, where: str, fields: Row) -> None:
        """Clean a record's values by the rules of its database model and keep the row."""
        where = str(fields["key"]) if "key" in kind.plain else where
        values = self.cleaned(kind, where, fields)
        row: Row = {name: values.get(name) for name in kind.plain}
        for name in kind.references:
            row[name] = self.referenced(kind, where, name, fields[name])
        if kind is VERSION:
            self.version_fields = {name: values.get(name) for name in kind.unhashed}
        if kind.owner:
            self.foreign.append((where, kind.owner, fields[kind.owner]))
        self.content[kind.name].append(row)

    def cleaned(self, kind: Kind, where: str, fields: Row) -> Row:
        """Return the plain values as the database model cleans them; note what it refuses."""
        names = (*kind.plain, *kind.unhashed)
        wrong = [name for name in names if not has_type(kind.model, name, fields[name])]
        for name in wrong:
            self.problem(where, _("%(name)s has a value of the wrong type") % {"name": name})
        instance = kind.model(**{name: fields[name] for name in names if name not in wrong})
        exclude = {field.name for field in kind.model._meta.fields} - {*names} | {*wrong}
        try:
            instance.clean_fields(exclude=exclude)
        except ValidationError as error:
            for name, messages in error.message_dict.items():
                self.problem(where, f"{name}: {' '.join(messages)}")
        return {name: plain_value(getattr(instance, name)) for name in names}

    def referenced(self, kind: Kind, where: str, name: str, value: Json) -> Json:
        """Return the key that a natural foreign key names; keep its version for later."""
        if value is None and name in kind.optional:
            return None
        if not isinstance(value, list) or [type(part) for part in value] != [str] * 3:
            text = _("%(name)s must be [model, version, key]") % {"name": name}
            self.problem(where, text)
            return None
        self.foreign.append((where, name, value[:2]))
        return str(value[2])

    def check_one_version(self) -> None:
        """Note a problem unless the file holds exactly one model and one version of it."""
        for kind in (MODEL, VERSION):
            count = len(self.content[kind.name])
            if count != 1:
                text = _("holds %(count)s records of kind %(kind)s instead of one")
                self.problem("", text % {"count": count, "kind": kind.name})

    def check_foreign(self, fixture: Fixture) -> Iterator[tuple[str, str]]:
        """Give every reference that leads out of this file's version."""
        here = {"model": [fixture.slug]}
        for where, name, version in self.foreign:
            if version != here.get(name, [fixture.slug, fixture.label]):
                yield where, _("%(name)s belongs to another version") % {"name": name}


def has_type(model: type[models.Model], name: str, value: Json) -> bool:
    """Say whether a JSON value is of the type that the model's field stores."""
    field = model._meta.get_field(name)
    if isinstance(field, models.CharField | models.TextField):
        return isinstance(value, str) and NUL not in value
    if isinstance(field, models.IntegerField):
        return isinstance(value, int) and not isinstance(value, bool)
    if isinstance(field, models.DateField):
        return value is None or isinstance(value, str)
    return has_canonical_form(value)


def has_canonical_form(value: Json) -> bool:
    """Say whether a value can be hashed, and stored by every database: no floats, no NUL."""
    try:
        return NUL_IN_JSON not in canonical.dumps(value)
    except ValueError:
        return False
