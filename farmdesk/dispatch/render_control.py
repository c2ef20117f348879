"""RenderControl: the state machine that renders one task. Events and the time in, orders out.

The crew (`crew.py`) are the slots with the ranges that they hold, the backlog (`backlog.py`) all
that none of them holds. The foreman (`foreman.py`) gives idle slots what the policy (`policy.py`)
picks for them; the judge (`judge.py`) says what follows from a failure; the shift (`shift.py`)
halts and resumes the crew, and says when the task has ended. The engine carries the orders to the
agents.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from farmdesk.dispatch import events as ev
from farmdesk.dispatch.backlog import Backlog
from farmdesk.dispatch.crew import Crew
from farmdesk.dispatch.estimates import Estimates
from farmdesk.dispatch.events import Event, Order, SlotId
from farmdesk.dispatch.foreman import Foreman
from farmdesk.dispatch.judge import Judge
from farmdesk.dispatch.ledger import Ledger
from farmdesk.dispatch.policies import POLICIES
from farmdesk.dispatch.policy import PolicyMaker, Terms
from farmdesk.dispatch.shift import Shift
from farmdesk.dispatch.slots import Slot
from farmdesk.domain.frames import FrameSet


class RenderControl:
    """Renders the frames of one task on the slots it is granted.

    Every frame is finished once or given up after `max_attempts`. When nothing is left it orders
    `FramesRendered` and keeps its sessions open and warm until the engine answers with `Stop`; what
    the frame-sequence check does not accept is a new control's work. A `Resume` with nothing left
    to render orders `FramesRendered` again.

    A closed slot is forgotten at once; a finished frame that it still reports counts.
    Grants that come together belong into one `handle_all`, so that the first division is even.
    """

    def __init__(
        self,
        frames: FrameSet,
        *,
        policy: str | PolicyMaker = "range_split",
        warm: bool = False,
        load_s: float | None = None,
        prior: Sequence[float] | None = None,
        attempts: Mapping[int, int] | None = None,
        max_attempts: int = 3,
        contiguous: bool = False,
        released: FrameSet | None = None,
    ) -> None:
        """Take over the `frames` still to render.

        `released`: those that may be rendered at once, None all; `FramesReleased` brings more.
        `load_s`: seconds from tool start to scene loaded, None unknown. `prior`: seconds of each
        of `frames`, in order, in the previous version. `attempts`: failed ones by frame.
        `contiguous`: the tool's ranges must not have gaps. Raises KeyError for an unknown policy.
        """
        maker = POLICIES[policy] if isinstance(policy, str) else policy
        ledger = self._ledger = Ledger(frames, released)
        estimates = self._estimates = Estimates(len(frames), load_s=load_s, prior=prior)
        terms = Terms(len(frames), estimates, prior, warm, contiguous)
        self._backlog = Backlog(ledger, maker(terms))
        self._crew = Crew(ledger, self._backlog, estimates, warm=warm, contiguous=contiguous)
        self._foreman = Foreman(ledger, self._backlog, estimates, self._crew)
        self._judge = Judge(
            ledger, self._backlog, self._crew, attempts=attempts or {}, max_attempts=max_attempts
        )
        shift = self._shift = Shift(ledger, self._crew)
        self._handlers: dict[type, Callable[[Any, float], None]] = {
            ev.SlotGranted: self._on_granted,
            ev.SlotRevoked: self._on_revoked,
            ev.SceneLoaded: self._on_loaded,
            ev.FrameStarted: self._on_started,
            ev.FrameDone: self._on_done,
            ev.FrameFailed: self._on_failed,
            ev.SessionFailed: self._on_session_failed,
            ev.StoppingAfter: self._on_stopping_after,
            ev.SlotLost: self._on_lost,
            ev.FramesReleased: self._on_released,
            ev.Pause: shift.pause,
            ev.Stop: shift.stop,
            ev.Resume: shift.resume,
            ev.Tick: self._on_tick,
        }

    # ---- events in, orders out -------------------------------------------------------------------

    def handle_all(self, events: Iterable[Event], now: float) -> list[Order]:
        """Take in events of one instant, `now` (seconds, any zero); give the orders that follow.

        The work is divided once, after all of them.
        """
        for event in events:
            if not self._shift.hopeless:
                self._handlers[type(event)](event, now)
            elif isinstance(event, ev.SlotGranted):
                self._crew.orders.append(ev.CloseSession(event.slot))
        self._foreman.feed(now)
        self._shift.end_if_due(self._judge.failed, now)
        orders, self._crew.orders = self._crew.orders, []
        return orders

    # ---- views -----------------------------------------------------------------------------------

    @property
    def remaining(self) -> int:
        """How many frames are neither done nor given up."""
        return self._ledger.remaining + self.withheld

    @property
    def withheld(self) -> int:
        """How many frames are not released yet; no slot can get them."""
        return self._ledger.withheld

    @property
    def failed(self) -> FrameSet:
        """The frames given up."""
        return FrameSet.of(self._judge.failed)

    @property
    def wanted_slots(self) -> int:
        """How many more slots could get a frame of their own; more would only be spares."""
        crew = self._crew
        return max(self._ledger.remaining - len(crew.slots), 0) if crew.working else 0

    @property
    def slots(self) -> list[SlotId]:
        """The slots that work for this task, or are open for it."""
        return list(self._crew.slots)

    @property
    def idle_slots(self) -> list[SlotId]:
        """The slots without work, spares for frames that fail or take long; free to revoke."""
        return list(self._crew.idle)

    @property
    def load_s(self) -> float:
        """Seconds of a scene load as far as they are known: hint, or measured."""
        return self._estimates.load_s

    @property
    def work_s(self) -> float:
        """Expected seconds of what remains on a node of speed 1; a guess until a frame is done."""
        return self.remaining * self._estimates.mean_s

    def is_done(self, frame: int) -> bool:
        """Whether a `FrameDone` for this frame would be no news: done, given up or not ours."""
        position = self._ledger.position(frame)
        return position is None or self._ledger.is_over(position)

    def due(self, slot: SlotId) -> int | None:
        """Give the frame that a slot's range has come to, in hand or next; None: it has none."""
        known = self._crew.slots.get(slot)
        holding = known.holding if known is not None else None
        if holding is None or holding.over:
            return None
        return self._ledger.frame(holding.positions[holding.index])

    def held(self, slot: SlotId) -> FrameSet:
        """Give the unfinished frames of a slot's range, that in hand counted."""
        known = self._crew.slots.get(slot)
        frames = FrameSet()
        if known is not None and known.holding is not None:
            for part in known.holding.rest():
                frames |= self._ledger.frame_set(part)
        return frames

    def in_hand_s(self, slot: SlotId, now: float) -> tuple[float, float]:
        """Give the seconds that a slot has worked on its frame in hand, and that it needs still.

        A slot that loads has worked 0 s on it; one without work needs 0 s.
        """
        known = self._crew.slots.get(slot)
        holding = known.holding if known is not None else None
        if known is None or holding is None or holding.over:
            return 0.0, 0.0
        elapsed = 0.0 if holding.since is None else now - holding.since
        return elapsed, self._estimates.ahead(known, holding, now)

    # ---- slots -----------------------------------------------------------------------------------

    def _on_granted(self, event: ev.SlotGranted, _now: float) -> None:
        self._crew.join(event.slot, event.speed)

    def _on_revoked(self, event: ev.SlotRevoked, now: float) -> None:
        slot = self._crew.slots.get(event.slot)
        if slot is None:
            return
        slot.leaving = True
        if event.kill:
            self._crew.close(slot, now)
        else:
            self._crew.send_home(slot, now)

    def _on_lost(self, event: ev.SlotLost, now: float) -> None:
        slot = self._crew.slots.get(event.slot)
        if slot is not None:
            self._crew.forget(slot, now)

    def _on_stopping_after(self, event: ev.StoppingAfter, now: float) -> None:
        slot, position = self._find(event.slot, event.frame)
        if slot is not None and (event.frame is None or position is not None):
            self._crew.answered(slot, position, now)

    def _on_loaded(self, event: ev.SceneLoaded, now: float) -> None:
        self._estimates.learn_load(event.seconds)
        slot = self._crew.slots.get(event.slot)
        if slot is not None:
            slot.loaded = True
            if slot.holding is not None:
                slot.holding.since = now
                self._backlog.holding_changed(slot, now)

    def _on_tick(self, _event: ev.Tick, now: float) -> None:
        self._crew.ask_again(now)

    def _on_released(self, event: ev.FramesReleased, _now: float) -> None:
        self._backlog.release(event.frames)

    # ---- frames ----------------------------------------------------------------------------------

    def _on_started(self, event: ev.FrameStarted, now: float) -> None:
        slot, position = self._find(event.slot, event.frame)
        if slot is None or slot.holding is None or position is None:
            return
        holding = slot.holding
        at = holding.place(position)
        if at is None or at < holding.index:
            return
        expected = at == holding.index and holding.since is not None
        holding.reach(at, now)
        slot.loaded = True
        if not expected:
            self._backlog.holding_changed(slot, now)

    def _on_done(self, event: ev.FrameDone, now: float) -> None:
        slot, position = self._find(event.slot, event.frame)
        if position is None:
            return
        crew, holding = self._crew, slot.holding if slot is not None else None
        held = holding is not None and holding.report(position, now)
        if slot is not None and held:
            slot.loaded, slot.failures, slot.waits = True, 0, 0
            self._estimates.learn_frame(slot, position, event.seconds)
        if not self._ledger.is_over(position):
            self._backlog.finish(position, event.seconds)
            self._judge.success(event.slot)
            if not held:
                crew.spare(position, now)
        if slot is not None and holding is not None and held:
            if holding.twin is not None and position == holding.positions[-1]:
                crew.cancel(holding.twin, now)
            crew.settle(slot, now)

    def _on_failed(self, event: ev.FrameFailed, now: float) -> None:
        if self._judge.frame_failed(event, now):
            self._shift.end_hopeless(event, now)

    def _on_session_failed(self, event: ev.SessionFailed, now: float) -> None:
        if self._judge.session_failed(event, now):
            self._shift.end_hopeless(event, now)

    def _find(self, slot: SlotId, frame: int | None) -> tuple[Slot | None, int | None]:
        position = None if frame is None else self._ledger.position(frame)
        return self._crew.slots.get(slot), position
