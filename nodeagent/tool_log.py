"""The tool's output for people.

Appended to the log on the share, and its last lines kept for failure reports.

The share may be slow or gone; then lines are dropped and counted, for a tool must never wait for
its log.
"""

import contextlib
import queue
import threading
from collections import deque
from pathlib import Path

MAX_WAITING = 20_000  # lines
TAIL_LINES = 40
TAIL_LINE_CHARS = 400


class ToolLog:
    """Takes lines from any thread; one thread of its own writes them."""

    def __init__(self, path: str) -> None:
        self._path = Path(path)
        self._lines: queue.Queue[str | None] = queue.Queue(MAX_WAITING)
        self._tail: deque[str] = deque(maxlen=TAIL_LINES)
        self._dropped = 0
        self._thread = threading.Thread(target=self._write, name="tool-log", daemon=True)
        self._thread.start()

    def add(self, line: str) -> None:
        """Take a line without its end."""
        self._tail.append(line[:TAIL_LINE_CHARS])
        try:
            self._lines.put_nowait(line)
        except queue.Full:
            self._dropped += 1

    def tail(self) -> str:
        """Give the last lines."""
        return "\n".join(self._tail.copy())

    def clear_tail(self) -> None:
        """Forget the last lines: what comes now belongs to a new tool."""
        self._tail.clear()

    def close(self, timeout_s: float) -> None:
        """Write what waits, for at most so long."""
        with contextlib.suppress(queue.Full):
            self._lines.put(None, timeout=timeout_s)
        self._thread.join(timeout_s)

    def _write(self) -> None:
        while (line := self._lines.get()) is not None:
            batch = [line]
            while not self._lines.empty() and len(batch) < MAX_WAITING:
                more = self._lines.get()
                if more is None:
                    self._append(batch)
                    return
                batch.append(more)
            self._append(batch)

    def _append(self, batch: list[str]) -> None:
        dropped, self._dropped = self._dropped, 0
        if dropped:
            batch.append(f"[agent] {dropped} lines were dropped: the log could not be written")
        try:
            with self._path.open("a", encoding="utf-8", errors="backslashreplace") as file:
                file.write("\n".join(batch) + "\n")
        except OSError:
            self._dropped += dropped + len(batch)
