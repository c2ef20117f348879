"""The inbox: where uploads lie, sealed, until the farm takes them in. The gateway fills it."""

import re
import shutil
from dataclasses import dataclass
from pathlib import Path

_TRANSFER = re.compile(r"[0-9a-f]{32}")
_FILE = re.compile(r"(\d{10})\.sealed")


@dataclass(frozen=True, slots=True)
class Inbox:
    """`root` is the farm folder; a transfer's folder is named by its id, its files by number.

    Nothing that a customer wrote is part of a path here: names are inside the sealed manifest.
    """

    root: Path

    def transfer(self, transfer: bytes) -> Path:
        """Give the folder of an upload."""
        return self.root / "inbox" / transfer.hex()

    def transfers(self) -> list[bytes]:
        """Give the uploads that have a folder here. Raises OSError."""
        inbox = self.root / "inbox"
        names = (path.name for path in inbox.iterdir()) if inbox.exists() else ()
        return [bytes.fromhex(name) for name in names if _TRANSFER.fullmatch(name)]

    def sealed(self, transfer: bytes, file: int) -> Path:
        """Give a sealed file of an upload."""
        return self.transfer(transfer) / f"{file:010d}.sealed"

    def manifest(self, transfer: bytes) -> Path:
        """Give the sealed manifest of an upload."""
        return self.transfer(transfer) / "manifest.sealed"

    def sealed_sizes(self, transfer: bytes) -> dict[int, int]:
        """Give the bytes of each sealed file that is here, by number. Raises OSError."""
        found = ((_FILE.fullmatch(path.name), path) for path in self.transfer(transfer).iterdir())
        return {int(match[1]): path.stat().st_size for match, path in found if match}

    def free_bytes(self) -> int:
        """Give what its disk has room for, once there is an upload. Raises OSError."""
        return shutil.disk_usage(self.root / "inbox").free

    def discard(self, transfer: bytes) -> None:
        """Delete an upload's files; what cannot be deleted stays."""
        shutil.rmtree(self.transfer(transfer), ignore_errors=True)
