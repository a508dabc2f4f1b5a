"""Reads what an event says in words, erased or not."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from responsibilities.models import AuditPayload


def words(payload: AuditPayload) -> Mapping[str, Any]:
    """Return actor, label, changes and reason of a payload.

    Of one that was erased nothing is left to say but the day on which that happened.
    """
    if payload.erased_at is not None:
        day = timezone.localtime(payload.erased_at).date().isoformat()
        label = _("erased on %(day)s") % {"day": day}
        return {"actor": _("Erased"), "label": label, "changes": (), "reason": ""}
    found: Mapping[str, Any] = json.loads(payload.payload)
    return found
