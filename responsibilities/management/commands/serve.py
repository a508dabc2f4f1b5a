"""Serve the embedded default: the web server and one task worker, started and stopped together."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import suppress
from types import FrameType
from typing import Any, override

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser

HOST = "127.0.0.1"
START_SECONDS = 60
STOP_SECONDS = 30


class Command(BaseCommand):
    """Prepares, starts both processes, and ends when it is told to or when one of them ends."""

    help = "Prepare everything, then run the web server and the task worker until Ctrl-C."

    @override
    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--port", type=int, default=8000, help="the port on 127.0.0.1")

    @override
    def handle(self, *args: Any, **options: Any) -> None:
        port: int = options["port"]
        refuse_taken_port(port)
        call_command("prepare", verbosity=options["verbosity"])
        pair = ProcessPair(port)
        try:
            self.wait_until_served(pair, port)
            if not pair.stopping:
                self.print_welcome(port)
            pair.wait()
        finally:
            pair.stop()
        self.stdout.write("Stopped.")

    def wait_until_served(self, pair: "ProcessPair", port: int) -> None:
        """Return once the health check answers 200; raise CommandError when it never does."""
        deadline = time.monotonic() + START_SECONDS
        reason = "no answer"
        while not pair.stopping:
            pair.refuse_ended()
            try:
                with urllib.request.urlopen(f"http://{HOST}:{port}/healthz", timeout=5):
                    return
            except urllib.error.HTTPError as error:
                reason = error.read().decode(errors="replace")
            except OSError as error:
                reason = str(error)
            if time.monotonic() > deadline:
                msg = f"The server did not become healthy in {START_SECONDS} seconds: {reason}"
                raise CommandError(msg)
            time.sleep(0.1)

    def print_welcome(self, port: int) -> None:
        """Print the address and, where there is demo data, the accounts."""
        self.stdout.write(f"\nRexmatrix is ready at http://{HOST}:{port}/\n")
        if settings.REXMATRIX_DEMO:
            call_command("demo_accounts", stdout=self.stdout)
        self.stdout.write("Ctrl-C stops it.\n")
        self.stdout.flush()


class ProcessPair:
    """The web server and the worker, in process groups of their own.

    A terminal sends Ctrl-C to its whole foreground group. With groups of their own the children
    hear only from us, once, and can finish what they are doing.
    """

    def __init__(self, port: int) -> None:
        self.stopping = False
        signal.signal(signal.SIGINT, self.request_stop)
        signal.signal(signal.SIGTERM, self.request_stop)
        web = ("-m", "gunicorn", "--config", "python:rexmatrix.server", "--bind", f"{HOST}:{port}")
        worker = ("manage.py", "db_worker", "--no-startup-delay", "--interval", "0.5")
        self.children: dict[str, subprocess.Popen[bytes]] = {}  # a signal may come in between
        self.children["web server"] = start(port, *web)
        self.children["task worker"] = start(port, *worker)

    def request_stop(self, _signum: int, _frame: FrameType | None) -> None:
        """Ask for the end; a second request does not wait for running work."""
        if self.stopping:
            self.signal_all(signal.SIGKILL)
        self.stopping = True

    def wait(self) -> None:
        """Return when a stop was requested; raise CommandError when a child ends by itself."""
        while not self.stopping:
            self.refuse_ended()
            time.sleep(0.2)

    def refuse_ended(self) -> None:
        """Raise CommandError if a child has ended without being asked to."""
        for name, child in self.children.items():
            if child.poll() is not None and not self.stopping:
                msg = f"The {name} ended by itself (code {child.returncode}); stopping the other."
                raise CommandError(msg)

    def stop(self) -> None:
        """End both children: first asking, after half a minute by force."""
        self.stopping = True
        self.signal_all(signal.SIGTERM)
        deadline = time.monotonic() + STOP_SECONDS
        for child in self.children.values():
            try:
                child.wait(timeout=max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                self.signal_all(signal.SIGKILL)
                child.wait()

    def signal_all(self, number: signal.Signals) -> None:
        """Send a signal to each group, which may outlive the child that leads it."""
        for child in self.children.values():
            with suppress(ProcessLookupError):
                os.killpg(child.pid, number)


def start(port: int, *arguments: str) -> subprocess.Popen[bytes]:
    """Start a Python program in the project's folder, in a process group of its own.

    It is told the port that people use, for the addresses that it writes into files. It logs
    errors only, unless REXMATRIX_LOG_LEVEL says otherwise: this terminal is for people.
    """
    return subprocess.Popen(  # noqa: S603  # our own programs, no shell
        [sys.executable, *arguments],
        cwd=settings.BASE_DIR,
        env={"REXMATRIX_LOG_LEVEL": "ERROR"} | os.environ | {"REXMATRIX_PORT": str(port)},
        process_group=0,
    )


def refuse_taken_port(port: int) -> None:
    """Raise CommandError if nobody can listen on the port."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except (OSError, OverflowError) as error:
            msg = f"Port {port} cannot be used ({error}). Choose another: make run PORT=8001"
            raise CommandError(msg) from error
