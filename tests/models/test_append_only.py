"""The database itself refuses to change or delete what must stand. Raw SQL, past the models."""

from __future__ import annotations

import uuid

import pytest
from django.db import DatabaseError, connection, models, transaction

from responsibilities.models import (
    Attestation,
    AuditEvent,
    AuditPayload,
    AuditSubject,
    Checkpoint,
    LogKey,
    Release,
    ReleaseWithdrawal,
    RowHistory,
    Signoff,
    SignoffWithdrawal,
)
from responsibilities.services import checkpoints, signoffs
from tests.releasing import make_release, withdraw
from tests.signing import sign
from tests.world import World

PROTECTED = {
    AuditEvent: "action",
    AuditPayload: "payload",
    AuditSubject: "item_id",
    Signoff: "printed_name",
    SignoffWithdrawal: "reason",
    Checkpoint: "note",
    LogKey: "public",
    RowHistory: "key",
    Attestation: "printed_name",
    ReleaseWithdrawal: "reason",
}
TABLES = [(model._meta.db_table, column) for model, column in PROTECTED.items()]
KEY = "T-S0-01"


@pytest.fixture
def recorded(world: World) -> World:
    """A world in which every protected table has a row."""
    signoff = sign(world, "party0", KEY)
    signoffs.withdraw(actor=world.actor("party0"), signoff=signoff, reason="For the test")
    checkpoints.issue(actor=world.actor("party0"), workspace=world.workspace)
    withdraw(world, make_release(world))
    for model in PROTECTED:
        assert model._default_manager.exists()
    return world


def execute(statement: str) -> None:
    """Run a statement as any program with a connection could."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


@pytest.mark.usefixtures("recorded")
@pytest.mark.parametrize(("table", "column"), TABLES)
def test_no_row_is_changed(table: str, column: str) -> None:
    with pytest.raises(DatabaseError, match=f"{table} is append-only"):
        execute(f"UPDATE {table} SET {column} = {column}")  # noqa: S608 (names of our own)


@pytest.mark.usefixtures("recorded")
@pytest.mark.parametrize(("table", "column"), TABLES)
def test_no_row_is_deleted(table: str, column: str) -> None:
    with pytest.raises(DatabaseError, match=f"{table} is append-only"):
        execute(f"DELETE FROM {table} WHERE {column} IS NOT NULL")  # noqa: S608


@pytest.mark.usefixtures("recorded")
@pytest.mark.parametrize("model", [*PROTECTED, Release])
def test_no_row_is_replaced(model: type[models.Model]) -> None:
    """An insertion that makes room for itself changes a row as well. Both dialects know one."""
    table, key = model._meta.db_table, model._meta.pk.column
    columns = {str(field.column): str(field.column) for field in model._meta.fields}
    if model is Release:
        columns |= {"status": "'proposed'", "effective_at": "NULL"}
    rows = f"INTO {table} ({', '.join(columns)}) SELECT {', '.join(columns.values())} FROM {table}"  # noqa: S608
    if connection.vendor == "sqlite":
        statement = f"INSERT OR REPLACE {rows}"
    else:
        statement = f"INSERT {rows} ON CONFLICT ({key}) DO UPDATE SET {key} = EXCLUDED.{key}"
    # a withdrawn release takes no attestation: that is said first
    message = f"{table} is append-only|a member attests a proposal for the own side"
    with pytest.raises(DatabaseError, match=message):
        execute(statement)


def test_the_orm_is_refused_too(recorded: World) -> None:
    with pytest.raises(DatabaseError), transaction.atomic():
        Signoff.objects.update(printed_name="Somebody Else")
    with pytest.raises(DatabaseError), transaction.atomic():
        AuditEvent.objects.filter(workspace=recorded.workspace).update(action="member.added")
    assert Signoff.objects.get().printed_name == "Vera Manager"


@pytest.mark.usefixtures("recorded")
def test_a_payload_can_be_emptied_once_and_in_no_other_way() -> None:
    table = AuditPayload._meta.db_table
    for values in (
        "salt = '', payload = ''",
        "payload = '', erased_at = '2026-11-22 10:00:00+00:00'",
        "salt = '', payload = '{}', erased_at = '2026-11-22 10:00:00+00:00'",
        "erased_at = '2026-11-22 10:00:00+00:00'",
    ):
        with pytest.raises(DatabaseError, match="append-only"):
            execute(f"UPDATE {table} SET {values}")  # noqa: S608 (names of our own)
    erase = f"UPDATE {table} SET salt = '', payload = '', erased_at = '2026-11-22 10:00:00+00:00'"  # noqa: S608
    execute(erase)
    assert all(payload.is_erased for payload in AuditPayload.objects.all())
    for statement in (erase, f"UPDATE {table} SET erased_at = NULL", f"DELETE FROM {table}"):  # noqa: S608
        with pytest.raises(DatabaseError, match="append-only"):
            execute(statement)


@pytest.mark.parametrize("same_person", [True, False])
def test_a_second_side_needs_a_second_person(recorded: World, *, same_person: bool) -> None:
    """Copy the sign-off to the other side: refused for the same person, taken for another."""
    table = Signoff._meta.db_table
    other = recorded.user("party1", "manager")
    values = {str(field.column): str(field.column) for field in Signoff._meta.fields}
    values["id"] = f"'{uuid.uuid4().hex}'"
    values["seat_id"] = str(recorded.customer.pk)
    if not same_person:
        other_id = other.pk.hex if connection.vendor == "sqlite" else str(other.pk)
        values["signer_id"] = f"'{other_id}'"
    copy = (
        f"INSERT INTO {table} ({', '.join(values)}) "  # noqa: S608 (names of our own)
        f"SELECT {', '.join(values.values())} FROM {table}"
    )
    if same_person:
        with pytest.raises(DatabaseError, match="one person cannot sign an item for two sides"):
            execute(copy)
        assert Signoff.objects.count() == 1
    else:
        execute(copy)
        assert Signoff.objects.filter(signer=other, seat=recorded.customer).exists()


@pytest.mark.django_db
def test_every_protected_table_has_its_triggers() -> None:
    """A migration that rebuilds a table on SQLite drops its triggers: it has to bring them back."""
    if connection.vendor == "sqlite":
        query = "SELECT tbl_name, name FROM sqlite_master WHERE type = 'trigger'"
        names = ("{}_no_update", "{}_no_delete")
    else:
        query = (
            "SELECT relname, tgname FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid "
            "WHERE NOT tgisinternal"
        )
        names = ("{}_append_only", "{}_append_only")
    with connection.cursor() as cursor:
        cursor.execute(query)
        found = set(cursor.fetchall())
    expected = {(table, name.format(table)) for table, _ in TABLES for name in names}
    expected.add((Signoff._meta.db_table, "responsibilities_signoff_two_humans"))
    assert found >= expected
