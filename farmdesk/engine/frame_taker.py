"""Takes frames that were rendered elsewhere into a task: a thread beside the loop.

They come the way of a node's frames: checked, copied to `.part`, flushed, renamed, noted in a
journal. So a node that finishes the same frame leaves it as it is, and a killed engine's successor
finds it.
"""

import logging
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

from farmdesk.domain.errors import FarmError, Refused
from farmdesk.domain.node import BY_HAND
from farmdesk.domain.said import Said
from farmdesk.domain.system_words import why_system
from farmdesk.domain.text import quoted
from farmdesk.engine.check_workers import CheckWorker, CheckWorkers
from farmdesk.engine.desk import OUR_FAULT
from farmdesk.engine.frame_check import Claim, Finding
from farmdesk.engine.hand_ins import HandIn
from farmdesk.engine.ports import FrameProofs
from farmdesk.engine.posts import FrameTaken, HandInEnded
from farmdesk.engine.sent_frames import SentFrames, StillAllowed
from nodeagent.frame_pattern import parse_pattern
from nodeagent.journal import Journal, JournalLine
from nodeagent.results import copy_down, lying, sync_folder

log = logging.getLogger(__name__)

_PART = f".{BY_HAND}.part"  # no slot's half copies are marked so


class FrameTaker:
    """Takes one folder after the other: two of them may be for the same task.

    `check_sender` refuses a login that may send nothing any more.
    """

    def __init__(
        self,
        proofs: FrameProofs,
        post: Callable[[FrameTaken | HandInEnded], None],
        workers: CheckWorkers,
        sent: SentFrames,
        check_sender: Callable[[str], object],
    ) -> None:
        self._sent = sent
        self._check_sender = check_sender
        self._proofs = proofs
        self._post = post
        self._workers = workers
        self._turn = threading.Lock()

    def begin(self, order: HandIn) -> None:
        """Begin and return at once: each frame is posted as `FrameTaken`, the end whatever happens.

        What is in hand when the engine ends is done again by the next one.
        """
        name = f"hand-in {order.task_id}"
        threading.Thread(target=self._run, args=(order,), name=name, daemon=True).start()

    def _run(self, order: HandIn) -> None:
        taken, refused, error = 0, [], None
        try:
            with self._lying(order) as still_allowed, self._turn:
                for found in self.take(order, still_allowed):
                    if isinstance(found, Said):
                        refused.append(found)
                    else:
                        taken += 1
                        self._post(FrameTaken(order.task_id, found))
        except FarmError as problem:
            error = Said(problem.en, problem.zh)
        except Exception:  # the top of a thread: whoever sent the command waits for its end
            log.exception("task %s: taking frames by hand failed", order.task_id)
            error = OUR_FAULT
        self._post(HandInEnded(order.command_id, order.task_id, taken, tuple(refused), error))

    def _lying(self, order: HandIn) -> AbstractContextManager[StillAllowed]:
        """Let the frames lie in the order's folder. Raises Refused."""
        if order.transfer:
            return self._sent.opened(order)
        return nullcontext(lambda: self._check_sender(order.sender))

    def take(self, order: HandIn, still_allowed: StillAllowed) -> Iterator[JournalLine | Said]:
        """Give each frame that was taken, and of each other file why it was not.

        Raises Refused when the folder cannot be read or the task's cannot be written, and as
        `still_allowed` does; and FarmUnavailable while the records cannot be read.
        """
        files = _files(order.folder)
        with self._workers.lend(1) as [worker]:
            taking = _Taking(order, worker, self._size(order), still_allowed)
            for file in files:
                yield taking.take(file)

    def _size(self, order: HandIn) -> tuple[int, int]:
        """Give the size that frames must have: the task's, or what most frames have; 0: any."""
        width, height = order.size
        if width and height:
            return width, height
        sizes = Counter((it.width, it.height) for it in self._proofs.proofs(order.task_id))
        most = sizes.most_common(1)[0][0] if sizes else (0, 0)
        return width or most[0], height or most[1]


class _Taking:
    """One hand-in under way. `size`: of all frames; where it is 0, the first frame decides."""

    def __init__(
        self, order: HandIn, worker: CheckWorker, size: tuple[int, int], still_allowed: StillAllowed
    ) -> None:
        self._order = order
        self._worker = worker
        self._still_allowed = still_allowed
        self._width, self._height = size
        self._pattern = parse_pattern(order.pattern)
        self._journal = Journal(order.journal)
        for part in order.output.glob(f"*{_PART}"):
            part.unlink(missing_ok=True)  # of an engine that was killed

    def take(self, file: Path) -> JournalLine | Said:
        """Take one file, or say why not.

        Raises Refused when the task's folder is not writable, and when no more are to be taken.
        """
        name, frame = quoted(file.name), self._pattern.frame(file.name)
        if frame is None:
            return Said(
                f"{name} is not named like the task's frames ({self._order.pattern}).",
                f"{name} 的名称与任务的帧文件名（{self._order.pattern}）不符。",
            )
        unfit = self._unfit(file, frame)
        if unfit is not None:
            return unfit
        try:
            return self._place(file, frame)
        except OSError as error:
            why = why_system(error)
            raise Refused(
                f"{name} could not be copied into the task's folder ({why.en}). Check the storage "
                "and its free space, then hand the frames in again.",
                f"无法将 {name} 复制到任务文件夹（{why.zh}）。"
                "请检查存储及其剩余空间，然后重新提交这些帧。",
            ) from error

    def _unfit(self, file: Path, frame: int) -> Said | None:
        """Say why a file cannot be taken as this frame; None: nothing is known against it yet."""
        name = quoted(file.name)
        if frame not in self._order.frames:
            return Said(
                f"{name}: the task has no frame {frame}.", f"{name}：任务中没有第 {frame} 帧。"
            )
        if frame in self._order.proven:
            return Said(
                f"{name}: frame {frame} is proven already and stays as it is.",
                f"{name}：第 {frame} 帧已通过校验，保持不变。",
            )
        if not file.is_file():
            return Said(f"{name} is no file.", f"{name} 不是文件。")
        try:
            file.open("rb").close()
        except OSError as error:
            why = why_system(error)
            return Said(f"{name} cannot be read ({why.en}).", f"无法读取 {name}（{why.zh}）。")
        return None

    def _place(self, file: Path, frame: int) -> JournalLine | Said:
        """Copy a frame, check it, and give it its name. Raises OSError."""
        target = self._order.output / file.name
        part = target.with_name(file.name + _PART)
        try:
            digest, size = copy_down(file, part)
            claim = Claim(frame, str(file), size, digest, self._width, self._height, newer_than=0)
            self._worker.give(claim)
            finding = self._worker.take()
            if finding.error:
                name = quoted(file.name)
                return Said(
                    f"{name} fails the frame check: it {finding.error}.",
                    f"{name} 未通过帧检查：{finding.error_zh}。",
                )
            known = lying(target, frame, self._order.journal.parent)
            if known is not None:  # a node was faster
                return known
            self._still_allowed()  # last of all: what is suspended meanwhile is not taken
            part.replace(target)
        finally:
            part.unlink(missing_ok=True)
        sync_folder(self._order.output)
        return self._note(target, frame, digest, finding)

    def _note(self, target: Path, frame: int, digest: str, finding: Finding) -> JournalLine:
        """Note in the journal what lies there now. Raises OSError."""
        now = time.time()
        self._width, self._height = finding.width, finding.height
        line = JournalLine(
            frame=frame,
            seconds=0.0,  # nobody here knows what it took
            started=now,
            finished=now,
            path=target.name,
            bytes=finding.bytes,
            sha256=digest,
            width=finding.width,
            height=finding.height,
            node=BY_HAND,
        )
        self._journal.add(line)
        return line


def _files(folder: Path) -> list[Path]:
    """Give what lies in a folder, by name. Raises Refused."""
    try:
        return sorted(folder.iterdir())
    except OSError as error:
        why = why_system(error)
        raise Refused(
            f"The farm's server cannot read the folder {folder} ({why.en}). "
            "Check its path and its rights, as the server sees them.",
            f"农场服务器无法读取文件夹 {folder}（{why.zh}）。请在服务器上检查其路径和权限。",
        ) from error
