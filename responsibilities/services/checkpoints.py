"""Checkpoints: signed statements of how long a log is and what its root is.

A checkpoint changes nothing in a workspace, so it appends no event. It is made by extending the
one before with the events since: a log that does not continue what was signed gets none.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import models, transaction
from django.db.models import F, Max, Q
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from responsibilities import matrix, merkle, notes
from responsibilities.choices import AuditAction, Role
from responsibilities.matrix import Matrix
from responsibilities.merkle import Frontier
from responsibilities.models import AuditEvent, AuditHead, Checkpoint, Membership, Workspace
from responsibilities.permissions import Action, Actor, require_anywhere
from responsibilities.services import audit, log_keys
from responsibilities.services.errors import InvalidError


class InconsistentError(InvalidError):
    """The log does not continue what its last checkpoint signed. Nothing was signed."""


@transaction.atomic
def issue(*, actor: Actor, workspace: Workspace) -> Checkpoint:
    """Return a checkpoint of the log as it is; the last one if nothing happened since.

    Raises NotAllowedError unless the actor may export, InconsistentError unless the log continues
    what was signed before, KeyMismatchError if the configured key is not the newest.
    """
    require_anywhere(actor, Action.EXPORT)
    head = audit.hold(workspace=workspace)
    before = Checkpoint.objects.filter(workspace=workspace).select_related("key").first()
    frontier = _extended(head, before)
    if before is not None and before.size == frontier.size:
        return before
    secret, key = log_keys.current()
    # A log keeps its name, even if the server is called something else by now.
    origin = before.origin if before else f"{settings.REXMATRIX_LOG_HOST}/ws/{workspace.pk}"
    point = notes.Checkpoint(origin, frontier.size, frontier.root())
    return Checkpoint.objects.create(
        workspace=workspace,
        size=frontier.size,
        root=frontier.root().hex(),
        frontier=frontier.to_hex(),
        origin=origin,
        note=point.sign(secret),
        key=key,
    )


def covering(*, workspace: Workspace, seq: int) -> Checkpoint | None:
    """Return the first checkpoint that covers this event, or None. It is the same for ever."""
    covers = Checkpoint.objects.filter(workspace=workspace, size__gt=seq).select_related("key")
    return covers.order_by("size").first()


@dataclass(frozen=True, slots=True)
class Prepared:
    """A matrix that the log names, the number of that event, and a checkpoint that covers it."""

    matrix: Matrix
    seq: int
    checkpoint: Checkpoint


@transaction.atomic
def prepare(*, actor: Actor, workspace: Workspace) -> Prepared:
    """Let the log name the matrix that is about to be handed out in a bundle, and sign the log.

    The matrix is read under the lock of the log, so that both say the same. Raises as `issue`.
    """
    require_anywhere(actor, Action.EXPORT)
    audit.hold(workspace=workspace)
    grid = matrix.load(workspace)
    event = audit.append(
        workspace=workspace,
        actor=actor,
        action=AuditAction.EXPORT_PREPARED,
        subject=audit.Subject("workspace", str(workspace.pk)),
        label=_("Bundle for auditors"),
        changes=[audit.Change("matrix SHA-256", "", matrix.digest(grid))],
    )
    return Prepared(grid, event.seq, issue(actor=actor, workspace=workspace))


def due() -> models.QuerySet[Workspace]:
    """Return the workspaces in which something happened since the last checkpoint."""
    return (
        Workspace.objects.annotate(signed=Max("checkpoints__size"))
        .filter(Q(signed=None) | Q(audit_head__size__gt=F("signed")))
        .order_by("pk")
    )


def issue_due(*, actor: Actor) -> Iterator[tuple[Workspace, Checkpoint | InvalidError]]:
    """Issue a checkpoint for each log that has grown; yield it, or why there is none.

    A log that does not hold does not stop the others.
    """
    for workspace in list(due()):
        try:
            yield workspace, issue(actor=actor, workspace=workspace)
        except InvalidError as refusal:
            yield workspace, refusal


def opened(checkpoint: Checkpoint) -> notes.Checkpoint:
    """Return what a stored checkpoint says. Raises NoteError unless its signature holds."""
    return notes.Checkpoint.open(
        checkpoint.note, [log_keys.verifier(checkpoint.key, checkpoint.origin)]
    )


def mail(*, checkpoint: Checkpoint) -> int:
    """Mail a checkpoint to the managers of every side, and return how many mails went out.

    Each gets a mail of their own: nobody learns the addresses of the other side.
    """
    workspace = checkpoint.workspace
    managers = (
        Membership.objects.in_force()
        .filter(workspace=workspace, role=Role.MANAGER)
        .select_related("user")
        .order_by("pk")
    )
    subject = _("%(workspace)s: checkpoint of the audit log, %(size)d events") % {
        "workspace": " ".join(workspace.name.split()),
        "size": checkpoint.size,
    }
    for manager in managers:
        context = {"workspace": workspace, "checkpoint": checkpoint, "name": manager.user.name}
        body = render_to_string("checkpoint_mail/body.txt", context)
        EmailMessage(subject, body, to=[manager.user.email]).send()
    return len(managers)


def _extended(head: AuditHead, before: Checkpoint | None) -> Frontier:
    """Return the frontier of the log, made from the last checkpoint and the events since.

    Raises InconsistentError if a row is missing or changed, or if the head says otherwise.
    """
    frontier = _signed(before) if before else Frontier()
    events = AuditEvent.objects.filter(workspace=head.workspace_id, seq__gte=frontier.size)
    rows = events.order_by("seq").values_list("seq", "leaf", "leaf_hash")
    for seq, leaf, leaf_hash in rows.iterator(chunk_size=2000):
        computed = merkle.leaf_hash(leaf.encode())
        if seq != frontier.size or computed.hex() != leaf_hash:
            raise InconsistentError(_refusal(frontier.size))
        frontier = frontier.append(computed)
    if (frontier.size, frontier.to_hex()) != (head.size, head.frontier):
        raise InconsistentError(_refusal(min(frontier.size, head.size)))
    return frontier


def _signed(before: Checkpoint) -> Frontier:
    """Return the frontier that the last checkpoint signed."""
    try:
        frontier = Frontier.from_hex(before.size, before.frontier)
        point = opened(before)
    except ValueError as error:
        raise InconsistentError(
            _("The last checkpoint was changed. Nothing was signed.")
        ) from error
    if (point.size, point.root) != (frontier.size, frontier.root()):
        raise InconsistentError(_("The last checkpoint was changed. Nothing was signed."))
    return frontier


def _refusal(seq: int) -> str:
    return _(
        "The audit log does not continue what was signed: event %(seq)d is missing or changed. "
        "Nothing was signed. manage.py verify_log says more."
    ) % {"seq": seq}
