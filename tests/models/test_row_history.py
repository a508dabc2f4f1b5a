"""The row history has every write to what a matrix is made of, whatever code made it."""

from __future__ import annotations

import uuid
from importlib import import_module
from typing import Any

import pytest
from django.apps import apps
from django.db import connection, models, transaction
from django.utils import timezone

from responsibilities import matrix
from responsibilities.choices import Letter, Role
from responsibilities.matrix.past import _State
from responsibilities.migrations import _row_history
from responsibilities.models import (
    Assignment,
    Evidence,
    EvidenceLink,
    EvidenceRevision,
    Item,
    Membership,
    Organization,
    ResponsibilityModel,
    RowHistory,
    Seat,
    Team,
    TeamMember,
    User,
    Workspace,
)
from tests.attacks import sql
from tests.concurrency import CommittingDatabase
from tests.moments import moment
from tests.walk import walk_through
from tests.world import World, make_world

migration = import_module("responsibilities.migrations.0007_row_history")

# Columns of recorded tables that no matrix shows.
LEFT_OUT: dict[type[models.Model], set[str]] = {
    ResponsibilityModel: {"slug", "source_url", "summary"},
    Organization: set(),
    # Names and addresses are those of today, so that erasing a person stays done.
    User: {
        "password",
        "last_login",
        "is_superuser",
        "email",
        "name",
        "is_staff",
        "date_joined",
    },
    Workspace: {"created_at", "created_by_id", "blocking_findings"},
    Seat: set(),
    Membership: {"created_at"},
    Team: set(),
    TeamMember: set(),
    Item: set(),
    Assignment: set(),
    Evidence: set(),
    # Written once: only the dates of a revision can be put right.
    EvidenceRevision: {
        "evidence_id",
        "number",
        "file",
        "file_name",
        "url",
        "text",
        "sha256",
        "size",
        "media_type",
        "created_by_id",
        "created_at",
    },
    EvidenceLink: set(),
}
# Tables that need no history: written once, or no part of a matrix.
WITHOUT_HISTORY = {
    "attestation": "append-only",
    "auditevent": "append-only",
    "audithead": "no part of a matrix",
    "auditpayload": "append-only",
    "auditsubject": "append-only",
    "checkpoint": "append-only",
    "defaultassignment": "no part of a matrix",
    "export": "no part of a matrix",
    "logkey": "append-only",
    "modelversion": "published, or not used by any workspace",
    "party": "part of a published version",
    "release": "frozen",
    "releasewithdrawal": "append-only",
    "responsibility": "part of a published version",
    "rowhistory": "append-only",
    "section": "part of a published version",
    "signoff": "append-only",
    "signoffwithdrawal": "append-only",
    "teamtemplate": "no part of a matrix",
}


def history_of(row: models.Model) -> list[dict[str, Any] | None]:
    """Return the recorded states of a row, the oldest first; None for a row that went."""
    pk = row.pk
    key = pk.hex if isinstance(pk, uuid.UUID) else str(pk)
    rows = RowHistory.objects.filter(model=row._meta.model_name, key=key).order_by("pk")
    return list(rows.values_list("data", flat=True))


def columns_of(model: type[models.Model]) -> set[str]:
    """Return the columns whose values are in the data of a history row."""
    return {
        str(field.column)
        for field in model._meta.concrete_fields
        if not field.primary_key and field.column != "workspace_id"
    }


def test_every_table_is_recorded_or_needs_no_history() -> None:
    """Who adds a model decides here whether a past matrix needs it."""
    recorded = {one.model for one in migration.RECORDED}
    assert recorded == {str(model._meta.model_name) for model in LEFT_OUT}
    every = {
        str(model._meta.model_name)
        for model in apps.get_app_config("responsibilities").get_models()
    }
    assert recorded.isdisjoint(WITHOUT_HISTORY)
    assert every == recorded | set(WITHOUT_HISTORY)


def test_what_is_recorded_after_a_walk_is_what_is_there(world: World) -> None:
    """Every column of every row, and who is not there any more is not in the history either."""
    walk_through(world, 60, seed=3, after=lambda: None)
    now = timezone.now()
    for model, left_out in LEFT_OUT.items():
        rows = {row.pk: row for row in model._default_manager.all()}
        states: dict[Any, models.Model] = {}
        for owner in (None, world.workspace.pk, world.elsewhere.pk):
            for past in _State(models.Q(workspace_id=owner), now).instances(model):
                states[past.pk] = past
        assert rows
        assert set(states) == set(rows), model
        for pk, row in rows.items():
            recorded = history_of(row)[-1]
            assert recorded is not None
            assert set(recorded) == columns_of(model) - left_out, model
            for field in model._meta.concrete_fields:
                if field.column not in left_out:
                    was = getattr(states[pk], field.attname)
                    assert was == getattr(row, field.attname), (model, field.attname)


def test_only_what_changes_is_written(world: World) -> None:
    item = world.item("T-S0-01")
    before = RowHistory.objects.count()
    item.save()
    Item.objects.filter(workspace=world.workspace).update(note=models.F("note"))
    User.objects.update(last_login=timezone.now())
    sql("UPDATE responsibilities_team SET name = name", [])
    assert RowHistory.objects.count() == before
    Item.objects.filter(pk=item.pk).update(note="New")
    assert RowHistory.objects.count() == before + 1
    states = history_of(item)
    assert [state["note"] for state in states if state] == ["", "New"]


def test_empty_and_null_are_told_apart(world: World) -> None:
    membership = Membership.objects.get(user=world.user("party0", Role.READER))
    for value in (timezone.now(), None, None, timezone.now()):
        Membership.objects.filter(pk=membership.pk).update(expires_at=value)
    states = [state["expires_at"] is None for state in history_of(membership) if state]
    assert states == [True, False, True, False]


def test_bulk_and_raw_writes_are_recorded(world: World) -> None:
    item, team = world.item("T-S1-03"), world.team("Party 0 team 1")
    Assignment.objects.bulk_create(
        [
            Assignment(item=item, team=team, letter=Letter.RESPONSIBLE),
            Assignment(item=item, team=team, letter=Letter.CONSULTED),
        ]
    )
    one, other = item.assignments.filter(team=team).order_by("letter")
    one.person = other.person = world.user("party0", Role.MANAGER)
    Assignment.objects.bulk_update([one, other], ["person"])
    sql("DELETE FROM responsibilities_assignment WHERE id = %s", [one.pk])
    sql("UPDATE responsibilities_team SET name = %s WHERE name = %s", ["By hand", team.name])
    people = [state and state["person_id"] is not None for state in history_of(one)]
    assert people == [False, True, None]
    assert [state and state["person_id"] is not None for state in history_of(other)] == [
        False,
        True,
    ]
    assert [state["name"] for state in history_of(team) if state] == [team.name, "By hand"]
    owners = RowHistory.objects.filter(model="assignment").values_list("workspace_id", flat=True)
    assert set(owners) == {world.workspace.pk, world.elsewhere.pk}


def test_what_cascades_is_recorded(world: World) -> None:
    member = TeamMember.objects.filter(team__workspace=world.workspace)[0]
    membership = member.membership
    membership_pk = membership.pk
    Membership.objects.filter(pk=membership_pk).delete()
    assert history_of(member)[-1] is None
    assert history_of(membership)[-1] is None


def test_what_is_rolled_back_never_was(world: World) -> None:
    before = RowHistory.objects.count()
    with transaction.atomic():
        Item.objects.filter(workspace=world.workspace).update(note="Not kept")
        assert RowHistory.objects.count() > before
        transaction.set_rollback(True)
    assert RowHistory.objects.count() == before


@pytest.mark.django_db
def test_every_recorded_table_has_its_triggers() -> None:
    """A migration that rebuilds a table on SQLite drops its triggers: it has to bring them back."""
    assert missing_triggers() == set()


def missing_triggers() -> set[str]:
    """Return the names of the triggers that should be there and are not."""
    if connection.vendor == "sqlite":
        query = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
    else:
        query = "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled = 'O'"
    with connection.cursor() as cursor:
        cursor.execute(query)
        found = {name for (name,) in cursor.fetchall()}
    return {
        f"{one.table}_history_{verb}" for one in migration.RECORDED for verb in _row_history.VERBS
    } - found


@pytest.fixture
def committed(committing: CommittingDatabase) -> World:  # noqa: ARG001 (the database)
    """A world in a database that commits."""
    return make_world()


def test_a_table_can_be_rebuilt(committed: World) -> None:
    """As the migration of a later version does it: drop, change, create again."""
    field = models.CharField(max_length=10, default="plain")
    field.set_attributes_from_name("texture")
    with connection.schema_editor() as editor:
        _row_history.drop(editor, migration.RECORDED)
        editor.add_field(Item, field)
        editor.remove_field(Item, field)
        _row_history.create(editor, migration.RECORDED)
    assert missing_triggers() == set()
    item = committed.item("T-S0-01")
    Item.objects.filter(pk=item.pk).update(note="After it")
    assert (history_of(item)[-1] or {})["note"] == "After it"


def test_an_older_database_begins_with_what_there_is(committed: World) -> None:
    """As if the rows had been there before the history: from the migration on, not before."""
    walk_through(committed, 30, seed=4, after=lambda: None)
    before = moment()
    with connection.schema_editor() as editor:
        migration.drop_triggers(apps, editor)
        editor.delete_model(RowHistory)
        if connection.vendor == "sqlite":
            assert missing_triggers()
        editor.create_model(RowHistory)
        migration.create_triggers(apps, editor)
    committed.workspace.refresh_from_db()
    grid = matrix.load(committed.workspace)
    since = matrix.recorded_since(committed.workspace)
    assert since is not None
    assert since > before
    then = moment()
    Item.objects.update(note="Later")
    assert matrix.digest(matrix.load(committed.workspace)) != matrix.digest(grid)
    assert matrix.digest(matrix.load(committed.workspace, at=then)) == matrix.digest(grid)
    with pytest.raises(matrix.NotYetError) as error:
        matrix.load(committed.workspace, at=before)
    assert error.value.first == since
