"""What a sign-off says: its meaning, its sentence, and the canonical statement that is hashed.

The statement follows the subset of RFC 8785 in `canonical`. Printed name, time and meaning stand
in it together, as 21 CFR 11.50 asks of a signature manifestation.
"""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from responsibilities import canonical
from responsibilities.choices import Meaning
from responsibilities.matrix import ItemRow
from responsibilities.models import Membership, Signoff, Workspace

STATEMENT_VERSION = 1
_NONCE_BYTES = 16


@dataclass(frozen=True, slots=True)
class Authentication:
    """How and when the signer proved who they are, such as "password"."""

    method: str
    at: dt.datetime


@dataclass(frozen=True, slots=True)
class Shown:
    """What the signer was shown: the digest of the item, and the exact sentence."""

    digest: str
    sentence: str


def meaning_of(row: ItemRow, seat_id: int | None) -> Meaning:
    """Return what a sign-off by this side means: the holder confirms, others acknowledge."""
    return Meaning.CONFIRM if row.holder.id == seat_id else Meaning.ACKNOWLEDGE


def sentence(row: ItemRow, membership: Membership) -> str:
    """Return the sentence that a member's sign-off of this item says, in the active language."""
    words = {
        "side": membership.seat.organization.name,
        "holder": row.holder.organization,
        "item": f"{row.key} {row.title}",
    }
    if meaning_of(row, membership.seat_id) == Meaning.CONFIRM:
        if row.is_applicable:
            text = _(
                "I confirm for %(side)s that “%(item)s” is described correctly here "
                "and that we hold this responsibility."
            )
        else:
            text = _(
                "I confirm for %(side)s that “%(item)s” does not apply here, "
                "for the reason given, and that we answer for this exclusion."
            )
    elif row.is_applicable:
        text = _(
            "I acknowledge for %(side)s that “%(item)s” is described correctly here "
            "and that %(holder)s holds this responsibility."
        )
    else:
        text = _(
            "I acknowledge for %(side)s that “%(item)s” does not apply here, for the reason given."
        )
    return text % words


def offer(row: ItemRow, membership: Membership) -> Shown:
    """Return what to show a member who is about to sign this item."""
    return Shown(digest=row.digest, sentence=sentence(row, membership))


def statement(
    *,
    workspace: Workspace,
    row: ItemRow,
    membership: Membership,
    shown: Shown,
    authentication: Authentication,
    signed_at: dt.datetime,
    previous: Signoff | None,
) -> canonical.Json:
    """Return the statement that is signed, ready for `canonical.dumps`.

    `previous` is the signer's last sign-off on the item, if there was one. The nonce makes
    two statements differ even if everything else is the same.
    """
    return {
        "v": STATEMENT_VERSION,
        "workspace": {"id": str(workspace.pk), "slug": workspace.slug},
        "item": {"key": row.key, "digest": shown.digest},
        "sentence": shown.sentence,
        "language": get_language() or "",
        "meaning": meaning_of(row, membership.seat_id).value,
        **signed_by(membership, authentication),
        "signed_at": moment(signed_at),
        "previous": {"id": str(previous.pk), "statement_digest": previous.statement_digest}
        if previous
        else None,
        "nonce": secrets.token_hex(_NONCE_BYTES),
    }


def signed_by(
    membership: Membership, authentication: Authentication
) -> Mapping[str, canonical.Json]:
    """Return the part of a statement that says who signs, as what, and how they proved it."""
    return {
        "signer": {
            "id": str(membership.user_id),
            "name": membership.user.name,
            "side": membership.seat.party.key,
            "organization": membership.seat.organization.name,
            "role": membership.role,
        },
        "authentication": {
            "method": authentication.method,
            "at": moment(authentication.at),
        },
    }


def moment(value: dt.datetime) -> str:
    """Return a time as it stands in statements: ISO 8601, UTC, microseconds."""
    return value.astimezone(dt.UTC).isoformat(timespec="microseconds")
