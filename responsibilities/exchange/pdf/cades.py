"""Makes the signature itself: CAdES in CMS, as PAdES wants it (ETSI EN 319 142-1, level B).

Only `signing` uses it, and loads it with the first file that is signed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from asn1crypto import cms, keys
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from pyhanko.sign.general import SigningError as PyHankoSigningError
from pyhanko.sign.general import simple_cms_attribute
from pyhanko.sign.pkcs11 import PKCS11Signer
from pyhanko.sign.signers import Signer, SimpleSigner
from pyhanko_certvalidator.registry import SimpleCertificateStore

from responsibilities.exchange.pdf.certificates import Identity, PrivateKey, session
from responsibilities.exchange.pdf.timestamps import stamp

_ALGORITHM: Final = "sha256"


def sign_with_key(digest: bytes, key: PrivateKey, identity: Identity) -> cms.ContentInfo:
    """Sign the SHA-256 of a file with a key that we hold."""
    der = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    store = SimpleCertificateStore()
    store.register_multiple(_asn1(one) for one in identity.chain)
    signer = SimpleSigner(_asn1(identity.certificate), keys.PrivateKeyInfo.load(der), store)
    return _sign(digest, signer)


def sign_on_token(
    digest: bytes, token: Mapping[str, str], pin: str, identity: Identity
) -> cms.ContentInfo:
    """Sign the SHA-256 of a file with a key that never leaves its token.

    Raises SigningError as `certificates.session` does.
    """
    with session(token, pin) as opened:
        signer = PKCS11Signer(
            opened,
            signing_cert=_asn1(identity.certificate),
            ca_chain=[_asn1(one) for one in identity.chain],
            key_label=token["OBJECT"],
            # Tokens sign digests with ECDSA; few hash themselves.
            use_raw_mechanism=isinstance(
                identity.certificate.public_key(), ec.EllipticCurvePublicKey
            ),
        )
        return _sign(digest, signer)


def _sign(digest: bytes, signer: Signer) -> cms.ContentInfo:
    """Sign in a thread of its own: pyHanko needs an event loop, and here may run another."""

    def signed() -> cms.ContentInfo:
        return asyncio.run(signer.async_sign(digest, _ALGORITHM, use_pades=True))

    try:
        with ThreadPoolExecutor(1) as own:
            return own.submit(signed).result()
    except PyHankoSigningError as error:
        raise RuntimeError(str(error)) from error


def _asn1(certificate: x509.Certificate) -> asn1_x509.Certificate:
    return asn1_x509.Certificate.load(certificate.public_bytes(Encoding.DER))


def add_timestamp(signature: cms.ContentInfo, authority: str) -> None:
    """Let an authority say when the signature was there already; level B becomes T.

    Raises TimestampError, and leaves the signature as it was.
    """
    signer = signature["content"]["signer_infos"][0]
    token = stamp(signer["signature"].native, authority)
    signer["unsigned_attrs"] = [simple_cms_attribute("signature_time_stamp_token", token)]
