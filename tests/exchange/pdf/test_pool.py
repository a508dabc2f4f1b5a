"""Rendering processes: limited, killed when nobody waits, silent towards the network."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from responsibilities.exchange.details import ExportError, ExportStoppedError
from responsibilities.exchange.pdf.jobs import Limits, MergeJob, MergePart, Rendered, RenderJob
from responsibilities.exchange.pdf.pool import Pool, RenderTimeoutError
from tests.programs import start

LIMITS = Limits(memory_bytes=3 * 1024**3, seconds=300)
ENDLESS = RenderJob("long", "<html lang=en><p>word " * 60_000, "")
SHORT = RenderJob("short", "<!doctype html><html lang=en><title>T</title><p id=here>Text", "")
SECONDS_TO_END = 5


def pool(
    *,
    limits: Limits = LIMITS,
    seconds: float = 300,
    stopped: Callable[[], bool] = lambda: False,
) -> Pool:
    """Return a pool of two processes."""
    return Pool(workers=2, limits=limits, seconds=seconds, stopped=stopped)


def processes(opened: Pool) -> list[int]:
    """Return the ids of the processes that still run."""
    return [w.process.pid for w in opened._workers if w.process.is_alive() and w.process.pid]


def test_each_job_is_answered_under_its_name() -> None:
    answers: dict[str, bytes] = {}
    with pool() as opened:
        opened.run({"a": SHORT, "b": SHORT, "c": SHORT}, answers.__setitem__)
        assert "weasyprint" in opened.versions()
    assert set(answers) == {"a", "b", "c"}
    part = Rendered.unpack(answers["a"])
    assert (part.pages, part.anchors, part.warnings) == (1, {"here": 0}, ())
    assert answers["a"] == answers["b"] == answers["c"]


def test_cancelling_kills_what_renders() -> None:
    ready: list[float] = []

    def stopped() -> bool:
        return bool(ready) and time.monotonic() - ready[0] > 1

    with pool(stopped=stopped) as opened:
        opened.versions()
        ready.append(time.monotonic())
        assert len(processes(opened)) == 2
        with pytest.raises(ExportStoppedError):
            opened.run({"long": ENDLESS}, lambda _name, _answer: None)
    assert time.monotonic() - ready[0] < SECONDS_TO_END
    assert processes(opened) == []


def test_time_limit_kills_what_renders() -> None:
    with pool() as opened:
        opened.versions()
        opened._deadline = time.monotonic() + 1
        begin = time.monotonic()
        with pytest.raises(RenderTimeoutError, match="too long"):
            opened.run({"long": ENDLESS}, lambda _name, _answer: None)
        assert time.monotonic() - begin < SECONDS_TO_END
    assert processes(opened) == []


def test_processor_time_is_limited() -> None:
    limits = Limits(memory_bytes=LIMITS.memory_bytes, seconds=1)
    with (
        pool(limits=limits) as opened,
        pytest.raises(ExportError, match="more memory or time"),
    ):
        opened.run({"long": ENDLESS}, lambda _name, _answer: None)


def test_memory_is_limited() -> None:
    limits = Limits(memory_bytes=700 * 1024**2, seconds=300)
    wide = RenderJob("wide", "<html lang=en><p>" + "word " * 30_000_000, "")
    with pool(limits=limits) as opened, pytest.raises(ExportError):
        opened.run({"wide": wide}, lambda _name, _answer: None)


def test_an_error_is_told_and_the_pool_still_closes() -> None:
    broken = MergeJob(
        parts=(MergePart(b"no PDF", 0),), running=b"", outline=(), labels={}, page_words=""
    )
    with pool() as opened, pytest.raises(ExportError, match="log of the task worker"):
        opened.run_one("broken", broken)
    assert processes(opened) == []


def test_a_rendering_process_is_started_without_secrets() -> None:
    """In a program of its own: the fork server lives as long as the process that started it."""
    code = """
import os
from multiprocessing import get_context
from responsibilities.exchange.pdf.jobs import Limits
from responsibilities.exchange.pdf.pool import Pool

limits = Limits(memory_bytes=3 * 1024**3, seconds=60)
with Pool(workers=1, limits=limits, seconds=60, stopped=lambda: False) as opened:
    opened.versions()
    with get_context("forkserver").Pool(1) as server:
        print([name for name in os.environ if server.apply(os.getenv, (name,))])
print(os.environ["REXMATRIX_PDF_PASSPHRASE"], os.environ["DATABASE_URL"])
"""
    values = {
        "REXMATRIX_PDF_CERTIFICATE": "/nowhere/signer.p12",
        "REXMATRIX_PDF_PASSPHRASE": "correct-horse",
        "REXMATRIX_SECRET_KEY": "battery",
        "AWS_SECRET_ACCESS_KEY": "staple",
        "DATABASE_URL": "sqlite:////nowhere/db.sqlite3",
    }
    started = start(values, code)
    assert started.returncode == 0, started.stderr
    names, kept = started.stdout.splitlines()
    assert "'PATH'" in names
    assert not [name for name in values if name in names]
    assert kept == "correct-horse sqlite:////nowhere/db.sqlite3"
