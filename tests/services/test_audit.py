"""The audit log: an event per write, in the leaf format, without gaps."""

from __future__ import annotations

import hashlib
import json

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from responsibilities.choices import AuditAction
from responsibilities.merkle import Tree
from responsibilities.models import AuditEvent, AuditHead, AuditPayload
from responsibilities.services import audit
from tests.world import World


def append(world: World, label: str = "Acme") -> AuditEvent:
    """Append an event by the provider's manager about the first item."""
    with transaction.atomic():
        return audit.append(
            workspace=world.workspace,
            actor=world.actor("party0"),
            action=AuditAction.WORKSPACE_CHANGED,
            subject=audit.Subject("workspace", str(world.workspace.pk)),
            label=label,
            changes=[audit.Change("name", "Acme", "Ácme")],
            items=[world.item("T-S0-01")],
        )


def test_leaf_is_canonical_and_commits_to_the_payload(world: World) -> None:
    event = append(world)
    leaf = json.loads(event.leaf)
    assert set(leaf) == {"v", "ws", "seq", "ts", "actor", "action", "object", "payload_commit"}
    assert leaf["actor"] == {
        "id": str(world.user("party0", "manager").pk),
        "side": "party0",
        "via": "web",
    }
    assert event.leaf_hash == hashlib.sha256(b"\x00" + event.leaf.encode()).hexdigest()
    payload = AuditPayload.objects.get(event=event)
    committed = hashlib.sha256(bytes.fromhex(payload.salt) + payload.payload.encode())
    assert leaf["payload_commit"] == committed.hexdigest()


def test_names_stand_in_the_payload_only(world: World) -> None:
    event = append(world)
    name = world.user("party0", "manager").name
    assert name not in event.leaf
    assert json.loads(AuditPayload.objects.get(event=event).payload)["actor"] == name


def test_sequence_has_no_gap(world: World) -> None:
    for _ in range(3):
        append(world)
    seqs = AuditEvent.objects.filter(workspace=world.workspace).order_by("seq")
    assert list(seqs.values_list("seq", flat=True)) == [0, 1, 2, 3]
    assert AuditEvent.objects.filter(workspace=world.elsewhere).count() == 1


def test_the_frontier_follows_the_log(world: World) -> None:
    for number in range(9):
        append(world, f"Acme {number}")
        head = AuditHead.objects.get(workspace=world.workspace)
        events = AuditEvent.objects.filter(workspace=world.workspace).order_by("seq")
        tree = Tree(bytes.fromhex(text) for text in events.values_list("leaf_hash", flat=True))
        assert head.size == tree.size
        assert audit.frontier(head).root() == tree.root()


def test_a_write_that_fails_leaves_the_frontier(world: World) -> None:
    before = AuditHead.objects.get(workspace=world.workspace)
    with transaction.atomic():
        append(world)
        transaction.set_rollback(True)
    after = AuditHead.objects.get(workspace=world.workspace)
    assert (after.size, after.frontier) == (before.size, before.frontier)


def test_appending_to_a_long_log_takes_no_more_queries(world: World) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            append(world)
        return len(captured)

    first = queries()
    for _ in range(40):
        append(world)
    assert queries() == first


def test_an_item_finds_its_events(world: World) -> None:
    event = append(world)
    item, other = world.item("T-S0-01"), world.item("T-S0-02")
    assert list(AuditEvent.objects.for_item(item.pk)) == [event]
    assert not AuditEvent.objects.for_item(other.pk).exists()


@pytest.mark.django_db(transaction=True)
def test_an_event_outside_a_transaction_is_refused() -> None:
    with pytest.raises(transaction.TransactionManagementError):
        audit.append(
            workspace=None,  # type: ignore[arg-type]
            actor=None,  # type: ignore[arg-type]
            action=AuditAction.WORKSPACE_CHANGED,
            subject=audit.Subject("workspace", ""),
            label="",
        )
