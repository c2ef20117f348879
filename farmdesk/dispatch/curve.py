"""The learned frame-time curve: expected seconds of each position of a task, on a node of speed 1.

Expected seconds = prior (the previous version's times, or flat) x learned ratio, in up to 128
buckets, linear between the measured ones. Prefix sums make the work of any range cost O(1).
"""

import math
from collections.abc import Sequence
from itertools import accumulate, pairwise

BUCKETS = 128
STALE_SHARE = 0.02  # the sums are made anew when they miss this share of the measured frames


class Curve:
    """Expected seconds along the positions 0 to count - 1 of a task.

    `prior`: seconds of each position, None means flat; what is not positive and finite is unknown.
    `flat_s`: seconds of a frame as long as nothing is known.
    """

    def __init__(self, count: int, prior: Sequence[float] | None, flat_s: float) -> None:
        self.count = count
        self.measured = 0
        self._buckets = max(1, min(BUCKETS, count))
        self._edges = [k * count // self._buckets for k in range(self._buckets + 1)]
        self._prior = _means(prior, self._edges, flat_s)
        self._seconds = [0.0] * self._buckets
        self._weights = [0.0] * self._buckets
        self._unsummed = 0
        self._sum_up()

    def learn(self, position: int, seconds: float) -> None:
        """Take in a frame that would have taken `seconds` on a node of speed 1."""
        bucket = self.bucket(position)
        self._seconds[bucket] += seconds
        self._weights[bucket] += self._prior[bucket]
        self.measured += 1
        self._unsummed += 1
        if self._unsummed > self.measured * STALE_SHARE:
            self._sum_up()

    def refresh(self) -> None:
        """Bring the sums up to date; before a decision that is worth 50 microseconds."""
        if self._unsummed:
            self._sum_up()

    def at(self, position: int) -> float:
        """Give the expected seconds of one position."""
        return self.rates[self.bucket(position)]

    def work(self, positions: Sequence[int], low: int, high: int) -> float:
        """Give the expected seconds of positions[low:high], which are ascending."""
        if high <= low:
            return 0.0
        first, last = positions[low], positions[high - 1]
        step = positions.step if isinstance(positions, range) else 1
        if step > 1 and last + step <= self.count:
            return (self.up_to(last + step) - self.up_to(first)) / step
        # What has no even step, or none that fits in, stands for its share of the span.
        end = last + 1 if step == 1 else self.count
        return (self.up_to(end) - self.up_to(first)) * (high - low) / (end - first)

    def up_to(self, position: int) -> float:
        """Give the expected seconds of all positions below `position`."""
        if position >= self.count:
            return self._sums[-1]
        bucket = self.bucket(position)
        return self._sums[bucket] + (position - self._edges[bucket]) * self.rates[bucket]

    def bucket(self, position: int) -> int:
        """Give the number of the bucket that holds a position."""
        return ((position + 1) * self._buckets - 1) // self.count

    def _sum_up(self) -> None:
        ratios = _between(self._seconds, self._weights)
        self.rates = [rate * ratio for rate, ratio in zip(self._prior, ratios, strict=True)]
        widths = (high - low for low, high in pairwise(self._edges))
        work = (rate * width for rate, width in zip(self.rates, widths, strict=True))
        self._sums = list(accumulate(work, initial=0.0))
        self._unsummed = 0


def _means(prior: Sequence[float] | None, edges: Sequence[int], flat_s: float) -> list[float]:
    """Mean prior of each bucket; unknown times take the mean of the known ones."""
    known = [seconds for seconds in prior or () if 0.0 < seconds < math.inf]
    mean = sum(known) / len(known) if known else flat_s
    if prior is None or not known:
        return [mean] * (len(edges) - 1)
    filled = [seconds if 0.0 < seconds < math.inf else mean for seconds in prior]
    return [sum(filled[low:high]) / (high - low) for low, high in pairwise(edges)]


def _between(seconds: Sequence[float], weights: Sequence[float]) -> list[float]:
    """Learned ratio of each bucket; between measured buckets linear, outside them level."""
    seen = [k for k, weight in enumerate(weights) if weight > 0.0]
    if not seen:
        return [1.0] * len(weights)
    level = [seconds[k] / weights[k] for k in seen]
    ratios = [level[0]] * len(weights)
    for (low, at_low), (high, at_high) in pairwise(zip(seen, level, strict=True)):
        slope = (at_high - at_low) / (high - low)
        ratios[low:high] = [at_low + slope * k for k in range(high - low)]
    ratios[seen[-1] :] = [level[-1]] * (len(weights) - seen[-1])
    return ratios
