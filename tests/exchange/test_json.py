"""The canonical JSON as a file of its own."""

from __future__ import annotations

import hashlib
import json

from responsibilities import matrix
from responsibilities.choices import ExportFormat
from responsibilities.exchange import json as writer
from responsibilities.exchange.registry import WRITERS
from tests.exchange.pdf.samples import Listener, details
from tests.world import World


def test_the_bytes_are_those_that_the_digest_names(world: World) -> None:
    grid, listener = matrix.load(world.workspace), Listener()
    data = writer.write(grid, details(), listener)
    assert hashlib.sha256(data).hexdigest() == matrix.digest(grid)
    assert json.loads(data)["workspace"]["slug"] == "acme"
    assert listener.steps == [(1, 1)]


def test_every_format_has_a_writer() -> None:
    assert set(WRITERS) == set(ExportFormat)
    assert len({writer.extension for writer in WRITERS.values()}) == len(WRITERS)
