"""The certificate that signs PDFs: read from a file, or from a PKCS#11 token, and judged.

A configured signature is a promise: whatever is wrong here stops the export with a reason, and
nothing comes out unsigned.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pkcs11
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_private_key,
    pkcs12,
)
from cryptography.x509.oid import NameOID
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from responsibilities.exchange.details import ExportError

LEAST_RSA_BITS: Final = 2048
SOON: Final = dt.timedelta(days=21)
"""So long before its end a certificate is worth a warning."""

type PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


class SigningError(ExportError):
    """A PDF cannot be signed as configured. The message is for people."""


class UnseenError(SigningError):
    """A token shows no certificate of the name: there is none, or it wants the PIN first."""


@dataclass(frozen=True, slots=True)
class Identity:
    """A certificate with those that lead from it to its root, as far as they were given."""

    certificate: x509.Certificate
    chain: tuple[x509.Certificate, ...]

    @property
    def name(self) -> str:
        """The common name, or else the whole subject."""
        return _first(self.certificate.subject, NameOID.COMMON_NAME) or (
            self.certificate.subject.rfc4514_string()
        )

    @property
    def organization(self) -> str:
        """The organization of the subject, or ""."""
        return _first(self.certificate.subject, NameOID.ORGANIZATION_NAME)

    @property
    def issuer(self) -> str:
        """Who issued the certificate: a common name, or else the whole name."""
        issuer = self.certificate.issuer
        return _first(issuer, NameOID.COMMON_NAME) or issuer.rfc4514_string()

    @property
    def fingerprint(self) -> str:
        """The SHA-256 of the certificate, as readers of PDFs show it, without separators."""
        return self.certificate.fingerprint(hashes.SHA256()).hex()

    @property
    def size(self) -> int:
        """How many bytes all certificates take."""
        return sum(len(one.public_bytes(Encoding.DER)) for one in (self.certificate, *self.chain))

    def require_fit(self, now: dt.datetime) -> None:
        """Raise SigningError unless the certificate may sign documents now."""
        starts, ends = self.certificate.not_valid_before_utc, self.certificate.not_valid_after_utc
        names = {"name": self.name, "start": f"{starts:%Y-%m-%d}", "end": f"{ends:%Y-%m-%d}"}
        if now > ends:
            raise SigningError(_("The certificate “%(name)s” expired on %(end)s.") % names)
        if now < starts:
            raise SigningError(
                _("The certificate “%(name)s” is not valid before %(start)s.") % names
            )
        key = self.certificate.public_key()
        if isinstance(key, rsa.RSAPublicKey):
            fits = key.key_size >= LEAST_RSA_BITS
        else:
            fits = isinstance(key, ec.EllipticCurvePublicKey)
        if not fits:
            raise SigningError(
                _("The key of the certificate “%(name)s” is neither ECDSA nor RSA of 2048 bits.")
                % names
            )
        if not _may_sign(self.certificate):
            raise SigningError(_("The certificate “%(name)s” is not for signing.") % names)

    def warning(self, now: dt.datetime) -> str:
        """Say that the certificate ends soon, or ""."""
        left = self.certificate.not_valid_after_utc - now
        if left > SOON:
            return ""
        return ngettext(
            "The certificate “%(name)s” that signs PDFs expires in %(days)d day.",
            "The certificate “%(name)s” that signs PDFs expires in %(days)d days.",
            left.days,
        ) % {"name": self.name, "days": left.days}


def _first(name: x509.Name, kind: x509.ObjectIdentifier) -> str:
    found = name.get_attributes_for_oid(kind)
    return str(found[0].value) if found else ""


def _may_sign(certificate: x509.Certificate) -> bool:
    try:
        usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound:
        return True
    return usage.digital_signature or usage.content_commitment


# --- A file ---------------------------------------------------------------------------------------


def from_file(path: Path, passphrase: str) -> tuple[PrivateKey, Identity]:
    """Return key and certificates of a PKCS#12 file, or of a PEM file with all of them.

    Raises SigningError when the file cannot be read, does not open with the passphrase, or holds
    no certificate that belongs to its key.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise SigningError(
            _("The file with the certificate cannot be read (%(error)s).")
            % {"error": error.strerror}
        ) from error
    password = passphrase.encode() if passphrase else None
    key: object
    try:
        if b"-----BEGIN " in data:
            key, certificates = load_pem_private_key(data, password), _pem(data)
        else:
            key, one, others = pkcs12.load_key_and_certificates(data, password)
            certificates = [*([one] if one else []), *others]
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise SigningError(
            _("The file with the certificate does not open: wrong passphrase, or damaged.")
        ) from error
    if not isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey):
        raise SigningError(_("The file with the certificate holds no RSA or ECDSA key."))
    public = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return key, _identity(certificates, public)


def _pem(data: bytes) -> list[x509.Certificate]:
    return x509.load_pem_x509_certificates(data) if b"-----BEGIN CERTIFICATE-----" in data else []


def _identity(certificates: Sequence[x509.Certificate], public: bytes) -> Identity:
    """Return the certificate of a key; of the others only those that lead to its root."""
    found = [one for one in certificates if _public(one) == public]
    if not found:
        raise SigningError(_("The file with the certificate holds none that belongs to its key."))
    return Identity(found[0], _chain(found[0], certificates))


def _public(certificate: x509.Certificate) -> bytes:
    return certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def _chain(
    certificate: x509.Certificate, others: Sequence[x509.Certificate]
) -> tuple[x509.Certificate, ...]:
    chain: list[x509.Certificate] = []
    last = certificate
    while last.issuer != last.subject:
        above = [one for one in others if one.subject == last.issuer and one not in chain]
        if not above or above[0] == certificate:
            break
        last = above[0]
        chain.append(last)
    return tuple(chain)


# --- A token --------------------------------------------------------------------------------------


@contextmanager
def session(token: Mapping[str, str], pin: str) -> Iterator[pkcs11.Session]:
    """Open a session on a token, signed in unless `pin` is empty.

    Raises SigningError when module, token or PIN fail, and for what fails while it is open.
    """
    label = {"label": token["LABEL"]}
    try:
        found = pkcs11.lib(token["MODULE"]).get_token(token_label=token["LABEL"])
        with found.open(user_pin=pin or None) as opened:
            yield opened
    except (pkcs11.PinIncorrect, pkcs11.PinLocked, pkcs11.PinInvalid, pkcs11.PinLenRange) as error:
        raise SigningError(_("The token “%(label)s” refuses the PIN.") % label) from error
    except pkcs11.NoSuchToken as error:
        raise SigningError(_("There is no token “%(label)s”.") % label) from error
    except (pkcs11.PKCS11Error, RuntimeError, OSError) as error:
        raise SigningError(
            _("The token “%(label)s” does not answer (%(error)s).")
            % {**label, "error": type(error).__name__}
        ) from error


def from_session(opened: pkcs11.Session, token: Mapping[str, str]) -> Identity:
    """Return the certificate of a key on a token, by their common label, and its chain.

    Raises UnseenError if there is none, SigningError if there are several.
    """
    found: list[tuple[str, x509.Certificate]] = []
    for one in opened.get_objects({pkcs11.Attribute.CLASS: pkcs11.ObjectClass.CERTIFICATE}):
        try:
            certificate = x509.load_der_x509_certificate(one[pkcs11.Attribute.VALUE])
        except ValueError:
            continue  # a token may hold certificates of other kinds
        found.append((one[pkcs11.Attribute.LABEL], certificate))
    named = [certificate for label, certificate in found if label == token["OBJECT"]]
    names = {"label": token["LABEL"], "object": token["OBJECT"]}
    if not named:
        raise UnseenError(_("The token “%(label)s” has no certificate “%(object)s”.") % names)
    if len(named) > 1:
        raise SigningError(
            _("The token “%(label)s” has more than one certificate “%(object)s”.") % names
        )
    return Identity(named[0], _chain(named[0], [certificate for _label, certificate in found]))
