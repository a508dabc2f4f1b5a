"""The loop of a rendering process: take a job, answer it, until the pipe closes.

The process is started by `pool` from a fork server that has loaded this module, so that it is
ready at once. It has no database, no settings and none of their secrets.
"""

from __future__ import annotations

import gc
import os
import resource
import signal
import tempfile
import traceback
from contextlib import suppress
from multiprocessing.connection import Connection

from responsibilities.exchange.pdf.engine import Engine, versions
from responsibilities.exchange.pdf.jobs import Limits, MergeJob, RenderJob
from responsibilities.exchange.pdf.merge import merge

_KEPT_VARIABLES = ("PATH", "HOME", "LANG", "LC_ALL", "TZ", "XDG_CACHE_HOME", "FONTCONFIG_FILE")


def serve(pipe: Connection, scratch: str, limits: Limits) -> None:
    """Answer jobs from `pipe`. The first message out is the versions of the engine.

    Answers are bytes with a word in front: ``ready``, ``done`` or ``failed``. They are never
    pickled: what has read foreign text must not be able to send code to its parent. Ends when
    the other end closes.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which ends us
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    kept = {name: os.environ[name] for name in _KEPT_VARIABLES if name in os.environ}
    os.environ.clear()
    os.environ |= kept
    tempfile.tempdir = scratch
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (limits.memory_bytes, limits.memory_bytes))
    engine = Engine()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)
    # The other end may go at any time: then there is nobody left to answer.
    with suppress(EOFError, BrokenPipeError, ConnectionResetError):
        pipe.send_bytes(b"ready " + versions().encode())
        while True:
            job = pipe.recv()
            _allow_seconds(limits.seconds)
            pipe.send_bytes(_answer(engine, job))


def _answer(engine: Engine, job: RenderJob | MergeJob) -> bytes:
    try:
        result = engine.render(job).pack() if isinstance(job, RenderJob) else merge(job)
    except MemoryError:
        return b"failed out of memory"
    except Exception:  # noqa: BLE001  # the parent raises it, with this text
        return b"failed " + traceback.format_exc().encode()
    return b"done " + result


def _allow_seconds(seconds: int) -> None:
    """Let the process use so much more processor time; beyond it the kernel ends it."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    limit = int(used.ru_utime + used.ru_stime) + seconds + 1
    resource.setrlimit(resource.RLIMIT_CPU, (limit, resource.getrlimit(resource.RLIMIT_CPU)[1]))
