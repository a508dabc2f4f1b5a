"""The database itself freezes releases and counts attestations. Raw SQL, past the models."""

from __future__ import annotations

import uuid
from collections.abc import Mapping

import pytest
from django.db import DatabaseError, IntegrityError, connection, models

from responsibilities.choices import ReleaseStatus, Role
from responsibilities.models import Attestation, Membership, Release, ReleaseWithdrawal
from responsibilities.services.releases import Step
from tests.models.test_append_only import execute
from tests.releasing import attest, make_release, propose, withdraw
from tests.world import World

RELEASE = Release._meta.db_table
FROZEN = sorted(
    str(field.column)
    for field in Release._meta.fields
    if field.name not in {"status", "effective_at"}
)
NOW = "'2026-11-22 10:00:00+00:00'"


def sql_id(value: uuid.UUID) -> str:
    """Return an id as it stands in this database."""
    return f"'{value.hex if connection.vendor == 'sqlite' else value}'"


def copy(model: type[models.Model], values: Mapping[str, str]) -> str:
    """Return the statement that copies the rows of a table with some columns changed."""
    table = model._meta.db_table
    columns = {str(field.column): str(field.column) for field in model._meta.fields}
    columns |= {"id": sql_id(uuid.uuid4())} | dict(values)
    return (
        f"INSERT INTO {table} ({', '.join(columns)}) "  # noqa: S608 (names of our own)
        f"SELECT {', '.join(columns.values())} FROM {table}"
    )


def set_status(value: str, effective_at: str = "effective_at") -> str:
    """Return the statement that sets the status of all releases."""
    return f"UPDATE {RELEASE} SET status = '{value}', effective_at = {effective_at}"  # noqa: S608


@pytest.mark.parametrize("column", FROZEN)
def test_what_is_frozen_never_changes(world: World, column: str) -> None:
    """Together with an allowed step of the status neither."""
    release = propose(world)
    other = {
        "id": sql_id(uuid.uuid4()),
        "workspace_id": sql_id(world.elsewhere.pk),
        "major": "7",
        "minor": "7",
        "previous_id": sql_id(release.pk),
        "seat_id": str(world.customer.pk),
        "proposed_by_id": sql_id(world.outsider.pk),
        "proposed_at": NOW,
    }.get(column, "'other'")
    for step in ("", ", status = 'withdrawn'"):
        with pytest.raises(DatabaseError, match=f"{RELEASE} is append-only"):
            execute(f"UPDATE {RELEASE} SET {column} = {other}{step}")  # noqa: S608


def test_no_release_is_deleted(world: World) -> None:
    propose(world)
    with pytest.raises(DatabaseError, match=f"{RELEASE} is append-only"):
        execute(f"DELETE FROM {RELEASE}")  # noqa: S608


@pytest.mark.parametrize("attested", [0, 1])
def test_not_in_force_before_every_side_has_attested(world: World, attested: int) -> None:
    release = propose(world)
    for side in ("party0", "party1")[:attested]:
        attest(world, release, side)
    with pytest.raises(DatabaseError, match="every side attests a release before it is current"):
        execute(set_status("current", NOW))
    with pytest.raises(DatabaseError):
        execute(set_status("current"))
    release.refresh_from_db()
    assert release.status == ReleaseStatus.PROPOSED


@pytest.mark.parametrize("status", ["superseded", "proposed"])
def test_a_proposal_is_not_superseded(world: World, status: str) -> None:
    release = propose(world)
    for effective_at in (NOW, "NULL"):
        with pytest.raises(DatabaseError, match=r"is append-only|every side attests"):
            execute(set_status(status, effective_at))
    release.refresh_from_db()
    assert (release.status, release.effective_at) == (ReleaseStatus.PROPOSED, None)


def test_the_status_only_moves_forward(world: World) -> None:
    make_release(world)
    for statement in (
        set_status("proposed"),
        set_status("proposed", "NULL"),
        set_status("current", NOW),
        set_status("superseded", NOW),
        set_status("withdrawn", "NULL"),
    ):
        with pytest.raises(DatabaseError, match=f"{RELEASE} is append-only"):
            execute(statement)
    execute(set_status("superseded"))
    for back in ("proposed", "current"):
        with pytest.raises(DatabaseError, match=f"{RELEASE} is append-only"):
            execute(set_status(back))
    execute(set_status("withdrawn"))
    for back in ("proposed", "current", "superseded"):
        with pytest.raises(DatabaseError, match=f"{RELEASE} is append-only"):
            execute(set_status(back))


@pytest.mark.parametrize("status", ["current", "superseded", "withdrawn"])
def test_a_release_begins_as_a_proposal(world: World, status: str) -> None:
    withdraw(world, propose(world))
    with pytest.raises(DatabaseError, match="a release starts as a proposal"):
        execute(copy(Release, {"major": "9", "status": f"'{status}'"}))
    with pytest.raises(DatabaseError, match="a release starts as a proposal"):
        execute(copy(Release, {"major": "9", "status": "'proposed'", "effective_at": NOW}))


def test_a_number_is_used_once_even_after_withdrawal(world: World) -> None:
    withdraw(world, propose(world))
    with pytest.raises(IntegrityError):
        execute(copy(Release, {"status": "'proposed'"}))
    execute(copy(Release, {"status": "'proposed'", "major": "2"}))
    assert Release.objects.count() == 2


def test_one_proposal_at_a_time(world: World) -> None:
    propose(world)
    with pytest.raises(IntegrityError):
        execute(copy(Release, {"major": "2"}))


def test_one_release_in_force_at_a_time(world: World) -> None:
    make_release(world)
    second = propose(world, Step.MINOR)
    attest(world, second, "party0")
    values = {"release_id": sql_id(second.pk)}
    given = Attestation.objects.exclude(release=second).get(seat=world.customer)
    execute(copy(Attestation, values) + f" WHERE id = {sql_id(given.pk)}")
    with pytest.raises(IntegrityError):
        execute(set_status("current", NOW) + " WHERE status = 'proposed'")
    assert Release.objects.get(status=ReleaseStatus.CURRENT).number == "1.0"


def test_two_humans_attest(world: World) -> None:
    """The same human for the other side, or another human for the same side: refused."""
    release = propose(world)
    attest(world, release, "party0")
    clara = sql_id(world.user("party1", Role.MANAGER).pk)
    other_side, other_human = {"seat_id": str(world.customer.pk)}, {"attester_id": clara}
    for values in (other_side, other_human):
        with pytest.raises(IntegrityError):
            execute(copy(Attestation, values))
        assert Attestation.objects.count() == 1
    execute(copy(Attestation, other_side | other_human))
    execute(set_status("current", NOW))
    release.refresh_from_db()
    assert release.status == ReleaseStatus.CURRENT


def foreign_side(world: World) -> str:
    """Return a side of another workspace, in which a member of this one has a seat too."""
    seat = world.elsewhere.seats.order_by("pk")[0]
    clara = world.user("party1", Role.MANAGER)
    Membership.objects.create(workspace=world.elsewhere, seat=seat, user=clara, role=Role.MANAGER)
    return str(seat.pk)


def test_no_side_of_another_workspace_attests_withdraws_or_proposes(world: World) -> None:
    """Two attestations are not those of two sides when one is of a foreign side."""
    release = propose(world)
    attest(world, release, "party0")
    seat, clara = foreign_side(world), sql_id(world.user("party1", Role.MANAGER).pk)
    with pytest.raises(DatabaseError, match="a member attests a proposal for the own side"):
        execute(copy(Attestation, {"seat_id": seat, "attester_id": clara}))
    assert Attestation.objects.count() == 1
    withdraw(world, release)
    with pytest.raises(DatabaseError, match="a side withdraws its own release"):
        execute(copy(ReleaseWithdrawal, {"id": "99", "seat_id": seat}))
    for values in ({"seat_id": seat}, {"workspace_id": sql_id(world.elsewhere.pk)}):
        values |= {"major": "9", "status": "'proposed'"}
        with pytest.raises(DatabaseError, match="a release belongs to a side of its workspace"):
            execute(copy(Release, values))
    assert Release.objects.count() == 1


def test_only_a_member_of_a_side_attests_for_it(world: World) -> None:
    release = propose(world)
    attest(world, release, "party0")
    for person in (world.outsider, world.user("party0", Role.APPROVER)):
        values = {"seat_id": str(world.customer.pk), "attester_id": sql_id(person.pk)}
        with pytest.raises(DatabaseError, match="a member attests a proposal for the own side"):
            execute(copy(Attestation, values))
    assert Attestation.objects.count() == 1


def test_nobody_attests_what_is_no_proposal(world: World) -> None:
    release = propose(world)
    attest(world, release, "party0")
    withdraw(world, release)
    clara = sql_id(world.user("party1", Role.MANAGER).pk)
    values = {"seat_id": str(world.customer.pk), "attester_id": clara}
    with pytest.raises(DatabaseError, match="a member attests a proposal for the own side"):
        execute(copy(Attestation, values))
    assert Attestation.objects.count() == 1


def test_a_release_is_withdrawn_once(world: World) -> None:
    withdraw(world, propose(world))
    values = {"id": "99"}
    with pytest.raises(IntegrityError):
        execute(copy(ReleaseWithdrawal, values))


@pytest.mark.django_db
def test_the_triggers_of_releases_are_there() -> None:
    """A migration that rebuilds the table on SQLite drops its triggers: it has to bring them."""
    if connection.vendor == "sqlite":
        query = "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = %s"
        names = {"no_update", "no_delete", "attested", "starts_proposed", "own_side"}
    else:
        query = (
            "SELECT tgname FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid "
            "WHERE NOT tgisinternal AND relname = %s"
        )
        names = {"append_only", "no_delete", "attested", "starts_proposed", "own_side"}
    with connection.cursor() as cursor:
        cursor.execute(query, [RELEASE])
        found = {name for (name,) in cursor.fetchall()}
    assert found >= {f"{RELEASE}_{name}" for name in names}
