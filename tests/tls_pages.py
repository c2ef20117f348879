"""Pages of a few lines behind TLS: a server that does what no gateway would."""

import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from farmdesk.security.authority import make_ca, make_server_certificate


@contextmanager
def tls_pages(folder: Path, pages: type[BaseHTTPRequestHandler]) -> Iterator[tuple[int, bytes]]:
    """Serve them on this machine; give the port and the authority's certificate (PEM)."""
    ca = make_ca("test farm", datetime.now(UTC))
    made = make_server_certificate(ca, ["127.0.0.1"], datetime.now(UTC))
    (folder / "pem").write_bytes(made.certificate + made.key)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "pem")
    with ThreadingHTTPServer(("127.0.0.1", 0), pages) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server.server_port, ca.certificate
        server.shutdown()
        thread.join()
