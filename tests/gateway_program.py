"""A gateway as a program: `python -m tests.gateway_program FOLDER PORT`, for tests that kill it."""

import asyncio
import gc
import sys
from pathlib import Path

import uvicorn

from farmdesk.gateway.server import make_parts, make_server
from tests.gateway_settings import farm_config, settings_of


def made_server(folder: Path, port: int) -> uvicorn.Server:
    """Give a gateway over the farm in a folder."""
    settings = settings_of(folder, port)
    config = farm_config(folder, f"sqlite:///{folder}/farm.db", settings)
    return make_server(make_parts(config, settings), settings)


async def serve(server: uvicorn.Server) -> None:
    """Run it; say when it listens."""
    serving = asyncio.create_task(server.serve())
    while not server.started and not serving.done():
        await asyncio.sleep(0.01)
    print("ready", flush=True)
    await serving


if __name__ == "__main__":
    made = made_server(Path(sys.argv[1]), int(sys.argv[2]))
    gc.freeze()  # as `serve_gateway` does
    with asyncio.Runner(loop_factory=made.config.get_loop_factory()) as runner:
        runner.run(serve(made))
