"""The verifier as an auditor runs it: in a fresh environment without the project and its packages.

The environment is empty but for links to the packages that the test names and to what those need,
so nothing has to be downloaded.
"""

from __future__ import annotations

import subprocess
import sys
import sysconfig
import venv
from importlib.metadata import distribution
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command

from responsibilities import tasks
from responsibilities.choices import ExportStatus
from responsibilities.models import Checkpoint, LogKey
from responsibilities.permissions import system_actor
from responsibilities.services import checkpoints, exports, log_keys
from tests.signing import edit, sign
from tests.verifier.bundles import FILE, make_bundle
from tests.world import World

KEY = "T-S0-01"
NEEDS = {"cryptography": ("cryptography", "cffi", "pycparser"), "pypdf": ("pypdf",)}


class Alone:
    """A fresh environment with some packages, and a folder with the verifier in it."""

    def __init__(self, folder: Path, *packages: str) -> None:
        """Make both below `folder`."""
        self.folder = folder / "elsewhere"
        self.folder.mkdir()
        environment = folder / "environment"
        venv.create(environment, with_pip=False, symlinks=True)
        self.python = environment / "bin" / "python"
        ours = Path(sysconfig.get_path("purelib"))
        theirs = Path(sysconfig.get_path("purelib", "venv", {"base": str(environment)}))
        for name in (name for package in packages for name in NEEDS[package]):
            entries = {file.parts[0] for file in distribution(name).files or ()} - {".."}
            for entry in sorted(entries - {"__pycache__"}):
                (theirs / entry).symlink_to(ours / entry)
        out = StringIO()
        call_command("print_verifier", stdout=out)
        (self.folder / "verify_rexmatrix.py").write_text(out.getvalue(), encoding="utf-8")

    def run(self, *arguments: str) -> tuple[int, str]:
        """Run Python there, isolated, and return its exit code and all that it printed."""
        done = subprocess.run(
            [str(self.python), "-I", *arguments],
            cwd=self.folder,
            env={},
            capture_output=True,
            text=True,
            encoding="utf-8",
            check=False,
            timeout=120,
        )
        return done.returncode, done.stdout + done.stderr

    def verify(self, *arguments: str) -> tuple[int, str]:
        """Run the verifier there."""
        return self.run("verify_rexmatrix.py", *arguments)


@pytest.fixture
def kept(world: World, tmp_path: Path) -> Path:
    """A checkpoint that somebody kept, of a log with sign-offs."""
    edit(world, KEY, note="We do.")
    sign(world, "party0", KEY)
    sign(world, "party1", KEY)
    path = tmp_path / "kept.txt"
    issued = checkpoints.issue(actor=system_actor(), workspace=world.workspace)
    path.write_text(issued.note, encoding="utf-8")
    return path


def trusted(kept: Path) -> tuple[str, ...]:
    """Return the options of an auditor who has a key and a checkpoint."""
    key = str(log_keys.verifier(LogKey.objects.get()))
    return "--key", key, "--checkpoint", str(kept)


@pytest.fixture
def bundle(world: World, kept: Path, tmp_path: Path) -> str:
    """A bundle that was made after the checkpoint."""
    assert kept.exists()
    path = tmp_path / "bundle.zip"
    path.write_bytes(make_bundle(world.workspace)[0])
    return str(path)


def test_a_bundle_needs_cryptography_alone(tmp_path: Path, kept: Path, bundle: str) -> None:
    alone = Alone(tmp_path, "cryptography")
    for module in ("django", "responsibilities", "pypdf"):
        code, text = alone.run("-c", f"import {module}")
        assert code == 1
        assert "ModuleNotFoundError" in text
    code, text = alone.verify(bundle, *trusted(kept))
    assert code == 0, text
    assert text.endswith("INTACT: everything that was checked fits.\n")
    data = bytearray(Path(bundle).read_bytes())
    data[len(data) // 2] ^= 1
    Path(bundle).write_bytes(data)
    assert alone.verify(bundle, *trusted(kept))[0] in (1, 2)


def test_a_missing_package_is_named(tmp_path: Path, kept: Path, bundle: str) -> None:
    code, text = Alone(tmp_path).verify(bundle, *trusted(kept))
    assert code == 2
    assert "CANNOT BE VERIFIED: the package cryptography" in text
    assert "Traceback" not in text


def syntax(path: Path) -> tuple[int, str]:
    """Let ruff say whether Python 3.10 can read a file."""
    ruff = str(Path(sys.executable).with_name("ruff"))
    command = [ruff, "check", "--isolated", "--no-cache"]
    command += ["--target-version", "py310", "--select", "E9", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout


def test_python_3_10_can_read_the_verifier(tmp_path: Path) -> None:
    code, text = syntax(FILE)
    assert code == 0, text
    newer = tmp_path / "newer.py"
    newer.write_text("type Name = str\n", encoding="utf-8")
    assert syntax(newer)[0] == 1


@pytest.mark.pdf
def test_a_pdf_needs_pypdf_as_well(world: World, tmp_path: Path, kept: Path) -> None:
    export = exports.request(actor=system_actor(), workspace=world.workspace, format="pdf")
    tasks.make_export(export.pk)
    export.refresh_from_db()
    assert export.status == ExportStatus.DONE, export.error
    path = tmp_path / "matrix.pdf"
    with export.file.open("rb") as stored:
        path.write_bytes(stored.read())
    alone = Alone(tmp_path, "cryptography", "pypdf")
    code, text = alone.verify(str(path), *trusted(kept))
    assert code == 0, text
    assert "consistency with 1 checkpoints that somebody kept" in text
    newest = Checkpoint.objects.order_by("-size")[0]
    assert f"signature of the checkpoint, {newest.size} events" in text
    path.write_bytes(path.read_bytes() + b"\n%%EOF\n")
    assert alone.verify(str(path), *trusted(kept))[0] == 1
