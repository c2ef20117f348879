"""Whether every n-th frame is heavier than its neighbours: a factor for each residue class.

Strided ranges give a slot the positions of one class. When the frames' times have a period that
fits the stride, one slot has all the heavy ones, and the curve, which averages neighbours, cannot
see it. Only a class that differs much and in every frame gets a factor: what differs little is
the slot's speed, what differs now and then is chance.
"""

import math
from collections.abc import Sequence

from farmdesk.dispatch.curve import Curve

LEAST = 0.4  # a class differs when the mean logarithm of measured / expected is at least so far off
SPREADS = 2.0  # and at least so many standard deviations
RENEW = 8  # a factor is learned anew when its class has grown by this part


class Strands:
    """Factors of the positions of a class over what the curve expects.

    Classes are kept modulo twice the lanes, so that a period of two strides shows as well.
    """

    def __init__(self, curve: Curve, lanes: int) -> None:
        self._curve = curve
        self._lanes, self._classes = lanes, 2 * lanes
        # class -> bucket of the curve -> frames, sum of the logarithms, sum of their squares
        self._logs: list[dict[int, tuple[int, float, float]]] = [{} for _ in range(self._classes)]
        self._learned = [0] * self._classes
        self._factors: dict[tuple[int, ...], tuple[int, float]] = {}  # good until, factor

    def learn(self, position: int, seconds: float) -> None:
        """Take in a frame that would have taken `seconds` on a node of speed 1."""
        k = position % self._classes
        bucket = self._curve.bucket(position)
        frames, total, squares = self._logs[k].get(bucket, (0, 0.0, 0.0))
        log = math.log(seconds)
        self._logs[k][bucket] = frames + 1, total + log, squares + log * log
        self._learned[k] += 1

    def ratio(self, positions: Sequence[int]) -> float:
        """Give the factor for these positions; 1.0 when they are of more than two classes."""
        k = positions[0] % self._classes
        other = (k + self._lanes) % self._classes
        step = positions.step if isinstance(positions, range) else 1
        if len(positions) > 1 and step % self._lanes:
            return 1.0
        alone = len(positions) == 1 or step % self._classes == 0
        both = self._factor(min(k, other), max(k, other))
        if both != 1.0:
            return both
        return self._factor(k) if alone else (self._factor(k) + self._factor(other)) / 2.0

    def _factor(self, *classes: int) -> float:
        """Give the factor of classes that are taken together; 1.0 when they are not alike."""
        good_until, factor = self._factors.get(classes, (0, 1.0))
        count = sum(self._learned[k] for k in classes)
        if count > good_until:
            factor = self._learn_factor(classes, count)
            self._factors[classes] = count + count // RENEW, factor
        return factor

    def _learn_factor(self, classes: Sequence[int], count: int) -> float:
        total, squares = 0.0, 0.0
        for k in classes if count > 1 else ():
            for bucket, (frames, logs, log_squares) in self._logs[k].items():
                expected = math.log(self._curve.rates[bucket])
                total += logs - frames * expected
                squares += log_squares - 2.0 * expected * logs + frames * expected * expected
        mean = total / count
        spread = math.sqrt(max(squares / count - mean * mean, 0.0))
        return 1.0 if abs(mean) < max(LEAST, SPREADS * spread) else math.exp(mean)
