"""Asks an authority for a time stamp (RFC 3161, over HTTP as in its section 3.4)."""

from __future__ import annotations

import hashlib
import http.client
import secrets
import time
import urllib.error
import urllib.request
from typing import Final, override

from asn1crypto import algos, cms, core, tsp
from pyhanko.sign.general import extract_signer_info
from pyhanko.sign.validation.generic_cms import (
    extract_certs_for_validation,
    validate_sig_integrity,
)

from responsibilities.exchange.pdf.signing import TIMESTAMP_ROOM, TimestampError

SECONDS: Final = 10.0
_CHUNK: Final = 4096
_GRANTED: Final = {"granted", "granted_with_mods"}


class _Response(core.Sequence):  # type: ignore[misc]  # an untyped library
    """An answer; where it is a refusal there is no token (RFC 3161, 2.4.2)."""

    _fields = [
        ("status", tsp.PKIStatusInfo),
        ("time_stamp_token", cms.ContentInfo, {"optional": True}),
    ]


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """The authority is the one that was configured, and no other."""

    @override
    def redirect_request(self, *args: object, **kwargs: object) -> None:
        return None


def stamp(signature: bytes, authority: str, seconds: float = SECONDS) -> cms.ContentInfo:
    """Return a time stamp token over the SHA-256 of a signature.

    What comes back must be about this signature and this request, and must be signed by the
    certificate in it. Whether that authority is trusted is for whoever validates.

    Raises TimestampError when nothing comes within `seconds`, or anything else than that.
    """
    digest = hashlib.sha256(signature).digest()
    nonce = secrets.randbits(63)
    answer = _ask(authority, _request(digest, nonce).dump(), seconds)
    try:
        return _checked(answer, digest, nonce)
    except TimestampError:
        raise
    except Exception as error:  # a parser may raise anything on what others send
        msg = f"its answer cannot be read ({type(error).__name__})"
        raise TimestampError(msg) from error


def _request(digest: bytes, nonce: int) -> tsp.TimeStampReq:
    algorithm = algos.DigestAlgorithm({"algorithm": "sha256"})
    return tsp.TimeStampReq(
        {
            "version": 1,
            "message_imprint": {"hash_algorithm": algorithm, "hashed_message": digest},
            "nonce": nonce,
            "cert_req": True,
        }
    )


def _ask(authority: str, body: bytes, seconds: float) -> bytes:
    """Post a request and return the answer, bounded in time and size."""
    end = time.monotonic() + seconds
    headers = {
        "Content-Type": "application/timestamp-query",
        "Accept": "application/timestamp-reply",
    }
    request = urllib.request.Request(authority, body, headers, method="POST")  # noqa: S310
    try:
        with urllib.request.build_opener(_NoRedirect).open(request, timeout=seconds) as response:
            answer = b""
            while chunk := response.read1(_CHUNK):
                answer += chunk
                if len(answer) > TIMESTAMP_ROOM:
                    msg = "its answer is too large"
                    raise TimestampError(msg)
                if time.monotonic() > end:
                    msg = f"it took longer than {seconds:g} seconds"
                    raise TimestampError(msg)
            return answer
    except urllib.error.HTTPError as error:
        msg = f"it answered {error.code}"
        raise TimestampError(msg) from error
    except (OSError, http.client.HTTPException, ValueError) as error:
        msg = f"it cannot be reached: {_words(error)}"
        raise TimestampError(msg) from error


def _words(error: BaseException) -> str:
    """Return what the system said, such as "Connection refused", without the frame around it."""
    reason = getattr(error, "reason", error)
    return str(getattr(reason, "strerror", None) or reason)


def _checked(answer: bytes, digest: bytes, nonce: int) -> cms.ContentInfo:
    """Return the token of an answer. Raises TimestampError, and whatever parsing raises."""
    response = _Response.load(answer, strict=True)
    status = response["status"]["status"].native
    if status not in _GRANTED:
        msg = f"it refused ({status})"
        raise TimestampError(msg)
    token = response["time_stamp_token"]
    data = token["content"]
    content = data["encap_content_info"]["content"]
    info = content.parsed
    imprint = info["message_imprint"]
    asked = (info["nonce"].native, imprint["hash_algorithm"]["algorithm"].native)
    if asked != (nonce, "sha256") or imprint["hashed_message"].native != digest:
        msg = "it answered another request"
        raise TimestampError(msg)
    signer = extract_signer_info(data)
    certificate = extract_certs_for_validation(data).signer_cert
    hashed = hashlib.new(signer["digest_algorithm"]["algorithm"].native, bytes(content)).digest()
    if not all(validate_sig_integrity(signer, certificate, "tst_info", hashed)):
        msg = "its signature does not hold"
        raise TimestampError(msg)
    usage = certificate.extended_key_usage_value
    if usage is None or "time_stamping" not in usage.native:
        msg = "its certificate is not for time stamps"
        raise TimestampError(msg)
    return token
