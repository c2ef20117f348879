"""What a farm says that there is of a task's results: believed only as far as it can do no harm."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import PurePosixPath

from farmdesk.domain.frame_text import MAX_NUMBER
from farmdesk.domain.frames import FrameSet
from farmdesk.link.remote.download_errors import BadListing
from farmdesk.link.remote.part_file import PARTS
from farmdesk.link.results_wire import ResultSeen, ResultsSeen
from farmdesk.link.wire import Unreadable
from farmdesk.security.package_names import BadName, check_together, checked_name
from farmdesk.security.sealed import MAX_SIZE, WrongKey
from farmdesk.security.sealed_results import VERSION

_SHA256 = 32


@dataclass(frozen=True, slots=True)
class Result:
    """A proven frame, as it is to lie on this machine."""

    frame: int
    path: PurePosixPath  # below the folder of the results: checked
    size: int
    sha256: bytes
    version: bytes  # empty: the farm has it not any more


def list_results(
    ask: Callable[[int], ResultsSeen], frames: FrameSet | None, key_version: int
) -> list[Result]:
    """Ask page by page, from a frame on; give the results of `frames`, or of all.

    Raises WrongKey, BadListing, Unreadable, and what `ask` raises.
    """
    found = list[Result]()
    first: int | None = -MAX_NUMBER
    while first is not None:
        page, lowest = ask(first), first
        if page.key_version != key_version:
            raise WrongKey
        for seen in page.results:
            if not lowest <= seen.frame <= MAX_NUMBER:
                raise Unreadable
            lowest = seen.frame + 1
            if frames is None or seen.frame in frames:
                found.append(_checked(seen))
        if page.next is not None and page.next < max(lowest, first + 1):
            raise Unreadable
        first = page.next
    try:
        check_together(result.path.as_posix() for result in found)
    except BadName as error:
        raise BadListing(error.name) from error
    return found


def _checked(seen: ResultSeen) -> Result:
    try:
        path = checked_name(seen.name)
        sha256, version = bytes.fromhex(seen.sha256), bytes.fromhex(seen.version)
    except BadName as error:
        raise BadListing(seen.name) from error
    except ValueError:
        raise Unreadable from None
    if path.parts[0].casefold() == PARTS:
        raise BadListing(seen.name)
    whole = 0 <= seen.size <= MAX_SIZE and len(sha256) == _SHA256
    if not whole or len(version) not in (0, VERSION):
        raise Unreadable
    return Result(seen.frame, path, seen.size, sha256, version)
