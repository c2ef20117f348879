"""What a farm says of a task's results: believed only as far as it can do no harm."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import PurePosixPath

from farmdesk.domain.errors import Refused
from farmdesk.domain.frames import FrameSet
from farmdesk.domain.states import FailureReason, TaskState
from farmdesk.link.remote.download_errors import BadListing
from farmdesk.link.results_wire import ResultSeen, ResultsSeen
from farmdesk.link.wire import Unreadable
from farmdesk.security.package_names import BadName, NamesTogether, checked_name
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


class ResultListing:
    """A task's results as the farm tells them: all at the first look, then what is new.

    `ask`: for what came after a revision; `chosen` None: all of the task's frames.
    """

    def __init__(
        self, ask: Callable[[int], ResultsSeen], chosen: FrameSet | None, key_version: int
    ) -> None:
        self.frames = FrameSet()  # that are wanted
        self.state = TaskState.QUEUED  # of the task; when it has ended, nothing more comes
        self.proven = dict[int, Result]()
        self.given_up = dict[int, FailureReason | None]()  # frames that failed for good
        self._ask = ask
        self._chosen = chosen
        self._key_version = key_version
        self._rev = 0
        self._names = NamesTogether()

    def news(self) -> list[Result]:
        """Look again; give the results that are new or not what they were, by frame.

        Raises WrongKey, BadListing, Unreadable, and what `ask` raises.
        """
        fresh, more = dict[int, Result](), True
        while more:
            page = self._ask(self._rev)
            if page.key_version != self._key_version:
                raise WrongKey
            if page.rev < self._rev or (page.more and page.rev == self._rev):
                raise Unreadable  # it would have no end
            self._take(page, fresh)
            self._rev, more = page.rev, page.more
        for frame, result in fresh.items():
            self._check_name(frame, result)
        self.proven |= fresh
        return [fresh[frame] for frame in sorted(fresh)]

    def _take(self, page: ResultsSeen, fresh: dict[int, Result]) -> None:
        try:
            frames = FrameSet.parse(page.frames)
        except Refused:
            raise Unreadable from None
        self.frames = frames if self._chosen is None else frames & self._chosen
        self.state = page.state
        for seen in page.results:
            if seen.frame not in frames:
                raise Unreadable
            if seen.frame in self.frames:
                fresh[seen.frame] = _checked(seen)
                self.given_up.pop(seen.frame, None)
        for unproven in page.unproven:
            fresh.pop(unproven.frame, None)
            if unproven.given_up and unproven.frame in self.frames:
                self.given_up[unproven.frame] = unproven.reason

    def _check_name(self, frame: int, result: Result) -> None:
        """See that no two frames meet on this machine's disk. Raises BadListing."""
        before = self.proven.get(frame)
        if before is None or before.path != result.path:
            try:
                self._names.add(result.path.as_posix())
            except BadName as error:
                raise BadListing(error.name) from error


def _checked(seen: ResultSeen) -> Result:
    try:
        path = checked_name(seen.name)
        sha256, version = bytes.fromhex(seen.sha256), bytes.fromhex(seen.version)
    except BadName as error:
        raise BadListing(seen.name) from error
    except ValueError:
        raise Unreadable from None
    if any(part.startswith(".") for part in path.parts):  # no tool names a frame so, or its folder
        raise BadListing(seen.name)
    whole = 0 <= seen.size <= MAX_SIZE and len(sha256) == _SHA256
    if not whole or len(version) not in (0, VERSION):
        raise Unreadable
    return Result(seen.frame, path, seen.size, sha256, version)
