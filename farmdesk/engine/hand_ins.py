"""Frames that a person hands in: taken beside the loop (`frame_taker.py`), then part of the task.

The command is answered at its end. An engine that was killed in between finds it unanswered and
does it again; frames that are taken already stay as they are.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from farmdesk.domain.errors import FarmError, Refused
from farmdesk.domain.frames import FrameSet
from farmdesk.domain.node import BY_HAND
from farmdesk.domain.records import Outcome
from farmdesk.domain.rows import CommandRow
from farmdesk.domain.said import Said
from farmdesk.domain.states import FrameState
from farmdesk.domain.task import WISHES
from farmdesk.domain.task_commands import TakeFrames, TakeSentFrames
from farmdesk.domain.text import quoted
from farmdesk.domain.tool import Tools
from farmdesk.engine.clock import Moment
from farmdesk.engine.desk import LaterAnswers
from farmdesk.engine.farm import Farm
from farmdesk.engine.posts import FrameTaken, HandInEnded
from farmdesk.engine.reports import Reports
from farmdesk.engine.runs import Runs
from farmdesk.engine.task_entry import TaskEntry
from farmdesk.engine.workspace import Workspace

NAMED = 5  # refused files that the answer names; the task's log has more of them
LOGGED = 100


@dataclass(frozen=True, slots=True)
class HandIn:
    """What to take, of whom (a login), and where to: `pattern` is that of the task's file names.

    `transfer`: an upload that is to be opened into `folder` first; empty: the files lie there.

    `size` None: as the frames have that are there; where there are none, the first one decides.
    """

    command_id: int
    sender: str
    task_id: int
    folder: Path
    pattern: str
    frames: FrameSet
    proven: FrameSet
    size: tuple[int | None, int | None]
    output: Path
    journal: Path
    transfer: str = ""


class HandIns:
    """The desk for frames by hand. `begin` starts to take them beside the loop."""

    def __init__(
        self,
        *,
        farm: Farm,
        runs: Runs,
        reports: Reports,
        tools: Tools,
        workspace: Workspace,
        begin: Callable[[HandIn], None],
    ) -> None:
        self._farm = farm
        self._runs = runs
        self._reports = reports
        self._tools = tools
        self._workspace = workspace
        self._begin = begin
        self._being_opened: dict[int, int] = {}  # tasks whose frames came sealed, by command

    @property
    def answered_later(self) -> LaterAnswers:
        """What this desk answers, at its end."""
        return {TakeFrames: self.take, TakeSentFrames: self.take_sent}

    def take(self, row: CommandRow, command: TakeFrames, entry: TaskEntry) -> None:
        """Begin to take frames. Raises Refused."""
        folder = Path(command.folder)
        if not folder.is_absolute():
            raise Refused(
                f"{quoted(command.folder)} is no full path. Name the folder as the farm's server "
                "sees it, from its root on.",
                f"{quoted(command.folder)} 不是完整路径。请按服务器上的路径填写，从根目录开始。",
            )
        self._take(row, entry, folder)

    def take_sent(self, row: CommandRow, command: TakeSentFrames, entry: TaskEntry) -> None:
        """Begin to open and take frames that were sent. Raises Refused.

        One upload of a task at a time: there is one folder for them, and whoever sent the command
        again and again by SQL would have a program run for each.
        """
        key = entry.task.id
        if key in self._being_opened.values():
            raise Refused(
                f"Frames that were sent for task {key} are being taken now. Wait for their end.",
                f"任务 {key} 正在接收已发送的帧。请等待其结束。",
            )
        self._take(row, entry, self._workspace.hand_in(key), command.transfer)
        self._being_opened[row.id] = key

    def _take(self, row: CommandRow, entry: TaskEntry, folder: Path, transfer: str = "") -> None:
        task = entry.task
        self._workspace.prepare(task.id, for_agents=False)
        tool = self._tools.find(task.spec.tool, task.spec.tool_version)
        self._begin(
            HandIn(
                command_id=row.id,
                sender=row.issued_by,
                task_id=task.id,
                folder=folder,
                pattern=tool.output.file_pattern(task.spec.output_format),
                frames=entry.frames,
                proven=entry.select(FrameState.DONE),
                size=(task.spec.width, task.spec.height),
                output=self._workspace.frames(task.id),
                journal=self._workspace.journal(task.id, BY_HAND),
                transfer=transfer,
            )
        )

    def hear(self, post: FrameTaken | HandInEnded, now: Moment) -> None:
        """Take what was done beside the loop."""
        if isinstance(post, FrameTaken):
            self._taken(post, now)
        else:
            self._ended(post, now)

    def _taken(self, post: FrameTaken, now: Moment) -> None:
        """A frame lies in its place, proven."""
        entry = self._farm.tasks.get(post.task_id)
        if entry is not None:
            self._reports.take(entry, post.line.node, post.line, now)

    def _ended(self, post: HandInEnded, now: Moment) -> None:
        """Answer the command; a task with nothing left to render is checked as a whole."""
        self._being_opened.pop(post.command_id, None)
        entry = self._farm.tasks.get(post.task_id)
        if entry is not None:
            self._farm.note(entry, "info", f"{_frames(post.taken)} taken by hand", now.utc)
            for refusal in post.refused[:LOGGED]:
                self._farm.note(entry, "warning", refusal.en, now.utc)
            try:
                self._go_on(entry, post.taken, now)
            except FarmError as error:  # the frames are kept, and a start checks them
                self._farm.note(entry, "warning", error.en, now.utc)
        said = _answer(post)
        self._farm.answer(
            Outcome(
                post.command_id,
                applied=post.taken > 0 and post.error is None,
                text=said.en,
                at=now.utc,
                task_id=post.task_id,
                text_zh=said.zh,
            )
        )

    def _go_on(self, entry: TaskEntry, taken: int, now: Moment) -> None:
        """Let a start find that all is rendered, unless there is something to render.

        Failed frames that nobody handed in stay failed, and nothing changed where none was taken.
        """
        task = entry.task
        if task.recycled or task.state not in WISHES[TakeFrames]:
            return
        if entry.count(FrameState.WAITING) or entry.count(FrameState.RETRYING):
            return
        if taken or not entry.count(FrameState.FAILED):
            self._runs.begin(entry, now)


def _answer(post: HandInEnded) -> Said:
    """Say how many frames were taken, and of each other file why it was not."""
    key, count = post.task_id, post.taken
    en = [f"{_frames(count)} taken by hand for task {key}."] if count else []
    zh = [f"任务 {key} 手工接收了 {count} 帧。"] if count else []
    if post.error is not None:
        en.append(post.error.en)
        zh.append(post.error.zh)
    en += [refusal.en for refusal in post.refused[:NAMED]]
    zh += [refusal.zh for refusal in post.refused[:NAMED]]
    if (more := len(post.refused) - NAMED) > 0:
        en.append(f"{more} more files were not taken; see the task's log.")
        zh.append(f"另有 {more} 个文件未被接收；请查看任务日志。")
    if not en:
        en.append("The folder has no files; nothing was taken.")
        zh.append("该文件夹中没有文件；未接收任何帧。")
    return Said(" ".join(en), "".join(zh))


def _frames(count: int) -> str:
    return "1 frame" if count == 1 else f"{count} frames"
