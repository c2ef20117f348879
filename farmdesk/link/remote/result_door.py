"""The farm's pages for results, as `Download` asks for them."""

from collections.abc import Iterator
from contextlib import AbstractContextManager

from farmdesk.domain.frames import FrameSet
from farmdesk.link.remote.door import Params
from farmdesk.link.remote.session import RemoteSession
from farmdesk.link.results_wire import ResultsSeen
from farmdesk.link.wire import from_json

_MAX_TEXT = 4000  # characters of frames that the page takes; beyond it, all are listed


class ResultDoor:
    """Results over a session. Safe between threads."""

    def __init__(self, session: RemoteSession) -> None:
        self._session = session

    def results(self, task_id: int, frames: FrameSet | None, since: int) -> ResultsSeen:
        """Give what became of a task's frames after a revision, or of some of them."""
        params: dict[str, int | str | list[int]] = {"since": since}
        if frames is not None and len(text := str(frames)) <= _MAX_TEXT:
            params["frames"] = text
        content = self._session.ask("GET", f"/tasks/{task_id}/results", params=params)
        return from_json(ResultsSeen, content)

    def run(
        self, task_id: int, frame: int, version: bytes, segments: range
    ) -> AbstractContextManager[Iterator[bytes]]:
        """Give the sealed bytes of some segments, RUN_SEGMENTS at most, as they come.

        The first ones log in anew where the login is not fresh.
        """
        params: Params = {"version": version.hex(), "count": len(segments)}
        path = f"/tasks/{task_id}/results/{frame}/segments/{segments.start}"
        return self._session.reading(path, params)
