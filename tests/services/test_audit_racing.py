"""Writers and signers at the same moment: one line of events, one frontier, one chain of notes."""

from __future__ import annotations

from django.db import transaction

from responsibilities.choices import AuditAction
from responsibilities.models import AuditHead, Checkpoint
from responsibilities.permissions import system_actor
from responsibilities.services import audit, checkpoints, verification
from tests.concurrency import CommittingDatabase
from tests.world import World, make_world

WRITERS = 6
EACH = 10


def write(world: World) -> None:
    """Append several events, each in a transaction of its own."""
    for number in range(EACH):
        with transaction.atomic():
            audit.append(
                workspace=world.workspace,
                actor=system_actor(),
                action=AuditAction.WORKSPACE_CHANGED,
                subject=audit.Subject("workspace", str(world.workspace.pk)),
                label=f"Change {number}",
            )


def sign(world: World) -> None:
    """Issue several checkpoints."""
    for _number in range(EACH):
        checkpoints.issue(actor=system_actor(), workspace=world.workspace)


def test_writers_and_signers_at_once(committing: CommittingDatabase) -> None:
    world = make_world()
    calls = [*[lambda: write(world)] * WRITERS, *[lambda: sign(world)] * 2]
    assert committing.together(calls) == [None] * len(calls)
    last = checkpoints.issue(actor=system_actor(), workspace=world.workspace)
    assert last.size == AuditHead.objects.get(workspace=world.workspace).size == 1 + WRITERS * EACH
    kept = list(Checkpoint.objects.filter(workspace=world.workspace).values_list("note", flat=True))
    report = verification.verify(world.workspace, kept=kept)
    assert report.problems == []
