"""The processor load of each node over the last five minutes, as far as this window saw it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from farmdesk.domain.records import NodeRecord

SPAN_S = 300
STEP_S = 5  # samples within a step are one point, the highest
POINTS = SPAN_S // STEP_S


@dataclass(frozen=True, slots=True)
class Spark:
    """What a sparkline paints: one load 0..1 a step, oldest first; None where nothing was seen."""

    points: tuple[float | None, ...]


class LoadHistory:
    """Keeps at most `POINTS` values a node."""

    def __init__(self) -> None:
        self._points: dict[str, dict[int, float]] = {}

    def add(self, records: Iterable[NodeRecord]) -> None:
        """Note fresh samples; one that was noted before changes nothing."""
        for record in records:
            if record.cpu is None or record.sampled_at is None:
                continue
            steps = self._points.setdefault(record.node, {})
            step = _step(record.sampled_at)
            steps[step] = max(steps.get(step, 0.0), record.cpu)
            for old in [s for s in steps if s <= step - POINTS]:
                del steps[old]

    def keep_only(self, nodes: Iterable[str]) -> None:
        """Forget nodes that are gone."""
        for gone in self._points.keys() - set(nodes):
            del self._points[gone]

    def kept(self) -> dict[str, int]:
        """Give how many points are in memory, by node."""
        return {node: len(steps) for node, steps in self._points.items()}

    def spark(self, node: str, now: datetime) -> Spark:
        """Give the five minutes up to `now`."""
        steps: Mapping[int, float] = self._points.get(node, {})
        last = _step(now)
        return Spark(tuple(steps.get(step) for step in range(last - POINTS + 1, last + 1)))


def _step(at: datetime) -> int:
    return int(at.timestamp()) // STEP_S
