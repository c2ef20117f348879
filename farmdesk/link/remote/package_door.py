"""The farm's pages for packages, as `PackageFetch` asks for them."""

from collections.abc import Iterator
from contextlib import AbstractContextManager

from farmdesk.link.packages_wire import FilesWanted, PackageSeen
from farmdesk.link.remote.door import Params
from farmdesk.link.remote.session import RemoteSession
from farmdesk.link.wire import from_json, to_json


class PackageDoor:
    """Packages over a session. Safe between threads."""

    def __init__(self, session: RemoteSession) -> None:
        self._session = session

    def files(self, task_id: int, after: str) -> PackageSeen:
        """Give a page of a package's files; logs in anew where the login is not fresh."""
        content = self._session.ask("GET", f"/packages/{task_id}", params={"after": after})
        return from_json(PackageSeen, content)

    def together(
        self, task_id: int, wanted: FilesWanted
    ) -> AbstractContextManager[Iterator[bytes]]:
        """Give small files sealed as wholes, behind each other, piece by piece as they come."""
        return self._session.reading(f"/packages/{task_id}/files", {}, to_json(wanted))

    def run(
        self, task_id: int, name: str, version: bytes, segments: range
    ) -> AbstractContextManager[Iterator[bytes]]:
        """Give a header, and some sealed segments, piece by piece as they come."""
        params: Params = {"name": name, "version": version.hex(), "count": len(segments)}
        return self._session.reading(f"/packages/{task_id}/segments/{segments.start}", params)
