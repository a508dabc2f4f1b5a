"""The files that set a machine up: locks, the bootstrap script, the Makefile."""

import os
import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest
from django.conf import settings

ROOT = Path(settings.BASE_DIR)
LOCKS = ("requirements.lock", "requirements-dev.lock")


def pinned(lock: str) -> dict[str, str]:
    """Return each package of a lock file with its version."""
    text = (ROOT / lock).read_text(encoding="utf-8")
    return dict(re.findall(r"^([a-z0-9][a-z0-9.-]*)==([^ ;\\]+)", text, re.MULTILINE))


def names(requirements: list[str]) -> set[str]:
    """Return the names of requirements without extras and versions."""
    return {re.split(r"[\[<>=!~ ;]", requirement, maxsplit=1)[0] for requirement in requirements}


@pytest.mark.parametrize("lock", LOCKS)
def test_every_package_is_pinned_and_hashed(lock: str) -> None:
    text = (ROOT / lock).read_text(encoding="utf-8")
    entries = re.split(r"^(?=[^\s#])", text, flags=re.MULTILINE)[1:]
    assert len(entries) == len(pinned(lock)) > 0
    for entry in entries:
        assert "--hash=sha256:" in entry, entry.splitlines()[0]


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_names_no_index_and_no_path(lock: str) -> None:
    text = (ROOT / lock).read_text(encoding="utf-8")
    assert re.findall(r"https?://|file:|--index|--extra-index|--find-links|@ |\+cpu", text) == []


def test_the_development_lock_holds_the_same_versions_and_more() -> None:
    runtime, development = (pinned(lock) for lock in LOCKS)
    assert runtime.items() < development.items()


def test_the_locks_hold_what_the_project_names() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert names(project["project"]["dependencies"]) <= pinned("requirements.lock").keys()
    assert names(project["dependency-groups"]["dev"]) <= pinned("requirements-dev.lock").keys()


@pytest.mark.parametrize("named", ["/nonexistent/python", shutil.which("false") or "false"])
def test_an_unfit_python_is_refused_in_one_sentence(tmp_path: Path, named: str) -> None:
    shutil.copy(ROOT / "bootstrap.sh", tmp_path)
    result = subprocess.run(
        ["sh", "bootstrap.sh"],
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"], "PYTHON": named},
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )
    assert result.returncode == 1
    assert result.stderr == (
        f"Set-up stopped: PYTHON={named} is not a Python 3.12 or newer with venv and ssl.\n"
    )
    assert not (tmp_path / ".venv").exists()


def test_make_alone_lists_every_target() -> None:
    result = subprocess.run(["make"], cwd=ROOT, capture_output=True, text=True, check=True)
    listed = set(re.findall(r"^ +make (\S+)", result.stdout, re.MULTILINE))
    phony = re.search(r"^\.PHONY: (.+)$", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    assert phony is not None
    assert listed == set(phony[1].split())


def test_pinned_uv_can_be_cut_out_of_the_lock() -> None:
    """bootstrap.sh fetches a Python with the uv of this lock; sed cuts its entry out."""
    result = subprocess.run(
        ["sed", "-n", "/^uv==/,/^ *# via/p", "requirements-dev.lock"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    lines = result.stdout.splitlines()
    assert lines[0].startswith("uv==")
    assert all("--hash=sha256:" in line for line in lines[1:-1])


def test_every_variable_is_in_the_guide_for_operators() -> None:
    guide = (ROOT / "docs" / "operator.md").read_text(encoding="utf-8")
    read = {
        name
        for file in (ROOT / "rexmatrix").glob("*.py")
        for name in re.findall(r'"(REXMATRIX_[A-Z0-9_]+)"', file.read_text(encoding="utf-8"))
    }
    assert len(read) > 25
    assert sorted(name for name in read if f"`{name}`" not in guide) == []
