"""Time stamps from a real HTTP server that answers well, badly, slowly, or not at all."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from asn1crypto import core, tsp
from django.test import override_settings

from responsibilities.exchange.pdf.signing import TIMESTAMP_ROOM, TimestampError
from responsibilities.exchange.pdf.timestamps import stamp
from responsibilities.matrix import Matrix
from tests.certificates import Issued, issue, rsa_key
from tests.certificates import authority as root
from tests.exchange.pdf.judging import judged
from tests.exchange.pdf.samples import Written, details, write
from tests.timestamping import Answer, Authority, make_authority, serving

NOBODY = "http://127.0.0.1:1/tsr"


@pytest.fixture(scope="module")
def authority() -> Authority:
    """An authority."""
    return make_authority()


@pytest.fixture
def signed_with(
    signer: Issued, matrices: dict[str, Matrix], parts: Path, tmp_path: Path
) -> Callable[[str], Written]:
    """Sign the rich matrix, with a time stamp of an authority at this address."""
    file = signer.write_pkcs12(tmp_path / "signer.p12")

    def written(address: str) -> Written:
        with override_settings(
            REXMATRIX_PDF_CERTIFICATE=str(file),
            REXMATRIX_PDF_PASSPHRASE="",
            REXMATRIX_TIMESTAMP_URL=address,
            REXMATRIX_PDF_CACHE_DIR=parts,
        ):
            return write(matrices["rich"], details())

    return written


def test_a_signature_with_a_time_stamp(
    signed_with: Callable[[str], Written], signer: Issued, authority: Authority
) -> None:
    with serving(authority.answer) as address:
        written = signed_with(address)
    assert written.notices == []
    status = judged(written.data, signer.root, authority.issued.root)
    assert status.bottom_line
    assert status.timestamp_validity is not None
    assert status.timestamp_validity.valid
    assert status.timestamp_validity.trusted
    assert written.data.count(b"%%EOF") == 1
    assert "whether an authority confirmed the time" in " ".join(written.pages()[-1].split())


def test_without_the_authority_the_file_is_signed_and_says_so(
    signed_with: Callable[[str], Written], signer: Issued
) -> None:
    written = signed_with(NOBODY)
    status = judged(written.data, signer.root)
    assert status.bottom_line
    assert status.timestamp_validity is None
    (notice,) = written.notices
    assert notice.startswith("Signed without a time stamp: the authority gave none (it cannot be")


def test_a_token_is_about_the_signature(authority: Authority) -> None:
    with serving(authority.answer) as address:
        token = stamp(b"signature", address)
    info = token["content"]["encap_content_info"]["content"].parsed
    hashed = info["message_imprint"]["hashed_message"].native
    assert hashed == hashlib.sha256(b"signature").digest()


def _about_something_else(authority: Authority, body: bytes) -> Answer:
    request = tsp.TimeStampReq.load(body)
    request["message_imprint"]["hashed_message"] = b"\0" * 32
    return 200, authority.stamp(request)


def _of_another_request(authority: Authority, body: bytes) -> Answer:
    request = tsp.TimeStampReq.load(body)
    request["nonce"] = core.Integer(7)
    return 200, authority.stamp(request)


def _with_a_broken_signature(authority: Authority, body: bytes) -> Answer:
    response = tsp.TimeStampResp.load(authority.answer(body)[1])
    signer = response["time_stamp_token"]["content"]["signer_infos"][0]
    signer["signature"] = bytes(len(signer["signature"].native))
    return 200, bytes(response.dump(force=True))


def _of_a_certificate_for_something_else(_authority: Authority, body: bytes) -> Answer:
    other = Authority(issue("No stamps", above=root(), key=rsa_key()))
    return 200, other.stamp(tsp.TimeStampReq.load(body))


def _refusal(_authority: Authority, _body: bytes) -> Answer:
    return 200, bytes.fromhex("30053003020102")  # a status of 2 and nothing else


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (_about_something_else, "it answered another request"),
        (_of_another_request, "it answered another request"),
        (_with_a_broken_signature, "its signature does not hold"),
        (_of_a_certificate_for_something_else, "its certificate is not for time stamps"),
        (_refusal, r"it refused \(rejection\)"),
        (lambda _authority, _body: (200, b"<html>hello</html>"), "cannot be read"),
        (lambda _authority, _body: (200, b""), "cannot be read"),
        (lambda _authority, _body: (200, bytes(TIMESTAMP_ROOM + 1)), "too large"),
        (lambda _authority, _body: (503, b"busy"), "it answered 503"),
        (lambda _authority, _body: (302, b""), "it answered 302"),
    ],
)
def test_a_wrong_answer_is_no_time_stamp(
    answer: Callable[[Authority, bytes], Answer], reason: str, authority: Authority
) -> None:
    with (
        serving(lambda body: answer(authority, body)) as address,
        pytest.raises(TimestampError, match=reason),
    ):
        stamp(b"signature", address)


def test_an_answer_that_drips_in_is_given_up(authority: Authority) -> None:
    start = time.monotonic()
    with (
        serving(authority.answer, drip=0.05) as address,
        pytest.raises(TimestampError, match="longer than"),
    ):
        stamp(b"signature", address, seconds=0.3)
    assert time.monotonic() - start < 10


def test_nobody_there() -> None:
    with pytest.raises(TimestampError, match="cannot be reached"):
        stamp(b"signature", NOBODY)
