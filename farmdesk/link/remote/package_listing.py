"""What a farm says that a package holds: believed only as far as it can do no harm."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import PurePosixPath

from farmdesk.domain.errors import Refused
from farmdesk.link.packages_wire import PackageFileSeen, PackageSeen
from farmdesk.link.remote.download_errors import BadListing
from farmdesk.link.remote.parts_folder import PARTS
from farmdesk.link.wire import Unreadable
from farmdesk.security.manifest import MAX_FILES
from farmdesk.security.package_names import BadName, check_together, checked_name
from farmdesk.security.sealed import MAX_SIZE, WrongKey
from farmdesk.security.sealed_packages import VERSION

_MAX_MTIME_NS = 10**9 * (1 << 34)  # about the year 2514: beyond it file systems differ


class TooManyThere(Refused):
    """A listing without an end, or of more files than a package may have."""

    def __init__(self) -> None:
        super().__init__(
            f"The farm lists more than {MAX_FILES} files. Nothing was fetched. Copy the package on "
            "the farm's own machine.",
            f"农场列出的文件超过 {MAX_FILES} 个。未获取任何内容。请在农场本机上复制该场景包。",
        )


@dataclass(frozen=True, slots=True)
class PackageFile:
    """A file of a package, as it is to lie on this machine."""

    path: PurePosixPath  # below the folder of the package: checked
    size: int
    mtime_ns: int
    version: bytes


def list_package(ask: Callable[[str], PackageSeen], key_version: int) -> list[PackageFile]:
    """Ask page by page, behind a name; give all files.

    Raises WrongKey, BadListing, TooManyThere, Unreadable, and what `ask` raises.
    """
    found = list[PackageFile]()
    after: str | None = ""
    while after is not None:
        page = ask(after)
        if page.key_version != key_version:
            raise WrongKey
        if page.next is not None and not page.files:
            raise Unreadable
        found += map(_checked, page.files)
        if len(found) > MAX_FILES:
            raise TooManyThere
        after = page.next
    try:
        check_together(file.path.as_posix() for file in found)
    except BadName as error:
        raise BadListing(error.name) from error
    return found


def _checked(seen: PackageFileSeen) -> PackageFile:
    try:
        path = checked_name(seen.name)
        version = bytes.fromhex(seen.version)
    except BadName as error:
        raise BadListing(seen.name) from error
    except ValueError:
        raise Unreadable from None
    if path.parts[0].casefold() == PARTS:
        raise BadListing(seen.name)
    fits = 0 <= seen.size <= MAX_SIZE and 0 <= seen.mtime_ns <= _MAX_MTIME_NS
    if not fits or len(version) != VERSION:
        raise Unreadable
    return PackageFile(path, seen.size, seen.mtime_ns, version)
