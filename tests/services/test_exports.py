"""Exports: one event per step, rights checked when asked, when taken up and when finished."""

from __future__ import annotations

import datetime as dt
import hashlib
import uuid
from pathlib import Path

import pytest
from django.core.files.storage import default_storage
from django.http import QueryDict
from django.utils import timezone
from pytest_django.fixtures import Settings

from responsibilities.choices import AuditAction, ExportStatus, Role, Via
from responsibilities.matrix import MatrixFilter
from responsibilities.models import AuditEvent, Export, Membership
from responsibilities.permissions import NotAllowedError, system_actor
from responsibilities.services import audit, exports
from responsibilities.services.errors import InvalidError
from tests.world import World

DIGEST = "d" * 64


def ask(
    world: World,
    role: str = Role.MANAGER,
    side: str = "party1",
    format: str = "json",  # noqa: A002 (the word for it)
    paper: str = "a4",
) -> Export:
    """Ask for an export."""
    return exports.request(
        actor=world.actor(side, role), workspace=world.workspace, format=format, paper=paper
    )


def running(world: World) -> Export:
    """Return an export that a task has taken up."""
    export = ask(world)
    assert exports.start(export_id=export.pk)
    export.refresh_from_db()
    return export


def actions(world: World) -> list[str]:
    """Return what the log says of exports, in order."""
    found = AuditEvent.objects.filter(workspace=world.workspace, object_type="export")
    return list(found.order_by("seq").values_list("action", flat=True))


def stored() -> list[str]:
    """Return the names of the files that are kept."""
    if not default_storage.exists("exports"):
        return []
    return default_storage.listdir("exports")[1]


@pytest.mark.parametrize("role", [Role.MANAGER, Role.CONTRIBUTOR, Role.APPROVER, Role.AUDITOR])
def test_asking_is_one_event(world: World, role: str) -> None:
    wanted = MatrixFilter.parse(QueryDict("state=findings&nonsense=1"))
    export = exports.request(
        actor=world.actor("party1", role),
        workspace=world.workspace,
        format="pdf",
        paper="letter",
        wanted=wanted,
    )
    assert (export.status, export.query, export.paper) == ("queued", "state=findings", "letter")
    assert export.requested_by == world.user("party1", role)
    assert actions(world) == [AuditAction.EXPORT_REQUESTED]


def test_readers_and_outsiders_may_not(world: World) -> None:
    with pytest.raises(NotAllowedError):
        ask(world, Role.READER)
    assert actions(world) == []
    assert not Export.objects.exists()


@pytest.mark.parametrize("options", [{"format": "docx"}, {"paper": "a3"}])
def test_unknown_formats_are_refused(world: World, options: dict[str, str]) -> None:
    with pytest.raises(InvalidError):
        ask(world, **options)


def test_a_filter_that_does_not_fit_is_refused(world: World) -> None:
    wanted = MatrixFilter(section=tuple(f"section-{n:04d}" for n in range(200)))
    with pytest.raises(InvalidError, match="too long"):
        exports.request(
            actor=world.actor("party1"), workspace=world.workspace, format="pdf", wanted=wanted
        )


def test_one_person_has_three_at_once(world: World) -> None:
    first = ask(world)
    for _number in range(2):
        ask(world)
    with pytest.raises(InvalidError, match="already have 3"):
        ask(world)
    ask(world, Role.APPROVER)
    exports.cancel(actor=world.actor("party1"), workspace=world.workspace, export_id=first.pk)
    ask(world)


def test_a_finished_export_has_its_file_and_digests(world: World) -> None:
    export = running(world)
    assert exports.is_running(export_id=export.pk)
    exports.progress(export_id=export.pk, percent=40)
    export.refresh_from_db()
    assert export.progress == 40
    exports.finish(
        export_id=export.pk, content=b"the bytes", extension="json", matrix_digest=DIGEST
    )
    export.refresh_from_db()
    assert (export.status, export.progress, export.size) == ("done", 100, 9)
    assert export.sha256 == hashlib.sha256(b"the bytes").hexdigest()
    assert export.matrix_digest == DIGEST
    with export.file.open("rb") as file:
        assert file.read() == b"the bytes"
    assert str(export.pk) not in str(export.file.name)
    assert actions(world) == [AuditAction.EXPORT_REQUESTED, AuditAction.EXPORT_CREATED]
    created = AuditEvent.objects.get(workspace=world.workspace, action=AuditAction.EXPORT_CREATED)
    assert f'"via":"{Via.TASK.value}"' in created.leaf


def test_only_what_waits_is_taken_up(world: World) -> None:
    export = running(world)
    assert exports.start(export_id=export.pk) is None
    other = ask(world)
    exports.cancel(actor=world.actor("party1"), workspace=world.workspace, export_id=other.pk)
    assert exports.start(export_id=other.pk) is None


def revoke(world: World, how: str) -> None:
    """Take the right to export away from the customer's manager."""
    membership = Membership.objects.get(
        workspace=world.workspace, user=world.user("party1", Role.MANAGER)
    )
    if how == "removed":
        membership.delete()
    elif how == "expired":
        membership.expires_at = timezone.now() - dt.timedelta(seconds=1)
        membership.save()
    else:
        membership.role = Role.READER
        membership.save()


@pytest.mark.parametrize("how", ["removed", "expired", "demoted"])
def test_right_lost_while_waiting(world: World, how: str) -> None:
    export = ask(world)
    revoke(world, how)
    assert exports.start(export_id=export.pk) is None
    export.refresh_from_db()
    assert export.status == ExportStatus.FAILED
    assert "may no longer export" in export.error
    assert actions(world) == [AuditAction.EXPORT_REQUESTED, AuditAction.EXPORT_FAILED]


@pytest.mark.parametrize("how", ["removed", "expired", "demoted"])
def test_right_lost_while_running_leaves_no_file(world: World, how: str) -> None:
    export = running(world)
    revoke(world, how)
    exports.finish(export_id=export.pk, content=b"x", extension="json", matrix_digest=DIGEST)
    export.refresh_from_db()
    assert (export.status, export.file.name, export.sha256) == ("failed", "", "")
    assert stored() == []
    assert actions(world) == [AuditAction.EXPORT_REQUESTED, AuditAction.EXPORT_FAILED]


def test_cancelled_while_running_leaves_no_file(world: World) -> None:
    export = running(world)
    exports.cancel(actor=world.actor("party1"), workspace=world.workspace, export_id=export.pk)
    assert not exports.is_running(export_id=export.pk)
    exports.progress(export_id=export.pk, percent=50)
    exports.finish(export_id=export.pk, content=b"x", extension="json", matrix_digest=DIGEST)
    exports.fail(export_id=export.pk, reason="too late")
    export.refresh_from_db()
    assert (export.status, export.progress, export.error) == ("cancelled", 0, "")
    assert stored() == []
    assert actions(world) == [AuditAction.EXPORT_REQUESTED, AuditAction.EXPORT_CANCELLED]


def test_who_may_cancel(world: World) -> None:
    export = ask(world, Role.CONTRIBUTOR)
    for actor in (world.actor("party1", Role.APPROVER), world.actor("party1", Role.READER)):
        with pytest.raises(NotAllowedError):
            exports.cancel(actor=actor, workspace=world.workspace, export_id=export.pk)
    exports.cancel(actor=world.actor("party0"), workspace=world.workspace, export_id=export.pk)
    with pytest.raises(InvalidError, match="ended already"):
        exports.cancel(actor=world.actor("party0"), workspace=world.workspace, export_id=export.pk)


def test_an_export_of_another_workspace_is_not_there(world: World) -> None:
    export = exports.request(actor=system_actor(), workspace=world.elsewhere, format="json")
    for export_id in (export.pk, uuid.uuid4()):
        with pytest.raises(Export.DoesNotExist):
            exports.cancel(
                actor=world.actor("party1"), workspace=world.workspace, export_id=export_id
            )


def test_failing_keeps_the_reason(world: World) -> None:
    export = running(world)
    exports.fail(export_id=export.pk, reason="It was too large.")
    export.refresh_from_db()
    assert (export.status, export.error) == ("failed", "It was too large.")
    assert actions(world) == [AuditAction.EXPORT_REQUESTED, AuditAction.EXPORT_FAILED]


def test_what_a_dead_task_left_is_closed(world: World, settings: Settings) -> None:
    settings.REXMATRIX_EXPORT_SECONDS = 600
    dead, alive, waiting = running(world), running(world), ask(world)
    Export.objects.filter(pk=dead.pk).update(started_at=timezone.now() - dt.timedelta(seconds=700))
    dead.refresh_from_db()
    assert exports.is_abandoned(dead)
    assert not exports.is_abandoned(alive)
    assert not exports.is_abandoned(waiting)
    ask(world)  # the dead one does not count among those under way
    assert exports.reap() == 1
    assert exports.reap() == 0
    states = {export.pk: export.status for export in Export.objects.all()}
    assert states[dead.pk] == "failed"
    assert states[alive.pk] == "running"
    assert states[waiting.pk] == "queued"


def test_a_failing_write_leaves_no_file(
    world: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    export = running(world)

    def refuse(**_arguments: object) -> None:
        raise OSError(str(tmp_path))

    monkeypatch.setattr(audit, "append", refuse)
    with pytest.raises(OSError, match="test_a_failing_write"):
        exports.finish(export_id=export.pk, content=b"x", extension="json", matrix_digest=DIGEST)
    export.refresh_from_db()
    assert export.status == ExportStatus.RUNNING
    assert stored() == []
