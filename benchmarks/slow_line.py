"""A line with a delay: what goes in comes out so much later, each way, in order, and none is lost.

It runs in a process of its own, since it has to keep up with both ends.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import get_context
from multiprocessing.connection import Connection

from uvicorn.loops.auto import auto_loop_factory

_PIECE = 256 << 10
_IN_FLIGHT = 64  # pieces each way: what a line of this length and speed holds


@contextmanager
def slow_line(port: int, delay_s: float) -> Iterator[int]:
    """Give the port of a line that ends at `port` of this machine."""
    context = get_context("spawn")
    ours, theirs = context.Pipe()
    line = context.Process(target=_run, args=(port, delay_s, theirs), daemon=True)
    line.start()
    theirs.close()  # a line that dies at its start then ends the wait below
    try:
        yield ours.recv()
    finally:
        line.kill()
        line.join()


def _run(port: int, delay_s: float, told: Connection) -> None:
    with asyncio.Runner(loop_factory=auto_loop_factory()) as runner:
        runner.run(_serve(port, delay_s, told))


async def _serve(port: int, delay_s: float, told: Connection) -> None:
    async def join(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", port, limit=_PIECE)
        both = (_carry(reader, far_writer, delay_s), _carry(far_reader, writer, delay_s))
        await asyncio.gather(*both)

    server = await asyncio.start_server(join, "127.0.0.1", 0, limit=_PIECE)
    told.send(server.sockets[0].getsockname()[1])
    await server.serve_forever()


async def _carry(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, delay_s: float
) -> None:
    """Carry one way until its end."""
    line: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue(_IN_FLIGHT)
    now = asyncio.get_running_loop().time

    async def deliver() -> None:
        while True:
            due, piece = await line.get()
            if (early := due - now()) > 0:
                await asyncio.sleep(early)
            if not piece:
                writer.close()
                return
            writer.write(piece)
            await writer.drain()

    delivering = asyncio.create_task(deliver())
    piece = b"-"
    while piece:
        try:
            piece = await reader.read(_PIECE)
        except ConnectionError:
            piece = b""
        await line.put((now() + delay_s, piece))
    await asyncio.gather(delivering, return_exceptions=True)
