"""All that works for an open task: the slot's lock, the tool, the publisher, the ranges."""

import contextlib
import shutil
from collections.abc import Callable
from pathlib import Path

from nodeagent.cold import ColdRenderer
from nodeagent.frame_runs import BadFrames, parse_frames
from nodeagent.job import Job, Unfit
from nodeagent.lock import Occupied, SlotLock
from nodeagent.orders import Cancel, Render, StopAfterFrame
from nodeagent.publish import Published, Publisher, PublishFailed
from nodeagent.range_work import RangeWork
from nodeagent.ranges import Ranges
from nodeagent.reasons import Reason
from nodeagent.renderer import RenderedFrame, Renderer
from nodeagent.reports import (
    AgentReport,
    Cancelled,
    FrameBroken,
    FramePublished,
    Log,
    SessionBroken,
    StoppingAfterFrame,
)
from nodeagent.running_tool import ToolBegan, ToolEnded, ToolEvent, ToolSaid
from nodeagent.samples import Sampler
from nodeagent.tool_log import ToolLog
from nodeagent.tool_seat import ToolSeat
from nodeagent.warm import WarmRenderer

BROKEN_IN_A_ROW = 3
MAX_UNPUBLISHED = 4  # frames that wait for the share before the tool must wait too
LOG_CLOSE_S = 2.0

WorkEvent = ToolEvent | Published | PublishFailed


class Workbench:
    """Takes the orders about frames; it is the `Stage` of its renderer.

    Only the session's thread may call it.
    """

    def __init__(
        self,
        job: Job,
        *,
        tell: Callable[[AgentReport], None],
        post: Callable[[WorkEvent], None],
    ) -> None:
        """Take the slot and empty its scratch folder; the tool starts with the first range.

        Raises Unfit.
        """
        self.tell = tell
        self._folders = [job.scratch / "frames", job.scratch / "tmp"]
        self._lock = _take_slot(job, self._folders)
        opened = job.opened
        self._task = opened.task
        self._log = ToolLog(opened.log)
        self._publisher = Publisher(
            output=Path(opened.output),
            journal=Path(opened.journal),
            slot=job.slot,
            size=(opened.width, opened.height),
            post=post,
        )
        self._sampler = Sampler(job.scratch, tell)
        seat = ToolSeat(job=job, stage=self, log=self._log, post=post, keep=[self._lock.descriptor])
        self._renderer: Renderer = (
            ColdRenderer(seat, opened.command)
            if opened.warm is None
            else WarmRenderer(seat, opened.warm)
        )
        self._ranges = Ranges()
        self._publishing = 0
        self._broken_in_a_row = 0  # by the tool
        self._unpublished_in_a_row = 0

    # ---- what the session calls ------------------------------------------------------------------

    @property
    def at_rest(self) -> bool:
        """True if no frame is rendered or published."""
        return self._renderer.in_hand is None and self._publishing == 0

    def obey(self, order: Render | StopAfterFrame | Cancel) -> None:
        """Do what the engine wants."""
        if isinstance(order, Render):
            self._render(order)
        elif isinstance(order, StopAfterFrame):
            self._stop_after(order)
        else:
            self.drop()
            self.tell(Cancelled())

    def take(self, event: WorkEvent) -> None:
        """Take what a tool or the publisher did."""
        if isinstance(event, ToolBegan | ToolSaid | ToolEnded):
            self._renderer.hear(event)
            return
        self._publishing -= 1
        if isinstance(event, Published):
            self._published(event)
        elif event.work in self._ranges:
            self._unpublished_in_a_row += 1
            self._break(event.work, event.frame, event.reason, event.text)
        self._settle(event.work)
        self._renderer.resume()

    def look(self) -> None:
        """Called every tenth of a second."""
        self._renderer.look()

    def finish_in_hand(self, why: str) -> None:
        """Begin nothing more; the frame in hand is finished and published."""
        self._ranges.finish_in_hand()
        self._renderer.resume()
        with contextlib.suppress(OSError):  # a note that cannot be written costs no frame
            self._lock.linger(self._task, self._ranges.unsettled)
        self.tell(Log("warning", f"{why}; the frame in hand is finished, then the agent ends"))
        self._log.add(f"[agent] {why}")

    def drop(self) -> None:
        """Kill the tool and forget all ranges.

        Frames that were complete are still published and reported.
        """
        self._kill_tool()
        self._ranges.forget()

    def close(self) -> None:
        """Leave the slot as it was found."""
        self._renderer.kill()
        self._sampler.stop()
        self._log.close(LOG_CLOSE_S)
        for folder in self._folders:
            shutil.rmtree(folder, ignore_errors=True)
        self._lock.release()

    # ---- what the renderer calls -----------------------------------------------------------------

    def rendered(self, work: RangeWork, done: RenderedFrame) -> None:
        """Publish a frame."""
        self._broken_in_a_row = 0
        self._publishing += 1
        self._publisher.add(work, done)

    def broke(self, work: RangeWork, frame: int, reason: Reason, text: str) -> None:
        """Report a frame that failed; after three in a row the range is given up."""
        self._broken_in_a_row += 1
        self._break(work, frame, reason, text)

    def _break(self, work: RangeWork, frame: int, reason: Reason, text: str) -> None:
        """Rendering and publishing run side by side, so each has a row of its own."""
        work.unsettled.discard(frame)
        self.tell(FrameBroken(work.range_id, frame, reason, text, self._log.tail()))
        if max(self._broken_in_a_row, self._unpublished_in_a_row) >= BROKEN_IN_A_ROW:
            self.gave_up(reason, f"{BROKEN_IN_A_ROW} frames broke in a row; the last: {text}")

    def gave_up(self, reason: Reason, text: str) -> None:
        """Drop all ranges, and say why once their complete frames are published."""
        verdict = (reason, text, self._log.tail())
        self._broken_in_a_row = self._unpublished_in_a_row = 0
        self._kill_tool()
        for work in self._ranges.give_up(verdict):
            self._settle(work)

    def ran_out(self, work: RangeWork) -> None:
        """Nothing of this range is left to begin."""
        work.exhausted = True
        self._ranges.current = None
        self._settle(work)
        self._advance()

    def may_begin(self) -> bool:
        """True unless the share is far behind."""
        return self._publishing < MAX_UNPUBLISHED

    # ---- the ranges ------------------------------------------------------------------------------

    def _render(self, order: Render) -> None:
        try:
            runs = parse_frames(order.frames)
        except BadFrames as error:
            self.tell(SessionBroken(order.range_id, Reason.BAD_ARGUMENT, str(error)))
            return
        self._ranges.add(RangeWork(order.range_id, runs, last=runs.runs[-1][-1]))
        self._advance()

    def _advance(self) -> None:
        work = self._ranges.begin_next() if self._renderer.idle else None
        if work is not None:
            self._renderer.go(work)

    def _stop_after(self, order: StopAfterFrame) -> None:
        last = self._ranges.stop_after(order.range_id, order.frame, self._renderer.in_hand)
        self.tell(StoppingAfterFrame(order.range_id, last))
        self._renderer.resume()

    def _published(self, event: Published) -> None:
        line = event.line
        self._unpublished_in_a_row = 0
        event.work.unsettled.discard(line.frame)
        self.tell(
            FramePublished(
                range_id=event.work.range_id,
                frame=line.frame,
                seconds=line.seconds,
                started=line.started,
                path=line.path,
                bytes=line.bytes,
                sha256=line.sha256,
                width=line.width,
                height=line.height,
            )
        )

    def _settle(self, work: RangeWork) -> None:
        """Report the end of a range that has nothing left to render or to publish."""
        report = self._ranges.ended(work)
        if report is not None:
            self.tell(report)

    def _kill_tool(self) -> None:
        self._ranges.lose(self._renderer.in_hand)
        self._renderer.kill()


def _take_slot(job: Job, folders: list[Path]) -> SlotLock:
    """Lock the scratch folder and empty what is ours in it. Raises Unfit."""
    try:
        lock = SlotLock(job.scratch)
        for folder in folders:
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
    except Occupied as error:
        raise Unfit(Reason.CRASH, str(error)) from error
    except OSError as error:
        text = f"the scratch folder {job.scratch} cannot be used: {error.strerror or error}"
        raise Unfit(Reason.OUTPUT_WRITE, text) from error
    return lock
