"""Reads a run of segments from a request while a thread checks and writes the ones before.

Two buffers a request, whatever the file's size: one fills on the event loop, the other is written.
"""

import asyncio
from collections.abc import AsyncIterable
from concurrent.futures import ThreadPoolExecutor

from farmdesk.domain.errors import Refused
from farmdesk.gateway.arrivals import Arrivals, RunWriter
from farmdesk.security.content import DIGEST
from farmdesk.security.sealed import SEGMENT


class BadRun(Refused):
    """A body that is no run of this upload's segments."""

    def __init__(self) -> None:
        super().__init__(
            "The request holds no whole segments of this upload. Update the program that sent it.",
            "请求中不是该上传的完整数据段。请更新发送它的程序。",
        )


async def take_run(
    body: AsyncIterable[bytes], arrivals: Arrivals, first: int, disk: ThreadPoolExecutor
) -> None:
    """Take in segments from number `first` on.

    However it ends, whole segments that came before are kept. Raises BadRun, Garbled,
    SentOtherwise, OSError, and what `body` raises.
    """
    run = _Run(arrivals, first, disk)
    try:
        async for piece in body:
            await run.feed(memoryview(piece))
        await run.end()
    finally:
        await asyncio.shield(run.settle())


class _Run:
    """One request's segments. `feed` and `settle` never overlap with each other."""

    def __init__(self, arrivals: Arrivals, first: int, disk: ThreadPoolExecutor) -> None:
        self._writer = RunWriter(arrivals)
        self._row = arrivals.row
        self._disk = disk
        self._number = first
        self._buffers = [memoryview(bytearray(DIGEST + SEGMENT)) for _ in range(2)]
        self._filled = 0
        self._writing: asyncio.Future[None] | None = None

    async def feed(self, piece: memoryview) -> None:
        while piece:
            wanted = self._wanted() - self._filled
            taken, piece = piece[:wanted], piece[wanted:]
            buffer = self._buffers[0]
            buffer[self._filled : self._filled + len(taken)] = taken
            self._filled += len(taken)
            if len(taken) == wanted:
                await self._write(buffer[: self._filled])

    def _wanted(self) -> int:
        try:
            return DIGEST + self._row.place(self._number).length
        except IndexError:
            raise BadRun from None

    async def _write(self, segment: memoryview) -> None:
        """Hand a whole segment to a thread; wait for the one before, whose buffer comes next."""
        await self._written()
        self._writing = asyncio.get_running_loop().run_in_executor(
            self._disk, self._writer.take, self._number, bytes(segment[:DIGEST]), segment[DIGEST:]
        )
        self._buffers.reverse()
        self._number += 1
        self._filled = 0

    async def _written(self) -> None:
        if self._writing is not None:
            await self._writing
            self._writing = None

    async def end(self) -> None:
        await self._written()
        if self._filled:
            raise BadRun

    async def settle(self) -> None:
        """Wait for the thread, then let what was written count."""
        if self._writing is not None:
            await asyncio.wait([self._writing])
        await asyncio.get_running_loop().run_in_executor(self._disk, self._writer.settle)
