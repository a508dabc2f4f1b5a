"""Locks items for writing and changes what they say: applicability, option, note, review."""

from __future__ import annotations

import datetime as dt
import unicodedata
from collections.abc import Mapping

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from responsibilities.choices import Applicability, AuditAction
from responsibilities.models import Item, Workspace
from responsibilities.permissions import Action, Actor, require
from responsibilities.services import audit
from responsibilities.services.errors import ConflictError, InvalidError

_LABELS = {
    "applicability": gettext_lazy("applicability"),
    "applicability_reason": gettext_lazy("reason"),
    "chosen": gettext_lazy("options"),
    "note": gettext_lazy("implementation note"),
    "review_on": gettext_lazy("next review"),
}


def clean_text(text: str) -> str:
    """Return a free text as it is kept: NFC, lines ended with LF, no white space around it.

    Browsers send CRLF, other channels do not. Every text goes through here, so that the same
    words are the same content, and what was signed stays signed.
    """
    text = unicodedata.normalize("NFC", text)
    return text.replace("\r\n", "\n").replace("\r", "\n").strip()


def lock(workspace: Workspace, key: str, seen_version: int) -> Item:
    """Lock and return the item `key` for the rest of the transaction.

    Raises Item.DoesNotExist for a foreign key, ConflictError if the item has changed since
    the version that the actor saw.
    """
    item = (
        Item.objects.select_for_update(of=("self",), no_key=True)
        .select_related("responsibility", "holder__party", "holder__organization")
        .get(workspace=workspace, responsibility__key=key)
    )
    if item.version != seen_version:
        raise ConflictError(
            _("%(key)s was changed by somebody else meanwhile. Nothing was overwritten.")
            % {"key": key}
        )
    return item


def bump(item: Item, *fields: str) -> None:
    """Save `fields` of a locked item and count its version up."""
    item.version += 1
    item.updated_at = timezone.now()
    item.save(update_fields=[*fields, "version", "updated_at"])


@transaction.atomic
def edit(
    *,
    actor: Actor,
    workspace: Workspace,
    key: str,
    seen_version: int,
    applicability: str,
    applicability_reason: str,
    chosen: Mapping[str, str],
    note: str,
    review_on: dt.date | None,
) -> Item:
    """Change what an item says, and return it.

    Only the side that holds the item may. Raises NotAllowedError, ConflictError, or
    InvalidError for "not applicable" without a reason and for a choice that the
    responsibility does not offer. Writes nothing if nothing changed.
    """
    item = lock(workspace, key, seen_version)
    require(actor, Action.ITEM_EDIT, item.holder)
    _check_chosen(item, chosen)
    values = {
        "applicability": applicability,
        "applicability_reason": _checked_reason(applicability, applicability_reason),
        "chosen": {option: name for option, name in chosen.items() if name},
        "note": clean_text(note),
        "review_on": review_on,
    }
    changes = _changes(item, values)
    if not changes:
        return item
    for name, value in values.items():
        setattr(item, name, value)
    bump(item, *values)
    audit.append(
        workspace=workspace,
        actor=actor,
        action=AuditAction.ITEM_CHANGED,
        subject=audit.Subject("item", key, item.version),
        label=str(item.responsibility),
        changes=changes,
        items=[item],
    )
    return item


def _checked_reason(applicability: str, reason: str) -> str:
    """Return the reason as it is kept: needed for an exclusion, dropped otherwise."""
    if applicability not in Applicability.values:
        raise InvalidError(_("Say whether the item applies."), field="applicability")
    if applicability == Applicability.APPLICABLE:
        return ""
    reason = clean_text(reason)
    if not reason:
        raise InvalidError(_("Say why the item does not apply."), field="applicability_reason")
    return reason


def _changes(item: Item, values: Mapping[str, object]) -> list[audit.Change]:
    """Return what differs from the item as it is, in words."""
    return [
        audit.Change(str(_LABELS[name]), _words(item, getattr(item, name)), _words(item, value))
        for name, value in values.items()
        if getattr(item, name) != value
    ]


def _check_chosen(item: Item, chosen: Mapping[str, str]) -> None:
    offered = {option["key"]: option["choices"] for option in item.responsibility.options}
    for option, name in chosen.items():
        if option not in offered or (name and name not in offered[option]):
            raise InvalidError(
                _("“%(name)s” is not one of the choices.") % {"name": name},
                field=f"option_{option}",
            )


def _words(item: Item, value: object) -> str:
    """Return a value as a person reads it in the history."""
    if isinstance(value, dict):
        names = {option["key"]: option["name"] for option in item.responsibility.options}
        return ", ".join(f"{names[option]}: {name}" for option, name in value.items())
    if isinstance(value, str) and value in Applicability.values:
        return str(Applicability(value).label)
    return "" if value is None else str(value)
