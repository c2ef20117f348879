"""Uvicorn's HTTP with bounds that it has not itself: on a request's head and on waiting for it."""

import asyncio

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from farmdesk.gateway.faults import refusal
from farmdesk.gateway.http_body import HttpBody
from farmdesk.gateway.limits import HEADERS

HEAD_S = 15.0  # from a connection, or a request's first byte, to the end of its head
HEAD_BYTES = 32 * 1024  # of a request's first line and headers


class BoundedHttp(HttpToolsProtocol):
    """One connection. Whoever sends no whole head in time, or too large a one, is hung up on."""

    _head_bytes = 0
    _in_head = True
    _begun = False  # in this piece of bytes
    _head_end: asyncio.TimerHandle | None = None
    _body: HttpBody

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for the first request."""
        super().connection_made(transport)
        self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop to wait."""
        self._stop_waiting()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Parse a piece (at most 256 KiB); hang up when it leaves too large a head unended."""
        self._begun = False
        super().data_received(data)
        if self._in_head and not self._begun:  # else most of the piece was the request before
            self._head_bytes += len(data)
            if self._head_bytes > HEAD_BYTES:
                self._give_up()

    def on_message_begin(self) -> None:
        """A request's first byte has come."""
        super().on_message_begin()
        self._in_head = self._begun = True
        if self._head_end is None:
            self._await_head()

    def on_headers_complete(self) -> None:
        """A request's head is whole."""
        self._stop_waiting()
        self._in_head, self._head_bytes = False, 0
        super().on_headers_complete()
        self._body = HttpBody(self.cycle)

    def on_body(self, body: bytes) -> None:
        """Take a piece of a request's body in."""
        self._body.feed(body)

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002  # ours has two languages
        """Answer what is no HTTP in the one shape of all faults, and hang up."""
        told = bytes(refusal(400).body)
        headers = {**HEADERS, "Content-Type": "application/json", "Connection": "close"}
        headers["Content-Length"] = str(len(told))
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        self.transport.write(b"HTTP/1.1 400 Bad Request\r\n" + lines.encode() + b"\r\n" + told)
        self.transport.close()

    def shutdown(self) -> None:
        """Hang up on a client that asks for nothing now; a polite end would wait for its answer."""
        cycle: RequestResponseCycle | None = self.cycle
        if cycle is None or cycle.response_complete:
            self.transport.abort()
        super().shutdown()

    def _await_head(self) -> None:
        self._head_end = self.loop.call_later(HEAD_S, self._give_up)

    def _give_up(self) -> None:
        self._stop_waiting()
        if not self.transport.is_closing():
            self.transport.close()

    def _stop_waiting(self) -> None:
        if self._head_end is not None:
            self._head_end.cancel()
            self._head_end = None
