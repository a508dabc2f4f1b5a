"""Signed PDFs, judged by pyHanko, by pikepdf and by the offline verifier."""

from __future__ import annotations

import io
import pickle
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pikepdf
import pypdf
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from django.test import override_settings
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.diff_analysis import ModificationLevel
from pyhanko.sign.validation.errors import SignatureValidationError
from pyhanko.sign.validation.status import SignatureCoverageLevel
from pytest_django import Settings

from responsibilities.choices import Paper
from responsibilities.exchange.pdf import signing
from responsibilities.exchange.pdf.certificates import SigningError
from responsibilities.matrix import Matrix
from tests.certificates import DAY, PASSPHRASE, Issued, Key, authority, ec_key, issue, rsa_key
from tests.exchange.pdf.judging import judged
from tests.exchange.pdf.samples import Written, details, squeezed, write
from tests.verifier.bundles import VERIFIER
from tests.verifier.test_alone import Alone


@pytest.fixture
def file(signed: Written) -> Iterator[Any]:
    """The signed file, opened. Untyped: pikepdf objects answer to any name."""
    with pikepdf.open(io.BytesIO(signed.data)) as opened:
        yield opened


def holds_offline(data: bytes) -> bool:
    """Say whether the offline verifier finds nothing wrong with the signature of a file."""
    report = VERIFIER.Report()
    return VERIFIER.check_signature(report, data) and not report.failed


def is_judged_changed(data: bytes, signer: Issued) -> bool:
    """Say whether pyHanko refuses a file, or its signature."""
    try:
        return not judged(data, signer.root).bottom_line
    except (PdfError, SignatureValidationError, ValueError):
        return True


def test_it_is_valid_trusted_and_covers_the_whole_file(signed: Written, signer: Issued) -> None:
    status = judged(signed.data, signer.root)
    assert status.bottom_line
    assert (status.intact, status.valid, status.trusted) == (True, True, True)
    assert status.coverage == SignatureCoverageLevel.ENTIRE_FILE
    assert status.modification_level == ModificationLevel.NONE
    assert status.docmdp_ok
    assert status.signer_reported_dt is not None
    assert not judged(signed.data).trusted
    assert not judged(signed.data, authority().root).trusted
    assert holds_offline(signed.data)


def test_a_package_that_is_missing_is_named_and_no_sign_of_a_change(
    signed: Written, tmp_path: Path
) -> None:
    path = tmp_path / "signed.pdf"
    path.write_bytes(signed.data)
    code, text = Alone(tmp_path, "pypdf").verify(str(path))
    assert code == 2
    assert "CANNOT BE VERIFIED: the package cryptography is missing" in text
    assert "FAILED" not in text


def test_it_is_a_pades_signature_in_one_revision_that_allows_no_change(signed: Written) -> None:
    reader = PdfFileReader(io.BytesIO(signed.data))
    assert reader.total_revisions == 1
    assert signed.data.count(b"%%EOF") == 1
    (found,) = reader.embedded_signatures
    assert found.sig_object["/SubFilter"] == "/ETSI.CAdES.detached"
    assert {attribute["type"].native for attribute in found.signer_info["signed_attrs"]} == {
        "content_type",
        "message_digest",
        "signing_certificate_v2",
    }
    assert found.docmdp_level is not None
    assert found.docmdp_level.name == "NO_CHANGES"
    assert len(list(found.other_embedded_certs)) == 1


def test_the_field_is_invisible_and_tagged(file: Any) -> None:
    (field,) = file.Root.AcroForm.Fields
    page = file.pages[-1].obj
    assert int(file.Root.AcroForm.SigFlags) == 3
    assert [float(edge) for edge in field.Rect] == [0, 0, 0, 0]
    assert "/AP" not in field
    assert int(field.F) == 4 | 128
    assert field.P.objgen == page.objgen
    assert field.objgen in [annotation.objgen for annotation in page.Annots]
    assert page.Tabs == "/S"
    assert str(field.TU) == "Digital signature: Vendor export signing"
    numbers = list(file.Root.StructTreeRoot.ParentTree.Nums)
    parents = dict(zip(map(int, numbers[::2]), numbers[1::2], strict=True))
    element = parents[int(field.StructParent)]
    assert str(element.Alt) == "Digital signature of this file by Vendor export signing"
    assert element.K[0].Obj.objgen == field.objgen
    assert element.objgen in [kid.objgen for kid in element.P.K if "/S" in kid]
    assert str(field.V.Reason) == "Export of a responsibility matrix"


def test_the_last_page_says_who_signed_and_when(signed: Written, signer: Issued) -> None:
    page = signed.pages()[-1]
    status = judged(signed.data, signer.root)
    assert status.signer_reported_dt is not None
    fingerprint = status.signing_cert.sha256.hex()
    for words in (
        "Vendor export signing, Vendor Inc. (certificate of Test root)",
        f"{status.signer_reported_dt:%H:%M} UTC (the clock of the server)",
        fingerprint,
        "not by this signature",
    ):
        assert squeezed(words) in squeezed(page)


def test_without_a_certificate_nothing_is_signed(rich: Written) -> None:
    with pikepdf.open(io.BytesIO(rich.data)) as opened:
        assert "/AcroForm" not in opened.Root
    assert "Digital signature" not in "".join(rich.pages())
    report = VERIFIER.Report()
    assert VERIFIER.check_signature(report, rich.data) is False
    assert report.failed == []


def test_a_changed_byte_is_found(signed: Written, signer: Issued) -> None:
    data = signed.data
    place = range(data.index(b"/Contents <"), data.index(b">", data.index(b"/Contents <")))
    for at in range(7, len(data), len(data) // 40):
        if at in place:
            continue  # the room of the signature itself
        changed = bytearray(data)
        changed[at] ^= 1
        assert is_judged_changed(bytes(changed), signer), at
        assert not holds_offline(bytes(changed)), at


def test_a_changed_byte_in_the_room_that_is_left_is_found(signed: Written) -> None:
    at = signed.data.index(b"0>", signed.data.index(b"/Contents <"))
    changed = bytearray(signed.data)
    changed[at] = ord("1")
    assert not holds_offline(bytes(changed))


def edited_by_pikepdf(data: bytes) -> bytes:
    """Draw a square on the first page, and save the file anew."""
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(data)) as opened:
        opened.pages[0].contents_add(b"0 0 200 200 re f")
        opened.save(out)
    return out.getvalue()


def edited_by_pypdf(data: bytes) -> bytes:
    """Turn the first page, appended to the file."""
    writer = pypdf.PdfWriter(io.BytesIO(data), incremental=True)
    writer.pages[0].rotate(90)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def edited_by_pyhanko(data: bytes) -> bytes:
    """Add to the catalog, appended to the file."""
    writer = IncrementalPdfFileWriter(io.BytesIO(data))
    writer.root["/Added"] = generic.pdf_string("later")
    writer.update_root()
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


@pytest.mark.parametrize("edited", [edited_by_pikepdf, edited_by_pypdf, edited_by_pyhanko])
def test_an_edit_saved_with_a_pdf_tool_is_found(
    edited: Any, signed: Written, signer: Issued
) -> None:
    changed = edited(signed.data)
    assert is_judged_changed(changed, signer)
    assert not holds_offline(changed)


def test_a_signature_of_another_certificate_over_the_same_bytes_is_no_longer_ours(
    signed: Written, signer: Issued
) -> None:
    """Whoever signs anew is seen by the fingerprint, which the verifier asks to compare."""
    report = VERIFIER.Report()
    VERIFIER.check_signature(report, signed.data)
    (asked,) = report.unchecked
    assert judged(signed.data, signer.root).signing_cert.sha256.hex() in asked


@pytest.mark.parametrize(
    ("key", "passphrase", "paper"),
    [(ec_key(), "", Paper.LETTER), (rsa_key(), PASSPHRASE, Paper.A4)],
    ids=["ECDSA", "RSA, encrypted"],
)
def test_certificates_in_pem(
    key: Key, passphrase: str, paper: Paper, matrices: dict[str, Matrix], tmp_path: Path
) -> None:
    issued = issue("Signer", above=authority(), key=key)
    path = issued.write_pem(tmp_path / "signer.pem", passphrase)
    with override_settings(
        REXMATRIX_PDF_CERTIFICATE=str(path), REXMATRIX_PDF_PASSPHRASE=passphrase
    ):
        written = write(matrices["narrow"], details(paper=paper))
    assert judged(written.data, issued.root).bottom_line
    assert holds_offline(written.data)
    assert written.notices == []


def refused(path: Path, settings: Settings, passphrase: str = PASSPHRASE) -> str:
    """Return why a certificate is refused; before anything is rendered, and by the check too."""
    settings.REXMATRIX_PDF_CERTIFICATE, settings.REXMATRIX_PDF_PASSPHRASE = str(path), passphrase
    with pytest.raises(SigningError) as refusal:
        signing.prepare()
    return str(refusal.value)


def test_files_that_do_not_open_are_refused(tmp_path: Path, settings: Settings) -> None:
    issued = issue("Signer", above=authority())
    packed = issued.write_pkcs12(tmp_path / "signer.p12", PASSPHRASE)
    pem = issued.write_pem(tmp_path / "signer.pem", PASSPHRASE)
    for path in (packed, pem):
        for wrong in ("wrong", ""):
            assert "wrong passphrase, or damaged" in refused(path, settings, wrong)
    assert "cannot be read (No such file" in refused(tmp_path / "none.p12", settings)
    packed.write_bytes(packed.read_bytes()[:-20])
    assert "wrong passphrase, or damaged" in refused(packed, settings)
    alone = issued.certificate.public_bytes(Encoding.PEM)
    pem.write_bytes(alone)
    assert "wrong passphrase, or damaged" in refused(pem, settings)
    key = issued.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    pem.write_bytes(key)
    assert "holds none that belongs to its key" in refused(pem, settings, "")
    pem.write_bytes(key + authority().certificate.public_bytes(Encoding.PEM))
    assert "holds none that belongs to its key" in refused(pem, settings, "")


def test_certificates_that_do_not_fit_are_refused(tmp_path: Path, settings: Settings) -> None:
    above = authority()
    for reason, issued in {
        "“Old” expired on": issue("Old", above=above, start=-9 * DAY, end=-DAY),
        "“New” is not valid before": issue("New", above=above, start=DAY),
        "“Web” is not for signing": issue("Web", above=above, may_sign=False),
        "“Weak” is neither ECDSA nor RSA of 2048": issue("Weak", above=above, key=rsa_key(1024)),
        "“Test root” is not for signing": above,
    }.items():
        path = issued.write_pkcs12(tmp_path / "signer.p12", PASSPHRASE)
        assert reason in refused(path, settings)


def test_what_goes_to_a_rendering_process_holds_no_secret(
    tmp_path: Path, settings: Settings, signer: Issued
) -> None:
    path = signer.write_pkcs12(tmp_path / "signer.p12", PASSPHRASE)
    settings.REXMATRIX_PDF_CERTIFICATE, settings.REXMATRIX_PDF_PASSPHRASE = str(path), PASSPHRASE
    prepared = signing.prepare()
    assert prepared is not None
    sent = pickle.dumps(prepared.place())
    number = signer.key.private_numbers().private_value.to_bytes(32, "big")  # type: ignore[union-attr]
    assert number in signer.key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    for secret in (number, PASSPHRASE.encode(), str(path).encode()):
        assert secret not in sent
