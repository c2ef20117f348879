"""One file of a package on its way onto this machine's disk: a part until it is whole."""

import os
from pathlib import Path

from farmdesk.link.remote.download_errors import told_of_disk
from farmdesk.link.remote.package_listing import PackageFile
from farmdesk.link.remote.part_file import PartFile
from farmdesk.security.sealed import SegmentPlan
from farmdesk.storage.package_copy import AlreadyThere

_SAME_TIME_NS = 2 * 10**9  # FAT keeps times to two seconds


class PackagePart(PartFile):
    """A file below `folder`. Closed in the end; a part that is not whole stays."""

    def __init__(self, folder: Path, file: PackageFile, part: Path) -> None:
        """Open its part, or begin one. Raises DiskFull, NotWritable."""
        super().__init__(folder, file.path.as_posix(), part=part, plan=SegmentPlan(file.size))
        self._of = file

    def finish(self) -> None:
        """Give it its name and its time. Raises AlreadyThere, DiskFull, NotWritable."""
        target, times = self.folder / self._of.path, (self._of.mtime_ns, self._of.mtime_ns)
        with told_of_disk(self.folder):
            self.flush()
            target.parent.mkdir(parents=True, exist_ok=True)
            if not self.path.exists():  # another program has named it: what came here is in it
                os.utime(target, ns=times)
            elif is_here(self.folder, self._of):
                self.path.unlink()
            else:
                os.utime(self.path, ns=times)
                self.path.rename(target)


def is_here(folder: Path, file: PackageFile) -> bool:
    """Say whether a file lies in its place, of the same size and time.

    Raises AlreadyThere for anything else that bears its name.
    """
    path = folder / file.path
    try:
        look = path.lstat()
    except OSError:
        return False
    same_time = abs(look.st_mtime_ns - file.mtime_ns) < _SAME_TIME_NS
    if path.is_symlink() or not path.is_file() or look.st_size != file.size or not same_time:
        raise AlreadyThere(path)
    return True
