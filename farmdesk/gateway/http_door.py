"""Uvicorn's HTTP with bounds that it has not itself: on heads, on waiting, on who has how many."""

import asyncio

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from farmdesk.gateway.faults import refusal
from farmdesk.gateway.http_body import HttpBody
from farmdesk.gateway.limits import HEADERS
from farmdesk.security.brakes import counted_address

ONE_ADDRESS = 125  # connections; a quarter of all, so no guest alone fills the house
HEAD_S = 15.0  # from a connection, or a request's first byte, to the end of its head
HEAD_BYTES = 32 * 1024  # of a request's first line and headers
REST_S = 60.0  # for what still comes of a request that was answered before it was whole
AHEAD = 8  # requests that may wait for the answers to those before them; our clients send none


class BoundedHttp(HttpToolsProtocol):
    """One connection. Whoever sends no whole head in time, or too large a one, is hung up on.

    And who has too many connections, or asks on and on without waiting for an answer.
    """

    _head_bytes = 0
    _in_head = True
    _begun = False  # in this piece of bytes
    _head_end: asyncio.TimerHandle | None = None
    _address = ""
    _body: HttpBody

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for the first request."""
        super().connection_made(transport)
        self._address = counted_address(self.client[0] if self.client else "")
        same = sum(getattr(one, "_address", None) == self._address for one in self.connections)
        if same > ONE_ADDRESS:
            self.transport.abort()
        else:
            self._await_head(HEAD_S)

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
        cycle: RequestResponseCycle | None = self.cycle
        if cycle is not None and cycle.response_complete and self._head_end is None:
            self._await_head(REST_S)  # uvicorn waits without end for who sends a byte now and then

    def on_message_begin(self) -> None:
        """A request's first byte has come. Raises ConnectionError, which the parser takes as 400.

        Each that waits costs memory, and uvicorn reads on after each answer.
        """
        if len(self.pipeline) >= AHEAD:
            raise ConnectionError("too many requests without waiting for an answer")
        super().on_message_begin()
        self._in_head = self._begun = True
        if self._head_end is None:
            self._await_head(HEAD_S)

    def on_headers_complete(self) -> None:
        """A request's head is whole."""
        self._stop_waiting()
        self._in_head, self._head_bytes = False, 0
        super().on_headers_complete()
        self._body = HttpBody(self.cycle)

    def on_body(self, body: bytes) -> None:
        """Take a piece of a request's body in."""
        self._body.feed(body)

    def on_response_complete(self) -> None:
        """Let go of a body that nobody takes any more."""
        if self.cycle.response_complete:
            self._body.drop()
        super().on_response_complete()

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

    def _await_head(self, seconds: float) -> None:
        self._head_end = self.loop.call_later(seconds, self._give_up)

    def _give_up(self) -> None:
        self._stop_waiting()
        self.transport.abort()  # a polite end would wait for theirs, and keep their place

    def _stop_waiting(self) -> None:
        if self._head_end is not None:
            self._head_end.cancel()
            self._head_end = None
