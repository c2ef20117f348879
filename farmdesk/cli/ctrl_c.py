"""Ctrl-C: the code that a command ends with then, and what a person is told."""

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from farmdesk.domain.errors import FarmError

INTERRUPTED = 130  # 128 and the number of SIGINT, as shells count


class Interrupted(FarmError):
    """Somebody pressed Ctrl-C: what stands, and how he goes on."""

    def __init__(
        self,
        en: str = "The same command goes on where it stood, or begins anew.",
        zh: str = "再次执行同一命令即可继续或重新开始。",
    ) -> None:
        super().__init__(f"Ended by Ctrl-C. {en}", f"已用 Ctrl-C 结束。{zh}")


@contextmanager
def at_ctrl_c(en: str, zh: str) -> Iterator[None]:
    """Say what stands, and how to go on, when Ctrl-C ends what is inside. Raises Interrupted."""
    try:
        yield
    except KeyboardInterrupt:
        raise Interrupted(en, zh) from None


@contextmanager
def ctrl_c_pauses(pause: threading.Event, leave: Callable[[], None]) -> Iterator[None]:
    """Let Ctrl-C set the event, so that nothing is broken off in the middle of anything.

    A second one does not wait for that: `leave` says so, and the process is gone. Where Ctrl-C is
    ignored, as behind a shell's `&`, it stays so.
    """
    presses = 0

    def hear(_number: int, _frame: FrameType | None) -> None:
        nonlocal presses
        presses += 1
        if presses > 1:
            leave()
            os._exit(INTERRUPTED)
        pause.set()

    before = signal.getsignal(signal.SIGINT)
    if before is not signal.SIG_IGN:
        signal.signal(signal.SIGINT, hear)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def ctrl_c_as_sigterm() -> Iterator[threading.Event]:
    """Let Ctrl-C be SIGTERM, on which servers end in good order; the event tells that it came.

    Before the server listens to SIGTERM, Ctrl-C is what it always is.
    """
    came = threading.Event()

    def hear(number: int, frame: FrameType | None) -> None:
        if signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
            signal.default_int_handler(number, frame)
        came.set()
        signal.raise_signal(signal.SIGTERM)

    before = signal.signal(signal.SIGINT, hear)
    try:
        yield came
    finally:
        signal.signal(signal.SIGINT, before)
