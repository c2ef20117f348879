"""Range splitting, the default policy: each slot holds one range, and who runs dry takes a tail.

First ranges are strided, so that ramps, cuts and heavy shots spread evenly; tools whose frames
must be contiguous get them cut by speed and expected work. A slot that runs dry takes the tail of
the range expected to end last, cut where both would end together. Nothing is ever killed but the
loser of a frame that two slots rendered at the very end.
"""

import heapq
import math
from bisect import bisect_left
from collections.abc import Sequence
from itertools import count as counter

from farmdesk.dispatch.ends import Ends
from farmdesk.dispatch.policy import Copy, Move, Steal, Take, Terms
from farmdesk.dispatch.slots import Slot

FULL = 0.75  # slots together make a full one at this share of the fastest one's speed
GAIN = 0.10  # a steal must end the range earlier by this share of a scene load


class RangeSplit:
    """Ranges that are split where both halves are expected to end together; O(log slots) a pick."""

    def __init__(self, terms: Terms) -> None:
        self._terms = terms
        self._estimates = terms.estimates
        self._untouched: range | None = range(terms.count)
        self._shares: dict[Slot, Sequence[int]] = {}
        self._returned: list[tuple[float, int, Sequence[int]]] = []  # heap, the largest first
        self._ranges = Ends(terms.estimates)  # of slots with frames that they have not begun
        self._lasts = Ends(terms.estimates)  # of slots on the last frame of their range
        self._serial = counter()

    def prepare(self, idle: Sequence[Slot]) -> None:
        """Cut the first ranges when the first slots come."""
        if self._untouched is None or not idle:
            return
        whole, self._untouched = self._untouched, None
        cut = self._contiguous if self._terms.contiguous else self._strided
        self._shares = cut(whole, idle[: len(whole)])

    def pick(self, slot: Slot, now: float) -> Move | None:
        """Give the slot its first range, a returned one, a tail, or a copy of the last frame."""
        if self._shares:  # a slot too slow for a share of its own takes another's
            own = slot if slot in self._shares else next(iter(self._shares))
            return Take(self._shares.pop(own))
        if self._returned:
            return Take(heapq.heappop(self._returned)[2])
        self._estimates.curve.refresh()
        return self._steal(slot, now) or self._copy(slot, now)

    def give_back(self, positions: Sequence[int]) -> None:
        """Keep a range that lost its slot, to be taken first."""
        work = self._estimates.curve.work(positions, 0, len(positions))
        heapq.heappush(self._returned, (-work, next(self._serial), positions))

    def changed(self, slot: Slot, now: float) -> None:
        """Note the new expected end of the slot."""
        slot.version += 1
        holding = slot.holding
        if holding is not None and not holding.over:
            ends = self._ranges if holding.index + 1 < holding.stop else self._lasts
            ends.push(slot, holding, now)

    def frame_over(self, _position: int, _seconds: float | None) -> None:
        """The curve learns elsewhere."""

    def _contiguous(self, whole: range, slots: Sequence[Slot]) -> dict[Slot, Sequence[int]]:
        curve = self._estimates.curve
        speeds = [math.exp(slot.log_speed) for slot in slots]
        shares: dict[Slot, Sequence[int]] = {}
        low, given = 0, 0.0
        for slot, speed in zip(slots, speeds, strict=True):
            given += speed
            goal = given / sum(speeds) * curve.up_to(len(whole))
            high = bisect_left(whole, goal, key=curve.up_to)
            if slot is slots[-1]:
                high = len(whole)
            if high > low:
                shares[slot] = whole[low:high]
            low = max(low, high)
        return shares

    def _strided(self, whole: range, slots: Sequence[Slot]) -> dict[Slot, Sequence[int]]:
        """Lane k of b lanes gets the positions = k (mod b), dealt to the slots of the lane."""
        lanes = [[slot] for slot in slots] if len(slots) == len(whole) else _lanes(slots)
        self._estimates.stride(len(lanes))
        shares: dict[Slot, Sequence[int]] = {}
        for k, lane in enumerate(lanes):
            for i, slot in enumerate(lane):
                share = whole[k + i * len(lanes) :: len(lanes) * len(lane)]
                if share:
                    shares[slot] = share
        return shares

    def _steal(self, thief: Slot, now: float) -> Move | None:
        """Split the range expected to end last where both parts would end together."""
        victim = self._ranges.latest(now)
        if victim is None or victim.holding is None or victim.holding.asks:
            return None
        estimates, holding = self._estimates, victim.holding
        positions, first, end = holding.positions, holding.index + 1, len(holding.positions)
        cost = self._load_s(thief)
        ahead = estimates.ahead(victim, holding, now)

        def ends(cut: int) -> tuple[float, float]:
            mine = ahead + estimates.seconds(victim, positions, first, cut)
            return mine, cost + estimates.seconds(thief, positions, cut, end)

        def gap(cut: int) -> float:
            mine, other = ends(cut)
            return mine - other

        cut = bisect_left(range(first, end), 0.0, key=gap) + first
        near = [k for k in (cut - 1, cut) if first <= k < end]
        cut = min(near, key=lambda k: max(ends(k)))
        alone = ahead + estimates.seconds(victim, positions, first, end)
        return Steal(victim, cut) if max(ends(cut)) < alone - GAIN * cost else None

    def _copy(self, thief: Slot, now: float) -> Move | None:
        """Render the last frame of a range too, where that may end earlier."""
        victim = self._lasts.latest(now)
        if victim is None or victim.holding is None or not victim.holding.copyable:
            return None
        estimates, holding = self._estimates, victim.holding
        last = len(holding.positions) - 1
        alone = estimates.ahead(victim, holding, now)
        copied = self._load_s(thief) + estimates.seconds(thief, holding.positions, last, last + 1)
        return Copy(victim) if copied < alone else None

    def _load_s(self, thief: Slot) -> float:
        return 0.0 if self._terms.warm and thief.loaded else self._estimates.load_s


def _lanes(slots: Sequence[Slot]) -> list[list[Slot]]:
    """Group slots, the fastest first, into lanes that are each about as fast as the fastest."""
    full = FULL * math.exp(slots[0].log_speed)
    lanes: list[list[Slot]] = [[]]
    speed = 0.0
    for slot in slots:
        if speed >= full:
            lanes.append([])
            speed = 0.0
        lanes[-1].append(slot)
        speed += math.exp(slot.log_speed)
    if len(lanes) > 1 and speed < full:
        last = lanes.pop()
        lanes[-1] += last
    return lanes
