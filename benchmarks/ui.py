"""How fast the operator's window is with half a million frames. Needs no display.

    python -m benchmarks.ui [--frames 500000] [--seconds 10] [--json]

`first_window_s`: a new Python imports the client and paints its first window (best of three).
`paint_p95_ms`: CPU of a paint of the grid while scrolling. `sort_ms`, `filter_ms`: the frame list.
`rss_added_mb`: memory of the window with all frames. `turn_max_ms`, `turn_p99_ms`: CPU of the
GUI thread between two heartbeats while a thousand frames a second change.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")  # before Qt is imported

import numpy as np
import psutil
from PyQt5.QtCore import QEventLoop, Qt, QTimer
from rich.console import Console
from rich.table import Table

from farmdesk.domain.records import FrameRecord
from farmdesk.domain.rows import FrameRow, FrameStates, TaskRow
from farmdesk.domain.states import FrameState, TaskState
from farmdesk.ui.app import make_application, make_window
from farmdesk.ui.layout_store import LayoutStore
from farmdesk.ui.models.frames import COLUMNS, FrameColumn
from farmdesk.ui.operator.window import OperatorWindow
from tests.fakes import FakeLink

NOW = datetime(2026, 1, 1, tzinfo=UTC)
RATE = 1000  # frames that change in a second
BEAT_MS = 4
FIRST_WINDOW = """
import time
began = time.perf_counter()
from pathlib import Path
from farmdesk.ui.app import make_application, make_window
from farmdesk.ui.layout_store import LayoutStore
from farmdesk.domain.errors import FarmUnavailable
import sys, tempfile
def no_farm():
    raise FarmUnavailable("", "")
application = make_application()
store = LayoutStore(user="u", role="operator", path=Path(tempfile.mkdtemp()) / "farmdesk.ini")
window = make_window(no_farm, user="u", store=store, language="en")
window.show()
application.processEvents()
print(time.perf_counter() - began)
window.close()
"""


class BusyFarm(FakeLink):
    """A FarmLink with one task whose frames are finished at `RATE` from `began` on (monotonic)."""

    def __init__(self, total: int) -> None:
        super().__init__()
        self.total = total
        self.began: float | None = None
        self.done = int(total * 0.42)
        self.states = bytearray(total)
        self.states[: self.done] = bytes([FrameState.DONE]) * self.done
        self.states[: self.done : 220] = bytes([FrameState.FAILED]) * len(range(0, self.done, 220))
        self.rows: list[FrameRow] = []

    def tasks(self, since_rev: int = 0, recycled: bool | None = False) -> list[TaskRow]:
        """Give the task, which always changed."""
        del since_rev, recycled
        return [_task(self.total, self.done, self._go_on())]

    def task(self, task_id: int) -> TaskRow:
        """Give the task."""
        del task_id
        return _task(self.total, self.done, len(self.rows) + 1)

    def frame_states(self, task_id: int) -> FrameStates:
        """Give all states."""
        return FrameStates(task_id, self._go_on(), bytes(self.states))

    def frames(self, task_id: int, since_rev: int = 0, limit: int = 2000) -> list[FrameRow]:
        """Give the frames finished since."""
        del task_id
        self._go_on()
        return self.rows[max(0, since_rev - 1) :][:limit]

    def _go_on(self) -> int:
        """Finish the frames that are due by now, and give the rev."""
        if self.began is not None:
            due = int((time.monotonic() - self.began) * RATE)
            while len(self.rows) < due and self.done < self.total:
                record = FrameRecord(1, self.done + 1, 1, FrameState.DONE, "node01", NOW, 2.0)
                self.states[self.done] = FrameState.DONE
                self.rows.append(FrameRow(len(self.rows) + 2, record))
                self.done += 1
        return len(self.rows) + 1


def measure(frames: int, seconds: float) -> dict[str, float]:
    """Give all figures."""
    application = make_application()
    before_mb = _rss_mb()
    farm = BusyFarm(frames)
    with tempfile.TemporaryDirectory() as folder:
        store = LayoutStore(user="u", role="operator", path=Path(folder) / "farmdesk.ini")
        window = make_window(lambda: farm, user="u", store=store, language="zh", theme="dark")
        window.resize(1680, 1000)
        window.show()
        window.start()
        _spin_until(lambda: window.models.table.loaded)
        application.processEvents()
        figures = {"rss_added_mb": _rss_mb() - before_mb}
        figures |= _paints(window)
        figures |= _lists(window)
        figures |= _turns(window, farm, seconds)
        window.close()
    return {"frames": frames, "first_window_s": first_window_s()} | {
        name: round(value, 2) for name, value in figures.items()
    }


def first_window_s() -> float:
    """Give the seconds of the best of three new processes."""
    argv = [sys.executable, "-c", FIRST_WINDOW]
    runs = [subprocess.run(argv, capture_output=True, text=True, check=True) for _ in range(3)]
    return round(min(float(run.stdout) for run in runs), 3)


def _paints(window: OperatorWindow) -> dict[str, float]:
    grid, bar = window.panels.frames.grid, window.panels.frames.grid.verticalScrollBar()
    grid.paints.clear()
    for step in range(300):
        bar.setValue(step * 37 % max(1, bar.maximum()))
        grid.viewport().repaint()
    return {"paint_p95_ms": float(np.percentile(grid.paints, 95))}


def _lists(window: OperatorWindow) -> dict[str, float]:
    model = window.panels.frames.model
    column = COLUMNS.index(FrameColumn.STATE)
    return {
        "sort_ms": _cpu_ms(lambda: model.sort(column, Qt.SortOrder.DescendingOrder)),
        "filter_ms": _cpu_ms(lambda: window.panels.frames.filter_list(FrameState.FAILED)),
        "unfilter_ms": _cpu_ms(lambda: window.panels.frames.filter_list(None)),
    }


def _turns(window: OperatorWindow, farm: BusyFarm, seconds: float) -> dict[str, float]:
    window.panels.frames.setCurrentWidget(window.panels.frames.grid_tab)
    window.panels.frames.grid.show_place(farm.done, centre=True)
    farm.began = time.monotonic()
    turns: list[float] = []
    last = time.thread_time()

    def beat() -> None:
        nonlocal last
        now = time.thread_time()
        turns.append((now - last) * 1000)
        last = now

    timer = QTimer()
    timer.setTimerType(Qt.TimerType.PreciseTimer)
    timer.timeout.connect(beat)
    timer.start(BEAT_MS)
    loop = QEventLoop()
    QTimer.singleShot(round(seconds * 1000), loop.quit)
    loop.exec()
    timer.stop()
    return {"turn_p99_ms": float(np.percentile(turns, 99)), "turn_max_ms": max(turns)}


def _cpu_ms(work: Callable[[], None]) -> float:
    began = time.thread_time()
    work()
    return (time.thread_time() - began) * 1000


def _rss_mb() -> float:
    return float(psutil.Process().memory_info().rss / 2**20)


def _spin_until(ready: Callable[[], bool]) -> None:
    loop = QEventLoop()
    timer = QTimer()
    timer.timeout.connect(lambda: loop.quit() if ready() else None)
    timer.start(5)
    loop.exec()


def _task(total: int, done: int, rev: int) -> TaskRow:
    return TaskRow(
        id=1,
        rev=rev,
        name="half a million",
        owner="",
        project="",
        show="",
        version="",
        tool="blender",
        tool_version="4.2",
        state=TaskState.RENDERING,
        reason="",
        priority=5,
        position=1,
        frames=f"1-{total}",
        total=total,
        done=done,
        failed=0,
        running=0,
        nodes=1,
        render_s=2.0 * done,
        created_at=NOW,
        started_at=NOW,
        finished_at=None,
        recycled=False,
        output="",
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark; give the exit code."""
    words = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    words.add_argument("--frames", type=int, default=500_000)
    words.add_argument("--seconds", type=float, default=10.0, help="of changing frames")
    words.add_argument("--json", action="store_true")
    chosen = words.parse_args(arguments)
    figures = measure(chosen.frames, chosen.seconds)
    if chosen.json:
        print(json.dumps(figures))
        return 0
    table = Table("figure", "value", title=f"The window with {chosen.frames:,} frames")
    for name, value in figures.items():
        table.add_row(name, f"{value:,}")
    Console().print(table)
    return 0


if __name__ == "__main__":
    sys.exit(main())
