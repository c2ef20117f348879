"""Who of a crew works next, and on what: idle slots get a failed frame, or what the policy picks.

The foreman says so, the crew (`crew.py`) does it and keeps the ranges.
"""

from farmdesk.dispatch.backlog import Backlog
from farmdesk.dispatch.crew import Crew
from farmdesk.dispatch.estimates import Estimates
from farmdesk.dispatch.ledger import Ledger
from farmdesk.dispatch.policy import Copy, Steal, Take
from farmdesk.dispatch.slots import Slot


class Foreman:
    """Finds work for the idle slots of one task's crew, and closes those that can get none."""

    def __init__(self, ledger: Ledger, backlog: Backlog, estimates: Estimates, crew: Crew) -> None:
        self._ledger, self._backlog, self._estimates = ledger, backlog, estimates
        self._crew = crew
        self._idle_since: float | None = None  # nothing is open since then, but something withheld

    def feed(self, now: float) -> None:
        """Give idle slots work, as long as the policy has some."""
        crew, open_frames = self._crew, self._ledger.remaining
        if open_frames:
            self._idle_since = None
        if not crew.working or not crew.idle:
            return
        if open_frames:
            self._divide(now)
            self._close_surplus(now)
        elif self._ledger.withheld:
            self._wait_for_release(now)
        for slot in crew.idle.values():
            crew.open(slot)

    def _divide(self, now: float) -> None:
        """Employ idle slots, the fastest first, until one finds nothing.

        Of equally fast slots the last to fall idle comes first; the others can be closed.
        """
        ready = [slot for slot in reversed(self._crew.idle.values()) if slot.rest_until <= now]
        ready.sort(key=lambda slot: -slot.log_speed)
        self._backlog.prepare(ready)
        for slot in ready:
            if not self._employ(slot, now) and not self._backlog.has_failed:
                break

    def _employ(self, slot: Slot, now: float) -> bool:
        """Find work for an idle slot: a failed frame, or what the policy picks."""
        crew = self._crew
        again = self._backlog.take_failed(slot, crew.slots.values())
        if again:
            crew.start(slot, again, now)
            return True
        while (move := self._backlog.pick(slot, now)) is not None:
            match move:
                case Steal(victim, keep) if victim.holding is not None:
                    crew.ask(victim, victim.holding, keep=keep, thief=slot, now=now)
                case Copy(victim) if victim.holding is not None:
                    if not self._ledger.is_open(victim.holding.positions[-1]):
                        crew.cancel(victim, now)  # someone who did not hold it finished it
                        continue
                    if self._backlog.failed_before(victim.holding.positions[-1]):
                        return False  # a copy would be an attempt too many
                    crew.copy(victim, victim.holding, thief=slot, now=now)
                case Take(positions):
                    crew.start(slot, positions, now)
            return True
        return False

    def _close_surplus(self, now: float) -> None:
        """Close idle slots that can get no work: not even one open frame each is left."""
        crew = self._crew
        surplus = min(len(crew.idle) - self._ledger.remaining, len(crew.slots) - 1)
        if surplus > 0:
            slowest = sorted(crew.idle.values(), key=lambda slot: slot.log_speed)
            for slot in slowest[:surplus]:
                crew.close(slot, now)

    def _wait_for_release(self, now: float) -> None:
        """Close idle slots that have waited for a release as long as a scene load takes.

        Who then comes back too early or too late loses at most twice what the best guess would.
        """
        if self._idle_since is None:
            self._idle_since = now
        elif now - self._idle_since >= self._estimates.load_s:
            for slot in list(self._crew.idle.values()):
                self._crew.close(slot, now)
