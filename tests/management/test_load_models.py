"""The command that loads the catalog: a thin caller of the service."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import CommandError

from responsibilities.models import ModelVersion

pytestmark = pytest.mark.django_db

ASTRO = Path(settings.BASE_DIR) / "fixtures" / "astro-remote-execution" / "2026-11.json"


def run(*paths: Path, verbosity: int = 1) -> list[str]:
    """Run the command and return the lines it prints."""
    out = StringIO()
    call_command("load_models", *paths, stdout=out, verbosity=verbosity, no_color=True)
    return out.getvalue().splitlines()


def test_prints_one_line_per_version() -> None:
    assert run() == [
        "astro-remote-execution 2026-11: loaded",
        "kubernetes-managed-service 2026-11: loaded",
    ]
    assert run() == [
        "astro-remote-execution 2026-11: unchanged",
        "kubernetes-managed-service 2026-11: unchanged",
    ]
    assert run(verbosity=0) == []


def test_loads_only_the_fixture_that_is_named() -> None:
    assert run(ASTRO) == ["astro-remote-execution 2026-11: loaded"]
    assert ModelVersion.objects.get().model.slug == "astro-remote-execution"


def test_ends_with_every_problem_and_loads_nothing(tmp_path: Path) -> None:
    records = json.loads(ASTRO.read_text(encoding="utf-8"))
    records[2]["fields"]["kind"] = "vendor"
    path = tmp_path / "broken.json"
    path.write_text(json.dumps(records), encoding="utf-8")
    with pytest.raises(CommandError, match="Nothing was loaded: 1 problem") as caught:
        run(path, ASTRO)
    assert "broken.json: astronomer: kind: Value 'vendor' is not a valid choice." in str(
        caught.value
    )
    assert not ModelVersion.objects.exists()
