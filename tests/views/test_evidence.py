"""Pages of evidence: who sees and changes what, what an upload answers, what a download carries."""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import tracemalloc
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from pytest_django.fixtures import Settings

from responsibilities.choices import Role
from responsibilities.models import AuditEvent, Evidence, EvidenceRevision, User
from responsibilities.services import evidence
from tests import files
from tests.responses import let_go
from tests.services.test_evidence import stored_files
from tests.world import World, actor_in, join, make_user

KEY = "T-S1-01"
HTMX = {"HX-Request": "true"}
type AsUser = Callable[[User | None], Client]


def add(world: World, content: Any = None, *, side: str = "party1", **values: Any) -> Evidence:
    """Add a piece for a side's manager."""
    values.setdefault("collected_on", timezone.localdate())
    return evidence.add(
        actor=world.actor(side),
        workspace=world.workspace,
        content=content or evidence.NewFile(ContentFile(b"a,b\n"), "table.csv"),
        even_if_there=True,
        **values,
    )


def at(name: str, piece: Evidence | uuid.UUID | None = None, **names: Any) -> str:
    """Return an address in the workspace."""
    if piece is not None:
        names["evidence"] = piece.pk if isinstance(piece, Evidence) else piece
    return reverse(name, kwargs={"slug": "acme", **names})


def form(**values: Any) -> dict[str, Any]:
    """Return the fields of the form for a new file."""
    return {
        "file": SimpleUploadedFile("report.pdf", files.pdf()),
        "collected_on": timezone.localdate().isoformat(),
        **values,
    }


def body(answer: Any) -> bytes:
    """Return what was streamed, and let go of the file."""
    sent: bytes = answer.getvalue()
    let_go(answer)
    return sent


def status(answer: Any) -> int:
    """Return the status, and let go of a file that nobody reads."""
    let_go(answer)
    code: int = answer.status_code
    return code


@pytest.fixture
def engineer(world: World, as_user: AsUser) -> Client:
    """A contributor of the customer's side."""
    return as_user(world.user("party1", Role.CONTRIBUTOR))


# --- Who ---------------------------------------------------------------------------------------

READS = ("evidence_list", "evidence_detail", "evidence_download", "item_evidence")
FORMS = ("evidence_new", "evidence_edit", "evidence_revise")
POSTS = ("evidence_link", "evidence_unlink", "evidence_archive", "evidence_restore")


def address_of(name: str, piece: Evidence) -> str:
    """Return the address of any view of evidence."""
    if name == "item_evidence":
        return at(name, key=KEY)
    if name in {"evidence_list", "evidence_new"}:
        return at(name)
    return at(name, piece, **({"number": 1} if name == "evidence_download" else {}))


@pytest.mark.parametrize("name", [*READS, *FORMS, *POSTS])
def test_outsiders_and_visitors_learn_nothing(world: World, as_user: AsUser, name: str) -> None:
    address = address_of(name, add(world))
    for method in ("get", "post"):
        assert getattr(as_user(world.outsider), method)(address).status_code in {404, 405}
        answer = getattr(as_user(None), method)(address)
        assert answer.status_code in {302, 405}
    allowed = "post" if name in POSTS else "get"
    assert getattr(as_user(world.outsider), allowed)(address).status_code == 404
    assert getattr(as_user(None), allowed)(address).status_code == 302


@pytest.mark.parametrize("role", [Role.APPROVER, Role.READER, Role.AUDITOR])
def test_roles_that_read_see_everything_and_change_nothing(
    world: World, as_user: AsUser, role: Role
) -> None:
    piece = add(world, items=[KEY])
    browser = as_user(world.user("party1", role))
    for name in READS[:3]:
        assert status(browser.get(address_of(name, piece))) == 200
    for name in FORMS:
        assert browser.get(address_of(name, piece)).status_code == 403
        assert browser.post(address_of(name, piece)).status_code == 403
    for name in POSTS:
        assert browser.post(address_of(name, piece), {"keys": KEY}).status_code == 403
    page = browser.get(at("evidence_detail", piece)).content.decode()
    assert '<form method="post" action="/w/acme' not in page


def test_the_other_side_sees_a_piece_and_cannot_change_it(world: World, as_user: AsUser) -> None:
    piece = add(world, items=[KEY])
    browser = as_user(world.user("party0", Role.MANAGER))
    assert browser.get(at("evidence_detail", piece)).status_code == 200
    assert status(browser.get(at("evidence_download", piece, number=1))) == 200
    for name in ("evidence_edit", "evidence_revise"):
        assert browser.get(at(name, piece)).status_code == 403
    for name in POSTS:
        assert browser.post(at(name, piece), {"keys": KEY}).status_code == 403
    assert Evidence.objects.get().archived_at is None


@pytest.mark.parametrize("name", ["evidence_detail", "evidence_download", *FORMS[1:], *POSTS])
def test_a_piece_of_another_workspace_is_not_found(
    world: World, engineer: Client, name: str
) -> None:
    foreign = evidence.add(
        actor=actor_in(world.elsewhere, world.outsider),
        workspace=world.elsewhere,
        content=evidence.NewFile(ContentFile(b"x"), "secret.txt"),
        collected_on=timezone.localdate(),
        items=[KEY],
    )
    send = engineer.post if name in POSTS else engineer.get
    for piece in (foreign.pk, uuid.uuid4()):
        numbers = {"number": 1} if name == "evidence_download" else {}
        assert send(at(name, piece, **numbers), {"keys": KEY}).status_code == 404
    assert foreign.links.count() == 1


@pytest.mark.parametrize("name", [*READS, *FORMS, *POSTS])
def test_wrong_methods(world: World, engineer: Client, name: str) -> None:
    address = address_of(name, add(world))
    wrong = engineer.get if name in POSTS else engineer.delete
    assert wrong(address).status_code == 405
    if name in READS:
        assert engineer.post(address).status_code == 405


def test_a_member_who_left_gets_nothing(world: World, engineer: Client) -> None:
    piece = add(world)
    world.workspace.memberships.filter(user=world.user("party1", Role.CONTRIBUTOR)).delete()
    assert engineer.get(at("evidence_download", piece, number=1)).status_code == 404


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
        file=SimpleUploadedFile(name, data), title="My title", valid_until="2999-01-02", items=[KEY]
    )
    answer = engineer.post(at("evidence_new"), entered, headers=HTMX)
    page = answer.content.decode()
    assert answer.status_code == 200
    assert "data-error-summary" in page
    assert "My title" in page
    assert "2999-01-02" in page
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


# --- Changing ----------------------------------------------------------------------------------


@pytest.mark.parametrize("htmx", [False, True])
def test_a_revision_from_the_page(world: World, engineer: Client, *, htmx: bool) -> None:
    piece = add(world)
    answer = engineer.post(
        at("evidence_revise", piece),
        form(file=SimpleUploadedFile("new.csv", b"new,\n")),
        headers=HTMX if htmx else {},
    )
    assert answer.status_code == (204 if htmx else 302)
    assert [r.number for r in piece.revisions.all()] == [2, 1]
    for number, data in ((1, b"a,b\n"), (2, b"new,\n")):
        sent = engineer.get(at("evidence_download", piece, number=number))
        assert body(sent) == data
    assert engineer.get(at("evidence_download", piece, number=3)).status_code == 404


def test_editing_refuses_dates_in_words(world: World, engineer: Client) -> None:
    piece = add(world)
    values = {"title": "New", "collected_on": "2026-01-02", "valid_until": "2026-01-01"}
    page = engineer.post(at("evidence_edit", piece), values, headers=HTMX).content.decode()
    assert "after the day" in page
    values["valid_until"] = "2026-02-01"
    assert engineer.post(at("evidence_edit", piece), values).status_code == 302
    piece.refresh_from_db()
    assert piece.title == "New"


def test_archive_and_restore_answer_the_piece_with_undo(world: World, engineer: Client) -> None:
    piece = add(world, items=[KEY])
    page = engineer.post(at("evidence_archive", piece), headers=HTMX).content.decode()
    assert 'id="evidence-piece"' in page
    assert f'hx-post="{at("evidence_restore", piece)}"' in page
    assert 'name="oob"' in page
    assert Evidence.objects.in_use().count() == 0
    page = engineer.post(at("evidence_restore", piece), {"oob": "1"}, headers=HTMX).content.decode()
    assert 'id="evidence-piece" hx-swap-oob="true"' in page
    assert Evidence.objects.in_use().count() == 1
    assert engineer.post(at("evidence_archive", piece)).status_code == 302


def test_unlinking_on_the_item_answers_the_items_evidence(world: World, engineer: Client) -> None:
    piece = add(world, items=[KEY], title="Export of settings")
    answer = engineer.post(at("evidence_unlink", piece), {"keys": KEY, "back": KEY}, headers=HTMX)
    page = answer.content.decode()
    assert 'id="item-evidence"' in page
    assert answer["HX-Trigger"] == "rex:evidence-changed"
    assert not piece.links.exists()
    undo = {"keys": KEY, "back": KEY, "oob": "1"}
    page = engineer.post(at("evidence_link", piece), undo, headers=HTMX).content.decode()
    assert 'hx-swap-oob="true"' in page
    assert "Export of settings" in page
    plain = engineer.post(at("evidence_unlink", piece), {"keys": KEY, "back": KEY})
    assert plain["Location"] == at("item_detail", key=KEY)
    assert (
        engineer.post(at("evidence_unlink", piece), {"keys": KEY, "back": "NO"}).status_code == 404
    )


@pytest.mark.parametrize("htmx", [False, True])
def test_linking_needs_an_item_of_this_workspace(
    world: World, engineer: Client, *, htmx: bool
) -> None:
    piece = add(world)
    headers = HTMX if htmx else {}
    answer = engineer.post(at("evidence_link", piece), headers=headers)
    assert answer.status_code == (200 if htmx else 302)
    if htmx:
        assert "Tick at least one" in answer.content.decode()
    bad = engineer.post(at("evidence_link", piece), {"keys": ["NO-KEY"]}, headers=headers)
    assert bad.status_code == 404
    engineer.post(at("evidence_link", piece), {"keys": [KEY, "T-S0-01"]}, headers=headers)
    assert piece.links.count() == 2
    evidence.archive(actor=world.actor("party1"), workspace=world.workspace, evidence=piece.pk)
    answer = engineer.post(at("evidence_link", piece), {"keys": ["T-S0-02"]}, headers=headers)
    assert answer.status_code == (200 if htmx else 302)
    assert piece.links.count() == 2


@pytest.mark.parametrize(
    "address",
    ["evidence/?q=%00", "evidence/?item=%00", "items/%00/evidence/", "evidence/new/?item=a%00"],
)
def test_no_address_carries_a_nul(engineer: Client, address: str) -> None:
    assert engineer.get(f"/w/acme/{address}").status_code == 400


@pytest.mark.parametrize("name", ["evidence_link", "evidence_unlink"])
@pytest.mark.parametrize("fields", [{"keys": "\x00"}, {"keys": KEY, "back": "\x00"}])
def test_no_field_carries_a_nul(
    world: World, engineer: Client, name: str, fields: dict[str, str]
) -> None:
    assert engineer.post(at(name, add(world)), fields).status_code == 404


def test_existing_evidence_of_ones_side_is_offered(world: World, engineer: Client) -> None:
    add(world, title="Ours, elsewhere", items=["T-S0-01"])
    add(world, title="Ours, here", items=[KEY])
    add(world, title="Theirs", side="party0")
    page = engineer.get(at("item_evidence", key=KEY)).content.decode()
    assert "Ours, elsewhere" in page
    assert "Ours, here" not in page
    assert "Theirs" not in page
    assert (
        "Nothing found" in engineer.get(at("item_evidence", key=KEY), {"q": "zzz"}).content.decode()
    )
    assert engineer.get(at("item_evidence", key="NO")).status_code == 404


# --- The register ------------------------------------------------------------------------------


@pytest.fixture
def register(world: World) -> World:
    """Pieces of every kind, side and freshness."""
    today = timezone.localdate()
    long_ago = today - dt.timedelta(days=100)
    add(world, title="Valid file", items=[KEY], valid_until=today + dt.timedelta(days=31))
    add(world, title="Soon file", items=["T-S0-01"], valid_until=today + dt.timedelta(days=30))
    add(world, title="Today file", collected_on=long_ago, valid_until=today, items=[KEY])
    add(
        world,
        title="Expired file",
        collected_on=long_ago,
        valid_until=today - dt.timedelta(days=1),
    )
    add(world, evidence.NewLink("https://wiki.example.com/runbook"), title="A link", items=[KEY])
    add(world, evidence.NewNote("remember the milk"), title="A note", side="party0", items=[KEY])
    gone = add(world, title="Gone")
    evidence.archive(actor=world.actor("party1"), workspace=world.workspace, evidence=gone.pk)
    return world


@pytest.mark.parametrize(
    ("query", "titles"),
    [
        ({}, "A link|A note|Expired file|Soon file|Today file|Valid file"),
        ({"q": "runbook"}, "A link"),
        ({"q": "MILK the"}, "A note"),
        ({"q": "table.csv valid"}, "Valid file"),
        ({"kind": "link"}, "A link"),
        ({"side": "party0"}, "A note"),
        ({"state": "fresh"}, "A link|A note|Valid file"),
        ({"state": "expiring"}, "Soon file|Today file"),
        ({"state": "expired"}, "Expired file"),
        ({"item": "T-S0-01"}, "Soon file"),
        ({"item": "none"}, "Expired file"),
        ({"archived": "only"}, "Gone"),
        ({"archived": "with", "kind": "file", "q": "o"}, "Gone|Soon file|Today file"),
        ({"sort": "-title"}, "Valid file|Today file|Soon file|Expired file|A note|A link"),
        ({"sort": "valid", "kind": "file"}, "Expired file|Today file|Soon file|Valid file"),
        ({"sort": "-valid", "kind": "file"}, "Valid file|Soon file|Today file|Expired file"),
        ({"sort": "nonsense; drop"}, "A link|A note|Expired file|Soon file|Today file|Valid file"),
        ({"kind": "nonsense"}, ""),
    ],
)
@pytest.mark.parametrize("headers", [{}, HTMX])
@pytest.mark.usefixtures("register")
def test_filters_and_order(
    engineer: Client, query: dict[str, str], titles: str, headers: dict[str, str]
) -> None:
    answer = engineer.get(at("evidence_list"), query, headers=headers)
    shown = [row.record.title for row in answer.context["table"].rows]
    assert shown == [title for title in titles.split("|") if title]
    assert ("<html" in answer.content.decode()) == (not headers)
    assert "HX-Request" in answer["Vary"]


def test_the_register_says_what_to_do_when_it_is_empty(engineer: Client) -> None:
    page = engineer.get(at("evidence_list")).content.decode()
    assert "No evidence yet" in page
    assert at("evidence_new") in page


def test_markup_in_titles_is_text(world: World, engineer: Client) -> None:
    attack = '"><img src=x onerror=alert(1)>'
    piece = add(world, title=attack, items=[KEY])
    for address in (
        at("evidence_list"),
        at("evidence_detail", piece),
        at("evidence_revise", piece),
        at("evidence_edit", piece),
        at("item_detail", key=KEY),
        at("item_evidence", key="T-S0-01"),
    ):
        page = engineer.get(address).content.decode()
        assert "&lt;img src=x" in page
        assert "<img src=x" not in page


@pytest.mark.parametrize(
    "name", ["evidence_list", "evidence_detail", "item_evidence", "evidence_new"]
)
def test_queries_do_not_grow(world: World, engineer: Client, name: str) -> None:
    keys = [item.responsibility.key for item in world.workspace.items.all()]
    piece = add(world, title="First", items=keys[:1])
    address = address_of(name, piece).replace(KEY, "T-S0-03")

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert engineer.get(address).status_code == 200
        return len(captured)

    queries()
    few = queries()
    for number in range(8):
        add(world, evidence.NewNote(str(number)), title=f"Note {number}", items=keys[:2])
        join(world.workspace, make_user(f"Person {number}"), "party1", Role.MANAGER)
    evidence.link(
        actor=world.actor("party1"), workspace=world.workspace, evidence=piece.pk, items=keys[:2]
    )
    assert queries() == few
