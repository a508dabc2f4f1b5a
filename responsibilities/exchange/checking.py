"""Checks a file that somebody brought, with the offline verifier in a process of its own.

The process is an isolated interpreter with an empty environment, limits on memory, time and
output, and a folder that is removed afterwards. It has no settings, no database and no secrets;
what it prints is read as data, whatever it is.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final

from django.conf import settings
from django.utils.translation import gettext as _

from responsibilities.exchange import checking_child, verifier
from responsibilities.matrix.provenance import Claim, Verdict

AT_ONCE: Final = 2
"""How many checks one web process runs at the same time."""

WAIT_SECONDS: Final = 2.0
"""How long a check waits for its turn."""

GRACE_SECONDS: Final = 5
"""How long after its time the process may take to say that it gives up."""

MOST_OUTPUT: Final = 8 * 1024**2
MOST_LINES: Final = 200
_CHUNK: Final = 1024 * 1024
_HEX: Final = re.compile(r"[0-9a-f]{64}")
_KINDS: Final = frozenset({"pdf", "bundle"})

logger = logging.getLogger(__name__)
_turns = threading.BoundedSemaphore(AT_ONCE)


class BusyError(Exception):
    """As many checks run already as may. Nothing was checked."""


@dataclass(frozen=True, slots=True)
class Checked:
    """What the verifier says of a file. `notes` are what a reader of an intact one must know."""

    verdict: Verdict
    claim: Claim
    reason: str = ""
    checked: tuple[str, ...] = ()
    not_checked: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    failures: int = 0

    @property
    def failures_left_out(self) -> int:
        """How many failures are counted and not listed."""
        return self.failures - len(self.failed)


@contextmanager
def turn() -> Iterator[None]:
    """Hold one of the few places for as long as the block runs. Raises BusyError."""
    if not _turns.acquire(timeout=WAIT_SECONDS):
        raise BusyError
    try:
        yield
    finally:
        _turns.release()


def check(file: Path, *, key: str = "", checkpoints: Sequence[str] = ()) -> Checked:
    """Return what the verifier says of a file. Neither the file nor anything of it is kept.

    `key` is a verifier key, `checkpoints` are notes that somebody kept. Raises BusyError.
    """
    with turn(), tempfile.TemporaryDirectory(prefix="rexmatrix-verify-") as folder:
        scratch = Path(folder)
        options = []
        if key:
            (scratch / "key.txt").write_text(f"{key}\n", encoding="utf-8")
            options.append("--key=key.txt")
        for number, note in enumerate(checkpoints, start=1):
            name = f"checkpoint-{number}.txt"
            (scratch / name).write_text(note, encoding="utf-8", newline="")
            options.append(f"--checkpoint={name}")
        answer = _answer(file.resolve(), scratch, options)
        return _read(answer, _sha256(file))


def _answer(file: Path, scratch: Path, options: Sequence[str]) -> bytes:
    """Run the verifier, and return what it printed; nothing if it was stopped."""
    seconds = settings.REXMATRIX_VERIFY_SECONDS
    command = (
        *(sys.executable, "-I", "-B", checking_child.__file__),
        str(settings.REXMATRIX_VERIFY_MEMORY_BYTES),
        str(seconds + GRACE_SECONDS),
        str(MOST_OUTPUT),
        *(str(verifier.PATH), "--json", f"--seconds={seconds}", *options, "--", str(file)),
    )
    with (scratch / "out").open("w+b") as out, (scratch / "errors").open("w+b") as errors:
        process = subprocess.Popen(  # noqa: S603  # our own program, no shell
            command,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=errors,
            cwd=scratch,
            env={},
            start_new_session=True,
        )
        try:
            code = process.wait(timeout=seconds + GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            code = None
        finally:
            _end(process)
        if code not in {0, 1, 2}:
            logger.warning("a check ended with %s: %r", code, _tail(errors))
            return b""
        out.seek(0)
        return out.read(MOST_OUTPUT)


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the process, if it still runs, and whatever it may have started."""
    if process.poll() is None:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _tail(file: IO[bytes]) -> bytes:
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - 500))
    return file.read()


def _sha256(file: Path) -> str:
    digest = hashlib.sha256()
    with file.open("rb") as source:
        while chunk := source.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def _read(answer: bytes, sha256: str) -> Checked:
    """Return what was printed, as far as it has the form it should have."""
    try:
        said = json.loads(answer)
        return Checked(
            verdict=Verdict(said["verdict"]),
            claim=_claim(said["file"], sha256),
            reason=str(said["reason"]),
            checked=_lines(said["checked"]),
            not_checked=_lines(said["not_checked"]),
            failed=_lines(said["failed"]),
            notes=_lines(said.get("notes", ())),
            failures=int(said["failures"]),
        )
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        reason = _("checking it took more memory or time than is allowed here")
        return Checked(Verdict.UNVERIFIABLE, Claim(sha256), reason=reason)


def _lines(values: Sequence[object]) -> tuple[str, ...]:
    return tuple(str(value) for value in values[:MOST_LINES])


def _claim(said: Mapping[str, Any], sha256: str) -> Claim:
    """Return what the file says of itself. Raises as `_read` catches for another form."""
    kind, size = said.get("kind", ""), said.get("size", 0)
    digests = {name: said.get(name) or "" for name in ("root", "note", "matrix")}
    wrong = [text for text in digests.values() if text and not _HEX.fullmatch(text)]
    if wrong or kind not in {"", *_KINDS} or not 0 <= size < 2**63:
        raise ValueError
    return Claim(
        sha256=sha256,
        kind=kind,
        origin=str(said.get("origin", "")),
        size=size,
        items={str(key): str(digest) for key, digest in said.get("items", {}).items()},
        **digests,
    )
