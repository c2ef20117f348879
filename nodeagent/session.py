"""A session: orders come in, a tool renders, frames are published, reports go out.

One thread owns all state; pipes, the publisher and the tool post events into its queue.
"""

import contextlib
import queue
import time

from nodeagent.job import Unfit, read_job
from nodeagent.orders import Close, Open, Ping, Render, StopAfterFrame
from nodeagent.predecessor import Predecessor
from nodeagent.reasons import Reason
from nodeagent.reports import (
    Cancelled,
    Closed,
    Log,
    Pong,
    SessionBroken,
    StoppingAfterFrame,
)
from nodeagent.wire import EngineGone, NonsenseCame, OrderCame, ReportWriter, WireEvent
from nodeagent.workbench import Workbench, WorkEvent

TICK_S = 0.1
MAX_EVENTS = 10_000  # a tool that floods its output must wait for us

Event = WireEvent | WorkEvent


class Session:
    """The agent's life from its first order to its end. `run` returns when it is over."""

    def __init__(self, writer: ReportWriter) -> None:
        self._writer = writer
        self._events: queue.Queue[Event] = queue.Queue(MAX_EVENTS)
        self._bench: Workbench | None = None
        self._unfit: Unfit | None = None
        self._opened: Open | None = None
        self._heard_at = time.monotonic()
        self._predecessor: Predecessor | None = None
        self._ordered: list[OrderCame] = []  # ranges that came while it was here
        self._pinged = False  # and not answered yet
        self._terminated = False
        self._closing = False
        self._linger_until: float | None = None

    def post(self, event: Event) -> None:
        """Hand in an event, from any thread but the session's own."""
        self._events.put(event)

    def terminate(self) -> None:
        """End at once, for a signal handler: the tool is killed and nothing is finished."""
        self._terminated = True

    def run(self) -> None:
        """Work until closed, or until the engine is gone and the frame in hand was finished."""
        try:
            while not self._over():
                with contextlib.suppress(queue.Empty):
                    self._take(self._events.get(timeout=TICK_S))
                self._look()
        finally:
            if self._bench is not None:
                self._bench.close()
        if self._closing and not self._terminated:
            self._writer.send(Closed())

    def _over(self) -> bool:
        if self._terminated:
            return True
        if self._linger_until is not None:
            at_rest = self._bench is None or self._bench.at_rest
            return at_rest or time.monotonic() > self._linger_until
        return False

    def _look(self) -> None:
        if self._predecessor is not None and self._predecessor.here:
            self._predecessor.look()
            self._take_slot(self._predecessor)
        if self._pinged:
            self._answer()
        if self._bench is not None:
            self._bench.look()
        opened = self._opened
        if opened is not None and self._linger_until is None:
            silent_s = time.monotonic() - self._heard_at
            if silent_s > opened.heartbeat_s:
                self._linger(opened, f"no word from the engine for {silent_s:.0f} s")

    def _take(self, event: Event) -> None:
        if isinstance(event, OrderCame):
            self._heard_at = time.monotonic()
            self._obey(event)
        elif isinstance(event, NonsenseCame):
            self._writer.send(Log("error", f"the engine sent nonsense: {event.text}"))
        elif isinstance(event, EngineGone):
            self._linger(self._opened, "the engine is gone")
        elif self._bench is not None:
            self._bench.take(event)

    def _obey(self, event: OrderCame) -> None:
        order = event.order
        if isinstance(order, Ping):
            self._pinged = True
            self._answer()
        elif isinstance(order, Open):
            self._open(order)
        elif isinstance(order, Close):
            self._close()
        elif self._linger_until is not None:
            self._writer.send(Log("warning", "the agent is ending; it takes no more orders"))
        elif self._bench is not None:
            self._bench.obey(order)
        elif isinstance(order, Render) and self._predecessor is not None and self._predecessor.here:
            self._ordered.append(event)
        elif isinstance(order, Render):
            self._refuse(order)
        elif isinstance(order, StopAfterFrame):
            self._ordered.clear()
            self._writer.send(StoppingAfterFrame(order.range_id, None))
        else:
            self._ordered.clear()
            self._writer.send(Cancelled())

    def _open(self, order: Open) -> None:
        if self._opened is not None:
            self._writer.send(Log("error", "the session is open already"))
            return
        self._opened = order
        self._predecessor = Predecessor(order)
        self._take_slot(self._predecessor)

    def _take_slot(self, predecessor: Predecessor) -> None:
        """Begin to work here, as soon as nobody finishes a frame of before our engine's time."""
        if predecessor.here or self._opened is None:
            return
        try:
            self._bench = Workbench(read_job(self._opened), tell=self._writer.send, post=self.post)
        except Unfit as error:
            self._unfit = error
        ordered, self._ordered = self._ordered, []
        for event in ordered:
            self._obey(event)

    def _answer(self) -> None:
        """Answer a ping, as soon as it is known whose the slot is."""
        answer = Pong() if self._predecessor is None else self._predecessor.answer()
        if answer is not None:
            self._pinged = False
            self._writer.send(answer)

    def _refuse(self, order: Render) -> None:
        reason, text = Reason.BAD_ARGUMENT, "frames were ordered before the session was opened"
        if self._unfit is not None:
            reason, text = self._unfit.reason, str(self._unfit)
        self._writer.send(SessionBroken(order.range_id, reason, text))

    def _close(self) -> None:
        self._closing = True
        linger_s = self._opened.linger_s if self._opened is not None else 0.0
        self._linger_until = time.monotonic() + linger_s
        if self._bench is not None:
            self._bench.drop()

    def _linger(self, opened: Open | None, why: str) -> None:
        """The engine is gone: finish the frame in hand, begin nothing more."""
        if self._linger_until is not None:
            return
        self._linger_until = time.monotonic() + (opened.linger_s if opened is not None else 0.0)
        if self._bench is not None:
            self._bench.finish_in_hand(why)
