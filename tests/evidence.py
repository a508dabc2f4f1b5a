"""Evidence for tests: handed in as people do, and read back."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from responsibilities.choices import Role
from responsibilities.matrix import load
from responsibilities.models import AuditEvent, Evidence, EvidenceRevision, User
from responsibilities.services import evidence
from tests import files
from tests.responses import let_go
from tests.world import World

KEY = "T-S1-01"
TODAY = timezone.localdate
HTMX = {"HX-Request": "true"}
type AsUser = Callable[[User | None], Client]


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


def add_again(
    world: World, content: Any = None, *, side: str = "party1", **values: Any
) -> Evidence:
    """Add a piece, also if its file is there already."""
    return add(world, content, side=side, even_if_there=True, **values)


def at(name: str, piece: Evidence | uuid.UUID | None = None, **names: Any) -> str:
    """Return an address in the workspace."""
    if piece is not None:
        names["evidence"] = piece.pk if isinstance(piece, Evidence) else piece
    return reverse(name, kwargs={"slug": "acme", **names})


def form(**values: Any) -> dict[str, Any]:
    """Return the fields of the form for a new file."""
    return {
        "file": SimpleUploadedFile("report.pdf", files.pdf()),
        "collected_on": timezone.localdate().isoformat(),
        **values,
    }


def body(answer: Any) -> bytes:
    """Return what was streamed, and let go of the file."""
    sent: bytes = answer.getvalue()
    let_go(answer)
    return sent


def status(answer: Any) -> int:
    """Return the status, and let go of a file that nobody reads."""
    let_go(answer)
    code: int = answer.status_code
    return code
