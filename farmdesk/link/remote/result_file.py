"""One result on its way onto this machine's disk: a part until it is proven, then its name."""

import hashlib
from pathlib import Path

from farmdesk.link.remote.download_errors import told_of_disk
from farmdesk.link.remote.part_file import PartFile
from farmdesk.link.remote.result_listing import Result
from farmdesk.security.sealed import SegmentPlan


class ResultFile(PartFile):
    """A result below `folder`. Closed in the end; a part that is not whole stays."""

    def __init__(self, folder: Path, result: Result) -> None:
        """Open its part, or begin one. Raises DiskFull, NotWritable."""
        super().__init__(folder, result.path.as_posix(), result.version, SegmentPlan(result.size))
        self._result = result

    def finish(self) -> bool:
        """Give it its name, if the bytes on the disk are the proven ones.

        Raises DiskFull, NotWritable.
        """
        target = self.folder / self._result.path
        with told_of_disk(self.folder):
            self.file.seek(0)
            if hashlib.file_digest(self.file, "sha256").digest() != self._result.sha256:
                return False
            self.flush()
            target.parent.mkdir(parents=True, exist_ok=True)
            if self.path.exists() or not is_here(self.folder, self._result):
                self.path.replace(target)
        return True


def is_here(folder: Path, result: Result) -> bool:
    """Say whether a result lies in its place with the very bytes that were proven."""
    path = folder / result.path
    try:
        if path.is_symlink() or path.stat().st_size != result.size:
            return False
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").digest() == result.sha256
    except OSError:
        return False
