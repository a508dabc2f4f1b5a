"""The export of a release: one file, for whom and when."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, transaction

from responsibilities.choices import AuditAction, ExportStatus, Role
from responsibilities.matrix import MatrixFilter
from responsibilities.models import AuditEvent, Export, Release
from responsibilities.permissions import Actor, NotAllowedError, system_actor
from responsibilities.services import exports
from responsibilities.services.errors import InvalidError
from tests.releasing import make_release, propose, withdraw
from tests.world import World


@pytest.fixture
def release(world: World) -> Release:
    """A release in force."""
    return make_release(world)


def ask(world: World, release: Release, actor: Actor | None = None) -> Export:
    """Ask for the file of a release."""
    return exports.request_release(
        actor=actor or system_actor(), workspace=world.workspace, release_id=release.pk
    )


def events(world: World) -> int:
    """Count the events of the log."""
    return AuditEvent.objects.filter(workspace=world.workspace).count()


@pytest.mark.parametrize("role", [Role.MANAGER, Role.CONTRIBUTOR, Role.APPROVER, Role.AUDITOR])
def test_who_exports_may_ask_on_either_side(world: World, release: Release, role: str) -> None:
    before = events(world)
    side = "party1" if role == Role.AUDITOR else "party0"
    export = ask(world, release, world.actor(side, role))
    assert (export.release, export.edition, export.status) == (release, "1.0", "queued")
    assert events(world) == before + 1
    event = AuditEvent.objects.latest("pk")
    assert (event.action, event.actor_id) == (
        AuditAction.EXPORT_REQUESTED,
        world.user(side, role).pk,
    )
    assert "RACI PDF of release 1.0" in event.payload.payload


def test_readers_and_outsiders_may_not(world: World, release: Release) -> None:
    before = events(world)
    for actor in (
        world.actor("party1", Role.READER),
        Actor(user=world.outsider, via=system_actor().via),
    ):
        with pytest.raises(NotAllowedError):
            ask(world, release, actor)
    assert events(world) == before
    assert not Export.objects.exists()


def test_a_foreign_release_is_none(world: World, release: Release) -> None:
    with pytest.raises(Release.DoesNotExist):
        exports.request_release(
            actor=system_actor(), workspace=world.elsewhere, release_id=release.pk
        )


@pytest.mark.parametrize("status", [ExportStatus.QUEUED, ExportStatus.RUNNING, ExportStatus.DONE])
def test_there_is_one_file(world: World, release: Release, status: str) -> None:
    ask(world, release)
    Export.objects.update(status=status)
    with pytest.raises(InvalidError, match="has its file already"):
        ask(world, release)
    with pytest.raises(IntegrityError), transaction.atomic():
        Export.objects.create(workspace=world.workspace, format="pdf", release=release)


@pytest.mark.parametrize("status", [ExportStatus.FAILED, ExportStatus.CANCELLED])
def test_another_is_made_where_there_is_none(world: World, release: Release, status: str) -> None:
    ask(world, release)
    Export.objects.update(status=status)
    assert ask(world, release).status == ExportStatus.QUEUED


def test_what_was_never_in_force_has_no_file(world: World) -> None:
    proposal = propose(world)
    with pytest.raises(InvalidError, match="never in force"):
        ask(world, proposal)
    withdraw(world, proposal)
    with pytest.raises(InvalidError, match="never in force"):
        ask(world, proposal)


def test_one_withdrawn_since_still_has_its_file(world: World, release: Release) -> None:
    withdraw(world, release)
    assert ask(world, release).edition == "1.0"


def test_only_managers_cancel_what_nobody_asked_for(world: World, release: Release) -> None:
    export = ask(world, release)
    assert not exports.may_cancel(world.actor("party0", Role.APPROVER), export)
    with pytest.raises(NotAllowedError):
        exports.cancel(
            actor=world.actor("party0", Role.APPROVER),
            workspace=world.workspace,
            export_id=export.pk,
        )
    exports.cancel(actor=world.actor("party1"), workspace=world.workspace, export_id=export.pk)


def test_preparing_appends_nothing_and_gives_the_frozen_matrix(
    world: World, release: Release
) -> None:
    export = ask(world, release)
    exports.start(export_id=export.pk)
    before = events(world)
    item = world.item("T-S0-01")
    item.note = "Later."
    item.save()
    prepared = exports.prepare(export_id=export.pk, wanted=MatrixFilter())
    assert prepared is not None
    assert prepared.shown.by_key["T-S0-01"].note == ""
    assert prepared.digest == release.digest
    event = AuditEvent.objects.get(workspace=world.workspace, seq=prepared.seq)
    assert event.action == AuditAction.RELEASE_ATTESTED
    assert events(world) == before


def test_closing_abandoned_exports_leaves_a_releases_file(world: World, release: Release) -> None:
    export = ask(world, release)
    exports.start(export_id=export.pk)
    exports.finish(
        export_id=export.pk, content=b"%PDF", extension="pdf", matrix_digest=release.digest
    )
    Export.objects.update(started_at="2020-01-01T00:00:00Z")
    assert exports.reap() == 0
    export.refresh_from_db()
    with export.file.open("rb") as file:
        assert file.read() == b"%PDF"
