"""A node's journal on the share.

One JSON line for each frame that it published, the last line of which may be torn.

The engine reads it after a restart, so that no finished frame is rendered twice.
"""

import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields
from pathlib import Path

ENDED = "ended"  # a file beside the journals: the task has ended, and nothing more is published


@dataclass(frozen=True, slots=True)
class JournalLine:
    """A published frame."""

    frame: int
    seconds: float  # the tool's time for it
    started: float  # Unix time
    finished: float  # Unix time: it bears its name on the share since then
    path: str  # file name below the output folder
    bytes: int
    sha256: str
    width: int
    height: int
    node: str


class Journal:
    """Appends lines, each flushed to the disk before `add` returns."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def add(self, line: JournalLine) -> None:
        """Append a line. Raises OSError; then the line may be there, torn or not at all."""
        text = json.dumps(asdict(line), separators=(",", ":")).encode() + b"\n"
        with self._path.open("ab+") as file:
            if file.seek(0, os.SEEK_END) > 0:
                file.seek(-1, os.SEEK_END)
                if file.read(1) != b"\n":
                    text = b"\n" + text  # whoever wrote last was cut off in mid-line
            file.write(text)
            file.flush()
            os.fsync(file.fileno())


def read_journal(path: Path) -> Iterator[JournalLine]:
    """Give the lines of a journal that are whole; a journal that does not exist has none.

    Raises OSError.
    """
    try:
        file = path.open("rb")
    except FileNotFoundError:
        return
    with file:
        for raw in file:
            line = _read_line(raw)
            if line is not None:
                yield line


def _read_line(raw: bytes) -> JournalLine | None:
    kinds: dict[str, type] = {"frame": int, "bytes": int, "width": int, "height": int}
    kinds |= dict.fromkeys(("path", "sha256", "node"), str)
    try:
        body = json.loads(raw)
        values = {item.name: body[item.name] for item in fields(JournalLine)}
        if any(type(values[name]) is not kind for name, kind in kinds.items()):
            return None
        for name in ("seconds", "started", "finished"):
            values[name] = float(values[name])
        return JournalLine(**values)
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
