"""Fetches a task's results: opened as they come, over several connections, resumed at any time."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fetched:
    """What a download has brought."""

    files: int  # that came
    bytes: int  # in them
    skipped: int  # files that were here before
    gone: tuple[int, ...]  # frames that the farm has not any more, though it proved them
