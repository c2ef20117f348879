"""How sealed segments are answered: as they are sealed, with their length told before."""

import logging
from collections.abc import Callable, Iterator
from time import monotonic

from fastapi.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from farmdesk.gateway.callers import NoSession
from farmdesk.gateway.faults import TooMany
from farmdesk.gateway.outgoing import FileChanged, Run, Together

PIECE = 128 << 10  # bytes
WATCH_S = 1.0  # so often an answer under way looks whether its session still holds

log = logging.getLogger(__name__)


class PiecedReply(StreamingResponse):
    """A long answer, sent in pieces: TLS and the loop hold no more of it than one."""

    async def stream_response(self, send: Send) -> None:
        """Send it."""
        head = {"status": self.status_code, "headers": self.raw_headers}
        await send({"type": "http.response.start", **head})
        async for part in self.body_iterator:
            for start in range(0, len(part), PIECE):
                piece = part[start : start + PIECE]
                await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})


class SealedReply(PiecedReply):
    """Segments of files, which are closed as soon as nobody waits for them.

    `check` raises NoSession when who asked is out: suspended, logged out, his key revoked.
    """

    media_type = "application/octet-stream"

    def __init__(self, run: Run | Together, check: Callable[[], None]) -> None:
        super().__init__(_watched(run, check), headers={"Content-Length": str(run.length)})
        self._run = run

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send them."""
        try:
            await super().__call__(scope, receive, send)
        except (FileChanged, NoSession, TooMany) as error:  # under way, it can only be cut off
            log.info("an answer was cut off: %s", error)
        finally:
            self._run.close()


def _watched(run: Run | Together, check: Callable[[], None]) -> Iterator[bytes | memoryview]:
    """Give the segments; by the clock, not by their number: a fast answer asks nothing."""
    asked_at = monotonic()
    for piece in run.sealed():
        yield piece
        if monotonic() - asked_at >= WATCH_S:
            check()
            asked_at = monotonic()
