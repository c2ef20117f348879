"""Takes large bodies in: off the wire on the event loop, onto the disk in threads."""

import asyncio
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from weakref import WeakValueDictionary

from fastapi.concurrency import contextmanager_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request

from farmdesk.domain.errors import FarmUnavailable
from farmdesk.gateway.arrivals import Arrivals
from farmdesk.gateway.run_body import take_run
from farmdesk.gateway.upload_errors import told_if_full
from farmdesk.security.sealed_files import write_at

AT_ONCE = 8  # runs of one user that are read at a time: this bounds the memory he takes
DISK_THREADS = 4


class BrokenOff(FarmUnavailable):
    """The line broke in the middle of a body; nobody reads this answer."""

    def __init__(self) -> None:
        super().__init__("The line broke. Send the rest again.", "连接中断。请重新发送其余部分。")


class Bodies:
    """Takes large bodies in, beside the event loop as far as a disk is concerned."""

    def __init__(self) -> None:
        self._disk = ThreadPoolExecutor(DISK_THREADS, thread_name_prefix="inbox")
        self._turns: WeakValueDictionary[int, asyncio.Semaphore] = WeakValueDictionary()
        self._alone: WeakValueDictionary[int, asyncio.Semaphore] = WeakValueDictionary()

    def _turn(self, user_id: int) -> asyncio.Semaphore:
        return self._turns.setdefault(user_id, asyncio.Semaphore(AT_ONCE))

    def alone(self, user_id: int) -> asyncio.Semaphore:
        """Give what lets one large request of a user be worked on at a time.

        Else one user's could take all threads, and nobody else would be answered.
        """
        return self._alone.setdefault(user_id, asyncio.Semaphore())

    async def take_run(
        self, request: Request, user_id: int, arrivals: Arrivals, first: int
    ) -> None:
        """Take a run of segments in; a user with many of them waits for his turn."""
        async with self._turn(user_id):
            with told_if_full(arrivals):
                await take_run(_pieces(request), arrivals, first, self._disk)

    async def take_manifest(self, request: Request, user_id: int, arrivals: Arrivals) -> None:
        """Take a sealed manifest in, as one of the user's runs."""
        loop = asyncio.get_running_loop()
        async with self._turn(user_id):
            with told_if_full(arrivals):
                async with contextmanager_in_threadpool(arrivals.manifest()) as part:
                    with part.open("wb", buffering=0) as file:
                        here = 0
                        async for piece in _pieces(request):
                            view = memoryview(piece)
                            await loop.run_in_executor(self._disk, write_at, file, here, view)
                            here += len(piece)


async def whole_body(request: Request, most: int) -> bytes:
    """Give a body that is parsed as a whole. Raises BrokenOff, and HTTPException 413."""
    body = bytearray()
    async for piece in _pieces(request):
        body += piece
        if len(body) > most:
            raise HTTPException(413)
    return bytes(body)


async def _pieces(request: Request) -> AsyncIterator[bytes]:
    try:
        async for piece in request.stream():
            yield piece
    except ClientDisconnect:
        raise BrokenOff from None
