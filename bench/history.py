"""What the row history costs: writes with and without its triggers, and matrices of past days."""

from __future__ import annotations

import itertools
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module

from django.db import connection
from django.utils import timezone

from bench.measure import median
from responsibilities import matrix
from responsibilities.choices import PartyKind, Via
from responsibilities.migrations import _row_history
from responsibilities.models import Membership, RowHistory, Workspace
from responsibilities.permissions import Actor, system_actor
from responsibilities.services import assignments, workspaces
from responsibilities.services.demo import bench

RECORDED = import_module("responsibilities.migrations.0007_row_history").RECORDED
TURNS = 9
FEW_TURNS = 3


def measure_history(sizes: list[int], lengths: list[int]) -> str:
    """Measure workspaces of each size, with histories of each length; return two tables."""
    places = {size: bench.seed(workspace_count=1, items=size)[0] for size in sizes}
    lines = ["| write | without | with | ratio |", "|---|--:|--:|--:|"]
    for size, workspace in places.items():
        lines.append(_compared(f"cell edit, {size} items", _edit(workspace)))
        lines.append(_compared(f"workspace creation, {size} items", _creation(workspace)))
    whole = "made-up workspace with evidence and sign-offs, 43 items"
    lines.append(_compared(whole, lambda: bench.seed(workspace_count=1, items=43), turns=FEW_TURNS))
    lines += ["", "| items | history rows | now | past | ratio |", "|--:|--:|--:|--:|--:|"]
    lines += [_past(places[size], size, length) for length in lengths for size in sizes]
    return "\n".join(lines)


@contextmanager
def _without_triggers() -> Iterator[None]:
    """Drop the triggers of the history for a while."""
    with connection.schema_editor() as editor:
        _row_history.drop(editor, RECORDED)
    try:
        yield
    finally:
        with connection.schema_editor() as editor:
            _row_history.create(editor, RECORDED)


def _seconds(act: Callable[[], object]) -> float:
    start = time.perf_counter()
    act()
    return time.perf_counter() - start


def _compared(what: str, act: Callable[[], object], *, turns: int = TURNS) -> str:
    """Return a row of the table: medians of turns, so that a busy machine slows both."""
    act()
    on, off = [], []
    for _turn in range(turns):
        on.append(_seconds(act))
        with _without_triggers():
            off.append(_seconds(act))
    with_it, without = statistics.median(on), statistics.median(off)
    return (
        f"| {what} | {without * 1000:,.1f} ms | {with_it * 1000:,.1f} ms "
        f"| {with_it / without:.2f} |"
    )


def _creation(workspace: Workspace) -> Callable[[], object]:
    """Return what makes another workspace of the same model."""
    names = {seat.party.key: seat.organization.name for seat in workspace.seats.all()}
    number = itertools.count()
    return lambda: workspaces.create(
        actor=system_actor(),
        version=workspace.model_version,
        name="Measured",
        slug=f"history-{workspace.items.count()}-{next(number)}",
        organizations=names,
    )


def _edit(workspace: Workspace) -> Callable[[], object]:
    """Return what sets one cell, each time to another letter."""
    member = Membership.objects.select_related("seat__party", "user").get(
        workspace=workspace, seat__party__kind=PartyKind.PROVIDER
    )
    actor = Actor(user=member.user, via=Via.WEB, membership=member)
    item = workspace.items.select_related("responsibility").filter(holder=member.seat)[0]
    team = workspace.teams.filter(seat=member.seat)[0]
    letters = itertools.cycle("IC")

    def act() -> object:
        item.refresh_from_db(fields=["version"])
        return assignments.set_cells(
            actor=actor,
            workspace=workspace,
            key=item.responsibility.key,
            cells={team.pk: {next(letters): None}},
            seen_version=item.version,
        )

    return act


def _past(workspace: Workspace, size: int, length: int) -> str:
    """Return a row of the table: the matrix of now, and of halfway through a long history."""
    history = RowHistory.objects.filter(workspace_id=workspace.pk)
    moment, number = timezone.now(), itertools.count()
    while history.count() < length:
        workspace.items.update(note=f"Note {next(number)}")
        if history.count() < length / 2:
            moment = timezone.now()
    now = median(lambda: matrix.load(workspace), TURNS)
    then = median(lambda: matrix.load(workspace, at=moment), TURNS)
    return (
        f"| {size} | {history.count()} | {now * 1000:,.1f} ms | {then * 1000:,.1f} ms "
        f"| {then / now:.2f} |"
    )
