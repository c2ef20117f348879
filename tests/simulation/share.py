"""Where a simulated farm's frames lie: in real files, or in memory when there are too many."""

from collections import defaultdict
from pathlib import Path
from typing import Protocol


class Share(Protocol):
    """The storage of frames; a frame is a short text."""

    def write(self, path: Path, text: str) -> None:
        """Publish a frame."""
        ...

    def read(self, path: Path) -> str | None:
        """Give a frame; None: there is none."""
        ...


class FolderShare:
    """Real files: they can be purged, spoilt and found again by a new engine."""

    def write(self, path: Path, text: str) -> None:
        """See Share."""
        path.write_text(text)

    def read(self, path: Path) -> str | None:
        """See Share."""
        return path.read_text() if path.exists() else None


class MemoryShare:
    """No files: half a million of them would take longer than all the rest of a run."""

    def __init__(self) -> None:
        self._folders: defaultdict[Path, dict[str, str]] = defaultdict(dict)

    def write(self, path: Path, text: str) -> None:
        """See Share."""
        self._folders[path.parent][path.name] = text

    def read(self, path: Path) -> str | None:
        """See Share."""
        return self._folders[path.parent].get(path.name)

    def clear(self, folder: Path) -> None:
        """Drop what lies in a folder."""
        self._folders.pop(folder, None)
