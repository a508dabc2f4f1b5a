"""Ask this machine's own server for its health: `python -m rexmatrix.probe` (exit code 0 or 1)."""

import http.client
import sys
from urllib.parse import urlsplit

from rexmatrix.env import Env

env = Env()


def main() -> None:
    """Send the health check with the public host name, which alone is an allowed host."""
    port = int(env.text("REXMATRIX_BIND", "127.0.0.1:8000").rpartition(":")[2])
    host = urlsplit(env.text("REXMATRIX_BASE_URL", "http://127.0.0.1")).netloc
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=8)
    try:
        connection.request("GET", "/healthz", headers={"Host": host})
        response = connection.getresponse()
        body = response.read().decode(errors="replace")
    except OSError as error:
        sys.exit(f"The server does not answer: {error}")
    if response.status != http.client.OK:
        sys.exit(body)


if __name__ == "__main__":
    main()
