"""The offline verifier on exported PDFs: the attachments prove the matrix, the bundle the bytes."""

from __future__ import annotations

import io
import random
from pathlib import Path

import pikepdf
import pypdf
import pytest
from django.core import mail

from responsibilities import tasks
from responsibilities.choices import AuditAction, ExportStatus
from responsibilities.models import AuditEvent, Checkpoint, Export, LogKey
from responsibilities.permissions import system_actor
from responsibilities.services import checkpoints, exports, log_keys
from tests.attacks import documented
from tests.signing import edit, sign
from tests.verifier.bundles import VERIFIER, make_bundle, verify
from tests.world import World

pytestmark = pytest.mark.pdf

KEY = "T-S0-01"
SEED = 20261122
BYTES = 220
# The lines of the table in docs/attacks.md that this module measures.
APPENDED = "something appended to a PDF"
ATTACHED = "an attachment of a PDF changed"
DRAWN_OVER = "a page of a PDF drawn over, and the file saved anew"
ONE_BYTE = "one byte of a PDF changed"
IN_PDFS = frozenset({APPENDED, ATTACHED, DRAWN_OVER, ONE_BYTE})


@pytest.fixture
def exported(world: World) -> Export:
    """A PDF of a matrix with sign-offs, made as a task makes it, after a first checkpoint."""
    edit(world, KEY, note="We do.")
    sign(world, "party0", KEY)
    sign(world, "party1", KEY)
    checkpoints.issue(actor=system_actor(), workspace=world.workspace)
    edit(world, "T-S0-02", note="Later")
    export = exports.request(actor=system_actor(), workspace=world.workspace, format="pdf")
    tasks.make_export(export.pk)
    export.refresh_from_db()
    assert export.status == ExportStatus.DONE, export.error
    return export


@pytest.fixture
def file(exported: Export, tmp_path: Path) -> Path:
    """The PDF as it was downloaded."""
    path = tmp_path / "matrix.pdf"
    with exported.file.open("rb") as stored:
        path.write_bytes(stored.read())
    return path


def key() -> str:
    """Return the verifier key as it is published."""
    return str(log_keys.verifier(LogKey.objects.get()))


def kept(tmp_path: Path, checkpoint: Checkpoint) -> str:
    """Keep a checkpoint as a file, and return its path."""
    path = tmp_path / f"kept-{checkpoint.size}.txt"
    path.write_text(checkpoint.note, encoding="utf-8")
    return str(path)


def replaced(file: Path, name: str, old: bytes, new: bytes) -> Path:
    """Save the PDF with an attachment changed, as a PDF tool does."""
    with pikepdf.open(file) as pdf:
        stream = pdf.attachments[name].get_file()
        data = stream.read_bytes()
        assert old in data
        stream.obj.write(data.replace(old, new))
        path = file.with_name("changed.pdf")
        pdf.save(path)
    return path


def test_an_intact_pdf_proves_its_matrix(file: Path, tmp_path: Path) -> None:
    first, second = Checkpoint.objects.order_by("size")
    code, text = verify(
        file,
        "--key",
        key(),
        "--checkpoint",
        kept(tmp_path, first),
        "--checkpoint",
        kept(tmp_path, second),
    )
    assert code == 0, text
    prepared = AuditEvent.objects.get(action=AuditAction.EXPORT_PREPARED)
    for said in (
        f"the matrix is the one that event {prepared.seq} names",
        "2 signed statements",
        "3 events, each with its inclusion proof",
        "consistency with 2 checkpoints that somebody kept",
        "not checked  what the pages show",
    ):
        assert said in text


def test_the_pages_print_the_checkpoint(file: Path) -> None:
    checkpoint = Checkpoint.objects.order_by("-size")[0]
    pages = pypdf.PdfReader(file).pages
    text = "".join(page.extract_text() for page in pages[-2:])
    packed = "".join(text.split())
    for line in checkpoint.note.split("\n"):
        assert "".join(line.split()) in packed
    assert checkpoint.key.fingerprint in packed


def test_the_checkpoint_is_mailed(exported: Export) -> None:
    checkpoint = Checkpoint.objects.order_by("-size")[0]
    tasks.mail_checkpoint.call(checkpoint.pk)
    assert exported.workspace.name in mail.outbox[0].subject
    assert len(mail.outbox) == 2


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("matrix.json", b"We do.", b"We no."),
        ("matrix.json", b'"letter":"A"', b'"letter":"C"'),
        ("proof.json", b"Vera", b"Vero"),
        ("proof.json", b"export.prepared", b"export.prepbred"),
    ],
)
def test_a_changed_attachment_is_found(file: Path, name: str, old: bytes, new: bytes) -> None:
    code, text = verify(replaced(file, name, old, new), "--key", key())
    assert code == 1, text


def judged(path: Path, bundle: Path, kept_file: str) -> tuple[str, str, str]:
    """Return what finds a change of a PDF, in the words of the guide for auditors."""
    found = []
    for options in ((), ("--checkpoint", kept_file)):
        alone = verify(path, "--key", key(), *options)[0]
        together = verify(bundle, "--key", key(), "--pdf", str(path), *options)[0]
        assert together == VERIFIER.TAMPERED
        found.append("found" if alone == VERIFIER.TAMPERED else "found with the bundle")
    return "not in the database", found[0], found[1]


@pytest.fixture
def bundle(world: World, file: Path) -> Path:
    """A bundle that was made after the PDF: its log names the SHA-256 of the PDF."""
    assert file.exists()
    path = file.with_name("bundle.zip")
    path.write_bytes(make_bundle(world.workspace)[0])
    return path


@pytest.fixture
def old(file: Path, tmp_path: Path) -> str:
    """The checkpoint that somebody kept before the PDF was made."""
    assert file.exists()
    return kept(tmp_path, Checkpoint.objects.order_by("size")[0])


def appended(file: Path) -> Path:
    """Turn a page with a PDF tool that leaves the old bytes and adds new ones behind them."""
    writer = pypdf.PdfWriter(io.BytesIO(file.read_bytes()), incremental=True)
    writer.pages[0].rotate(90)
    path = file.with_name("appended.pdf")
    writer.write(path)
    assert path.read_bytes().startswith(file.read_bytes())
    return path


def drawn_over(file: Path) -> Path:
    """Blacken a part of a page with a PDF tool that writes the whole file anew."""
    path = file.with_name("edited.pdf")
    with pikepdf.open(file) as pdf:
        pdf.pages[0].contents_add(b"0 0 200 200 re f")
        pdf.save(path)
    assert pypdf.PdfReader(path).attachments == pypdf.PdfReader(file).attachments
    return path


def test_what_is_appended_is_found(file: Path, bundle: Path, old: str) -> None:
    path = appended(file)
    assert judged(path, bundle, old) == documented()[APPENDED]
    assert "something was appended to it" in verify(path)[1]


def test_a_visible_edit_saved_anew_is_found(file: Path, bundle: Path, old: str) -> None:
    """By the bundle. The PDF alone says that it did not check what the pages show."""
    path = drawn_over(file)
    assert judged(path, bundle, old) == documented()[DRAWN_OVER]
    assert "not checked  what the pages show" in verify(path)[1]


def test_a_changed_attachment_is_found_with_all_that_checks(
    file: Path, bundle: Path, old: str
) -> None:
    path = replaced(file, "matrix.json", b"We do.", b"We no.")
    assert judged(path, bundle, old) == documented()[ATTACHED]


def attached(file: Path) -> list[range]:
    """Return where in the file the bytes of its attachments stand."""
    data, found = file.read_bytes(), []
    with pikepdf.open(file) as pdf:
        for name in ("matrix.json", "proof.json"):
            raw = pdf.attachments[name].get_file().obj.read_raw_bytes()
            assert data.count(raw) == 1
            found.append(range(data.index(raw), data.index(raw) + len(raw)))
    return found


def with_one_byte_changed(file: Path, at: int, dice: random.Random) -> Path:
    """Flip one bit of one byte."""
    data = bytearray(file.read_bytes())
    data[at] ^= 1 << dice.randrange(8)
    path = file.with_name("byte.pdf")
    path.write_bytes(data)
    return path


def test_the_bundle_finds_one_changed_byte_anywhere(file: Path, bundle: Path, old: str) -> None:
    code, text = verify(bundle, "--key", key(), "--pdf", str(file))
    assert code == 0, text
    assert "matrix.pdf: byte for byte the file of event" in text
    dice = random.Random(SEED)
    size = file.stat().st_size
    places = {0, size - 1, *dice.sample(range(size), BYTES)}
    assert len(places) >= 200
    for at in sorted(places):
        path = with_one_byte_changed(file, at, dice)
        code, text = verify(bundle, "--key", key(), "--pdf", str(path))
        assert code == VERIFIER.TAMPERED, (at, text)
        assert "byte.pdf: not a file that the log knows" in text
    # In the middle of a picture or a font, of which the PDF alone knows nothing.
    path = with_one_byte_changed(file, size // 2, dice)
    assert judged(path, bundle, old) == documented()[ONE_BYTE]


def test_what_the_pdf_alone_finds_of_one_changed_byte(file: Path) -> None:
    """In its attachments every byte, unless they read the same; elsewhere hardly any.

    A byte elsewhere is one of a page, a font or a picture. It is found only if the file cannot
    be read any more. The verifier says so: "what the pages show" is not checked.
    """
    dice = random.Random(SEED)
    places = attached(file)
    intact = VERIFIER.attachments(file.read_bytes())
    for at in (at for place in places for at in dice.sample(place, 20)):
        path = with_one_byte_changed(file, at, dice)
        code, text = verify(path, "--key", key())
        same = code == VERIFIER.INTACT and VERIFIER.attachments(path.read_bytes()) == intact
        assert same or code in (VERIFIER.TAMPERED, VERIFIER.UNVERIFIABLE), (at, text)
    elsewhere = [at for at in range(file.stat().st_size) if all(at not in p for p in places)]
    for at in dice.sample(elsewhere, 20):
        code, text = verify(with_one_byte_changed(file, at, dice), "--key", key())
        assert code != VERIFIER.INTACT or "not checked  what the pages show" in text


def test_a_pdf_without_proof_cannot_be_verified(file: Path) -> None:
    with pikepdf.open(file) as pdf:
        del pdf.attachments["proof.json"]
        path = file.with_name("bare.pdf")
        pdf.save(path)
    code, text = verify(path)
    assert code == 2
    assert "carries no proof" in text


def test_damaged_pdfs_give_no_traceback(file: Path) -> None:
    data = file.read_bytes()
    path = file.with_name("damaged.pdf")
    for cut in range(200, len(data), len(data) // 12):
        path.write_bytes(data[:cut])
        code, text = verify(path)
        assert code in (VERIFIER.TAMPERED, VERIFIER.UNVERIFIABLE)
        assert "Traceback" not in text
