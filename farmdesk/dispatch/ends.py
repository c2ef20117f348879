"""Which busy slot is expected to end last: a lazy heap, O(log slots) a question."""

import heapq
from itertools import count

from farmdesk.dispatch.estimates import Estimates
from farmdesk.dispatch.slots import Holding, Slot

ASK_PATIENCE_S = 10.0  # who does not answer for so long is passed over
LEAST_KEYS = 256  # so many keys, stale ones counted, cost nothing to keep
SAME_S = 1e-6


class Ends:
    """Expected ends of slots' holdings. A key is stale as soon as its slot's version has grown."""

    def __init__(self, estimates: Estimates) -> None:
        self._estimates = estimates
        self._keys: list[tuple[float, int, int, Slot]] = []  # minus end, serial, version, slot
        self._serial = count()
        self._compact_at = LEAST_KEYS

    def push(self, slot: Slot, holding: Holding, now: float) -> None:
        """Take in a slot whose holding has changed."""
        end = self._estimates.end(slot, holding, now)
        heapq.heappush(self._keys, (-end, next(self._serial), slot.version, slot))
        if len(self._keys) > self._compact_at:
            self._keys = [key for key in self._keys if key[2] == key[3].version]
            heapq.heapify(self._keys)
            self._compact_at = max(LEAST_KEYS, 4 * len(self._keys))

    def latest(self, now: float) -> Slot | None:
        """Give the slot expected to end last; old keys are made new when they surface."""
        while self._keys:
            key, _, version, slot = self._keys[0]
            holding = slot.holding
            silent = holding is not None and any(
                now - ask.at > ASK_PATIENCE_S for ask in holding.asks
            )
            if holding is None or version != slot.version or slot.leaving or silent:
                heapq.heappop(self._keys)  # comes back with its next change
                continue
            end = self._estimates.end(slot, holding, now)
            heapq.heapreplace(self._keys, (-end, next(self._serial), version, slot))
            if end >= -key - SAME_S or self._keys[0][3] is slot:
                return slot
        return None
