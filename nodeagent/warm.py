"""Rendering with a warm tool: it keeps the scene loaded and is fed frame by frame."""

import contextlib
from collections.abc import Sequence
from pathlib import Path

from nodeagent.range_work import RangeWork
from nodeagent.reasons import ENDS_SESSION, Reason
from nodeagent.renderer import RenderedFrame
from nodeagent.reports import FrameBegun, Loaded, Log
from nodeagent.running_tool import ToolBegan, ToolEnded, ToolEvent, ToolSaid
from nodeagent.tool_seat import ToolSeat
from nodeagent.tool_talk import Said, read_said, render_line


class WarmRenderer:
    """Feeds the tool the next frame the moment it has finished one (see `Renderer`)."""

    def __init__(self, seat: ToolSeat, template: Sequence[str]) -> None:
        self._seat = seat
        self._stage = seat.stage
        self._template = template
        self._work: RangeWork | None = None
        self._asked: int | None = None
        self._loaded = False

    @property
    def in_hand(self) -> int | None:
        """The frame that the tool was asked for."""
        return self._asked

    @property
    def idle(self) -> bool:
        """True if it has no range."""
        return self._work is None

    def go(self, work: RangeWork) -> None:
        """Render what is left of this range; start the tool if there is none."""
        self._work = work
        self.resume()

    def resume(self) -> None:
        """Ask for the next frame, if the tool is free."""
        work = self._work
        if work is None or self._asked is not None:
            return
        frame = work.next_frame()
        if frame is None:
            self._work = None
            self._stage.ran_out(work)
        elif self._seat.tool is None:
            self._start()
        elif self._loaded and self._stage.may_begin():
            work.begin(frame)
            self._asked = frame
            self._seat.fatal = None
            path = self._path(frame)
            with contextlib.suppress(FileNotFoundError):
                path.unlink()  # an attempt that failed in this very tool may have left it
            self._seat.tool.awake()
            step = work.runs.run_from(frame).step
            line = render_line(frame, str(path), step=step)
            self._seat.tool.write(line)  # a dead tool shows by its end

    def kill(self) -> None:
        """Kill the tool and forget the range."""
        self._seat.kill()
        self._work = None
        self._asked = None

    def hear(self, event: ToolEvent) -> None:
        """Take an event of the tool."""
        if event.tool is not self._seat.tool:
            return
        if isinstance(event, ToolBegan):
            self._seat.began(event)
        elif isinstance(event, ToolEnded):
            self._ended(event)
        elif said := read_said(event.line, self._seat.job.token):
            self._hear_said(event, said)
        else:
            self._seat.note_fatal(event.line)

    def look(self) -> None:
        """End a tool that hangs."""
        works = self._asked is not None or (self._work is not None and not self._loaded)
        if works and self._seat.stalled():
            text = f"no output and no CPU use for {self._seat.job.opened.stall_s:g} s"
            self._lose_tool(Reason.STALL, text)

    def _start(self) -> None:
        self._loaded = False
        try:
            self._seat.start(self._template, run=None, merge=False)
        except (OSError, ValueError) as error:
            self._stage.gave_up(Reason.CRASH, f"the tool could not be started: {error}")

    def _hear_said(self, event: ToolSaid, said: Said) -> None:
        if said.word == "loaded":
            self._loaded = True
            self._stage.tell(Loaded(event.at - event.tool.started_at))
        elif said.word == "refused" and self._work is not None:
            self._stage.gave_up(said.reason, said.text)
        elif self._work is not None and said.frame is not None and said.frame == self._asked:
            self._hear_frame(self._work, said)
        self.resume()

    def _hear_frame(self, work: RangeWork, said: Said) -> None:
        frame = self._asked
        if frame is None:
            return
        if said.word == "begun":
            self._stage.tell(FrameBegun(work.range_id, frame))
        elif said.word == "done":
            self._asked = None
            done = RenderedFrame(
                frame, said.seconds, said.started, self._path(frame), self._seat.started_at
            )
            self.resume()  # first of all, so that the tool never waits for us
            self._stage.rendered(work, done)
        elif said.word == "failed":
            self._asked = None
            self._stage.broke(work, frame, said.reason, said.text)
            if said.reason in ENDS_SESSION:
                self._stage.gave_up(said.reason, said.text)

    def _ended(self, event: ToolEnded) -> None:
        reason, text = self._seat.why(event.end)
        self._seat.tool = None
        if self._work is None:
            self._stage.tell(Log("warning", f"the idle tool ended: {text}"))
        elif self._asked is None and not self._loaded:
            self._stage.gave_up(reason, f"before the scene was open: {text}")
        else:
            self._lose_tool(reason, text)

    def _lose_tool(self, reason: Reason, text: str) -> None:
        """The tool is gone or must go: the frame in hand is broken, the others get a new tool."""
        self._seat.kill()
        work, frame, self._asked = self._work, self._asked, None
        if work is not None and frame is not None:
            self._stage.broke(work, frame, reason, text)
        elif work is not None:
            self._stage.gave_up(reason, text)
        self.resume()

    def _path(self, frame: int) -> Path:
        return self._seat.output / self._seat.job.pattern.name(frame)
