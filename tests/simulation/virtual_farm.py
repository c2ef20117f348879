"""A whole farm under a seeded storm, in virtual time: real engine, virtual nodes, users, database.

The world knows what every agent truly published; it holds
the engine to it while it runs, `farm_rules` holds the store to it at the end.
"""

import heapq
import itertools
import queue
import random
import traceback
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache, partial
from pathlib import Path
from unittest.mock import patch

from farmdesk.config import Config, LocalNode
from farmdesk.dispatch.events import SlotId
from farmdesk.domain.commands import Command
from farmdesk.domain.errors import FarmUnavailable
from farmdesk.domain.frames import FrameSet
from farmdesk.domain.records import Flush
from farmdesk.domain.tool import Tools
from farmdesk.engine import recovery, server
from farmdesk.engine.checker import Checker, CheckJob
from farmdesk.engine.clock import Moment
from farmdesk.engine.flush_journal import FlushJournal
from farmdesk.engine.frame_check import Claim, Finding
from farmdesk.engine.loop import Engine
from farmdesk.engine.posts import CheckEnded, Post, StopEngine, TimesRead
from farmdesk.engine.scribe import AWAY_S, POLL_S, Scribe
from farmdesk.tool_files import read_tools
from nodeagent.journal import JournalLine
from nodeagent.protocol import (
    AgentReport,
    FramePublished,
    Loaded,
    Log,
    Pong,
    RangeEnded,
    StoppingAfterFrame,
)
from tests.simulation.farm_store import MemoryStore
from tests.simulation.mixes import mix_of
from tests.simulation.virtual_node import Place, VirtualAgent, VirtualNode, line_of

NOON = datetime(2026, 2, 4, 12, tzinfo=UTC)
STORM_S = 150.0  # then people and faults leave the farm alone, and all must come to its end
CALM_S = 4000.0
LOOK_S = 5.0
TRACE = 4000


class EngineKilled(BaseException):
    """The engine's process is no more."""


@cache
def _tools() -> Tools:
    return read_tools(Path("/nowhere"))


@dataclass(frozen=True, slots=True)
class Nature:
    """What a task is: seconds a frame on a node of speed 1, and frames that no node can render."""

    frame_s: float
    load_s: float
    poisoned: frozenset[int]


class World:
    """One farm. `broken` says which rules did not hold; `trace` what happened."""

    def __init__(self, seed: int, folder: Path, *, without: str = "") -> None:
        self.seed = seed
        self.rng = random.Random(seed)
        self.mix = mix_of(self.rng).without(without)
        self.folder = folder
        self.store = MemoryStore()
        self.now = 0.0
        self.life = 0
        self.broken: list[str] = []
        self.trace: deque[str] = deque(maxlen=TRACE)
        self.sent: list[int] = []
        self.nodes = [
            VirtualNode(f"n{number}", self.rng.uniform(0.5, 2.0), self.rng.choice((1, 1, 2)))
            for number in range(1, self.rng.randint(2, 5) + 1)
        ]
        self.places: dict[SlotId, Place] = {}
        self.agents: list[VirtualAgent] = []
        self.natures: dict[int, Nature] = {}
        self.valid: set[tuple[int, int]] = set()  # published, and not rejected since
        self.renders: Counter[tuple[int, int]] = Counter()
        self.digests: dict[tuple[int, int], set[str]] = {}
        self.misses: Counter[tuple[int, int]] = Counter()  # tries that were truly in vain
        self._known: set[tuple[int, int]] = set()  # of those, what the engine must know
        self._learnt: set[tuple[int, int]] = set()  # what it learns in this turn
        self._journals: dict[tuple[int, str], set[int]] = {}
        self._begun: dict[VirtualAgent, float] = {}
        self._events: list[tuple[float, int, Callable[[], None]]] = []
        self._numbers = itertools.count()
        self._inbox: VirtualInbox | None = None
        self._scribe: HandScribe | None = None
        self._killed = self._over = False
        self._jump = timedelta()
        self._boot = 0.0  # what the monotonic clock said when the engine's machine was started

    # ---- time ------------------------------------------------------------------------------------

    def at(self, when: float, act: Callable[[], None]) -> None:
        """Let something happen."""
        heapq.heappush(self._events, (when, next(self._numbers), act))

    def after(self, seconds: float, act: Callable[[], None]) -> None:
        """Let something happen so much later."""
        self.at(self.now + seconds, act)

    def moment(self) -> Moment:
        """Give the engine's time."""
        return Moment(self.now - self._boot, NOON + timedelta(seconds=self.now) + self._jump)

    def pass_time(self, seconds: float, done: Callable[[], bool]) -> None:
        """Let things happen until it is `done`, at most for so long. Raises EngineKilled."""
        self._known |= self._learnt & self.valid
        self._learnt.clear()
        until = self.now + seconds
        while not done():
            if not self._events or self._events[0][0] > until:
                self.now = until
                return
            when, _, act = heapq.heappop(self._events)
            self.now = max(self.now, when)
            act()
            if self._killed:
                raise EngineKilled

    def note(self, text: str) -> None:
        """Keep what happened."""
        self.trace.append(f"{self.now:8.2f}  {text}")

    def jump(self, seconds: float) -> None:
        """Set the clock that people read to another time."""
        self.note(f"the clock jumps by {seconds:.0f} s")
        self._jump += timedelta(seconds=seconds)

    def wrong(self, text: str) -> None:
        """Keep which rule did not hold."""
        self.note(f"WRONG: {text}")
        self.broken.append(f"at {self.now:.2f} s: {text}")

    # ---- the engine ------------------------------------------------------------------------------

    def run(self) -> None:
        """Live from the first engine to the end of the last one."""
        with patch("os.fsync"):
            while not self._over and not self.broken:
                try:
                    self._live()
                except EngineKilled:
                    self._bury()
                except FarmUnavailable:
                    self.note("the engine could not start")
                except Exception:  # noqa: BLE001 - the engine's end by its own fault is the finding
                    self.wrong("the engine fell: " + traceback.format_exc())
                if not self._over:
                    self.pass_time(self.rng.choice((0.5, 5.0, 40.0)), lambda: False)

    def _live(self) -> None:
        """Be one engine: start, work until StopEngine, end in good order."""
        self.life += 1
        self._boot = self.now - self.rng.uniform(0.0, 1e5)
        self.note(f"engine {self.life} starts")
        while self.store.away:
            self.pass_time(1.0, lambda: False)
        journal = FlushJournal(self.folder / "engine.journal")
        for flush in journal.read():
            self.store.apply(flush)
        journal.clear()
        inbox = self._inbox = VirtualInbox()
        inbox.world = self
        scribe = HandScribe(self.store, journal, inbox.put)
        scribe.world, scribe.life = self, self.life
        engine = self._assemble(inbox, scribe)
        self._known = {key for key in self.valid if key[0] in self.store.tasks}
        self._scribe = scribe
        self.after(POLL_S, scribe.step)
        engine.run()
        self.note(f"engine {self.life} ended in good order")
        self._inbox = self._scribe = None
        self.store.away = False
        scribe.step()
        self._orphan_all()

    def _assemble(self, inbox: "VirtualInbox", scribe: "HandScribe") -> Engine:
        config = Config(
            self.folder,
            "unused",
            tuple(LocalNode(node.name, node.speed, node.slots) for node in self.nodes),
            operators=frozenset({"operator"}),
        )
        for node in config.nodes:
            machine = next(item for item in self.nodes if item.name == node.name)
            for name in node.slot_names:
                self.places.setdefault(SlotId(name), Place(machine, SlotId(name)))
        with ExitStack() as stack:
            for target, name, new in (
                (server, "Engine", partial(Engine, clock=self.moment)),
                (server, "real_time", self.moment),
                (server, "Checker", partial(VirtualChecker, world=self)),
                (server, "TimesReader", partial(VirtualTimes, world=self)),
                (recovery, "reclaim", self._reclaim),
            ):
                stack.enter_context(patch.object(target, name, new))
            return server.assemble(
                config,
                _tools(),
                self,
                store=self.store,  # type: ignore[arg-type]  # the part that it uses
                scribe=scribe,
                inbox=inbox,
            )

    def _reclaim(self, slots: Iterable[object], order_for: object) -> None:
        """Wait for the agents of the last engine, as long as `recovery.reclaim` does."""
        del slots, order_for
        held = self.places.values()
        self.pass_time(recovery.RECLAIM_S, lambda: all(item.holder is None for item in held))

    def _bury(self) -> None:
        self.note(f"engine {self.life} was killed")
        self._killed = False
        self._inbox = self._scribe = None
        self._orphan_all()
        self.life += 1  # nothing that is on its way reaches anybody

    def _orphan_all(self) -> None:
        self.life += 1
        for agent in self.agents:
            if agent.alive:
                self.after(self.delay(), agent.orphan)

    def kill_engine(self) -> None:
        """Kill the engine at once, if there is one."""
        if self._scribe is not None:
            self._killed = True

    def stop_engine(self) -> None:
        """End the engine in good order, if there is one."""
        if self._inbox is not None:
            self._inbox.put(StopEngine())

    def finish(self) -> None:
        """End the last engine."""
        self._over = True
        self.stop_engine()

    def launch(
        self,
        slot: SlotId,
        *,
        on_report: Callable[[AgentReport], None],
        on_gone: Callable[[str], None],
    ) -> VirtualAgent:
        """Start an agent; see `engine.ports.Launcher`."""
        place = self.places[slot]
        agent = VirtualAgent(self, place, on_report=on_report, on_gone=on_gone)
        if place.node.down:
            self.after(self.rng.choice((0.1, 3.0)), lambda: agent.die("the node is away"))
        else:
            self.agents.append(agent)
            agent.start()
        return agent

    # ---- people ----------------------------------------------------------------------------------

    def send(self, command: Command, user: str = "operator") -> None:
        """Send a command."""
        number = self.store.send(command, user)
        self.note(f"command {number} of {user}: {command}")
        if self._scribe is not None:
            self.after(POLL_S, self._scribe.step)

    # ---- what agents ask of nature ---------------------------------------------------------------

    def delay(self) -> float:
        """Give the seconds that a message is on its way."""
        if self.rng.random() < self.mix.late:
            return self.rng.uniform(1.0, 12.0)
        return 0.01 + 0.05 * self.rng.random()

    def loses(self, report: AgentReport) -> bool:
        """Say whether a report is lost."""
        return not isinstance(report, Log) and self.rng.random() < self.mix.lost

    def doubles(self, report: AgentReport) -> bool:
        """Say whether a report comes twice."""
        return not isinstance(report, Pong) and self.rng.random() < self.mix.doubled

    def nature(self, task: int) -> Nature:
        """Give what a task is; the same in every life."""
        if task not in self.natures:
            rng = random.Random(self.seed * 1000 + task)
            poisoned = frozenset(
                frame for frame in range(-100, 400) if rng.random() < self.mix.poison
            )
            self.natures[task] = Nature(rng.uniform(1.0, 8.0), rng.uniform(0.5, 5.0), poisoned)
        return self.natures[task]

    def load_seconds(self, agent: VirtualAgent) -> float:
        """Give what a scene load takes."""
        return self.nature(agent.task).load_s / agent.place.node.speed

    def frame_seconds(self, agent: VirtualAgent, frame: int) -> float:
        """Give what a frame takes."""
        del frame
        mean = self.nature(agent.task).frame_s / agent.place.node.speed
        return mean * self.rng.choice((0.8, 1.0, 1.0, 1.1, 1.5, 4.0))

    def breaks(self, agent: VirtualAgent, frame: int) -> str:
        """Say whether a frame breaks, and how."""
        poisoned = frame in self.nature(agent.task).poisoned
        if not poisoned and self.rng.random() >= self.mix.crash:
            return ""
        self.misses[agent.task, frame] += 1
        return self.rng.choice(("crash", "stall"))

    def corrupts(self) -> bool:
        """Say whether a file is spoilt on the share."""
        return self.rng.random() < self.mix.corrupt

    # ---- what the world holds the engine to ------------------------------------------------------

    def ordered(self, agent: VirtualAgent, frames: FrameSet) -> None:
        """The engine gives out frames."""
        self.note(f"{agent} shall render {frames}")
        again = [frame for frame in frames if (agent.task, frame) in self._known]
        if again:
            self.wrong(f"{agent} shall render frames that are finished: {FrameSet.of(again)}")
        for other in self.agents:
            here = other.life == self.life and other.place is agent.place
            if here and other.held and other.task != agent.task:
                self.wrong(f"{agent} shall render while {other} works there")

    def begun(self, agent: VirtualAgent, frame: int) -> None:
        """An agent begins a frame."""
        self._begun[agent] = self.now
        if agent.place.holder is not agent:
            self.wrong(f"{agent} renders {frame} without its slot's lock")

    def publish(self, agent: VirtualAgent, frame: int) -> JournalLine:
        """Give the journal line of a frame that was rendered."""
        digest = f"{self.rng.getrandbits(256):064x}"
        begun = self._begun[agent]
        return line_of(agent, frame, started=begun, now=self.now, sha=digest)

    def published(self, agent: VirtualAgent, line: JournalLine) -> None:
        """A frame lies on the share, and in its node's journal."""
        self.note(f"{agent} published {line.frame}")
        key = agent.task, line.frame
        self.renders[key] += 1
        self.digests.setdefault(key, set()).add(line.sha256)
        self.valid.add(key)
        self._journals.setdefault((agent.task, line.node), set()).add(line.frame)

    def delivered(self, agent: VirtualAgent, report: AgentReport) -> None:
        """The engine gets a report."""
        if isinstance(report, FramePublished):
            self._learnt.add((agent.task, report.frame))
        elif isinstance(report, RangeEnded | StoppingAfterFrame | Loaded):
            self.note(f"{agent}: {report}")

    def heard_end(self, agent: VirtualAgent, text: str) -> None:
        """The engine hears that an agent has ended; then it reads its node's journal."""
        self.note(f"{agent} is gone")
        if not agent.closed or text:
            frames = self._journals.get((agent.task, agent.place.node.name), set())
            self._learnt |= {(agent.task, frame) for frame in frames} & self.valid

    def rejected(self, task: int, frame: int, *, missing: bool) -> None:
        """The frame-sequence check does not accept a frame."""
        self.note(f"task {task}: frame {frame} is rejected")
        self.misses[task, frame] += not missing
        self.valid.discard((task, frame))
        self._known.discard((task, frame))


class VirtualInbox(queue.SimpleQueue[Post]):
    """An inbox in which waiting lets the world go on."""

    world: World

    def get(self, block: bool = True, timeout: float | None = None) -> Post:
        """Wait for a post. Raises queue.Empty, and EngineKilled."""
        del block
        self.world.pass_time(timeout or 0.0, lambda: not self.empty())
        return super().get_nowait()


class HandScribe(Scribe):
    """The scribe without its thread: each `step` is one of its turns."""

    world: World
    life: int

    def write(self, flush: Flush) -> None:
        """Take a flush over."""
        super().write(flush)
        self.world.after(self.world.rng.uniform(0.001, 0.05), self.step)

    def step(self) -> None:
        """Do what a turn of the thread does."""
        if self.life != self.world.life:
            return
        while not self._given.empty():
            flush = self._given.get()
            if flush is not None:
                self._pending.append(flush)
        self._work()
        if self._away:
            self.world.after(AWAY_S, self.step)


class VirtualChecker(Checker):
    """The frame-sequence check in virtual time, without processes."""

    def __init__(self, proofs: MemoryStore, post: Callable[[CheckEnded], None], *, world: World):
        super().__init__(proofs, post)
        self._world = world
        self._task = 0

    def begin(self, job: CheckJob) -> None:
        """Check some seconds later, unless the engine is gone by then."""
        life = self._world.life

        def run() -> None:
            if life == self._world.life:
                self._task = job.task_id
                self._run(job)

        self._world.after(self._world.rng.uniform(0.1, 4.0), run)

    def _findings(self, claims: Iterable[Claim], count: int) -> Iterator[Finding]:
        del count
        for claim in claims:
            path = Path(claim.path)
            text = path.read_text() if path.exists() else None
            if text == claim.sha256:
                yield Finding(claim.frame, claim.bytes)
                continue
            self._world.rejected(self._task, claim.frame, missing=text is None)
            yield Finding(claim.frame, 0, "is missing" if text is None else "is broken", not text)


class VirtualTimes:
    """Reads the times of a previous version, some moments later."""

    def __init__(self, store: MemoryStore, post: Callable[[TimesRead], None], *, world: World):
        self._store, self._post, self._world = store, post, world

    def begin(self, task_id: int, previous: int) -> None:
        """Read some moments later, unless the engine is gone by then."""
        life = self._world.life

        def read() -> None:
            if life == self._world.life:
                times = None if self._store.away else self._store.frame_times(previous)
                self._post(TimesRead(task_id, times, "" if times else "away"))

        self._world.after(0.2, read)
