"""What the layers promise: writes in services, imports at the top, files of a readable size."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
APP = ROOT / "responsibilities"
TEMPLATES = ROOT / "templates"

WRITING_METHODS = frozenset(
    {
        "save",
        "create",
        "update",
        "delete",
        "bulk_create",
        "bulk_update",
        "get_or_create",
        "update_or_create",
        "set_password",
        "acreate",
        "asave",
        "adelete",
        "aupdate",
        "raw",
        "executemany",
        "execute",
    }
)
# Where these names mean something else than a write to our tables.
NOT_A_ROW = frozenset({"dict", "hashlib", "digest", "hasher", "context", "query", "params"})
# The verifier knows no database: what it updates are sets.
MAY_WRITE = ("services/", "migrations/", "models/accounts.py", "verifier/")
# The health check reads the database and writes a probe file that it removes again.
READS_ONLY = frozenset(
    {
        ("views/health.py", "execute"),
        ("views/health.py", "save"),
        ("views/health.py", "delete"),
        # These save a PDF and a font.
        ("exchange/pdf/merge.py", "save"),
        ("exchange/pdf/stamp.py", "save"),
    }
)

# Handed out as one file that imports nothing of ours.
ONE_FILE = frozenset({"verifier/verify_rexmatrix.py"})

MODULES = sorted(
    path for path in APP.rglob("*.py") if "/migrations/" not in str(path) and path.stat().st_size
)


def _name(path: Path) -> str:
    return str(path.relative_to(APP))


def _writes(tree: ast.AST) -> Iterator[tuple[int, str, str]]:
    """Yield line, receiver and method of each call that could write a row."""
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr in WRITING_METHODS
        ):
            yield node.lineno, ast.unparse(node.func.value), node.func.attr


def find_writes(path: Path, source: str) -> list[str]:
    """Return the calls in a module that write rows although the module may not."""
    name = _name(path)
    if name.startswith(MAY_WRITE):
        return []
    found = []
    for line, receiver, method in _writes(ast.parse(source)):
        root = re.split(r"[.(\[]", receiver)[0]
        calls_service = "services" in receiver or root in _service_names(source)
        if not calls_service and root not in NOT_A_ROW and (name, method) not in READS_ONLY:
            found.append(f"{name}:{line} {receiver}.{method}()")
    return found


def _service_names(source: str) -> set[str]:
    """Return the names that a module imports from services."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(
            "responsibilities.services"
        ):
            names |= {alias.asname or alias.name for alias in node.names}
    return names


@pytest.mark.parametrize("path", MODULES, ids=_name)
def test_only_services_write(path: Path) -> None:
    assert not find_writes(path, path.read_text())


def find_key_locks(source: str) -> list[int]:
    """Return the lines that lock rows against every row that refers to them.

    On PostgreSQL such a lock and the check of a foreign key can wait for each other in a ring:
    one writer holds the row and wants the head of the log, another holds the head and, at its
    commit, wants the row. Nobody changes a key, so `no_key` is enough.
    """
    return [
        node.lineno
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "select_for_update"
        and not any(keyword.arg == "no_key" for keyword in node.keywords)
    ]


@pytest.mark.parametrize("path", MODULES, ids=_name)
def test_locks_leave_foreign_keys_alone(path: Path) -> None:
    assert find_key_locks(path.read_text()) == []


def test_a_lock_of_keys_would_be_found() -> None:
    assert find_key_locks("x.select_for_update(no_key=True)\nx.select_for_update()") == [2]


def test_a_write_in_a_view_would_be_found() -> None:
    view = APP / "views" / "matrix.py"
    for line in ("item.save()", "Item.objects.filter(pk=1).update(note='')", "Team(x).delete()"):
        assert find_writes(view, f"def view(request):\n    {line}\n")


@pytest.mark.parametrize("path", MODULES, ids=_name)
def test_size(path: Path) -> None:
    lines = path.read_text().splitlines()
    assert len(lines) <= 400 or _name(path) in ONE_FILE, "split the module"
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef):
            docstring = ast.get_docstring(node)
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            length -= len(docstring.splitlines()) + 1 if docstring else 0
            assert length <= 40, f"{node.name} has {length} lines"


SHEETS = sorted(TEMPLATES.rglob("*.html")) + sorted(TEMPLATES.rglob("*.svg"))
IN_PAGES = [path for path in SHEETS if "pdf" not in path.relative_to(TEMPLATES).parts[0]]


@pytest.mark.parametrize("path", IN_PAGES, ids=lambda path: str(path.relative_to(TEMPLATES)))
def test_templates_hold_to_the_content_security_policy(path: Path) -> None:
    source = path.read_text()
    assert not re.search(r"\sstyle\s*=", source), "inline style"
    assert not re.search(r"\son[a-z]+\s*=", source), "inline handler"
    assert not re.search(r"<script(?![^>]*\bsrc=)", source), "inline script"
    assert "hx-on" not in source
    assert len(source.splitlines()) <= 160, "split the template"
