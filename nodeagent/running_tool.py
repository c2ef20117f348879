"""One run of a tool.

Its process tree, the threads that read its output, and when it last gave a sign of life.
"""

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from nodeagent.process_tree import ProcessTree, TreeEnd
from nodeagent.text_lines import read_lines

BUSY_SHARE = 0.01  # of one CPU; a process tree below it does nothing


@dataclass(frozen=True, slots=True)
class ToolBegan:
    """The tool has a process."""

    tool: "RunningTool"
    pid: int


@dataclass(frozen=True, slots=True)
class ToolSaid:
    """A line that its renderer wanted, read at `at` (Unix time)."""

    tool: "RunningTool"
    line: str
    at: float


@dataclass(frozen=True, slots=True)
class ToolEnded:
    """The tool and all its children are gone, and all it said was handed on."""

    tool: "RunningTool"
    end: TreeEnd


ToolEvent = ToolBegan | ToolSaid | ToolEnded


class RunningTool:
    """Starts a tool; its events arrive through `post`, from threads.

    `wanted` says of each line of output, in a reader's thread, whether it becomes a `ToolSaid`.
    """

    def __init__(
        self,
        argv: Sequence[str],
        *,
        environment: Mapping[str, str],
        folder: str,
        merge: bool,
        keep: Sequence[int],
        wanted: Callable[[str], bool],
        post: Callable[[ToolEvent], None],
    ) -> None:
        self.argv = list(argv)
        self.started_at = time.time()
        self._wanted = wanted
        self._post = post
        self._alive = True  # since the last look
        self._silent_s = 0.0
        self._looked_at = time.monotonic()
        self._cpu_s = 0.0
        self._tree = ProcessTree(
            argv, environment=environment, folder=folder, merge=merge, keep=keep
        )
        threading.Thread(target=self._follow, name="tool", daemon=True).start()

    def write(self, line: bytes) -> bool:
        """Write to its stdin; False if it no longer reads."""
        return self._tree.write(line)

    def kill(self) -> None:
        """Kill it with all it started; returns when all are gone."""
        self._tree.kill()

    def awake(self) -> None:
        """Count its silence from now on: it was given something to do."""
        self._alive, self._silent_s = True, 0.0

    def silent_s(self, look_every_s: float) -> float:
        """Give for how long there was neither output nor CPU use.

        The processes are looked at only every `look_every_s`. A time in which nobody looked, since
        the machine stood still, counts no more than two looks: the tool stood still with us.
        """
        now = time.monotonic()
        passed_s = now - self._looked_at
        if passed_s >= look_every_s:
            counted_s = min(passed_s, 2 * look_every_s)
            cpu_s = self._tree.cpu_seconds()  # less than before means that a child ended
            if abs(cpu_s - self._cpu_s) > BUSY_SHARE * counted_s:
                self._alive = True
            self._silent_s = 0.0 if self._alive else self._silent_s + counted_s
            self._alive = False
            self._cpu_s, self._looked_at = cpu_s, now
        return self._silent_s

    def _follow(self) -> None:
        pid = self._tree.read_pid()
        if pid is not None:
            self._post(ToolBegan(self, pid))
        readers = [
            threading.Thread(target=self._read, args=(output,), name="tool-output", daemon=True)
            for output in self._tree.outputs
        ]
        for reader in readers:
            reader.start()
        end = self._tree.wait()
        for reader in readers:
            reader.join()
        self._tree.close()
        self._post(ToolEnded(self, end))

    def _read(self, output: int) -> None:
        for line in read_lines(output):
            self._alive = True
            if self._wanted(line):
                self._post(ToolSaid(self, line, time.time()))
