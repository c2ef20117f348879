"""Whether a task's crew works, was halted or has no hope; and how it says that it has ended."""

from collections.abc import Collection

from farmdesk.dispatch import events as ev
from farmdesk.dispatch.crew import Crew
from farmdesk.dispatch.judge import Failure
from farmdesk.dispatch.ledger import Ledger
from farmdesk.domain.frames import FrameSet


class Shift:
    """Halts and resumes one task's crew, and says each end once.

    `hopeless`: the task cannot succeed, which is its last word.
    """

    def __init__(self, ledger: Ledger, crew: Crew) -> None:
        """The crew works."""
        self.hopeless = False
        self._ledger, self._crew = ledger, crew
        self._quiet_due = False  # halted, and `Quiet` was not ordered yet
        self._reported = False  # `FramesRendered` was ordered

    def pause(self, _event: ev.Pause, now: float) -> None:
        """Halt: the slots finish their frames in hand."""
        self._halt()
        for slot in list(self._crew.slots.values()):
            self._crew.send_home(slot, now)

    def stop(self, _event: ev.Stop, now: float) -> None:
        """Halt at once."""
        self._halt()
        self._crew.close_all(now)

    def _halt(self) -> None:
        self._crew.working, self._quiet_due = False, True

    def resume(self, _event: ev.Resume, _now: float) -> None:
        """Work again, and say it again when nothing is left to render."""
        self._crew.working = True
        self._quiet_due = self._reported = False

    def end_hopeless(self, event: Failure, now: float) -> None:
        """End at once: this failure shows that the task cannot succeed."""
        self.hopeless = True
        self._crew.working = self._quiet_due = False
        self._crew.close_all(now)
        self._crew.orders.append(ev.TaskHopeless(event.reason, event.text))

    def end_if_due(self, failed: Collection[int], now: float) -> None:
        """Say so when nothing is left to render, or, after `Pause` and `Stop`, nobody works.

        `failed`: the frames given up.
        """
        crew = self._crew
        if self._quiet_due and not crew.slots:
            self._quiet_due = False
            crew.orders.append(ev.Quiet())
        if not crew.working or self._ledger.remaining:
            return
        for slot in list(crew.slots.values()):
            if slot.holding is not None:
                crew.cancel(slot, now)  # it renders a frame that someone else has finished
        if self._ledger.withheld:
            return
        if not self._reported:
            self._reported = True
            crew.orders.append(ev.FramesRendered(FrameSet.of(failed)))
