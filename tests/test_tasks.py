"""The task that makes exports: put into the queue with its row, run as the system."""

from __future__ import annotations

import datetime as dt
import hashlib
import json

import pytest
from django.http import QueryDict
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from responsibilities import matrix, tasks
from responsibilities.choices import ExportStatus, Role
from responsibilities.exchange import registry
from responsibilities.exchange.details import Details, ExportError, ExportStoppedError, Watch
from responsibilities.exchange.registry import WRITERS, Writer
from responsibilities.matrix import Matrix, MatrixFilter
from responsibilities.models import Checkpoint, Export
from responsibilities.permissions import system_actor
from responsibilities.services import exports
from responsibilities.services.errors import InvalidError
from tests.attacks import drop_triggers, sql
from tests.world import World


def queue(world: World, query: str = "", kind: str = "json") -> Export:
    """Ask for an export as the customer's manager."""
    return tasks.queue_export(
        actor=world.actor("party1"),
        workspace=world.workspace,
        format=kind,
        wanted=MatrixFilter.parse(QueryDict(query)),
    )


def made(export: Export) -> Export:
    """Run the task of an export and return the export as it is then."""
    tasks.render_export.call(str(export.pk))
    export.refresh_from_db()
    return export


def writer(monkeypatch: pytest.MonkeyPatch, write: object) -> None:
    """Let this function write the JSON format."""
    monkeypatch.setitem(registry.WRITERS, "json", Writer(write, "application/json", "json"))  # type: ignore[arg-type]


def test_row_and_task_come_together(world: World) -> None:
    export = queue(world)
    (task,) = DBTaskResult.objects.all()
    assert task.task_path == "responsibilities.tasks.render_export"
    assert task.args_kwargs == {"args": [str(export.pk)], "kwargs": {}}


def test_neither_row_nor_task_when_refused(world: World) -> None:
    with pytest.raises(InvalidError):
        queue(world, kind="docx")
    assert not Export.objects.exists()
    assert not DBTaskResult.objects.exists()


def test_the_file_holds_what_the_filter_leaves(world: World) -> None:
    export = made(queue(world, "side=party1"))
    assert export.status == ExportStatus.DONE
    with export.file.open("rb") as file:
        data = file.read()
    assert hashlib.sha256(data).hexdigest() == export.sha256 == export.matrix_digest
    content = json.loads(data)
    assert [section["key"] for section in content["sections"]] == ["S1"]
    assert content["items_in_workspace"] == len(matrix.load(world.workspace).rows)


def test_us_and_me_are_those_of_the_person_who_asked(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[tuple[Matrix, Details]] = []

    def write(shown: Matrix, details: Details, _watch: Watch) -> bytes:
        seen.append((shown, details))
        return b"{}"

    writer(monkeypatch, write)
    made(queue(world, "person=me&state=unsigned-us"))
    ((shown, details),) = seen
    assert [row.section_key for row in shown.rows] == ["S0", "S0", "S0", "S1", "S1", "S1"]
    assert details.requested_by == "Clara Manager"
    assert details.organization == "Acme"
    assert [part.values for part in details.filter] == [("Clara Manager",), ("Unsigned by Acme",)]
    assert details.created_at.microsecond == 0
    assert details.is_draft


def test_the_system_has_no_side(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Details] = []

    def write(_shown: Matrix, details: Details, _watch: Watch) -> bytes:
        seen.append(details)
        return b"{}"

    writer(monkeypatch, write)
    export = exports.request(actor=system_actor(), workspace=world.workspace, format="json")
    made(export)
    assert (seen[0].requested_by, seen[0].organization) == ("the operator", "")


def test_progress_is_written_down_and_cancelling_is_noticed(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    export = queue(world)
    seen: list[int] = []

    def write(_shown: Matrix, _details: Details, watch: Watch) -> bytes:
        for done in range(1, 4):
            watch.progress(done, 3)
            export.refresh_from_db()
            seen.append(export.progress)
        assert not watch.stopped()
        exports.cancel(actor=world.actor("party1"), workspace=world.workspace, export_id=export.pk)
        assert watch.stopped()
        raise ExportStoppedError

    writer(monkeypatch, write)
    assert made(export).status == ExportStatus.CANCELLED
    assert seen == [33, 66, 99]


def test_a_foreseen_error_is_told(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def write(_shown: Matrix, _details: Details, _watch: Watch) -> bytes:
        raise ExportError("It took too long and was stopped.")

    writer(monkeypatch, write)
    export = made(queue(world))
    assert (export.status, export.error) == ("failed", "It took too long and was stopped.")


def test_an_unforeseen_error_fails_export_and_task(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def write(_shown: Matrix, _details: Details, _watch: Watch) -> bytes:
        raise ZeroDivisionError("secret detail")

    writer(monkeypatch, write)
    export = queue(world)
    with pytest.raises(ZeroDivisionError):
        made(export)
    export.refresh_from_db()
    assert export.status == ExportStatus.FAILED
    assert "secret" not in export.error


def test_a_revoked_right_makes_no_file(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    export = queue(world)
    world.workspace.memberships.filter(user=world.user("party1", Role.MANAGER)).update(
        role=Role.READER
    )

    def write(_shown: Matrix, _details: Details, _watch: Watch) -> bytes:
        pytest.fail("nothing may be written")

    writer(monkeypatch, write)
    assert made(export).status == ExportStatus.FAILED


@pytest.mark.pdf
def test_a_pdf_comes_out_of_the_queue(world: World) -> None:
    export = made(queue(world, kind="pdf"))
    assert export.error == ""
    with export.file.open("rb") as file:
        data = file.read()
    assert data.startswith(b"%PDF-1.7")
    assert hashlib.sha256(data).hexdigest() == export.sha256
    assert export.matrix_digest == matrix.digest(matrix.load(world.workspace))


def test_formats_are_registered_under_the_names_of_the_choices() -> None:
    assert {WRITERS[name].extension for name in WRITERS} == {"pdf", "json"}


def test_the_daily_task_signs_mails_and_asks_for_tomorrow(world: World) -> None:
    tasks.daily_checkpoints.call()
    assert set(Checkpoint.objects.values_list("workspace", flat=True)) == {
        world.workspace.pk,
        world.elsewhere.pk,
    }
    (tomorrow,) = DBTaskResult.objects.filter(task_path=tasks.daily_checkpoints.module_path)
    assert tomorrow.run_after > timezone.now() + tasks.DAY - dt.timedelta(minutes=5)
    mails = DBTaskResult.objects.filter(task_path=tasks.mail_checkpoint.module_path)
    assert mails.count() == 2
    tasks.daily_checkpoints.call()
    assert mails.count() == 2
    assert DBTaskResult.objects.count() == 3


def test_the_daily_task_goes_on_after_a_log_that_does_not_hold(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    drop_triggers()
    sql(
        "UPDATE responsibilities_auditevent SET leaf_hash = 'x' WHERE object_id = %s",
        [str(world.workspace.pk)],
    )
    tasks.daily_checkpoints.call()
    assert Checkpoint.objects.get().workspace == world.elsewhere
    assert f"no checkpoint for {world.workspace.slug}" in caplog.text


@pytest.mark.django_db
def test_the_daily_task_waits_only_once() -> None:
    assert tasks.schedule_checkpoints(timezone.now())
    assert not tasks.schedule_checkpoints(timezone.now())
    assert DBTaskResult.objects.count() == 1


def test_an_export_fails_where_the_log_does_not_hold(world: World) -> None:
    export = queue(world)
    drop_triggers()
    sql("UPDATE responsibilities_auditevent SET leaf_hash = 'x'")
    export = made(export)
    assert export.status == ExportStatus.FAILED
    assert "missing or changed" in export.error
    assert not export.file
