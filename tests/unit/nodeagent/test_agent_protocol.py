"""Lines between engine and agent: there and back, and hostile."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nodeagent.orders import AgentOrder, Cancel, Close, Open, Ping, Render
from nodeagent.protocol import ProtocolError, decode_order, decode_report, encode
from nodeagent.reports import (
    AgentReport,
    FrameBroken,
    FramePublished,
    Hello,
    Sample,
    StoppingAfterFrame,
)

OPEN = Open(
    task=1,
    tool="blender",
    command=["a b", "$SCENE"],
    warm=None,
    scene="雪.blend",
    scratch="/s",
    output="/o",
    pattern="f_####.png",
    journal="/j",
    log="/l",
    rules=[["failure", "^Error", "crash"]],
    settings={"camera": None, "samples": 4, "allow_missing": True, "scale": 0.5},
)


@pytest.mark.parametrize("order", [OPEN, Render(3, "1-9x2"), Cancel(), Ping(), Close()])
def test_orders_come_back_as_they_went(order: AgentOrder) -> None:
    assert decode_order(encode(order)) == order


@pytest.mark.parametrize(
    "report",
    [
        Hello(1, 2, "node", 3, 4, ["GPU"]),
        FramePublished(1, -5, 0.5, 1.5, "f", 6, "ab", 7, 8),
        FrameBroken(1, 2, "crash", "lone \udcff half", "a\nb"),
        StoppingAfterFrame(1, None),
        Sample(0.5, 0.25, None, 9),
    ],
)
def test_reports_come_back_as_they_went(report: AgentReport) -> None:
    line = encode(report)
    assert line.count(b"\n") == 1
    assert decode_report(line) == report


def test_a_newer_side_may_say_more() -> None:
    assert decode_order(b'{"t": "Ping", "mood": "good"}') == Ping()


def test_a_whole_number_is_a_number_too() -> None:
    body = {**json.loads(encode(OPEN)), "linger_s": 5}
    opened = decode_order(json.dumps(body).encode())
    assert isinstance(opened, Open)
    assert opened.linger_s == 5


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"null",
        b"[]",
        b'"Ping"',
        b"{}",
        b'{"t": null}',
        b'{"t": ["Ping"]}',
        b'{"t": "Hello"}',  # a report is no order
        b'{"t": "__class__"}',
        b'{"t": "Render"}',
        b'{"t": "Render", "range_id": "1", "frames": "1"}',
        b'{"t": "Render", "range_id": true, "frames": "1"}',
        b'{"t": "Render", "range_id": 1.5, "frames": "1"}',
        b'{"t": "Render", "range_id": 1, "frames": ["1"]}',
        b'{"t": "StopAfterFrame", "range_id": 1, "frame": null}',
        b'{"t": "Ping"',
        b"\xff\xfe",
        b"[" * 200_000,
        b'{"t": "Ping", "pad": "' + b"x" * (1 << 20) + b'"}',
    ],
)
def test_what_is_no_order(line: bytes) -> None:
    with pytest.raises(ProtocolError):
        decode_order(line)


@pytest.mark.parametrize(
    "change",
    [
        {"command": "sh -c evil"},
        {"command": [1]},
        {"warm": [None]},
        {"environment": {"A": 1}},
        {"settings": {"camera": ["a"]}},
        {"heartbeat_s": float("nan")},
        {"stall_s": float("inf")},
        {"stall_s": "9"},
        {"width": "64"},
        {"width": 6.4},
    ],
)
def test_fields_of_a_wrong_type(change: dict[str, object]) -> None:
    body = {**json.loads(encode(OPEN)), **change}
    with pytest.raises(ProtocolError):
        decode_order(json.dumps(body).encode())


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_any_bytes_are_an_order_or_an_error(line: bytes) -> None:
    try:
        decoded = decode_order(line)
    except ProtocolError:
        return
    assert isinstance(decoded, AgentOrder)
