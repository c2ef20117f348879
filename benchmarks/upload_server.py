"""A gateway that takes unsealed bytes too: `python -m benchmarks.upload_server FOLDER PORT`.

What sealing costs is held against these: the same server, the same TLS, the same disk.
"""

import asyncio
import gc
import os
import sys
from pathlib import Path

from fastapi import APIRouter, FastAPI, Request

from farmdesk.gateway.callers import CallerNow
from farmdesk.security.sealed import SEGMENT
from farmdesk.security.sealed_files import write_at
from tests.gateway_program import made_server, serve

PLAIN = "plain.bin"


def plain_page(folder: Path) -> APIRouter:
    """Give a page that writes a body into one file, from an offset on, a MiB at a time."""
    router = APIRouter()

    @router.put("/transfers/plain/{offset}")
    async def take(offset: int, request: Request, _caller: CallerNow) -> int:
        loop = asyncio.get_running_loop()
        buffers, filled, writing = [bytearray(SEGMENT), bytearray(SEGMENT)], 0, None
        with (folder / PLAIN).open("r+b", buffering=0) as file:
            async for piece in request.stream():
                rest = memoryview(piece)
                while rest:
                    taken = rest[: SEGMENT - filled]
                    buffers[0][filled : filled + len(taken)] = taken
                    filled, rest = filled + len(taken), rest[len(taken) :]
                    if filled == SEGMENT:
                        if writing is not None:
                            await writing
                        whole = memoryview(buffers[0])
                        writing = loop.run_in_executor(None, write_at, file, offset, whole)
                        offset, filled = offset + SEGMENT, 0
                        buffers.reverse()
            if writing is not None:
                await writing
            await loop.run_in_executor(
                None, write_at, file, offset, memoryview(buffers[0])[:filled]
            )
            await loop.run_in_executor(None, os.fsync, file.fileno())
        return offset + filled

    return router


def main() -> None:
    """Serve until killed."""
    folder = Path(sys.argv[1])
    (folder / PLAIN).touch()
    server = made_server(folder, int(sys.argv[2]))
    app = server.config.app
    if not isinstance(app, FastAPI):
        raise TypeError("the gateway is a FastAPI app")
    app.include_router(plain_page(folder))
    gc.freeze()
    with asyncio.Runner(loop_factory=server.config.get_loop_factory()) as runner:
        runner.run(serve(server))


if __name__ == "__main__":
    main()
