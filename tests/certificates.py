"""Certificates for tests: an authority, and what it issues."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
    pkcs12,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

type Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey

DAY = dt.timedelta(days=1)
PASSPHRASE = "correct horse battery"


@dataclass(frozen=True)
class Issued:
    """A certificate with its key, and the authority above it."""

    certificate: x509.Certificate
    key: Key
    authority: Issued | None = None

    @property
    def root(self) -> x509.Certificate:
        """The certificate of the authority."""
        return self.authority.certificate if self.authority else self.certificate

    def write_pkcs12(self, path: Path, passphrase: str = "") -> Path:
        """Write certificate, key and authority as PKCS#12."""
        above = [self.authority.certificate] if self.authority else None
        protection = _protection(passphrase)
        path.write_bytes(
            pkcs12.serialize_key_and_certificates(
                b"signer", self.key, self.certificate, above, protection
            )
        )
        return path

    def write_pem(self, path: Path, passphrase: str = "") -> Path:
        """Write authority, certificate and key as PEM, in this order."""
        parts = [self.authority.certificate.public_bytes(Encoding.PEM)] if self.authority else []
        parts.append(self.certificate.public_bytes(Encoding.PEM))
        parts.append(
            self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, _protection(passphrase))
        )
        path.write_bytes(b"".join(parts))
        return path


def _protection(passphrase: str) -> KeySerializationEncryption:
    return BestAvailableEncryption(passphrase.encode()) if passphrase else NoEncryption()


def ec_key() -> ec.EllipticCurvePrivateKey:
    """Return a new key on P-256."""
    return ec.generate_private_key(ec.SECP256R1())


def rsa_key(bits: int = 2048) -> rsa.RSAPrivateKey:
    """Return a new RSA key."""
    return rsa.generate_private_key(65537, bits)


def authority(name: str = "Test root") -> Issued:
    """Return a new root."""
    return issue(name, above=None)


def issue(
    name: str,
    *,
    above: Issued | None,
    key: Key | None = None,
    start: dt.timedelta = -DAY,
    end: dt.timedelta = 90 * DAY,
    may_sign: bool = True,
    stamps_time: bool = False,
) -> Issued:
    """Return a certificate; without `above` it is a root of its own."""
    key = key or ec_key()
    now = dt.datetime.now(dt.UTC)
    subject = x509.Name(
        [
            x509.NameAttribute(NameOID.COMMON_NAME, name),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Vendor Inc."),
        ]
    )
    signing_key = above.key if above else key
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(above.certificate.subject if above else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + start)
        .not_valid_after(now + end)
        .add_extension(x509.BasicConstraints(ca=above is None, path_length=None), critical=True)
        .add_extension(_usage(above is None, may_sign), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(signing_key.public_key()),
            critical=False,
        )
    )
    if stamps_time:
        usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING])
        builder = builder.add_extension(usage, critical=True)
    return Issued(builder.sign(signing_key, hashes.SHA256()), key, above)


def _usage(is_authority: bool, may_sign: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=may_sign and not is_authority,
        content_commitment=may_sign and not is_authority,
        key_encipherment=not may_sign,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=is_authority,
        crl_sign=is_authority,
        encipher_only=False,
        decipher_only=False,
    )
