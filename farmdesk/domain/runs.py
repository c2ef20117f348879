"""Arithmetic on arithmetic progressions of frame numbers: the engine room of `FrameSet`.

A progression is a `Run`. Two runs are combined in closed form wherever the result is again a few
runs; element by element only where the result has no shorter form. Nothing here knows of text, of
lists of runs (`run_lists.py`) or of whole sets.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from math import gcd


@dataclass(frozen=True, slots=True)
class Run:
    """`count` frame numbers from `start`, `step` apart (step 1 when count is 1)."""

    start: int
    step: int
    count: int

    @property
    def last(self) -> int:
        """The highest frame number."""
        return self.start + self.step * (self.count - 1)

    def frames(self) -> range:
        """All its frame numbers, ascending."""
        return range(self.start, self.last + 1, self.step)

    def position(self, frame: int) -> int | None:
        """Where a frame stands in this run, from 0; None when it is not in it."""
        position, rest = divmod(frame - self.start, self.step)
        return None if rest or not 0 <= position < self.count else position

    def part(self, first: int, count: int) -> "Run | None":
        """Give `count` of its frames from position `first` on; None for none of them."""
        return Run(self.start + first * self.step, self.step, count) if count > 0 else None

    def cut(self, frame: int) -> "tuple[Run | None, Run | None]":
        """Split into the frames below `frame` and those from `frame` on."""
        below = min(max(-((self.start - frame) // self.step), 0), self.count)
        return self.part(0, below), self.part(below, self.count - below)


@dataclass(frozen=True, slots=True)
class Operation:
    """A set operation on two run lists."""

    left: bool  # frames of the left side alone stay
    right: bool
    both: Callable[[Run, Run], Iterable[Run | None]]  # for a stretch where both have frames


def common(a: Run, b: Run) -> Run | None:
    """Give the frames that are in both runs: again a run (Chinese remainder theorem), or None."""
    divisor = gcd(a.step, b.step)
    distance, rest = divmod(b.start - a.start, divisor)
    if rest:
        return None
    modulus = b.step // divisor
    position = distance * pow(a.step // divisor, -1, modulus) % modulus if modulus > 1 else 0
    step = a.step * modulus
    start = a.start + a.step * position
    low, high = max(a.start, b.start), min(a.last, b.last)
    if start < low:
        start += -((start - low) // step) * step
    return Run(start, step, (high - start) // step + 1) if start <= high else None


def _shared(a: Run, b: Run) -> Iterator[Run | None]:
    yield common(a, b)


def _without(a: Run, b: Run) -> Iterator[Run | None]:
    """`a` less `b`: before, between and after the frames that both have."""
    gone = common(a, b)
    if gone is None:
        yield a
        return
    stride = gone.step // a.step if gone.count > 1 else 1
    head = (gone.start - a.start) // a.step
    yield a.part(0, head)
    if stride == 2:
        yield Run(gone.start + a.step, gone.step, gone.count - 1)
    elif stride > 2:
        for start in range(gone.start + a.step, gone.last, gone.step):
            yield Run(start, a.step, stride - 1)
    after = head + stride * (gone.count - 1) + 1
    yield a.part(after, a.count - after)


def _united(a: Run, b: Run) -> Iterator[Run | None]:
    """`a` and `b` in one: one run when one holds the other or they interlock evenly.

    Else the denser one, cut where a frame of the other falls between.
    """
    shared = common(a, b)
    held = shared.count if shared else 0
    if held == b.count or held == a.count:
        yield a if held == b.count else b
        return
    low, high = (a, b) if a.start < b.start else (b, a)
    if a.step == b.step == 2 * (high.start - low.start):
        yield Run(low.start, a.step // 2, a.count + b.count)
        return
    dense, sparse = (a, b) if a.step <= b.step else (b, a)
    taken = 0
    for frame in sparse.frames():
        below = -((dense.start - frame) // dense.step)
        below = min(max(below, taken), dense.count)
        yield dense.part(taken, below - taken)
        taken = below
        if dense.position(frame) is None:
            yield Run(frame, 1, 1)
    yield dense.part(taken, dense.count - taken)


UNION = Operation(left=True, right=True, both=_united)
DIFFERENCE = Operation(left=True, right=False, both=_without)
INTERSECTION = Operation(left=False, right=False, both=_shared)
