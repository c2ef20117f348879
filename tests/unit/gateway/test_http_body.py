"""A request's body: every byte, once, in order, and never a million small pieces in memory."""

import asyncio
from types import SimpleNamespace
from typing import cast

import pytest
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from farmdesk.gateway.http_body import AT_MOST, SMALL, HttpBody, Piece, keep


class Line:
    """A cycle with nothing behind it, which says what it was asked to do."""

    def __init__(self) -> None:
        self.response_complete = self.disconnected = False
        self.more_body = True
        self.message_event = asyncio.Event()
        self.is_paused = False
        self.flow = SimpleNamespace(pause_reading=self._pause)

    def _pause(self) -> None:
        self.is_paused = True

    async def receive(self) -> dict[str, object]:
        self.is_paused = False
        await self.message_event.wait()
        self.message_event.clear()
        if self.disconnected:
            return {"type": "http.disconnect"}
        return {"type": "http.request", "body": b"", "more_body": self.more_body}

    def end(self) -> None:
        self.more_body = False
        self.message_event.set()


@pytest.fixture
def line() -> Line:
    return Line()


@pytest.fixture
def body(line: Line) -> HttpBody:
    return HttpBody(cast("RequestResponseCycle", line))


async def _whole(body: HttpBody) -> bytes:
    whole, more = b"", True
    while more:
        message = await body.receive()
        assert message["type"] == "http.request"
        whole += message["body"]
        more = message["more_body"]
    return whole


def test_it_takes_the_cycles_place(line: Line, body: HttpBody) -> None:
    body.feed(b"abc")
    line.end()
    message = asyncio.run(line.receive())
    assert message == {"type": "http.request", "body": b"abc", "more_body": False}


@pytest.mark.parametrize("cut", [1, 1000, SMALL - 1, SMALL, 3 * SMALL])
def test_every_byte_once_and_in_order(line: Line, body: HttpBody, cut: int) -> None:
    content = bytes(range(251)) * 1000

    async def talk() -> bytes:
        taking = asyncio.create_task(_whole(body))
        for start in range(0, len(content), cut):
            body.feed(content[start : start + cut])
            if start % 7 == 0:
                await asyncio.sleep(0)
        line.end()
        return await taking

    assert asyncio.run(talk()) == content


def test_the_end_may_come_alone(line: Line, body: HttpBody) -> None:
    async def talk() -> bytes:
        taking = asyncio.create_task(_whole(body))
        body.feed(b"all of it")
        await asyncio.sleep(0)
        line.end()
        return await taking

    assert asyncio.run(talk()) == b"all of it"


def test_a_client_that_hangs_up_is_told_when_what_came_was_taken(
    line: Line, body: HttpBody
) -> None:
    async def talk() -> list[str]:
        body.feed(b"a")
        first = await body.receive()
        line.disconnected = True
        line.message_event.set()
        return [first["type"], (await body.receive())["type"]]

    assert asyncio.run(talk()) == ["http.request", "http.disconnect"]


def test_a_fast_client_waits_for_a_slow_disk(line: Line, body: HttpBody) -> None:
    body.feed(bytes(AT_MOST))
    assert not line.is_paused
    body.feed(b"a")
    assert line.is_paused


def test_what_comes_after_the_answer_is_dropped(line: Line, body: HttpBody) -> None:
    line.response_complete = True
    body.feed(b"late")
    assert not line.message_event.is_set()


def test_what_nobody_takes_is_let_go(line: Line, body: HttpBody) -> None:
    body.feed(bytes(AT_MOST))
    body.drop()
    line.end()
    assert asyncio.run(_whole(body)) == b""


def test_small_pieces_are_put_together() -> None:
    pieces = list[Piece]()
    for number in range(100_000):
        keep(pieces, bytes([number % 256]))
    keep(pieces, bytes(SMALL))
    keep(pieces, b"end")
    assert [len(piece) for piece in pieces] == [100_000, SMALL, 3]
