"""A request's body in the pieces in which it came: uvicorn itself copies each of them twice."""

from collections import deque
from collections.abc import MutableSequence
from typing import TYPE_CHECKING

from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

if TYPE_CHECKING:
    from uvicorn._types import ASGIReceiveEvent

AT_MOST = 1 << 20  # bytes that wait for the app before the line has to wait for it
SMALL = 16 << 10  # bytes; smaller pieces are put together, or a million of them fills the memory


Piece = bytes | bytearray | memoryview


def keep(pieces: MutableSequence[Piece], piece: bytes | memoryview) -> None:
    """Put a piece behind the others: a large one as it is, a small one to small ones before it."""
    if len(piece) >= SMALL:
        pieces.append(piece)
    elif pieces and isinstance(pieces[-1], bytearray):
        pieces[-1] += piece
    else:
        pieces.append(bytearray(piece))


class HttpBody:
    """What has come of one request's body; it gives a cycle's messages in the cycle's place."""

    def __init__(self, cycle: RequestResponseCycle) -> None:
        self._cycle = cycle
        self._wait = cycle.receive
        self._here = deque[Piece]()
        self._size = 0
        cycle.receive = self.receive  # type: ignore[method-assign]

    def feed(self, piece: bytes) -> None:
        """Take a piece in; past `AT_MOST` nothing more is read until the app has taken them all."""
        if self._cycle.response_complete:
            return
        keep(self._here, piece)
        self._size += len(piece)
        if self._size > AT_MOST:
            self._cycle.flow.pause_reading()
        self._cycle.message_event.set()

    def drop(self) -> None:
        """Forget what came and nobody took."""
        self._here.clear()
        self._size = 0

    async def receive(self) -> "ASGIReceiveEvent":
        """Give the next piece; with none here, wait as the cycle does, which knows of the rest."""
        if not self._here:
            message = await self._wait()
            if not self._here or message["type"] != "http.request":
                return message
        piece = self._here.popleft()
        self._size -= len(piece)
        more = bool(self._here) or self._cycle.more_body
        return {"type": "http.request", "body": bytes(piece), "more_body": more}
