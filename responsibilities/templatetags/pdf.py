"""Marks of the PDF: a letter, the state of a sign-off, sizes and times as they stand in print."""

from __future__ import annotations

import datetime as dt
from typing import Final

from django import template
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from responsibilities.choices import PartyKind, SignoffState

register = template.Library()

# One sign each that the text face has, different in shape: they hold in grey print.
STATE_SIGNS: Final = {
    SignoffState.CURRENT: "✓",
    SignoffState.STALE: "≠",
    SignoffState.WITHDRAWN: "×",
    SignoffState.NONE: "–",
}
_STEP: Final = 1024


@register.simple_tag
def chip(letter: str) -> SafeString:
    """Draw one of the four letters."""
    return format_html('<span class="chip chip-{0}">{0}</span>', letter)


@register.simple_tag
def state_mark(state: str) -> SafeString:
    """Draw the sign of a sign-off's state."""
    known = SignoffState(state)
    return format_html('<span class="mark mark-{}">{}</span>', known.value, STATE_SIGNS[known])


@register.filter
def clock(value: dt.datetime) -> str:
    """Return time of day and zone, ``14:05 UTC``."""
    return timezone.localtime(value).strftime("%H:%M %Z")


@register.filter
def utc(value: dt.datetime) -> str:
    """Return a time to the second in UTC, wherever the reader is, ``2026-11-22 14:05:09 UTC``."""
    return value.astimezone(dt.UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


@register.filter
def file_size(size: int) -> str:
    """Return a size as people read it, ``12.4 KB``, in steps of 1024."""
    if size < _STEP:
        return _("%(size)d bytes") % {"size": size}
    kilobytes = size / _STEP
    if kilobytes < _STEP:
        return _("%(size).1f KB") % {"size": kilobytes}
    return _("%(size).1f MB") % {"size": kilobytes / _STEP}


@register.filter
def party_kind(kind: str) -> str:
    """Return what a party is to the others: provider, customer or third party."""
    return str(PartyKind(kind).label)
