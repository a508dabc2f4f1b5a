"""Bundles of a small world, the verifier in this process, and ways to change what it reads."""

from __future__ import annotations

import importlib.util
import io
import json
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

from django.core.files.storage import default_storage

from responsibilities.exchange import bundle
from responsibilities.models import Checkpoint, Workspace
from responsibilities.permissions import system_actor
from responsibilities.services import checkpoints

FILE = Path(__file__).parents[2] / "responsibilities" / "verifier" / "verify_rexmatrix.py"


def load() -> ModuleType:
    """Return the verifier as a module, read from its file."""
    spec = importlib.util.spec_from_file_location("verify_rexmatrix", FILE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


VERIFIER = load()


def verify(path: Path, *options: str) -> tuple[int, str]:
    """Run the verifier here; return its exit code and what it prints."""
    code, text = VERIFIER.run(VERIFIER.arguments([str(path), *options]))
    return code, text


def make_bundle(
    workspace: Workspace, *, evidence: bool = False, releases: bool = False
) -> tuple[bytes, Checkpoint]:
    """Return a bundle of a workspace as it is now, and its checkpoint."""
    made = checkpoints.prepare(actor=system_actor(), workspace=workspace)
    files = bundle.stored_files(made.matrix, made.checkpoint, evidence=evidence, releases=releases)
    wanted = bundle.Wanted(made.matrix, made.checkpoint, made.seq, files)
    return b"".join(bundle.write(wanted, default_storage.open)), made.checkpoint


def members(data: bytes) -> dict[str, bytes]:
    """Return the members of a ZIP."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def packed(files: Mapping[str, bytes], *, manifest: bool = True) -> bytes:
    """Return a ZIP of members, with a manifest that fits them unless told otherwise."""
    files = dict(files)
    if manifest:
        said = json.loads(files["manifest.json"])
        said["files"] = {
            name: {"sha256": VERIFIER.sha256(data), "size": len(data)}
            for name, data in files.items()
            if name != "manifest.json"
        }
        files["manifest.json"] = VERIFIER.canonical(said)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return out.getvalue()


def slow_bundle(path: Path) -> Path:
    """Write a bundle of a few megabytes whose members take seconds to inflate and to hash."""
    zeros = bytes(1024**2)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        names = [f"evidence/{number:064x}" for number in range(2)]
        listed = {name: {"sha256": "0" * 64, "size": 1} for name in names}
        manifest = {"v": 1, "kind": "rexmatrix-bundle", "files": listed}
        archive.writestr("manifest.json", json.dumps(manifest))
        for name in names:
            with archive.open(name, "w", force_zip64=True) as member:
                for _ in range(1500):
                    member.write(zeros)
    return path


def changed_lines(data: bytes, change: Callable[[list[dict[str, Any]]], object]) -> bytes:
    """Return JSON lines after a change of their list."""
    records = [json.loads(line) for line in data.splitlines()]
    change(records)
    return b"".join(VERIFIER.canonical(record) + b"\n" for record in records)
