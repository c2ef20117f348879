"""The farm's pages: what `FarmLink` reads, one page a read, and commands."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.concurrency import run_in_threadpool

from farmdesk.domain.commands import from_body
from farmdesk.domain.rows import (
    CommandRow,
    FrameRow,
    FrameTimes,
    LogRow,
    MessageRow,
    NodeRow,
    Pace,
    TaskRow,
    UrgentRow,
)
from farmdesk.domain.users import Role, User
from farmdesk.gateway.callers import CallerNow
from farmdesk.gateway.command_body import command_form
from farmdesk.gateway.document import COMMAND_BODY
from farmdesk.gateway.forms import Number
from farmdesk.gateway.parts import LinkNow, PartsNow
from farmdesk.gateway.replies import MAX_ROWS, reply
from farmdesk.link.farm_link import FarmLink
from farmdesk.link.wire import PackedStates, Sent

MAX_PACES = 500

router = APIRouter()
Limit = Annotated[int, Query(ge=1, le=MAX_ROWS)]


@router.post("/commands", response_model=Sent, status_code=202, openapi_extra=COMMAND_BODY)
async def send(request: Request, caller: CallerNow, parts: PartsNow, link: LinkNow) -> Response:
    """Hand a command to the engine. It is read only when its sender is known: it may be large."""
    parts.hear(caller)
    text = await request.body()
    return await run_in_threadpool(_send, text, link)


def _send(text: bytes, link: FarmLink) -> Response:
    try:
        form = command_form(text)
    except ValueError:
        raise RequestValidationError([]) from None
    return reply(Sent(link.send(from_body(form.kind, form.body))), 202)


@router.get("/commands", response_model=list[CommandRow])
def commands(link: LinkNow, since: Number = 0, limit: Limit = 200) -> Response:
    """Give commands with a higher number, oldest first."""
    return reply(link.commands(since, limit))


@router.get("/commands/{command_id}", response_model=CommandRow)
def outcome(command_id: Number, link: LinkNow) -> Response:
    """Give a command, with the engine's answer once there is one."""
    return reply(link.outcome(command_id))


@router.get("/tasks", response_model=list[TaskRow])
def tasks(
    link: LinkNow, since: Number = 0, recycled: Literal["no", "yes", "both"] = "no"
) -> Response:
    """Give the tasks that changed since a revision, by position."""
    return reply(link.tasks(since, {"no": False, "yes": True, "both": None}[recycled]))


@router.get("/tasks/{task_id}", response_model=TaskRow)
def task(task_id: Number, link: LinkNow) -> Response:
    """Give one task."""
    return reply(link.task(task_id))


@router.get("/tasks/{task_id}/states", response_model=PackedStates)
def frame_states(task_id: Number, link: LinkNow) -> Response:
    """Give the state of every frame, one byte a frame in the task's order."""
    return reply(PackedStates.of(link.frame_states(task_id)))


@router.get("/tasks/{task_id}/frames", response_model=list[FrameRow])
def frames(task_id: Number, link: LinkNow, since: Number = 0, limit: Limit = 2000) -> Response:
    """Give finished attempts at frames since a revision; about `limit`, a revision is never cut."""
    return reply(link.frames(task_id, since, limit))


@router.get("/tasks/{task_id}/times", response_model=FrameTimes)
def frame_times(task_id: Number, link: LinkNow) -> Response:
    """Give the render seconds of each proven frame."""
    return reply(link.frame_times(task_id))


@router.get("/paces", response_model=list[Pace])
def paces(
    link: LinkNow, task: Annotated[list[Number] | None, Query(max_length=MAX_PACES)] = None
) -> Response:
    """Give how fast the proven frames of these tasks were."""
    return reply(link.paces(task or []))


@router.get("/nodes", response_model=list[NodeRow])
def nodes(link: LinkNow, since: Number = 0) -> Response:
    """Give the nodes that changed since a revision; to customers, none."""
    return reply(link.nodes(since))


@router.get("/logs", response_model=list[LogRow])
def logs(
    link: LinkNow, since: Number = 0, task: Number | None = None, limit: Limit = 1000
) -> Response:
    """Give log lines with a higher number, oldest first; since 0, the newest."""
    return reply(link.logs(since, task_id=task, limit=limit))


@router.get("/urgent", response_model=list[UrgentRow])
def urgent_requests(link: LinkNow, since: Number = 0) -> Response:
    """Give the urgent requests that changed since a revision."""
    return reply(link.urgent_requests(since))


@router.get("/messages", response_model=list[MessageRow])
def messages(
    link: LinkNow,
    login: Annotated[str, Query(max_length=200)],
    role: Role,
    since: Number = 0,
    limit: Limit = 200,
) -> Response:
    """Give what a user was told, oldest first; since 0, the newest. Customers: themselves alone."""
    return reply(link.messages(User(login, role), since, limit))
