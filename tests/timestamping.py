"""A time stamping authority for tests: a real HTTP server that answers RFC 3161 requests."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from asn1crypto import keys, tsp
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from pyhanko.sign.timestamps.dummy_client import DummyTimeStamper
from pyhanko_certvalidator.registry import SimpleCertificateStore

from tests.certificates import Issued, authority, issue, rsa_key

type Answer = tuple[int, bytes]


@dataclass(frozen=True)
class Authority:
    """An authority with its certificate. `answer` does what it should."""

    issued: Issued

    def answer(self, body: bytes) -> Answer:
        """Stamp what was asked for."""
        return 200, self.stamp(tsp.TimeStampReq.load(body))

    def stamp(self, request: tsp.TimeStampReq) -> bytes:
        """Return the answer to a request."""
        store = SimpleCertificateStore()
        store.register(_asn1(self.issued.root))
        key = self.issued.key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
        stamper = DummyTimeStamper(
            _asn1(self.issued.certificate), keys.PrivateKeyInfo.load(key), store
        )
        return bytes(stamper.request_tsa_response(request).dump())


def _asn1(certificate: x509.Certificate) -> asn1_x509.Certificate:
    return asn1_x509.Certificate.load(certificate.public_bytes(Encoding.DER))


def make_authority() -> Authority:
    """Return a new authority."""
    return Authority(
        issue("Test time stamps", above=authority("Time root"), key=rsa_key(), stamps_time=True)
    )


@contextmanager
def serving(answer: Callable[[bytes], Answer], drip: float = 0) -> Iterator[str]:
    """Serve an authority and give its address; `drip` is the pause between bytes."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            assert self.headers["Content-Type"] == "application/timestamp-query"
            status, body = answer(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(status)
            self.send_header("Content-Type", "application/timestamp-reply")
            self.send_header("Location", "/elsewhere")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            try:
                for at in range(0, len(body), 1 if drip else len(body)):
                    self.wfile.write(body[at : at + (1 if drip else len(body))])
                    time.sleep(drip)
            except (BrokenPipeError, ConnectionResetError):
                return  # nobody waits any more

        def log_message(self, *args: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/tsr"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
