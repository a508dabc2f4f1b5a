"""Small marks that every page uses: icons, letters, sides, states, dates, progress.

They only draw what they are given. Words of the domain come from ``choices``, so that a page, a
spreadsheet and a PDF say the same thing in the same words.
"""

from __future__ import annotations

import datetime as dt
import re
from typing import TYPE_CHECKING, Final

from django import template
from django.templatetags.static import static
from django.utils import formats, timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext

from responsibilities.choices import Letter, ReleaseStatus, Severity, SignoffState

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.template.context import Context

register = template.Library()

SPRITE: Final = "responsibilities/vendor/tabler-icons/icons.svg"
THEME_COOKIE: Final = "theme"
THEMES: Final = frozenset({"light", "dark"})
SHORT_HASH_LENGTH: Final = 12
_WHOLE_DIGEST: Final = re.compile(r"\b([0-9a-f]{64})\b")

SIGNOFF_MARKS: Final[Mapping[str, tuple[str, str]]] = {
    SignoffState.NONE: ("none", "circle-dashed"),
    SignoffState.CURRENT: ("good", "circle-check"),
    SignoffState.STALE: ("soon", "history"),
    SignoffState.WITHDRAWN: ("none", "arrow-back-up"),
}
RELEASE_MARKS: Final[Mapping[str, tuple[str, str]]] = {
    ReleaseStatus.PROPOSED: ("soon", "hourglass"),
    ReleaseStatus.CURRENT: ("good", "circle-check"),
    ReleaseStatus.SUPERSEDED: ("none", "history"),
    ReleaseStatus.WITHDRAWN: ("none", "ban"),
}
SEVERITY_MARKS: Final[Mapping[str, tuple[str, str]]] = {
    Severity.WRONG: ("wrong", "alert-circle"),
    Severity.SOON: ("soon", "alert-triangle"),
}


@register.simple_tag
def icon(name: str, extra: str = "", label: str = "") -> SafeString:
    """Draw icon `name` of the sprite. Without `label` it is decoration and hidden from readers."""
    href = f"{static(SPRITE)}#{name}"
    css = f"icon {extra}".rstrip()
    if label:
        return format_html(
            '<svg class="{}" role="img" aria-label="{}"><use href="{}"></use></svg>',
            css,
            label,
            href,
        )
    return format_html('<svg class="{}" aria-hidden="true"><use href="{}"></use></svg>', css, href)


@register.simple_tag
def letter(value: str) -> SafeString:
    """Draw one RACI letter; a screen reader says its meaning instead."""
    known = Letter(value)
    return format_html(
        '<span class="letter letter-{0}" title="{1}"><span aria-hidden="true">{0}</span>'
        '<span class="visually-hidden">{1}</span></span>',
        known.value,
        known.label,
    )


@register.simple_tag
def side(kind: str, name: str) -> SafeString:
    """Draw the dot of a party kind and the name of the side beside it."""
    return format_html('<span class="side side-{}">{}</span>', kind, name)


@register.simple_tag
def state(tone: str, label: str, sign: str = "", *, icon_only: bool = False) -> SafeString:
    """Draw a sign and a word. `tone` is good, soon, wrong or none; `sign` names an icon."""
    return format_html(
        '<span class="state state-{}{}"{}>{}<span>{}</span></span>',
        tone,
        " icon-only" if icon_only else "",
        format_html(' title="{}"', label) if icon_only else "",
        icon(sign) if sign else "",
        label,
    )


@register.simple_tag
def signoff_state(value: str, *, icon_only: bool = False) -> SafeString:
    """Draw the state of a sign-off: not signed, signed, stale or withdrawn."""
    known = SignoffState(value)
    tone, sign = SIGNOFF_MARKS[known]
    return state(tone, str(known.label), sign, icon_only=icon_only)


@register.simple_tag
def release_state(value: str) -> SafeString:
    """Draw the status of a release: proposed, current, superseded or withdrawn."""
    known = ReleaseStatus(value)
    tone, sign = RELEASE_MARKS[known]
    return state(tone, str(known.label), sign)


@register.simple_tag
def severity(value: str, label: str, *, icon_only: bool = False) -> SafeString:
    """Draw a finding: `value` is its severity, `label` its words."""
    tone, sign = SEVERITY_MARKS[Severity(value)]
    return state(tone, label, sign, icon_only=icon_only)


@register.simple_tag
def meter(value: int, total: int, label: str = "", tone: str = "") -> SafeString:
    """Draw progress as SVG with its figures beside it; full is green.

    Widths are attributes, because the content security policy refuses inline styles.
    """
    share = round(100 * value / total, 2) if total else 0
    if not tone and total and value >= total:
        tone = "full"
    return format_html(
        '<span class="meter"><svg viewBox="0 0 100 6" preserveAspectRatio="none" '
        'aria-hidden="true"><rect class="meter-track" width="100" height="6"></rect>'
        '<rect class="meter-fill{}" width="{}" height="6"></rect></svg>'
        '<span class="meter-label">{}</span></span>',
        f" is-{tone}" if tone else "",
        str(share),
        label or gettext("%(value)s of %(total)s") % {"value": value, "total": total},
    )


@register.filter
def isodate(value: dt.date | dt.datetime | None) -> str:
    """Return the date as in tables, ``2026-11-22``; nothing for no date."""
    return _local(value).strftime("%Y-%m-%d") if value else ""


@register.filter
def longdate(value: dt.date | dt.datetime | None) -> str:
    """Return the date as in prose, ``22 November 2026`` in the reader's language."""
    return formats.date_format(_local(value), "j F Y") if value else ""


@register.filter
def zoned(value: dt.datetime | None) -> str:
    """Return date, time and zone, ``2026-11-22 14:05 UTC``; nothing for no time."""
    return timezone.localtime(value).strftime("%Y-%m-%d %H:%M %Z") if value else ""


@register.simple_tag
def timestamp(value: dt.datetime | None) -> SafeString:
    """Draw a point in time as a ``<time>`` element: readable, exact for machines."""
    if value is None:
        return mark_safe("")
    return format_html('<time datetime="{}">{}</time>', value.isoformat(), zoned(value))


@register.filter
def short_hash(value: str) -> str:
    """Return the first twelve characters of a digest: enough to tell apart, not to prove."""
    return value[:SHORT_HASH_LENGTH]


@register.simple_tag
def digest(value: str) -> SafeString:
    """Draw a digest shortened, with the whole of it as its title."""
    return format_html('<code class="hash" title="{}">{}</code>', value, short_hash(value))


@register.filter
def marked_digests(text: str) -> SafeString:
    """Draw a text with the SHA-256 digests in it set apart, so that they can break anywhere."""
    parts = _WHOLE_DIGEST.split(text)
    return format_html_join(
        "",
        "{}",
        (
            (format_html('<code class="hash hash-whole">{}</code>', part) if n % 2 else part,)
            for n, part in enumerate(parts)
        ),
    )


@register.filter
def initials(name: str) -> str:
    """Return up to two initials of a person's name, for the mark beside it."""
    words = name.split()
    return "".join(word[0] for word in [*words[:1], *words[1:][-1:]]).upper()


@register.simple_tag(takes_context=True)
def theme(context: Context) -> str:
    """Return "light" or "dark" where the person chose one, else "" to follow the system."""
    request = context.get("request")
    chosen = request.COOKIES.get(THEME_COOKIE, "") if request else ""
    return chosen if chosen in THEMES else ""


def _local(value: dt.date | dt.datetime) -> dt.date | dt.datetime:
    """Return an aware time in the current zone; a date or a naive time as it is."""
    if isinstance(value, dt.datetime) and timezone.is_aware(value):
        return timezone.localtime(value)
    return value
