"""A frame's way from scratch to the share: check, copy to `.part`, flush, rename, journal.

No half file bears its name, and no frame that lies there whole is replaced: an agent that was cut
off may come late, when others have rendered and proven the frame, or the task has ended.
"""

import contextlib
import os
import queue
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from nodeagent.images import BadImage, ImageFacts, check_image
from nodeagent.journal import ENDED, Journal, JournalLine
from nodeagent.range_work import RangeWork
from nodeagent.reasons import Reason
from nodeagent.renderer import RenderedFrame
from nodeagent.results import copy_down, lying, sync_folder

RETRY_WAITS_S = (
    0.2,
    1.0,
)  # a share that hiccups is back by then; more would only hide that it is gone
CLOCK_SLACK_S = 1.0  # file times are coarser than the clock


@dataclass(frozen=True, slots=True)
class Published:
    """The frame lies on the share, and a journal says so: `line`, ours or an earlier one's."""

    work: RangeWork
    line: JournalLine


@dataclass(frozen=True, slots=True)
class PublishFailed:
    """The frame was not published; nothing of it is left on the share."""

    work: RangeWork
    frame: int
    reason: Reason
    text: str


@dataclass(frozen=True, slots=True)
class _Checked:
    """What was proven of a frame in scratch, and of which version of its file."""

    facts: ImageFacts
    version: tuple[int, int]


def _version(found: os.stat_result) -> tuple[int, int]:
    return found.st_size, found.st_mtime_ns


class Publisher:
    """Publishes frames in a thread of its own, in the order they came; answers through `post`.

    `slot` marks half copies: no two slots write one file, and what a killed agent left is found
    again. `size` is the width and height that frames must have; with None the first frame decides
    for all.
    """

    def __init__(
        self,
        *,
        output: Path,
        journal: Path,
        slot: str,
        size: tuple[int | None, int | None],
        post: Callable[[Published | PublishFailed], None],
    ) -> None:
        self._output = output
        self._journals = journal.parent
        self._journal = Journal(journal)
        self._node = journal.stem
        self._slot = slot
        self._size = size
        self._post = post
        self._waiting: queue.SimpleQueue[tuple[RangeWork, RenderedFrame]] = queue.SimpleQueue()
        threading.Thread(target=self._run, name="publisher", daemon=True).start()

    def add(self, work: RangeWork, done: RenderedFrame) -> None:
        """Take a frame that was rendered."""
        self._waiting.put((work, done))

    def _run(self) -> None:
        with contextlib.suppress(OSError):
            for part in self._output.glob(f"*.{self._slot}.part"):
                part.unlink()  # of an agent of this slot that was killed
        while True:
            work, done = self._waiting.get()
            self._post(self._publish(work, done))

    def _publish(self, work: RangeWork, done: RenderedFrame) -> Published | PublishFailed:
        if (self._journals / ENDED).exists():
            text = "the task has ended; nothing more is published"
            return PublishFailed(work, done.frame, Reason.OUTPUT_WRITE, text)
        try:
            checked = self._check(done)
            line = self._store(done, checked)
        except BadImage as error:
            return PublishFailed(work, done.frame, Reason.BAD_IMAGE, str(error))
        except OSError as error:
            text = f"{done.path.name} could not be published: {error.strerror or error}"
            return PublishFailed(work, done.frame, Reason.OUTPUT_WRITE, text)
        with contextlib.suppress(OSError):
            done.path.unlink()  # the folder is emptied at the end in any case
        return Published(work, line)

    def _check(self, done: RenderedFrame) -> _Checked:
        """Prove the file in scratch. Raises BadImage."""
        try:
            found = done.path.stat()
        except FileNotFoundError as error:
            raise BadImage("the tool wrote no file for this frame") from error
        if found.st_mtime < done.newer_than - CLOCK_SLACK_S:
            raise BadImage("the file is older than the tool's start")
        facts = check_image(done.path)
        width, height = self._size
        if (width or facts.width, height or facts.height) != (facts.width, facts.height):
            raise BadImage(
                f"the frame is {facts.width}x{facts.height}; {width}x{height} was expected"
            )
        self._size = (facts.width, facts.height)
        return _Checked(facts, _version(found))

    def _store(self, done: RenderedFrame, checked: _Checked) -> JournalLine:
        """Copy, rename and journal the frame, trying again when the share hiccups.

        Raises BadImage, OSError.
        """
        for wait_s in RETRY_WAITS_S:
            try:
                return self._store_once(done, checked)
            except OSError:
                time.sleep(wait_s)
        return self._store_once(done, checked)

    def _store_once(self, done: RenderedFrame, checked: _Checked) -> JournalLine:
        name = done.path.name
        part = self._output / f"{name}.{self._slot}.part"
        try:
            digest, size = copy_down(done.path, part)
            if _version(done.path.stat()) != checked.version:
                raise BadImage("the tool wrote on after the frame was complete")
            known = lying(self._output / name, done.frame, self._journals)
            if known is not None:  # somebody else was faster
                part.unlink()
                return known
            part.replace(self._output / name)
        except (OSError, BadImage):
            with contextlib.suppress(OSError):
                part.unlink()
            raise
        sync_folder(self._output)
        line = JournalLine(
            frame=done.frame,
            seconds=done.seconds,
            started=done.started,
            finished=time.time(),
            path=name,
            bytes=size,
            sha256=digest,
            width=checked.facts.width,
            height=checked.facts.height,
            node=self._node,
        )
        self._journal.add(line)
        return line
