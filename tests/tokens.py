"""PKCS#11 tokens for tests, made with SoftHSM."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pkcs11
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests.certificates import Issued
from tests.find_softhsm import softhsm_module, softhsm_program

PIN = "738215"


@contextmanager
def tokens(folder: Path) -> Iterator[None]:
    """Let SoftHSM keep its tokens in a folder. It reads that once per process."""
    (folder / "tokens").mkdir()
    configuration = folder / "softhsm2.conf"
    configuration.write_text(
        f"directories.tokendir = {folder / 'tokens'}\n"
        "objectstore.backend = file\n"
        "log.level = ERROR\n"
    )
    before = os.environ.get("SOFTHSM2_CONF")
    os.environ["SOFTHSM2_CONF"] = str(configuration)
    try:
        yield
    finally:
        pkcs11.unload(softhsm_module())
        del os.environ["SOFTHSM2_CONF"]
        if before is not None:
            os.environ["SOFTHSM2_CONF"] = before


def make_token(label: str) -> None:
    """Make an empty token."""
    _run("--init-token", "--free", "--label", label, "--so-pin", "1234567890", "--pin", PIN)


def put(token: str, name: str, issued: Issued, folder: Path, *, private: bool = False) -> None:
    """Put a key and its certificates on a token; private ones are seen with the PIN only."""
    file = folder / f"{name}.pem"
    file.write_bytes(issued.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    identifier = name.encode().hex()
    _run("--import", str(file), "--token", token, "--label", name, "--id", identifier, "--pin", PIN)
    file.unlink()
    module = pkcs11.lib(softhsm_module())
    module.reinitialize()  # a token made by another process
    above = {"authority": issued.authority.certificate} if issued.authority else {}
    with module.get_token(token_label=token).open(rw=True, user_pin=PIN) as session:
        for label, certificate in {name: issued.certificate, **above}.items():
            session.create_object(
                {
                    pkcs11.Attribute.CLASS: pkcs11.ObjectClass.CERTIFICATE,
                    pkcs11.Attribute.CERTIFICATE_TYPE: pkcs11.CertificateType.X_509,
                    pkcs11.Attribute.TOKEN: True,
                    pkcs11.Attribute.PRIVATE: private,
                    pkcs11.Attribute.LABEL: label,
                    pkcs11.Attribute.SUBJECT: certificate.subject.public_bytes(),
                    pkcs11.Attribute.VALUE: certificate.public_bytes(Encoding.DER),
                }
            )


def _run(*arguments: str) -> None:
    subprocess.run([softhsm_program(), *arguments], check=True, capture_output=True, timeout=30)
