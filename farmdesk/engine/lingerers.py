"""Agents of an earlier engine that still finish the frame in hand: slot and frame wait for them.

A frame of an hour is not thrown away because the engine was restarted in its last minute. How long
an agent may linger is `linger_s`; then its slot is taken by force.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from farmdesk.dispatch.events import FramesReleased, SlotId
from farmdesk.domain.frames import FrameSet
from farmdesk.engine.agents import Agents
from farmdesk.engine.clock import Moment
from farmdesk.engine.dependents import Dependents
from farmdesk.engine.farm import Farm
from farmdesk.engine.posts import SlotFreed
from farmdesk.engine.reports import Reports
from farmdesk.engine.runs import Runs


@dataclass(frozen=True, slots=True)
class Lingering:
    """A slot where an agent of an earlier engine finishes these frames of a task."""

    slot: SlotId
    node: str
    task_id: int
    frames: FrameSet


class Lingerers:
    """Holds their slots back from the fleet and their frames back from other slots."""

    def __init__(
        self,
        found: Sequence[Lingering],
        *,
        farm: Farm,
        agents: Agents,
        runs: Runs,
        reports: Reports,
        dependents: Dependents,
    ) -> None:
        self._farm = farm
        self._agents = agents
        self._runs = runs
        self._reports = reports
        self._dependents = dependents
        self._found = {item.slot: item for item in found}
        for item in found:
            agents.hold(item.slot)
            entry = farm.tasks.get(item.task_id)
            if entry is not None:
                entry.lingering |= item.frames & entry.frames

    def freed(self, post: SlotFreed, now: Moment) -> None:
        """An agent has ended: take what it finished, and let others render what it did not."""
        item = self._found.pop(post.slot)
        self._agents.let_go(item.slot)
        entry = self._farm.tasks.get(item.task_id)
        if entry is None:
            return
        entry.lingering -= item.frames
        self._reports.read_journal(entry, item.node, now)
        run = self._runs.run_of(item.task_id)
        if run is not None:
            released = self._dependents.released(entry)
            frames = item.frames if released is None else item.frames & released
            run.feed([FramesReleased(frames)], now)
        self._farm.stirred.add(item.task_id)
