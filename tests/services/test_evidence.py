"""Evidence: whose it is, what it serves, and that nothing of it is ever overwritten."""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import json
import uuid
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as project_settings
from django.core.files.base import ContentFile, File
from django.core.files.storage import FileSystemStorage, InMemoryStorage, default_storage
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django.fixtures import Settings

from responsibilities.choices import AuditAction, EvidenceKind, Role, SignoffState
from responsibilities.matrix import EvidenceState, load
from responsibilities.models import AuditEvent, Evidence, EvidenceRevision, Item
from responsibilities.permissions import NotAllowedError, system_actor
from responsibilities.services import evidence, signoffs
from responsibilities.services.errors import InvalidError
from responsibilities.services.statements import Authentication, Shown, sentence
from tests import files
from tests.concurrency import CommittingDatabase
from tests.world import World, actor_in, make_world

KEY = "T-S1-01"
TODAY = timezone.localdate
type Change = Callable[[World, Evidence], object]


def new_file(data: bytes = b"a,b\n", name: str = "table.csv") -> evidence.NewFile:
    """Return a file as a service takes it."""
    return evidence.NewFile(ContentFile(data), name)


def add(world: World, content: Any = None, *, side: str = "party1", **values: Any) -> Evidence:
    """Add a piece for a side's contributor."""
    values.setdefault("collected_on", TODAY())
    return evidence.add(
        actor=world.actor(side, Role.CONTRIBUTOR),
        workspace=world.workspace,
        content=content or new_file(),
        **values,
    )


def stored_files() -> set[str]:
    """Return the names of all stored evidence files."""
    folder = Path(str(default_storage.location)) / "evidence"  # type: ignore[attr-defined]
    return {path.name for path in folder.iterdir()} if folder.exists() else set()


def last_event(world: World) -> AuditEvent:
    """Return the newest event of the workspace."""
    return AuditEvent.objects.filter(workspace=world.workspace).order_by("-seq")[0]


def held(revision: EvidenceRevision) -> bytes:
    """Return what the storage holds for a revision."""
    with revision.file.open() as file:
        data: bytes = file.read()
        return data


def count_events(world: World) -> int:
    """Return how long the log is."""
    return AuditEvent.objects.filter(workspace=world.workspace).count()


def row(world: World, key: str = KEY) -> Any:
    """Return an item as the matrix has it."""
    return load(world.workspace).by_key[key]


# --- Adding ------------------------------------------------------------------------------------


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


# --- Who ---------------------------------------------------------------------------------------

CHANGES: dict[str, Change] = {
    "revise": lambda world, piece: evidence.revise(
        actor=world.actor("party1"),
        workspace=world.workspace,
        evidence=piece.pk,
        content=new_file(b"new,er\n"),
        collected_on=TODAY(),
    ),
    "edit": lambda world, piece: evidence.edit(
        actor=world.actor("party1"),
        workspace=world.workspace,
        evidence=piece.pk,
        title="Another",
        collected_on=TODAY(),
        valid_until=None,
    ),
    "link": lambda world, piece: evidence.link(
        actor=world.actor("party1"),
        workspace=world.workspace,
        evidence=piece.pk,
        items=["T-S0-02"],
    ),
    "unlink": lambda world, piece: evidence.unlink(
        actor=world.actor("party1"), workspace=world.workspace, evidence=piece.pk, key=KEY
    ),
    "archive": lambda world, piece: evidence.archive(
        actor=world.actor("party1"), workspace=world.workspace, evidence=piece.pk
    ),
}
ACTIONS = {
    "revise": AuditAction.EVIDENCE_REVISED,
    "edit": AuditAction.EVIDENCE_CHANGED,
    "link": AuditAction.EVIDENCE_LINKED,
    "unlink": AuditAction.EVIDENCE_UNLINKED,
    "archive": AuditAction.EVIDENCE_ARCHIVED,
}


@pytest.mark.parametrize(
    ("side", "role", "allowed"),
    [
        ("party1", Role.MANAGER, True),
        ("party1", Role.CONTRIBUTOR, True),
        ("party1", Role.APPROVER, False),
        ("party1", Role.READER, False),
        ("party1", Role.AUDITOR, False),
        ("party0", Role.MANAGER, False),
        ("party0", Role.CONTRIBUTOR, False),
    ],
)
@pytest.mark.parametrize("change", CHANGES)
def test_only_managers_and_contributors_of_its_side_change_a_piece(
    world: World, change: str, side: str, role: Role, *, allowed: bool
) -> None:
    piece = add(world, items=[KEY])
    actor = world.actor(side, role)
    world.actor = lambda *_: actor  # type: ignore[method-assign]  # whoever is asked for
    before = count_events(world)
    if allowed:
        CHANGES[change](world, piece)
        assert count_events(world) == before + 1
        assert last_event(world).action == ACTIONS[change]
    else:
        with pytest.raises(NotAllowedError):
            CHANGES[change](world, piece)
        assert count_events(world) == before
        assert len(stored_files()) == 1


@pytest.mark.parametrize(
    ("side", "role", "allowed"),
    [
        ("party0", Role.MANAGER, True),
        ("party0", Role.CONTRIBUTOR, True),
        ("party1", Role.CONTRIBUTOR, True),
        ("party0", Role.APPROVER, False),
        ("party0", Role.READER, False),
        ("party1", Role.AUDITOR, False),
    ],
)
def test_evidence_of_ones_own_side_may_serve_any_item(
    world: World, side: str, role: Role, *, allowed: bool
) -> None:
    def change() -> Evidence:
        return evidence.add(
            actor=world.actor(side, role),
            workspace=world.workspace,
            content=new_file(),
            collected_on=TODAY(),
            items=["T-S0-01", "T-S1-01"],
        )

    if allowed:
        assert change().seat.party.key == side
    else:
        with pytest.raises(NotAllowedError):
            change()
        assert stored_files() == set()


def test_evidence_comes_from_a_member_of_the_workspace(world: World) -> None:
    strangers = (system_actor(), actor_in(world.elsewhere, world.outsider))
    for actor in strangers:
        with pytest.raises(NotAllowedError):
            evidence.add(
                actor=actor,
                workspace=world.workspace,
                content=new_file(),
                collected_on=TODAY(),
            )
    assert stored_files() == set()


def foreign_piece(world: World) -> Evidence:
    """Add a piece in the other workspace."""
    return evidence.add(
        actor=actor_in(world.elsewhere, world.outsider),
        workspace=world.elsewhere,
        content=new_file(),
        collected_on=TODAY(),
    )


@pytest.mark.parametrize("change", CHANGES)
def test_a_foreign_piece_is_not_found(world: World, change: str) -> None:
    piece = foreign_piece(world)
    with pytest.raises(Evidence.DoesNotExist):
        CHANGES[change](world, piece)


def test_an_item_that_only_another_workspace_has_is_not_found(world: World) -> None:
    piece = add(world)
    item = world.item("T-S0-02")
    item.assignments.all().delete()
    item.delete()
    with pytest.raises(Item.DoesNotExist):
        CHANGES["link"](world, piece)
    assert not piece.links.exists()


# --- Revisions ---------------------------------------------------------------------------------


def test_a_revision_comes_on_top_and_the_old_one_stays(world: World) -> None:
    piece = add(world, new_file(b"old,\n"), items=[KEY])
    old = piece.revisions.get()
    digest = row(world).digest
    new = evidence.revise(
        actor=world.actor("party1"),
        workspace=world.workspace,
        evidence=piece.pk,
        content=new_file(b"new,\n"),
        collected_on=TODAY(),
    )
    piece.refresh_from_db()
    assert (new.number, piece.current) == (2, new)
    old.refresh_from_db()
    assert held(old) == b"old,\n"
    assert held(new) == b"new,\n"
    assert row(world).digest != digest
    payload = json.loads(last_event(world).payload.payload)
    assert {"field": "SHA-256", "old": old.sha256, "new": new.sha256} in payload["changes"]


def test_a_revision_is_of_the_same_kind_and_not_the_same_content(world: World) -> None:
    piece = add(world, new_file(b"old,\n"))
    common: dict[str, Any] = {
        "actor": world.actor("party1"),
        "workspace": world.workspace,
        "evidence": piece.pk,
        "collected_on": TODAY(),
    }
    for content in (evidence.NewNote("x"), new_file(b"old,\n", "renamed.csv")):
        with pytest.raises(InvalidError):
            evidence.revise(content=content, **common)
    assert (piece.revisions.count(), len(stored_files())) == (1, 1)


def test_the_database_refuses_a_number_twice(world: World) -> None:
    first = add(world).revisions.get()
    twin = EvidenceRevision(
        evidence=first.evidence,
        number=first.number,
        sha256="0" * 64,
        size=1,
        collected_on=TODAY(),
        created_by=first.created_by,
    )
    with pytest.raises(IntegrityError), transaction.atomic():
        twin.save()


def test_editing_moves_title_and_dates_and_leaves_the_digest(world: World) -> None:
    piece = add(world, items=[KEY])
    digest, events = row(world).digest, count_events(world)
    changed: dict[str, Any] = {
        "actor": world.actor("party1"),
        "workspace": world.workspace,
        "evidence": piece.pk,
        "title": " Access   list ",
        "collected_on": TODAY() - dt.timedelta(days=40),
        "valid_until": TODAY() - dt.timedelta(days=1),
    }
    evidence.edit(**changed)
    evidence.edit(**changed)
    assert count_events(world) == events + 1
    shown = row(world).evidence[0]
    assert (shown.title, shown.state) == ("Access list", EvidenceState.EXPIRED)
    assert (shown.number, row(world).digest) == (1, digest)


# --- Items and archive -------------------------------------------------------------------------


def test_linking_twice_and_unlinking_twice_write_once(world: World) -> None:
    piece = add(world, items=[KEY])
    actor = world.actor("party1")
    before = count_events(world)
    for _ in range(2):
        evidence.link(
            actor=actor, workspace=world.workspace, evidence=piece.pk, items=[KEY, "T-S0-01"]
        )
    assert count_events(world) == before + 1
    assert [s.item.responsibility.key for s in last_event(world).subjects.all()] == ["T-S0-01"]
    for _ in range(2):
        evidence.unlink(actor=actor, workspace=world.workspace, evidence=piece.pk, key=KEY)
    assert count_events(world) == before + 2
    assert [p.pk for p in Evidence.objects.filter(links__item=world.item("T-S0-01"))] == [piece.pk]
    assert row(world).evidence == ()


def sign(world: World) -> None:
    """Sign the item for the side that holds it."""
    actor, shown = world.actor("party1", Role.APPROVER), row(world)
    assert actor.membership is not None
    signoffs.sign(
        actor=actor,
        workspace=world.workspace,
        key=KEY,
        shown=Shown(shown.digest, sentence(shown, actor.membership)),
        authentication=Authentication("password", timezone.now()),
    )


def test_archiving_stales_the_sign_off_and_keeps_the_bytes(world: World) -> None:
    piece = add(world, items=[KEY])
    sign(world)
    revision = piece.revisions.get()
    actor = world.actor("party1")
    for _ in range(2):
        evidence.archive(actor=actor, workspace=world.workspace, evidence=piece.pk)
    assert row(world).evidence == ()
    assert row(world).side(world.customer.pk).state == SignoffState.STALE
    assert held(revision) == b"a,b\n"
    for refused in (CHANGES["link"], CHANGES["revise"], CHANGES["edit"]):
        with pytest.raises(InvalidError):
            refused(world, piece)
    events = count_events(world)
    for _ in range(2):
        evidence.restore(actor=actor, workspace=world.workspace, evidence=piece.pk)
    assert count_events(world) == events + 1
    assert row(world).side(world.customer.pk).state == SignoffState.CURRENT


def test_queries_do_not_grow_with_the_items_served(world: World) -> None:
    def queries(keys: list[str]) -> int:
        with CaptureQueriesContext(
            connection,
        ) as captured:
            add(world, new_file(f"{keys}\n".encode()), items=keys)
        return len(captured)

    add(world, new_file(b"warm,up\n"))
    few = queries(["T-S0-01", "T-S0-02"])
    assert queries(["T-S0-01", "T-S0-02", "T-S0-03", "T-S1-01", "T-S1-02", "T-S1-03"]) == few


def test_of_revisions_at_the_same_moment_none_is_lost(committing: CommittingDatabase) -> None:
    world = make_world()
    piece = add(world, items=[KEY])
    actors = [world.actor("party1", role) for role in (Role.MANAGER, Role.CONTRIBUTOR)]

    def revise(number: int) -> EvidenceRevision:
        return evidence.revise(
            actor=actors[number % 2],
            workspace=world.workspace,
            evidence=piece.pk,
            content=new_file(f"{number},\n".encode()),
            collected_on=TODAY(),
        )

    outcomes = committing.together([partial(revise, number) for number in range(8)])
    assert [outcome for outcome in outcomes if isinstance(outcome, Exception)] == []
    assert sorted(piece.revisions.values_list("number", flat=True)) == list(range(1, 10))
    piece.refresh_from_db()
    assert piece.current is not None
    assert piece.current.number == 9
    assert AuditEvent.objects.filter(action=AuditAction.EVIDENCE_REVISED).count() == 8
    assert len(stored_files()) == 9
