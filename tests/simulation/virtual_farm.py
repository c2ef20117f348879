"""A whole farm in virtual time: the real engine, virtual nodes, users and a database.

The engine lives, dies and is started again; agents, messages and files meet their fate.
"""

import random
import traceback
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from unittest.mock import patch

from farmdesk.config import Config, LocalNode
from farmdesk.dispatch.events import SlotId
from farmdesk.domain.commands import Command
from farmdesk.domain.errors import FarmUnavailable
from farmdesk.domain.tool import Tools
from farmdesk.engine import recovery, server
from farmdesk.engine.check_workers import CheckWorkers
from farmdesk.engine.flush_journal import FlushJournal
from farmdesk.engine.lingerers import Lingering
from farmdesk.engine.loop import Engine
from farmdesk.engine.office import local_office
from farmdesk.engine.posts import StopEngine
from farmdesk.engine.scribe import POLL_S
from farmdesk.tool_files import read_tools
from nodeagent.reports import AgentReport
from tests.simulation.fate import Fate
from tests.simulation.memory import Memory
from tests.simulation.share import Share
from tests.simulation.virtual_engine import HandScribe, VirtualChecker, VirtualInbox, VirtualTimes
from tests.simulation.virtual_node import Place, VirtualAgent, VirtualNode
from tests.simulation.virtual_time import VirtualTime
from tests.simulation.witness import Witness

OPERATOR = "operator"


class EngineKilled(BaseException):
    """The engine's process is no more."""


@cache
def _tools() -> Tools:
    return read_tools(Path("/nowhere"))


@dataclass(frozen=True, slots=True)
class Ground:
    """What a farm stands on: its folder, its nodes, its database, the storage of its frames."""

    folder: Path
    nodes: Sequence[VirtualNode]
    store: Memory
    share: Share


class World:
    """One farm. `life` grows with each start and each end of its engine."""

    def __init__(self, ground: Ground, fate: Fate, rng: random.Random) -> None:
        self.folder, self.nodes, self.store = ground.folder, ground.nodes, ground.store
        self.share = ground.share
        self.fate, self.rng = fate, rng
        self.time = VirtualTime()
        self.witness = Witness(self.time)
        self.places: dict[SlotId, Place] = {}
        self.life = 0
        self._inbox: VirtualInbox | None = None
        self._scribe: HandScribe | None = None
        self._killed = self._over = False

    @property
    def agents(self) -> list[VirtualAgent]:
        """The agents that live, and those of whose end the engine has not heard."""
        agents = self.witness.agents
        agents[:] = [a for a in agents if a.alive or (a.life == self.life and not a.ended)]
        return agents

    # ---- the engine ------------------------------------------------------------------------------

    def run(self) -> None:
        """Live from the first engine to the end of the last one."""
        with patch("os.fsync"):
            while not self._over and not self.witness.broken:
                try:
                    self._live()
                except EngineKilled:
                    self._bury()
                except FarmUnavailable:
                    self.witness.note("the engine could not start")
                except Exception:  # noqa: BLE001 - the engine's end by its own fault is the finding
                    self.witness.wrong("the engine fell: " + traceback.format_exc())
                if not self._over:
                    self.pass_time(self.rng.choice((0.5, 5.0, 40.0)), lambda: False)

    def pass_time(self, seconds: float, done: Callable[[], bool]) -> None:
        """Let things happen until it is `done`, at most for so long. Raises EngineKilled."""
        self.witness.turn_ends()
        until = self.time.now + seconds
        while not done() and self.time.step(until):
            if self._killed:
                raise EngineKilled

    def _live(self) -> None:
        """Be one engine: start, work until StopEngine, end in good order."""
        self.life += 1
        self.time.boot(ago_s=self.rng.uniform(0.0, 1e5))
        self.witness.note(f"engine {self.life} starts")
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
        self.witness.engine_begins(self.store.task_ids())
        self._scribe = scribe
        self.time.after(POLL_S, scribe.step)
        engine.run()
        self.witness.note(f"engine {self.life} ended in good order")
        self._inbox = self._scribe = None
        self.store.away = False
        scribe.step()
        self._orphan_all()

    def _assemble(self, inbox: VirtualInbox, scribe: HandScribe) -> Engine:
        config = Config(
            self.folder,
            "unused",
            tuple(LocalNode(node.name, node.speed, node.slots) for node in self.nodes),
            operators=frozenset({OPERATOR}),
        )
        for node in config.nodes:
            machine = next(item for item in self.nodes if item.name == node.name)
            for name in node.slot_names:
                self.places.setdefault(SlotId(name), Place(machine, SlotId(name)))
        with ExitStack() as stack:
            for target, name, new in (
                (server, "Engine", partial(Engine, clock=self.time.moment)),
                (server, "real_time", self.time.moment),
                (server, "Checker", partial(VirtualChecker, world=self)),
                (server, "TimesReader", partial(VirtualTimes, world=self)),
                (recovery, "reclaim", self._reclaim),
            ):
                stack.enter_context(patch.object(target, name, new))
            return server.assemble(
                config,
                _tools(),
                self,
                server.Surroundings(
                    self.store,  # type: ignore[arg-type]  # the part that it uses
                    scribe,
                    inbox,
                    CheckWorkers(),
                    local_office(config),
                ),
            )

    def _reclaim(self, slots: Iterable[object], order_for: object, post: object) -> list[Lingering]:
        """Wait for the agents of the last engine, as long as `recovery.reclaim` does."""
        del slots, order_for, post
        held = self.places.values()
        self.pass_time(recovery.RECLAIM_S, lambda: all(item.holder is None for item in held))
        return []

    def _bury(self) -> None:
        self.witness.note(f"engine {self.life} was killed")
        self._killed = False
        self._inbox = self._scribe = None
        self._orphan_all()
        self.life += 1  # nothing that is on its way reaches anybody

    def _orphan_all(self) -> None:
        self.life += 1
        for agent in self.agents:
            if agent.alive:
                self.time.after(self.fate.delay(), agent.orphan)

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

    # ---- what people and the engine do -----------------------------------------------------------

    def send(self, command: Command, user: str = OPERATOR) -> None:
        """Send a command."""
        number = self.store.send(command, user)
        self.witness.note(f"command {number} of {user}: {command}")
        if self._scribe is not None:
            self.time.after(POLL_S, self._scribe.step)

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
            self.time.after(self.rng.choice((0.1, 3.0)), lambda: agent.die("the node is away"))
        else:
            self.agents.append(agent)
            agent.start()
        return agent

    def keep_ready(self, slot: SlotId) -> None:
        """Do nothing: a virtual agent starts at once."""

    # ---- what happens to nodes -------------------------------------------------------------------

    def lose_node(self, node: VirtualNode, away_s: float, *, silent: float = 0.0) -> None:
        """Let a node and its agents die; it returns. `silent`: the chance that nobody is told."""
        self.witness.note(f"node {node.name} is lost")
        node.down = True
        for agent in [item for item in self.agents if item.place.node is node]:
            if agent.alive and self.rng.random() < silent:
                agent.cut = True
                agent.die("")
            else:
                agent.die("connection lost")

        def back() -> None:
            self.witness.note(f"node {node.name} is back")
            node.down = False

        self.time.after(away_s, back)
