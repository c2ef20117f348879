"""Every answer that is none has one shape, `wire.Problem`; no traceback ever leaves the farm."""

import logging
import math

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from farmdesk.domain.errors import FarmError, FarmUnavailable, Refused
from farmdesk.domain.users import NotAllowed, NotYours, StaffSaysWhen
from farmdesk.link.wire import TOKEN_SCHEME, Kind, LoginNeeded, Problem, to_json

log = logging.getLogger(__name__)

_BY_STATUS = {
    404: ("There is no such page in this farm's gateway.", "本农场网关没有该页面。"),
    405: ("This page cannot be asked in this way.", "该页面不支持此请求方式。"),
    408: (
        "The request came too slowly. Check the line and try again.",
        "请求传输过慢。请检查网络后重试。",
    ),
    413: ("The request is larger than this page takes.", "请求超过该页面允许的大小。"),
}
_BAD_REQUEST = (
    "The request does not fit this page; /openapi.json says what does.",
    "请求不符合该页面的格式；格式说明见 /openapi.json。",
)
_OUR_FAULT = (
    "The farm's gateway has erred; the farm's log says where. Tell the render staff.",
    "农场网关出现内部错误，详情见农场日志。请告知渲染人员。",
)


class TooMany(Refused):
    """Somebody asks too often; `wait_s` says when he may again, `en` and `zh` of what, if told."""

    def __init__(self, wait_s: float, en: str = "", zh: str = "") -> None:
        self.wait_s = wait_s
        seconds = math.ceil(wait_s)
        super().__init__(
            en or f"Too many tries. Wait {seconds} s, then try again.",
            zh or f"尝试次数过多。请等待 {seconds} 秒后再试。",
        )


def add_faults(app: FastAPI) -> None:
    """Let an app answer every fault in the one shape."""
    app.add_exception_handler(FarmError, _farm_error)
    app.add_exception_handler(RequestValidationError, _bad_request)
    app.add_exception_handler(HTTPException, _http_error)


def answer(status: int, problem: Problem) -> Response:
    """Give a problem as a response."""
    headers = {}
    if problem.wait_s is not None:
        headers["Retry-After"] = str(math.ceil(problem.wait_s))
    if status == 401:
        headers["WWW-Authenticate"] = TOKEN_SCHEME
    return Response(to_json(problem), status, headers, "application/json")


def refusal(status: int) -> Response:
    """Give the response for a status that HTTP itself asks for.

    After 408 and 413 the rest of a body would come: the connection is given up.
    """
    response = answer(status, Problem(Kind.REFUSED, *_BY_STATUS.get(status, _BAD_REQUEST)))
    if status in (408, 413):
        response.headers["Connection"] = "close"
    return response


def our_fault() -> Response:
    """Give the response for an error of our own, which is in the log."""
    return answer(500, Problem(Kind.UNAVAILABLE, *_OUR_FAULT))


async def _farm_error(request: Request, error: Exception) -> Response:
    if not isinstance(error, FarmError):
        raise TypeError(f"{type(error).__name__} is no FarmError")
    match error:
        case TooMany():
            return answer(429, Problem(Kind.TOO_MANY, error.en, error.zh, error.wait_s))
        case LoginNeeded():
            return answer(401, Problem(Kind.LOGIN_NEEDED, error.en, error.zh))
        case NotAllowed() | StaffSaysWhen():
            return answer(403, Problem(Kind.REFUSED, error.en, error.zh))
        case NotYours():
            return answer(404, Problem(Kind.REFUSED, error.en, error.zh))
        case Refused():  # a read is refused for what is not there
            status = 404 if request.method == "GET" else 409
            return answer(status, Problem(Kind.REFUSED, error.en, error.zh))
        case FarmUnavailable():
            return answer(503, Problem(Kind.UNAVAILABLE, error.en, error.zh))
        case _:  # the database is not as it should be: for the staff
            log.error("%s %s: %s", request.method, request.url.path, error)
            return answer(503, Problem(Kind.UNAVAILABLE, *_OUR_FAULT))


async def _bad_request(_request: Request, _error: Exception) -> Response:
    return refusal(422)  # its details would repeat what was sent: identity numbers, tokens


async def _http_error(_request: Request, error: Exception) -> Response:
    return refusal(error.status_code if isinstance(error, HTTPException) else 400)
