"""The processes that check frames: started with the engine, lent to one check after the other.

A Python process takes a tenth of a second to start, which is long where a whole check takes less.
"""

import io
import json
import os
import subprocess
import sys
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from types import TracebackType
from typing import Self, cast

from farmdesk.engine.frame_check import Claim, Finding


class CheckWorkers:
    """Keeps up to `count` idle processes (default: one a core), from `with` on until its end.

    Checks at the same time get processes of their own, so that none waits for another one's frames.
    """

    def __init__(self, count: int | None = None) -> None:
        self.count = count or os.cpu_count() or 1
        self._idle: deque[CheckWorker] = deque()  # its methods are safe in all threads

    def __enter__(self) -> Self:
        self._idle.extend(CheckWorker() for _ in range(self.count))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        while self._idle:
            self._idle.pop().end()

    @contextmanager
    def lend(self, wanted: int) -> Iterator[list["CheckWorker"]]:
        """Give `wanted` processes, but at most `count`; where the check fails, they end with it."""
        workers = [self._take() for _ in range(min(self.count, wanted))]
        try:
            yield workers
        except BaseException:  # they may hold claims whose answers nobody would take
            for worker in workers:
                worker.end()
            raise
        for worker in workers:
            if len(self._idle) < self.count:
                self._idle.append(worker)
            else:
                worker.end()

    def _take(self) -> "CheckWorker":
        while self._idle:
            try:
                worker = self._idle.popleft()
            except IndexError:
                break  # another check was faster
            if worker.alive:
                return worker
            worker.end()
        return CheckWorker()


class CheckWorker:
    """One checking process; answers come in the order of the claims."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "farmdesk.engine.frame_check"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            start_new_session=True,  # a terminal's Ctrl-C is the engine's affair
        )
        self._claims = cast("io.TextIOWrapper", self._process.stdin)
        self._answers = cast("io.TextIOWrapper", self._process.stdout)

    @property
    def alive(self) -> bool:
        """Whether it can take claims."""
        return self._process.poll() is None

    def give(self, claim: Claim) -> None:
        """Hand over a claim."""
        self._claims.write(json.dumps(asdict(claim)) + "\n")
        self._claims.flush()

    def take(self) -> Finding:
        """Wait for the answer to the oldest claim. Raises RuntimeError when the process is gone."""
        line = self._answers.readline()
        if not line:
            raise RuntimeError(f"a checking process ended with code {self._process.wait()}")
        return Finding(**json.loads(line))

    def end(self) -> None:
        """End it now."""
        self._process.kill()
        self._process.communicate()
