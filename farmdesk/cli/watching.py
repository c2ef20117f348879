"""Shows a transfer while it goes: bytes, speed, time left, and what it waits for. Ctrl-C pauses."""

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from datetime import timedelta
from typing import TypeVar

from rich.filesize import decimal
from rich.progress import BarColumn, TextColumn
from rich.progress import Progress as Bars

from farmdesk.cli.call import Call
from farmdesk.domain.said import Said
from farmdesk.link.remote.progress import Progress, Standing

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
        TextColumn("{task.fields[said]}", markup=False),
    )
    with Bars(*columns, console=call.complaints.console) as bars:
        bar = bars.add_task(title, total=None, said="")
        done = False
        while not done:
            done = bool(wait([working], LOOK_S).done)
            seen = progress.look()
            why = seen.waits_for
            bars.update(
                bar,
                completed=seen.done,
                total=seen.total or None,
                description=title if why is None else why.text(call.screen.language),
                said=standing_text(seen).text(call.screen.language),
            )


def standing_text(seen: Standing) -> Said:
    """Put a look at a transfer into words: files, bytes, speed, and the time that is left."""
    said = list[Said]()
    if seen.files is not None:
        here, of = seen.files
        said.append(Said(f"{here}/{of} frames", f"{here}/{of} 帧"))
    if seen.total:
        said.append(_size(seen.done) + Said(" / ") + _size(seen.total))
    if seen.bytes_per_s > 0:
        said.append(_size(round(seen.bytes_per_s)) + Said("/s"))
    if seen.left_s is not None:
        said.append(_left(timedelta(seconds=round(seen.left_s))))
    return Said(*("  ".join(item.text(language) for item in said) for language in ("en", "zh")))


def _left(span: timedelta) -> Said:
    """Say what is left; Python names the days in English alone."""
    days = f"{span.days} 天 " if span.days else ""
    return Said(f"{span} left", f"剩余 {days}{span - timedelta(span.days)}")


def _size(count: int) -> Said:
    size = decimal(count)
    number, unit = size.split(" ")
    return Said(size, f"{number} 字节" if unit.startswith("byte") else size)
