"""Lists of runs, ascending and not interleaved: the one canonical list, sweeps over two, patches.

A list costs what its runs cost, not what its frames cost.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from heapq import heappush, heapreplace
from itertools import zip_longest

from farmdesk.domain.runs import INTERSECTION, UNION, Operation, Run


class RunLimit(Exception):
    """A result would have more runs than the caller allows."""


class NamedTwice(Exception):
    """A frame is in two runs, and each may be named once."""

    def __init__(self, frame: int) -> None:
        self.frame = frame
        super().__init__(frame)


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


def canonical(runs: Iterable[Run], limit: int | None = None) -> list[Run]:
    """Give the canonical list of ascending runs. Raises RunLimit when it is longer than `limit`."""
    canon = Canon(limit)
    for run in runs:
        canon.add(run)
    return canon.finish()


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


def patch(
    runs: Sequence[Run], by: Sequence[Run], operation: Operation
) -> tuple[int, int, list[Run]]:
    """Combine two canonical lists, redoing only the runs that `by`, which is not empty, can change.

    Gives `low`, `high` and runs that take the place of runs[low:high].

    A canonical run depends on at most two runs after it, so two untouched runs before `by` are
    done again; behind `by` the old runs hold from the first one that starts where a new one starts.
    """
    low = max(bisect_left(runs, by[0].start, key=lambda run: run.last) - 2, 0)
    high = bisect_right(runs, by[-1].last, key=lambda run: run.start)
    canon = Canon()
    for run in combine(runs[low:high], by, operation):
        canon.add(run)
    while high < len(runs):
        canon.add(runs[high])
        high += 1
        if canon.start == runs[high - 1].start:
            canon.count = 0  # the old run stands as it is
            high -= 1
            break
    return low, high, canon.finish()


def united(runs: Iterable[Run], *, once: bool, limit: int) -> list[Run]:
    """Give the canonical list of runs in any order.

    `once`: raises NamedTwice for a frame of two of them. Raises RunLimit when runs that interleave
    make a list longer than `limit`.
    """
    layers = [canonical(layer) for layer in _layers(runs)]
    while len(layers) > 1:
        layers = _merged_in_pairs(layers, once=once, limit=limit)
    return layers[0]


def _merged_in_pairs(layers: Sequence[Sequence[Run]], *, once: bool, limit: int) -> list[list[Run]]:
    """Unite neighbours; all together may have `limit` runs."""
    merged: list[list[Run]] = []
    for a, b in zip_longest(layers[::2], layers[1::2], fillvalue=()):
        if once and (both := next(combine(a, b, INTERSECTION), None)):
            raise NamedTwice(both.start)
        merged.append(canonical(combine(a, b, UNION), limit))
        limit -= len(merged[-1])
    return merged


def _layers(runs: Iterable[Run]) -> list[list[Run]]:
    """Sort runs into as few ascending lists without interleaving as possible: mostly one."""
    layers: list[list[Run]] = []
    ends: list[tuple[int, int]] = []  # heap of each layer's last frame and its number
    for run in sorted(runs, key=lambda run: run.start):
        if ends and ends[0][0] < run.start:
            number = ends[0][1]
            heapreplace(ends, (run.last, number))
            layers[number].append(run)
        else:
            heappush(ends, (run.last, len(layers)))
            layers.append([run])
    return layers
