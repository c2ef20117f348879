"""A gateway that gives unsealed bytes too: `python -m benchmarks.download_server FOLDER PORT`.

What sealing costs is held against these: the same server, the same TLS, the same disk.
"""

import asyncio
import gc
import sys
from collections.abc import Iterator
from pathlib import Path

from fastapi import APIRouter, FastAPI

from farmdesk.gateway.callers import CallerNow
from farmdesk.gateway.sealed_reply import PiecedReply
from farmdesk.security.sealed import SEGMENT
from tests.gateway_program import made_server, serve

SOURCE = "source"


def plain_page(source: Path) -> APIRouter:
    """Give a page that gives some bytes of one file as they are, a MiB at a time."""
    router = APIRouter()

    @router.get("/plain/{offset}", response_class=PiecedReply)
    def give(offset: int, length: int, _caller: CallerNow) -> PiecedReply:
        headers = {"Content-Length": str(length)}
        return PiecedReply(_pieces(source, offset, length), headers=headers)

    return router


def _pieces(source: Path, offset: int, length: int) -> Iterator[memoryview]:
    buffers = [memoryview(bytearray(SEGMENT)), memoryview(bytearray(SEGMENT))]  # as a result has
    with source.open("rb", buffering=0) as file:
        file.seek(offset)
        while length:
            read = file.readinto(buffers[0][:length])
            yield buffers[0][:read]
            length -= read
            buffers.reverse()


def main() -> None:
    """Serve until killed."""
    folder = Path(sys.argv[1])
    server = made_server(folder, int(sys.argv[2]))
    app = server.config.app
    if not isinstance(app, FastAPI):
        raise TypeError("the gateway is a FastAPI app")
    app.include_router(plain_page(folder / SOURCE))
    gc.freeze()
    with asyncio.Runner(loop_factory=server.config.get_loop_factory()) as runner:
        runner.run(serve(server))


if __name__ == "__main__":
    main()
