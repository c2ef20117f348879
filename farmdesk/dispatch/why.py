"""What reasons are drawn from and made of: the farm as one plan saw it, two languages a sentence.

`why_waits.py` and `why_idles.py` tell the reasons.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from farmdesk.dispatch.events import SlotId
from farmdesk.dispatch.fleet import Plan
from farmdesk.dispatch.wants import Place, Want
from farmdesk.domain.node import offers
from farmdesk.domain.said import Said
from farmdesk.domain.text import quoted

NAMED = 3  # nodes or tasks that a sentence names


@dataclass(frozen=True, slots=True)
class Scene:
    """All that reasons are drawn from.

    `places`: every slot of the farm. `out`: nodes that cannot work now, and why. `leaving`: slots
    whose agent is on its way out, with its tool.
    """

    places: Sequence[Place]
    wants: Sequence[Want]
    plan: Plan
    out: Mapping[str, Said] = field(default_factory=dict)
    leaving: Mapping[SlotId, str] = field(default_factory=dict)
    licences: Mapping[str, int] = field(default_factory=dict)
    # what was found out for one task holds for all of its tool
    _fitting: dict[tuple[str, str], list[Place]] = field(default_factory=dict)
    _ahead: dict[tuple[str, str], str] = field(default_factory=dict)
    _using: Counter[str] = field(default_factory=Counter)

    def fitting(self, want: Want) -> list[Place]:
        """Give the places whose node offers the task's tool."""
        key = (want.tool, want.tool_version)
        if key not in self._fitting:
            self._fitting[key] = [place for place in self.places if offers(place.tools, *key)]
        return self._fitting[key]

    def licences_used_up(self, tool: str) -> bool:
        """Say whether every licence of a tool is in use."""
        limit = self.licences.get(tool)
        if limit is None:
            return False
        if not self._using:
            for want in self.wants:
                self._using[want.tool] += len(want.held)
            self._using.update(self.leaving.values())
        return self._using[tool] >= limit

    def ahead_on(self, want: Want, places: Sequence[Place]) -> str:
        """Name the tasks that work on these places, where the task could."""
        key = (want.tool, want.tool_version)
        if want.bond is None and key in self._ahead:
            return self._ahead[key]
        slots = {place.slot for place in places}
        found = [other for other in self.wants if slots.intersection(other.held)]
        names = first_names(
            str(other.task_id) for other in sorted(found, key=lambda item: item.rank)
        )
        if want.bond is None:
            self._ahead[key] = names
        return names


def node_is_out(node: str, state: str, reason: Said) -> Said:
    """Say in a few words why a node cannot work."""
    words = {
        "offline": Said("it is offline", "已离线"),
        "fault": Said("it is at fault", "发生故障"),
        "draining": Said("it is drained", "正在排空"),
        "maintenance": Said("it is in maintenance", "正在维护"),
    }
    found = words.get(state, Said(f"{quoted(node)} rests", f"{quoted(node)} 暂停使用"))
    en = f"{found.en}, {reason.en}" if reason.en else found.en
    return Said(en, f"{found.zh}，{reason.zh}" if reason.zh else found.zh)


def bound_to(want: Want, fitting: Sequence[Place]) -> list[Place]:
    """Give those of the places that a task's allocation allows."""
    bond = want.bond
    if bond is None:
        return list(fitting)
    if bond.pool:
        return [place for place in fitting if place.pool == bond.pool]
    return [place for place in fitting if place.node in bond.nodes]


def first_names(names: Iterable[str]) -> str:
    """Name the first few, and how many more there are."""
    all_names = list(names)
    more = f" +{len(all_names) - NAMED}" if len(all_names) > NAMED else ""
    return ", ".join(all_names[:NAMED]) + more
