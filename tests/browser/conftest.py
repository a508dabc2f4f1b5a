"""A real server on prepared data, and a real browser that tells of every complaint.

`server` is the address. Every test begins with the database as it was prepared. `open_page`
gives a page in a context of its own, light or dark, in any size; whatever its console says, and
every violation of the content security policy, fails the test at its end.
"""

from __future__ import annotations

import os
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, Literal, Protocol

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.find_chromium import ARGUMENTS, chromium_path
from tests.world import PASSWORD

START_SECONDS = 60
PREPARE_SECONDS = 300
RENDERING = 240_000  # milliseconds, on a machine that is busy with other tests

type Theme = Literal["light", "dark"]


class OpenPage(Protocol):
    """Gives a new page in a context of its own."""

    def __call__(
        self,
        *,
        theme: Theme = "light",
        width: int = 1440,
        height: int = 900,
        javascript: bool = True,
    ) -> Page:
        """Return a page of this size and theme."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark everything in this folder as a browser test."""
    folder = Path(__file__).parent
    for item in items:
        if item.path.is_relative_to(folder):
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder: migrated, models loaded, static files collected, tests' data inside."""
    folder = tmp_path_factory.mktemp("server")
    run(folder, "prepare")
    code = "from tests.browser.data import make_all; make_all()"
    run(folder, "shell", "--no-imports", "-c", code)
    copy(folder / "db.sqlite3", folder / "prepared.sqlite3")
    return folder


@pytest.fixture(scope="session")
def running(prepared: Path) -> Iterator[str]:
    """The real server, in a process of its own; its address."""
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = (
        sys.executable,
        "-m",
        "gunicorn",
        "--config",
        "python:rexmatrix.server",
        "--bind",
        f"127.0.0.1:{port}",
    )
    log = (prepared / "server.log").open("wb")
    process = subprocess.Popen(
        command, cwd=settings.BASE_DIR, env=environment(prepared), stdout=log, stderr=log
    )
    try:
        wait_until_served(f"http://127.0.0.1:{port}/healthz", process, prepared / "server.log")
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(timeout=30)
        log.close()


@pytest.fixture
def server(running: str, prepared: Path) -> str:
    """The address of the server, with the database as it was prepared."""
    copy(prepared / "prepared.sqlite3", prepared / "db.sqlite3")
    return running


@pytest.fixture
def worker(server: str, prepared: Path) -> Iterator[None]:  # noqa: ARG001 (after the database)
    """The task worker, on the data of the server."""
    with (prepared / "worker.log").open("wb") as log:
        process = subprocess.Popen(
            (sys.executable, "manage.py", "db_worker", "--no-startup-delay", "--interval", "0.2"),
            cwd=settings.BASE_DIR,
            env=environment(prepared),
            stdout=log,
            stderr=log,
        )
        yield
        process.terminate()
        process.wait(timeout=60)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """One Chromium for the session."""
    os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "1")  # Playwright keeps a loop running
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=list(ARGUMENTS))
        yield browser
        browser.close()


@pytest.fixture
def complaints() -> list[str]:
    """What pages complained of. A test that provokes a complaint clears it itself."""
    return []


@pytest.fixture
def open_page(chromium: Browser, server: str, complaints: list[str]) -> Iterator[OpenPage]:
    """Open pages; at the end no page may have complained."""
    contexts: list[BrowserContext] = []

    def new(
        *,
        theme: Theme = "light",
        width: int = 1440,
        height: int = 900,
        javascript: bool = True,
    ) -> Page:
        context = chromium.new_context(
            base_url=server,
            color_scheme=theme,
            viewport={"width": width, "height": height},
            java_script_enabled=javascript,
            reduced_motion="reduce",
        )
        contexts.append(context)
        context.set_default_timeout(10_000)
        page = context.new_page()
        page.on(
            "console",
            lambda message: (
                complaints.append(f"{message.type}: {message.text}")
                if message.type in {"error", "warning"}
                else None
            ),
        )
        page.on("pageerror", lambda error: complaints.append(f"error: {error}"))
        return page

    yield new
    for context in contexts:
        context.close()
    assert complaints == []


@pytest.fixture
def page(open_page: OpenPage) -> Page:
    """A light page of 1440 × 900."""
    return open_page()


def sign_in(page: Page, email: str, password: str = PASSWORD) -> None:
    """Sign this person in through the login page."""
    page.goto("/accounts/login/")
    page.get_by_label("Email").fill(email)
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_role("main").get_by_role("button", name="Sign in").click()
    expect(page.get_by_label("Account of")).to_be_visible()


def assert_accessible(page: Page, *, within: str | None = None) -> None:
    """Run axe on the page, or on the part that a CSS selector names; nothing may be found."""
    found: list[dict[str, Any]] = Axe().run(page, context=within).response["violations"]
    assert found == [], "\n".join(
        f"{violation['id']}: {violation['help']}: {[node['html'] for node in violation['nodes']]}"
        for violation in found
    )


def environment(folder: Path) -> dict[str, str]:
    """Return the environment of the server: nothing but where its data lies."""
    return {
        "PATH": os.environ["PATH"],
        "REXMATRIX_DATA_DIR": str(folder),
        "REXMATRIX_DEMO": "false",
        "REXMATRIX_WEB_PROCESSES": "1",
    }


def run(folder: Path, *arguments: str) -> None:
    """Run a management command on the data in `folder`; fail with its output."""
    done = subprocess.run(
        (sys.executable, "manage.py", *arguments),
        cwd=settings.BASE_DIR,
        env=environment(folder),
        capture_output=True,
        text=True,
        check=False,
        timeout=PREPARE_SECONDS,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def copy(source: Path, target: Path) -> None:
    """Copy a database into another, which may be in use, with SQLite's own backup."""
    with closing(sqlite3.connect(source)) as old, closing(sqlite3.connect(target)) as new:
        old.backup(new)


def wait_until_served(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    """Return once the health check answers 200; fail with the log when it never does."""
    deadline = time.monotonic() + START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(url, timeout=5):  # noqa: S310 (our own server)
                return
        except urllib.error.URLError:
            time.sleep(0.1)
    pytest.fail(f"The server did not start:\n{log.read_text(errors='replace')}")
