"""A real farm for the end-to-end tests: `python -m farmdesk server` in a folder of its own.

Its agents are real too; the tool is `tests/tiny_tool.py`, cold as `tiny 1` and warm as `tiny 2`,
unless a test submits a Blender scene. Whatever a test starts is gone when the fixture ends: every
process carries the farm's mark in its environment.
"""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple, TypeVar

import psutil

from farmdesk.cli import main
from farmdesk.domain.commands import Command
from farmdesk.domain.records import FrameRecord
from farmdesk.domain.rows import CommandRow, TaskRow
from farmdesk.domain.states import TaskState
from farmdesk.domain.task import ENDED
from farmdesk.domain.task_commands import SubmitTask
from farmdesk.link.direct import DirectLink
from farmdesk.link.outcome import wait_outcome
from nodeagent.journal import JournalLine, read_journal
from tests.empty_farm import new_farm

ROOT = Path(__file__).parent.parent
TOOL = Path(__file__).with_name("tiny_tool.py")
MARK = "FARMDESK_TEST_FARM"
NAME = "冬奥 渲染农场 100%"  # blanks, no ASCII, and what INI files and URLs stumble over
WAIT_S = 60.0  # far more than anything takes; a test never waits so long unless it fails
POLL_S = 0.02
READY = "the engine works for"
LOCK = "/agent.lock"
KINDS = {
    "guard": "guard.py",  # first: its argv ends with its tool's
    "tool": TOOL.name,
    "check": "farmdesk.engine.frame_check",
    "agent": "nodeagent",  # "spare" as long as it holds no slot
    "server": "farmdesk",
}
_HOLD = """
import json, os, sys, time

def may_pass(frame):
    if {only!r} is None:
        return os.path.exists({gate!r})
    if frame != {only!r}:
        return True
    try:
        os.unlink({gate!r})
    except FileNotFoundError:
        return False
    return True

def held(claims):
    for claim in claims:
        while not may_pass(json.loads(claim)["frame"]):
            time.sleep(0.01)
        yield claim

if "farmdesk.engine.frame_check" in sys.orig_argv:
    sys.stdin = held(sys.stdin)
"""

_TOOL_FILE = """
name = "tiny"
version = {version}
suffixes = [".tiny"]
settings = ["size"]
cold = [{python}, "-S", "-E", {tool}, "$SCENE", "--start", "$START_FRAME", "--end", "$END_FRAME",
        "--step", "$STEP", "--out", "$OUTPUT_DIR", ["--quality", "$QUALITY"]]
{warm}
[output]
pattern = "frame_####"
[output.formats]
PNG = ".png"
[[parameter]]
name = "quality"
kind = "integer"
minimum = 1
maximum = 10
"""
_WARM = 'warm = [{python}, "-S", "-E", {tool}, "$SCENE", "--warm"]'

Value = TypeVar("Value")


class LocalFarm:
    """A farm folder, its server when it runs, and a link to it."""

    def __init__(
        self,
        folder: Path,
        *,
        database: str | None = None,
        nodes: int = 2,
        stall_s: float = 30.0,
        linger_s: float = 30.0,
    ) -> None:
        self.folder = folder / NAME
        self.scenes = folder / "场景 包"
        self.mark = uuid.uuid4().hex
        self.server: subprocess.Popen[bytes] | None = None
        self.output = folder / "server.log"
        self._site = folder / "site"  # modules that Python loads first of all, if a test makes any
        for made in (self.folder / "tools", self.scenes):
            made.mkdir(parents=True)
        lines = [f"nodes = {nodes}", f"stall_s = {stall_s}", f"linger_s = {linger_s}"]
        lines += [f"database = {json.dumps(database)}"] if database else []
        self.write_config("\n".join(lines))
        program = {"python": json.dumps(sys.executable), "tool": json.dumps(str(TOOL))}
        for version, warm in (("1", ""), ("2", _WARM.format(**program))):
            text = _TOOL_FILE.format(version=json.dumps(version), warm=warm, **program)
            (self.folder / "tools" / f"tiny-{version}.toml").write_text(text, encoding="utf-8")
        self.link = DirectLink(database or new_farm(self.folder / "farm.db"), issued_by="operator")

    # ---- the server ------------------------------------------------------------------------------

    def write_config(self, text: str) -> None:
        """Write `farm.toml`."""
        (self.folder / "farm.toml").write_text(text, encoding="utf-8")

    @property
    def environment(self) -> dict[str, str]:
        """The environment of all that belongs to this farm."""
        path = f"{self._site}{os.pathsep}{ROOT}"
        return {**os.environ, MARK: self.mark, "PYTHONPATH": path}

    def hold_checks(self, *, only: int | None = None) -> Callable[[], None]:
        """Let checking processes wait with each frame until the given function is called.

        It works for servers that are started later. `only`: just this frame waits, each time that
        it is checked, and each call lets it pass once.
        """
        gate = self._site / "go"
        self._site.mkdir(exist_ok=True)
        text = _HOLD.format(gate=str(gate), only=only)
        (self._site / "sitecustomize.py").write_text(text, encoding="utf-8")
        return gate.touch

    def launch(self) -> subprocess.Popen[bytes]:
        """Start the server and do not wait for it."""
        with self.output.open("wb") as output:
            self.server = subprocess.Popen(
                [sys.executable, "-m", "farmdesk", "server", "--farm", str(self.folder)],
                cwd=self.scenes,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
            )
        return self.server

    def start(self) -> "LocalFarm":
        """Start the server and wait until it takes commands."""
        server = self.launch()
        wait_until(lambda: READY in self.said() or server.poll() is not None, "server start")
        assert server.poll() is None, self.said()
        return self

    def said(self) -> str:
        """Give what the server wrote since it was started last."""
        return self.output.read_text(encoding="utf-8", errors="replace")

    def kill(self) -> None:
        """Kill the server as a power cut would; its agents live on for a while."""
        assert self.server is not None
        self.server.kill()
        self.server.wait(WAIT_S)

    def end(self) -> int:
        """Tell the server to end, and give its exit code."""
        assert self.server is not None
        self.server.send_signal(signal.SIGTERM)
        return self.server.wait(WAIT_S)

    # ---- its processes ---------------------------------------------------------------------------

    def processes(
        self,
        kind: str | None = None,
        such: Callable[[psutil.Process], bool] = lambda _process: True,
    ) -> list[psutil.Process]:
        """Give the farm's living processes; `kind` is one of `KINDS`, or "spare".

        `such` is asked here, where a process may end at any moment.
        """
        found = []
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error):
                if process.environ().get(MARK) != self.mark:
                    continue
                if process.status() == psutil.STATUS_ZOMBIE:
                    continue
                if kind in (None, _kind(process)) and such(process):
                    found.append(process)
        return found

    def tool_on(self, scene: "Scene", frame: int) -> psutil.Process:
        """Give the tool that began with a frame last."""
        lines = [line for line in scene.log() if line[:2] == ("begin", frame)]
        return psutil.Process(lines[-1].pid)

    def agent_on(self, node: str) -> psutil.Process:
        """Give the agent that holds a node's slot."""
        lock = self.folder / "scratch" / node / "agent.lock"
        return psutil.Process(json.loads(lock.read_text())["pid"])

    def wait_empty(self, *kinds: str) -> None:
        """Wait until no such process is left."""
        wait_until(lambda: not any(self.processes(kind) for kind in kinds), f"end of {kinds}")

    def clean(self) -> None:
        """Kill all that is left; a guard that was killed may leave a tool, so look again."""
        self.link.close()
        while left := self.processes():
            for process in left:
                with contextlib.suppress(psutil.Error):
                    process.kill()
            time.sleep(POLL_S)  # until they are dead: who reaps orphans may take his time
        if self.server is not None:
            self.server.wait(WAIT_S)

    # ---- tasks -----------------------------------------------------------------------------------

    def scene(self, name: str = "开幕式 a", **told: object) -> "Scene":
        """Make a scene for the tiny tool; see `tests/tiny_tool.py` for the fields."""
        scene = Scene(self.scenes / f"{name}.tiny")
        scene.tell(**told)
        return scene

    def run(self, *words: object) -> int:
        """Run a command line in this process and give its exit code."""
        verb, *rest = (str(word) for word in words)
        return main([verb, "--farm", str(self.folder), *rest])

    def do(self, command: Command) -> CommandRow:
        """Send a command and give it with its answer."""
        return wait_outcome(self.link, self.link.send(command), WAIT_S)

    def submit(self, scene: "Scene | Path", frames: str, **fields: object) -> int:
        """Queue a task and let it render; give its number."""
        path = scene.path if isinstance(scene, Scene) else scene
        values: dict[str, object] = {"tool": "tiny", "tool_version": "2", "start": True, **fields}
        command = SubmitTask(name=path.stem, scene=str(path), frames=frames, **values)  # type: ignore[arg-type]
        row = self.do(command)
        assert row.applied, row.text
        assert row.task_id is not None
        return row.task_id

    def task(self, task_id: int) -> TaskRow:
        """Give a task as people see it."""
        return self.link.task(task_id)

    def wait_state(self, task_id: int, *states: TaskState) -> TaskRow:
        """Wait until a task is in one of these states; any end when none is given."""
        wanted = states or tuple(ENDED)
        return wait_for(
            lambda: row if (row := self.task(task_id)).state in wanted else None,
            lambda: (
                f"task {task_id} to be {wanted}; it is {self.task(task_id)}\n{self.said()[-2000:]}"
            ),
        )

    def wait_done(self, task_id: int, count: int) -> TaskRow:
        """Wait until so many frames are shown as done."""
        return wait_for(
            lambda: row if (row := self.task(task_id)).done >= count else None,
            lambda: f"{count} frames of {self.task(task_id)}\n{self.said()[-2000:]}",
        )

    def attempts(self, task_id: int) -> list[FrameRecord]:
        """Give all finished attempts."""
        return [row.record for row in self.link.frames(task_id, 0, 100_000)]

    def journal(self, task_id: int) -> list[JournalLine]:
        """Give what the nodes' journals say of a task."""
        logs = self.folder / "work" / f"{task_id:06d}" / "logs"
        return [line for path in sorted(logs.glob("*.jsonl")) for line in read_journal(path)]

    def frame_file(self, task_id: int, frame: int) -> Path:
        """Give the place of a published frame."""
        return Path(self.task(task_id).output) / f"frame_{frame:04d}.png"

    def texts(self, task_id: int) -> str:
        """Give the task's log lines as one text."""
        return "\n".join(row.record.text for row in self.link.logs(task_id=task_id))

    def prove(self, task_id: int, frames: range) -> None:
        """Hold that a task is completed, with every frame proven, recorded and journaled."""
        row = self.wait_state(task_id)
        assert (row.state, row.done, row.failed) == (TaskState.COMPLETED, len(frames), 0), row
        assert row.check_report is not None
        report = json.loads(row.check_report)
        assert (report["proven"], report["bad"]) == (len(frames), []), report
        names = [self.frame_file(task_id, frame).name for frame in frames]
        assert sorted(path.name for path in Path(row.output).iterdir()) == sorted(names)
        assert {line.frame for line in self.journal(task_id)} == set(frames)
        done = [record.frame for record in self.attempts(task_id) if not record.reason]
        assert sorted(done) == list(frames)


class ToolLine(NamedTuple):
    """A line of the tool's own log."""

    word: str  # start, begin or end
    frame: int
    node: str
    pid: int
    at: float  # Unix time


class Scene:
    """A scene of the tiny tool: how the tool behaves, and what it did."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._gates = path.with_name(path.name + ".gates")
        self._log = path.with_name(path.name + ".log")
        self._gates.mkdir()

    def tell(self, **told: object) -> None:
        """Say how the tool behaves from its next frame on."""
        new = self.path.with_suffix(".new")
        new.write_text(json.dumps(told), encoding="utf-8")
        new.replace(self.path)

    def let(self, *frames: int) -> None:
        """Open the gates of these frames; of all when none is given."""
        for name in frames or ("all",):
            (self._gates / str(name)).touch()

    def log(self) -> list["ToolLine"]:
        """Give the tool's own log."""
        if not self._log.exists():
            return []
        whole, _, _being_written = self._log.read_text().rpartition("\n")
        lines = (line.split() for line in whole.splitlines())
        return [
            ToolLine(word, int(frame), node, int(pid), float(at))
            for word, frame, node, pid, at in lines
        ]

    def in_hand(self) -> dict[str, int]:
        """Give the frame that each node's tool began last and has not ended."""
        frames: dict[str, int] = {}
        for word, frame, node, _, _ in self.log():
            if word == "begin":
                frames[node] = frame
            elif frames.get(node) == frame:
                del frames[node]
        return frames

    def wait_in_hand(self, nodes: int = 2) -> dict[str, int]:
        """Wait until so many nodes have a frame in hand."""
        return wait_for(
            lambda: frames if len(frames := self.in_hand()) >= nodes else None,
            lambda: f"{nodes} frames in hand: {self.log()}",
        )

    def ends(self) -> Counter[int]:
        """Give how often each frame was rendered to its end."""
        return Counter(line.frame for line in self.log() if line.word == "end")

    def begins(self, frame: int) -> list[str]:
        """Give the nodes that began with a frame, in order."""
        return [line.node for line in self.log() if line[:2] == ("begin", frame)]


@contextlib.contextmanager
def local_farm(folder: Path, **options: object) -> Iterator[LocalFarm]:
    """Give a farm that leaves nothing behind, whatever happens. It is not started."""
    farm = LocalFarm(folder, **options)  # type: ignore[arg-type]  # the caller names its options
    try:
        yield farm
    finally:
        farm.clean()


def wait_until(
    condition: Callable[[], object], what: str | Callable[[], str], timeout_s: float = WAIT_S
) -> None:
    """Wait for something that sends no event. Raises AssertionError when it does not come."""
    wait_for(lambda: condition() or None, what, timeout_s)


def wait_for(
    look: Callable[[], Value | None], what: str | Callable[[], str], timeout_s: float = WAIT_S
) -> Value:
    """Wait until `look` gives something, and give that. Raises AssertionError."""
    end = time.monotonic() + timeout_s
    while (found := look()) is None:
        if time.monotonic() >= end:
            raise AssertionError(
                f"not in {timeout_s} s: {what if isinstance(what, str) else what()}"
            )
        time.sleep(POLL_S)
    return found


def _kind(process: psutil.Process) -> str | None:
    """Tell what a process of the farm is; a guard's argv holds its tool's."""
    names = [item.rpartition("/")[2] for item in process.cmdline()]
    kind = next((kind for kind, name in KINDS.items() if name in names), None)
    if kind == "agent" and not any(file.path.endswith(LOCK) for file in process.open_files()):
        return "spare"
    return kind
