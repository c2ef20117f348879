"""Arithmetic on arithmetic progressions of frame numbers: the engine room of `FrameSet`.

A progression is a `Run`. Two runs are combined in closed form wherever the result is again a few
runs; element by element only where the result has no shorter form. Nothing here knows of text or
of whole sets.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
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


class RunLimit(Exception):
    """A result would have more runs than the caller allows."""


class Canon:
    """Takes ascending runs that do not interleave; gives the one canonical list for their frames.

    The form depends on the frames alone, not on how they came: greedy from the left, each run as
    long as it goes, but two frames more than 1 apart are two runs (`1,5` is shorter than `1-5x4`).
    """

    def __init__(self, limit: int | None = None) -> None:
        self.done: list[Run] = []
        self.limit = limit
        # the run that is still growing; step 0: not known yet, count 0: there is none
        self.start = 0
        self.step = 0
        self.count = 0

    def add(self, run: Run) -> None:
        """Append a run whose frames are all above those added before."""
        start, step, count = run.start, run.step, run.count
        while count:
            if self.count == 0:
                self.start, self.step, self.count = start, step if count > 1 else 0, count
                return
            if self.count == 1:
                self.step = start - self.start
                taken = 1
            elif start != self.start + self.step * self.count:
                self._close()
                continue
            else:
                taken = count if step == self.step else 1
            self.count += taken
            start += step * taken
            count -= taken

    def _close(self) -> None:
        """Put away the growing run; of two frames that stand apart only the first."""
        if self.limit is not None and len(self.done) >= self.limit:
            raise RunLimit
        if self.count == 2 and self.step > 1:
            self.done.append(Run(self.start, 1, 1))
            self.start, self.step, self.count = self.start + self.step, 0, 1
        else:
            self.done.append(Run(self.start, self.step or 1, self.count))
            self.count = 0

    def finish(self) -> list[Run]:
        """Close what still grows and give all runs."""
        while self.count:
            self._close()
        return self.done


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


def stretches(frames: Iterable[int]) -> Iterator[Run]:
    """Group ascending frame numbers into unbroken runs; doubles count once."""
    start = end = None
    for frame in frames:
        if end is None or start is None:
            start, end = frame, frame + 1
        elif frame == end:
            end += 1
        elif frame > end:
            yield Run(start, 1, end - start)
            start, end = frame, frame + 1
    if start is not None and end is not None:
        yield Run(start, 1, end - start)


def combine(left: Sequence[Run], right: Sequence[Run], operation: Operation) -> Iterator[Run]:
    """Sweep over two ascending run lists, cutting at each other's ends.

    What comes out ascends and never interleaves, but is not canonical yet.
    """
    lefts, rights = iter(left), iter(right)
    a, b = next(lefts, None), next(rights, None)
    while a is not None and b is not None:
        if a.last < b.start:
            if operation.left:
                yield a
            a = next(lefts, None)
            continue
        if b.last < a.start:
            if operation.right:
                yield b
            b = next(rights, None)
            continue
        low, high = max(a.start, b.start), min(a.last, b.last)
        a_head, a = a.cut(low)
        b_head, b = b.cut(low)
        if operation.left and a_head:
            yield a_head
        if operation.right and b_head:
            yield b_head
        if a is not None and b is not None:
            a_part, a = a.cut(high + 1)
            b_part, b = b.cut(high + 1)
            yield from _stretch(a_part, b_part, operation)
        a, b = a or next(lefts, None), b or next(rights, None)
    if operation.left and a is not None:
        yield a
        yield from lefts
    if operation.right and b is not None:
        yield b
        yield from rights


def _stretch(a: Run | None, b: Run | None, operation: Operation) -> Iterator[Run]:
    if a is not None and b is not None:
        yield from (run for run in operation.both(a, b) if run is not None)
    elif a is not None and operation.left:
        yield a
    elif b is not None and operation.right:
        yield b
