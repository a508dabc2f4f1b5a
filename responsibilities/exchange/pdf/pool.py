"""The processes that render: few, limited, and ended at once when nobody waits any more.

They are forked from a server that has loaded WeasyPrint and nothing of Django, live for one
export, and are killed when they exceed their time, when they die, or when the export is stopped.
"""

from __future__ import annotations

import logging
import multiprocessing
import os
import tempfile
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from typing import TYPE_CHECKING, Final, Self

from django.utils.translation import gettext as _

from responsibilities.exchange.details import ExportError, ExportStoppedError
from responsibilities.exchange.pdf.entry import WORKER, enter
from responsibilities.exchange.pdf.jobs import Limits, MergeJob, RenderJob

if TYPE_CHECKING:
    from multiprocessing.context import ForkServerProcess
    from types import TracebackType

type Job = RenderJob | MergeJob

logger = logging.getLogger(__name__)

_POLL_SECONDS: Final = 0.5
_CONTEXT: Final = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload([WORKER])


class RenderTimeoutError(ExportError):
    """Rendering took longer than it may."""


@dataclass(slots=True)
class _Worker:
    process: ForkServerProcess
    pipe: Connection
    name: str = ""


class Pool:
    """A few rendering processes. Use it as a context manager."""

    def __init__(
        self, *, workers: int, limits: Limits, seconds: float, stopped: Callable[[], bool]
    ) -> None:
        """Plan `workers` processes, `seconds` for all work together.

        `stopped` is asked about twice a second whether somebody still waits.
        """
        self._count = workers
        self._limits = limits
        self._deadline = time.monotonic() + seconds
        self._stopped = stopped
        self._workers: list[_Worker] = []
        self._versions = ""

    def __enter__(self) -> Self:
        """Start the processes."""
        self._scratch = tempfile.TemporaryDirectory(prefix="rexmatrix-pdf-")
        for _number in range(self._count):
            ours, theirs = _CONTEXT.Pipe()
            process = _CONTEXT.Process(
                target=enter, args=(theirs, self._scratch.name, self._limits), daemon=True
            )
            with _environment_without_secrets():
                process.start()
            theirs.close()
            self._workers.append(_Worker(process, ours))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End the processes, whatever they do, and remove their scratch files."""
        for worker in self._workers:
            worker.process.kill()
        for worker in self._workers:
            worker.process.join()
            worker.pipe.close()
        self._workers.clear()
        self._scratch.cleanup()

    def versions(self) -> str:
        """Return the versions of what renders; waits for the processes to be ready."""
        if not self._versions:
            for worker in self._workers:
                self._wait([worker])
                self._versions = _receive(worker, b"ready").decode()
        return self._versions

    def run(self, jobs: Mapping[str, Job], done: Callable[[str, bytes], None]) -> None:
        """Do all jobs, and call `done` with the name and the answer of each as it comes.

        Raises ExportStoppedError when stopped, RenderTimeoutError when the time is up, and
        ExportError when a process fails or dies.
        """
        self.versions()
        waiting = deque(jobs.items())
        idle, busy = list(self._workers), list[_Worker]()
        while waiting or busy:
            while waiting and idle:
                worker = idle.pop()
                worker.name, job = waiting.popleft()
                worker.pipe.send(job)
                busy.append(worker)
            for worker in self._wait(busy):
                done(worker.name, _receive(worker, b"done"))
                busy.remove(worker)
                idle.append(worker)

    def run_one(self, name: str, job: Job) -> bytes:
        """Do one job and return its answer. Raises as `run` does."""
        answers: list[bytes] = []
        self.run({name: job}, lambda _name, answer: answers.append(answer))
        return answers[0]

    def _wait(self, workers: list[_Worker]) -> list[_Worker]:
        """Return the workers that have answered or died, as soon as there is one."""
        while True:
            if self._stopped():
                raise ExportStoppedError
            left = self._deadline - time.monotonic()
            if left <= 0:
                raise RenderTimeoutError(_("Rendering took too long and was stopped."))
            ready = wait([worker.pipe for worker in workers], min(left, _POLL_SECONDS))
            if ready:
                return [worker for worker in workers if worker.pipe in ready]


@contextmanager
def _environment_without_secrets() -> Iterator[None]:
    """Start the fork server without what our settings read: keys, passphrases, passwords.

    Clearing the variables in the new process is not enough: the system goes on showing those
    that it was started with.
    """
    secret = {
        name: value
        for name, value in os.environ.items()
        if name.startswith(("REXMATRIX_", "AWS_", "PG")) or name == "DATABASE_URL"
    }
    for name in secret:
        del os.environ[name]
    try:
        yield
    finally:
        os.environ |= secret


def _receive(worker: _Worker, expected: bytes) -> bytes:
    """Return what a worker says after the word `expected`. Raises ExportError otherwise."""
    try:
        word, _space, answer = worker.pipe.recv_bytes().partition(b" ")
    except (EOFError, ConnectionResetError) as death:
        worker.process.join()
        logger.exception("rendering %s ended with %s", worker.name, worker.process.exitcode)
        raise ExportError(_("Rendering used more memory or time than it may.")) from death
    if word != expected:
        logger.error("rendering %s failed: %s", worker.name, answer.decode(errors="replace"))
        raise ExportError(_("Rendering failed. The log of the task worker says why."))
    return answer
