"""The variables that say who signs PDFs."""

from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from rexmatrix.env import Env
from rexmatrix.signature import passphrase, signer, timestamp_authority
from tests.programs import start

URI = "pkcs11:token=Office%3B%20export;object=signer?module-path=/usr/lib/module.so"


def test_nothing_is_signed_by_default() -> None:
    env = Env({})
    assert signer(env) == ("", {})
    assert passphrase(env, is_needed=False) == ""
    assert timestamp_authority(env, is_needed=False) == ""


def test_a_file_or_a_token() -> None:
    assert signer(Env({"REXMATRIX_PDF_CERTIFICATE": "/etc/signer.p12"})) == ("/etc/signer.p12", {})
    found = {"MODULE": "/usr/lib/module.so", "LABEL": "Office; export", "OBJECT": "signer"}
    assert signer(Env({"REXMATRIX_PDF_PKCS11": URI})) == ("", found)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"REXMATRIX_PDF_CERTIFICATE": "signer.p12"}, "must be an absolute path"),
        ({"REXMATRIX_PDF_CERTIFICATE": "/a", "REXMATRIX_PDF_PKCS11": URI}, "not both"),
        ({"REXMATRIX_PDF_PKCS11": "/usr/lib/module.so"}, "must have the form pkcs11:token="),
        ({"REXMATRIX_PDF_PKCS11": URI.replace("token", "serial")}, "must have the form"),
        ({"REXMATRIX_PDF_PKCS11": URI.replace(";object=signer", "")}, "must have the form"),
        ({"REXMATRIX_PDF_PKCS11": f"{URI}&module-path=/other.so"}, "must have the form"),
        ({"REXMATRIX_PDF_PKCS11": URI.replace("=signer", "=")}, "must name a token, an object"),
        ({"REXMATRIX_PDF_PKCS11": URI.replace("/usr", "usr")}, "an absolute module-path"),
        ({"REXMATRIX_PDF_PKCS11": f"{URI}&pin-value=1234"}, "must not hold the PIN"),
    ],
)
def test_what_cannot_be_meant_is_refused(values: dict[str, str], said: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=said) as refused:
        signer(Env(values))
    assert "1234" not in str(refused.value)


def test_the_passphrase_may_come_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "passphrase"
    file.write_text(" with spaces \n", encoding="utf-8")
    name = "REXMATRIX_PDF_PASSPHRASE"
    assert passphrase(Env({f"{name}_FILE": str(file)}), is_needed=True) == " with spaces "
    assert passphrase(Env({name: "secret"}), is_needed=True) == "secret"
    with pytest.raises(ImproperlyConfigured, match="not both"):
        passphrase(Env({name: "secret", f"{name}_FILE": str(file)}), is_needed=True)
    with pytest.raises(ImproperlyConfigured, match="cannot be read"):
        passphrase(Env({f"{name}_FILE": str(tmp_path / "none")}), is_needed=True)


def test_a_passphrase_or_an_authority_alone_is_a_mistake() -> None:
    with pytest.raises(ImproperlyConfigured, match="PDFs would be unsigned"):
        passphrase(Env({"REXMATRIX_PDF_PASSPHRASE": "secret"}), is_needed=False)
    address = {"REXMATRIX_TIMESTAMP_URL": "https://tsa.example.com/tsr"}
    with pytest.raises(ImproperlyConfigured, match="PDFs would be unsigned"):
        timestamp_authority(Env(address), is_needed=False)
    assert timestamp_authority(Env(address), is_needed=True) == "https://tsa.example.com/tsr"


@pytest.mark.parametrize(
    "address", ["ftp://tsa.example.com", "https://", "https://me:secret@tsa.example.com/", "tsa"]
)
def test_addresses_of_no_authority(address: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="REXMATRIX_TIMESTAMP_URL") as refused:
        timestamp_authority(Env({"REXMATRIX_TIMESTAMP_URL": address}), is_needed=True)
    assert "secret" not in str(refused.value)


def test_the_application_starts_with_them_and_its_check_tells(tmp_path: Path) -> None:
    values = {
        "REXMATRIX_DATA_DIR": str(tmp_path / "data"),
        "REXMATRIX_PDF_PKCS11": "pkcs11:token=T;object=O?module-path=/nowhere/module.so",
        "REXMATRIX_PDF_PASSPHRASE": "1234",
    }
    code = "from django.core.management import call_command; call_command('check')"
    started = start(values, code)
    assert started.returncode == 0
    assert "The token “T” does not answer" in started.stderr
    assert "1234" not in started.stderr
    refused = start(values | {"REXMATRIX_PDF_CERTIFICATE": "/a.p12"}, code)
    assert refused.stderr.startswith("Rexmatrix cannot start: set REXMATRIX_PDF_CERTIFICATE or")
