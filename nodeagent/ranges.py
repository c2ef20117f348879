"""The ranges on their way: some wait, one is the renderer's, some have frames still to publish."""

from collections import deque

from nodeagent.range_work import RangeWork
from nodeagent.reports import RangeEnded, SessionBroken


class Ranges:
    """In the order in which they were given. `current`: the renderer's, None where it idles."""

    def __init__(self) -> None:
        self.current: RangeWork | None = None
        self._works: list[RangeWork] = []  # not ended yet
        self._waiting: deque[RangeWork] = deque()  # of those, not begun

    def __contains__(self, work: RangeWork) -> bool:
        """Whether this range is still on its way."""
        return work in self._works

    @property
    def unsettled(self) -> list[int]:
        """The frames that were begun, and are neither published nor broken, ascending."""
        return sorted({frame for work in self._works for frame in work.unsettled})

    def add(self, work: RangeWork) -> None:
        """Take a range in; it waits for its turn."""
        self._works.append(work)
        self._waiting.append(work)

    def begin_next(self) -> RangeWork | None:
        """Give the range whose turn it is, which is current now; None when none waits."""
        if self._waiting:
            self.current = self._waiting.popleft()
            return self.current
        return None

    def stop_after(self, range_id: int, frame: int, in_hand: int | None) -> int | None:
        """Cut a range; give the last of its frames that will still be rendered, or None."""
        last = None
        for work in self._works:
            if work.range_id == range_id and not work.exhausted and work.verdict is None:
                last = work.stop_after(frame, in_hand if work is self.current else None)
        return last

    def finish_in_hand(self) -> None:
        """Begin nothing more."""
        self._waiting.clear()
        if self.current is not None:
            begun, first = self.current.begun, self.current.runs.runs[0].start
            self.current.last = first - 1 if begun is None else begun

    def lose(self, in_hand: int | None) -> None:
        """The tool is killed: none is current, and the frame in hand will not be published."""
        if self.current is not None and in_hand is not None:
            self.current.unsettled.discard(in_hand)
        self.current = None

    def give_up(self, verdict: tuple[str, str, str]) -> list[RangeWork]:
        """Give all that are on their way; each ends with this verdict once it is settled."""
        self._waiting.clear()
        for work in self._works:
            work.verdict = verdict
        return list(self._works)

    def forget(self) -> None:
        """Drop all, without a word."""
        self._works.clear()
        self._waiting.clear()

    def ended(self, work: RangeWork) -> RangeEnded | SessionBroken | None:
        """Give the report of its end when nothing is left to render or to publish, once."""
        if work not in self._works or work.unsettled:
            return None
        if work.verdict is not None:
            self._works.remove(work)
            return SessionBroken(work.range_id, *work.verdict)
        if not work.exhausted:
            return None
        self._works.remove(work)
        return RangeEnded(work.range_id)
