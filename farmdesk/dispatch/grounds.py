"""The farm sorted into kinds of places: those that offer the same and are bound to the same task.

A farm has a thousand slots but few kinds, so that a plan counts before it chooses.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence

from farmdesk.dispatch.events import SlotId
from farmdesk.dispatch.wants import Bond, Place, Want
from farmdesk.domain.node import offers

Kind = int
"""The number of a kind: what a place offers, and the task that its node is bound to, if any."""


class Grounds:
    """Who holds which place, what is free, and which kinds fit which task.

    `wants` are in the order of their rank. `leaving`: slots whose agent is on its way out.
    """

    def __init__(
        self, places: Sequence[Place], wants: Sequence[Want], leaving: Collection[SlotId]
    ) -> None:
        self.wants = wants
        self.holder = {slot: want.task_id for want in wants for slot in want.held}
        bound = self._bind(places)
        kinds: dict[tuple[frozenset[str] | None, int | None], Kind] = {}
        self.kind_of: dict[SlotId, Kind] = {
            place.slot: kinds.setdefault((place.tools, bound.get(place.node)), len(kinds))
            for place in places
        }
        self.size = Counter(self.kind_of.values())
        self.free: dict[Kind, list[SlotId]] = {kind: [] for kind in self.size}
        self.coming: dict[Kind, list[SlotId]] = {kind: [] for kind in self.size}
        for slot, kind in self.kind_of.items():
            if slot not in self.holder:
                (self.coming if slot in leaving else self.free)[kind].append(slot)
        self.held = {want.task_id: self._by_kind(want.held) for want in wants}
        self.room = {want.task_id: self._room(want, kinds) for want in wants}

    def fitting(self, task_id: int) -> int:
        """Give how many of the places that a task holds are such that it may use."""
        held, room = self.held[task_id], self.room[task_id]
        return sum(len(slots) for kind, slots in held.items() if kind in room)

    def _by_kind(self, slots: Iterable[SlotId]) -> dict[Kind, list[SlotId]]:
        found: dict[Kind, list[SlotId]] = {}
        for slot in slots:
            if slot in self.kind_of:
                found.setdefault(self.kind_of[slot], []).append(slot)
        return found

    def _room(
        self, want: Want, kinds: Mapping[tuple[frozenset[str] | None, int | None], Kind]
    ) -> dict[Kind, int]:
        """Give how many places of each kind a task may use."""
        room = {
            kind: self.size[kind]
            for (tools, bound_to), kind in kinds.items()
            if offers(tools, want.tool, want.tool_version)
            and (want.bond is None or bound_to == want.task_id)
        }
        for slot in want.barred:
            kind = self.kind_of.get(slot, -1)
            if kind in room:
                room[kind] -= 1
        return room

    def _bind(self, places: Sequence[Place]) -> dict[str, int]:
        """Give the nodes that operators allocated, with their tasks; the first in rank has them."""
        bound: dict[str, int] = {}
        for want in self.wants:
            if want.bond is not None:
                for node in self._chosen(want, want.bond, places, bound):
                    bound.setdefault(node, want.task_id)
        return bound

    def _chosen(
        self, want: Want, bond: Bond, places: Sequence[Place], bound: Collection[str]
    ) -> Iterable[str]:
        """Give the named nodes, or nodes of the pool: those that it has, then free ones."""
        if not bond.pool:
            return bond.nodes
        worth: dict[str, int] = defaultdict(int)
        for place in places:
            if (
                place.pool == bond.pool
                and place.node not in bound
                and offers(place.tools, want.tool, want.tool_version)
                and place.slot not in want.barred
            ):
                holder = self.holder.get(place.slot)
                worth[place.node] += 1000 if holder == want.task_id else int(holder is None)
        return sorted(worth, key=lambda node: (-worth[node], node))[: bond.count]
