"""Pages for the staff's fetches. What they carry: `link.packages_wire`; rules: `packages`."""

from functools import partial
from typing import Annotated

from fastapi import APIRouter, Path, Query, Response
from fastapi.responses import StreamingResponse
from starlette.concurrency import run_in_threadpool

from farmdesk.gateway.callers import CallerNow
from farmdesk.gateway.forms import FilesForm, Number
from farmdesk.gateway.parts import PartsNow
from farmdesk.gateway.replies import reply
from farmdesk.gateway.sealed_reply import SealedReply
from farmdesk.link.packages_wire import RUN_SEGMENTS, PackageSeen
from farmdesk.security.package_names import MAX_NAME

router = APIRouter(prefix="/packages", tags=["packages"])

Version = Annotated[str, Query(pattern="^[0-9a-f]{64}$", description="The file's, as listed")]


@router.get("/{task_id}", response_model=PackageSeen)
async def listed(
    task_id: Number,
    caller: CallerNow,
    parts: PartsNow,
    after: Annotated[str, Query(max_length=MAX_NAME)] = "",
) -> Response:
    """Give the files of a task's opened package behind one. It begins with a login of just now."""

    def look() -> Response:
        return reply(parts.packages.listed(caller, task_id, after))

    async with parts.bodies.alone(caller.account.user_id):  # it looks at thousands of files
        return await run_in_threadpool(look)


@router.post(
    "/{task_id}/files",
    response_class=StreamingResponse,
    responses={200: {"content": {SealedReply.media_type: {}}}},
)
def together(task_id: Number, wanted: FilesForm, caller: CallerNow, parts: PartsNow) -> Response:
    """Give small files whole, behind each other, each sealed for this answer."""
    files = parts.packages.together(caller, task_id, wanted.files)
    return SealedReply(files, partial(parts.sessions.check, caller))


@router.get(
    "/{task_id}/segments/{first}",
    response_class=StreamingResponse,
    responses={200: {"content": {SealedReply.media_type: {}}}},
)
def segments(
    task_id: Number,
    first: Annotated[int, Path(ge=0, lt=1 << 32)],
    name: Annotated[str, Query(min_length=1, max_length=MAX_NAME)],
    version: Version,
    caller: CallerNow,
    parts: PartsNow,
    count: Annotated[int, Query(ge=1, le=RUN_SEGMENTS)] = RUN_SEGMENTS,
) -> Response:
    """Give a sealed file's header, and segments of it from `first` on, sealed for this answer."""
    reading = parts.packages.reading(caller, task_id, name, bytes.fromhex(version))
    return SealedReply(
        reading.run(first, count, header=True), partial(parts.sessions.check, caller)
    )
