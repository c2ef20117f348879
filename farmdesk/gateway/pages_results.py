"""Pages for downloads. What they carry: `link.results_wire`; what they may do: `results`."""

from functools import partial
from typing import Annotated

from fastapi import APIRouter, Path, Query, Response
from fastapi.responses import StreamingResponse
from starlette.concurrency import run_in_threadpool

from farmdesk.domain.frame_text import MAX_NUMBER
from farmdesk.domain.frames import FrameSet
from farmdesk.gateway.callers import CallerNow
from farmdesk.gateway.forms import Number
from farmdesk.gateway.parts import PartsNow
from farmdesk.gateway.replies import reply
from farmdesk.gateway.sealed_reply import SealedReply
from farmdesk.link.results_wire import RUN_SEGMENTS, ResultsSeen

MAX_FRAMES_TEXT = 4000  # characters; a longer one is the client's to choose from

router = APIRouter(tags=["results"])

Frame = Annotated[int, Path(ge=-MAX_NUMBER, le=MAX_NUMBER)]
Version = Annotated[str, Query(pattern="^[0-9a-f]{64}$", description="The result's, as listed")]


@router.get("/tasks/{task_id}/results", response_model=ResultsSeen)
async def results(
    task_id: Number,
    caller: CallerNow,
    parts: PartsNow,
    frames: Annotated[str | None, Query(max_length=MAX_FRAMES_TEXT)] = None,
    since: Number = 0,
) -> Response:
    """Give what became of a task's frames since a revision: of all frames, or of some."""
    wanted = None if frames is None else FrameSet.parse(frames)

    def look() -> Response:
        return reply(parts.results.listed(caller, task_id, wanted, since))

    async with parts.bodies.alone(caller.account.user_id):  # it looks at thousands of files
        return await run_in_threadpool(look)


@router.get(
    "/tasks/{task_id}/results/{frame}/segments/{first}",
    response_class=StreamingResponse,
    responses={200: {"content": {SealedReply.media_type: {}}}},
)
def segments(
    task_id: Number,
    frame: Frame,
    first: Annotated[int, Path(ge=0, lt=1 << 32)],
    version: Version,
    caller: CallerNow,
    parts: PartsNow,
    count: Annotated[int, Query(ge=1, le=RUN_SEGMENTS)] = RUN_SEGMENTS,
) -> Response:
    """Give sealed segments of a result from `first` on. It begins with a login of just now."""
    reading = parts.results.reading(caller, task_id, frame, bytes.fromhex(version))
    return SealedReply(reading.run(first, count), partial(parts.sessions.check, caller))
