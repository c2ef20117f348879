"""Shows a transfer while it goes: bytes, speed, time left, and what it waits for. Ctrl-C pauses."""

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import TypeVar

from rich.progress import (
    BarColumn,
    DownloadColumn,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)
from rich.progress import Progress as Bars

from farmdesk.cli.call import Call, language
from farmdesk.link.remote.progress import Progress

LOOK_S = 0.2

Given = TypeVar("Given")


def watched(call: Call, title: str, work: Callable[[Progress, threading.Event], Given]) -> Given:
    """Do the work, which counts on a Progress and ends when the event is set; give what it gives.

    Raises what the work raises, `Paused` after Ctrl-C.
    """
    progress, pause = Progress(), threading.Event()
    with ThreadPoolExecutor(1, thread_name_prefix="transfer") as pool:
        working = pool.submit(work, progress, pause)
        try:
            if call.words.json:
                working.exception()
            else:
                _show(call, title, progress, working)
        except KeyboardInterrupt:
            pause.set()
        return working.result()


def _show(call: Call, title: str, progress: Progress, working: Future[Given]) -> None:
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        DownloadColumn(binary_units=False),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
    )
    with Bars(*columns, console=call.complaints) as bars:
        bar = bars.add_task(title, total=None)
        done = False
        while not done:
            done = bool(wait([working], LOOK_S).done)
            seen = progress.look()
            why = seen.waits_for
            bars.update(
                bar,
                completed=seen.done,
                total=seen.total or None,
                description=title if why is None else why.text(language()),
            )
