"""Records of a fixture, to be changed and written elsewhere by the tests of the catalog."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from responsibilities.choices import Letter
from responsibilities.models import (
    DefaultAssignment,
    ModelVersion,
    Party,
    Responsibility,
    ResponsibilityModel,
    Section,
    TeamTemplate,
)
from responsibilities.permissions import system_actor
from responsibilities.services import catalog
from responsibilities.services.catalog_content import content_digest
from responsibilities.services.catalog_fixtures import Reader

DIRECTORY = Path(settings.BASE_DIR) / "fixtures"
ASTRO = "astro-remote-execution 2026-11"
MANAGED = "kubernetes-managed-service 2026-11"
KINDS = (
    ResponsibilityModel,
    ModelVersion,
    Party,
    TeamTemplate,
    Section,
    Responsibility,
    DefaultAssignment,
)

type Records = list[dict[str, Any]]
type Breaker = Callable[[Records], object]


def original(slug: str = "astro-remote-execution") -> Records:
    """Return the records of a shipped fixture."""
    text = (DIRECTORY / slug / "2026-11.json").read_text(encoding="utf-8")
    records: Records = json.loads(text)
    return records


def find(records: Records, kind: str, **wanted: Any) -> dict[str, Any]:
    """Return the fields of the first record of a kind with these values."""
    for record in records:
        fields: dict[str, Any] = record["fields"]
        if record["model"] == f"responsibilities.{kind}" and wanted.items() <= fields.items():
            return fields
    raise AssertionError((kind, wanted))


def letters_of(records: Records, key: str) -> Records:
    """Return the default letters of one responsibility."""
    return [
        record
        for record in records
        if record["model"] == "responsibilities.defaultassignment"
        and record["fields"]["responsibility"][2] == key
    ]


def write(directory: Path, records: object, *, name: str = "model/version.json") -> Path:
    """Write records as a fixture, as they are."""
    path = directory / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(records), encoding="utf-8")
    return path


def write_sound(directory: Path, records: Records, *, name: str = "model/version.json") -> Path:
    """Write records as a fixture whose digest is that of its content."""
    reader = Reader(write(directory, records, name=name))
    fixture = reader.read()
    assert fixture is not None
    find(records, "modelversion")["digest"] = content_digest(fixture.content)
    return write(directory, records, name=name)


def load(*paths: Path) -> catalog.LoadResult:
    """Load fixtures as the operator."""
    return catalog.load_models(actor=system_actor(), paths=paths)


def refused(*paths: Path) -> str:
    """Load fixtures that must be refused; return the message and see that nothing is left."""
    before = counts()
    with pytest.raises(catalog.CatalogError) as caught:
        load(*paths)
    assert counts() == before
    assert all(str(problem) in caught.value.message for problem in caught.value.problems)
    return caught.value.message


def counts() -> list[int]:
    """Return how many records of each kind there are."""
    return [kind._default_manager.count() for kind in KINDS]


def next_version() -> Records:
    """Return the records of the Astro model as a later version."""
    text = json.dumps(original()).replace(
        '["astro-remote-execution", "2026-11"', '["astro-remote-execution", "2027-05"'
    )
    records: Records = json.loads(text)
    find(records, "modelversion").update(label="2027-05", released_on="2027-05-01")
    return records


def move_accountable(records: Records, key: str, team: str) -> None:
    """Give the default A of a responsibility to another team."""
    for record in letters_of(records, key):
        if record["fields"]["letter"] == Letter.ACCOUNTABLE:
            record["fields"]["team"] = [*record["fields"]["team"][:2], team]
