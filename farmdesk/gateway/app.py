"""The gateway as an ASGI app, and the housekeeping beside it."""

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from anyio.to_thread import current_default_thread_limiter
from fastapi import APIRouter, FastAPI
from starlette.concurrency import run_in_threadpool

from farmdesk import __version__
from farmdesk.domain.errors import FarmError
from farmdesk.gateway import (
    pages_farm,
    pages_login,
    pages_packages,
    pages_results,
    pages_transfers,
)
from farmdesk.gateway.command_body import COMMAND_BYTES
from farmdesk.gateway.document import DocumentedApp
from farmdesk.gateway.faults import add_faults
from farmdesk.gateway.limits import Limits
from farmdesk.gateway.memory import give_back
from farmdesk.gateway.parts import Parts
from farmdesk.gateway.replies import PROBLEMS

THREADS = 12  # each holds a connection at most; the database's pool has 15
TIDY_S = 5.0  # between two rounds of housekeeping

log = logging.getLogger(__name__)


def make_app(parts: Parts) -> FastAPI:
    """Give the app over its parts."""

    @asynccontextmanager
    async def life(app: FastAPI) -> AsyncIterator[None]:
        current_default_thread_limiter().total_tokens = THREADS
        tidying = asyncio.create_task(_tidy(app))
        yield
        tidying.cancel()

    app = DocumentedApp(
        title="FarmDesk gateway",
        version=__version__,
        docs_url=None,  # their scripts would come from elsewhere
        redoc_url=None,
        lifespan=life,
        redirect_slashes=False,
        responses=dict(PROBLEMS),
    )
    app.state.parts = parts
    add_faults(app)
    for router in ROUTERS:
        app.include_router(router)
    app.add_middleware(Limits, larger=LARGER)
    return app


ROUTERS: tuple[APIRouter, ...] = (
    pages_login.router,
    pages_farm.router,
    pages_transfers.router,
    pages_results.router,
    pages_packages.router,
)
LARGER: Mapping[str, int] = {
    "/commands": COMMAND_BYTES,
    f"{pages_transfers.PREFIX}/": pages_transfers.BODY_BYTES,
}


async def _tidy(app: FastAPI) -> None:
    """End what is over: sessions, leases, uploads, keys that nobody came for; give memory back."""
    while True:
        parts: Parts = app.state.parts
        try:
            await run_in_threadpool(parts.login.tidy)
            await run_in_threadpool(parts.registry.tidy)
            await run_in_threadpool(parts.uploads.tidy)
            await run_in_threadpool(parts.expiry.tidy)
            await run_in_threadpool(give_back)
        except FarmError as error:
            log.warning("housekeeping: %s", error)
        except Exception:  # the top of a round: the next one may do better
            log.exception("housekeeping failed")
        await asyncio.sleep(TIDY_S)
