"""What no request may exceed: the size of its body, and the time in which it must come.

And the headers that every response bears.
"""

import asyncio
import logging
from collections.abc import Mapping
from time import monotonic

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from farmdesk.gateway.faults import our_fault, refusal

BODY_BYTES = 64 * 1024  # a login, an application, a profile
PIECE_S = 15.0  # each next piece of a body comes within this
SLOWEST = 4096.0  # bytes a second: a whole body comes within PIECE_S and this

log = logging.getLogger(__name__)

HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "Strict-Transport-Security": "max-age=31536000",
    "X-Content-Type-Options": "nosniff",
}


class Limits:
    """The outermost layer of the app. `larger`: paths' beginnings, and the bodies they may take."""

    def __init__(self, app: ASGIApp, *, larger: Mapping[str, int]) -> None:
        self._app = app
        self._larger = larger

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, bounded."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        started = False

        async def send_with_headers(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                MutableHeaders(scope=message).update(HEADERS)
            await send(message)

        limit = self._limit(scope["path"])
        told = Headers(scope=scope).get("content-length", "0")
        if not told.isdecimal() or int(told[:20]) > limit:
            await refusal(413)(scope, receive, send_with_headers)
            return
        try:
            await self._app(scope, _Body(receive, limit).receive, send_with_headers)
        except Exception:
            log.exception("%s %s failed", scope["method"], scope["path"])
            if started:
                raise  # the server hangs up: the rest of an answer cannot come
            await our_fault()(scope, receive, send_with_headers)

    def _limit(self, path: str) -> int:
        """Give the most bytes that a path's body may have."""
        fitting = [size for start, size in self._larger.items() if path.startswith(start)]
        return max(fitting, default=BODY_BYTES)


class _Body:
    """A request's body, as it comes."""

    def __init__(self, receive: Receive, limit: int) -> None:
        self._receive = receive
        self._left = limit
        self._until = monotonic() + PIECE_S + limit / SLOWEST
        self._whole = False

    async def receive(self) -> Message:
        """Give the next piece. Raises HTTPException 408 or 413."""
        if self._whole:  # now it only waits for the client to hang up
            return await self._receive()
        time_left = min(PIECE_S, self._until - monotonic())
        try:
            async with asyncio.timeout(time_left):  # wait_for would make a task of each piece
                message = await self._receive()
        except TimeoutError:
            raise HTTPException(408) from None
        self._left -= len(message.get("body", b""))
        if self._left < 0:
            raise HTTPException(413)
        self._whole = not message.get("more_body", False)
        return message
