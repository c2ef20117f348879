"""Which frames of a task are still open: one byte a frame; frames outside, positions inside."""

from collections.abc import Sequence

from farmdesk.domain.frames import FrameSet

_OPEN, _DONE, _GIVEN_UP = 0, 1, 2


class Ledger:
    """The frames that a RenderControl has to render, and what became of each."""

    def __init__(self, frames: FrameSet) -> None:
        self.frames = frames
        self.remaining = len(frames)
        self._status = bytearray(len(frames))

    def position(self, frame: int) -> int | None:
        """Give a frame's position, None when it is not of this ledger."""
        try:
            return self.frames.index_of(frame)
        except ValueError:
            return None

    def frame(self, position: int) -> int:
        """Give the frame at a position."""
        return self.frames.frame_at(position)

    def frame_set(self, positions: Sequence[int]) -> FrameSet:
        """Give the frames at these ascending positions."""
        if isinstance(positions, range) and positions:
            return self.frames.every(positions.start, positions.step, len(positions))
        return FrameSet.of(self.frames.frame_at(position) for position in positions)

    def is_open(self, position: int) -> bool:
        """Whether this position is still to be rendered."""
        return self._status[position] == _OPEN

    def finish(self, position: int) -> None:
        """The frame at this open position is done."""
        self._close(position, _DONE)

    def give_up(self, position: int) -> None:
        """The frame at this open position has failed for good."""
        self._close(position, _GIVEN_UP)

    def open_of(self, positions: Sequence[int]) -> Sequence[int]:
        """Give those of these positions that are open; the same sequence when all are."""
        if isinstance(positions, range) and positions:
            seen = self._status[positions.start : positions[-1] + 1 : positions.step]
            if not any(seen):
                return positions
        still = [position for position in positions if self.is_open(position)]
        return positions if len(still) == len(positions) else still

    def _close(self, position: int, status: int) -> None:
        self._status[position] = status
        self.remaining -= 1
