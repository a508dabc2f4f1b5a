"""The code on the last page that leads to where the file can be checked."""

from __future__ import annotations

from dataclasses import dataclass

import segno
from django.conf import settings
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _


@dataclass(frozen=True, slots=True)
class VerifyLink:
    """The address where a file can be checked, and its QR code as SVG (ISO/IEC 18004)."""

    address: str
    code: SafeString


def verify_link() -> VerifyLink:
    """Return the link for this server. The same server gives the same bytes.

    The code has error correction M and no quiet zone of its own: the page leaves one of at least
    four modules. Its title is what a reader hears instead.
    """
    address = f"{settings.REXMATRIX_BASE_URL}{reverse('verify')}"
    code = segno.make(address, error="m", micro=False, boost_error=False)
    svg = code.svg_inline(
        border=0,
        omitsize=True,
        svgclass="verify-code",
        lineclass=None,
        title=_("QR code that leads to %(address)s") % {"address": address},
    )
    return VerifyLink(address, mark_safe(svg))  # noqa: S308  # made here, of an address of ours
