"""A matrix as it stood at a moment is the matrix that was shown at that moment."""

from __future__ import annotations

import dataclasses
import datetime as dt
from typing import Any

import pytest
from django.utils import timezone

from responsibilities import canonical, matrix
from responsibilities.choices import FindingKind, Role, SignoffState
from responsibilities.matrix import ItemRow, Matrix, NotYetError
from responsibilities.models import (
    AuditEvent,
    Membership,
    Organization,
    ResponsibilityModel,
    RowHistory,
    User,
    Workspace,
)
from responsibilities.permissions import system_actor
from responsibilities.services import erasure, signoffs
from tests.moments import moment
from tests.signing import edit, sign
from tests.walk import ACTS, walk_through
from tests.world import World, make_world

STEPS = 120
KEY = "T-S0-01"


@dataclasses.dataclass(frozen=True)
class Seen:
    """What was shown at a moment, and the newest event then."""

    at: dt.datetime
    event: dt.datetime
    document: bytes
    rest: list[Any]


def bytes_of(grid: Matrix) -> bytes:
    """Return the whole matrix as machines read it."""
    return canonical.dumps(matrix.document(grid))


def rest_of(grid: Matrix) -> list[Any]:
    """Return all that a page can show of a matrix, beyond the document."""
    names = [field.name for field in dataclasses.fields(ItemRow)]
    return [
        grid.workspace.name,
        grid.workspace.target_date,
        grid.seats,
        grid.teams,
        grid.team_findings,
        grid.today,
        grid.total,
        *([getattr(row, name) for name in names] for row in grid.rows),
    ]


@pytest.mark.usefixtures("committing")
@pytest.mark.parametrize("seed", [1, 2])
def test_every_moment_of_a_walk_comes_back(seed: int) -> None:
    """Whatever was done: at each moment the matrix is, to the last byte, what it was then."""
    world = make_world()
    seen: list[Seen] = []

    def look() -> None:
        world.workspace.refresh_from_db()
        grid = matrix.load(world.workspace)
        event = AuditEvent.objects.filter(workspace=world.workspace).order_by("seq").last()
        assert event is not None
        seen.append(Seen(moment(), event.ts, bytes_of(grid), rest_of(grid)))

    look()
    done = walk_through(world, STEPS, seed, look)
    assert len(done) == len(ACTS), set(ACTS) - set(done)
    assert len({one.document for one in seen}) > STEPS * 0.6, "a walk that changes little"
    for number, one in enumerate(seen):
        then = matrix.load(world.workspace, at=one.at)
        assert bytes_of(then) == one.document
        assert rest_of(then) == one.rest
        if number:  # before the walk, members joined without an event
            assert bytes_of(matrix.load(world.workspace, at=one.event)) == one.document


def backdate(days: int) -> dt.datetime:
    """Let the history have begun some days earlier, with today's rows; return that moment."""
    then = timezone.now() - dt.timedelta(days=days)
    latest = {(row.model, row.key): row for row in RowHistory.objects.order_by("pk")}
    rows = [row for row in latest.values() if row.data is not None]
    for row in rows:
        row.pk, row.at = None, then
    # The states of today come after those of then.
    today = list(RowHistory.objects.order_by("pk"))
    for row in today:
        row.pk = None
    RowHistory.objects.bulk_create([*rows, *today])
    return then


def test_findings_are_those_of_the_day(world: World) -> None:
    today = timezone.localdate()
    edit(world, KEY, review_on=today - dt.timedelta(days=5))
    then = backdate(10)
    overdue = matrix.load(world.workspace)
    assert FindingKind.REVIEW_OVERDUE in {f.kind for f in overdue.by_key[KEY].findings}
    past = matrix.load(world.workspace, at=then)
    assert FindingKind.REVIEW_OVERDUE not in {f.kind for f in past.by_key[KEY].findings}
    assert past.today == today - dt.timedelta(days=10)


def test_the_day_is_the_local_one(world: World) -> None:
    then = (backdate(10) + dt.timedelta(days=1)).replace(hour=23, minute=30)
    for zone, days in (("Pacific/Kiritimati", 1), ("UTC", 0)):
        with timezone.override(zone):
            past = matrix.load(world.workspace, at=then)
        assert past.today == then.date() + dt.timedelta(days=days)


def test_before_the_first_moment(world: World) -> None:
    since = matrix.recorded_since(world.workspace)
    assert since is not None
    assert timezone.now() - dt.timedelta(minutes=1) < since < timezone.now()
    with pytest.raises(NotYetError) as error:
        matrix.load(world.workspace, at=since - dt.timedelta(seconds=1))
    assert error.value.first == since
    assert matrix.load(world.workspace, at=since).workspace == world.workspace


def test_a_moment_to_come_is_now(world: World) -> None:
    soon = timezone.now() + dt.timedelta(days=3)
    assert matrix.load(world.workspace, at=soon).today == timezone.localdate()


def test_one_item_of_then(world: World) -> None:
    then = moment()
    edit(world, KEY, note="Later")
    row = matrix.load(world.workspace, at=then, item_ids=[world.item(KEY).pk]).rows
    assert [(one.key, one.note) for one in row] == [(KEY, "")]
    whole = matrix.load(world.workspace, at=then).by_key[KEY]
    assert row[0].digest == whole.digest
    assert row[0].sides == whole.sides


def test_a_foreign_item_is_not_there(world: World) -> None:
    foreign = world.elsewhere.items.values_list("pk", flat=True)[:1]
    assert matrix.load(world.workspace, at=moment(), item_ids=foreign).rows == ()


def test_other_workspaces_stand_apart(world: World) -> None:
    before = bytes_of(matrix.load(world.elsewhere))
    then = moment()
    edit(world, KEY, note="Here only")
    assert bytes_of(matrix.load(world.elsewhere, at=then)) == before
    assert bytes_of(matrix.load(world.elsewhere, at=timezone.now())) == before


def test_the_instance_that_was_given_stays_as_it_is(world: World) -> None:
    then = moment()
    Workspace.objects.filter(pk=world.workspace.pk).update(name="Acme again")
    world.workspace.refresh_from_db()
    assert matrix.load(world.workspace, at=then).workspace.name == "Acme"
    assert world.workspace.name == "Acme again"


def test_names_that_writes_past_the_services_changed(world: World) -> None:
    then = moment()
    before = bytes_of(matrix.load(world.workspace))
    Organization.objects.filter(name="Acme").update(name="Acme Holding")
    ResponsibilityModel.objects.update(title="Another title", publisher="Another publisher")
    User.objects.filter(pk=world.user("party0", Role.CONTRIBUTOR).pk).update(is_active=False)
    workspace = Workspace.objects.with_catalog().get(pk=world.workspace.pk)
    assert bytes_of(matrix.load(workspace)) != before
    assert bytes_of(matrix.load(workspace, at=then)) == before


def test_a_membership_ends_when_it_ended(world: World) -> None:
    member = Membership.objects.get(user=world.user("party0", Role.MANAGER))
    end = moment() + dt.timedelta(milliseconds=50)
    Membership.objects.filter(pk=member.pk).update(expires_at=end)
    while (after := moment()) <= end:
        pass
    assert matrix.load(world.workspace, at=after).seats[0].vacant
    assert not matrix.load(world.workspace, at=end - dt.timedelta(milliseconds=5)).seats[0].vacant


def test_a_withdrawn_signature_was_good_before(world: World) -> None:
    signoff = sign(world, "party0", KEY)
    signed = moment()
    signoffs.withdraw(actor=world.actor("party0"), signoff=signoff, reason="For the test")
    withdrawn = moment()
    sign(world, "party0", KEY)
    states = [
        matrix.load(world.workspace, at=at).by_key[KEY].sides[0].state
        for at in (signed, withdrawn, timezone.now())
    ]
    assert states == [SignoffState.CURRENT, SignoffState.WITHDRAWN, SignoffState.CURRENT]


def test_people_have_the_names_of_today(world: World) -> None:
    """What was erased of a person is in no past matrix either."""
    person = world.user("party0", Role.MANAGER)
    then = moment()
    assert person.name.encode() in bytes_of(matrix.load(world.workspace, at=then))
    erasure.erase(actor=system_actor(), email=person.email)
    past = matrix.load(world.workspace, at=then)
    assert person.name.encode() not in bytes_of(past)
    assert person.email not in repr(past.teams)
    names = [one.name for one in past.teams[0].people]
    assert sorted(names) == sorted(["Erased person", world.user("party0", "contributor").name])
