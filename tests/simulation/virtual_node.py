"""Nodes and agents of a simulated farm: they do what `nodeagent` does, in virtual time.

An agent takes its slot's lock, loads the scene, renders its ranges frame by frame, publishes a file
and a journal line, then reports. When its engine is gone it ends the frame in hand and exits.
"""

import json
from collections import deque
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from farmdesk.dispatch.events import SlotId
from farmdesk.domain.frames import FrameSet
from nodeagent.journal import ENDED, JournalLine, read_journal
from nodeagent.orders import AgentOrder, Cancel, Close, Open, Ping, Render, StopAfterFrame
from nodeagent.protocol import VERSION
from nodeagent.reports import (
    AgentReport,
    Cancelled,
    Closed,
    FrameBegun,
    FrameBroken,
    FramePublished,
    Hello,
    Loaded,
    Pong,
    RangeEnded,
    SessionBroken,
    StoppingAfterFrame,
)

if TYPE_CHECKING:
    from tests.simulation.virtual_farm import World

BROKEN_IN_A_ROW = 3
RUBBISH = "rubbish"


@dataclass(slots=True)
class VirtualNode:
    """A machine. `down`: no agent can be started, and none lives."""

    name: str
    speed: float
    slots: int
    down: bool = False


@dataclass(slots=True)
class Place:
    """A slot with its lock: one agent holds it, others wait."""

    node: VirtualNode
    slot: SlotId
    holder: "VirtualAgent | None" = None
    waiting: list["VirtualAgent"] = field(default_factory=list)


@dataclass(slots=True)
class _Range:
    number: int
    frames: deque[int]


class VirtualAgent:
    """One agent process; `send`, `hang_up` and `kill` are the engine's end of its pipe."""

    def __init__(
        self,
        world: "World",
        place: Place,
        *,
        on_report: Callable[[AgentReport], None],
        on_gone: Callable[[str], None],
    ) -> None:
        self.world, self.place = world, place
        self._time = world.time
        self.life = world.life  # of the engine that started it
        self.task = 0
        self.alive = True
        self.held = False  # the engine has told it to work, and not to end, nor has it ended
        self.ended = False  # the engine has heard of its end
        self.closed = False  # the engine has told it to end in good order
        self.hung = False
        self.cut = False  # the line is gone: nothing of it reaches the engine
        self.in_hand: int | None = None
        self.range_id = 0  # the range that the engine gave it last and did not cancel
        self.finished: list[int] = []  # the frames that it published
        self._on_report, self._on_gone = on_report, on_gone
        self._told = self._heard = 0.0  # when the last report and the last order arrive
        self._queue: list[AgentOrder] | None = []  # orders before it has the lock
        self._open: Open | None = None
        self._ranges: deque[_Range] = deque()
        self._loaded = False
        self._ending = False
        self._broken = 0
        self._gone = False  # its end is told
        self._work = 0  # grows when what is at work is dropped
        self._begun_at = 0.0  # when the frame in hand was

    def __str__(self) -> str:
        return f"{self.place.slot}/{self.life} task {self.task}"

    # ---- the engine's end ------------------------------------------------------------------------

    def send(self, order: AgentOrder) -> None:
        """Send an order down the pipe; in order, some time later."""
        match order:
            case Open(task=task):
                self.task = task
            case Render(range_id=number, frames=text):
                self.range_id = number
                self.world.witness.ordered(self, FrameSet.parse(text))
                self.held = not self.ended
            case Cancel():
                self.held, self.range_id = False, 0
            case Close():
                self.held, self.closed = False, True
            case _:
                pass
        self._heard = max(self._heard, self._time.now + self.world.fate.delay())
        self._time.at(self._heard, lambda: self._arrive(order))

    def hang_up(self) -> None:
        """Close the pipe."""
        self.held = False
        self._time.after(self.world.fate.delay(), self.orphan)

    def kill(self) -> None:
        """End it; where the line is gone only the near end dies."""
        self.held = False
        if self.cut:
            self._post_gone("killed")
            self.orphan()
        else:
            self.die("killed")

    # ---- what happens to it ----------------------------------------------------------------------

    def start(self) -> None:
        """Begin: say hello, wait for the slot's lock."""
        self._report(Hello(VERSION, 1, "virtual", 8, 65536))
        if self.place.holder is None:
            self._take_lock()
        else:
            self.place.waiting.append(self)

    def orphan(self) -> None:
        """Its engine is gone: end the frame in hand, then exit."""
        self._ending = True
        self._ranges = deque(item for item in list(self._ranges)[:1] if self.in_hand is not None)
        for item in self._ranges:
            item.frames.clear()
        if self.in_hand is None or self.hung:
            self.die("")

    def die(self, text: str) -> None:
        """End now; what was in hand is lost."""
        if not self.alive:
            return
        self.alive, self.held = False, False
        self._work += 1
        self.in_hand = None
        place = self.place
        if place.holder is self:
            place.holder = None
            if place.waiting:
                place.waiting.pop(0)._take_lock()
        elif self in place.waiting:
            place.waiting.remove(self)
        if not self.cut:
            self._post_gone(text)

    def _take_lock(self) -> None:
        self.place.holder = self
        waiting, self._queue = self._queue or [], None
        for order in waiting:
            self._take(order)

    def _arrive(self, order: AgentOrder) -> None:
        if not self.alive or self.hung or self.cut or self._ending:
            return
        if self._queue is not None and not isinstance(order, Close):
            self._queue.append(order)
        else:
            self._take(order)

    # ---- orders ----------------------------------------------------------------------------------

    def _take(self, order: AgentOrder) -> None:
        match order:
            case Open():
                self._open = order
            case Ping():
                self._report(Pong())
            case Render(range_id=number, frames=text):
                self._ranges.append(_Range(number, deque(FrameSet.parse(text))))
                self._advance()
            case StopAfterFrame():
                self._stop_after(order)
            case Cancel():
                self._drop()
                self._report(Cancelled())
            case Close():
                self._drop()
                self._report(Closed())
                self.die("")

    def _stop_after(self, order: StopAfterFrame) -> None:
        last = None
        for place, item in enumerate(self._ranges):
            if item.number != order.range_id:
                continue
            item.frames = deque(frame for frame in item.frames if frame <= order.frame)
            last = item.frames[-1] if item.frames else (self.in_hand if place == 0 else None)
        self._report(StoppingAfterFrame(order.range_id, last))

    def _drop(self) -> None:
        self._work += 1
        self.in_hand, self._loaded = None, False
        self._ranges.clear()

    # ---- work ------------------------------------------------------------------------------------

    def _later(self, seconds: float, act: Callable[[], None]) -> None:
        work = self._work

        def run() -> None:
            if self.alive and work == self._work and not self.hung:
                act()

        self._time.after(seconds, run)

    def _advance(self) -> None:
        """Begin what comes next, unless something is at work."""
        if self.in_hand is not None or not self._ranges:
            return
        if not self._loaded:
            self._work += 1
            self._later(self.world.fate.load_seconds(self.task, self.place.node.speed), self._load)
            return
        item = self._ranges[0]
        if not item.frames:
            self._ranges.popleft()
            self._report(RangeEnded(item.number))
            if self._ending:
                self.die("")
                return
            self._advance()
            return
        self.in_hand = frame = item.frames.popleft()
        self._begun_at = self._time.now
        self.world.witness.begun(self, frame)
        self._report(FrameBegun(item.number, frame))
        speed = self.place.node.speed
        self._later(self.world.fate.frame_seconds(self.task, frame, speed), self._finish)

    def _load(self) -> None:
        self._loaded = True
        self._report(Loaded(1.0))
        self._advance()

    def _finish(self) -> None:
        frame, item = self.in_hand, self._ranges[0]
        assert frame is not None
        self.in_hand = None
        why = self.world.fate.breaks(self.task, frame)
        if why:
            self._broken += 1
            self.world.witness.broke(self, frame)
            self._report(FrameBroken(item.number, frame, why, "it broke"))
            if self._broken >= BROKEN_IN_A_ROW:
                self._broken = 0
                self._drop()
                self._report(SessionBroken(item.number, why, "3 frames broke in a row"))
        else:
            self._broken = 0
            self._publish(item.number, frame)
        if self._ending:
            self.die("")
        else:
            self._advance()

    def _publish(self, range_id: int, frame: int) -> None:
        assert self._open is not None
        line = self._line(frame)
        target = Path(self._open.output) / line.path
        journal = Path(self._open.journal)
        if not target.parent.exists() or (journal.parent / ENDED).exists():
            return  # the task was purged, or has ended
        known = self._lying(target, frame)
        if known is not None:
            line = known
        else:
            spoilt = self.world.fate.corrupts()
            self.world.share.write(target, RUBBISH if spoilt else line.sha256)
            with journal.open("a") as file:
                file.write(json.dumps(asdict(line)) + "\n")
        self.world.witness.published(self, line)
        self._report(
            FramePublished(
                range_id=range_id,
                frame=frame,
                seconds=line.seconds,
                started=line.started,
                path=line.path,
                bytes=line.bytes,
                sha256=line.sha256,
                width=line.width,
                height=line.height,
            )
        )

    def _lying(self, target: Path, frame: int) -> JournalLine | None:
        """Give the journal line of a frame that lies there whole, as `nodeagent.results` does."""
        if not target.exists():
            return None
        digest = target.read_text()
        lines = (
            line
            for journal in target.parent.parent.glob("logs/*.jsonl")
            for line in read_journal(journal)
        )
        return next((line for line in lines if (line.frame, line.sha256) == (frame, digest)), None)

    def _line(self, frame: int) -> JournalLine:
        """Give the journal line of a frame that ends now."""
        digest = f"{self.world.rng.getrandbits(256):064x}"
        return JournalLine(
            frame=frame,
            seconds=self._time.now - self._begun_at,
            started=self._begun_at,
            finished=self._time.now,
            path=f"frame_{frame:04d}.png",
            bytes=len(digest),
            sha256=digest,
            width=64,
            height=36,
            node=self.place.node.name,
        )

    # ---- reports ---------------------------------------------------------------------------------

    def _report(self, report: AgentReport) -> None:
        if self.cut or self.hung or self.life != self.world.life:
            return
        if self.world.fate.loses(report):
            return
        for _ in range(2 if self.world.fate.doubles(report) else 1):
            self._told = max(self._told, self._time.now + self.world.fate.delay())
            self._time.at(self._told, lambda: self._deliver(report))

    def _deliver(self, report: AgentReport) -> None:
        if self.life == self.world.life:
            self._on_report(report)
            self.world.witness.delivered(self, report)

    def _post_gone(self, text: str) -> None:
        if self._gone:
            return
        self._gone = True
        self._told = max(self._told, self._time.now + self.world.fate.delay())
        self.cut = True

        def tell() -> None:
            if self.life == self.world.life:
                self.held, self.ended = False, True
                self.world.witness.heard_end(self, text)
                self._on_gone(text)

        self._time.at(self._told, tell)
