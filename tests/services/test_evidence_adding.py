"""What is taken in as evidence, how it is stored, and that a refusal leaves nothing."""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import json
import uuid
from typing import Any

import pytest
from django.conf import settings as project_settings
from django.core.files.base import ContentFile, File
from django.core.files.storage import FileSystemStorage, InMemoryStorage
from pytest_django.fixtures import Settings

from responsibilities.choices import AuditAction, EvidenceKind
from responsibilities.matrix import EvidenceState
from responsibilities.models import Evidence, Item
from responsibilities.services import evidence
from responsibilities.services.errors import InvalidError
from tests import files
from tests.evidence import (
    KEY,
    add,
    count_events,
    held,
    last_event,
    new_file,
    row,
    stored_files,
)
from tests.world import World


def test_a_file_is_kept_byte_for_byte_under_a_random_name(world: World) -> None:
    data = files.pdf()
    piece = add(world, new_file(data, "../Bericht\u202e 2026.pdf"), title="Report", items=[KEY])
    revision = piece.revisions.get()
    assert revision.file_name == "Bericht 2026.pdf"
    assert revision.file.name is not None
    folder, name = revision.file.name.split("/")
    assert (folder, uuid.UUID(hex=name).version) == ("evidence", 4)
    assert held(revision) == data
    assert revision.sha256 == hashlib.sha256(data).hexdigest()
    assert (revision.size, revision.media_type) == (len(data), "application/pdf")
    assert piece.seat == world.customer
    assert piece.current == revision
    shown = row(world).evidence
    assert [(p.title, p.sha256, p.state) for p in shown] == [
        ("Report", revision.sha256, EvidenceState.FRESH)
    ]


def test_a_file_without_a_title_is_titled_by_its_name(world: World) -> None:
    assert add(world, new_file(name="C:\\x\\Kosten 2026.csv")).title == "Kosten 2026.csv"


def test_a_link_is_digested_by_its_address(world: World) -> None:
    url = "https://wiki.example.com/run-book"
    piece = add(world, evidence.NewLink(f" {url} "), title="Run book")
    revision = piece.revisions.get()
    assert (piece.kind, revision.url, revision.file.name) == (EvidenceKind.LINK, url, "")
    assert revision.sha256 == hashlib.sha256(url.encode()).hexdigest()


def test_a_note_keeps_its_lines_and_is_digested_as_utf_8(world: World) -> None:
    piece = add(world, evidence.NewNote("  Prüfung\r\n\r\n<b>ok</b>\n"), title="Call")
    revision = piece.revisions.get()
    assert (piece.kind, revision.text) == (EvidenceKind.NOTE, "Prüfung\n\n<b>ok</b>")
    assert revision.sha256 == hashlib.sha256(revision.text.encode()).hexdigest()
    assert revision.size == len(revision.text.encode())


def test_adding_is_one_event_in_the_history_of_every_item(world: World) -> None:
    before = count_events(world)
    piece = add(world, items=[KEY, "T-S0-01"])
    event = last_event(world)
    assert count_events(world) == before + 1
    assert (event.action, event.object_id) == (AuditAction.EVIDENCE_ADDED, str(piece.pk))
    assert set(event.subjects.values_list("item__responsibility__key", flat=True)) == {
        KEY,
        "T-S0-01",
    }
    payload = json.loads(event.payload.payload)
    revision = piece.revisions.get()
    assert payload["label"] == "table.csv"
    assert {"field": "SHA-256", "old": "", "new": revision.sha256} in payload["changes"]


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"collected_on": dt.date(2999, 1, 1)}, "collected_on"),
        ({"collected_on": dt.date(2026, 1, 2), "valid_until": dt.date(2026, 1, 2)}, "valid_until"),
        ({"collected_on": dt.date(2026, 1, 2), "valid_until": dt.date(2026, 1, 1)}, "valid_until"),
        ({"title": "x" * 201}, "title"),
        ({"content": evidence.NewLink("https://a.example/"), "title": " "}, "title"),
        ({"content": evidence.NewLink("javascript:alert(1)"), "title": "x"}, "url"),
        ({"content": evidence.NewNote(" \n "), "title": "x"}, "text"),
        ({"content": evidence.NewNote("a\x00b"), "title": "x"}, "text"),
        ({"content": evidence.NewNote("x" * 20_001), "title": "x"}, "text"),
        ({"content": evidence.NewFile(ContentFile(b""), "empty.txt")}, "file"),
        ({"content": evidence.NewFile(ContentFile(b"MZ\x00"), "report.pdf")}, "file"),
        ({"content": evidence.NewFile(ContentFile(b"x"), "\u202e")}, "file"),
    ],
)
def test_what_cannot_be_taken_leaves_nothing(
    world: World, values: dict[str, Any], field: str
) -> None:
    before = count_events(world)
    with pytest.raises(InvalidError) as refusal:
        add(world, values.pop("content", None), items=[KEY], **values)
    assert refusal.value.field == field
    assert (Evidence.objects.count(), count_events(world)) == (0, before)
    assert stored_files() == set()


@pytest.mark.parametrize("case", files.HOSTILE)
def test_hostile_files_leave_nothing(world: World, case: str) -> None:
    name, data = files.HOSTILE[case]
    with pytest.raises(InvalidError):
        add(world, new_file(data, name))
    assert (Evidence.objects.count(), stored_files()) == (0, set())


@pytest.mark.parametrize("more", [0, 1])
def test_the_limit_is_exact(world: World, settings: Settings, more: int) -> None:
    settings.REXMATRIX_EVIDENCE_MAX_BYTES = 10_000
    data = b"x" * (10_000 + more)
    if more:
        with pytest.raises(InvalidError, match="too large"):
            add(world, new_file(data, "log.txt"))
        assert stored_files() == set()
    else:
        assert add(world, new_file(data, "log.txt")).revisions.get().size == 10_000


def test_the_limit_holds_for_a_file_that_understates_its_size(
    world: World, settings: Settings
) -> None:
    settings.REXMATRIX_EVIDENCE_MAX_BYTES = 100_000
    file: File[bytes] = File(io.BytesIO(b"x" * 300_000), name="log.txt")
    file.size = 10
    with pytest.raises(InvalidError, match="too large"):
        add(world, evidence.NewFile(file, "log.txt"))
    assert stored_files() == set()


def test_the_stored_file_goes_when_the_record_fails(world: World) -> None:
    with pytest.raises(Item.DoesNotExist):
        add(world, items=[KEY, "NO-SUCH-KEY"])
    assert (Evidence.objects.count(), stored_files()) == (0, set())


class TruncatingStorage(FileSystemStorage):
    """Loses the last byte of everything, as a broken network share might."""

    def _save(self, name: str, content: Any) -> str:
        saved: str = super()._save(name, ContentFile(content.read()[:-1]))  # type: ignore[misc]
        return saved


class FullStorage(FileSystemStorage):
    """Runs out of space half way."""

    def _save(self, name: str, content: Any) -> str:
        super()._save(name, ContentFile(content.read(2)))  # type: ignore[misc]
        raise OSError(28, "No space left on device")


class UnreachableError(Exception):
    """What a storage raises whose server does not answer: an error of its own kind."""


class UnreachableStorage(FileSystemStorage):
    """Does not answer, neither to write nor to remove."""

    def _save(self, name: str, _content: Any) -> str:
        raise UnreachableError(name)

    def delete(self, name: str) -> None:
        """Fail too."""
        raise UnreachableError(name)


class RereadingStorage(InMemoryStorage):
    """Reads everything twice, as S3 does to sign what it sends."""

    def _save(self, name: str, content: Any) -> str:
        while content.read(7):
            pass
        content.seek(0)
        saved: str = super()._save(name, ContentFile(content.read()))  # type: ignore[misc]
        return saved


def use_storage(settings: Settings, storage: type) -> None:
    """Store files in another storage."""
    options = dict(project_settings.STORAGES["default"]["OPTIONS"])
    settings.STORAGES = {
        **project_settings.STORAGES,
        "default": {
            "BACKEND": f"{storage.__module__}.{storage.__qualname__}",
            "OPTIONS": options if issubclass(storage, FileSystemStorage) else {},
        },
    }


@pytest.mark.parametrize("storage", [TruncatingStorage, FullStorage, UnreachableStorage])
def test_a_storage_that_fails_leaves_no_record_and_no_file(
    world: World, settings: Settings, storage: type
) -> None:
    use_storage(settings, storage)
    with pytest.raises(InvalidError, match="could not be stored"):
        add(world, new_file(b"a,b\n" * 1000))
    assert (Evidence.objects.count(), stored_files()) == (0, set())


def test_a_storage_may_read_a_file_twice(world: World, settings: Settings) -> None:
    use_storage(settings, RereadingStorage)
    data = b"a,b\n" * 1000
    revision = add(world, new_file(data)).revisions.get()
    assert revision.sha256 == hashlib.sha256(data).hexdigest()
    assert held(revision) == data


def test_the_same_file_is_pointed_out(world: World) -> None:
    first = add(world, new_file(b"x,y\n"), title="First")
    with pytest.raises(evidence.AlreadyThereError) as found:
        add(world, new_file(b"x,y\n", "other-name.csv"), side="party0")
    assert found.value.piece == first
    again = add(world, new_file(b"x,y\n"), title="Again", even_if_there=True)
    assert again.revisions.get().file.name != first.revisions.get().file.name
    evidence.archive(actor=world.actor("party1"), workspace=world.workspace, evidence=first.pk)
    evidence.archive(actor=world.actor("party1"), workspace=world.workspace, evidence=again.pk)
    add(world, new_file(b"x,y\n"), title="Archived ones do not count")
