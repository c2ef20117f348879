"""Reads a run of segments from a request while a thread checks and writes the one before.

Pieces are written as they came, small ones put together; two segments a request are in memory,
whatever the size.
"""

import asyncio
from collections.abc import AsyncIterable
from concurrent.futures import ThreadPoolExecutor

from farmdesk.domain.errors import Refused
from farmdesk.gateway.arrivals import Arrivals
from farmdesk.gateway.http_body import Piece, keep
from farmdesk.gateway.run_writer import RunWriter
from farmdesk.security.content import DIGEST


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
            await run.feed(piece)
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
        self._pieces: list[Piece] = []  # of the segment that is coming
        self._lacking = 0  # bytes of it; 0: none is coming
        self._writing: asyncio.Future[None] | None = None

    async def feed(self, piece: bytes) -> None:
        rest = memoryview(piece)
        while rest:
            if not self._lacking:
                self._lacking = self._length()
            taken, rest = rest[: self._lacking], rest[self._lacking :]
            keep(self._pieces, taken)
            self._lacking -= len(taken)
            if not self._lacking:
                await self._write()

    def _length(self) -> int:
        try:
            return DIGEST + self._row.place(self._number).length
        except IndexError:
            raise BadRun from None

    async def _write(self) -> None:
        """Hand a whole segment to a thread, once the one before is written."""
        await self._written()
        pieces, self._pieces = self._pieces, []
        self._writing = asyncio.get_running_loop().run_in_executor(
            self._disk, self._writer.take, self._number, pieces
        )
        self._number += 1

    async def _written(self) -> None:
        if self._writing is not None:
            await self._writing
            self._writing = None

    async def end(self) -> None:
        await self._written()
        if self._lacking:
            raise BadRun

    async def settle(self) -> None:
        """Wait for the thread, then let what was written count."""
        if self._writing is not None:
            await asyncio.wait([self._writing])
        await asyncio.get_running_loop().run_in_executor(self._disk, self._writer.settle)
