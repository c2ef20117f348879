"""What agents of a simulated farm truly rendered, and what the engine must know of it.

The witness holds the engine to that while it runs; `farm_rules` holds the store to it at the end.
"""

import itertools
from collections import Counter, deque
from collections.abc import Iterable

from farmdesk.domain.frames import FrameSet
from nodeagent.journal import JournalLine
from nodeagent.reports import (
    AgentReport,
    FrameBegun,
    FramePublished,
    Loaded,
    RangeEnded,
    StoppingAfterFrame,
)
from tests.simulation.virtual_node import VirtualAgent
from tests.simulation.virtual_time import VirtualTime

TRACE = 4000  # events that are kept

Key = tuple[int, int]
"""A task and one of its frames."""


class Witness:
    """`broken` says which rules did not hold; `trace` what happened last."""

    def __init__(self, time: VirtualTime) -> None:
        self.broken: list[str] = []
        self.trace: deque[str] = deque(maxlen=TRACE)
        self.agents: list[VirtualAgent] = []
        self.valid: set[Key] = set()  # published, and not rejected since
        self.renders: Counter[Key] = Counter()
        self.digests: dict[Key, set[str]] = {}
        self.misses: Counter[Key] = Counter()  # tries that were truly in vain
        self._time = time
        self._known: set[Key] = set()  # of those that are valid, what the engine must know
        self._learnt: set[Key] = set()  # what it learns in this turn
        self._journals: dict[tuple[int, str], set[int]] = {}

    def note(self, text: str) -> None:
        """Keep what happened."""
        self.trace.append(f"{self._time.now:8.2f}  {text}")

    def wrong(self, text: str) -> None:
        """Keep which rule did not hold."""
        self.note(f"WRONG: {text}")
        self.broken.append(f"at {self._time.now:.2f} s: {text}")

    # ---- what the engine knows -------------------------------------------------------------------

    def engine_begins(self, tasks: Iterable[int]) -> None:
        """An engine has read all journals of these tasks."""
        kept = set(tasks)
        self._known = {key for key in self.valid if key[0] in kept}

    def turn_ends(self) -> None:
        """What the engine heard in its last turn it knows from now on."""
        if self._learnt:
            self._known |= self._learnt & self.valid
            self._learnt.clear()

    def rendered_twice(self, task: int) -> int:
        """Give how many frames of a task were rendered to their end more than once."""
        return sum(count > 1 for key, count in self.renders.items() if key[0] == task)

    def forget(self, task: int) -> None:
        """Drop what is known of a task's frames: nothing happens to them any more."""
        for kept in (self.valid, self._known, self._learnt):
            kept.difference_update([key for key in kept if key[0] == task])
        for key in [key for key in self.renders if key[0] == task]:
            del self.renders[key], self.digests[key]
        for place in [place for place in self._journals if place[0] == task]:
            del self._journals[place]

    # ---- what happens ----------------------------------------------------------------------------

    def ordered(self, agent: VirtualAgent, frames: FrameSet) -> None:
        """The engine gives out frames."""
        self.note(f"{agent} shall render {frames}")
        again = [frame for frame in frames if (agent.task, frame) in self._known]
        if again:
            self.wrong(f"{agent} shall render frames that are finished: {FrameSet.of(again)}")
        for other in self.agents:
            here = other.life == agent.life and other.place is agent.place
            if here and other.held and other.task != agent.task:
                self.wrong(f"{agent} shall render while {other} works there")

    def begun(self, agent: VirtualAgent, frame: int) -> None:
        """An agent begins a frame."""
        if agent.place.holder is not agent:
            self.wrong(f"{agent} renders {frame} without its slot's lock")

    def published(self, agent: VirtualAgent, line: JournalLine) -> None:
        """A frame lies on the share, and in its node's journal."""
        self.note(f"{agent} published {line.frame}")
        agent.finished.append(line.frame)
        key = agent.task, line.frame
        self.renders[key] += 1
        self.digests.setdefault(key, set()).add(line.sha256)
        self.valid.add(key)
        self._journals.setdefault((agent.task, line.node), set()).add(line.frame)

    def broke(self, agent: VirtualAgent, frame: int) -> None:
        """A frame broke on its node."""
        self.misses[agent.task, frame] += 1

    def delivered(self, agent: VirtualAgent, report: AgentReport) -> None:
        """The engine gets a report; it says more than one frame when earlier ones were lost."""
        match report:
            case FramePublished():
                self._learnt.add((agent.task, report.frame))
            case FrameBegun(range_id=number) if number == agent.range_id:
                ended = itertools.takewhile(lambda frame: frame != report.frame, agent.finished)
                self._learnt |= {(agent.task, frame) for frame in ended} & self.valid
            case RangeEnded(range_id=number) if number == agent.range_id:
                self._learnt |= {(agent.task, frame) for frame in agent.finished} & self.valid
            case _:
                pass
        if isinstance(report, RangeEnded | StoppingAfterFrame | Loaded):
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
