"""Adds evidence, revises it, and says which items it serves."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable

from django.core.files.base import File
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from responsibilities.choices import AuditAction, EvidenceKind
from responsibilities.models import (
    Evidence,
    EvidenceLink,
    EvidenceRevision,
    Item,
    Seat,
    User,
    Workspace,
)
from responsibilities.permissions import Action, Actor, require
from responsibilities.services import audit, uploads
from responsibilities.services.errors import InvalidError, NotAllowedError
from responsibilities.services.evidence_content import (
    CONTENT_FIELD,
    TITLE_LENGTH,
    Content,
    NewFile,
    NewLink,
    NewNote,
    changes_between,
    check_dates,
    clean_title,
    kind_of,
    material,
    words,
)

__all__ = [
    "AlreadyThereError",
    "NewFile",
    "NewLink",
    "NewNote",
    "add",
    "archive",
    "edit",
    "link",
    "restore",
    "revise",
    "unlink",
]


class AlreadyThereError(InvalidError):
    """The same bytes are evidence of this workspace already. `piece` is where."""

    def __init__(self, piece: Evidence) -> None:
        """Take the piece that has the same bytes."""
        message = _("This file is already here as “%(title)s”.") % {"title": piece.title}
        super().__init__(message, field="file")
        self.piece = piece


def add(
    *,
    actor: Actor,
    workspace: Workspace,
    content: Content,
    collected_on: dt.date,
    title: str = "",
    valid_until: dt.date | None = None,
    items: Iterable[str] = (),
    even_if_there: bool = False,
) -> Evidence:
    """Add a piece of evidence for the actor's side, serve `items` (keys) with it, return it.

    A file without a title is titled by its name. A file is stored before the transaction
    begins and removed again if the transaction fails.

    Raises NotAllowedError; Item.DoesNotExist for a key that is not of this workspace;
    InvalidError for dates, title or content that cannot be taken; AlreadyThereError if the
    same file is in use in the workspace and `even_if_there` is not set.
    """
    person, seat = _author(actor, workspace)
    require(actor, Action.EVIDENCE_EDIT, seat)
    check_dates(collected_on, valid_until)
    if isinstance(content, NewFile):
        checked = uploads.check(content.file, content.name)
        title = title.strip() or checked.file_name[:TITLE_LENGTH]
        if not even_if_there:
            _refuse_twin(workspace, content.file)
    title = clean_title(title)
    with material(content) as revision, transaction.atomic():
        served = _locked_items(workspace, items)
        piece = Evidence.objects.create(
            workspace=workspace, seat=seat, title=title, kind=kind_of(content)
        )
        revision.collected_on, revision.valid_until = collected_on, valid_until
        _append(piece, revision, 1, person)
        EvidenceLink.objects.bulk_create(EvidenceLink(evidence=piece, item=i) for i in served)
        _record(
            actor,
            piece,
            AuditAction.EVIDENCE_ADDED,
            [*changes_between(None, revision), _items_change([], served)],
            served,
        )
    return piece


def revise(
    *,
    actor: Actor,
    workspace: Workspace,
    evidence: uuid.UUID,
    content: Content,
    collected_on: dt.date,
    valid_until: dt.date | None = None,
) -> EvidenceRevision:
    """Put a new revision of the same kind on top, and return it. The old ones stay as they are.

    Of two that come at the same time both are kept, one after the other. Raises
    Evidence.DoesNotExist for a foreign id, NotAllowedError for another side's piece,
    InvalidError for an archived piece, another kind, wrong dates, or the very same content.
    """
    person, _seat = _author(actor, workspace)
    check_dates(collected_on, valid_until)
    known = Evidence.objects.select_related("seat").get(workspace=workspace, pk=evidence)
    require(actor, Action.EVIDENCE_EDIT, known.seat)
    with material(content) as revision, transaction.atomic():
        piece = _locked(actor, workspace, evidence)
        _refuse_archived(piece)
        if piece.kind != kind_of(content):
            raise InvalidError(_("A revision has to be of the same kind as the first."))
        before = piece.revisions.select_for_update(no_key=True).order_by("-number")[0]
        if before.sha256 == revision.sha256:
            raise InvalidError(
                _("This is the same content as revision %(number)s. To move only the dates, edit.")
                % {"number": before.number},
                field=CONTENT_FIELD[kind_of(content)],
            )
        revision.collected_on, revision.valid_until = collected_on, valid_until
        _append(piece, revision, before.number + 1, person)
        _record(
            actor,
            piece,
            AuditAction.EVIDENCE_REVISED,
            changes_between(before, revision),
            _served(piece),
        )
    return revision


@transaction.atomic
def edit(
    *,
    actor: Actor,
    workspace: Workspace,
    evidence: uuid.UUID,
    title: str,
    collected_on: dt.date,
    valid_until: dt.date | None,
) -> Evidence:
    """Change the title of a piece and the dates of its newest revision, and return it.

    Raises as `revise` does. Writes nothing if nothing changed.
    """
    piece = _locked(actor, workspace, evidence)
    _refuse_archived(piece)
    check_dates(collected_on, valid_until)
    title = clean_title(title)
    revision = piece.revisions.select_for_update(no_key=True).order_by("-number")[0]
    changes = [
        audit.Change(name, words(old), words(new))
        for name, old, new in (
            ("title", piece.title, title),
            ("collected on", revision.collected_on, collected_on),
            ("valid until", revision.valid_until, valid_until),
        )
        if old != new
    ]
    if not changes:
        return piece
    piece.title = title
    piece.save(update_fields=["title"])
    revision.collected_on, revision.valid_until = collected_on, valid_until
    revision.save(update_fields=["collected_on", "valid_until"])
    _record(actor, piece, AuditAction.EVIDENCE_CHANGED, changes, _served(piece))
    return piece


@transaction.atomic
def link(
    *, actor: Actor, workspace: Workspace, evidence: uuid.UUID, items: Iterable[str]
) -> Evidence:
    """Let a piece of the actor's side serve these items (keys) too, and return it.

    Raises Evidence.DoesNotExist and Item.DoesNotExist for what is not of this workspace,
    NotAllowedError for another side's piece, InvalidError for an archived one. Writes nothing
    if it serves them all already.
    """
    piece = _locked(actor, workspace, evidence)
    _refuse_archived(piece)
    there = {item.pk for item in _served(piece)}
    added = [item for item in _locked_items(workspace, items) if item.pk not in there]
    if added:
        EvidenceLink.objects.bulk_create(EvidenceLink(evidence=piece, item=i) for i in added)
        _record(actor, piece, AuditAction.EVIDENCE_LINKED, [_items_change([], added)], added)
    return piece


@transaction.atomic
def unlink(*, actor: Actor, workspace: Workspace, evidence: uuid.UUID, key: str) -> Evidence:
    """Take a piece of the actor's side off the item `key`, and return it. The piece stays.

    Raises as `link` does. Writes nothing if it does not serve the item.
    """
    piece = _locked(actor, workspace, evidence)
    removed = _locked_items(workspace, [key])
    if EvidenceLink.objects.filter(evidence=piece, item__in=removed).delete()[0]:
        changes = [_items_change(removed, [])]
        _record(actor, piece, AuditAction.EVIDENCE_UNLINKED, changes, removed)
    return piece


@transaction.atomic
def archive(*, actor: Actor, workspace: Workspace, evidence: uuid.UUID) -> Evidence:
    """Take a piece out of use, and return it. Its revisions and their bytes stay.

    Raises Evidence.DoesNotExist and NotAllowedError. Writes nothing if it is archived already.
    """
    return _set_archived(actor, workspace, evidence, AuditAction.EVIDENCE_ARCHIVED)


@transaction.atomic
def restore(*, actor: Actor, workspace: Workspace, evidence: uuid.UUID) -> Evidence:
    """Put an archived piece back in use on the items it served, and return it.

    Raises Evidence.DoesNotExist and NotAllowedError. Writes nothing if it is in use.
    """
    return _set_archived(actor, workspace, evidence, AuditAction.EVIDENCE_RESTORED)


def _set_archived(
    actor: Actor, workspace: Workspace, evidence: uuid.UUID, action: AuditAction
) -> Evidence:
    piece = _locked(actor, workspace, evidence)
    archiving = action == AuditAction.EVIDENCE_ARCHIVED
    if archiving == (piece.archived_at is not None):
        return piece
    piece.archived_at = timezone.now() if archiving else None
    piece.save(update_fields=["archived_at"])
    _record(actor, piece, action, [], _served(piece))
    return piece


def _author(actor: Actor, workspace: Workspace) -> tuple[User, Seat]:
    """Return the person who acts and their side. Evidence always comes from somebody."""
    membership = actor.membership
    if actor.user is None or membership is None or membership.workspace_id != workspace.pk:
        raise NotAllowedError(_("Evidence comes from a member of the workspace."))
    return actor.user, membership.seat


def _locked(actor: Actor, workspace: Workspace, evidence: uuid.UUID) -> Evidence:
    """Lock and return a piece that the actor may change."""
    piece = (
        Evidence.objects.select_for_update(of=("self",), no_key=True)
        .select_related("seat")
        .get(workspace=workspace, pk=evidence)
    )
    require(actor, Action.EVIDENCE_EDIT, piece.seat)
    return piece


def _locked_items(workspace: Workspace, keys: Iterable[str]) -> list[Item]:
    """Lock and return items by key, in one order, so that two writers never wait in a ring.

    A sign-off locks its item too: it either sees this evidence or comes before it.
    """
    wanted = set(keys)
    if any("\x00" in key for key in wanted):  # PostgreSQL cannot even look for it
        raise Item.DoesNotExist
    found = list(
        Item.objects.select_for_update(of=("self",), no_key=True)
        .filter(workspace=workspace, responsibility__key__in=wanted)
        .select_related("responsibility")
        .order_by("pk")
    )
    if missing := wanted - {item.responsibility.key for item in found}:
        raise Item.DoesNotExist(sorted(missing))
    return found


def _served(piece: Evidence) -> list[Item]:
    """Lock and return the items that a piece serves."""
    return list(
        Item.objects.select_for_update(of=("self",), no_key=True)
        .filter(evidence_links__evidence=piece)
        .select_related("responsibility")
        .order_by("pk")
    )


def _refuse_archived(piece: Evidence) -> None:
    if piece.archived_at is not None:
        raise InvalidError(_("“%(title)s” is archived. Restore it first.") % {"title": piece.title})


def _refuse_twin(workspace: Workspace, file: File[bytes]) -> None:
    digest = uploads.digest_of(file)
    twin = (
        Evidence.objects.in_use()
        .filter(workspace=workspace, kind=EvidenceKind.FILE, current__sha256=digest)
        .select_related("seat__party", "seat__organization")
        .first()
    )
    if twin is not None:
        raise AlreadyThereError(twin)


def _append(piece: Evidence, revision: EvidenceRevision, number: int, person: User) -> None:
    """Save a revision as the newest of a locked piece."""
    revision.evidence, revision.number, revision.created_by = piece, number, person
    revision.save(force_insert=True)
    piece.current = revision
    piece.save(update_fields=["current"])


def _record(
    actor: Actor,
    piece: Evidence,
    action: AuditAction,
    changes: list[audit.Change],
    items: Iterable[Item],
) -> None:
    number = piece.revisions.order_by("-number").values_list("number", flat=True)[0]
    audit.append(
        workspace=piece.workspace,
        actor=actor,
        action=action,
        subject=audit.Subject("evidence", str(piece.pk), number),
        label=piece.title,
        changes=changes,
        items=items,
    )


def _items_change(removed: Iterable[Item], added: Iterable[Item]) -> audit.Change:
    def keys(items: Iterable[Item]) -> str:
        return ", ".join(sorted(item.responsibility.key for item in items))

    return audit.Change("items", keys(removed), keys(added))
