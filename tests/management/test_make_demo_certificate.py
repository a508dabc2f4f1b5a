"""The certificate for trying signed PDFs out."""

from __future__ import annotations

import datetime as dt
import stat
from io import StringIO
from pathlib import Path

import pytest
from cryptography import x509
from django.core.management import call_command
from django.core.management.base import CommandError
from django.utils import timezone
from pytest_django import Settings

from responsibilities.checks import check_pdf_certificate
from responsibilities.exchange.pdf import signing
from rexmatrix.env import Env
from rexmatrix.signature import passphrase, signer


def run(*options: str) -> str:
    """Run the command and return what it wrote."""
    out = StringIO()
    call_command("make_demo_certificate", *options, stdout=out)
    return out.getvalue()


def test_what_it_says_to_set_signs(tmp_path: Path, settings: Settings) -> None:
    said = run(str(tmp_path / "demo"))
    lines = [line.strip() for line in said.splitlines() if line.startswith("  REXMATRIX_")]
    env = Env(dict(line.split("=", 1) for line in lines))
    assert len(env.values) == 2
    settings.REXMATRIX_PDF_CERTIFICATE, settings.REXMATRIX_PDF_PKCS11 = signer(env)
    settings.REXMATRIX_PDF_PASSPHRASE = passphrase(env, is_needed=True)
    prepared = signing.prepare()
    assert prepared is not None
    assert prepared.identity.name == "Rexmatrix demo signer"
    assert "Nobody trusts it" in said
    above = x509.load_pem_x509_certificate((tmp_path / "demo" / "demo-authority.pem").read_bytes())
    assert prepared.identity.chain == (above,)
    prepared.identity.certificate.verify_directly_issued_by(above)
    left = prepared.identity.certificate.not_valid_after_utc - timezone.now()
    assert dt.timedelta(days=29) < left <= dt.timedelta(days=30)
    assert check_pdf_certificate(None) == []


def test_nobody_else_can_read_it(tmp_path: Path) -> None:
    run(str(tmp_path / "demo"))
    modes = {
        entry.name: stat.S_IMODE(entry.stat().st_mode) for entry in (tmp_path / "demo").iterdir()
    }
    assert modes == dict.fromkeys(
        ("demo-signer.p12", "demo-signer.passphrase", "demo-authority.pem"), 0o600
    )
    assert stat.S_IMODE((tmp_path / "demo").stat().st_mode) == 0o700


def test_it_overwrites_nothing(tmp_path: Path, settings: Settings) -> None:
    settings.DATA_DIR = tmp_path
    run()
    folder = tmp_path / "demo_certificate"
    before = {entry: entry.read_bytes() for entry in folder.iterdir()}
    assert len(before) == 3
    with pytest.raises(CommandError, match="is there already"):
        run()
    (folder / "demo-signer.p12").unlink()
    with pytest.raises(CommandError, match="Nothing was written"):
        run()
    assert {entry.name for entry in folder.iterdir()} == {
        "demo-signer.passphrase",
        "demo-authority.pem",
    }


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(CommandError, match="cannot be written"):
        run(str(tmp_path / "file" / "below"))
