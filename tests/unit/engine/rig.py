"""An engine without processes: fake agents, a FakeLink as its memory, a check that tests end."""

import queue
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from farmdesk.config import Config, LocalNode
from farmdesk.dispatch.events import SlotId
from farmdesk.domain.account_commands import AccountCommand
from farmdesk.domain.commands import Command, kind_of, to_body
from farmdesk.domain.records import Flush, Outcome
from farmdesk.domain.rows import CommandRow
from farmdesk.domain.snapshot import FarmSnapshot, StoredTask
from farmdesk.domain.task_commands import SubmitTask
from farmdesk.domain.urgent import UrgentRequest
from farmdesk.engine.assembly import World, make_engine, slots_of
from farmdesk.engine.checker import CheckJob
from farmdesk.engine.clock import Moment
from farmdesk.engine.farm import Farm
from farmdesk.engine.hand_ins import HandIn
from farmdesk.engine.intake import Intake, Package
from farmdesk.engine.lingerers import Lingering
from farmdesk.engine.people import LocalPeople, People
from farmdesk.engine.posts import (
    BadFrame,
    CheckEnded,
    CheckReport,
    CommandsArrived,
    Flushed,
    Post,
)
from farmdesk.engine.standing import standing_rules
from farmdesk.engine.task_entry import TaskEntry
from farmdesk.tool_files import read_tools
from nodeagent.orders import AgentOrder, Cancel, Close, Ping, Render, StopAfterFrame
from nodeagent.reports import (
    AgentReport,
    FrameBegun,
    FrameBroken,
    FramePublished,
    Hello,
    Loaded,
    Pong,
    StoppingAfterFrame,
)
from tests.fakes import FakeLink

DIGEST = "ab" * 32
NOON = datetime(2026, 2, 4, 12, tzinfo=UTC)


@dataclass
class FakeAgent:
    """An agent that does what the test says; `orders` holds what it was told but for pings."""

    slot: SlotId
    report: Callable[[AgentReport], None]
    gone: Callable[[str], None]
    orders: list[AgentOrder] = field(default_factory=list)
    range_id: int = 0
    frames: list[int] = field(default_factory=list)
    mute: bool = False
    alive: bool = True

    def send(self, order: AgentOrder) -> None:
        if isinstance(order, Ping):
            if not self.mute:
                self.report(Pong())
            return
        self.orders.append(order)
        match order:
            case Render(range_id=number, frames=text):
                self.range_id, self.frames = number, _expand(text)
            case StopAfterFrame(range_id=number, frame=last):
                self.frames = [frame for frame in self.frames if frame <= last]
                self.report(StoppingAfterFrame(number, self.frames[-1] if self.frames else None))
            case Cancel():
                self.frames = []
            case Close():
                self.frames = []
                self.die("")

    def hang_up(self) -> None:
        self.die("")

    def kill(self) -> None:
        self.die("killed")

    def die(self, text: str) -> None:
        if self.alive:
            self.alive = False
            self.gone(text)

    def finish(self, *, path: str | None = None) -> int:
        """Report the next frame of the range as published."""
        frame = self.frames.pop(0)
        name = path or f"frame_{frame:04d}.png"
        self.report(FrameBegun(self.range_id, frame))
        self.report(FramePublished(self.range_id, frame, 1.0, 0.0, name, 9, DIGEST, 64, 36))
        return frame

    def fail(self, reason: str = "crash", text: str = "it broke") -> int:
        """Report the next frame of the range as broken."""
        frame = self.frames.pop(0)
        self.report(FrameBroken(self.range_id, frame, reason, text))
        return frame


class _Inbox(queue.SimpleQueue[Post]):
    """An inbox that never waits: the rig's clock is not the real one."""

    def get(self, block: bool = True, timeout: float | None = None) -> Post:
        return super().get(block=False)


class Rig:
    """The engine under test, turned by hand; `clock` is its monotonic time."""

    def __init__(
        self,
        folder: Path,
        *,
        nodes: int = 2,
        tasks: tuple[StoredTask, ...] = (),
        farm: tuple[LocalNode, ...] = (),
        licences: dict[str, int] | None = None,
        standing: tuple[CommandRow, ...] = (),
        urgents: tuple[UrgentRequest, ...] = (),
        operators: frozenset[str] | None = None,
        arrived: Mapping[int, str] | None = None,
        people: People | None = None,
        lingering: tuple[Lingering, ...] = (),
    ) -> None:
        """Start on what an earlier engine has saved: `tasks`, `standing`, `urgents`.

        `farm`: its nodes, if named. `operators` None: everybody is staff. `arrived`: packages of an
        earlier engine; None: a farm that takes none. `people`: those who have accounts.
        `lingering`: agents of an earlier engine that work still.
        """
        self.clock = 1000.0
        self.agents: list[FakeAgent] = []
        self.ready: list[SlotId] = []  # slots for which an agent was to be prepared
        self.jobs: list[CheckJob] = []
        self.about_accounts: list[tuple[CommandRow, AccountCommand]] = []
        self.hand_ins: list[HandIn] = []  # that are being taken
        self.packages: list[Package] = []  # that are being opened
        self.reads: list[tuple[int, int]] = []  # of times: for which task, of which
        self.link = FakeLink()
        self.flushes: list[Flush] = []
        self.inbox: queue.SimpleQueue[Post] = _Inbox()
        self.folder = folder
        self.stored: dict[int, StoredTask] = {}
        names = farm or tuple(LocalNode(f"n{number}") for number in range(1, nodes + 1))
        config = Config(folder, "unused", names, licences=licences or {}, operators=operators)
        new, records = (tuple(t.new for t in tasks), tuple(t.record for t in tasks))
        self.link.apply(Flush(1, new_tasks=new, tasks=records, urgents=urgents))
        self.farm = Farm(FarmSnapshot(1, len(tasks), tasks, (), urgents=urgents))
        self.rules = standing_rules(config, standing)
        world = World(
            inbox=self.inbox,
            writer=self,
            clock=self.now,
            load_task=self.stored.get,
            begin_check=self.jobs.append,
            take_frames=self.hand_ins.append,
            read_times=lambda task_id, previous: self.reads.append((task_id, previous)),
            people=LocalPeople(config) if people is None else people,
            accounts=None if people is None else self.take,
        )
        self.engine = make_engine(
            config,
            read_tools(folder),
            world,
            farm=self.farm,
            rules=self.rules,
            slots=slots_of(config, self),
            intake=Intake(self.farm) if arrived is None else Intake(self.farm, self, arrived),
            lingering=lingering,
        )
        self.runs = self.engine._runs
        self.turn()

    def now(self) -> Moment:
        return Moment(self.clock, NOON + timedelta(seconds=self.clock))

    # ---- what the engine sees of the world -------------------------------------------------------

    def launch(
        self,
        slot: SlotId,
        *,
        on_report: Callable[[AgentReport], None],
        on_gone: Callable[[str], None],
    ) -> FakeAgent:
        agent = FakeAgent(slot, on_report, on_gone)
        self.agents.append(agent)
        on_report(Hello(1, 1, "host", 8, 1024))
        return agent

    def keep_ready(self, slot: SlotId) -> None:
        self.ready.append(slot)

    def take(self, row: CommandRow, command: AccountCommand) -> None:
        self.about_accounts.append((row, command))

    def begin(self, package: Package) -> None:
        self.packages.append(package)

    def write(self, flush: Flush) -> None:
        self.flushes.append(flush)
        self.link.apply(flush)
        self.inbox.put(Flushed(flush.number))

    # ---- what tests do ---------------------------------------------------------------------------

    def turn(self, seconds: float = 0.3) -> None:
        """Let time pass and everything that waits happen."""
        for _ in range(8):
            self.clock += seconds / 8
            while not self.inbox.empty():
                self.engine.turn()
        self.engine.turn()

    def send(self, command: Command, *, user: str = "operator") -> Outcome:
        """Send a command and give the engine's answer."""
        return self.send_body(kind_of(command), to_body(command), user=user)

    def send_body(self, kind: str, body: dict[str, object], *, user: str = "operator") -> Outcome:
        number = len(self.link._commands) + 1
        row = CommandRow(number, kind, user, datetime.now(UTC), body)
        self.link._commands.append(row)
        self.inbox.put(CommandsArrived((row,)))
        self.turn()
        answers = [item for flush in self.flushes for item in flush.outcomes]
        return next(item for item in answers if item.command_id == number)

    def submit(
        self,
        frames: str = "1-4",
        *,
        start: bool = True,
        priority: int = 5,
        user: str = "operator",
    ) -> Outcome:
        """Submit a task for a scene that exists."""
        scene = self.folder / "场景 1.blend"
        scene.touch()
        return self.send(
            SubmitTask("t", "blender", "", str(scene), frames, start=start, priority=priority),
            user=user,
        )

    def entry(self, task_id: int = 1) -> TaskEntry:
        return self.farm.tasks[task_id]

    @property
    def busy(self) -> list[FakeAgent]:
        """Agents that live and have frames."""
        return [agent for agent in self.agents if agent.alive and agent.frames]

    def load_all(self) -> None:
        for agent in self.busy:
            agent.report(Loaded(0.5))
        self.turn()

    def render_all(self) -> list[int]:
        """Let all agents finish all they have; give the frames in order."""
        frames = []
        while self.busy:
            frames.append(self.busy[0].finish())
            self.turn()
        return frames

    def end_check(self, *bad: BadFrame) -> None:
        """End the check that waits, with these bad frames."""
        job = self.jobs.pop(0)
        proven = len(job.frames) - len(job.given_up) - len(bad)
        report = CheckReport(len(job.frames), proven, bad, str(job.given_up), 9, 64, 36, 0.1)
        self.inbox.put(CheckEnded(job.task_id, report))
        self.turn()


def _expand(text: str) -> list[int]:
    frames: list[int] = []
    for part in text.split(","):
        ends, _, step = part.partition("x")
        first, _, last = ends.partition("-")
        frames += range(int(first), int(last or first) + 1, int(step or 1))
    return frames
