"""Where a rendering process begins. Light, so that whoever starts one loads no WeasyPrint."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

    from responsibilities.exchange.pdf.jobs import Limits

WORKER: Final = "responsibilities.exchange.pdf.worker"


def enter(pipe: Connection, scratch: str, limits: Limits) -> None:
    """Serve jobs in the new process. The fork server has the module loaded already."""
    import_module(WORKER).serve(pipe, scratch, limits)
