"""How many frames a second the engine takes: virtual nodes, the real engine, the real store.

    python -m benchmarks.dispatch [--nodes N] [--frames N] [--json]
        [--database mariadb|mysql|sqlite]

The nodes render in no time: each reports its next frame as soon as the engine has taken the last
ones, so the figure is what engine and database can do together, with durable commits: from
submission until the database shows all frames done. MariaDB is a private server that the benchmark
starts; so is MySQL, by the program that `FARMDESK_TEST_MYSQLD` names.
"""

import argparse
import json
import queue
import statistics
import sys
import tempfile
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from unittest.mock import patch

import psutil

from benchmarks.databases import DATABASES, new_database
from farmdesk.config import Config, LocalNode
from farmdesk.db.migrate import migrate
from farmdesk.db.store import Store
from farmdesk.dispatch.events import Event, Order, SlotId
from farmdesk.dispatch.render_control import RenderControl
from farmdesk.domain.states import TaskState
from farmdesk.domain.task_commands import SubmitTask
from farmdesk.engine import server
from farmdesk.engine.check_workers import CheckWorkers
from farmdesk.engine.flush_journal import FlushJournal
from farmdesk.engine.loop import Engine
from farmdesk.engine.office import local_office
from farmdesk.engine.posts import Post
from farmdesk.engine.scribe import Scribe
from farmdesk.link.direct import DirectLink
from farmdesk.security.audit_chain import digest_of
from farmdesk.tool_files import read_tools
from nodeagent.orders import AgentOrder, Close, Open, Ping, Render, StopAfterFrame
from nodeagent.protocol import VERSION as PROTOCOL
from nodeagent.reports import (
    AgentReport,
    Closed,
    FrameBegun,
    FramePublished,
    Hello,
    Loaded,
    Pong,
    StoppingAfterFrame,
)

WAITING = 500  # reports that may wait in the engine's inbox
DIGEST = "ab" * 32


class VirtualAgent:
    """An agent whose tool renders in no time; `world` is told when it has a range."""

    def __init__(
        self,
        report: Callable[[AgentReport], None],
        gone: Callable[[str], None],
        world: "World",
    ) -> None:
        self.report = report
        self._gone = gone
        self._world = world
        self._range_id = 0
        self.frames: deque[int] = deque()

    def send(self, order: AgentOrder) -> None:
        """Take an order, on the engine's thread."""
        match order:
            case Open():
                self.report(Hello(PROTOCOL, 1, "virtual", 8, 65536))
                self.report(Loaded(0.0))
            case Ping():
                self.report(Pong())
            case Render(range_id=number, frames=text):
                self._range_id = number
                self.frames = deque(_expand(text))
                self._world.busy(self)
            case StopAfterFrame(range_id=number, frame=last):
                kept = [frame for frame in self.frames if frame <= last]
                self.frames = deque(kept)
                self.report(StoppingAfterFrame(number, kept[-1] if kept else None))
            case Close():
                self.frames.clear()
                self.report(Closed())
                self._gone("")
            case _:
                self.frames.clear()

    def hang_up(self) -> None:
        """Nothing is in hand."""

    def kill(self) -> None:
        """Nothing to kill."""

    def render_one(self) -> bool:
        """Report the next frame; False when there is none."""
        try:
            frame = self.frames.popleft()
        except IndexError:
            return False
        number = self._range_id
        self.report(FrameBegun(number, frame))
        path = f"frame_{frame:06d}.png"
        self.report(FramePublished(number, frame, 1.0, 0.0, path, 1000, DIGEST, 64, 36))
        return True


class World:
    """Drives all virtual agents round and round, as fast as the engine takes their reports."""

    def __init__(self, inbox: "queue.SimpleQueue[Post]") -> None:
        self._inbox = inbox
        self._ready: deque[VirtualAgent] = deque()

    def launch(
        self,
        slot: SlotId,
        *,
        on_report: Callable[[AgentReport], None],
        on_gone: Callable[[str], None],
    ) -> VirtualAgent:
        """Start an agent; see `engine.ports.Launcher`."""
        del slot
        return VirtualAgent(on_report, on_gone, self)

    def keep_ready(self, slot: SlotId) -> None:
        """Do nothing: a virtual agent starts at once."""

    def busy(self, agent: VirtualAgent) -> None:
        """Note that an agent has frames to render."""
        self._ready.append(agent)

    def step(self) -> None:
        """Let agents report, one after the other, until enough waits in the inbox."""
        while self._ready and self._inbox.qsize() < WAITING:
            agent = self._ready.popleft()
            if agent.render_one():
                self._ready.append(agent)


@contextmanager
def _timed_decisions() -> Iterator[list[float]]:
    """Note how long each decision of a RenderControl takes, in seconds."""
    seconds: list[float] = []
    decide = RenderControl.handle_all

    def timed(control: RenderControl, events: Iterable[Event], now: float) -> list[Order]:
        begun = time.perf_counter()
        orders = decide(control, events, now)
        seconds.append(time.perf_counter() - begun)
        return orders

    with patch.object(RenderControl, "handle_all", timed):
        yield seconds


def measure(nodes: int, frames: int, database: str, folder: Path) -> dict[str, object]:
    """Run one task through the engine and give the figures."""
    config = Config(folder, database, tuple(LocalNode(f"v{n:04d}") for n in range(nodes)))
    migrate(database)
    store = Store(database, owner="benchmark", chain=digest_of)
    store.acquire_lease(datetime.now(UTC), 3600)
    inbox: queue.SimpleQueue[Post] = queue.SimpleQueue()
    scribe = Scribe(store, FlushJournal(folder / "engine.journal"), inbox.put)
    world = World(inbox)
    engine = server.assemble(
        config,
        read_tools(folder),
        world,
        server.Surroundings(store, scribe, inbox, CheckWorkers(), local_office(config)),
    )
    scribe.start()
    link = DirectLink(database, issued_by="benchmark")
    scene = folder / "scene.blend"
    scene.touch()
    link.send(SubmitTask("benchmark", "blender", "", str(scene), f"1-{frames}", start=True))
    with _timed_decisions() as seconds:
        begun = time.monotonic()
        ended = _turn_until(engine, world, lambda: any(t.done >= frames for t in link.tasks()))
    scribe.finish()
    scribe.join()
    state = link.tasks()[0].state
    assert state in (TaskState.RENDERING, TaskState.VERIFYING), state  # noqa: S101
    return {
        "frames_per_s": round(frames / (ended - begun)),
        "rss_mb": round(psutil.Process().memory_info().rss / 2**20),
        "decision_us_median": round(statistics.median(seconds) * 1e6, 1),
    }


def _turn_until(engine: Engine, world: World, reached: Callable[[], bool]) -> float:
    """Turn the engine's loop until the database shows it; look five times a second."""
    look_at = 0.0
    while True:
        world.step()
        engine.turn()
        now = time.monotonic()
        if now >= look_at:
            if reached():
                return now
            look_at = now + 0.2


def _expand(text: str) -> Iterator[int]:
    for part in text.split(","):
        ends, _, step = part.partition("x")
        first, _, last = ends.partition("-")
        yield from range(int(first), int(last or first) + 1, int(step or 1))


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark; give the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    parser.add_argument("--nodes", type=int, default=1000)
    parser.add_argument("--frames", type=int, default=200_000)
    parser.add_argument("--database", choices=DATABASES, default="mariadb")
    parser.add_argument("--json", action="store_true")
    words = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as name, new_database(words.database, Path(name)) as url:
        figures = measure(words.nodes, words.frames, url, Path(name))
    figures["database"] = words.database  # never the URL: it holds the password
    if words.json:
        print(json.dumps(figures))
    else:
        print(f"{words.nodes} nodes, {words.frames} frames, {words.database}")
        for name, value in figures.items():
            print(f"  {name:<20} {value}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
