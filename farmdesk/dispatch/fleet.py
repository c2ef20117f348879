"""Which slot of which node works for which task.

A pure function: places, wants and licences in, a plan out. Shares say how many slots each task
should have (`shares.py`); here they become slots. Nodes are sticky: a slot changes its task only
when another task is below its share and no free slot fits it, and then at a frame boundary.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from farmdesk.dispatch.events import SlotId
from farmdesk.dispatch.grounds import Grounds, Kind
from farmdesk.dispatch.shares import Shares, by_weight
from farmdesk.dispatch.wants import Place, Want

ShareRule = Callable[[Grounds, Mapping[str, int]], Shares]


@dataclass(frozen=True, slots=True)
class Plan:
    """What shall change now, and how many slots each task should have.

    `grants`: free slots for tasks. `revokes`: slots that shall leave their task after the frame in
    hand. An urgent task's need is in `targets` alone: who leaves for it, and how, is not decided
    here.
    """

    targets: dict[int, int] = field(default_factory=dict)
    grants: dict[int, list[SlotId]] = field(default_factory=dict)
    revokes: dict[int, list[SlotId]] = field(default_factory=dict)


def make_plan(
    places: Sequence[Place],
    wants: Sequence[Want],
    *,
    leaving: Mapping[SlotId, str] | None = None,
    licences: Mapping[str, int] | None = None,
    rule: ShareRule = by_weight,
) -> Plan:
    """Divide the slots among the tasks.

    `leaving`: slots whose agent is on its way out, with its tool. `licences`: how many slots may
    run a tool at a time, by its name; tools that are not named may run everywhere.
    """
    ranked = sorted(wants, key=lambda want: want.rank)
    grounds = Grounds(places, ranked, leaving or {})
    shares = rule(grounds, licences or {})
    moves = _Moves(grounds, shares, Counter((leaving or {}).values()), licences or {})
    return moves.plan()


class _Moves:
    """Turns shares into slots, with as few changes as can be."""

    def __init__(
        self,
        grounds: Grounds,
        shares: Shares,
        going: Counter[str],
        licences: Mapping[str, int],
    ) -> None:
        self._grounds, self._shares, self._licences = grounds, shares, licences
        self._order = {want.task_id: want for want in grounds.wants}
        self._lacks = {
            task: max(sum(share.values()) - grounds.fitting(task), 0)
            for task, share in shares.items()
        }
        self._going = going  # licences that come back by themselves, by tool
        self._running = Counter(going)  # licences in use, by tool
        for want in grounds.wants:
            self._running[want.tool] += len(want.held)
        self._grants: dict[int, list[SlotId]] = {}
        self._revokes: dict[int, list[SlotId]] = {}
        self._surplus: dict[Kind, list[tuple[int, SlotId]]] = {}

    def plan(self) -> Plan:
        """Give free slots first, count on those that are coming, then ask for others."""
        self._revoke_misplaced()
        needy = [want for want in self._grounds.wants if self._lacks[want.task_id]]
        for settle in (self._give_free, self._await_coming):
            for by_share in (True, False):
                for want in needy:
                    settle(want, by_share)
        if any(self._lacks[want.task_id] for want in needy if not want.urgent):
            self._find_surplus()
            for want in needy:
                if not want.urgent:
                    self._ask_for_others(want)
        return Plan(self._targets(), self._grants, self._revokes)

    def _revoke_misplaced(self) -> None:
        """An allocated task leaves the nodes that it was not given, whoever needs them."""
        for want in self._grounds.wants:
            held, room = self._grounds.held[want.task_id], self._grounds.room[want.task_id]
            wrong = [slot for kind in held.keys() - room.keys() for slot in held[kind]]
            if want.bond is not None and wrong:
                self._revokes[want.task_id] = wrong

    def _targets(self) -> dict[int, int]:
        """An urgent task's target is all that it could use; it is for others to displace for it."""
        targets = {task: sum(share.values()) for task, share in self._shares.items()}
        for want in self._grounds.wants:
            if want.urgent:
                most = min(want.frames, sum(self._grounds.room[want.task_id].values()))
                targets[want.task_id] = min(most, self._licences.get(want.tool, most))
        return targets

    def _kinds(self, want: Want, by_share: bool) -> Iterator[tuple[Kind, int]]:
        """Give the kinds where a task may take slots, and how many: as shared, or as lacking."""
        held, share = self._grounds.held[want.task_id], self._shares[want.task_id]
        for kind in self._grounds.room[want.task_id]:
            lack = self._lacks[want.task_id]
            count = min(lack, share[kind] - len(held.get(kind, ()))) if by_share else lack
            if count > 0:
                yield kind, count

    def _give_free(self, want: Want, by_share: bool) -> None:
        for kind, count in self._kinds(want, by_share):
            for slot in self._pick(self._grounds.free[kind], want, count):
                self._grants.setdefault(want.task_id, []).append(slot)
                self._running[want.tool] += 1
                self._lacks[want.task_id] -= 1

    def _await_coming(self, want: Want, by_share: bool) -> None:
        """A slot that is leaving will be free soon: nobody else has to be asked for it."""
        for kind, count in self._kinds(want, by_share):
            for _ in self._pick(self._grounds.coming[kind], want, count):
                self._lacks[want.task_id] -= 1

    def _pick(self, slots: list[SlotId], want: Want, count: int) -> list[SlotId]:
        """Take up to `count` slots that fit out of a list, as far as there are licences."""
        limit = self._licences.get(want.tool)
        if limit is not None:
            count = min(count, max(limit - self._running[want.tool], 0))
        if count <= 0 or not slots:
            return []
        picked = [slot for slot in slots if slot not in want.barred][:count]
        chosen = set(picked)
        slots[:] = [slot for slot in slots if slot not in chosen]
        return picked

    # ---- slots change their task -----------------------------------------------------------------

    def _find_surplus(self) -> None:
        """Note what tasks hold beyond their share of a kind, the lowest in rank first."""
        for want in reversed(self._grounds.wants):
            if want.urgent:
                continue
            share = self._shares[want.task_id]
            for kind, slots in self._grounds.held[want.task_id].items():
                spare = len(slots) - share[kind]
                if spare > 0 and not (want.bond and kind not in self._grounds.room[want.task_id]):
                    first = [*filter(want.idle.__contains__, slots), *reversed(slots)]
                    leavers = list(dict.fromkeys(first))[:spare]
                    found = self._surplus.setdefault(kind, [])
                    found += [(want.task_id, slot) for slot in leavers]

    def _ask_for_others(self, want: Want) -> None:
        """Let as many slots leave other tasks as this one lacks, or as give it their licences."""
        lacks = self._lacks[want.task_id]
        if self._is_short_of_licences(want):
            awaited = min(lacks, self._going[want.tool])
            self._going[want.tool] -= awaited
            lacks -= awaited
            for kind in self._surplus:
                lacks -= self._revoke(kind, want, lacks, same_tool=True)
            return
        for by_share in (True, False):
            for kind, count in self._kinds(want, by_share):
                self._lacks[want.task_id] -= self._revoke(kind, want, count)

    def _is_short_of_licences(self, want: Want) -> bool:
        limit = self._licences.get(want.tool)
        return limit is not None and self._running[want.tool] >= limit

    def _revoke(self, kind: Kind, want: Want, count: int, *, same_tool: bool = False) -> int:
        """Ask for up to `count` slots of a kind; gives how many it was."""
        asked: set[SlotId] = set()
        surplus = self._surplus.get(kind, [])
        for task, slot in surplus:
            if len(asked) >= count:
                break
            fits = slot not in want.barred
            if same_tool:
                fits = self._order[task].tool == want.tool
            if fits and task != want.task_id:
                self._revokes.setdefault(task, []).append(slot)
                asked.add(slot)
        if asked:
            surplus[:] = [item for item in surplus if item[1] not in asked]
        return len(asked)
