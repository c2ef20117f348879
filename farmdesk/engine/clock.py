"""The engine's time: one instant on both clocks. All other parts get it handed in."""

import time
from dataclasses import dataclass
from datetime import UTC, datetime


@dataclass(frozen=True, slots=True)
class Moment:
    """One instant on both clocks: monotonic seconds for decisions, UTC for people."""

    seconds: float
    utc: datetime


def real_time() -> Moment:
    """Give this instant."""
    return Moment(time.monotonic(), datetime.now(UTC))
