"""What the system checks say about files that others can read, and about certificates."""

from pathlib import Path

from pytest_django import Settings

from responsibilities.checks import check_data_folder, check_key_file, check_pdf_certificate
from tests.certificates import DAY, PASSPHRASE, authority, issue


def test_a_key_that_others_can_read_is_an_error(settings: Settings, tmp_path: Path) -> None:
    key = tmp_path / "secret_key"
    settings.KEY_FILE = key
    assert check_key_file(None) == []
    key.touch(mode=0o600)
    assert check_key_file(None) == []
    key.chmod(0o640)
    assert [message.id for message in check_key_file(None)] == ["responsibilities.E001"]
    settings.PRODUCTION = True
    assert check_key_file(None) == []


def test_a_data_folder_open_to_others_is_a_warning(settings: Settings, tmp_path: Path) -> None:
    settings.DATA_DIR = tmp_path
    tmp_path.chmod(0o700)
    assert check_data_folder(None) == []
    tmp_path.chmod(0o755)
    assert [message.id for message in check_data_folder(None)] == ["responsibilities.W001"]


def test_a_certificate_that_cannot_sign_pdfs_is_a_warning(
    settings: Settings, tmp_path: Path
) -> None:
    assert check_pdf_certificate(None) == []
    path = tmp_path / "signer.p12"
    settings.REXMATRIX_PDF_CERTIFICATE = str(path)
    settings.REXMATRIX_PDF_PASSPHRASE = PASSPHRASE
    (missing,) = check_pdf_certificate(None)
    assert missing.id == "responsibilities.W002"
    assert "cannot be read" in missing.msg
    above = authority()
    issue("Signer", above=above).write_pkcs12(path, PASSPHRASE)
    assert check_pdf_certificate(None) == []
    issue("Signer", above=above, end=20 * DAY).write_pkcs12(path, PASSPHRASE)
    (soon,) = check_pdf_certificate(None)
    assert soon.id == "responsibilities.W003"
    assert "expires in 19 days" in soon.msg
    issue("Signer", above=above, start=-2 * DAY, end=-DAY).write_pkcs12(path, PASSPHRASE)
    (expired,) = check_pdf_certificate(None)
    assert "expired on" in expired.msg
    settings.REXMATRIX_PDF_PASSPHRASE = "wrong"
    (closed,) = check_pdf_certificate(None)
    assert "wrong passphrase" in closed.msg
