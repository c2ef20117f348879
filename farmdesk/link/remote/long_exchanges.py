"""Long answers and long bodies, with as little work for each MiB as can be.

Other requests go through httpx. Of a download's CPU that took a third: httpx and h11 handle each
TLS record, 16 KiB, in many steps of Python. The standard library fills a piece in a loop of C, and
sends one uncopied.
"""

import socket
import ssl
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from http.client import HTTPResponse, HTTPSConnection
from time import monotonic
from urllib.parse import urlsplit


class LongExchanges:
    """Connections to a gateway at a URL. Safe between threads.

    Raises OSError and HTTPException, as the standard library does. `quiet_s`: a connection that
    has been quiet for so long is not used again.
    """

    def __init__(
        self,
        url: str,
        context: ssl.SSLContext,
        *,
        connect_s: float,
        answer_s: float,
        quiet_s: float,
    ) -> None:
        parts = urlsplit(url)
        self._host, self._port = parts.hostname or "", parts.port
        self._context = context
        self._connect_s, self._answer_s, self._quiet_s = connect_s, answer_s, quiet_s
        self._idle = deque[tuple[HTTPSConnection, float]]()

    def close(self) -> None:
        """Close the connections that nobody reads from."""
        while self._idle:
            self._idle.pop()[0].close()

    @contextmanager
    def asked(
        self, target: str, headers: Mapping[str, str], form: bytes | None = None
    ) -> Iterator[HTTPResponse]:
        """Ask for a page; give the answer, of which nothing but its head has been read.

        `form`: what to post; None: a page that is got.
        """
        body = None if form is None else [memoryview(form)]
        with self._exchange("GET" if body is None else "POST", target, headers, body) as response:
            yield response

    @contextmanager
    def sent(
        self, target: str, headers: Mapping[str, str], body: Iterable[memoryview]
    ) -> Iterator[HTTPResponse]:
        """Put a body, each piece before the next is asked for; give the answer as `asked` does.

        Raises what `body` raises too.
        """
        with self._exchange("PUT", target, headers, body) as response:
            yield response

    @contextmanager
    def _exchange(
        self,
        method: str,
        target: str,
        headers: Mapping[str, str],
        body: Iterable[memoryview] | None,
    ) -> Iterator[HTTPResponse]:
        connection = self._connected()
        try:
            connection.putrequest(method, target, skip_accept_encoding=True)
            for name, value in headers.items():
                connection.putheader(name, value)
            if body is not None:
                connection.putheader("Transfer-Encoding", "chunked")
            connection.endheaders()
            if body is not None:
                _send(connection.sock, body)
            response = connection.getresponse()
            yield response
            if response.length == 0 and not response.will_close:  # all of it was read
                self._idle.append((connection, monotonic()))
                return
        except BaseException:
            connection.close()
            raise
        connection.close()

    def _connected(self) -> HTTPSConnection:
        while self._idle:
            connection, since = self._idle.pop()
            if monotonic() - since < self._quiet_s:
                return connection
            connection.close()
        connection = HTTPSConnection(
            self._host, self._port, timeout=self._connect_s, context=self._context
        )
        connection.connect()
        connection.sock.settimeout(self._answer_s)
        return connection


def _send(line: socket.socket, body: Iterable[memoryview]) -> None:
    """Send a body in chunks (RFC 9112, 7.1). A server that hangs up may have answered before."""
    before = b""
    for piece in filter(len, body):  # a chunk of nothing would be the end
        try:
            line.sendall(b"%s%X\r\n" % (before, len(piece)))
            line.sendall(piece)
        except OSError:
            return
        before = b"\r\n"
    with suppress(OSError):
        line.sendall(before + b"0\r\n\r\n")
