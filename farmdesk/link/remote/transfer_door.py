"""The farm's pages for uploads, as `Upload` asks for them."""

from collections.abc import Iterator

from farmdesk.domain.errors import FarmUnavailable
from farmdesk.link.remote.session import RemoteSession
from farmdesk.link.transfer_wire import FilesTold, Missing, UploadSeen, UploadWanted
from farmdesk.link.wire import LoginNeeded, from_json, to_json

PIECE = 256 << 10  # each must get through before the line counts as dead: a slow one is not
_BYTES = "application/octet-stream"


class LoginWasOver(FarmUnavailable):
    """The session ended between two runs, and a new one has begun: the run can be sent again."""

    def __init__(self) -> None:
        super().__init__("Your session was over; it was renewed.", "会话已过期，已自动续期。")


class TransferDoor:
    """Uploads over a session. Safe between threads."""

    def __init__(self, session: RemoteSession) -> None:
        self._session = session

    def begin(self, task_id: int) -> UploadSeen:
        """Begin an upload; logs in anew where the login is not fresh."""
        return self._seen("POST", "/transfers", to_json(UploadWanted(task_id)))

    def of_task(self, task_id: int) -> UploadSeen:
        """Give a task's upload that has not ended. Raises Refused when there is none."""
        content = self._session.ask("GET", "/transfers", params={"task": task_id})
        return from_json(UploadSeen, content)

    def find(self, transfer: str) -> UploadSeen:
        """Give where an upload stands."""
        return self._seen("GET", f"/transfers/{transfer}")

    def cancel(self, transfer: str) -> UploadSeen:
        """End an upload; the farm deletes what has arrived."""
        return self._seen("DELETE", f"/transfers/{transfer}")

    def tell_files(self, transfer: str, told: FilesTold) -> UploadSeen:
        """Tell which files will come."""
        return self._seen("POST", f"/transfers/{transfer}/files", to_json(told))

    def missing(self, transfer: str, first: int) -> Missing:
        """Give what has not arrived."""
        path = f"/transfers/{transfer}/missing"
        return from_json(Missing, self._session.ask("GET", path, params={"first": first}))

    def send_run(self, transfer: str, first: int, body: Iterator[memoryview]) -> None:
        """Send segments. Raises what `body` raises."""
        path = f"/transfers/{transfer}/segments/{first}"
        try:
            self._session.send(path, _small(body))
        except LoginNeeded:
            self.find(transfer)  # it renews the session, if there are keys for it
            raise LoginWasOver from None

    def send_manifest(self, transfer: str, sealed: bytes) -> UploadSeen:
        """Send the sealed manifest."""
        content = self._session.ask(
            "PUT", f"/transfers/{transfer}/manifest", body=sealed, kind=_BYTES
        )
        return from_json(UploadSeen, content)

    def _seen(self, method: str, path: str, body: bytes | None = None) -> UploadSeen:
        return from_json(UploadSeen, self._session.ask(method, path, body=body))


def _small(body: Iterator[memoryview]) -> Iterator[memoryview]:
    for piece in body:
        for start in range(0, len(piece), PIECE):
            yield piece[start : start + PIECE]
