"""Signed exports from the request to the file: what the list, the log and the verifier say."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from django.urls import reverse
from pytest_django import Settings

from responsibilities import tasks
from responsibilities.choices import AuditAction, ExportStatus
from responsibilities.models import AuditEvent, Export, LogKey
from responsibilities.permissions import system_actor
from responsibilities.services import exports, log_keys
from tests.certificates import DAY, PASSPHRASE, Issued, authority, issue
from tests.exchange.pdf.judging import judged
from tests.signing import browser, sign
from tests.timestamping import make_authority, serving
from tests.verifier.bundles import make_bundle, verify
from tests.world import World

pytestmark = pytest.mark.pdf

NOBODY = "http://127.0.0.1:1/tsr"


@pytest.fixture
def signer(settings: Settings, tmp_path: Path) -> Issued:
    """A certificate that PDFs are signed with."""
    issued = issue("Vendor export signing", above=authority())
    settings.REXMATRIX_PDF_CERTIFICATE = str(issued.write_pkcs12(tmp_path / "s.p12", PASSPHRASE))
    settings.REXMATRIX_PDF_PASSPHRASE = PASSPHRASE
    return issued


def exported(world: World) -> Export:
    """Make a PDF as the task worker does."""
    export = exports.request(actor=system_actor(), workspace=world.workspace, format="pdf")
    tasks.make_export(export.pk)
    export.refresh_from_db()
    return export


def saved(export: Export, tmp_path: Path) -> Path:
    """Save the file of an export."""
    path = tmp_path / "matrix.pdf"
    with export.file.open("rb") as stored:
        path.write_bytes(stored.read())
    return path


def shown(world: World) -> str:
    """Return the page with the list of exports."""
    user = world.actor("party0").user
    assert user is not None
    page = browser(user).get(reverse("export_list", args=[world.workspace.slug]))
    return " ".join(page.content.decode().split())


def words(action: AuditAction) -> dict[str, Any]:
    """Return what the one event with this action says in words."""
    said: dict[str, Any] = json.loads(AuditEvent.objects.get(action=action).payload.payload)
    return said


def test_the_signed_file_is_the_one_in_list_log_and_bundle(
    world: World, signer: Issued, tmp_path: Path
) -> None:
    sign(world, "party0", "T-S0-01")
    export = exported(world)
    assert (export.status, export.notice) == (ExportStatus.DONE, "")
    file = saved(export, tmp_path)
    assert judged(file.read_bytes(), signer.root).bottom_line
    key = str(log_keys.verifier(LogKey.objects.get()))
    code, text = verify(file, "--key", key)
    assert code == 0, text
    assert "nothing was appended to the PDF" in text
    assert "every byte around the digital signature is as O=Vendor Inc." in text
    assert "what the pages show" not in text
    bundle = tmp_path / "bundle.zip"
    bundle.write_bytes(make_bundle(world.workspace)[0])
    code, text = verify(bundle, "--key", key, "--pdf", str(file))
    assert code == 0, text
    assert "byte for byte the file of event" in text


def test_an_edit_of_a_page_is_found_without_a_bundle(
    world: World, signer: Issued, tmp_path: Path
) -> None:
    """What the attachments cannot show: the pages themselves."""
    file = saved(exported(world), tmp_path)
    edited = tmp_path / "edited.pdf"
    with pikepdf.open(file) as opened:
        opened.pages[0].contents_add(b"0 0 200 200 re f")
        opened.save(edited)
    code, text = verify(edited)
    assert code == 1
    assert "the PDF was changed after it was signed" in text
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    edited.write_bytes(data)
    assert verify(edited)[0] == 1
    assert not judged(bytes(data), signer.root).bottom_line


def test_a_time_stamp_is_nothing_to_tell(world: World, signer: Issued, settings: Settings) -> None:
    stamps = make_authority()
    with serving(stamps.answer) as address:
        settings.REXMATRIX_TIMESTAMP_URL = address
        export = exported(world)
    assert export.notice == ""
    with export.file.open("rb") as stored:
        status = judged(stored.read(), signer.root, stamps.issued.root)
    assert status.bottom_line
    assert status.timestamp_validity is not None


def test_without_the_authority_list_and_log_say_so(
    world: World, signer: Issued, settings: Settings
) -> None:
    settings.REXMATRIX_TIMESTAMP_URL = NOBODY
    export = exported(world)
    assert export.status == ExportStatus.DONE
    assert "gave none (it cannot be reached: Connection refused)." in export.notice
    with export.file.open("rb") as stored:
        assert judged(stored.read(), signer.root).bottom_line
    assert "Ready" in shown(world)
    assert "Signed without a time stamp: the authority gave none" in shown(world)
    (change,) = (c for c in words(AuditAction.EXPORT_CREATED)["changes"] if c["field"] == "notice")
    assert change["new"] == export.notice


@pytest.mark.usefixtures("signer")
def test_nothing_comes_out_unsigned(world: World, settings: Settings) -> None:
    settings.REXMATRIX_PDF_PASSPHRASE = "wrong"
    export = exported(world)
    assert export.status == ExportStatus.FAILED
    assert export.error == (
        "No PDF was made, because it could not be signed. The file with the certificate does not "
        "open: wrong passphrase, or damaged. The operator of this server can put that right."
    )
    assert not export.file
    assert export.error in shown(world).replace("&#x27;", "'")
    assert words(AuditAction.EXPORT_FAILED)["reason"] == export.error


def test_an_expired_certificate_signs_nothing(
    world: World, settings: Settings, tmp_path: Path
) -> None:
    old = issue("Old", above=authority(), start=-9 * DAY, end=-DAY)
    settings.REXMATRIX_PDF_CERTIFICATE = str(old.write_pkcs12(tmp_path / "old.p12"))
    settings.REXMATRIX_PDF_PASSPHRASE = ""
    export = exported(world)
    assert export.status == ExportStatus.FAILED
    assert "could not be signed. The certificate “Old” expired on " in export.error
    assert not export.file


@pytest.mark.usefixtures("signer")
def test_the_json_is_not_signed(world: World) -> None:
    export = exports.request(actor=system_actor(), workspace=world.workspace, format="json")
    tasks.make_export(export.pk)
    export.refresh_from_db()
    with export.file.open("rb") as stored:
        assert b"signature" not in stored.read()
