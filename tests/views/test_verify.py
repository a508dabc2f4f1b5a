"""The public page that checks a file: every outcome, what visitors may send, what stays behind."""

from __future__ import annotations

import io
import json
import os
import re
import struct
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, override

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import Settings

from responsibilities.exchange import checking, verifier
from responsibilities.models import AuditEvent, Checkpoint, LogKey
from responsibilities.notes import Checkpoint as Point
from responsibilities.notes import SigningKey
from responsibilities.permissions import system_actor
from responsibilities.services import checkpoints, log_keys
from tests import files
from tests.attacks import drop_triggers, sql
from tests.responses import Answer
from tests.signing import edit, sign
from tests.verifier.bundles import VERIFIER, make_bundle, members, packed, slow_bundle
from tests.verifier.test_bundle import hostile
from tests.world import World

KEY = "T-S0-01"
OURS = "Intact, and made by this server"
FOREIGN = "Intact, but not made here"
CHANGED = "Something does not fit"
UNVERIFIABLE = "This cannot be verified"
NOT_SIGNED = "Not signed by this server"
OUTCOMES = (OURS, FOREIGN, NOT_SIGNED, CHANGED, UNVERIFIABLE, "Not the file that this server made")
PROMISE = (
    "Nothing covered by a checkpoint that someone else kept can be changed, removed or reordered "
    "without being noticed."
)
NO_MORE = (
    "No more than that is promised: not that what was entered is true, that everything was "
    "entered, or what happened before the first checkpoint that somebody kept."
)


@pytest.fixture
def scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: Settings) -> Path:
    """The folder that temporary files go to, empty."""
    folder = tmp_path / "scratch"
    folder.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    settings.FILE_UPLOAD_TEMP_DIR = str(folder)
    return folder


@pytest.fixture
def lived(world: World) -> World:
    """A workspace with sign-offs and a checkpoint."""
    sign(world, "party0", KEY)
    sign(world, "party1", KEY)
    checkpoints.issue(actor=system_actor(), workspace=world.workspace)
    return world


def upload(data: bytes, name: str = "bundle.zip") -> SimpleUploadedFile:
    """Return a file as a browser sends it."""
    return SimpleUploadedFile(name, data)


def post(data: bytes, name: str = "bundle.zip", fields: Mapping[str, object] | None = None) -> Any:
    """Send a file to the page as a visitor without an account."""
    return Client().post(reverse("verify"), {"file": upload(data, name), **(fields or {})})


def page_of(response: Answer) -> str:
    """Return the page, with single spaces."""
    assert response.status_code == 200
    return " ".join(response.content.decode().split())


def outcome(page: str) -> str:
    """Return the one outcome that a page tells."""
    titles = re.findall(r'<h2 id="result-title">(.*?)</h2>', page)
    assert len(titles) == 1
    assert titles[0] in OUTCOMES
    return str(titles[0])


def kept(checkpoint: Checkpoint, *, newline: str = "\n") -> SimpleUploadedFile:
    """Return a checkpoint as the text file that somebody kept."""
    text = checkpoint.note.replace("\n", newline)
    return SimpleUploadedFile("kept.txt", text.encode(), content_type="text/plain")


def key() -> str:
    """Return the verifier key as it is published."""
    return str(log_keys.verifier(LogKey.objects.order_by("-pk")[0]))


# --- What stands on the page ---------------------------------------------------------------------


def test_the_page_explains_itself_to_a_visitor(world: World) -> None:
    checkpoint = checkpoints.issue(actor=system_actor(), workspace=world.workspace)
    response = Client().get("/verify/")
    page = page_of(response)
    assert response["Cache-Control"] == "private, no-store"
    for said in (
        PROMISE,
        NO_MORE,
        "Nothing of it is kept.",
        "You need no account.",
        "python verify_rexmatrix.py FILE",
        verifier.sha256(),
        reverse("verifier_file"),
        checkpoint.key.fingerprint,
        "received in another way",
        reverse("log_keys"),
        "at most 64.0 MB",
    ):
        assert said in page, said
    assert world.workspace.name not in page
    assert "result-title" not in page


def test_it_stands_without_a_readable_key(world: World, settings: Settings) -> None:
    settings.REXMATRIX_LOG_KEY, settings.REXMATRIX_LOG_KEY_FILE = "nonsense", ""
    page = page_of(Client().get("/verify/"))
    assert world.workspace.name not in page
    assert "The key of this server" not in page


# --- Outcomes ------------------------------------------------------------------------------------


def test_a_bundle_of_ours(lived: World) -> None:
    data, checkpoint = make_bundle(lived.workspace)
    page = page_of(post(data))
    assert outcome(page) == OURS
    for said in (
        "this server signed its log on",
        "All are as they are in the file",
        "Nothing was added",
        checkpoint.origin,
        checkpoint.root,
        "2 signed statements",
    ):
        assert said in page, said


def test_what_has_changed_since_is_only_counted(lived: World) -> None:
    data, _checkpoint = make_bundle(lived.workspace)
    before = AuditEvent.objects.count()
    edit(lived, KEY, note="Something secret")
    edit(lived, "T-S0-02", note="Another secret")
    edit(lived, "T-S0-02", note="")
    events = AuditEvent.objects.count() - before
    page = page_of(post(data))
    assert outcome(page) == OURS
    assert "about a release" not in page
    items = lived.workspace.items.count()
    assert f"1 of {items} is different now" in page
    assert f"{events} events more, the last on" in page
    for silent in ("secret", "Vera", lived.workspace.name, KEY):
        assert silent not in page, silent


def test_a_changed_bundle(lived: World) -> None:
    found = members(make_bundle(lived.workspace)[0])
    found["matrix.json"] = found["matrix.json"].replace(b"Vera", b"Vero")
    page = page_of(post(packed(found)))
    assert outcome(page) == CHANGED
    assert "no event of the log names this matrix" in page
    assert "Since then" not in page


def test_one_bit_of_any_member(lived: World, settings: Settings) -> None:
    """What a ZIP says beside its members, such as dates, says nothing of the matrix."""
    settings.ACCOUNT_RATE_LIMITS = {"verify_file": "100/m/ip"}
    data = make_bundle(lived.workspace)[0]
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        found = archive.infolist()
    assert len(found) > 8
    for member in found:
        at = member.header_offset
        name, extra = struct.unpack("<HH", data[at + 26 : at + 30])
        changed = bytearray(data)
        changed[at + 30 + name + extra + member.compress_size // 2] ^= 1
        assert outcome(page_of(post(bytes(changed)))) in {CHANGED, UNVERIFIABLE}


def test_a_bundle_of_another_server(lived: World, settings: Settings) -> None:
    data, checkpoint = make_bundle(lived.workspace)
    drop_triggers()
    sql("DELETE FROM responsibilities_checkpoint")
    settings.REXMATRIX_LOG_HOST = "elsewhere.example"
    page = page_of(post(data))
    assert outcome(page) == FOREIGN
    assert checkpoint.origin in page
    assert "Since then" not in page


def test_our_log_signed_by_another_key_is_not_ours(lived: World) -> None:
    """Somebody may sign our log with a key of their own and hand that key out with it."""
    found = members(make_bundle(lived.workspace)[0])
    forger = SigningKey(b"f" * 32)
    notes = {}
    for name in [name for name in found if name.startswith("checkpoints/")]:
        text = found[name].decode()
        again = Point.parse(text.partition("\n\n")[0] + "\n").sign(forger)
        notes[text], found[name] = again, again.encode()
    for name in [name for name in found if name.startswith("proofs/")]:
        for text, again in notes.items():
            found[name] = found[name].replace(text.encode(), again.encode())
    host = again.partition("/ws/")[0]
    entry = {"verifier_key": str(forger.verifier(host)), "rotation": ""}
    found["keys.json"] = VERIFIER.canonical({"host": host, "keys": [entry]})
    page = page_of(post(packed(found)))
    assert outcome(page) == NOT_SIGNED
    assert "this server knows no such checkpoint" in page
    assert "Since then" not in page
    assert "Intact" not in page


# --- What the visitor kept -----------------------------------------------------------------------


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_a_checkpoint_that_was_kept(lived: World, newline: str) -> None:
    old = Checkpoint.objects.get(workspace=lived.workspace)
    data, _checkpoint = make_bundle(lived.workspace)
    page = page_of(post(data, fields={"checkpoints": [kept(old, newline=newline)], "key": key()}))
    assert outcome(page) == OURS
    assert "consistency with 1 checkpoints that somebody kept" in page
    assert "signed by the key that was given" in page


def test_a_checkpoint_of_another_log(lived: World) -> None:
    other = checkpoints.issue(actor=system_actor(), workspace=lived.elsewhere)
    own = Checkpoint.objects.get(workspace=lived.workspace)
    data, _checkpoint = make_bundle(lived.workspace)
    page = page_of(post(data, fields={"checkpoints": [kept(own), kept(other)]}))
    assert outcome(page) == CHANGED
    assert "kept checkpoint-2.txt: it is a checkpoint of another log" in page


def test_the_key_of_a_stranger(lived: World) -> None:
    stranger = str(SigningKey(b"s" * 32).verifier("matrix.example.com"))
    page = page_of(post(make_bundle(lived.workspace)[0], fields={"key": stranger}))
    assert outcome(page) == CHANGED
    assert "signed with another key than the one that was given" in page


@pytest.mark.parametrize(
    ("name", "fields", "said"),
    [
        ("key", {"key": "nonsense"}, "This is no verifier key"),
        ("key", {"key": "--evidence=/etc"}, "This is no verifier key"),
        ("checkpoints", {"checkpoints": upload(b"hello", "a.txt")}, "“a.txt” is no checkpoint"),
        ("checkpoints", {"checkpoints": upload(b"\xff\xfe", "a.txt")}, "“a.txt” is no checkpoint"),
        ("checkpoints", {"checkpoints": upload(b"x" * 70_000, "a.txt")}, "is no checkpoint"),
        ("checkpoints", {"checkpoints": upload(b"", "a.txt")}, "empty"),
        (
            "checkpoints",
            {"checkpoints": [upload(b"x", f"{n}.txt") for n in range(21)]},
            "At most 20 checkpoints",
        ),
    ],
)
def test_what_is_refused_is_said_at_its_field(
    world: World, name: str, fields: dict[str, object], said: str
) -> None:
    page = page_of(post(b"%PDF-1.7", fields=fields))
    assert said in page
    assert "Nothing was checked yet" in page
    assert f'href="#id_{name}"' in page
    assert 'class="disclosure" open' in page
    assert "result-title" not in page
    assert world.workspace.name not in page


# --- Hostile files -------------------------------------------------------------------------------


HOSTILE = {
    **hostile(),
    **{case: data for case, (_name, data) in files.HOSTILE.items() if "PDF" in case},
    "a PDF without pages": files.pdf(),
    "a ZIP of something else": files.archive({"a.txt": b"a"}),
    "a bomb in a PDF's head": b"%PDF-1.7\n" + b"\x00" * 2_000_000 + b"\n%%EOF\n",
    "a PDF in circles": (
        b"%PDF-1.4\n1 0 obj<</Type/Catalog/Names 1 0 R/Pages 1 0 R/Kids[1 0 R]/EmbeddedFiles "
        b"1 0 R>>endobj\ntrailer<</Root 1 0 R/Size 2/Prev 0>>\nstartxref\n0\n%%EOF\n"
    ),
}
del HOSTILE["empty"]


@pytest.mark.parametrize("case", HOSTILE)
@pytest.mark.django_db
def test_hostile_files_get_an_answer_and_leave_nothing(case: str, scratch: Path) -> None:
    page = page_of(post(HOSTILE[case], "report.pdf"))
    assert outcome(page) in {UNVERIFIABLE, CHANGED}
    assert "Traceback" not in page
    assert not list(scratch.iterdir())


@pytest.mark.django_db
def test_no_file_and_an_empty_one(scratch: Path) -> None:
    assert "Choose a PDF or a bundle." in page_of(Client().post("/verify/", {}))
    assert "This file is empty." in page_of(post(b""))
    assert "Choose a PDF or a bundle." in page_of(
        Client().post("/verify/", b"", content_type="application/zip")
    )
    assert not list(scratch.iterdir())


@pytest.mark.django_db
def test_a_name_cannot_steer_the_page() -> None:
    page = page_of(post(b"x", "<b>\u202efdp.exe"))
    assert "&lt;b&gt;fdp.exe" in page
    assert "\u202e" not in page


# --- Limits --------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_file_above_the_limit(settings: Settings, scratch: Path) -> None:
    settings.REXMATRIX_VERIFY_MAX_BYTES = 2048
    page = page_of(post(b"x" * 3000))
    assert "This file has 2.9 KB; at most 2.0 KB can be checked here" in page
    assert "result-title" not in page
    far_above = Client().post("/verify/", {"file": upload(b"x" * 1_200_000)})
    assert far_above.status_code == 413
    assert "A file can have at most 2.0\xa0KB" in far_above.content.decode()
    assert not list(scratch.iterdir())
    settings.REXMATRIX_EVIDENCE_MAX_BYTES = 1  # that is for other pages
    assert outcome(page_of(post(b"x" * 2000))) == UNVERIFIABLE


@pytest.mark.django_db
def test_so_many_a_minute_and_address(settings: Settings) -> None:
    settings.ACCOUNT_RATE_LIMITS = {"verify_file": "2/m/ip"}
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1

    def send(address: str) -> Any:
        return Client(headers={"X-Forwarded-For": address}).post("/verify/", {})

    assert [send("192.0.2.1").status_code for _ in range(3)] == [200, 200, 429]
    refused = send("198.51.100.9, 192.0.2.1")
    assert (refused.status_code, refused["Retry-After"]) == (429, "60")
    assert "Too many files came from your address" in refused.content.decode()
    assert 'role="alert"' in refused.content.decode()
    assert send("192.0.2.2").status_code == 200
    assert Client(headers={"X-Forwarded-For": "192.0.2.1"}).get("/verify/").status_code == 200


@pytest.mark.django_db
def test_so_many_at_once(monkeypatch: pytest.MonkeyPatch, scratch: Path) -> None:
    monkeypatch.setattr(checking, "WAIT_SECONDS", 0.05)
    with checking.turn(), checking.turn():
        response = post(b"%PDF-1.7")
    assert (response.status_code, response["Retry-After"]) == (503, "10")
    assert "The server is checking other files." in response.content.decode()
    assert not list(scratch.iterdir())
    assert post(b"%PDF-1.7").status_code == 200, "a place is given back"


def test_the_time_is_limited(settings: Settings, slow: Path, scratch: Path, db: None) -> None:  # noqa: ARG001
    settings.REXMATRIX_VERIFY_SECONDS = 1
    page = page_of(post(slow.read_bytes()))
    assert outcome(page) == UNVERIFIABLE
    assert "it took longer than 1 seconds" in page
    assert not list(scratch.iterdir())


@pytest.fixture(scope="module")
def slow(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle that takes seconds."""
    return slow_bundle(tmp_path_factory.mktemp("slow") / "slow.zip")


@pytest.mark.django_db
def test_the_memory_is_limited(settings: Settings) -> None:
    settings.REXMATRIX_VERIFY_MEMORY_BYTES = 400 * 1024**2
    greedy = packed({"manifest.json": b'{"v":[' + b"[]," * 6_000_000 + b"0]}"}, manifest=False)
    page = page_of(post(greedy))
    assert outcome(page) == UNVERIFIABLE
    assert "more memory than is allowed" in page


PROBE = """
import json, os, resource, sys
said = {
    "env": dict(os.environ),
    "isolated": sys.flags.isolated,
    "limits": [resource.getrlimit(kind) for kind in (
        resource.RLIMIT_AS, resource.RLIMIT_CPU, resource.RLIMIT_FSIZE, resource.RLIMIT_CORE)],
    "modules": sorted(name for name in sys.modules if name.startswith(("django", "respons"))),
    "folder": os.getcwd(),
    "niceness": os.nice(0),
}
print(json.dumps({"verdict": "unverifiable", "reason": json.dumps(said), "checked": [],
    "not_checked": [], "failed": [], "failures": 0, "file": {}}))
"""


def instead(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, program: str) -> Path:
    """Let another program run in the place of the verifier; return a file to check."""
    path, file = tmp_path / "program.py", tmp_path / "file"
    path.write_text(program, encoding="utf-8")
    file.write_bytes(b"x")
    monkeypatch.setattr(verifier, "PATH", path)
    return file


def test_the_process_has_no_secrets_and_cannot_raise_its_limits(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, scratch: Path, settings: Settings
) -> None:
    monkeypatch.setenv("REXMATRIX_SECRET_KEY", "a secret")
    checked = checking.check(instead(monkeypatch, tmp_path, PROBE))
    said = json.loads(checked.reason)
    assert set(said["env"]) <= {"LC_CTYPE"}  # set by Python itself
    assert said["isolated"] == 1
    assert said["modules"] == []
    seconds = settings.REXMATRIX_VERIFY_SECONDS + checking.GRACE_SECONDS
    memory = settings.REXMATRIX_VERIFY_MEMORY_BYTES
    assert said["limits"] == [
        [memory, memory],
        [seconds, seconds],
        [checking.MOST_OUTPUT] * 2,
        [0, 0],
    ]
    assert said["niceness"] == min(os.nice(0) + 10, 19)
    assert Path(said["folder"]).parent == scratch
    assert not Path(said["folder"]).exists()


@pytest.mark.parametrize(
    "program",
    [
        "raise SystemExit(7)",
        "import os, signal; os.kill(os.getpid(), signal.SIGKILL)",
        "print('nothing')",
        "print('[' * 100_000)",
        "print('[]')",
        'print(\'{"verdict": "intact", "file": []}\')',
        "print('x' * 20_000_000)",
        "x = bytearray(2 * 1024 ** 3)",
    ],
)
def test_a_process_that_fails_says_nothing_of_the_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, scratch: Path, program: str
) -> None:
    checked = checking.check(instead(monkeypatch, tmp_path, program))
    assert checked.verdict == "unverifiable"
    assert "more memory or time than is allowed" in checked.reason
    assert not list(scratch.iterdir())


def test_a_process_that_does_not_end_is_ended(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, scratch: Path, settings: Settings
) -> None:
    settings.REXMATRIX_VERIFY_SECONDS = 1
    monkeypatch.setattr(checking, "GRACE_SECONDS", 1)
    checked = checking.check(instead(monkeypatch, tmp_path, "import time; time.sleep(600)"))
    assert checked.verdict == "unverifiable"
    assert not list(scratch.iterdir())


# --- What stays behind ---------------------------------------------------------------------------


def test_nothing_of_the_file_is_kept(lived: World, scratch: Path, settings: Settings) -> None:
    data, _checkpoint = make_bundle(lived.workspace)
    events = AuditEvent.objects.count()
    stored = Path(settings.STORAGES["default"]["OPTIONS"]["location"])
    before = sorted(stored.rglob("*"))
    response = post(data)
    assert outcome(page_of(response)) == OURS
    assert response["Cache-Control"] == "private, no-store"
    assert AuditEvent.objects.count() == events
    assert sorted(stored.rglob("*")) == before
    assert not list(scratch.iterdir())


class BrokenLine(io.BytesIO):
    """A visitor who goes away in the middle of an upload."""

    @override
    def read(self, size: int | None = -1, /) -> bytes:
        """Give what there is, then break."""
        found = super().read(size)
        if not found:
            raise ConnectionResetError
        return found


@pytest.mark.django_db
def test_a_visitor_who_goes_away_leaves_nothing(scratch: Path) -> None:
    head = (
        b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.pdf"\r\n'
        b"Content-Type: application/pdf\r\n\r\n%PDF-1.7" + b"x" * 200_000
    )
    environ: dict[str, Any] = {
        "wsgi.input": BrokenLine(head),
        "CONTENT_TYPE": "multipart/form-data; boundary=b",
        "CONTENT_LENGTH": "900000",
    }
    response = Client().generic("POST", "/verify/", **environ)
    assert response.status_code == 400
    assert not list(scratch.iterdir())


@pytest.mark.django_db
def test_forms_of_other_sites_are_refused() -> None:
    client = Client(enforce_csrf_checks=True)
    assert client.post("/verify/", {"file": upload(b"x")}).status_code == 403
    client.get("/verify/")
    token = client.cookies["rexmatrix_csrf"].value
    response = client.post("/verify/", {"file": upload(b"x"), "csrfmiddlewaretoken": token})
    assert response.status_code == 200


def test_it_asks_the_database_no_more_for_a_longer_log(
    lived: World, django_assert_max_num_queries: Callable[..., object]
) -> None:
    data, _checkpoint = make_bundle(lived.workspace)
    for number in range(3):
        edit(lived, KEY, note=f"Note {number}")
    with django_assert_max_num_queries(25):  # type: ignore[attr-defined]
        post(data)
