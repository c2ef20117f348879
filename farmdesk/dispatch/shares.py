"""How many slots each task should have: by weight, as far as kinds, licences and frames allow.

Source of the rule: the many-task policy measured on a simulated day (`benchmarks/fairness.py`).
"""

import heapq
from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from farmdesk.dispatch.grounds import Grounds, Kind
from farmdesk.dispatch.wants import Want

ROUND_UP = 0.5  # from here on a part of a slot is one: favours neither large nor small weights

Shares = dict[int, dict[Kind, int]]
"""Slots of each kind, by task."""


def by_weight(grounds: Grounds, licences: Mapping[str, int]) -> Shares:
    """Divide the farm: urgent tasks, allocated ones, then all by weight.

    Weighted tasks first get what is worth its scene load, then what is left over. An urgent task
    counts with what is free for it or will be: whom it displaces is not decided here.
    """
    filling = Filling(grounds, licences)
    urgent = [want for want in grounds.wants if want.urgent]
    bonded = [want for want in grounds.wants if want.bond is not None and not want.urgent]
    others = [want for want in grounds.wants if want.bond is None and not want.urgent]
    filling.fill_free(urgent)
    filling.fill(bonded, lambda want: want.frames)
    filling.fill(others, lambda want: min(want.useful, want.frames))
    filling.fill(others, lambda want: want.frames)
    return filling.shares


class Filling:
    """Places of each kind and licences that nobody has yet, and who got how many."""

    def __init__(self, grounds: Grounds, licences: Mapping[str, int]) -> None:
        self.shares: Shares = {
            want.task_id: dict.fromkeys(grounds.size, 0) for want in grounds.wants
        }
        self._grounds = grounds
        self._room = dict(grounds.size)
        self._licences = dict(licences)

    def fill_free(self, tier: Sequence[Want]) -> None:
        """Fill a tier with what it holds, what is free, and what is coming."""
        if not tier:
            return
        kept: dict[Kind, int] = {}
        for kind in self._room:
            had = sum(len(self._grounds.held[w.task_id].get(kind, ())) for w in tier)
            open_ = len(self._grounds.free[kind]) + len(self._grounds.coming[kind])
            kept[kind] = self._room[kind] - min(had + open_, self._room[kind])
            self._room[kind] -= kept[kind]
        self.fill(tier, lambda want: want.frames)
        for kind, count in kept.items():
            self._room[kind] += count

    def fill(self, tier: Sequence[Want], limit: Callable[[Want], int]) -> None:
        """Add to each task's share until it has `limit(task)` or nothing is left for it."""
        lacks = {
            want.task_id: limit(want) - sum(self.shares[want.task_id].values()) for want in tier
        }
        todo = [want for want in tier if lacks[want.task_id] > 0]
        order = self._preferences(todo)
        usable = {kind for kinds in order.values() for kind in kinds}
        room = sum(self._room[kind] for kind in usable)
        got: dict[int, int] = {}
        for want, share in zip(todo, _level(todo, self._licensed(todo, lacks), room), strict=True):
            got[want.task_id] = self._take(want, int(share), order[want.task_id])
        heap = [((got[w.task_id] + ROUND_UP) / w.weight, place, w) for place, w in enumerate(todo)]
        heapq.heapify(heap)
        while heap:
            _, place, want = heapq.heappop(heap)
            if got[want.task_id] < lacks[want.task_id] and self._take(want, 1, order[want.task_id]):
                got[want.task_id] += 1
                heapq.heappush(heap, ((got[want.task_id] + ROUND_UP) / want.weight, place, want))

    def _licensed(self, todo: Sequence[Want], lacks: Mapping[int, int]) -> dict[int, float]:
        """Give what each task lacks, at most its part of the licences of its tool."""
        most: dict[int, float] = dict(lacks)
        for tool, left in self._licences.items():
            users = [want for want in todo if want.tool == tool]
            for want, part in zip(users, _level(users, lacks, left), strict=True):
                most[want.task_id] = part
        return most

    def _preferences(self, tier: Sequence[Want]) -> dict[int, list[Kind]]:
        """Give each task's kinds: what others cannot use comes first, then what it holds."""
        rivals = Counter(kind for want in tier for kind in self._grounds.room[want.task_id])

        def order(want: Want) -> list[Kind]:
            held = self._grounds.held[want.task_id]
            kinds = self._grounds.room[want.task_id]
            if len(kinds) == 1:
                return list(kinds)
            return sorted(kinds, key=lambda kind: (rivals[kind], -len(held.get(kind, ()))))

        return {want.task_id: order(want) for want in tier}

    def _take(self, want: Want, count: int, kinds: Sequence[Kind]) -> int:
        """Give a task up to `count` more; gives how many it was."""
        share, most = self.shares[want.task_id], self._grounds.room[want.task_id]
        left = min(count, self._licences.get(want.tool, count))
        before = left
        for kind in kinds:
            if left <= 0:
                break
            taken = min(left, self._room[kind], most[kind] - share[kind])
            if taken > 0:
                share[kind] += taken
                self._room[kind] -= taken
                left -= taken
        if want.tool in self._licences:
            self._licences[want.tool] -= before - left
        return before - left


def _level(todo: Sequence[Want], lacks: Mapping[int, float], room: int) -> list[float]:
    """Give each task's part of `room` by weight; what one cannot use goes to the others."""
    parts = dict.fromkeys((want.task_id for want in todo), 0.0)
    left, weight = float(room), sum(want.weight for want in todo)
    for want in sorted(todo, key=lambda want: lacks[want.task_id] / want.weight):
        parts[want.task_id] = min(lacks[want.task_id], left * want.weight / weight)
        left -= parts[want.task_id]
        weight -= want.weight
    return [parts[want.task_id] for want in todo]
