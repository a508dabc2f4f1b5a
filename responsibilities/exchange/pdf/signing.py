"""Signs finished PDFs, where a certificate is configured. Runs in the task worker.

The processes that render get the place of the signature and the words beside it, never the key:
they leave room, and the finished bytes are signed here. The file stays one revision.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Final

from django.conf import settings
from django.utils import timezone
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext as _

from responsibilities.exchange.pdf import certificates, placeholder
from responsibilities.exchange.pdf.certificates import Identity, SigningError, UnseenError
from responsibilities.exchange.pdf.jobs import SignaturePlace

if TYPE_CHECKING:
    from asn1crypto import cms

    from responsibilities.exchange.pdf import cades
else:
    # Loaded with the first file that is signed: pyHanko takes half a second to import, which
    # every web process and every command would wait for.
    cades = SimpleLazyObject(lambda: import_module("responsibilities.exchange.pdf.cades"))

logger = logging.getLogger(__name__)

TIMESTAMP_ROOM: Final = 24 * 1024
"""What an answer of a time stamping authority may take, with its certificates."""

_ROOM: Final = 4 * 1024  # a signature of any size of key, and the attributes around it


class TimestampError(Exception):
    """The authority gave no time stamp that holds. The message says why."""


@dataclass(frozen=True, slots=True)
class Signature:
    """A signature that is going to be made: by whom, when, and how."""

    identity: Identity
    signed_at: dt.datetime
    authority: str
    make: Callable[[bytes], cms.ContentInfo]

    def place(self) -> SignaturePlace:
        """Return what the file must have room for."""
        name = self.identity.name
        return SignaturePlace(
            room=_ROOM + self.identity.size + (TIMESTAMP_ROOM if self.authority else 0),
            name=name,
            reason=_("Export of a responsibility matrix"),
            signed_at=self.signed_at,
            tooltip=_("Digital signature: %(name)s") % {"name": name},
            alternative=_("Digital signature of this file by %(name)s") % {"name": name},
        )

    def sign(self, file: bytes) -> tuple[bytes, str]:
        """Return the signed file, and what whoever gets it must know, or "".

        Raises SigningError when the signature cannot be made. A time stamp that cannot be had is
        left out, and said.
        """
        notices: list[str] = []

        def signature(digest: bytes) -> bytes:
            made = self.make(digest)
            notices.append(self._timestamp(made))
            return bytes(made.dump())

        try:
            return placeholder.fill(file, self.place().room, signature), notices[0]
        except placeholder.PlaceholderError as error:
            logger.exception("signing failed")
            raise SigningError(_("The log of the task worker says why.")) from error

    def _timestamp(self, made: cms.ContentInfo) -> str:
        if not self.authority:
            return ""
        try:
            cades.add_timestamp(made, self.authority)
        except TimestampError as error:
            logger.warning("no time stamp from %s: %s", self.authority, error)
            return _(
                "Signed without a time stamp: the authority gave none (%(reason)s). The time of "
                "the signature is that of this server alone."
            ) % {"reason": error}
        return ""


@contextmanager
def explained() -> Iterator[None]:
    """Say what a signature that cannot be made means for whoever asked for a file."""
    try:
        yield
    except SigningError as error:
        words = _(
            "No PDF was made, because it could not be signed. %(reason)s "
            "The operator of this server can put that right."
        )
        raise SigningError(words % {"reason": error}) from error


def prepare() -> Signature | None:
    """Return the signature that is configured, or None where PDFs are not signed.

    Raises SigningError when the certificate cannot be used: better now than after rendering.
    """
    now = timezone.now().replace(microsecond=0)
    if settings.REXMATRIX_PDF_CERTIFICATE:
        signature = _from_file(now)
    elif settings.REXMATRIX_PDF_PKCS11:
        signature = _from_token(now)
    else:
        return None
    signature.identity.require_fit(now)
    return signature


def _from_file(now: dt.datetime) -> Signature:
    key, identity = certificates.from_file(
        Path(settings.REXMATRIX_PDF_CERTIFICATE), settings.REXMATRIX_PDF_PASSPHRASE
    )
    return Signature(
        identity,
        now,
        settings.REXMATRIX_TIMESTAMP_URL,
        lambda digest: cades.sign_with_key(digest, key, identity),
    )


def _from_token(now: dt.datetime) -> Signature:
    token, pin = settings.REXMATRIX_PDF_PKCS11, settings.REXMATRIX_PDF_PASSPHRASE
    with certificates.session(token, pin) as opened:
        identity = certificates.from_session(opened, token)
    return Signature(
        identity,
        now,
        settings.REXMATRIX_TIMESTAMP_URL,
        lambda digest: cades.sign_on_token(digest, token, pin, identity),
    )


def identity() -> Identity | None:
    """Return the configured certificate without signing anything, or None where there is none.

    On a token it is read without the PIN, and not found if it wants one: a wrong PIN tried again
    and again would lock the token. Raises SigningError as `prepare` does.
    """
    if settings.REXMATRIX_PDF_CERTIFICATE:
        return _from_file(timezone.now()).identity
    if settings.REXMATRIX_PDF_PKCS11:
        token = settings.REXMATRIX_PDF_PKCS11
        with certificates.session(token, pin="") as opened, suppress(UnseenError):
            return certificates.from_session(opened, token)
    return None
