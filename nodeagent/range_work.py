"""What is left to do of a range that the engine gave."""

from dataclasses import dataclass, field

from nodeagent.frame_runs import FrameRuns


@dataclass(slots=True)
class RangeWork:
    """A range on its way: frames are begun in ascending order, then published, then settled."""

    range_id: int
    runs: FrameRuns
    last: int  # nothing behind it is begun
    begun: int | None = None  # the last frame that the tool was given or began by itself
    unsettled: set[int] = field(default_factory=set)  # begun, and neither published nor broken
    exhausted: bool = False  # nothing is left to begin
    verdict: tuple[str, str, str] | None = None  # reason, text, log tail: the session is broken

    def next_frame(self) -> int | None:
        """Give the frame to begin next, or None when nothing is left."""
        frame = self.runs.after(self.begun)
        return None if frame is None or frame > self.last else frame

    def begin(self, frame: int) -> None:
        """Note that the tool has this frame in hand."""
        self.begun = frame
        self.unsettled.add(frame)

    def stop_after(self, frame: int, in_hand: int | None) -> int | None:
        """Begin nothing behind `frame`; give the last frame that will still be rendered, or None.

        A frame in hand is always finished. A cut is never taken back.
        """
        self.last = min(self.last, frame)
        coming = self.runs.up_to(self.last) if self.next_frame() is not None else None
        return coming if coming is not None else in_hand
