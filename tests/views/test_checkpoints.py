"""Checkpoints in the browser: list, signing, notes, bundles, keys and the verifier."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.test import Client
from django.urls import reverse

from responsibilities.choices import AuditAction, Role
from responsibilities.models import AuditEvent, Checkpoint, EvidenceRevision, LogKey, User
from responsibilities.notes import VerifierKey
from responsibilities.permissions import system_actor
from responsibilities.services import checkpoints
from tests.attacks import drop_triggers, sql
from tests.evidence import add as add_evidence
from tests.evidence import new_file
from tests.files import png
from tests.releasing import make_release, stored_pdf
from tests.signing import edit, sign
from tests.verifier.bundles import FILE, members, verify
from tests.world import World

type SignIn = Callable[[User | None], Client]

KEY = "T-S0-01"
HTMX = {"HX-Request": "true"}


def address(world: World, name: str = "checkpoint_list", **kwargs: object) -> str:
    """Return an address of the workspace."""
    return reverse(name, kwargs={"slug": world.workspace.slug, **kwargs})


@pytest.fixture
def client(world: World, as_user: SignIn) -> Client:
    """A browser of the provider's manager."""
    return as_user(world.user("party0", Role.MANAGER))


def test_the_page_shows_note_key_and_promise(world: World, client: Client) -> None:
    page = client.get(address(world)).content.decode()
    assert "No checkpoints yet" in page
    assert "1 event since the last one" in page
    checkpoint = checkpoints.issue(actor=system_actor(), workspace=world.workspace)
    page = client.get(address(world)).content.decode()
    assert checkpoint.key.fingerprint in page
    assert address(world, "checkpoint_file", size=1) in page
    assert "Every event is covered" in page
    assert (
        "nothing covered by a checkpoint that someone else kept can be changed, removed or "
        "reordered without being noticed"
    ) in page


@pytest.mark.parametrize("htmx", [True, False])
def test_signing_the_log_now(world: World, client: Client, *, htmx: bool) -> None:
    response = client.post(address(world, "checkpoint_issue"), headers=HTMX if htmx else {})
    assert Checkpoint.objects.get().workspace == world.workspace
    if htmx:
        assert response.status_code == 200
        assert b'id="checkpoints"' in response.content
        assert b"covers all 1 events" in response.content
    else:
        assert response.headers["Location"] == address(world)


def test_a_log_that_does_not_hold_is_said(world: World, client: Client) -> None:
    drop_triggers()
    sql("UPDATE responsibilities_auditevent SET leaf = '{}'")
    response = client.post(address(world, "checkpoint_issue"), headers=HTMX)
    assert b"event 0 is missing or changed" in response.content
    response = client.post(address(world, "bundle_new"))
    assert response.status_code == 200
    assert b"missing or changed" in response.content
    assert not Checkpoint.objects.exists()
    assert not AuditEvent.objects.filter(action=AuditAction.EXPORT_PREPARED).exists()


def test_the_note_is_handed_out_byte_for_byte(world: World, client: Client) -> None:
    checkpoint = checkpoints.issue(actor=system_actor(), workspace=world.workspace)
    response = client.get(address(world, "checkpoint_file", size=1))
    assert response.content.decode() == checkpoint.note
    assert response.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert client.get(address(world, "checkpoint_file", size=2)).status_code == 404


def bundle_of(response: Any, tmp_path: Path) -> Path:
    """Keep a streamed bundle as a file."""
    path = tmp_path / "bundle.zip"
    path.write_bytes(b"".join(response))
    return path


def test_a_bundle_is_streamed_and_verifies(world: World, client: Client, tmp_path: Path) -> None:
    add_evidence(world, new_file(png(), "settings.png"), side="party0", items=[KEY])
    sign(world, "party0", KEY)
    response = client.post(address(world, "bundle_new"), {"evidence": "on"})
    assert response.streaming
    path = bundle_of(response, tmp_path)
    key = str(VerifierKey.parse(client.get(reverse("log_keys")).json()["keys"][0]["verifier_key"]))
    code, text = verify(path, "--key", key)
    assert code == 0, text
    assert "1 evidence files, byte for byte" in text
    said = AuditEvent.objects.get(action=AuditAction.EXPORT_PREPARED)
    assert f"the one that event {said.seq} names" in text


def test_evidence_only_on_request_and_only_what_is_there(
    world: World, client: Client, tmp_path: Path
) -> None:
    add_evidence(world, new_file(png(), "settings.png"), side="party0", items=[KEY])
    path = bundle_of(client.post(address(world, "bundle_new")), tmp_path)
    assert not [name for name in members(path.read_bytes()) if name.startswith("evidence/")]
    default_storage.delete(str(EvidenceRevision.objects.get().file.name))
    path = bundle_of(client.post(address(world, "bundle_new"), {"evidence": "on"}), tmp_path)
    assert "not checked  1 evidence files" in verify(path)[1]


def test_the_pdf_of_each_release_only_on_request(
    world: World, client: Client, tmp_path: Path
) -> None:
    stored_pdf(world, make_release(world), b"%PDF-1.7 of release 1.0")
    path = bundle_of(client.post(address(world, "bundle_new")), tmp_path)
    names = {name for name in members(path.read_bytes()) if name.startswith("releases/")}
    assert names == {"releases/1.0.json"}
    path = bundle_of(client.post(address(world, "bundle_new"), {"releases": "on"}), tmp_path)
    assert members(path.read_bytes())["releases/1.0.pdf"] == b"%PDF-1.7 of release 1.0"
    assert "releases/1.0.pdf: byte for byte the file of event" in verify(path)[1]


def test_the_keys_are_public(world: World, client: Client) -> None:
    response = Client().get("/.well-known/rexmatrix-keys")
    assert not LogKey.objects.exists()  # reading writes nothing
    (entry,) = response.json()["keys"]
    assert VerifierKey.parse(entry["verifier_key"]).fingerprint == entry["fingerprint"]
    checkpoint = checkpoints.issue(actor=system_actor(), workspace=world.workspace)
    assert checkpoint.key.fingerprint == entry["fingerprint"]
    assert str(world.workspace.pk) not in response.content.decode()
    assert client.get(address(world)).status_code == 200


@pytest.mark.django_db
def test_the_verifier_is_handed_out_and_runs(tmp_path: Path) -> None:
    response = Client().get(reverse("verifier_file"))
    assert response.content == FILE.read_bytes()
    copy = tmp_path / "verify_rexmatrix.py"
    copy.write_bytes(response.content)
    done = subprocess.run(
        [sys.executable, "-I", str(copy), "--help"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0
    assert "--checkpoint" in done.stdout


def test_the_list_asks_the_same_number_of_times(
    world: World, client: Client, django_assert_max_num_queries: Callable[..., object]
) -> None:
    for number in range(3):
        edit(world, KEY, note=f"Note {number}")
        checkpoints.issue(actor=system_actor(), workspace=world.workspace)
    with django_assert_max_num_queries(12):  # type: ignore[attr-defined]
        client.get(address(world))
