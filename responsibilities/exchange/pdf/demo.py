"""A certificate for trying signed PDFs out. Nobody trusts it, and it soon expires."""

from __future__ import annotations

import datetime as dt
import os
import secrets
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    pkcs12,
)
from cryptography.x509.oid import NameOID

DAYS: Final = 30
SIGNER: Final = "demo-signer.p12"
PASSPHRASE: Final = "demo-signer.passphrase"  # noqa: S105  # the name of a file
AUTHORITY: Final = "demo-authority.pem"


def make(folder: Path, now: dt.datetime) -> None:
    """Write a signer as PKCS#12, its passphrase, and the certificate of its authority.

    The key of the authority is not kept: it issues nothing else. Raises FileExistsError and
    writes nothing if one of the files is there already.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for name in (SIGNER, PASSPHRASE, AUTHORITY):
        if (folder / name).exists():
            raise FileExistsError(folder / name)
    authority_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    authority = _certificate("Rexmatrix demo authority, trusted by nobody", now, authority_key)
    signer = _certificate("Rexmatrix demo signer", now, key, authority, authority_key)
    passphrase = secrets.token_urlsafe(24)
    protection = BestAvailableEncryption(passphrase.encode())
    packed = pkcs12.serialize_key_and_certificates(b"demo", key, signer, [authority], protection)
    _write(folder / SIGNER, packed)
    _write(folder / PASSPHRASE, passphrase.encode())
    _write(folder / AUTHORITY, authority.public_bytes(Encoding.PEM))


def _certificate(
    name: str,
    now: dt.datetime,
    key: ec.EllipticCurvePrivateKey,
    issuer: x509.Certificate | None = None,
    issuer_key: ec.EllipticCurvePrivateKey | None = None,
) -> x509.Certificate:
    """Return a certificate; without an issuer it is an authority that signs itself."""
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    is_authority = issuer is None
    signing_key = issuer_key or key
    usage = x509.KeyUsage(
        digital_signature=not is_authority,
        content_commitment=not is_authority,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=is_authority,
        crl_sign=is_authority,
        encipher_only=False,
        decipher_only=False,
    )
    own = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    above = x509.AuthorityKeyIdentifier.from_issuer_public_key(signing_key.public_key())
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(minutes=5))
        .not_valid_after(now + dt.timedelta(days=DAYS))
        .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(own, critical=False)
        .add_extension(above, critical=False)
    )
    return builder.sign(signing_key, hashes.SHA256())


def _write(path: Path, data: bytes) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(data)
