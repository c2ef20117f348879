"""Real agents in processes of their own, driven as the engine drives them, with a tiny tool."""

import contextlib
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import TypeVar

import psutil

from farmdesk.domain.tool import ModelingTool
from nodeagent.journal import JournalLine, read_journal
from nodeagent.orders import AgentOrder, Close, Open
from nodeagent.protocol import decode_report, encode
from nodeagent.reports import (
    AgentReport,
    Closed,
    FrameBegun,
    FrameBroken,
    FramePublished,
    Hello,
    RangeEnded,
    SessionBroken,
    ToolStarted,
)

ROOT = Path(__file__).parent.parent
TOOL = Path(__file__).with_name("frame_tool.py")
WAIT_S = 60.0  # far more than anything takes; a test never waits so long unless it fails

Report = TypeVar("Report", bound=AgentReport)


def blender_rules() -> list[list[str]]:
    """Give the rules for Blender's output, as the engine sends them."""
    text = files("resources").joinpath("tools/blender.toml").read_text(encoding="utf-8")
    rules = ModelingTool.from_toml(text).log_rules
    return [[rule.kind, rule.pattern.pattern, rule.reason or ""] for rule in rules]


class Slot:
    """Folders of one slot, and a share, below `folder`."""

    def __init__(self, folder: Path, node: str = "n1") -> None:
        self.scratch = folder / node / "scratch"
        self.output = folder / "share" / "frames"
        self.logs = folder / "share" / "logs"
        self.gates = folder / "gates"
        self.daemon = folder / "daemon"
        self.node = node
        for made in (self.output, self.logs, self.gates):
            made.mkdir(parents=True, exist_ok=True)

    def open(self, *behaviour: str, warm: bool = False, **changes: object) -> Open:
        """Give the order that opens a session with the tiny tool."""
        tool = [sys.executable, "-S", str(TOOL), *behaviour]
        frames = ["--start", "$START_FRAME", "--end", "$END_FRAME", "--step", "$STEP"]
        fields: dict[str, object] = {
            "task": 1,
            "tool": "tiny",
            "command": [*tool, *frames, "--out", "$OUTPUT_DIR", "--pattern", "$PATTERN"],
            "warm": [*tool, "--warm"] if warm else None,
            "scene": "scene",
            "scratch": str(self.scratch),
            "output": str(self.output),
            "pattern": "frame_####.png",
            "journal": str(self.logs / f"{self.node}.jsonl"),
            "log": str(self.logs / f"{self.node}.log"),
            "heartbeat_s": 600.0,  # a test pings where that matters
        }
        return Open(**{**fields, **changes})  # type: ignore[arg-type]

    def let(self, *frames: int) -> None:
        """Open the gates of these frames."""
        for frame in frames:
            (self.gates / str(frame)).touch()

    def journal(self) -> list[JournalLine]:
        """Give what the journal says."""
        return list(read_journal(self.logs / f"{self.node}.jsonl"))

    def said(self) -> str:
        """Give what the node's log says; it is written behind the tool's back."""
        log = self.logs / f"{self.node}.log"
        return log.read_text() if log.exists() else ""

    def names(self) -> list[str]:
        """Give all names on the share."""
        return sorted(path.name for path in self.output.iterdir())

    def daemon_of(self, tool: psutil.Process) -> psutil.Process:
        """Give the process that the tool left behind, once there is one."""
        path = Path(f"{self.daemon}.{tool.pid}")
        wait_until(lambda: path.exists() and bool(path.read_text()))
        return psutil.Process(int(path.read_text()))


class Agent:
    """An agent process; the reports are kept in `reports`."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "nodeagent"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            bufsize=0,
        )
        self.reports: list[AgentReport] = []
        self._coming: queue.SimpleQueue[AgentReport | None] = queue.SimpleQueue()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        self.hello = self.wait_for(Hello)

    def send(self, *orders: AgentOrder) -> None:
        """Send orders."""
        self.send_raw(b"".join(encode(order) for order in orders))

    def send_raw(self, line: bytes) -> None:
        """Send bytes."""
        assert self.process.stdin is not None
        self.process.stdin.write(line)

    def wait_for(self, kind: type[Report], **fields: object) -> Report:
        """Give the next report of this kind whose fields are as given; others are passed over."""
        end = time.monotonic() + WAIT_S
        while True:
            report = self.wait_for_any(end - time.monotonic())
            if isinstance(report, kind) and all(
                getattr(report, name) == value for name, value in fields.items()
            ):
                return report

    def wait_for_any(self, timeout_s: float = WAIT_S) -> AgentReport:
        """Give the next report."""
        report = self._coming.get(timeout=max(0.0, timeout_s))
        assert report is not None, f"the agent ended; it said {self.reports[-5:]}"
        self.reports.append(report)
        return report

    def wait_for_end(self, range_id: int) -> RangeEnded | SessionBroken:
        """Give the report that ends a range."""
        while True:
            self.wait_for_any()
            report = self.reports[-1]
            if isinstance(report, RangeEnded | SessionBroken) and report.range_id == range_id:
                return report

    def wait_for_tool(self) -> psutil.Process:
        """Give the tool's process."""
        return psutil.Process(self.wait_for(ToolStarted).pid)

    def of(self, kind: type[Report]) -> list[Report]:
        """Give the reports of this kind so far."""
        return [report for report in self.reports if isinstance(report, kind)]

    def published(self) -> list[int]:
        """Give the frames that were published so far."""
        return [report.frame for report in self.of(FramePublished)]

    def broken(self) -> dict[int, str]:
        """Give the frames that broke so far, with their reasons."""
        return {report.frame: report.reason for report in self.of(FrameBroken)}

    def begun(self) -> list[int]:
        """Give the frames that were begun so far."""
        return [report.frame for report in self.of(FrameBegun)]

    def close(self) -> int:
        """Close the session in good order; give the exit code."""
        self.send(Close())
        self.wait_for(Closed)
        return self.wait()

    def hang_up(self) -> None:
        """Let the engine vanish: both pipes end."""
        assert self.process.stdin is not None
        self.process.stdin.close()

    def wait(self) -> int:
        """Wait for the process's end; all it said is in `reports` then."""
        code = self.process.wait(WAIT_S)
        self._reader.join(WAIT_S)
        while (report := self._coming.get()) is not None:
            self.reports.append(report)
        return code

    def end(self) -> None:
        """Kill it. The reader ends first: its descriptor's number may soon be another agent's."""
        self.process.kill()
        self.process.wait()
        self._reader.join(WAIT_S)
        for stream in (self.process.stdin, self.process.stdout):
            if stream is not None:
                with contextlib.suppress(OSError):
                    stream.close()

    def _read(self) -> None:
        assert self.process.stdout is not None
        with contextlib.suppress(ValueError, OSError):
            rest = b""
            while part := self.process.stdout.read(65536):
                *lines, rest = (rest + part).split(b"\n")
                for line in lines:
                    self._coming.put(decode_report(line))
        self._coming.put(None)


@contextlib.contextmanager
def running_agent() -> Iterator[Agent]:
    """Give an agent that is gone at the end, whatever happens."""
    agent = Agent()
    try:
        yield agent
    finally:
        agent.end()


def wait_until(condition: object, timeout_s: float = WAIT_S) -> None:
    """Wait for something that sends no event. Raises AssertionError when it does not come."""
    end = time.monotonic() + timeout_s
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < end, "it did not come"
        time.sleep(0.005)


def gone(process: psutil.Process) -> bool:
    """True if a process is no more, or only waits to be reaped."""
    try:
        return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True
