"""Where a task's files lie.

`work/<task>/frames`, `logs` and `scene` on the storage, scratch on the node.
"""

import logging
import shutil
import threading
from dataclasses import dataclass
from pathlib import Path

from farmdesk.dispatch.events import SlotId
from farmdesk.domain.errors import Refused
from farmdesk.domain.system_words import why_system
from farmdesk.storage.scenes import SCENE
from nodeagent.journal import ENDED

log = logging.getLogger(__name__)

_DISCARDED = ".discarded-"
STARTED = "started"  # its time is the storage's own clock when the task began


@dataclass(frozen=True, slots=True)
class Workspace:
    """The farm's folder tree.

    `root` is the farm folder; every path below it is made from numbers and node names.
    """

    root: Path

    def task(self, task_id: int) -> Path:
        """Give the folder of a task; six digits, so that a listing is in order."""
        return self.root / "work" / f"{task_id:06d}"

    def scene(self, task_id: int) -> Path:
        """Give the folder that a task's scene package is opened into."""
        return self.frames(task_id).with_name(SCENE)

    def hand_in(self, task_id: int) -> Path:
        """Give the folder that frames which were sent are opened into, until they are taken."""
        return self.task(task_id) / "hand-in"

    def frames(self, task_id: int) -> Path:
        """Give the folder of a task's published frames."""
        return self.task(task_id) / "frames"

    def logs(self, task_id: int) -> Path:
        """Give the folder of a task's node journals and tool output."""
        return self.task(task_id) / "logs"

    def journal(self, task_id: int, node: str) -> Path:
        """Give the journal that a node writes of the frames it finished."""
        return self.logs(task_id) / f"{node}.jsonl"

    def tool_log(self, task_id: int, slot: SlotId) -> Path:
        """Give the file that holds the tool's output on a slot."""
        return self.logs(task_id) / f"{_file_name(slot)}.log"

    def scratch(self, slot: SlotId) -> Path:
        """Give the scratch folder of a slot of this machine."""
        return self.root / "scratch" / _file_name(slot)

    def prepare(self, task_id: int, *, for_agents: bool = True) -> None:
        """Make a task's folders and mark its start; `for_agents`: they may publish from now on.

        Raises Refused when the storage cannot be written.
        """
        try:
            self.frames(task_id).mkdir(parents=True, exist_ok=True)
            self.logs(task_id).mkdir(parents=True, exist_ok=True)
            if not self.started_mark(task_id).exists():
                self.started_mark(task_id).touch()
            if for_agents:
                (self.logs(task_id) / ENDED).unlink(missing_ok=True)
        except OSError as error:
            why = why_system(error)
            raise Refused(
                f"The folder {self.task(task_id)} cannot be written ({why.en}). "
                "Check the storage and its free space, then start the task again.",
                f"无法写入文件夹 {self.task(task_id)}（{why.zh}）。"
                "请检查存储及其剩余空间，然后重新派发任务。",
            ) from error

    def started_mark(self, task_id: int) -> Path:
        """Give the file whose time says when the task's first frame may have been written."""
        return self.logs(task_id) / STARTED

    def close(self, task_id: int) -> None:
        """Mark a task's end: an agent that was cut off publishes nothing into it any more."""
        try:
            (self.logs(task_id) / ENDED).touch()
        except OSError as error:  # what comes late never replaces a proven frame in any case
            log.warning("the end of task %s could not be marked: %s", task_id, error.strerror)

    def discard(self, task_id: int) -> None:
        """Take a task's folder out of the way at once, and delete it beside the caller.

        Raises Refused.
        """
        doomed = self.root / "work" / f"{_DISCARDED}{task_id:06d}"
        try:
            if self.task(task_id).exists():
                self.task(task_id).rename(doomed)
        except OSError as error:
            why = why_system(error)
            raise Refused(
                f"The files of task {task_id} cannot be deleted ({why.en}). Close what uses them "
                "and purge the task again.",
                f"无法删除任务 {task_id} 的文件（{why.zh}）。"
                "请关闭正在使用它们的程序后重新彻底删除。",
            ) from error
        self.sweep()

    def sweep(self) -> None:
        """Delete discarded folders beside the caller.

        Also what a crash left of an earlier deletion.
        """
        for doomed in (self.root / "work").glob(f"{_DISCARDED}*"):
            threading.Thread(
                target=shutil.rmtree, args=(doomed,), kwargs={"ignore_errors": True}, daemon=True
            ).start()


def _file_name(slot: SlotId) -> str:
    """Give a slot's name as a file may bear it; no node's name has the sign `@`."""
    return slot.replace(":", "@")
