"""Shows a transfer while it goes: bytes, speed, time left, and what it waits for. Ctrl-C pauses."""

import threading
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import replace
from datetime import timedelta
from typing import TypeVar

from rich.console import Console, RenderableType
from rich.filesize import decimal
from rich.progress import BarColumn, TextColumn
from rich.progress import Progress as Bars
from rich.text import Text

from farmdesk.cli.call import Call
from farmdesk.cli.ctrl_c import Interrupted, ctrl_c_pauses
from farmdesk.domain.said import Said
from farmdesk.link.remote.patience import Paused
from farmdesk.link.remote.progress import Progress, Standing

LOOK_S = 0.2

Given = TypeVar("Given")


def watched(
    call: Call,
    title: str,
    work: Callable[[Progress, threading.Event], Given],
    *,
    again: str | None = None,
) -> Given:
    """Do the work, which counts on a Progress and ends when the event is set; give what it gives.

    `again`: the command that goes on with it, where it is not the same. Raises what the work
    raises, and Interrupted where Ctrl-C has paused it.
    """
    progress, pause = Progress(), threading.Event()

    def leave() -> None:
        call.complaints.console.show_cursor()  # a bar hides it
        call.complaints.say(_kept(again))

    with (
        ctrl_c_pauses(pause, leave),
        ThreadPoolExecutor(1, thread_name_prefix="transfer") as pool,
    ):
        working = pool.submit(work, progress, pause)
        if not call.words.json:
            _show(call, title, progress, working)
        while not wait([working], LOOK_S).done:  # not for ever: Windows would not hear Ctrl-C
            pass
        try:
            return working.result()
        except Paused:
            raise _kept(again) from None


def _kept(again: str | None) -> Interrupted:
    if again is None:
        return Interrupted(
            "What has come through is kept; the same command goes on from there.",
            "已完成的部分会保留；再次执行同一命令即可继续。",
        )
    return Interrupted(
        f"What has come through is kept; to go on: {again}",
        f"已完成的部分会保留；继续请运行：{again}",
    )


class TransferBar(Bars):
    """A transfer's bar; below it, on lines of its own, why nothing moves."""

    def __init__(self, title: str, console: Console, language: str) -> None:
        self._language = language
        self._why = Text()
        super().__init__(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            TextColumn("{task.fields[said]}", markup=False),
            console=console,
        )
        self._bar = self.add_task(title, total=None, said="")

    def show(self, seen: Standing) -> None:
        """Show a look at the transfer."""
        self._why = Text("" if seen.waits_for is None else seen.waits_for.text(self._language))
        said = standing_text(seen).text(self._language)
        self.update(self._bar, completed=seen.done, total=seen.total or None, said=said)

    def get_renderables(self) -> Iterable[RenderableType]:
        """Give what is shown."""
        yield from super().get_renderables()
        if self._why:
            yield self._why


def _show(call: Call, title: str, progress: Progress, working: Future[Given]) -> None:
    with TransferBar(title, call.complaints.console, call.screen.language) as bar:
        while not wait([working], LOOK_S).done:
            bar.show(progress.look())
        bar.show(replace(progress.look(), waits_for=None))


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
