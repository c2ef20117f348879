"""Reads the frame times of a previous version beside the loop: there may be 500,000."""

import logging
import threading
from collections.abc import Callable
from typing import Protocol

from farmdesk.domain.errors import FarmError
from farmdesk.domain.rows import FrameTimes
from farmdesk.engine.posts import TimesRead

log = logging.getLogger(__name__)


class TimesStore(Protocol):
    """Where frame times are kept."""

    def frame_times(self, task_id: int) -> FrameTimes:
        """Give the seconds of each finished frame. May raise FarmUnavailable."""
        ...


class TimesReader:
    """Reads in a thread of its own each time, and posts `TimesRead` whatever happens."""

    def __init__(self, store: TimesStore, post: Callable[[TimesRead], None]) -> None:
        self._store = store
        self._post = post

    def begin(self, task_id: int, previous: int) -> None:
        """Start to read for a task and return at once."""
        name = f"times of {previous}"
        threading.Thread(target=self._run, args=(task_id, previous), name=name, daemon=True).start()

    def _run(self, task_id: int, previous: int) -> None:
        try:
            times = self._store.frame_times(previous)
        except FarmError as error:
            self._post(TimesRead(task_id, None, error.en))
        except Exception as error:  # the top of a thread: the task waits for this post
            log.exception("task %s: the times of task %s cannot be read", task_id, previous)
            self._post(TimesRead(task_id, None, str(error)))
        else:
            self._post(TimesRead(task_id, times))
