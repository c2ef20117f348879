"""Flushes that the database has not taken yet, on the local disk: a crash meanwhile loses nothing.

One JSON line a flush, fsynced. The store ignores a flush that it has already, so replaying is
always safe.
"""

import logging
import os
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from farmdesk.domain.records import Flush

log = logging.getLogger(__name__)


class _Saved(BaseModel):
    """A flush as a JSON line; frame states, which are bytes, in base 64."""

    model_config = ConfigDict(ser_json_bytes="base64", val_json_bytes="base64")

    flush: Flush


class FlushJournal:
    """An append-only file of flushes. Raises OSError when the local disk fails."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self) -> list[Flush]:
        """Give the flushes that were saved.

        A torn last line, left by a crash in mid-write, is dropped.
        """
        if not self._path.exists():
            return []
        flushes = []
        for line in self._path.read_bytes().splitlines():
            try:
                flushes.append(_Saved.model_validate_json(line).flush)
            except ValidationError:
                log.warning("flush journal %s: dropped a torn line", self._path.name)
        return flushes

    def append(self, flush: Flush) -> None:
        """Save a flush; it is on the disk when this returns."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._path.open("ab") as file:
            if file.tell() and not self._ends_whole():
                file.write(b"\n")
            file.write(_Saved(flush=flush).model_dump_json().encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())

    def clear(self) -> None:
        """Forget everything: the database has it."""
        self._path.unlink(missing_ok=True)

    def _ends_whole(self) -> bool:
        with self._path.open("rb") as file:
            file.seek(-1, os.SEEK_END)
            return file.read(1) == b"\n"
