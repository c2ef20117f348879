"""What no request may exceed, to the byte; and what becomes of an answer that breaks."""

import asyncio
import itertools
from collections.abc import Callable, Iterable, Iterator

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from farmdesk.gateway import limits
from farmdesk.gateway.limits import HEADERS, Limits

LARGER = {"/large": 5000}


async def _echo(request: Request) -> Response:
    return Response(str(len(await request.body())))


PAGES = [Route(path, _echo, methods=["POST"]) for path in ("/small", "/large/one")]


async def _failing(_scope: Scope, _receive: Receive, _send: Send) -> None:
    raise RuntimeError("at the beginning")


async def _breaking(_scope: Scope, _receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"half", "more_body": True})
    raise RuntimeError("in the middle")


def _sent(
    path: str,
    pieces: Iterable[bytes],
    *,
    told: str | None = None,
    app: ASGIApp | None = None,
) -> tuple[int, list[Message]]:
    """Send a body in pieces; give the answer's status, and all that was answered."""
    bounded = Limits(app or Starlette(routes=PAGES), larger=LARGER)
    scope: Scope = {
        "type": "http",
        "method": "POST",
        "path": path,
        "query_string": b"",
        "headers": [] if told is None else [(b"content-length", told.encode())],
    }
    coming, answered = iter(pieces), list[Message]()

    async def receive() -> Message:
        await asyncio.sleep(0)
        piece = next(coming, None)
        return {"type": "http.request", "body": piece or b"", "more_body": piece is not None}

    async def send(message: Message) -> None:
        answered.append(message)

    asyncio.run(bounded(scope, receive, send))
    return answered[0]["status"], answered


@pytest.mark.parametrize(("path", "most"), [("/small", limits.BODY_BYTES), ("/large/one", 5000)])
def test_a_body_may_have_its_path_s_bytes_and_not_one_more(
    monkeypatch: pytest.MonkeyPatch, path: str, most: int
) -> None:
    monkeypatch.setattr(limits, "BODY_BYTES", most if path == "/small" else 10)
    pieces = [b"x" * (most - 9), b"y" * 9]
    for told in (None, str(most), "0" + str(most)):
        assert _sent(path, pieces, told=told)[0] == 200
    assert _sent(path, [*pieces, b"z"])[0] == 413
    for told in (str(most + 1), "-1", "+1", "", "1.0", "9" * 30):
        status, answered = _sent(path, [], told=told)
        assert status == 413, told
        assert HEADERS["X-Content-Type-Options"].encode() in dict(answered[0]["headers"]).values()


Later = Callable[[float, Iterable[bytes]], Iterator[bytes]]


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Later:
    """Let each piece come so many seconds after the one before, without any waiting."""
    now = 1000.0
    monkeypatch.setattr(limits, "monotonic", lambda: now)

    def coming(seconds: float, pieces: Iterable[bytes]) -> Iterator[bytes]:
        nonlocal now
        for piece in pieces:
            now += seconds
            yield piece

    return coming


def test_who_dribbles_for_ever_is_given_up(later: Later) -> None:
    """Each piece comes in time, and no byte too many; the whole body does not come."""
    assert _sent("/small", later(1, itertools.repeat(b"", 100)))[0] == 408


def test_a_large_body_may_take_its_time(monkeypatch: pytest.MonkeyPatch, later: Later) -> None:
    monkeypatch.setattr(limits, "BODY_BYTES", 1 << 20)
    assert _sent("/small", later(5, [b"x"] * 30))[0] == 200


def test_an_answer_that_breaks_in_the_middle_is_not_made_whole() -> None:
    with pytest.raises(RuntimeError, match="middle"):
        _sent("/", [], app=_breaking)
    status, answered = _sent("/", [], app=_failing)
    assert (status, b"beginning" in answered[1]["body"]) == (500, False)
