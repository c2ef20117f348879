"""How sealed segments are answered: as they are sealed, with their length told before."""

import logging

from fastapi.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from farmdesk.gateway.outgoing import FileChanged, Run

log = logging.getLogger(__name__)


class SealedReply(StreamingResponse):
    """Segments of a file, which is closed as soon as nobody waits for them."""

    media_type = "application/octet-stream"

    def __init__(self, run: Run) -> None:
        super().__init__(run.sealed(), headers={"Content-Length": str(run.length)})
        self._run = run

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send them."""
        try:
            await super().__call__(scope, receive, send)
        except FileChanged as error:  # the answer is under way: it can only be cut off
            log.info("%s", error)
        finally:
            self._run.reading.close()
