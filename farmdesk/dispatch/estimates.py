"""What a task's frames and scene loads will cost, learned while it renders.

Seconds of a frame on a slot = curve at its position / speed of the slot.
"""

import math
from collections.abc import Sequence

from farmdesk.dispatch.curve import Curve
from farmdesk.dispatch.slots import Holding, Slot
from farmdesk.dispatch.strands import Strands

ASSUMED_LOAD_S = 60.0  # nobody said how long the scene loads, and none has loaded yet
LOAD_FORGET = 0.1  # weight of the newest scene load
SPEED_FORGET = 0.15  # weight of the newest frame in a slot's speed
MAX_SURPRISE = 1.4  # a frame changes the logarithm of the speed as if it were at most so far off
RESIDUAL = 0.25  # an overdue frame needs at least this share of its elapsed time more
SHORTEST_S = 1e-3


class Estimates:
    """Expected seconds of frames, ranges and loads.

    `load_s` None: unknown. `prior`: seconds of each position in the previous version, None: none.
    """

    def __init__(self, count: int, *, load_s: float | None, prior: Sequence[float] | None) -> None:
        self.load_s = ASSUMED_LOAD_S if load_s is None else load_s
        self.curve = Curve(count, prior, self.load_s)
        self.strands = Strands(self.curve, 1)
        self._loads = 0

    @property
    def mean_s(self) -> float:
        """Expected seconds of a frame, the mean over all positions."""
        return self.curve.up_to(self.curve.count) / max(self.curve.count, 1)

    def stride(self, lanes: int) -> None:
        """From now on learn how the positions = k (mod `lanes`) differ."""
        self.strands = Strands(self.curve, lanes)

    def _frame_s(self, position: int) -> float:
        return self.curve.at(position) * self.strands.ratio((position,))

    def learn_load(self, seconds: float) -> None:
        """Take in a measured scene load; what no clock can say is ignored."""
        if not 0.0 <= seconds < math.inf:
            return
        self._loads += 1
        self.load_s += (seconds - self.load_s) * (1.0 if self._loads == 1 else LOAD_FORGET)

    def learn_frame(self, slot: Slot, position: int, seconds: float) -> None:
        """Take in a frame that `slot` rendered; changes the slot's speed and the curve.

        What no clock can say is ignored.
        """
        if not 0.0 <= seconds < math.inf:
            return
        seconds = max(seconds, SHORTEST_S)
        if self.curve.measured:
            surprise = math.log(self._frame_s(position) / seconds) - slot.log_speed
            slot.log_speed += SPEED_FORGET * max(-MAX_SURPRISE, min(MAX_SURPRISE, surprise))
        seconds *= math.exp(slot.log_speed)
        self.curve.learn(position, seconds)
        if slot.hinted:
            self.strands.learn(position, seconds)

    def seconds(self, slot: Slot, positions: Sequence[int], low: int, high: int) -> float:
        """Give the expected seconds of positions[low:high] on this slot, loads not counted."""
        if high <= low:
            return 0.0
        work = self.curve.work(positions, low, high) * self.strands.ratio(positions)
        return work * math.exp(-slot.log_speed)

    def ahead(self, slot: Slot, holding: Holding, now: float) -> float:
        """Give the expected seconds until the slot has done the frame in hand of `holding`."""
        frame_s = self._frame_s(holding.positions[holding.index]) * math.exp(-slot.log_speed)
        if holding.since is None:
            return max(holding.given_at + holding.load_s - now, 0.0) + frame_s
        elapsed = now - holding.since
        return max(frame_s - elapsed, RESIDUAL * elapsed)

    def end(self, slot: Slot, holding: Holding, now: float) -> float:
        """Give the time at which the slot is expected to have rendered its `holding`."""
        rest = self.seconds(slot, holding.positions, holding.index + 1, holding.stop)
        return now + self.ahead(slot, holding, now) + rest
