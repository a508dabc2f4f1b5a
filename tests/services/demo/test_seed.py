"""The demo shows what it promises, and stays out of where it does not belong."""

from __future__ import annotations

import pytest
from django.core.management import CommandError, call_command
from django_tasks_db.models import DBTaskResult
from pytest_django.fixtures import Settings

from responsibilities import matrix
from responsibilities.choices import ExportStatus, FindingKind, ReleaseStatus, SignoffState
from responsibilities.matrix.counts import findings_by_kind
from responsibilities.matrix.releases import releases
from responsibilities.models import AuditEvent, EvidenceRevision, Export, User, Workspace
from responsibilities.services.demo import seed
from responsibilities.tasks import render_export

ACCOUNTS = {
    "vendor.manager@astronomer.example": {"northwind", "globex", "contoso"},
    "vendor.engineer@astronomer.example": {"northwind"},
    "customer.manager@northwind.example": {"northwind"},
    "customer.engineer@northwind.example": {"northwind"},
    "auditor@audit.example": {"northwind"},
    "manager@globex.example": {"globex"},
}


@pytest.fixture
def demo(db: None, settings: Settings) -> None:  # noqa: ARG001 (opens the database)
    """Load the models and the demo."""
    settings.REXMATRIX_DEMO = True
    call_command("load_models", verbosity=0)
    call_command("seed_demo", verbosity=0)


@pytest.mark.usefixtures("demo")
def test_what_the_demo_shows(settings: Settings) -> None:
    grid = matrix.load(Workspace.objects.with_catalog().get(slug="northwind"))
    assert len(grid.rows) == 43
    assert set(findings_by_kind(grid)) == set(FindingKind)
    assert {side.state for row in grid.rows for side in row.sides} == set(SignoffState)
    assert len(set(EvidenceRevision.objects.values_list("media_type", flat=True))) >= 8
    for email, slugs in ACCOUNTS.items():
        user = User.objects.get(email=email)
        assert user.check_password(settings.REXMATRIX_DEMO_PASSWORD)
        assert set(Workspace.objects.visible_to(user).values_list("slug", flat=True)) == slugs
    others = User.objects.exclude(email__in=ACCOUNTS)
    assert others.exists()
    assert not any(user.has_usable_password() for user in others)
    assert AuditEvent.objects.filter(workspace__slug="northwind").count() > 100
    with pytest.raises(CommandError, match="not empty"):
        call_command("seed_demo")


@pytest.mark.usefixtures("demo")
def test_the_demo_has_a_release_in_force_and_one_that_waits() -> None:
    (first,) = releases(Workspace.objects.get(slug="northwind"))
    assert first.status == ReleaseStatus.CURRENT
    assert [a.printed_name for a in first.attestations] == ["Priya Raman", "Ingrid Solberg"]
    (proposal,) = releases(Workspace.objects.get(slug="contoso"))
    assert proposal.waiting == ("Astronomer", "Contoso")
    export = Export.objects.get()
    assert (export.release_id, export.status) == (first.id, ExportStatus.QUEUED)
    assert DBTaskResult.objects.filter(task_path=render_export.module_path).count() == 1


@pytest.mark.django_db
def test_production_refuses_the_demo(settings: Settings) -> None:
    settings.REXMATRIX_DEMO = False
    for command in ("seed_demo", "seed_bench"):
        with pytest.raises(CommandError, match="REXMATRIX_DEMO is off"):
            call_command(command)
    assert not User.objects.exists()


@pytest.mark.django_db
def test_a_failure_leaves_nothing_behind(settings: Settings) -> None:
    settings.REXMATRIX_DEMO = True
    with pytest.raises(Exception, match="does not exist"):
        seed.seed()
    assert not User.objects.exists()
