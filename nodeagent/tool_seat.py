"""Where a renderer's tool runs.

Starting it in a fresh folder, killing it, and telling why it ended.
"""

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from nodeagent.job import Job
from nodeagent.process_tree import TreeEnd
from nodeagent.reasons import ENDS_SESSION, Reason
from nodeagent.renderer import Stage
from nodeagent.reports import ToolStarted
from nodeagent.running_tool import RunningTool, ToolBegan, ToolEvent
from nodeagent.tool_log import ToolLog

LOOK_SHARE = 0.25  # of the stall time: how often the CPU use of a silent tool is looked at
MAX_LOOK_S = 2.0


@dataclass(slots=True)
class ToolSeat:
    """Holds at most one tool.

    Each start gets its own output folder, so no file of an earlier one can be mistaken.
    """

    job: Job
    stage: Stage
    log: ToolLog
    post: Callable[[ToolEvent], None]
    keep: Sequence[int]  # descriptors that live as long as the tool's processes
    tool: RunningTool | None = None
    output: Path = Path()
    started_at: float = 0.0  # Unix time
    fatal: tuple[Reason, str] | None = None  # the last fatal line since the start
    _starts: int = field(default=0)

    def start(self, template: Sequence[str], *, run: range | None, merge: bool) -> None:
        """Start the tool; what it is and whether it runs comes as events. Raises OSError."""
        self._starts += 1
        self.output = self.job.scratch / "frames" / f"{self._starts:04d}"
        self.output.mkdir(parents=True)
        self.fatal = None
        self.log.clear_tail()
        self.started_at = time.time()
        argv = self.job.argv(template, output=self.output, run=run)
        self.log.add(f"[agent] {' '.join(argv)}")
        self.tool = RunningTool(
            argv,
            environment=self.job.environment(),
            folder=str(self.job.scratch),
            merge=merge,
            keep=self.keep,
            wanted=self._take_line,
            post=self.post,
        )

    def kill(self) -> None:
        """End the tool with all it started; its coming events are strangers'."""
        tool, self.tool = self.tool, None
        if tool is not None:
            tool.kill()

    def began(self, event: ToolBegan) -> None:
        """Tell the engine what runs."""
        self.stage.tell(ToolStarted(event.tool.argv, event.pid))

    def note_fatal(self, line: str) -> bool:
        """Remember a fatal line; False for any other line."""
        reason = self.job.rules.fatal_reason(line)
        if reason is not None:
            self.fatal = (reason, line)
        return reason is not None

    def stalled(self) -> bool:
        """True if the tool did nothing for too long."""
        stall_s = self.job.opened.stall_s
        look_every_s = min(MAX_LOOK_S, stall_s * LOOK_SHARE)
        return self.tool is not None and self.tool.silent_s(look_every_s) >= stall_s

    def why(self, end: TreeEnd) -> tuple[Reason, str]:
        """Give the reason of a tool's end that nobody ordered."""
        if end.error:
            return Reason.CRASH, f"the tool could not be started: {os.strerror(end.error)}"
        if self.fatal is not None:
            return self.fatal
        if end.code < 0:
            return Reason.CRASH, f"the tool was killed by signal {-end.code}"
        return Reason.CRASH, f"the tool ended with exit code {end.code}"

    def ends_session(self, end: TreeEnd) -> bool:
        """True if another start would end in the same way."""
        return bool(end.error) or (self.fatal is not None and self.fatal[0] in ENDS_SESSION)

    def _take_line(self, line: str) -> bool:
        """Log a line, in its reader's thread, and say whether the renderer must see it."""
        ours = self.job.token in line
        if not ours:
            self.log.add(line)
        return ours or self.job.rules.wanted(line)
