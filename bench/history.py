"""Measure what the row history costs: writes with and without its triggers, and past matrices.

One run on an empty embedded database; the two kinds of write take turns, so that the load of the
machine falls on both.
"""

from __future__ import annotations

import argparse
import importlib
import itertools
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench.run import set_up

ROUNDS = 9


@contextmanager
def without_triggers() -> Iterator[None]:
    """Drop the triggers of the history for a while."""
    connection = importlib.import_module("django.db").connection
    helper = importlib.import_module("responsibilities.migrations._row_history")
    recorded = importlib.import_module("responsibilities.migrations.0007_row_history").RECORDED
    with connection.schema_editor() as editor:
        helper.drop(editor, recorded)
    try:
        yield
    finally:
        with connection.schema_editor() as editor:
            helper.create(editor, recorded)


def seconds(act: Callable[[], object]) -> float:
    """Return how long one call takes."""
    start = time.perf_counter()
    act()
    return time.perf_counter() - start


def compared(what: str, act: Callable[[], object], rounds: int = ROUNDS) -> str:
    """Return a row of the table: with, without, and their ratio, medians of turns."""
    act()
    on, off = [], []
    for _round in range(rounds):
        on.append(seconds(act))
        with without_triggers():
            off.append(seconds(act))
    with_it, without = statistics.median(on), statistics.median(off)
    return (
        f"| {what} | {without * 1000:,.1f} ms | {with_it * 1000:,.1f} ms "
        f"| {with_it / without:.2f} |"
    )


def creation(workspace: Any) -> Callable[[], object]:  # noqa: ANN401 (models load later)
    """Return what makes another workspace of the same model."""
    services = importlib.import_module("responsibilities.services.workspaces")
    actor = importlib.import_module("responsibilities.permissions").system_actor()
    names = {seat.party.key: seat.organization.name for seat in workspace.seats.all()}
    number = itertools.count()
    return lambda: services.create(
        actor=actor,
        version=workspace.model_version,
        name="Measured",
        slug=f"history-{workspace.items.count()}-{next(number)}",
        organizations=names,
    )


def edit(workspace: Any) -> Callable[[], object]:  # noqa: ANN401
    """Return what sets one cell, each time to another letter."""
    services = importlib.import_module("responsibilities.services.assignments")
    permissions = importlib.import_module("responsibilities.permissions")
    via = importlib.import_module("responsibilities.choices").Via.WEB
    member = workspace.memberships.select_related("seat__party", "user").get(
        seat__party__kind="provider"
    )
    actor = permissions.Actor(user=member.user, via=via, membership=member)
    item = workspace.items.select_related("responsibility").filter(holder=member.seat)[0]
    team = workspace.teams.filter(seat=member.seat)[0]
    letters = itertools.cycle("IC")

    def act() -> object:
        item.refresh_from_db(fields=["version"])
        return services.set_cells(
            actor=actor,
            workspace=workspace,
            key=item.responsibility.key,
            cells={team.pk: {next(letters): None}},
            seen_version=item.version,
        )

    return act


def past(workspace: Any, items: int, rows: int) -> str:  # noqa: ANN401
    """Return a row of the table: the matrix of now and of halfway through `rows` changes."""
    matrix = importlib.import_module("responsibilities.matrix")
    history = importlib.import_module("responsibilities.models").RowHistory
    timezone = importlib.import_module("django.utils.timezone")
    moment, number = None, 0
    while history.objects.filter(workspace_id=workspace.pk).count() < rows:
        number += 1
        workspace.items.update(note=f"Note {number}")
        if not moment or history.objects.filter(workspace_id=workspace.pk).count() < rows / 2:
            moment = timezone.now()
    whole = history.objects.filter(workspace_id=workspace.pk).count()
    now = statistics.median(seconds(lambda: matrix.load(workspace)) for _ in range(ROUNDS))
    then = statistics.median(
        seconds(lambda: matrix.load(workspace, at=moment)) for _ in range(ROUNDS)
    )
    return (
        f"| {items} | {whole} | {now * 1000:,.1f} ms | {then * 1000:,.1f} ms | {then / now:.2f} |"
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--items", type=int, nargs="*", default=[43, 370, 1000])
    parser.add_argument("--rows", type=int, nargs="*", default=[8_000, 40_000])
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="rexmatrix-bench-"))
    try:
        set_up(folder)
        seed = importlib.import_module("responsibilities.services.demo.bench").seed
        places = {items: seed(workspace_count=1, items=items)[0] for items in options.items}
        lines = ["| write | without | with | ratio |", "|---|--:|--:|--:|"]
        for items, workspace in places.items():
            lines.append(compared(f"cell edit, {items} items", edit(workspace)))
            lines.append(compared(f"workspace creation, {items} items", creation(workspace)))
        lines.append(
            compared(
                "made-up workspace with evidence and sign-offs, 43 items",
                lambda: seed(workspace_count=1, items=43),
                3,
            )
        )
        lines += ["", "| items | history rows | now | past | ratio |", "|--:|--:|--:|--:|--:|"]
        lines += [past(places[i], i, rows) for rows in options.rows for i in options.items]
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
