"""What is measured, and the report. `run.py` sets the stage."""

from __future__ import annotations

import gzip
import itertools
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import sync_playwright

from responsibilities import matrix
from responsibilities.exchange.details import Details
from responsibilities.exchange.pdf import document
from responsibilities.exchange.pdf.jobs import Limits
from responsibilities.exchange.pdf.pool import Pool
from responsibilities.matrix import Matrix
from responsibilities.models import Item, User, Workspace
from responsibilities.permissions import system_actor
from responsibilities.services import workspaces
from responsibilities.services.demo import bench
from tests.find_chromium import ARGUMENTS, chromium_path

ROOT = Path(__file__).resolve().parent.parent
ROUNDS = 7


@dataclass(frozen=True)
class Measured:
    """One thing measured: median seconds, and queries and bytes where they are known."""

    what: str
    size: int
    seconds: float
    queries: int = 0
    bytes: int = 0
    gzip_bytes: int = 0


def median(act: Callable[[], object], rounds: int = ROUNDS) -> float:
    """Return the median seconds of `act` over some rounds, after one to warm up."""
    act()
    seconds = []
    for _round in range(rounds):
        start = time.perf_counter()
        act()
        seconds.append(time.perf_counter() - start)
    return statistics.median(seconds)


def measure_pages(sizes: list[int]) -> list[Measured]:
    """Measure creation, the matrix page, and one cell edit, for workspaces of each size."""
    found = []
    for items in sizes:
        workspace = bench.seed(workspace_count=1, items=items)[0]
        found.append(_creation(workspace, items))
        manager = User.objects.get(
            memberships__workspace=workspace, memberships__seat__party__kind="provider"
        )
        client = Client(headers={"host": "localhost"})
        client.force_login(manager)
        found.append(_page(client, workspace, items))
        found.append(_cell_edit(client, workspace, items))
    return found


def counted[T](act: Callable[[], T]) -> tuple[T, int]:
    """Return what `act` gives, and the number of queries that it took."""
    with CaptureQueriesContext(connection) as queries:
        result = act()
        return result, len(connection.queries_log) - queries.initial_queries


def _page(client: Client, workspace: Workspace, items: int) -> Measured:
    address = reverse("matrix", kwargs={"slug": workspace.slug})

    def act() -> bytes:
        return client.get(address).content

    body, queries = counted(act)
    size = len(body)
    return Measured("matrix page", items, median(act), queries, size, len(gzip.compress(body, 6)))


def _creation(workspace: Workspace, items: int) -> Measured:
    names = {seat.party.key: seat.organization.name for seat in workspace.seats.all()}
    number = itertools.count()

    def act() -> None:
        workspaces.create(
            actor=system_actor(),
            version=workspace.model_version,
            name="Measured",
            slug=f"measured-{items}-{next(number)}",
            organizations=names,
        )

    _nothing, queries = counted(act)
    return Measured("workspace creation", items, median(act, 3), queries)


def _cell_edit(client: Client, workspace: Workspace, items: int) -> Measured:
    row = workspace.items.select_related("responsibility").filter(holder__party__kind="provider")[0]
    team = workspace.teams.filter(seat__party__kind="provider")[0]
    address = reverse(
        "cell",
        kwargs={"slug": workspace.slug, "key": row.responsibility.key, "team_id": team.pk},
    )
    letters = itertools.cycle(["I", "C"])

    def act() -> bytes:
        version = Item.objects.values_list("version", flat=True).get(pk=row.pk)
        response = client.post(
            address,
            {"version": version, "letter": [next(letters)]},
            headers={"hx-request": "true", "hx-target": "grid"},
        )
        if response.status_code != 200:
            message = f"the edit was refused: {response.status_code}"
            raise SystemExit(message)
        return response.content

    body, queries = counted(act)
    # One query is ours: it asks for the version that the page would have sent.
    return Measured("cell edit", items, median(act), queries - 1, len(body))


class Patience:
    """Waits for an export as long as it takes."""

    def progress(self, done: int, total: int) -> None:
        """Hear of progress and say nothing."""

    def stopped(self) -> bool:
        """Never give up."""
        return False

    def notice(self, words: str) -> None:
        """Hear of what is missing and say nothing."""


def measure_pdf(sizes: list[int], folder: Path) -> list[Measured]:
    """Measure the PDF cold, again, and after one change; and Chromium printing the same HTML."""
    found = []
    for items in sizes:
        workspace = bench.seed(workspace_count=1, items=items)[0]
        details = Details("DRAFT", timezone.now(), "Bench", "Bench vendor")
        grid = matrix.load(workspace)
        settings.REXMATRIX_PDF_CACHE_DIR = str(folder / f"cache-{items}")

        def write(grid: Matrix = grid, details: Details = details) -> bytes:
            return document.write(grid, details, Patience())

        start = time.perf_counter()
        file = write()
        found.append(Measured("PDF, cold", items, time.perf_counter() - start, bytes=len(file)))
        found.append(Measured("PDF, again", items, median(write, 3), bytes=len(file)))
        workspace.items.filter(pk=grid.rows[0].id).update(note="Changed.")
        changed = matrix.load(workspace)
        start = time.perf_counter()
        document.write(changed, details, Patience())
        found.append(Measured("PDF, one item changed", items, time.perf_counter() - start))
        found.append(_chromium(grid, details, items, folder))
    return found


def _chromium(grid: Matrix, details: Details, items: int, folder: Path) -> Measured:
    """Print the HTML of the same parts with Chromium, tagged, in one browser."""
    limits = Limits(memory_bytes=0, seconds=0)
    idle = Pool(workers=0, limits=limits, seconds=0, stopped=lambda: False)
    writing = document._Writing(grid, details, Patience(), idle, None)
    fonts = ROOT / "responsibilities/static/responsibilities/fonts/pdf"
    sheet = writing.sheet.replace("app:", f"file://{fonts}/")
    pages = []
    for part in writing.parts:
        path = folder / f"{items}-{part.key}.html"
        path.write_text(part.html.replace("</head>", f"<style>{sheet}</style></head>", 1))
        pages.append(path)
    start = time.perf_counter()
    size = 0
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=list(ARGUMENTS))
        page = browser.new_page()
        for path in pages:
            page.goto(path.as_uri())
            size += len(page.pdf(prefer_css_page_size=True, tagged=True))
        browser.close()
    return Measured("Chromium, same HTML", items, time.perf_counter() - start, bytes=size)


def report(measured: list[Measured], unit: str = "items") -> str:
    """Return a table: each figure beside its ratio to the smallest size of its kind."""
    lines = [
        f"| what | {unit} | median | ratio to smallest | queries | bytes | gzip |",
        "|---|--:|--:|--:|--:|--:|--:|",
    ]
    for one in measured:
        least = next(other for other in measured if other.what == one.what)
        lines.append(
            f"| {one.what} | {one.size} | {_milliseconds(one.seconds)} | "
            f"{_ratio(one.seconds / least.seconds)} | {one.queries or '–'} | "
            f"{one.bytes or '–'} | {one.gzip_bytes or '–'} |"
        )
    return "\n".join([*lines, "", *_against_chromium(measured)])


def _ratio(value: float) -> str:
    return f"{value:.{1 if value > 2 else 2}f}"


def _milliseconds(seconds: float) -> str:
    return f"{seconds * 1000:,.{0 if seconds > 0.01 else 1}f} ms"


def _against_chromium(measured: list[Measured]) -> list[str]:
    lines = []
    for printed in (one for one in measured if one.what.startswith("Chromium")):
        for one in measured:
            if one.what.startswith("PDF") and one.size == printed.size:
                ratio = one.seconds / printed.seconds
                lines.append(f"{one.what}, {one.size} items: {ratio:.2f} × Chromium  ")
    return lines
