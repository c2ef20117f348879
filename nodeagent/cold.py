"""Rendering by cold starts.

Each run of frames is one start of the tool, followed by its output or by its files.
"""

import time
from collections.abc import Sequence
from pathlib import Path

from nodeagent.file_watch import FileWatch
from nodeagent.process_tree import TreeEnd
from nodeagent.range_work import RangeWork
from nodeagent.reasons import Reason
from nodeagent.renderer import RenderedFrame
from nodeagent.reports import FrameBegun, Loaded
from nodeagent.running_tool import ToolBegan, ToolEnded, ToolEvent, ToolSaid
from nodeagent.tool_seat import ToolSeat
from nodeagent.tool_talk import Said, read_said

EXIT_GRACE_S = (
    10.0  # a tool that has saved its last frame may take so long to end, then it is killed
)


class ColdRenderer:
    """Starts the tool once a run, and again behind a frame that broke it (see `Renderer`)."""

    def __init__(self, seat: ToolSeat, template: Sequence[str]) -> None:
        self._seat = seat
        self._stage = seat.stage
        self._template = template
        self._rules = seat.job.rules
        self._work: RangeWork | None = None
        self._run = range(0)
        self._in_hand: int | None = None
        self._began_at = 0.0  # Unix time: the tool began with the frame in hand
        self._over_at: float | None = None  # monotonic: nothing of this run is left to render
        self._watch: FileWatch | None = None

    @property
    def in_hand(self) -> int | None:
        """The frame that the tool works on."""
        return self._in_hand

    @property
    def idle(self) -> bool:
        """True if it has no range."""
        return self._work is None

    def go(self, work: RangeWork) -> None:
        """Render what is left of this range."""
        self._work = work
        self.resume()

    def resume(self) -> None:
        """Start the tool for the next run, if it does not run.

        End it when the range was cut before its frames.
        """
        work = self._work
        if work is None:
            return
        frame = work.next_frame()
        if self._seat.tool is not None:
            if self._in_hand is None and self._cut_off(work):
                self._seat.kill()
            else:
                return
        if frame is None:
            self._work = None
            self._stage.ran_out(work)
        elif self._stage.may_begin():
            self._start(work, frame)

    def kill(self) -> None:
        """Kill the tool and forget the range."""
        self._seat.kill()
        self._work = None
        self._in_hand = None

    def hear(self, event: ToolEvent) -> None:
        """Take an event of the tool."""
        if event.tool is not self._seat.tool or self._work is None:
            return
        if isinstance(event, ToolBegan):
            self._seat.began(event)
            if self._watch is not None:
                self._begin(self._work, self._run[0], event.tool.started_at)
        elif isinstance(event, ToolEnded):
            self._ended(self._work, event)
        else:
            self._hear_line(self._work, event)

    def look(self) -> None:
        """Look for files; end a tool that hangs."""
        if self._work is not None and self._seat.tool is not None:
            self._look_for_files(self._work, None)
        if self._work is not None and self._seat.tool is not None:
            self._look_at_time(self._work)

    def _look_at_time(self, work: RangeWork) -> None:
        if self._over_at is not None:
            if time.monotonic() - self._over_at > EXIT_GRACE_S:
                self._seat.kill()
                self.resume()
        elif self._seat.stalled():
            text = f"no output and no CPU use for {self._seat.job.opened.stall_s:g} s"
            self._lose_run(work, Reason.STALL, text)

    def _start(self, work: RangeWork, frame: int) -> None:
        run = work.runs.run_from(frame)
        self._run = run[: (min(work.last, run[-1]) - frame) // run.step + 1]
        self._in_hand = None
        self._over_at = None
        try:
            self._seat.start(self._template, run=self._run, merge=True)
        except (OSError, ValueError) as error:
            self._stage.gave_up(Reason.CRASH, f"the tool could not be started: {error}")
            return
        self._watch = None
        if not self._rules.saved:
            self._watch = FileWatch(self._seat.output, self._seat.job.pattern)

    def _hear_line(self, work: RangeWork, event: ToolSaid) -> None:
        rules, line = self._rules, event.line
        said = read_said(line, self._seat.job.token)
        if said is not None:
            self._hear_said(said, event)
        elif self._seat.note_fatal(line):
            pass
        elif (started := rules.frame_of(line)) is not None:
            if self._in_hand is None and started == work.next_frame():
                self._begin(work, started, event.at)
        elif (path := rules.saved_path(line)) is not None:
            frame = self._seat.job.pattern.frame(Path(path).name)
            if frame is not None and self._reach(work, frame, event.at):
                self._saved(work, frame, event.at)

    def _hear_said(self, said: Said, event: ToolSaid) -> None:
        """Our own script speaks from inside the tool."""
        if said.word == "loaded":
            self._stage.tell(Loaded(event.at - event.tool.started_at))
        elif said.word == "refused":
            self._seat.fatal = (said.reason, said.text)

    def _reach(self, work: RangeWork, frame: int, at: float) -> bool:
        """Make a frame that was saved the one in hand; False if it is none of ours.

        Only a saved file says that the tool went on: while it samples motion blur, Blender names
        other frames too.
        """
        if frame == self._in_hand:
            return True
        if frame not in self._run or (work.begun is not None and frame <= work.begun):
            return False
        while self._work is work and (missed := self._next_missed(work, frame)) is not None:
            self._stage.broke(work, missed, Reason.BAD_IMAGE, "the tool went on without saving it")
        if self._work is not work or work.next_frame() != frame:
            return False
        self._begin(work, frame, at)
        return True

    def _next_missed(self, work: RangeWork, frame: int) -> int | None:
        """Give the next frame before `frame` that the tool has left out, or None."""
        missed, self._in_hand = self._in_hand, None
        if missed is None:
            missed = work.next_frame()
            if missed is None or missed >= frame:
                return None
            work.begin(missed)
        return missed

    def _begin(self, work: RangeWork, frame: int, at: float) -> None:
        work.begin(frame)
        self._in_hand = frame
        self._began_at = at
        self._stage.tell(FrameBegun(work.range_id, frame))

    def _saved(self, work: RangeWork, frame: int, at: float) -> None:
        """This frame, the one in hand, is complete."""
        self._in_hand = None
        self._seat.fatal = None
        seconds = max(0.0, at - self._began_at)
        path = self._seat.output / self._seat.job.pattern.name(frame)
        if self._cut_off(work):
            self._seat.kill()  # what comes after is no longer ours
        elif frame == self._run[-1]:
            self._over_at = time.monotonic()
        done = RenderedFrame(frame, seconds, self._began_at, path, self._seat.started_at)
        self._stage.rendered(work, done)
        if self._seat.tool is None:
            self.resume()

    def _cut_off(self, work: RangeWork) -> bool:
        """True if the tool would now render frames that are no longer wanted."""
        begun = work.begun if work.begun is not None else self._run[0] - 1
        return begun < self._run[-1] and work.next_frame() is None

    def _look_for_files(self, work: RangeWork, end: TreeEnd | None) -> None:
        watch = self._watch
        while watch is not None and (frame := self._in_hand) is not None:
            coming = self._run[self._run.index(frame) + 1 :]
            at = watch.complete_at(frame, coming[0] if coming else None, end)
            if at is None:
                return
            self._saved(work, frame, at)
            if self._work is not work or not coming or work.next_frame() != coming[0]:
                return
            self._begin(work, coming[0], at)

    def _ended(self, work: RangeWork, event: ToolEnded) -> None:
        self._look_for_files(work, event.end)
        if self._seat.tool is not event.tool:
            return  # the last file was the last of a range that was cut
        self._seat.tool = None
        left = self._in_hand is not None or work.begun is None or work.begun < self._run[-1]
        if not left:
            self.resume()
        elif self._seat.ends_session(event.end):
            self._stage.gave_up(*self._seat.why(event.end))
        elif event.end.code == 0 and self._seat.fatal is None:
            self._lose_run(
                work, Reason.BAD_IMAGE, "the tool ended normally without saving this frame"
            )
        else:
            self._lose_run(work, *self._seat.why(event.end))

    def _lose_run(self, work: RangeWork, reason: Reason, text: str) -> None:
        """The tool is gone or must go: the frame in hand, or else the next one, is broken.

        The rest goes on.
        """
        self._seat.kill()
        frame, self._in_hand = self._in_hand, None
        if frame is None:
            frame = work.next_frame()
            if frame is None:
                self.resume()
                return
            work.begin(frame)
        self._stage.broke(work, frame, reason, text)
        self.resume()
