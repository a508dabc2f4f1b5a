"""What a long audit log costs: appending to it, recomputing it, handing it out, checking it."""

from __future__ import annotations

import itertools
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from django.core.files.storage import default_storage
from django.db import transaction

from bench.measure import Measured, counted, median
from responsibilities.choices import AuditAction, PartyKind, Via
from responsibilities.exchange import bundle
from responsibilities.models import AuditHead, Item, LogKey, Membership, Workspace
from responsibilities.permissions import Actor, system_actor
from responsibilities.services import audit, checkpoints, items, log_keys, verification
from responsibilities.services.demo import bench

ROOT = Path(__file__).resolve().parent.parent
VERIFIER = ROOT / "responsibilities" / "verifier" / "verify_rexmatrix.py"
ITEMS = 43
SAMPLES = 201
# In one transaction PostgreSQL keeps every version of the row that each event changes, the head.
AT_ONCE = 250


def measure_logs(sizes: list[int], folder: Path) -> list[Measured]:
    """Measure logs of each size, given from small to large, in a workspace of 43 items each."""
    logs = [_grown(size) for size in sizes]
    found = [
        *_in_turn("event, appended", logs, _append),
        *_in_turn("item, edited", logs, _edit),
    ]
    for size, workspace in logs:
        found.append(_verify_log(workspace, size))
        found += _bundle(workspace, size, folder)
    return found


def _grown(size: int) -> tuple[int, Workspace]:
    """Return a workspace whose log has this many events, through the service that appends."""
    workspace = bench.seed(workspace_count=1, items=ITEMS)[0]
    missing = size - AuditHead.objects.get(workspace=workspace).size
    start = time.perf_counter()
    for few in itertools.batched(range(missing), AT_ONCE):
        with transaction.atomic():
            for _number in few:
                _add(workspace)
    seconds = time.perf_counter() - start
    print(f"{max(missing, 0):,} events appended in {seconds:.0f} s", file=sys.stderr)
    return size, workspace


def _add(workspace: Workspace) -> None:
    audit.append(
        workspace=workspace,
        actor=system_actor(),
        action=AuditAction.WORKSPACE_CHANGED,
        subject=audit.Subject("workspace", str(workspace.pk)),
        label=workspace.name,
        changes=[audit.Change("target date", "2026-11-22", "2026-12-31")],
    )


def _append(workspace: Workspace) -> Callable[[], object]:
    """Return a call that appends one event and commits it."""

    def act() -> None:
        with transaction.atomic():
            _add(workspace)

    return act


def _edit(workspace: Workspace) -> Callable[[], object]:
    """Return a call that changes the note of an item, as a person does."""
    membership = Membership.objects.select_related("seat__party", "user").get(
        workspace=workspace, seat__party__kind=PartyKind.PROVIDER
    )
    actor = Actor(user=membership.user, via=Via.WEB, membership=membership)
    item = workspace.items.select_related("responsibility").filter(holder=membership.seat)[0]
    numbers = itertools.count()

    def act() -> Item:
        nonlocal item
        item = items.edit(
            actor=actor,
            workspace=workspace,
            key=item.responsibility.key,
            seen_version=item.version,
            applicability=item.applicability,
            applicability_reason=item.applicability_reason,
            chosen=item.chosen,
            note=f"Edition {next(numbers)}.",
            review_on=item.review_on,
        )
        return item

    return act


def _in_turn(
    what: str, logs: list[tuple[int, Workspace]], make: Callable[[Workspace], Callable[[], object]]
) -> list[Measured]:
    """Measure an act in each log in turn, many times: what disturbs one disturbs the others."""
    acts = {size: make(workspace) for size, workspace in logs}
    queries = {size: counted(act)[1] for size, act in acts.items()}
    samples: dict[int, list[float]] = {size: [] for size in acts}
    for _sample in range(SAMPLES):
        for size, act in acts.items():
            start = time.perf_counter()
            act()
            samples[size].append(time.perf_counter() - start)
    return [
        Measured(what, size, sorted(taken)[SAMPLES // 2], queries[size])
        for size, taken in samples.items()
    ]


def _verify_log(workspace: Workspace, size: int) -> Measured:
    def act() -> None:
        report = verification.verify(workspace)
        if report.problems:
            raise SystemExit(str(report.problems[0]))

    return Measured("verify_log", size, median(act, 3), counted(act)[1])


def _bundle(workspace: Workspace, size: int, folder: Path) -> list[Measured]:
    """Measure the bundle, and the offline verifier on it, in a process of its own."""
    path = folder / f"bundle-{size}.zip"
    start = time.perf_counter()
    made = checkpoints.prepare(actor=system_actor(), workspace=workspace)
    wanted = bundle.Wanted(made.matrix, made.checkpoint, made.seq)
    with path.open("wb") as file:
        file.writelines(bundle.write(wanted, default_storage.open))
    seconds = time.perf_counter() - start
    key = str(log_keys.verifier(LogKey.objects.get()))

    def act() -> None:
        command = [sys.executable, "-I", str(VERIFIER), str(path), "--key", key]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise SystemExit(done.stdout + done.stderr)

    length = path.stat().st_size
    return [
        Measured("bundle, made", size, seconds, bytes=length),
        Measured("bundle, checked offline", size, median(act, 3), bytes=length),
    ]
