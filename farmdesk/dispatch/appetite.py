"""How many slots a task can feed, as far as its RenderControl shows.

A control says how many frames are left, but whether one more slot would get some of them is its
policy's choice. A slot that idles shows that it would not: then the task is sated for a while, or
slots would go to and fro between tasks that cannot feed them.
"""

from farmdesk.dispatch.render_control import RenderControl

SATED_S = 30.0  # at least, and as long as a scene load; then it may try one more


class Appetite:
    """What one task can feed; ask it once for every plan."""

    def __init__(self) -> None:
        self._level = 0  # slots that it fed when one idled
        self._until = float("-inf")

    def slots(self, control: RenderControl, now: float) -> int:
        """Give the slots that could have work at `now` (seconds), those that have it counted."""
        held, idle = len(control.slots), len(control.idle_slots)
        working = held - idle
        most = held + control.wanted_slots
        if idle:
            self._level = working
            self._until = now + max(SATED_S, control.load_s)
        elif now < self._until:
            self._level = max(self._level, working)
        else:
            return most
        return max(min(self._level, most), 1)
