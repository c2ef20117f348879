"""What befalls messages, frames and files of a simulated farm."""

import random
from dataclasses import dataclass
from typing import Protocol

from nodeagent.reports import AgentReport, Log, Pong
from tests.simulation.mixes import Mix


class Fate(Protocol):
    """How long things take and what goes wrong; times in seconds, `speed` is the node's."""

    def delay(self) -> float:
        """Give how long a message is on its way."""
        ...

    def loses(self, report: AgentReport) -> bool:
        """Say whether a report is lost."""
        ...

    def doubles(self, report: AgentReport) -> bool:
        """Say whether a report comes twice."""
        ...

    def load_seconds(self, task: int, speed: float) -> float:
        """Give what a scene load takes."""
        ...

    def frame_seconds(self, task: int, frame: int, speed: float) -> float:
        """Give what a frame takes."""
        ...

    def breaks(self, task: int, frame: int) -> str:
        """Say how a frame breaks; empty: it does not."""
        ...

    def corrupts(self) -> bool:
        """Say whether a file is spoilt on the share."""
        ...

    def write_seconds(self) -> float:
        """Give what a flush to the database takes."""
        ...

    def check_seconds(self) -> float:
        """Give what a frame-sequence check takes."""
        ...


@dataclass(frozen=True, slots=True)
class Nature:
    """What a task is: seconds a frame on a node of speed 1, and frames that no node can render."""

    frame_s: float
    load_s: float
    poisoned: frozenset[int]


class StormFate:
    """Chances by a mix; the same ones for the same seed."""

    def __init__(self, seed: int, mix: Mix, rng: random.Random) -> None:
        self.mix = mix
        self._seed, self._rng = seed, rng
        self._natures: dict[int, Nature] = {}

    def calm(self) -> None:
        """From now on nothing goes wrong but what is in a task's nature."""
        self.mix = self.mix.without("crash,corrupt,late,doubled,lost")

    def delay(self) -> float:
        """See Fate."""
        if self._rng.random() < self.mix.late:
            return self._rng.uniform(1.0, 12.0)
        return 0.01 + 0.05 * self._rng.random()

    def loses(self, report: AgentReport) -> bool:
        """See Fate; a log line may be lost, but nobody would notice."""
        return not isinstance(report, Log) and self._rng.random() < self.mix.lost

    def doubles(self, report: AgentReport) -> bool:
        """See Fate."""
        return not isinstance(report, Pong) and self._rng.random() < self.mix.doubled

    def load_seconds(self, task: int, speed: float) -> float:
        """See Fate."""
        return self._nature(task).load_s / speed

    def frame_seconds(self, task: int, frame: int, speed: float) -> float:
        """See Fate; now and then a frame takes much longer than others."""
        del frame
        return self._nature(task).frame_s / speed * self._rng.choice((0.8, 1.0, 1.0, 1.1, 1.5, 4.0))

    def breaks(self, task: int, frame: int) -> str:
        """See Fate."""
        poisoned = frame in self._nature(task).poisoned
        if not poisoned and self._rng.random() >= self.mix.crash:
            return ""
        return self._rng.choice(("crash", "stall"))

    def corrupts(self) -> bool:
        """See Fate."""
        return self._rng.random() < self.mix.corrupt

    def write_seconds(self) -> float:
        """See Fate."""
        return self._rng.uniform(0.001, 0.05)

    def check_seconds(self) -> float:
        """See Fate."""
        return self._rng.uniform(0.1, 4.0)

    def _nature(self, task: int) -> Nature:
        """Give what a task is; the same in every life of the engine."""
        if task not in self._natures:
            rng = random.Random(self._seed * 1000 + task)
            poisoned = frozenset(
                frame for frame in range(-100, 400) if rng.random() < self.mix.poison
            )
            self._natures[task] = Nature(rng.uniform(1.0, 8.0), rng.uniform(0.5, 5.0), poisoned)
        return self._natures[task]
