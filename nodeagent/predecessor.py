"""Who was on our slot before us: an agent whose engine is gone may finish its frame there."""

import contextlib
import time
from pathlib import Path

from nodeagent.job import native_path
from nodeagent.lock import Held, held_by_another
from nodeagent.orders import Open
from nodeagent.reports import Pong, Waiting


class Predecessor:
    """Says whether, and for what, the slot must be waited for; `look` asks anew."""

    def __init__(self, order: Open) -> None:
        now = time.monotonic()
        self._scratch = Path(native_path(order.scratch))
        self._patient_until = now + order.patient_s
        self._notice_until = now + order.notice_s
        self._held: Held | None = None
        self.look()

    @property
    def here(self) -> bool:
        """True if the slot is not ours yet."""
        return self._held is not None

    def look(self) -> None:
        """See who holds the slot now; one who says nothing is not waited for as long."""
        now = time.monotonic()
        held = None
        if now < self._patient_until:
            with contextlib.suppress(OSError):  # then taking the slot says what is wrong
                held = held_by_another(self._scratch)
        if held is not None and not held.frames and now >= self._notice_until:
            held = None
        self._held = held

    def answer(self) -> Pong | Waiting | None:
        """Give the answer to a ping; None as long as it cannot be known."""
        if self._held is None:
            return Pong()
        return Waiting(self._held.task, self._held.frames) if self._held.frames else None
