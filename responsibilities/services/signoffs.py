"""Signs items off, one or many, and takes sign-offs back.

A sign-off is an electronic approval by the person who is signed in, for the side they sit on,
over exactly what they were shown. Nothing is ever changed: a new sign-off is a new row, and so
is a withdrawal.
"""

from __future__ import annotations

import hashlib
from collections.abc import Container, Iterable, Mapping, Sequence

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from responsibilities import canonical, matrix
from responsibilities.choices import AuditAction, SignoffState, Via
from responsibilities.matrix import ItemRow, Matrix
from responsibilities.models import Item, Membership, Signoff, SignoffWithdrawal, User, Workspace
from responsibilities.permissions import (
    Action,
    Actor,
    NotAllowedError,
    may,
    require_unchanged,
    why_not,
)
from responsibilities.services import audit, statements
from responsibilities.services.errors import ConflictError, InvalidError
from responsibilities.services.items import clean_text
from responsibilities.services.statements import Authentication, Shown


class ChangedError(ConflictError):
    """Items are no longer what the signer was shown. Nothing was signed.

    `rows` are the changed items as they are now.
    """

    def __init__(self, rows: Sequence[ItemRow]) -> None:
        """Take the changed items as they are now."""
        keys = ", ".join(row.key for row in rows)
        super().__init__(
            _("Changed since you saw it: %(keys)s. Nothing was signed.") % {"keys": keys}
        )
        self.rows = tuple(rows)


class RefusedError(InvalidError):
    """Items cannot be signed by this person now. Nothing was signed.

    `reasons` says why, by item key.
    """

    def __init__(self, reasons: Mapping[str, str]) -> None:
        """Take the reasons by item key."""
        super().__init__(" ".join(f"{key}: {reason}" for key, reason in reasons.items()))
        self.reasons = dict(reasons)


def why_not_sign(actor: Actor, seat_id: int | None = None) -> str:
    """Return why the actor may not sign at all, or an empty text if they may. No query.

    `seat_id` is the side to sign for; without it the actor's own.
    """
    if actor.user is None or actor.membership is None or actor.via != Via.WEB:
        return _("Only a member can sign, in person and in the browser.")
    side = actor.membership.seat_id if seat_id is None else seat_id
    if not may(actor, Action.SIGN, side):
        return why_not(actor, Action.SIGN, side)
    return ""


def obstacle(actor: Actor, row: ItemRow, signed_elsewhere: Container[int]) -> str:
    """Return why this item cannot be signed for the actor's side now, or an empty text.

    `signed_elsewhere` holds the ids of the items that the actor has signed for another side
    (see `signed_for_other_sides`). No query.
    """
    side = row.side(actor.seat_id)
    if side is None:
        return _("You are not a member of this workspace.")
    if side.state == SignoffState.CURRENT and side.signoff:
        return _("%(name)s has already signed this for %(organization)s.") % {
            "name": side.signoff.printed_name,
            "organization": side.seat.organization,
        }
    if row.id in signed_elsewhere:
        return _("You have signed this for another side. Each side needs a different person.")
    if row.is_applicable and not row.is_assigned:
        return _("Nobody is responsible or accountable yet. Put teams on it first.")
    if not side.is_holder and not row.is_signed_by(row.holder.id):
        return _("%(holder)s holds this duty and signs first.") % {
            "holder": row.holder.organization
        }
    return ""


def signed_for_other_sides(actor: Actor, item_ids: Iterable[int]) -> frozenset[int]:
    """Return which of these items the actor has signed for a side they are not on. One query."""
    if actor.user is None:
        return frozenset()
    return frozenset(
        Signoff.objects.filter(signer=actor.user, item__in=list(item_ids))
        .exclude(seat=actor.seat_id)
        .values_list("item_id", flat=True)
    )


def waiting(actor: Actor, grid: Matrix) -> tuple[ItemRow, ...]:
    """Return the rows that wait for the actor's side, in their order. One query.

    Whether the actor's role signs at all is another question: `why_not_sign`.
    """
    elsewhere = signed_for_other_sides(actor, (row.id for row in grid.rows))
    return tuple(row for row in grid.rows if not obstacle(actor, row, elsewhere))


@transaction.atomic
def sign(
    *,
    actor: Actor,
    workspace: Workspace,
    key: str,
    shown: Shown,
    authentication: Authentication,
) -> Signoff:
    """Sign the item `key` for the actor's side, and return the sign-off.

    Raises Item.DoesNotExist for a foreign key, NotAllowedError unless the actor is a person
    in the browser whose role signs, ChangedError if item or sentence are not those in `shown`,
    RefusedError with the reason if the item cannot be signed by this person now.
    """
    (signoff,) = _sign(actor, workspace, {key: shown}, authentication)
    audit.append(
        workspace=workspace,
        actor=actor,
        action=AuditAction.SIGNOFF_SIGNED,
        subject=audit.Subject("signoff", str(signoff.pk), signoff.number),
        label=str(signoff.item.responsibility),
        changes=[
            audit.Change("meaning", "", signoff.get_meaning_display()),
            audit.Change("item SHA-256", "", signoff.item_digest),
            audit.Change("statement SHA-256", "", signoff.statement_digest),
        ],
        items=[signoff.item],
    )
    return signoff


@transaction.atomic
def sign_many(
    *,
    actor: Actor,
    workspace: Workspace,
    shown: Mapping[str, Shown],
    authentication: Authentication,
) -> list[Signoff]:
    """Sign several items at once, all or none, in one audit event. Raises as `sign` does."""
    if not shown:
        raise InvalidError(_("Choose at least one item."), field="keys")
    signoffs = _sign(actor, workspace, shown, authentication)
    audit.append(
        workspace=workspace,
        actor=actor,
        action=AuditAction.SIGNOFF_BULK_SIGNED,
        subject=audit.Subject("workspace", str(workspace.pk)),
        label=workspace.name,
        changes=[
            audit.Change(
                signoff.item.responsibility.key,
                "",
                f"{signoff.get_meaning_display()}, statement SHA-256 {signoff.statement_digest}",
            )
            for signoff in signoffs
        ],
        items=[signoff.item for signoff in signoffs],
    )
    return signoffs


@transaction.atomic
def withdraw(*, actor: Actor, signoff: Signoff, reason: str) -> SignoffWithdrawal:
    """Take a sign-off of the actor's side back, and return the withdrawal.

    Raises NotAllowedError unless the actor's role signs on that side, InvalidError without a
    reason, or if the sign-off was withdrawn before or replaced by a newer one.
    """
    user, _membership = _signer(actor, signoff.seat_id)
    item = _locked(signoff.item.workspace, [signoff.item.responsibility.key])[0]
    audit.hold(workspace=item.workspace)
    require_unchanged(actor, item.workspace_id)
    reason = clean_text(reason)
    if not reason:
        raise InvalidError(_("Say why you withdraw the sign-off."), field="reason")
    if SignoffWithdrawal.objects.filter(signoff=signoff).exists():
        raise InvalidError(_("This sign-off was withdrawn before."))
    if Signoff.objects.filter(item=item, seat=signoff.seat_id, number__gt=signoff.number).exists():
        raise InvalidError(_("A newer sign-off has replaced this one. Withdraw that one."))
    withdrawal = SignoffWithdrawal.objects.create(signoff=signoff, withdrawn_by=user, reason=reason)
    audit.append(
        workspace=item.workspace,
        actor=actor,
        action=AuditAction.SIGNOFF_WITHDRAWN,
        subject=audit.Subject("signoff", str(signoff.pk), signoff.number),
        label=str(item.responsibility),
        changes=[audit.Change("sign-off", signoff.printed_name, "")],
        reason=reason,
        items=[item],
    )
    return withdrawal


def _sign(
    actor: Actor,
    workspace: Workspace,
    shown: Mapping[str, Shown],
    authentication: Authentication,
) -> list[Signoff]:
    """Check everything under lock and add the rows. The caller appends the one event."""
    user, membership = _signer(actor)
    items = _locked(workspace, shown)
    audit.hold(workspace=workspace)
    require_unchanged(actor, workspace.pk)
    grid = matrix.load(workspace, item_ids=[item.pk for item in items])
    rows = grid.rows
    offers = {row.key: statements.offer(row, membership) for row in rows}
    changed = [row for row in rows if offers[row.key] != shown[row.key]]
    if changed:
        raise ChangedError(changed)
    elsewhere = signed_for_other_sides(actor, (row.id for row in rows))
    reasons = {row.key: obstacle(actor, row, elsewhere) for row in rows}
    refused = {key: reason for key, reason in reasons.items() if reason}
    if refused:
        raise RefusedError(refused)
    by_id = {item.pk: item for item in items}
    previous = _previous(user, by_id)
    return Signoff.objects.bulk_create(
        _signoff(
            item=by_id[row.id],
            row=row,
            membership=membership,
            shown=shown[row.key],
            authentication=authentication,
            previous=previous.get(row.id),
        )
        for row in rows
    )


def _signer(actor: Actor, seat_id: int | None = None) -> tuple[User, Membership]:
    refusal = why_not_sign(actor, seat_id)
    if refusal or actor.user is None or actor.membership is None:
        raise NotAllowedError(refusal)
    return actor.user, actor.membership


def _locked(workspace: Workspace, keys: Iterable[str]) -> list[Item]:
    """Lock the items in one order for all writers. Raises Item.DoesNotExist for a foreign key."""
    wanted = set(keys)
    items = list(
        Item.objects.select_for_update(of=("self",), no_key=True)
        .select_related("responsibility", "workspace")
        .filter(workspace=workspace, responsibility__key__in=wanted)
        .order_by("pk")
    )
    missing = wanted - {item.responsibility.key for item in items}
    if missing:
        raise Item.DoesNotExist(", ".join(sorted(missing)))
    return items


def _previous(user: User, items: Iterable[int]) -> dict[int, Signoff]:
    """Return the signer's last sign-off by item id."""
    return {
        signoff.item_id: signoff
        for signoff in Signoff.objects.filter(signer=user, item__in=list(items)).order_by("number")
    }


def _signoff(
    *,
    item: Item,
    row: ItemRow,
    membership: Membership,
    shown: Shown,
    authentication: Authentication,
    previous: Signoff | None,
) -> Signoff:
    now = timezone.now()
    side = row.side(membership.seat_id)
    said = canonical.dumps(
        statements.statement(
            workspace=item.workspace,
            row=row,
            membership=membership,
            shown=shown,
            authentication=authentication,
            signed_at=now,
            previous=previous,
        )
    )
    return Signoff(
        item=item,
        seat=membership.seat,
        number=side.signoff.number + 1 if side and side.signoff else 1,
        signer=membership.user,
        printed_name=membership.user.name,
        role=membership.role,
        meaning=statements.meaning_of(row, membership.seat_id),
        content=canonical.dumps(row.content).decode(),
        item_digest=row.digest,
        statement=said.decode(),
        statement_digest=hashlib.sha256(said).hexdigest(),
        signed_at=now,
    )
