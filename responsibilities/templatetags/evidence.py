"""Marks of evidence: its kind as an icon, and how fresh it is today."""

from __future__ import annotations

import datetime as dt
from typing import Final

from django import template
from django.conf import settings
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from responsibilities.choices import EvidenceKind
from responsibilities.matrix import EvidenceState, freshness
from responsibilities.templatetags.ui import icon, state
from responsibilities.validators import FILE_TYPES, IMAGES, SHOWN_INLINE

register = template.Library()

FRESHNESS_MARKS: Final = {
    EvidenceState.FRESH: ("good", _("Valid"), "circle-check"),
    EvidenceState.EXPIRING: ("soon", _("Expires soon"), "clock"),
    EvidenceState.EXPIRED: ("wrong", _("Expired"), "alert-circle"),
}
KIND_ICONS: Final = {EvidenceKind.LINK: "link", EvidenceKind.NOTE: "note"}
TYPE_ICONS: Final = {"application/pdf": "file-type-pdf", "application/zip": "file-zip"}


@register.simple_tag
def freshness_mark(valid_until: dt.date | None, day: dt.date | None = None) -> SafeString:
    """Draw how fresh evidence with this last day is today, or on `day`, as a sign and a word."""
    tone, label, sign = FRESHNESS_MARKS[freshness(valid_until, day or timezone.localdate())]
    return state(tone, str(label), sign)


@register.simple_tag
def kind_icon(kind: str, media_type: str) -> SafeString:
    """Draw the icon of a kind of evidence; files by what is in them."""
    known = EvidenceKind(kind)
    if known in KIND_ICONS:
        return icon(KIND_ICONS[known], label=str(known.label))
    if media_type in IMAGES:
        return icon("photo", label=str(known.label))
    if "spreadsheet" in media_type or media_type == "text/csv":
        return icon("file-spreadsheet", label=str(known.label))
    return icon(TYPE_ICONS.get(media_type, "file-text"), label=str(known.label))


@register.simple_tag
def upload_limit() -> int:
    """Return how many bytes a file may have."""
    return int(settings.REXMATRIX_EVIDENCE_MAX_BYTES)


@register.simple_tag
def accepted_files() -> str:
    """Return the extensions that are taken, as the ``accept`` of a file field."""
    return ",".join(f".{extension}" for extension in FILE_TYPES)


@register.filter
def is_image(media_type: str) -> bool:
    """Say whether a file of this type can be shown as a picture."""
    return media_type in IMAGES


@register.filter
def is_shown_inline(media_type: str) -> bool:
    """Say whether a browser may show a file of this type in a tab of its own."""
    return media_type in SHOWN_INLINE
