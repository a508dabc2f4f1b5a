"""The offline verifier's limits on time and memory, and its report as JSON, in real processes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from responsibilities.models import Checkpoint
from tests.signing import sign
from tests.verifier.bundles import FILE, VERIFIER, make_bundle, members, packed, slow_bundle
from tests.world import World

MIB = 1024**2
# Python itself, with the packages the verifier loads, and some room.
SMALL = 400 * MIB


def start(path: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Run the verifier as an auditor does."""
    return subprocess.run(
        (sys.executable, "-I", str(FILE), str(path), *options),
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def report(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    """Return the JSON that was printed, and nothing else was."""
    assert done.stderr == ""
    said: dict[str, Any] = json.loads(done.stdout)
    return said


@pytest.fixture(scope="module")
def slow(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle that takes seconds."""
    return slow_bundle(tmp_path_factory.mktemp("slow") / "slow.zip")


def greedy(path: Path) -> Path:
    """A bundle whose manifest is small in bytes and large in memory."""
    manifest = b'{"v":[' + b"[]," * (6 * MIB) + b"0]}"
    path.write_bytes(packed({"manifest.json": manifest}, manifest=False))
    return path


@pytest.mark.parametrize("as_json", [False, True])
def test_it_gives_up_when_the_time_is_over(slow: Path, *, as_json: bool) -> None:
    started = time.monotonic()
    done = start(slow, "--seconds", "1", *(["--json"] if as_json else []))
    assert time.monotonic() - started < 20
    assert done.returncode == VERIFIER.UNVERIFIABLE
    if as_json:
        said = report(done)
        assert (said["verdict"], said["reason"]) == (
            "unverifiable",
            "it took longer than 1 seconds",
        )
    else:
        assert done.stdout == "CANNOT BE VERIFIED: it took longer than 1 seconds.\n"


def test_with_enough_time_the_same_file_is_judged(slow: Path) -> None:
    """The file is refused for what it holds, not for anything about the clock."""
    done = start(slow)
    assert done.returncode == VERIFIER.TAMPERED
    assert "does not fit the manifest" in done.stdout


def test_it_gives_up_when_the_memory_is_used_up(tmp_path: Path) -> None:
    path = greedy(tmp_path / "greedy.zip")
    done = start(path, "--memory", str(SMALL), "--json")
    assert done.returncode == VERIFIER.UNVERIFIABLE
    assert report(done)["reason"] == "it needs more memory than is allowed"
    assert "not that of a bundle" in start(path).stdout


def test_the_limit_of_a_parent_is_never_raised(tmp_path: Path) -> None:
    """Whoever starts it may have set a lower one."""
    path = greedy(tmp_path / "greedy.zip")
    command = f'ulimit -v {SMALL // 1024}; exec "$@"'
    done = subprocess.run(
        ("sh", "-c", command, "sh", sys.executable, "-I", str(FILE), str(path)),
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": os.environ["PATH"]},
    )
    assert "more memory than is allowed" in done.stdout


def test_the_report_says_what_the_file_says_it_is(world: World, tmp_path: Path) -> None:
    path = tmp_path / "bundle.zip"
    sign(world, "party0", "T-S0-01")
    data, checkpoint = make_bundle(world.workspace)
    path.write_bytes(data)
    done = start(path, "--json")
    said = report(done)
    assert (done.returncode, said["verdict"], said["reason"]) == (0, "intact", "")
    assert (said["failures"], said["failed"]) == (0, [])
    assert said["checked"]
    assert said["not_checked"]
    assert said["notes"] == []
    matrix = members(data)["matrix.json"]
    assert said["file"] == {
        "kind": "bundle",
        "origin": checkpoint.origin,
        "size": checkpoint.size,
        "root": checkpoint.root,
        "note": VERIFIER.sha256(checkpoint.note.encode()),
        "matrix": VERIFIER.sha256(matrix),
        "prepared": checkpoint.size - 1,
        "items": {
            item["key"]: item["digest"]
            for section in json.loads(matrix)["sections"]
            for item in section["items"]
        },
        "releases": [],
    }


def test_the_report_says_what_was_changed(world: World, tmp_path: Path) -> None:
    path = tmp_path / "changed.zip"
    files = members(make_bundle(world.workspace)[0])
    files["matrix.json"] = files["matrix.json"].replace(b"Vera", b"Vero")
    path.write_bytes(packed(files))
    said = report(start(path, "--json"))
    assert (said["verdict"], said["failures"]) == ("changed", 1)
    assert "no event of the log names this matrix" in said["failed"][0]
    assert said["file"]["root"] == Checkpoint.objects.get().root
    assert said["file"]["prepared"] is None
