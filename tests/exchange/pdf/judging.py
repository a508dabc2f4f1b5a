"""What pyHanko says about signatures."""

from __future__ import annotations

import io
from concurrent.futures import ThreadPoolExecutor

from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko.sign.validation.status import PdfSignatureStatus
from pyhanko_certvalidator import ValidationContext


def judged(data: bytes, *roots: x509.Certificate) -> PdfSignatureStatus:
    """Return what pyHanko says about the one signature of a file; it trusts these roots alone.

    It asks in a thread of its own: pyHanko needs an event loop, and browser tests leave one here.
    """
    (found,) = PdfFileReader(io.BytesIO(data)).embedded_signatures
    trusted = [asn1_x509.Certificate.load(one.public_bytes(Encoding.DER)) for one in roots]
    context = ValidationContext(trust_roots=trusted, allow_fetching=False)
    with ThreadPoolExecutor(1) as own:
        asked = own.submit(validate_pdf_signature, found, context, ts_validation_context=context)
        return asked.result()
