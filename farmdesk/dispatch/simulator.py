"""A farm that does not exist: drives a RenderControl with virtual nodes and a virtual clock.

Deterministic: the same nodes, work and script give the same run. So the schedule benchmark and the
fault tests run the very code that runs the farm. All times are seconds.
"""

import heapq
import math
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import count

from farmdesk.dispatch import events as ev
from farmdesk.dispatch.events import Event, Order, SlotId
from farmdesk.dispatch.render_control import RenderControl
from farmdesk.dispatch.virtual_node import VirtualNode, VirtualSession
from farmdesk.domain.frames import FrameSet
from farmdesk.domain.states import FailureReason

TICK_S = 15.0
TICK_SHARE = 0.01  # a tick comes at least after this share of the time passed
FOREVER_S = 1e9


@dataclass(frozen=True, slots=True)
class Truth:
    """What a run needs to know beside the nodes.

    `work`: seconds of a frame at speed 1. `fault`: why the n-th attempt (from 1) at a frame on a
    slot fails, None: it does not. `lags`: after how many seconds each copy of an event arrives.
    `script`: what else happens when.
    """

    work: Callable[[int], float]
    warm: bool = False
    fault: Callable[[SlotId, int, int], FailureReason | None] | None = None
    lags: Callable[[Event], Sequence[float]] | None = None
    script: Iterable[tuple[float, Event]] = ()


@dataclass(frozen=True, slots=True)
class SimulatedRun:
    """How a run went. `end_s`: when the last frame was done; infinite when it was not."""

    end_s: float
    loads: int
    last: Order | None  # FramesRendered, TaskHopeless, or None when it never ended


class Simulation:
    """One task on virtual nodes. `trace`, when given, takes every event and order with its time."""

    def __init__(
        self,
        control: RenderControl,
        nodes: Iterable[VirtualNode],
        truth: Truth,
        trace: list[tuple[float, Event | Order]] | None = None,
    ) -> None:
        """Set up all nodes as idle at time 0."""
        self._control, self._truth, self._trace = control, truth, trace
        self._sessions = {node.slot: VirtualSession(node) for node in nodes}
        self._heap: list[tuple[float, int, Callable[[], None]]] = []
        self._serial = count()
        self._inbox: deque[Event] = deque()
        self._tries: dict[int, int] = {}
        self._now = self._end_s = 0.0
        self._loads = 0
        self._last: Order | None = None
        self._quiet = False

    def run(self, until_s: float = FOREVER_S) -> SimulatedRun:
        """Run until the task has ended and all is quiet, or `until_s`."""
        for session in self._sessions.values():
            for dead_from, back_at in session.node.outages:
                self._at(dead_from, partial(self._die, session))
                if back_at < FOREVER_S:
                    self._at(back_at, partial(self._return, session))
        for time, event in self._truth.script:
            self._at(time, partial(self._play, event))
        self._at(TICK_S, self._tick)
        self._grant_free()
        self._deliver()
        while not self._quiet and self._heap and self._heap[0][0] <= until_s:
            self._now, _, happen = heapq.heappop(self._heap)
            happen()
            if self._inbox:
                self._deliver()
        ended = self._last is not None
        return SimulatedRun(self._end_s if ended else math.inf, self._loads, self._last)

    def _at(self, time: float, happen: Callable[[], None]) -> None:
        heapq.heappush(self._heap, (time, next(self._serial), happen))

    def _deliver(self) -> None:
        """Hand over all events of this instant, and carry out the orders, until none is left."""
        while self._inbox:
            events = list(self._inbox)
            self._inbox.clear()
            orders = self._control.handle_all(events, self._now)
            if self._trace is not None:
                self._trace.extend((self._now, item) for item in (*events, *orders))
            for order in orders:
                self._obey(order)

    def _post(self, event: Event) -> None:
        """Send an event to the control, as late and as often as the truth says."""
        for lag in self._truth.lags(event) if self._truth.lags is not None else (0.0,):
            if lag > 0.0:
                self._at(self._now + lag, partial(self._inbox.append, event))
            else:
                self._inbox.append(event)

    # ---- nodes -----------------------------------------------------------------------------------

    def _grant_free(self) -> None:
        for session in self._sessions.values():
            if session.up and not session.granted:
                session.granted = True
                self._inbox.append(ev.SlotGranted(session.node.slot, session.node.hint))

    def _play(self, event: Event) -> None:
        """Let an event of the script happen; what cannot happen to a slot now does not."""
        if isinstance(event, ev.SlotGranted):
            session = self._sessions[event.slot]
            if not session.up or session.granted:
                return
            session.granted = True
        self._inbox.append(event)
        if isinstance(event, ev.Resume):
            self._grant_free()

    def _die(self, session: VirtualSession) -> None:
        session.up = session.granted = False
        session.drop()
        self._inbox.append(ev.SlotLost(session.node.slot))

    def _return(self, session: VirtualSession) -> None:
        session.up = session.granted = True
        self._inbox.append(ev.SlotGranted(session.node.slot, session.node.hint))

    def _tick(self) -> None:
        self._inbox.append(ev.Tick())
        self._at(self._now + max(TICK_S, TICK_SHARE * self._now), self._tick)

    # ---- orders ----------------------------------------------------------------------------------

    def _obey(self, order: Order) -> None:
        match order:
            case ev.RenderRange():
                self._render(self._sessions[order.slot], order.frames)
            case ev.StopAfter():
                self._stop_after(self._sessions[order.slot], order.frame)
            case ev.CancelRange():
                self._sessions[order.slot].drop()
            case ev.CloseSession():
                self._sessions[order.slot].drop()
                self._sessions[order.slot].granted = False
            case ev.FramesRendered():
                self._last = order
                self._inbox.append(ev.Stop())
            case ev.TaskHopeless():
                self._last, self._quiet = order, True
            case ev.Quiet():
                self._quiet = self._last is not None

    def _render(self, session: VirtualSession, frames: FrameSet) -> None:
        if not session.up:
            return
        session.epoch += 1
        session.frames, session.index = list(frames), 0
        if session.loaded and self._truth.warm:
            self._begin(session)
            return
        self._loads += 1
        epoch, load_s = session.epoch, session.node.load_s
        self._at(self._now + load_s, partial(self._load, session, epoch, load_s))

    def _stop_after(self, session: VirtualSession, frame: int) -> None:
        if not session.up:
            return
        if session.index >= len(session.frames):
            self._post(ev.StoppingAfter(session.node.slot, None))
            return
        kept = session.frames[: session.index + 1]
        kept += [at for at in session.frames[session.index + 1 :] if at <= frame]
        session.frames = kept
        self._post(ev.StoppingAfter(session.node.slot, kept[-1]))

    # ---- a tool at work --------------------------------------------------------------------------

    def _load(self, session: VirtualSession, epoch: int, seconds: float) -> None:
        if session.epoch == epoch:
            session.loaded = True
            self._post(ev.SceneLoaded(session.node.slot, seconds))
            self._begin(session)

    def _begin(self, session: VirtualSession) -> None:
        """Begin with the next frame, unless the range is over."""
        if session.index >= len(session.frames):
            return
        frame, epoch, begin = session.frames[session.index], session.epoch, self._now
        self._post(ev.FrameStarted(session.node.slot, frame))
        end = session.node.finish(begin, self._truth.work(frame))
        self._at(end, partial(self._finish, session, epoch, frame, begin))

    def _finish(self, session: VirtualSession, epoch: int, frame: int, begin: float) -> None:
        if session.epoch != epoch:
            return
        slot = session.node.slot
        reason = None
        if self._truth.fault is not None:
            self._tries[frame] = self._tries.get(frame, 0) + 1
            reason = self._truth.fault(slot, frame, self._tries[frame])
        if reason is None:
            self._end_s = self._now
            self._post(ev.FrameDone(slot, frame, self._now - begin))
        else:
            self._post(ev.FrameFailed(slot, frame, reason, "as the script says"))
        session.index += 1
        self._begin(session)
