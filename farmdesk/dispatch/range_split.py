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

from farmdesk.dispatch.policy import Copy, Move, Steal, Take, Terms
from farmdesk.dispatch.slots import Holding, Slot

FULL = 0.75  # slots together make a full one at this share of the fastest one's speed
GAIN = 0.10  # a steal must end the range earlier by this share of a scene load
ASK_PATIENCE_S = 10.0  # who does not answer for so long is passed over
LEAST_KEYS = 256  # so many expected ends, stale ones counted, cost nothing to keep


class RangeSplit:
    """Ranges that are split where both halves are expected to end together; O(log slots) a pick."""

    def __init__(self, terms: Terms) -> None:
        self._terms = terms
        self._estimates = terms.estimates
        self._untouched: range | None = range(terms.count)
        self._shares: dict[Slot, Sequence[int]] = {}
        self._returned: list[tuple[float, int, Sequence[int]]] = []  # heap, the largest first
        self._ends: list[tuple[float, int, int, Slot]] = []  # lazy heap of expected ends
        self._compact_at = LEAST_KEYS
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
        victim = self._latest(now)
        if victim is None or victim.holding is None:
            return None
        return self._split(victim, victim.holding, slot, now)

    def give_back(self, positions: Sequence[int]) -> None:
        """Keep a range that lost its slot, to be taken first."""
        work = self._estimates.curve.work(positions, 0, len(positions))
        heapq.heappush(self._returned, (-work, next(self._serial), positions))

    def changed(self, slot: Slot, now: float) -> None:
        """Note the new expected end of the slot."""
        slot.version += 1
        if slot.holding is None or slot.holding.over:
            return
        end = self._estimates.end(slot, slot.holding, now)
        heapq.heappush(self._ends, (-end, next(self._serial), slot.version, slot))
        if len(self._ends) > self._compact_at:
            self._ends = [key for key in self._ends if key[2] == key[3].version]
            heapq.heapify(self._ends)
            self._compact_at = max(LEAST_KEYS, 4 * len(self._ends))

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
        shares: dict[Slot, Sequence[int]] = {}
        for k, lane in enumerate(lanes):
            for i, slot in enumerate(lane):
                share = whole[k + i * len(lanes) :: len(lanes) * len(lane)]
                if share:
                    shares[slot] = share
        return shares

    def _split(self, victim: Slot, holding: Holding, thief: Slot, now: float) -> Move | None:
        if holding.asks or holding.twin is not None:
            return None
        estimates, positions = self._estimates, holding.positions
        cost = 0.0 if self._terms.warm and thief.loaded else estimates.load_s
        ahead = estimates.ahead(victim, holding, now)
        first, end = holding.index + 1, len(positions)
        finish = ahead + estimates.seconds(victim, positions, first, end)
        if first >= end:
            alone = cost + estimates.seconds(thief, positions, end - 1, end)
            return Copy(victim) if alone < finish else None

        def ends(cut: int) -> tuple[float, float]:
            mine = ahead + estimates.seconds(victim, positions, first, cut)
            return mine, cost + estimates.seconds(thief, positions, cut, end)

        def gap(cut: int) -> float:
            mine, other = ends(cut)
            return mine - other

        cut = bisect_left(range(first, end), 0.0, key=gap) + first
        near = [k for k in (cut - 1, cut) if first <= k < end]
        cut = min(near, key=lambda k: max(ends(k)))
        return Steal(victim, cut) if max(ends(cut)) < finish - GAIN * cost else None

    def _latest(self, now: float) -> Slot | None:
        """The busy slot expected to end last: old keys are made new when they surface."""
        while self._ends:
            key, _, version, slot = self._ends[0]
            holding = slot.holding
            if holding is None or version != slot.version or slot.leaving:
                heapq.heappop(self._ends)
                continue
            if holding.asks and now - holding.asks[0].at > ASK_PATIENCE_S:
                heapq.heappop(self._ends)  # comes back when it answers
                continue
            end = self._estimates.end(slot, holding, now)
            if end >= -key - 1e-6:
                heapq.heapreplace(self._ends, (-end, next(self._serial), version, slot))
                return slot
            heapq.heapreplace(self._ends, (-end, next(self._serial), version, slot))
            if self._ends[0][3] is slot:
                return slot
        return None


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
