"""What an upload answers, what is refused before it costs anything, what a download carries."""

from __future__ import annotations

import hashlib
import io
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from responsibilities.models import AuditEvent, Evidence, EvidenceRevision
from responsibilities.services import evidence
from tests import files
from tests.evidence import (
    HTMX,
    KEY,
    at,
    body,
    form,
    status,
    stored_files,
)
from tests.evidence import add_again as add
from tests.world import World

# --- Adding ------------------------------------------------------------------------------------


@pytest.mark.parametrize("htmx", [False, True])
def test_a_file_comes_back_byte_for_byte(engineer: Client, *, htmx: bool) -> None:
    data = files.png()
    events = AuditEvent.objects.count()
    answer = engineer.post(
        at("evidence_new") + f"?item={KEY}",
        form(file=SimpleUploadedFile("Prüfung 1.png", data), title="Check", items=[KEY]),
        headers=HTMX if htmx else {},
    )
    target = at("item_detail", key=KEY)
    if htmx:
        assert (answer.status_code, answer["HX-Redirect"]) == (204, target)
    else:
        assert (answer.status_code, answer["Location"]) == (302, target)
    revision = EvidenceRevision.objects.get()
    assert revision.sha256 == hashlib.sha256(data).hexdigest()
    assert AuditEvent.objects.count() == events + 1
    for name, kind in (("evidence_download", "attachment"), ("evidence_view", "inline")):
        sent = engineer.get(at(name, revision.evidence_id, number=1))
        assert body(sent) == data
        assert sent["Content-Type"] == "image/png"
        assert sent["Content-Length"] == str(len(data))
        disposition, _, name_sent = sent["Content-Disposition"].partition("; filename*=utf-8''")
        assert (disposition, unquote(name_sent)) == (kind, "Prüfung 1.png")
        assert sent["X-Content-Type-Options"] == "nosniff"
        assert sent["Cache-Control"] == "private, no-store"
        assert sent["Content-Security-Policy"].startswith("sandbox; default-src 'none'")
        assert sent["X-Frame-Options"] == "DENY"


@pytest.mark.parametrize("name", files.GOOD)
def test_only_pictures_and_pdf_are_shown_in_the_browser(
    world: World, engineer: Client, name: str
) -> None:
    data, media_type = files.GOOD[name]
    piece = add(world, evidence.NewFile(ContentFile(data), name))
    shown = engineer.get(at("evidence_view", piece, number=1))
    inline = media_type.startswith("image/") or media_type == "application/pdf"
    assert status(shown) == (200 if inline else 404)
    if inline:
        assert shown["Content-Security-Policy"].startswith("sandbox; default-src 'none'")
        assert shown["Content-Disposition"].startswith("inline")
    sent = engineer.get(at("evidence_download", piece, number=1))
    assert body(sent) == data
    assert sent["Content-Type"] == media_type
    assert sent["Content-Disposition"].startswith("attachment; filename")


@pytest.mark.parametrize("name", files.NAMES)
def test_hostile_names_go_through_the_whole_way(world: World, engineer: Client, name: str) -> None:
    piece = add(world, evidence.NewFile(ContentFile(files.pdf()), name.replace(".txt", ".pdf")))
    sent = engineer.get(at("evidence_download", piece, number=1))
    assert "\r" not in sent["Content-Disposition"]
    assert body(sent) == files.pdf()
    page = engineer.get(at("evidence_detail", piece)).content.decode()
    assert "\u202e" not in page
    assert len(stored_files()) == 1


@pytest.mark.parametrize("case", files.HOSTILE)
def test_a_refused_file_keeps_the_rest_of_the_form(engineer: Client, case: str) -> None:
    name, data = files.HOSTILE[case]
    entered = form(
        file=SimpleUploadedFile(name, data), title="My title", valid_until="2199-01-02", items=[KEY]
    )
    answer = engineer.post(at("evidence_new"), entered, headers=HTMX)
    page = answer.content.decode()
    assert answer.status_code == 200
    assert "data-error-summary" in page
    assert "My title" in page
    assert "2199-01-02" in page
    assert f'value="{KEY}" checked' in page
    assert "<html" not in page.replace("&lt;", "")
    assert (Evidence.objects.count(), stored_files()) == (0, set())


@pytest.mark.parametrize("kind", ["link", "note"])
def test_links_and_notes(engineer: Client, kind: str) -> None:
    content = {
        "link": {"url": "https://example.com/?a=1&b=<x>"},
        "note": {"text": "One\r\n<script>alert(1)</script>"},
    }[kind]
    values = {"title": "T", "collected_on": timezone.localdate().isoformat(), **content}
    answer = engineer.post(at("evidence_new") + f"?kind={kind}", values)
    piece = Evidence.objects.get()
    assert answer["Location"] == at("evidence_detail", piece)
    page = engineer.get(at("evidence_detail", piece)).content.decode()
    assert "<script>alert(1)</script>" not in page
    if kind == "link":
        assert 'target="_blank" rel="noopener noreferrer nofollow"' in page
    else:
        assert "One\n&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert engineer.get(at("evidence_download", piece, number=1)).status_code == 404


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "data:text/html,x", "https://u:p@example.com/", "nothing"]
)
def test_bad_links_keep_the_form(engineer: Client, url: str) -> None:
    values = {"title": "My title", "url": url, "collected_on": "2026-01-01"}
    page = engineer.post(at("evidence_new") + "?kind=link", values).content.decode()
    assert "My title" in page
    assert "data-error-summary" in page
    assert not Evidence.objects.exists()


def test_unknown_kinds_items_and_foreign_items(engineer: Client) -> None:
    assert engineer.get(at("evidence_new") + "?kind=exe").status_code == 404
    assert engineer.get(at("evidence_new") + "?item=NO-KEY").status_code == 404
    answer = engineer.post(at("evidence_new"), form(items=["NO-KEY"]))
    assert "data-error-summary" in answer.content.decode()
    assert not Evidence.objects.exists()


def test_the_same_file_offers_the_piece_that_is_there(world: World, engineer: Client) -> None:
    first = add(world, evidence.NewFile(ContentFile(files.pdf()), "first.pdf"), title="First one")
    page = engineer.post(at("evidence_new"), form(items=[KEY]), headers=HTMX).content.decode()
    assert "byte for byte" in page
    assert f'action="{at("evidence_link", first)}"' in page
    assert Evidence.objects.count() == 1
    engineer.post(at("evidence_new"), form(items=[KEY], even_if_there="on"))
    assert Evidence.objects.count() == 2


@pytest.mark.parametrize("good", [True, False])
def test_one_of_several_files_answers_a_row(world: World, engineer: Client, *, good: bool) -> None:
    file = SimpleUploadedFile("r.pdf", files.pdf() if good else files.HTML)
    answer = engineer.post(
        at("evidence_new") + f"?item={KEY}", form(file=file, items=[KEY], quick="1"), headers=HTMX
    )
    page = answer.content.decode()
    assert answer.status_code == 200
    assert ("data-done" in page, "data-refused" in page) == (good, not good)
    assert Evidence.objects.filter(links__item=world.item(KEY)).count() == int(good)


# --- Limits ------------------------------------------------------------------------------------


def test_one_byte_too_many_keeps_the_form_and_leaves_no_file(
    engineer: Client, settings: Settings, tmp_path: Path
) -> None:
    settings.FILE_UPLOAD_TEMP_DIR = tmp_path / "uploads"
    settings.FILE_UPLOAD_TEMP_DIR.mkdir()
    settings.REXMATRIX_EVIDENCE_MAX_BYTES = 200_000
    for size, taken in ((200_000, 1), (200_001, 0), (900_000, 0)):
        file = SimpleUploadedFile("big.txt", b"x" * size)
        page = engineer.post(at("evidence_new"), form(file=file, title="My title"), headers=HTMX)
        assert page.status_code == (204 if taken else 200)
        if not taken:
            assert "too large" in page.content.decode()
            assert "My title" in page.content.decode()
    assert (Evidence.objects.count(), len(stored_files())) == (1, 1)
    assert list(settings.FILE_UPLOAD_TEMP_DIR.iterdir()) == []


def test_far_above_the_limit_nothing_is_read(engineer: Client, settings: Settings) -> None:
    settings.REXMATRIX_EVIDENCE_MAX_BYTES = 1024
    answer = engineer.post(
        at("evidence_new"), form(file=SimpleUploadedFile("big.txt", b"x" * 1_100_000))
    )
    assert answer.status_code == 413
    assert "1.0\xa0KB" in answer.content.decode()
    assert not Evidence.objects.exists()


class _Endless(io.RawIOBase):
    """A body of `size` bytes that is never in memory as a whole."""

    def __init__(self, head: bytes, size: int, tail: bytes) -> None:
        self.parts = self._parts(head, size, tail)
        self.size = len(head) + size + len(tail)
        self.left = b""

    @staticmethod
    def _parts(head: bytes, size: int, tail: bytes) -> Iterator[bytes]:
        yield head
        block = b"x" * 65_536
        for _ in range(size // len(block)):
            yield block
        yield b"x" * (size % len(block)) + tail

    def read(self, size: int = -1) -> bytes:
        """Give the next bytes."""
        while len(self.left) < size and (part := next(self.parts, b"")):
            self.left += part
        given, self.left = self.left[:size], self.left[size:]
        return given


def test_memory_stays_flat_while_a_large_file_comes_in(engineer: Client) -> None:
    """20 MB go through in chunks; the peak is a few of them."""
    boundary = "XX"
    head = (
        f'--{boundary}\r\nContent-Disposition: form-data; name="collected_on"\r\n\r\n2026-01-01'
        f'\r\n--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="big.txt"'
        "\r\nContent-Type: text/plain\r\n\r\n"
    )
    body = _Endless(head.encode(), 20 * 1024 * 1024, f"\r\n--{boundary}--\r\n".encode())
    engineer.get(at("evidence_new"))
    tracemalloc.start()
    environ: Any = {
        "wsgi.input": body,
        "CONTENT_LENGTH": str(body.size),
        "CONTENT_TYPE": f"multipart/form-data; boundary={boundary}",
    }
    answer = engineer.generic("POST", at("evidence_new"), **environ)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert answer.status_code == 302
    assert EvidenceRevision.objects.get().size == 20 * 1024 * 1024
    assert peak < 4 * 1024 * 1024


@pytest.mark.parametrize("name", ["a" * 300 + ".pdf", "b." + "c" * 300, "語" * 300 + ".pdf"])
def test_names_too_long_for_a_disk_are_no_matter(engineer: Client, name: str) -> None:
    answer = engineer.post(
        at("evidence_new"), form(file=SimpleUploadedFile("x", files.pdf()), title="x") | named(name)
    )
    taken = name.endswith(".pdf")
    assert answer.status_code == (302 if taken else 200)
    if taken:
        kept = EvidenceRevision.objects.get().file_name
        assert len(kept.encode()) <= 255
        assert kept.endswith(".pdf")


def named(name: str) -> dict[str, Any]:
    """Return a file field whose name is sent as it is."""
    file = io.BytesIO(files.pdf())
    file.name = name
    return {"file": file}
