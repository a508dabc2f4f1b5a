"""The engine: nothing on a page reaches a file or the network, not even markup that is not ours."""

from __future__ import annotations

import io
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pikepdf
import pytest
from pypdf import PdfReader
from weasyprint.urls import URLFetchingError, fetch

from responsibilities.exchange.pdf import fonts
from responsibilities.exchange.pdf.engine import OwnAssets, RefusedAddressError
from responsibilities.exchange.pdf.jobs import Limits, Rendered, RenderJob
from responsibilities.exchange.pdf.pool import Pool


def render(job: RenderJob) -> Rendered:
    """Render a job in a process of its own, as exports do."""
    limits = Limits(memory_bytes=3 * 1024**3, seconds=300)
    with Pool(workers=1, limits=limits, seconds=300, stopped=lambda: False) as pool:
        return Rendered.unpack(pool.run_one(job.key, job))


@pytest.fixture
def trap() -> Iterator[tuple[int, list[bytes]]]:
    """A server that keeps what is asked of it; its port."""
    asked: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def listen() -> None:
            while True:
                try:
                    connection, _address = server.accept()
                except OSError:
                    return
                with connection:
                    asked.append(connection.recv(1000))

        thread = threading.Thread(target=listen, daemon=True)
        thread.start()
        yield server.getsockname()[1], asked
        server.shutdown(socket.SHUT_RDWR)
        thread.join(timeout=5)


def test_hostile_markup_fetches_nothing(trap: tuple[int, list[bytes]], tmp_path: Path) -> None:
    port, asked = trap
    secret = tmp_path / "secret.txt"
    secret.write_text("the secret")
    address = f"http://127.0.0.1:{port}"
    html = f"""<!doctype html><html lang="en"><head><title>T</title>
        <base href="{address}/"><link rel="stylesheet" href="{address}/a.css">
        <link rel="attachment" href="{secret.as_uri()}">
        <style>@import url({address}/b.css);
        @font-face {{ font-family: X; src: url({address}/c.ttf) }}
        p {{ background: url({secret.as_uri()}); font-family: X }}</style></head><body>
        <p>Text<img src="{address}/d.png" alt=""><img src="data:image/png;base64,AAAA" alt="">
        <object data="{secret.as_uri()}"></object><embed src="{address}/e.svg">
        <svg><image href="{address}/f.png"/></svg>
        <a rel="attachment" href="{secret.as_uri()}">here</a></p></body></html>"""
    rendered = render(RenderJob("hostile", html, "p { color: #000 }"))
    assert asked == []
    assert any("refused to fetch" in message for message in rendered.warnings)
    assert b"the secret" not in rendered.data
    with pikepdf.open(io.BytesIO(rendered.data)) as file:
        assert len(file.attachments) == 0


@pytest.mark.parametrize(
    "address",
    [
        "http://127.0.0.1/x",
        "https://example.com/",
        "file:///etc/passwd",
        "ftp://127.0.0.1/x",
        "data:text/plain,x",
        "app:../../settings.py",
        "app:/etc/passwd",
        "APP:IBMPlexSans-Regular.ttf",
        "",
    ],
)
def test_every_other_address_is_refused(address: str) -> None:
    with pytest.raises(RefusedAddressError):
        OwnAssets().fetch(address)
    with pytest.raises(URLFetchingError), fetch(OwnAssets(), address):
        pass


def test_a_character_that_no_font_has_is_replaced() -> None:
    html = "<!doctype html><html lang=en><title>T</title><p>Name \U0010fffd and \U0010fff0."
    rendered = render(RenderJob("missing", html, "p { font-family: Plex }"))
    assert rendered.warnings == ()
    text = PdfReader(io.BytesIO(rendered.data)).pages[0].extract_text()
    assert text == "Name \ufffd and \ufffd."


def test_our_fonts_are_given_out() -> None:
    for _family, _weight, name in fonts.FACES:
        assert OwnAssets().fetch(f"{fonts.SCHEME}{name}").read() == fonts.read(name)


def test_other_files_are_not_fonts() -> None:
    with pytest.raises(KeyError):
        fonts.read("../../../../rexmatrix/settings.py")


def test_the_same_job_gives_the_same_bytes() -> None:
    job = RenderJob("same", "<!doctype html><html lang=en><title>T</title><p>Text", "")
    assert render(job) == render(job)
