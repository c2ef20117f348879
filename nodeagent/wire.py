"""The agent's line to the engine: orders from one descriptor, reports to another.

Both are worked by threads, so that an engine that hangs, or is gone, can never hold up a frame.
"""

import os
import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass

from nodeagent.orders import AgentOrder
from nodeagent.protocol import MAX_LINE_BYTES, ProtocolError, decode_order, encode
from nodeagent.reports import AgentReport

READ_BYTES = 65536


@dataclass(frozen=True, slots=True)
class OrderCame:
    """An order of the engine."""

    order: AgentOrder


@dataclass(frozen=True, slots=True)
class NonsenseCame:
    """A line that is no order; the sentence says why."""

    text: str


@dataclass(frozen=True, slots=True)
class EngineGone:
    """Orders have ended."""


WireEvent = OrderCame | NonsenseCame | EngineGone


def read_orders(descriptor: int, post: Callable[[WireEvent], None]) -> None:
    """Hand on all orders until the pipe ends; runs in a thread."""
    rest = b""
    skipping = False  # inside a line that is too long
    while part := _read(descriptor):
        *lines, rest = (rest + part).split(b"\n")
        for line in lines:
            if not skipping and line.strip():
                post(_read_order(line))
            skipping = False
        if len(rest) > MAX_LINE_BYTES:
            if not skipping:
                post(NonsenseCame(f"a line of more than {MAX_LINE_BYTES} bytes"))
            skipping, rest = True, b""
    post(EngineGone())


def _read_order(line: bytes) -> WireEvent:
    try:
        return OrderCame(decode_order(line))
    except ProtocolError as error:
        return NonsenseCame(str(error))


def _read(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, READ_BYTES)
    except OSError:
        return b""


class ReportWriter:
    """Writes reports in the order they were sent, from any thread.

    A reader that has gone is no error.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._waiting: queue.SimpleQueue[AgentReport | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="reports", daemon=True)
        self._thread.start()

    def send(self, report: AgentReport) -> None:
        """Send a report; returns at once."""
        self._waiting.put(report)

    def close(self, timeout_s: float) -> None:
        """Write what waits, for at most so long."""
        self._waiting.put(None)
        self._thread.join(timeout_s)

    def _run(self) -> None:
        reader_gone = False
        while (report := self._waiting.get()) is not None:
            if not reader_gone:
                reader_gone = not self._write(encode(report))

    def _write(self, line: bytes) -> bool:
        try:
            while line:
                line = line[os.write(self._descriptor, line) :]
        except OSError:
            return False
        return True
