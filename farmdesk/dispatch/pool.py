"""What the policies that never split a range share: pieces that are handed out in order."""

from collections import deque
from collections.abc import Sequence
from itertools import pairwise

from farmdesk.dispatch.policy import Move, Take
from farmdesk.dispatch.slots import Slot


class Pool:
    """Pieces of positions; returned ones are taken first. Never steals and never copies."""

    def __init__(self) -> None:
        self.pieces: deque[Sequence[int]] = deque()

    def prepare(self, _idle: Sequence[Slot]) -> None:
        """Nothing to prepare, unless a policy cuts its pieces by the slots."""

    def pick(self, _slot: Slot, _now: float) -> Move | None:
        """Give the next whole piece."""
        return Take(self.pieces.popleft()) if self.pieces else None

    def give_back(self, positions: Sequence[int]) -> None:
        """Keep what lost its slot, to be taken first."""
        self.pieces.appendleft(positions)

    def changed(self, _slot: Slot, _now: float) -> None:
        """Nobody's end matters here."""

    def frame_over(self, _position: int, _seconds: float | None) -> None:
        """No frame's time matters here."""

    def take(self, count: int) -> Move | None:
        """Give up to `count` positions from the head of the next piece."""
        if not self.pieces:
            return None
        piece = self.pieces.popleft()
        if len(piece) > count:
            self.pieces.appendleft(piece[count:])
        return Take(piece[:count])


def parts(positions: Sequence[int], number: int) -> list[Sequence[int]]:
    """Cut into `number` contiguous parts whose sizes differ by at most one; none is empty."""
    cuts = [k * len(positions) // number for k in range(number + 1)]
    return [positions[low:high] for low, high in pairwise(cuts) if high > low]
