"""The embedded default as a whole: both processes start, answer, and end together."""

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import IO

import pytest
from django.conf import settings


@pytest.fixture(scope="module")
def data_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One folder for all starts: only the first has much to do."""
    return tmp_path_factory.mktemp("serve")


@pytest.fixture
def port() -> int:
    """A port that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def served(data_folder: Path, port: int) -> Iterator[subprocess.Popen[str]]:
    """A running `manage.py serve` that has said that it is ready."""
    process = start(data_folder, port)
    try:
        assert process.stdout is not None
        output = read_until(process.stdout, "Ctrl-C stops it.")
        assert f"http://127.0.0.1:{port}/" in output
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=40)


def start(data_folder: Path, port: int) -> subprocess.Popen[str]:
    """Start the program in an environment with nothing in it."""
    return subprocess.Popen(
        [sys.executable, "manage.py", "serve", "--port", str(port)],
        cwd=settings.BASE_DIR,
        env={
            "PATH": os.environ["PATH"],
            "PYTHONUNBUFFERED": "1",
            "REXMATRIX_DATA_DIR": str(data_folder),
            "REXMATRIX_DEMO": "false",
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def read_until(output: IO[str], text: str) -> str:
    """Read lines until one has the text; fail with what was said when none has."""
    said = ""
    for line in output:
        said += line
        if text in line:
            return said
    pytest.fail(f"the program ended early:\n{said}")


def children_of(process: subprocess.Popen[str]) -> dict[str, int]:
    """Return the process ids of web server and worker by name."""
    found = {}
    listing = subprocess.run(
        ["ps", "-A", "-o", "pid=,ppid=,args="], capture_output=True, text=True, check=True
    )
    for line in listing.stdout.splitlines():
        pid, parent, command = line.split(None, 2)
        if int(parent) == process.pid:
            found["worker" if "db_worker" in command else "web"] = int(pid)
    return found


def answers(port: int) -> bool:
    """Say whether somebody listens on the port."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_it_serves_and_stops_cleanly(served: subprocess.Popen[str], port: int) -> None:
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=10)) as connection:
        connection.request("GET", "/accounts/login/")
        page = connection.getresponse()
        assert page.status == http.client.OK
        page.read()
    assert sorted(children_of(served)) == ["web", "worker"]

    served.send_signal(signal.SIGINT)
    output, _ = served.communicate(timeout=40)
    assert served.returncode == 0
    assert output.endswith("Stopped.\n")
    assert not answers(port)


@pytest.mark.parametrize(("victim", "name"), [("worker", "task worker"), ("web", "web server")])
def test_one_ending_ends_the_other(
    served: subprocess.Popen[str], port: int, victim: str, name: str
) -> None:
    children = children_of(served)
    other = next(pid for child, pid in children.items() if child != victim)
    os.kill(children[victim], signal.SIGKILL)
    output, _ = served.communicate(timeout=40)
    assert served.returncode == 1
    assert f"The {name} ended by itself" in output
    with pytest.raises(ProcessLookupError):
        os.kill(other, 0)
    assert not answers(port)


def test_a_second_start_is_quick(data_folder: Path, served: subprocess.Popen[str]) -> None:
    assert (data_folder / "static" / ".sources").exists()
    before = (data_folder / "static" / ".sources").stat().st_mtime_ns
    served.send_signal(signal.SIGTERM)
    served.communicate(timeout=40)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    began = time.monotonic()
    again = start(data_folder, port)
    assert again.stdout is not None
    try:
        read_until(again.stdout, "Ctrl-C stops it.")
        assert time.monotonic() - began < 10
    finally:
        again.send_signal(signal.SIGTERM)
        again.communicate(timeout=40)
    assert (data_folder / "static" / ".sources").stat().st_mtime_ns == before


def test_a_taken_port_is_named(data_folder: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        process = start(data_folder, port)
        output, _ = process.communicate(timeout=40)
    assert process.returncode == 1
    assert f"Port {port} cannot be used" in output
