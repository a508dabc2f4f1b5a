"""Bringing everything up to date, once and again."""

from io import StringIO
from pathlib import Path

import pytest
from django.core.cache import cache
from django.core.management import call_command
from pytest_django import Settings

from responsibilities.management.commands.prepare import sources_digest
from responsibilities.models import ModelVersion, User


@pytest.fixture
def no_demo(settings: Settings, tmp_path: Path) -> Path:
    """A static folder of its own and no demo data."""
    settings.REXMATRIX_DEMO = False
    settings.STATIC_ROOT = str(tmp_path / "static")
    return tmp_path / "static"


@pytest.mark.django_db
def test_models_and_static_files_are_there_afterwards(no_demo: Path) -> None:
    call_command("prepare", stdout=StringIO())
    assert ModelVersion.objects.count() >= 2
    assert (no_demo / ".sources").read_text(encoding="ascii") == sources_digest()
    assert any(no_demo.rglob("*.css"))
    assert not User.objects.exists()
    cache.set("counted", 1)
    assert cache.get("counted") == 1


@pytest.mark.django_db
def test_a_second_time_collects_nothing(no_demo: Path) -> None:
    call_command("prepare", stdout=StringIO())
    some_file = next(no_demo.rglob("*.css"))
    some_file.unlink()
    second = StringIO()
    call_command("prepare", stdout=second)
    assert "Collecting" not in second.getvalue()
    assert not some_file.exists()


@pytest.mark.django_db
def test_a_changed_source_is_collected_again(no_demo: Path) -> None:
    call_command("prepare", stdout=StringIO())
    (no_demo / ".sources").write_text("older", encoding="ascii")
    out = StringIO()
    call_command("prepare", stdout=out)
    assert "Collecting" in out.getvalue()


@pytest.mark.django_db
def test_static_files_can_be_left_alone(no_demo: Path) -> None:
    call_command("prepare", no_static=True, stdout=StringIO())
    assert not no_demo.exists()
