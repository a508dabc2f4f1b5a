"""Appends events to the audit log. Called by every other service, inside its transaction."""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone

from responsibilities import canonical, merkle
from responsibilities.choices import AuditAction
from responsibilities.models import (
    AuditEvent,
    AuditHead,
    AuditPayload,
    AuditSubject,
    Item,
    Workspace,
)
from responsibilities.permissions import Actor, actor_id

LEAF_VERSION = 1


@dataclass(frozen=True, slots=True)
class Subject:
    """What an event is about: its type, its id, and its revision after the event."""

    type: str
    id: str
    rev: int = 0


@dataclass(frozen=True, slots=True)
class Change:
    """One value that changed, in words a person reads. Empty means there was none."""

    field: str
    old: str
    new: str


def leaf_hash(leaf: bytes) -> str:
    """Return the RFC 6962 leaf hash, SHA-256(0x00 ‖ leaf), as 64 hex digits."""
    return merkle.leaf_hash(leaf).hex()


def payload_commit(salt: bytes, payload: bytes) -> str:
    """Return SHA-256(salt ‖ payload), the commitment that stands in the leaf."""
    return hashlib.sha256(salt + payload).hexdigest()


def append(
    *,
    workspace: Workspace,
    actor: Actor,
    action: AuditAction,
    subject: Subject,
    label: str,
    changes: Sequence[Change] = (),
    reason: str = "",
    items: Iterable[Item] = (),
) -> AuditEvent:
    """Append one event to the workspace's log and return it. Takes O(log n) hashes.

    `label` names the subject for people; `items` are the items whose history shows the event.
    Must run inside the transaction of the write that it records; raises
    TransactionManagementError otherwise.
    """
    head = _locked_head(workspace)
    now = timezone.now()
    payload = _payload(actor, label, changes, reason)
    salt = secrets.token_bytes(32)
    leaf = _leaf(head, now, actor, action, subject, payload_commit(salt, payload))
    event = AuditEvent.objects.create(
        workspace=workspace,
        seq=head.size,
        ts=now,
        action=action,
        actor_id=actor_id(actor),
        side=_side(actor),
        object_type=subject.type,
        object_id=subject.id,
        leaf=leaf.decode(),
        leaf_hash=leaf_hash(leaf),
    )
    AuditPayload.objects.create(event=event, salt=salt.hex(), payload=payload.decode())
    AuditSubject.objects.bulk_create(AuditSubject(event=event, item=item) for item in items)
    grown = frontier(head).append(bytes.fromhex(event.leaf_hash))
    head.size, head.frontier, head.last_at = grown.size, grown.to_hex(), now
    head.save(update_fields=["size", "frontier", "last_at"])
    return event


def frontier(head: AuditHead) -> merkle.Frontier:
    """Return the frontier of a log. Raises ValueError if what is stored cannot be one."""
    return merkle.Frontier.from_hex(head.size, head.frontier)


def start(*, workspace: Workspace) -> None:
    """Open the log of a new workspace. Runs inside the transaction that creates it."""
    AuditHead.objects.create(workspace=workspace)


def hold(*, workspace: Workspace) -> AuditHead:
    """Lock the log for the rest of the transaction, and return its head.

    No other write of this workspace ends now: for a writer that has to be sure that what it
    read is still so when it appends. Lock items first, as every writer does.
    """
    return _locked_head(workspace)


def _locked_head(workspace: Workspace) -> AuditHead:
    """Lock and return the head, so that sequence numbers have no gap and no twin."""
    if not transaction.get_connection().in_atomic_block:
        msg = "an audit event belongs into the transaction of the write that it records"
        raise transaction.TransactionManagementError(msg)
    return AuditHead.objects.select_for_update(no_key=True).get(workspace=workspace)


def _payload(actor: Actor, label: str, changes: Sequence[Change], reason: str) -> bytes:
    """Everything personal and everything in words stands here, outside the leaf."""
    return canonical.dumps(
        {
            "actor": actor.user.name if actor.user else "",
            "label": label,
            "changes": [{"field": c.field, "old": c.old, "new": c.new} for c in changes],
            "reason": reason,
        }
    )


def _leaf(
    head: AuditHead,
    now: dt.datetime,
    actor: Actor,
    action: AuditAction,
    subject: Subject,
    commit: str,
) -> bytes:
    user = actor_id(actor)
    return canonical.dumps(
        {
            "v": LEAF_VERSION,
            "ws": str(head.workspace_id),
            "seq": head.size,
            "ts": now.isoformat(timespec="microseconds"),
            "actor": {
                "id": str(user) if user else None,
                "side": _side(actor),
                "via": actor.via.value,
            },
            "action": action.value,
            "object": {"type": subject.type, "id": subject.id, "rev": subject.rev},
            "payload_commit": commit,
        }
    )


def _side(actor: Actor) -> str:
    return actor.membership.seat.party.key if actor.membership else ""
