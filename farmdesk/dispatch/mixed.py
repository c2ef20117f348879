"""The paper's two rules: frames shorter than the scene load static, the longer ones dynamic.

`sampled` is its algorithm 1, for a new show or a major change; `version` its rule for a minor
change, when the frame times of the previous version are known.
"""

from collections import deque
from collections.abc import Sequence

from farmdesk.dispatch.policy import Move, Take, Terms
from farmdesk.dispatch.pool import Pool, parts
from farmdesk.dispatch.slots import Slot

SAMPLES = 10


class Mixed(Pool):
    """Each slot gets one static part, then single frames; at last, parts that found no slot."""

    def __init__(self) -> None:
        super().__init__()
        self._static: Sequence[int] = ()
        self._parts: deque[Sequence[int]] = deque()
        self._served: set[Slot] = set()

    def plan(self, static: Sequence[int], dynamic: Sequence[int]) -> None:
        """Say which positions are static, to be cut when slots are idle, and which dynamic."""
        self._static = static
        if dynamic:
            self.pieces.append(dynamic)

    def prepare(self, idle: Sequence[Slot]) -> None:
        """Cut the static positions evenly among the slots that are idle when they are known."""
        if idle and self._static:
            self._parts.extend(parts(self._static, len(idle)))
            self._static = ()

    def pick(self, slot: Slot, _now: float) -> Move | None:
        """Give the slot its static part, a frame, or a part that nobody came for."""
        if self._parts and (slot not in self._served or not self.pieces):
            self._served.add(slot)
            return Take(self._parts.popleft())
        return self.take(1)


class Sampled(Mixed):
    """Up to ten evenly spaced samples, one a slot, say which share of the frames is static.

    That is the share of samples shorter than the load, and the leading frames.
    """

    def __init__(self, terms: Terms) -> None:
        super().__init__()
        self._estimates = terms.estimates
        self._count = terms.count
        self._samples: set[int] | None = None  # None: not chosen yet
        self._open: set[int] = set()
        self._short = 0

    def prepare(self, idle: Sequence[Slot]) -> None:
        """Choose the samples when the first slots come."""
        if self._samples is None and idle and self._count:
            number = min(SAMPLES, self._count, len(idle))
            last = self._count - 1
            self._samples = {k * last // max(number - 1, 1) for k in range(number)}
            self._open = set(self._samples)
            self.pieces.extend((position,) for position in sorted(self._samples))
        super().prepare(idle)

    def frame_over(self, position: int, seconds: float | None) -> None:
        """Count a sample; after the last one, plan the rest."""
        if position not in self._open or self._samples is None:
            return
        self._open.remove(position)
        self._short += seconds is not None and seconds < self._estimates.load_s
        if not self._open:
            rest = [k for k in range(self._count) if k not in self._samples]
            static = round(self._short / len(self._samples) * len(rest))
            self.plan(rest[:static], rest[static:])


class Version(Mixed):
    """Frames whose previous version took less than the load are static; without one, all are."""

    def __init__(self, terms: Terms) -> None:
        super().__init__()
        load_s = terms.estimates.load_s
        prior = terms.prior or [0.0] * terms.count
        static = [k for k, seconds in enumerate(prior) if seconds < load_s]
        self.plan(static, [k for k, seconds in enumerate(prior) if seconds >= load_s])
