"""The engine's threads and processes in virtual time: inbox, scribe, frame check, times reader."""

import queue
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from farmdesk.domain.records import Flush
from farmdesk.engine.check_workers import CheckWorkers
from farmdesk.engine.checker import Checker, CheckJob
from farmdesk.engine.frame_check import Claim, Finding
from farmdesk.engine.posts import CheckEnded, Post, TimesRead
from farmdesk.engine.scribe import AWAY_S, Scribe
from tests.simulation.memory import Memory

if TYPE_CHECKING:
    from tests.simulation.virtual_farm import World


class VirtualInbox(queue.SimpleQueue[Post]):
    """An inbox in which waiting lets the world go on."""

    world: "World"

    def get(self, block: bool = True, timeout: float | None = None) -> Post:
        """Wait for a post. Raises queue.Empty, and EngineKilled."""
        del block
        self.world.pass_time(timeout or 0.0, lambda: not self.empty())
        return super().get_nowait()


class HandScribe(Scribe):
    """The scribe without its thread: each `step` is one of its turns."""

    world: "World"
    life: int

    def write(self, flush: Flush) -> None:
        """Take a flush over."""
        super().write(flush)
        self.world.time.after(self.world.fate.write_seconds(), self.step)

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
            self.world.time.after(AWAY_S, self.step)


class VirtualChecker(Checker):
    """The frame-sequence check in virtual time, without processes."""

    def __init__(
        self,
        proofs: Memory,
        post: Callable[[CheckEnded], None],
        workers: CheckWorkers,
        *,
        world: "World",
    ):
        super().__init__(proofs, post, workers)
        self._world = world
        self._task = 0

    def begin(self, job: CheckJob) -> None:
        """Check some time later, unless the engine is gone by then."""
        life = self._world.life

        def run() -> None:
            if life == self._world.life:
                self._task = job.task_id
                self._run(job)

        self._world.time.after(self._world.fate.check_seconds(), run)

    def _findings(self, claims: Iterable[Claim], count: int) -> Iterator[Finding]:
        del count
        for claim in claims:
            text = self._world.share.read(Path(claim.path))
            if text == claim.sha256:
                yield Finding(claim.frame, claim.bytes)
                continue
            self._world.witness.rejected(self._task, claim.frame, missing=text is None)
            error = "is missing" if text is None else "is broken"
            yield Finding(claim.frame, 0, error, missing=not text)


class VirtualTimes:
    """Reads the times of a previous version, some moments later."""

    def __init__(self, store: Memory, post: Callable[[TimesRead], None], *, world: "World"):
        self._store, self._post, self._world = store, post, world

    def begin(self, task_id: int, previous: int) -> None:
        """Read some moments later, unless the engine is gone by then."""
        life = self._world.life

        def read() -> None:
            if life == self._world.life:
                times = None if self._store.away else self._store.frame_times(previous)
                self._post(TimesRead(task_id, times, "" if times else "away"))

        self._world.time.after(0.2, read)
