"""The farm run ahead once, from one end of a task to the next: who gets the slots in between."""

import heapq
import math
from collections.abc import Mapping, Sequence

from farmdesk.dispatch.flow import Flow, Outlook
from farmdesk.dispatch.wants import slots_worth_loading


def run_ahead(outlooks: Sequence[Outlook], slots: int) -> dict[int, float]:
    """Run the farm once, with frame times as they are given; gives each task's end."""
    flows = {item.task_id: Flow.of(item) for item in outlooks}
    for flow in flows.values():
        if flow.outlook.after is not None:
            flow.source = flows.get(flow.outlook.after)
    now = 0.0
    open_flows = sorted(flows.values(), key=lambda flow: flow.rank)
    while open_flows:
        ready = [flow for flow in open_flows if not flow.waits]
        step = _give(ready, slots)
        if step == math.inf:
            step = _give(_without_followers(ready), slots)
        if step == math.inf:
            break
        now += step
        for flow in ready:
            flow.advance(step)
        for flow in ready:
            flow.end_if_due(now, step)
        open_flows = [flow for flow in open_flows if flow.end is None]
    return {key: math.inf if flow.end is None else flow.end for key, flow in flows.items()}


def _give(flows: Sequence[Flow], slots: int) -> float:
    """Divide the slots anew; gives when that has to be done again."""
    for flow, count in zip(flows, divide(flows, slots), strict=True):
        flow.loading += max(count - flow.slots, 0) * flow.outlook.load_s
        flow.slots = count
    return min((flow.next_s() for flow in flows), default=math.inf)


def _without_followers(flows: Sequence[Flow]) -> list[Flow]:
    """Take the slots from those who follow others: these could not render what they wait for."""
    for flow in flows:
        if flow.leader is not None:
            flow.slots, flow.loading = 0, 0.0
    return [flow for flow in flows if flow.leader is None]


def divide(flows: Sequence[Flow], slots: int) -> list[int]:
    """Give each flow its slots as the fleet would: first ones, then by weight what is useful.

    What is left goes by weight to those that could use more.
    """
    most = [flow.most() for flow in flows]
    useful = [
        min(slots_worth_loading(flow.work, flow.outlook.load_s, count), count)
        for flow, count in zip(flows, most, strict=True)
    ]
    shares = [0] * len(flows)
    first = [k for k, flow in enumerate(flows) if flow.outlook.first]
    others = [k for k, flow in enumerate(flows) if not flow.outlook.first]
    weights = [flow.weight for flow in flows]
    for tier, limits in ((first, most), (others, useful), (others, most)):
        slots -= _fill(shares, {k: limits[k] - shares[k] for k in tier}, weights, slots)
    return shares


def _fill(shares: list[int], lacks: Mapping[int, int], weights: Sequence[int], room: int) -> int:
    """Add to the shares by weight until nothing lacks or nothing is left; gives how many."""
    if room <= 0:
        return 0
    todo = sorted((k for k in lacks if lacks[k] > 0), key=lambda k: lacks[k] / weights[k])
    left, weight, given = float(room), float(sum(weights[k] for k in todo)), 0
    got: dict[int, int] = {}
    for k in todo:
        part = min(lacks[k], left * weights[k] / weight)
        left -= part
        weight -= weights[k]
        got[k] = int(part)
        given += got[k]
    heap = [((got[k] + 0.5) / weights[k], k) for k in sorted(todo) if got[k] < lacks[k]]
    heapq.heapify(heap)
    while heap and given < room:
        _, k = heapq.heappop(heap)
        got[k] += 1
        given += 1
        if got[k] < lacks[k]:
            heapq.heappush(heap, ((got[k] + 0.5) / weights[k], k))
    for k, count in got.items():
        shares[k] += count
    return given
