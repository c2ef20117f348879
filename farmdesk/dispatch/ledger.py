"""Which frames of a task are still open: one byte a frame; frames outside, positions inside."""

from collections.abc import Sequence

from farmdesk.domain.frames import FrameSet

_OPEN, _DONE, _GIVEN_UP = 0, 1, 2
_WITHHELD = 3  # not released yet; the policy has it still
_PARKED = 4  # not released yet; the policy has handed it out in vain
_ALL_RELEASED = bytes(_OPEN if n in (_WITHHELD, _PARKED) else n for n in range(256))


class Ledger:
    """The frames that a RenderControl has to render, and what became of each.

    `remaining`: open ones. `withheld`: unfinished ones that are not released yet.
    `released` None: all frames are open from the beginning.
    """

    def __init__(self, frames: FrameSet, released: FrameSet | None = None) -> None:
        self.frames = frames
        self.remaining = len(frames)
        self.withheld = 0
        self._status = bytearray(len(frames))
        if released is not None:
            self._status = bytearray([_WITHHELD]) * len(frames)
            self.remaining, self.withheld = 0, len(frames)
            self.release(released)

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

    def is_over(self, position: int) -> bool:
        """Whether this position is done or given up."""
        return self._status[position] in (_DONE, _GIVEN_UP)

    def release(self, frames: FrameSet) -> list[int]:
        """Open those of these frames that are withheld.

        Give the positions that were parked, ascending: the policy does not have them any more.
        """
        fitting = frames & self.frames
        if len(fitting) == len(self.frames):
            return self._release_all()
        parked: list[int] = []
        for frame in fitting:
            position = self.frames.index_of(frame)
            status = self._status[position]
            if status not in (_WITHHELD, _PARKED):
                continue
            self._status[position] = _OPEN
            self.remaining += 1
            self.withheld -= 1
            if status == _PARKED:
                parked.append(position)
        return parked

    def _release_all(self) -> list[int]:
        """Open all that are withheld, in one sweep: there may be 500,000."""
        parked = [at for at, status in enumerate(self._status) if status == _PARKED]
        self._status = self._status.translate(_ALL_RELEASED)
        self.remaining += self.withheld
        self.withheld = 0
        return parked

    def park(self, positions: Sequence[int]) -> None:
        """Note that the policy has handed these out; those withheld come back by `release`."""
        for position in positions if self.withheld else ():
            if self._status[position] == _WITHHELD:
                self._status[position] = _PARKED

    def finish(self, position: int) -> None:
        """The frame at this position, which was not over, is done."""
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
        if self._status[position] == _OPEN:
            self.remaining -= 1
        else:
            self.withheld -= 1
        self._status[position] = status
