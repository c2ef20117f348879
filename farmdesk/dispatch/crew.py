"""The slots that work for a task, and which range each holds: given, stolen, taken back.

`RenderControl` says what happened, the foreman (`foreman.py`) who shall work next; the crew keeps
slots and ranges together, so that no frame is lost between it and the backlog, and none is held
twice but for the copies of last frames.
"""

import math
from collections.abc import Sequence

from farmdesk.dispatch import events as ev
from farmdesk.dispatch.backlog import Backlog
from farmdesk.dispatch.estimates import Estimates
from farmdesk.dispatch.events import Order, SlotId
from farmdesk.dispatch.ledger import Ledger
from farmdesk.dispatch.slots import Ask, Holding, Slot

ASK_AGAIN_S = 10.0  # a `StopAfter` without an answer is sent again


class Crew:
    """Slots and their ranges.

    `idle`: those of the slots that neither hold a range nor wait for one. `working` False: ranges
    go back, slots close when they fall idle, and nothing new starts. `orders` collects what the
    slots shall do.
    """

    def __init__(
        self,
        ledger: Ledger,
        backlog: Backlog,
        estimates: Estimates,
        *,
        warm: bool,
        contiguous: bool,
    ) -> None:
        """Take in nobody yet."""
        self._ledger, self._backlog, self._estimates = ledger, backlog, estimates
        self.working = True
        self.orders: list[Order] = []
        self.slots: dict[SlotId, Slot] = {}
        self.idle: dict[SlotId, Slot] = {}
        self._warm, self._contiguous = warm, contiguous

    # ---- slots come and go -----------------------------------------------------------------------

    def join(self, slot_id: SlotId, speed: float | None) -> None:
        """Take in a granted slot; it is idle."""
        if slot_id in self.slots:
            return
        if not self.working or not self._ledger.remaining:
            self.orders.append(ev.CloseSession(slot_id))
            return
        slot = Slot(slot_id)
        if speed is not None and 0.0 < speed < math.inf:
            slot.log_speed, slot.hinted = math.log(speed), True
        self.slots[slot_id] = self.idle[slot_id] = slot

    def send_home(self, slot: Slot, now: float) -> None:
        """Let the slot finish its frame in hand, then close it; at once where there is none."""
        holding = slot.holding
        if holding is None or holding.since is None:
            self.close(slot, now)
        elif holding.index + 1 < holding.stop:
            self.ask(slot, holding, keep=holding.index + 1, thief=None, now=now)

    def close(self, slot: Slot, now: float, *, fault: bool = False) -> None:
        """Close the slot's session at once."""
        if slot.holding is not None:
            self.orders.append(ev.CancelRange(slot.id))
        self.forget(slot, now)
        self.orders.append(ev.CloseSession(slot.id, fault))

    def close_all(self, now: float) -> None:
        """Close every session at once."""
        for slot in list(self.slots.values()):
            self.close(slot, now)

    def forget(self, slot: Slot, now: float) -> None:
        """The slot is gone; what it had not finished goes back."""
        del self.slots[slot.id]
        if slot.waits_for is not None:
            slot.waits_for.thief = None
        self.take_back(slot, now)
        self.idle.pop(slot.id, None)

    def has_others(self, slot: Slot) -> bool:
        """Whether another slot stays."""
        return any(other is not slot and not other.leaving for other in self.slots.values())

    # ---- work is given ---------------------------------------------------------------------------

    def start(self, slot: Slot, positions: Sequence[int], now: float) -> Holding:
        """Give a slot these open positions, ascending, as its range."""
        if self._contiguous:
            positions = self._unbroken(positions)
        hot = self._warm and slot.loaded
        load_s = 0.0 if hot else self._estimates.load_s
        holding = Holding(positions, now, load_s, since=now if hot else None)
        slot.holding = holding
        self.idle.pop(slot.id, None)
        self.open(slot)
        self.orders.append(ev.RenderRange(slot.id, self._ledger.frame_set(positions)))
        self._backlog.holding_changed(slot, now)
        return holding

    def _unbroken(self, positions: Sequence[int]) -> Sequence[int]:
        """Give the positions up to the first gap; the others go back."""
        gaps = (k for k in range(1, len(positions)) if positions[k] > positions[k - 1] + 1)
        gap = next(gaps, len(positions))
        self._backlog.put_back(positions[gap:])
        return positions[:gap]

    def open(self, slot: Slot) -> None:
        """Open the slot's session, unless that was ordered before."""
        if not slot.opened:
            slot.opened = True
            self.orders.append(ev.OpenSession(slot.id))

    def copy(self, victim: Slot, holding: Holding, *, thief: Slot, now: float) -> None:
        """Let `thief` render the last frame of the victim's `holding` too."""
        copy = self.start(thief, holding.positions[-1:], now)
        holding.twin, copy.twin = thief, victim

    # ---- work is stolen, in two phases -----------------------------------------------------------

    def ask(
        self, victim: Slot, holding: Holding, *, keep: int, thief: Slot | None, now: float
    ) -> None:
        """Ask the victim to keep only the first `keep` positions of its `holding`.

        What it gives back is for `thief`, who waits for it, or (None) for the backlog.
        """
        ask = Ask(keep, now, thief)
        holding.asks.append(ask)
        if thief is not None:
            thief.waits_for = ask
            del self.idle[thief.id]
            self.open(thief)
        last = self._ledger.frame(holding.positions[keep - 1])
        self.orders.append(ev.StopAfter(victim.id, last))
        self._backlog.holding_changed(victim, now)

    def answered(self, slot: Slot, last: int | None, now: float) -> None:
        """The slot keeps its range up to position `last`; None: nothing that is unfinished.

        An answer about a range that it no longer holds changes nothing. One that nobody asked
        for, but that fits, is believed: the slot will not render what it gave back.
        """
        holding = slot.holding
        if holding is None or (last is None and not holding.asks):
            return
        at = holding.index - 1 if last is None else holding.place(last)
        if at is None:
            return
        keep = max(at + 1, holding.index)
        tail = holding.positions[keep:]
        holding.positions = holding.positions[:keep]
        thief = self._dismiss(holding.asks.popleft() if holding.asks else None)
        tail = self._ledger.open_of(tail)
        if thief is not None and tail and self.working:
            self.start(thief, tail, now)
        else:
            self._backlog.put_back(tail)
        self.settle(slot, now)

    def ask_again(self, now: float) -> None:
        """Repeat what was not answered in time, and let those who wait for it look elsewhere."""
        for slot in self.slots.values():
            holding = slot.holding
            for ask in holding.asks if holding is not None else ():
                if holding is not None and now - ask.at >= ASK_AGAIN_S:
                    ask.at = now
                    self._dismiss(ask)
                    keep = min(ask.keep, len(holding.positions))
                    last = self._ledger.frame(holding.positions[keep - 1])
                    self.orders.append(ev.StopAfter(slot.id, last))

    def _dismiss(self, ask: Ask | None) -> Slot | None:
        """Nobody waits for this ask any more; gives who did."""
        if ask is None or ask.thief is None:
            return None
        thief, ask.thief = ask.thief, None
        thief.waits_for = None
        self.idle[thief.id] = thief
        return thief

    # ---- work ends or goes back ------------------------------------------------------------------

    def settle(self, slot: Slot, now: float) -> None:
        """After a change of its holding: has the slot finished it, and may it stay?"""
        if slot.holding is not None and not slot.holding.over:
            self._backlog.holding_changed(slot, now)
            return
        self.take_back(slot, now)
        if slot.id in self.slots and (slot.leaving or not self.working):
            self.close(slot, now)

    def cancel(self, slot: Slot, now: float) -> None:
        """Kill the slot's tool and drop its range; the session stays."""
        self.orders.append(ev.CancelRange(slot.id))
        slot.loaded = False
        self.take_back(slot, now)
        self.settle(slot, now)

    def take_back(self, slot: Slot, now: float) -> None:
        """The slot holds nothing any more; what it had not finished goes back."""
        holding, slot.holding = slot.holding, None
        if holding is None:
            return
        for ask in holding.asks:
            self._dismiss(ask)
        shared = holding.positions[-1] if self.part_twins(holding) else None
        for part in holding.rest():
            self._backlog.put_back(part if shared is None else [at for at in part if at != shared])
        self._backlog.holding_changed(slot, now)
        self.idle[slot.id] = slot

    def part_twins(self, holding: Holding) -> bool:
        """Let a frame that two slots render be the other slot's alone; False when it is not so."""
        twin, holding.twin = holding.twin, None
        if twin is None or twin.holding is None:
            return False
        twin.holding.twin = None
        return True

    def spare(self, position: int, now: float) -> None:
        """Someone who did not hold this frame finished it: spare who holds it, where it is last."""
        for other in list(self.slots.values()):
            holding = other.holding
            at = holding.place(position) if holding is not None else None
            if holding is None or at is None or at + 1 < len(holding.positions):
                continue
            if at == holding.index:
                self.cancel(other, now)
            elif at > holding.index:
                self.ask(other, holding, keep=at, thief=None, now=now)
