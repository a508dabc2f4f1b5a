"""The migration that computes the frontiers of logs that are older than frontiers."""

from __future__ import annotations

from importlib import import_module

import pytest
from django.apps import apps
from django.db import connection

from responsibilities.models import AuditEvent, AuditHead
from responsibilities.services import verification
from tests.attacks import drop_triggers, sql
from tests.signing import edit
from tests.world import World

rules = import_module("responsibilities.migrations.0005_merkle_log_rules")


@pytest.fixture
def old(world: World) -> World:
    """A world whose logs have events and no frontier."""
    for number in range(5):
        edit(world, "T-S0-01", note=f"Note {number}")
    AuditHead.objects.update(frontier=[])
    return world


def test_the_frontier_of_every_log_is_computed(old: World) -> None:
    assert verification.verify(old.workspace).problems
    rules.compute_frontiers(apps, connection.schema_editor())
    assert verification.verify(old.workspace).problems == []
    assert verification.verify(old.elsewhere).problems == []


def test_a_log_with_a_gap_stops_the_migration(old: World) -> None:
    drop_triggers()
    event = AuditEvent.objects.get(workspace=old.workspace, seq=3)
    sql("UPDATE responsibilities_auditevent SET seq = 77 WHERE id = %s", [event.pk])
    with pytest.raises(RuntimeError, match="event 3 is missing"):
        rules.compute_frontiers(apps, connection.schema_editor())
